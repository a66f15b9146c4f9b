//===- ElfObject.cpp - relocatable ELF files of plain data ------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Layout: header, data, symbol table, strings, section headers. All sizes are
// known before the first byte, so the file is written front to back.
//
//===----------------------------------------------------------------------===//
#include "codegen/artifact/ElfObject.h"

#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Support/MathExtras.h"

#include <string>

namespace mlc::codegen {

using namespace llvm::ELF;

namespace {
// Mapped from the file as it is: pages may be 64 KiB on AArch64.
constexpr uint64_t pageSize = 65536;

enum Section { None, Data, Stack, Symbols, Strings, Count };

/// A string table and the positions of what was put in.
class StringTable {
public:
  uint32_t add(llvm::StringRef text) {
    uint32_t position = bytes.size();
    bytes += text;
    bytes += '\0';
    return position;
  }
  const std::string &text() const { return bytes; }

private:
  std::string bytes = std::string(1, '\0');
};

template <typename T> void writeRecord(llvm::raw_ostream &stream, const T &t) {
  static_assert(llvm::endianness::native == llvm::endianness::little);
  stream.write(reinterpret_cast<const char *>(&t), sizeof(t));
}

Elf64_Ehdr header(llvm::StringRef machine, uint64_t sectionTable) {
  Elf64_Ehdr result = {};
  std::copy_n(ElfMagic, 4, result.e_ident);
  result.e_ident[EI_CLASS] = ELFCLASS64;
  result.e_ident[EI_DATA] = ELFDATA2LSB;
  result.e_ident[EI_VERSION] = EV_CURRENT;
  result.e_type = ET_REL;
  result.e_machine = machine == "aarch64" ? EM_AARCH64 : EM_X86_64;
  result.e_version = EV_CURRENT;
  result.e_shoff = sectionTable;
  result.e_ehsize = sizeof(Elf64_Ehdr);
  result.e_shentsize = sizeof(Elf64_Shdr);
  result.e_shnum = Count;
  result.e_shstrndx = Strings;
  return result;
}
} // namespace

void writeDataObject(llvm::raw_ostream &stream, llvm::StringRef machine,
                     llvm::StringRef section, llvm::StringRef symbol,
                     uint64_t size,
                     llvm::function_ref<void(llvm::raw_ostream &)> writeData) {
  StringTable strings;
  Elf64_Sym symbols[2] = {};
  symbols[1].st_name = strings.add(symbol);
  symbols[1].setBindingAndType(STB_GLOBAL, STT_OBJECT);
  symbols[1].st_other = STV_HIDDEN;
  symbols[1].st_shndx = Data;
  symbols[1].st_size = size;

  Elf64_Shdr sections[Count] = {};
  uint64_t dataOffset = llvm::alignTo(sizeof(Elf64_Ehdr), pageSize);
  sections[Data] = {strings.add(section),
                    SHT_PROGBITS,
                    SHF_ALLOC,
                    0,
                    dataOffset,
                    size,
                    0,
                    0,
                    pageSize,
                    0};
  sections[Stack] = {strings.add(".note.GNU-stack"),
                     SHT_PROGBITS,
                     0,
                     0,
                     dataOffset + size,
                     0,
                     0,
                     0,
                     1,
                     0};
  uint64_t symbolOffset = llvm::alignTo(dataOffset + size, 8);
  sections[Symbols] = {
      strings.add(".symtab"), SHT_SYMTAB, 0, 0, symbolOffset,
      sizeof(symbols),        Strings,    1, 8, sizeof(Elf64_Sym)};
  uint32_t stringsName = strings.add(".strtab");
  uint64_t stringOffset = symbolOffset + sizeof(symbols);
  sections[Strings] = {stringsName,           SHT_STRTAB, 0, 0, stringOffset,
                       strings.text().size(), 0,          0, 1, 0};
  uint64_t end = stringOffset + strings.text().size();
  uint64_t sectionTable = llvm::alignTo(end, 8);

  writeRecord(stream, header(machine, sectionTable));
  stream.write_zeros(dataOffset - sizeof(Elf64_Ehdr));
  writeData(stream);
  stream.write_zeros(symbolOffset - (dataOffset + size));
  writeRecord(stream, symbols);
  stream << strings.text();
  stream.write_zeros(sectionTable - end);
  writeRecord(stream, sections);
}

} // namespace mlc::codegen
