//===- ElfFile.h - an ELF file that is being checked ------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_RUNTIME_LOADER_ELFFILE_H
#define MLC_RUNTIME_LOADER_ELFFILE_H

#include "runtime/core/Error.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

namespace mlc::rt {

struct TableRule;
struct RelocationRule;

/// Whether [begin, begin + size) lies in [from, from + length).
inline bool isWithin(uint64_t begin, uint64_t size, uint64_t from,
                     uint64_t length) {
  return begin >= from && size <= length && begin - from <= length - size;
}

class ElfFile {
public:
  enum Purpose { ToLoad, AnyMachine };
  explicit ElfFile(const char *path, Purpose purpose = ToLoad)
      : path(path), purpose(purpose) {}
  ElfFile(const ElfFile &) = delete;
  ~ElfFile();
  Status check();

protected:
  friend class SymbolTables; // CheckSymbols.cpp
  Status open();
  Status readHeader();
  Status checkMachine();
  Status checkSegments();
  Status checkSegment(const Elf64_Phdr &segment, uint64_t &end);
  bool isView(const Elf64_Phdr &segment, bool isAligned) const;
  Status checkSections();
  bool isLoaded(const Elf64_Shdr &section) const;
  Status readDynamic();
  Status checkDynamic();
  bool isSound(const Elf64_Dyn &entry) const;
  bool isTable(const TableRule &rule) const;
  Status checkTables();
  Status checkRelocations(const RelocationRule &rule);
  bool isSound(const Elf64_Rela &relocation) const;
  bool isCode(uint64_t address) const;
  Status checkSymbols();

  /// A copy of `count` elements at `offset` into `table`, which is freed here.
  template <typename T>
  Status readTable(const char *what, uint64_t offset, uint64_t count,
                   T *&table);
  Status readAt(void *to, uint64_t bytes, uint64_t offset);
  Status damaged(const char *format, ...) __attribute__((format(printf, 2, 3)));
  Status cutShort(const char *what, uint64_t offset, uint64_t bytes) {
    return damaged("cut short or damaged: %s ends at byte %llu, the file has "
                   "%llu",
                   what, (unsigned long long)offset + bytes,
                   (unsigned long long)fileBytes);
  }
  /// The loaded segment that holds these bytes of the address space, or null.
  const Elf64_Phdr *segmentOf(uint64_t address, uint64_t bytes) const;
  const Elf64_Shdr *findSection(uint32_t type) const;
  const Elf64_Shdr *sectionAt(uint64_t address) const;
  const Elf64_Dyn *findTag(int64_t tag) const;
  /// Whether `relocation` adds the base address.
  bool isRelative(const Elf64_Rela &relocation) const {
    return ELF64_R_TYPE(relocation.r_info) == (header.e_machine == EM_X86_64
                                                   ? R_X86_64_RELATIVE
                                                   : R_AARCH64_RELATIVE);
  }

  const char *path;
  Purpose purpose;
  int file = -1;
  uint64_t fileBytes = 0;
  Elf64_Ehdr header = {};
  Elf64_Phdr *segments = nullptr;
  Elf64_Shdr *sections = nullptr;
  Elf64_Dyn *dynamic = nullptr;
  uint64_t dynamicCount = 0; // without the DT_NULL at its end
};

template <typename T>
Status ElfFile::readTable(const char *what, uint64_t offset, uint64_t count,
                          T *&table) {
  // More than any linker writes: a damaged count must not exhaust the memory.
  constexpr uint64_t mostTableBytes = uint64_t(1) << 28;
  uint64_t bytes = count * sizeof(T);
  if (!isWithin(offset, bytes, 0, fileBytes)) {
    return cutShort(what, offset, bytes);
  }
  if (bytes > mostTableBytes) {
    return damaged("%s takes %llu bytes", what, (unsigned long long)bytes);
  }
  table = static_cast<T *>(malloc(bytes + 1));
  return table ? readAt(table, bytes, offset)
               : failOutOfMemory(what, (int64_t)bytes, -1);
}

} // namespace mlc::rt

#endif // MLC_RUNTIME_LOADER_ELFFILE_H
