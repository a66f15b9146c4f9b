//===- CheckDynamic.cpp - what the loader would believe ---------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/loader/ElfFile.h"

// glibc names these from 2.36 on.
#ifndef DT_RELRENT
#define SHT_RELR 19
#define DT_RELRSZ 35
#define DT_RELR 36
#define DT_RELRENT 37
#endif

namespace mlc::rt {

/// A table that the dynamic section names, and the section that holds it.
struct TableRule {
  int64_t address, size; // tags; size 0: there is none
  uint32_t type;         // of the section
};

/// A table of relocations, and the tag without which it would not be read.
struct RelocationRule {
  int64_t address, size, needed; // tags
};

namespace {

constexpr TableRule tableRules[] = {
    {DT_SYMTAB, 0, SHT_DYNSYM},
    {DT_HASH, 0, SHT_HASH},
    {DT_GNU_HASH, 0, SHT_GNU_HASH},
    {DT_VERSYM, 0, SHT_GNU_versym},
    {DT_VERNEED, 0, SHT_GNU_verneed},
    {DT_VERDEF, 0, SHT_GNU_verdef},
    {DT_INIT_ARRAY, DT_INIT_ARRAYSZ, SHT_INIT_ARRAY},
    {DT_FINI_ARRAY, DT_FINI_ARRAYSZ, SHT_FINI_ARRAY},
    {DT_RELR, DT_RELRSZ, SHT_RELR},
};

constexpr RelocationRule relocationRules[] = {
    {DT_RELA, DT_RELASZ, DT_RELAENT}, {DT_JMPREL, DT_PLTRELSZ, DT_PLTREL}};

/// Tags that say how other tables are to be read: their only value.
constexpr int64_t fixedValues[][2] = {{DT_SYMENT, sizeof(Elf64_Sym)},
                                      {DT_RELAENT, sizeof(Elf64_Rela)},
                                      {DT_RELRENT, sizeof(uint64_t)},
                                      {DT_PLTREL, DT_RELA}};

/// Tags of the generic range that shared objects of these processors have; the
/// loader ends the process over some of the others.
bool isKnownTag(int64_t tag) {
  return (tag >= DT_NEEDED && tag <= DT_SYMBOLIC) || tag == DT_PLTREL ||
         (tag >= DT_JMPREL && tag <= DT_FLAGS) ||
         (tag >= DT_RELRSZ && tag <= DT_RELRENT) || tag >= DT_LOOS;
}

} // namespace

const Elf64_Dyn *ElfFile::findTag(int64_t tag) const {
  for (uint64_t i = 0; i < dynamicCount; ++i) {
    if (dynamic[i].d_tag == tag) {
      return &dynamic[i];
    }
  }
  return nullptr;
}

Status ElfFile::readDynamic() {
  const Elf64_Phdr *segment = nullptr;
  for (int i = 0; i < header.e_phnum; ++i) {
    if (segments[i].p_type == PT_DYNAMIC) {
      segment = &segments[i];
    }
  }
  const Elf64_Shdr *section = findSection(SHT_DYNAMIC);
  if (!segment || !section || segment->p_vaddr != section->sh_addr ||
      segment->p_filesz != section->sh_size) {
    return damaged("segments and sections disagree on the dynamic section");
  }
  uint64_t count = section->sh_size / sizeof(Elf64_Dyn);
  Status status =
      readTable("the dynamic section", section->sh_offset, count, dynamic);
  while (status == MLC_OK && dynamicCount < count &&
         dynamic[dynamicCount].d_tag != DT_NULL) {
    ++dynamicCount;
  }
  // Without its end the loader would read on.
  return status == MLC_OK && dynamicCount == count
             ? damaged("its dynamic section has no end")
             : status;
}

/// Whether a table that has a section is named once, and no other.
bool ElfFile::isTable(const TableRule &rule) const {
  const Elf64_Shdr *section = findSection(rule.type);
  const Elf64_Dyn *address = findTag(rule.address);
  const Elf64_Dyn *size = findTag(rule.size);
  if (!section || section->sh_size == 0) {
    return !address;
  }
  return address && address->d_un.d_ptr == section->sh_addr &&
         (!rule.size || (size && size->d_un.d_val == section->sh_size));
}

/// Whether one entry of the dynamic section is what the loader may believe.
bool ElfFile::isSound(const Elf64_Dyn &entry) const {
  uint64_t value = entry.d_un.d_val;
  for (auto [tag, only] : fixedValues) {
    if (entry.d_tag == tag) {
      return value == (uint64_t)only;
    }
  }
  const Elf64_Shdr *names = findSection(SHT_DYNSYM);
  const Elf64_Shdr *section = sectionAt(value);
  switch (entry.d_tag) {
  case DT_NEEDED:
  case DT_SONAME:
  case DT_RPATH:
  case DT_RUNPATH:
    return value < sections[names->sh_link].sh_size;
  case DT_STRTAB:
    return value == sections[names->sh_link].sh_addr;
  case DT_STRSZ:
    return value == sections[names->sh_link].sh_size;
  case DT_INIT:
  case DT_FINI:
    return section && (section->sh_flags & SHF_EXECINSTR);
  case DT_PLTGOT:
    return section && (section->sh_flags & SHF_WRITE);
  case DT_VERNEEDNUM:
  case DT_VERDEFNUM: {
    const Elf64_Shdr *table = findSection(
        entry.d_tag == DT_VERNEEDNUM ? SHT_GNU_verneed : SHT_GNU_verdef);
    return table && value == table->sh_info;
  }
  default:
    return true;
  }
}

Status ElfFile::checkDynamic() {
  Status status = readDynamic();
  if (status != MLC_OK) {
    return status;
  }
  const Elf64_Shdr *symbols = findSection(SHT_DYNSYM);
  if (!symbols || symbols->sh_link >= header.e_shnum || !findTag(DT_STRTAB) ||
      !findTag(DT_STRSZ) || !findTag(DT_SYMENT)) {
    return damaged("it has no table of dynamic symbols");
  }
  for (uint64_t i = 0; i < dynamicCount; ++i) {
    const Elf64_Dyn &entry = dynamic[i];
    bool isRepeated =
        entry.d_tag != DT_NEEDED && findTag(entry.d_tag) != &entry;
    if (!isKnownTag(entry.d_tag) || isRepeated || !isSound(entry)) {
      return damaged("entry %llu of its dynamic section (tag 0x%llx, value "
                     "0x%llx) is damaged",
                     (unsigned long long)i, (unsigned long long)entry.d_tag,
                     (unsigned long long)entry.d_un.d_val);
    }
  }
  return checkTables();
}

Status ElfFile::checkTables() {
  for (const TableRule &rule : tableRules) {
    if (!isTable(rule)) {
      return damaged("its dynamic section lacks a table (tag 0x%llx), or names "
                     "one that is not there",
                     (unsigned long long)rule.address);
    }
  }
  // Each table of relocations is named.
  for (int i = 0; i < header.e_shnum; ++i) {
    const Elf64_Shdr &section = sections[i];
    if (section.sh_type != SHT_RELA || !(section.sh_flags & SHF_ALLOC) ||
        section.sh_size == 0) {
      continue;
    }
    const Elf64_Dyn *first = findTag(DT_RELA), *second = findTag(DT_JMPREL);
    if ((!first || first->d_un.d_ptr != section.sh_addr) &&
        (!second || second->d_un.d_ptr != section.sh_addr)) {
      return damaged("its dynamic section does not name the relocations of "
                     "section %d",
                     i);
    }
    if (sectionAt(section.sh_addr) != &section) {
      return damaged("section %d lies where another begins", i);
    }
  }
  Status status = MLC_OK;
  for (const RelocationRule &rule : relocationRules) {
    status = status == MLC_OK ? checkRelocations(rule) : status;
  }
  return status;
}

bool ElfFile::isCode(uint64_t address) const {
  const Elf64_Phdr *segment = segmentOf(address, 1);
  return segment && (segment->p_flags & PF_X);
}

/// Whether a relocation changes what may be changed, to something in the file.
bool ElfFile::isSound(const Elf64_Rela &relocation) const {
  constexpr uint64_t bytes = sizeof(uint64_t);
  const Elf64_Phdr *segment = segmentOf(relocation.r_offset, bytes);
  if (!segment || !(segment->p_flags & PF_W)) {
    return false;
  }
  bool isCalled = false; // by the loader
  for (int i = 0; i < header.e_shnum; ++i) {
    const Elf64_Shdr &section = sections[i];
    bool isInside = (section.sh_flags & SHF_ALLOC) && section.sh_size > 0 &&
                    relocation.r_offset < section.sh_addr + section.sh_size &&
                    section.sh_addr < relocation.r_offset + bytes;
    if (isInside && section.sh_type == SHT_DYNAMIC) {
      return false;
    }
    isCalled |= isInside && (section.sh_type == SHT_INIT_ARRAY ||
                             section.sh_type == SHT_FINI_ARRAY);
  }
  // Copies and indirect functions are of executables and C libraries.
  bool isX86 = header.e_machine == EM_X86_64;
  uint32_t type = ELF64_R_TYPE(relocation.r_info);
  if (type == (isX86 ? R_X86_64_COPY : R_AARCH64_COPY) ||
      type == (isX86 ? R_X86_64_IRELATIVE : R_AARCH64_IRELATIVE)) {
    return false;
  }
  auto address = (uint64_t)relocation.r_addend;
  return !isRelative(relocation) ||
         (isCalled ? isCode(address) : segmentOf(address, 0) != nullptr);
}

Status ElfFile::checkRelocations(const RelocationRule &rule) {
  const Elf64_Dyn *address = findTag(rule.address), *size = findTag(rule.size);
  if (!address) {
    return MLC_OK;
  }
  const Elf64_Shdr *section = sectionAt(address->d_un.d_ptr);
  if (!section || section->sh_type != SHT_RELA || !size ||
      size->d_un.d_val != section->sh_size || !findTag(rule.needed)) {
    return damaged("its table of relocations (tag 0x%llx) is damaged",
                   (unsigned long long)rule.address);
  }
  uint64_t count = section->sh_size / sizeof(Elf64_Rela);
  const Elf64_Dyn *relative =
      rule.address == DT_RELA ? findTag(DT_RELACOUNT) : nullptr;
  uint64_t relativeCount = relative ? relative->d_un.d_val : 0;
  uint64_t symbols = findSection(SHT_DYNSYM)->sh_size / sizeof(Elf64_Sym);
  Elf64_Rela *table = nullptr;
  Status status =
      readTable("the relocations", section->sh_offset, count, table);
  for (uint64_t i = 0; i < count && status == MLC_OK; ++i) {
    bool isUsable = ELF64_R_SYM(table[i].r_info) < symbols &&
                    (i >= relativeCount || isRelative(table[i]));
    if (!isUsable || !isSound(table[i]) || relativeCount > count) {
      status =
          damaged("relocation %llu at address 0x%llx is damaged",
                  (unsigned long long)i, (unsigned long long)table[i].r_offset);
    }
  }
  free(table);
  return status;
}

} // namespace mlc::rt
