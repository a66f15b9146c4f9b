//===- CheckElf.cpp - whether a file can be given to dlopen -----*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Everything is copied with pread, within bounds: a mapping of a file that
// somebody cuts at the same time would be the fault this is to find.
//
//===----------------------------------------------------------------------===//
#include "runtime/loader/CheckElf.h"

#include "runtime/loader/ElfFile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mlc::rt {
namespace {

#if defined(__x86_64__)
constexpr uint16_t ownMachine = EM_X86_64;
#else
constexpr uint16_t ownMachine = EM_AARCH64;
#endif

// More than any linker writes; bounds what a damaged count makes us read.
constexpr uint64_t mostSegments = 64;
constexpr uint64_t largestAlign = uint64_t(1) << 30;
constexpr uint64_t mostThreadBytes = uint64_t(1) << 24;

const char *machineName(uint16_t machine) {
  switch (machine) {
  case EM_X86_64:
    return "x86-64";
  case EM_AARCH64:
    return "aarch64";
  case EM_386:
    return "32-bit x86";
  case EM_ARM:
    return "32-bit Arm";
  case EM_RISCV:
    return "RISC-V";
  case EM_PPC64:
    return "POWER";
  case EM_S390:
    return "s390";
  case EM_AMDGPU:
    return "AMD GPUs";
  case EM_CUDA:
    return "NVIDIA GPUs";
  default:
    return nullptr;
  }
}

} // namespace

ElfFile::~ElfFile() {
  free(segments);
  free(sections);
  free(dynamic);
  if (file >= 0) {
    close(file);
  }
}

Status ElfFile::damaged(const char *format, ...) {
  char text[256];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof(text), format, arguments);
  va_end(arguments);
  return fail(MLC_INVALID_ARGUMENT, "model '%s': %s", path, text);
}

Status ElfFile::readAt(void *to, uint64_t bytes, uint64_t offset) {
  auto *at = static_cast<char *>(to);
  while (bytes > 0) {
    ssize_t got = pread(file, at, bytes, (off_t)offset);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return fail(MLC_IO, "model '%s': %s", path, strerror(errno));
    }
    if (got == 0) {
      return damaged("the file became shorter while it was read");
    }
    at += got;
    offset += (uint64_t)got;
    bytes -= (uint64_t)got;
  }
  return MLC_OK;
}

const Elf64_Phdr *ElfFile::segmentOf(uint64_t address, uint64_t bytes) const {
  for (int i = 0; i < header.e_phnum; ++i) {
    const Elf64_Phdr &segment = segments[i];
    if (segment.p_type == PT_LOAD &&
        isWithin(address, bytes, segment.p_vaddr, segment.p_memsz)) {
      return &segment;
    }
  }
  return nullptr;
}

const Elf64_Shdr *ElfFile::findSection(uint32_t type) const {
  for (int i = 0; i < header.e_shnum; ++i) {
    if (sections[i].sh_type == type && (sections[i].sh_flags & SHF_ALLOC)) {
      return &sections[i];
    }
  }
  return nullptr;
}

const Elf64_Shdr *ElfFile::sectionAt(uint64_t address) const {
  for (int i = 0; i < header.e_shnum; ++i) {
    const Elf64_Shdr &section = sections[i];
    if (section.sh_addr == address && (section.sh_flags & SHF_ALLOC) &&
        section.sh_size > 0 && !(section.sh_flags & SHF_TLS)) {
      return &section;
    }
  }
  return nullptr;
}

Status ElfFile::open() {
  // O_NONBLOCK: opening a FIFO must not wait for somebody to write to it.
  file = ::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) {
    return fail(errno == ENOENT || errno == ENOTDIR ? MLC_NOT_FOUND : MLC_IO,
                "model '%s': %s", path, strerror(errno));
  }
  struct stat info;
  if (fstat(file, &info) != 0) {
    return fail(MLC_IO, "model '%s': %s", path, strerror(errno));
  }
  if (!S_ISREG(info.st_mode)) {
    return fail(MLC_IO, "model '%s': expected a regular file, found %s", path,
                S_ISDIR(info.st_mode)    ? "a folder"
                : S_ISFIFO(info.st_mode) ? "a FIFO"
                : S_ISSOCK(info.st_mode) ? "a socket"
                                         : "a device");
  }
  fileBytes = (uint64_t)info.st_size;
  return MLC_OK;
}

Status ElfFile::readHeader() {
  uint64_t bytes = fileBytes < sizeof(header) ? fileBytes : sizeof(header);
  if (Status status = readAt(&header, bytes, 0); status != MLC_OK) {
    return status;
  }
  if (bytes == 0) {
    return damaged("the file is empty, expected a shared object made by 'mlc "
                   "compile'");
  }
  if (bytes < SELFMAG || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
    return damaged("not an ELF file, expected a shared object made by 'mlc "
                   "compile'");
  }
  if (bytes < sizeof(header)) {
    return cutShort("the ELF header", 0, sizeof(header));
  }
  return checkMachine();
}

Status ElfFile::checkMachine() {
  bool isKnown =
      header.e_machine == EM_X86_64 || header.e_machine == EM_AARCH64;
  bool isOurs =
      header.e_ident[EI_CLASS] == ELFCLASS64 &&
      header.e_ident[EI_DATA] == ELFDATA2LSB &&
      (header.e_machine == ownMachine || (purpose == AnyMachine && isKnown));
  if (!isOurs) {
    char number[24];
    snprintf(number, sizeof(number), "machine %d", header.e_machine);
    const char *name = machineName(header.e_machine);
    bool isWide = header.e_ident[EI_CLASS] == ELFCLASS64;
    return fail(MLC_INCOMPATIBLE,
                "model '%s' was compiled for %s%s, this process runs on %s",
                path, name ? name : number,
                header.e_machine != ownMachine ? ""
                : isWide                       ? " (big endian)"
                                               : " (32-bit)",
                machineName(ownMachine));
  }
  if (header.e_type != ET_DYN) {
    return damaged("an ELF file of type %d, expected a shared object (3) made "
                   "by 'mlc compile'",
                   header.e_type);
  }
  // What the loader looks at as well, and would not always say.
  if (header.e_version != EV_CURRENT || header.e_ehsize != sizeof(header) ||
      header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum == 0 ||
      header.e_phnum > mostSegments ||
      header.e_shentsize != sizeof(Elf64_Shdr) || header.e_shnum == 0) {
    return damaged("its ELF header is damaged (%d segments of %d bytes, %d "
                   "sections of %d bytes)",
                   header.e_phnum, header.e_phentsize, header.e_shnum,
                   header.e_shentsize);
  }
  return MLC_OK;
}

Status ElfFile::checkSegment(const Elf64_Phdr &segment, uint64_t &end) {
  if (segment.p_type == PT_INTERP) {
    return damaged("a program, expected a shared object made by 'mlc compile'");
  }
  if (segment.p_type == PT_NULL || segment.p_type == PT_GNU_STACK) {
    return MLC_OK;
  }
  if (!isWithin(segment.p_offset, segment.p_filesz, 0, fileBytes)) {
    return cutShort("a segment", segment.p_offset, segment.p_filesz);
  }
  uint64_t align = segment.p_align;
  bool isAligned =
      (align & (align - 1)) == 0 && align <= largestAlign &&
      (align <= 1 || (segment.p_vaddr - segment.p_offset) % align == 0);
  if (segment.p_type == PT_LOAD) {
    // Addresses stay in the lower half and do not wrap around.
    bool isOrdered = isWithin(segment.p_vaddr, segment.p_memsz, end,
                              uint64_t(INT64_MAX) - end);
    if (!isAligned || !isOrdered || segment.p_filesz > segment.p_memsz ||
        !(segment.p_flags & PF_R)) {
      return damaged("the segment at address 0x%llx is damaged",
                     (unsigned long long)segment.p_vaddr);
    }
    end = segment.p_vaddr + segment.p_memsz;
    return MLC_OK;
  }
  return isView(segment, isAligned)
             ? MLC_OK
             : damaged("the segment of type 0x%x is damaged", segment.p_type);
}

/// Segments that are not loaded themselves are views of what is.
bool ElfFile::isView(const Elf64_Phdr &segment, bool isAligned) const {
  const Elf64_Phdr *owner = segmentOf(segment.p_vaddr, segment.p_filesz);
  bool agrees = owner && segment.p_vaddr - owner->p_vaddr ==
                             segment.p_offset - owner->p_offset;
  switch (segment.p_type) {
  case PT_TLS: // without initial values it lies beside the segments
    return isAligned && segment.p_filesz <= segment.p_memsz &&
           (agrees || segment.p_filesz == 0);
  case PT_GNU_RELRO:
    return agrees && segmentOf(segment.p_vaddr, segment.p_memsz);
  case PT_PHDR:
    return agrees && segment.p_offset == header.e_phoff;
  default:
    return agrees && segment.p_filesz == segment.p_memsz;
  }
}

Status ElfFile::checkSegments() {
  Status status =
      readTable("the program header", header.e_phoff, header.e_phnum, segments);
  uint64_t end = 0;
  for (int i = 0; i < header.e_phnum && status == MLC_OK; ++i) {
    status = checkSegment(segments[i], end);
  }
  return status;
}

/// Whether `section` lies in a segment that maps its bytes to its address with
/// the rights it needs.
bool ElfFile::isLoaded(const Elf64_Shdr &section) const {
  bool isTls = section.sh_flags & SHF_TLS;
  bool hasBytes = section.sh_type != SHT_NOBITS;
  for (int i = 0; i < header.e_phnum; ++i) {
    const Elf64_Phdr &segment = segments[i];
    uint32_t needed = (section.sh_flags & SHF_WRITE ? PF_W : 0) |
                      (section.sh_flags & SHF_EXECINSTR ? PF_X : 0);
    if (segment.p_type != (isTls ? PT_TLS : PT_LOAD) ||
        !isWithin(section.sh_addr, section.sh_size, segment.p_vaddr,
                  hasBytes ? segment.p_filesz : segment.p_memsz)) {
      continue;
    }
    // The loader allocates what a TLS segment claims, and there is no limit.
    uint64_t claimed = segment.p_vaddr + segment.p_memsz;
    if (isTls ? claimed - section.sh_addr <= mostThreadBytes
              : (segment.p_flags & needed) == needed &&
                    (!hasBytes || section.sh_addr - segment.p_vaddr ==
                                      section.sh_offset - segment.p_offset)) {
      return true;
    }
  }
  return false;
}

Status ElfFile::checkSections() {
  Status status =
      readTable("the section table", header.e_shoff, header.e_shnum, sections);
  for (int i = 0; i < header.e_shnum && status == MLC_OK; ++i) {
    const Elf64_Shdr &section = sections[i];
    bool hasBytes =
        section.sh_type != SHT_NOBITS && section.sh_type != SHT_NULL;
    if (hasBytes &&
        !isWithin(section.sh_offset, section.sh_size, 0, fileBytes)) {
      return cutShort("a section", section.sh_offset, section.sh_size);
    }
    if ((section.sh_flags & SHF_ALLOC) && section.sh_size > 0 &&
        !isLoaded(section)) {
      return damaged("section %d at address 0x%llx lies in no segment", i,
                     (unsigned long long)section.sh_addr);
    }
  }
  return status;
}

Status ElfFile::check() {
  Status (ElfFile::*const steps[])() = {
      &ElfFile::open,          &ElfFile::readHeader,   &ElfFile::checkSegments,
      &ElfFile::checkSections, &ElfFile::checkDynamic, &ElfFile::checkSymbols};
  Status status = MLC_OK;
  for (auto step : steps) {
    status = status == MLC_OK ? (this->*step)() : status;
  }
  return status;
}

Status checkElf(const char *path) { return ElfFile(path).check(); }

} // namespace mlc::rt
