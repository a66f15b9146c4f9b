//===- CheckSymbols.cpp - symbols, names, hashes, versions ------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The loader follows the indices and offsets in these tables without asking
// where they lead.
//
//===----------------------------------------------------------------------===//
#include "runtime/loader/ElfFile.h"

namespace mlc::rt {

namespace {

/// The bytes of one section, none when it is not there.
struct Table {
  ~Table() { free(bytes); }

  /// `count` elements at `offset`, or null when they do not lie in the table.
  template <typename T> const T *at(uint64_t offset, uint64_t count = 1) const {
    bool isInside = offset % alignof(T) == 0 && count <= size / sizeof(T) &&
                    isWithin(offset, count * sizeof(T), 0, size);
    return isInside ? reinterpret_cast<const T *>(bytes + offset) : nullptr;
  }

  uint8_t *bytes = nullptr;
  uint64_t size = 0;
  uint32_t info = 0; // sh_info
};

/// Sets of version numbers, which have 15 bits.
struct VersionSet {
  bool has(uint16_t version) const {
    uint16_t number = version & 0x7fff;
    return number <= VER_NDX_GLOBAL || (bits[number / 8] >> number % 8 & 1);
  }
  void add(uint16_t version) {
    uint16_t number = version & 0x7fff;
    bits[number / 8] |= (uint8_t)(1u << number % 8);
  }

  uint8_t bits[0x8000 / 8] = {};
};

/// Whether a list goes on by `next` exactly when there is more of it.
bool isLink(uint32_t next, size_t entry, bool isLast) {
  return isLast ? next == 0 : next >= entry;
}

} // namespace

class SymbolTables {
public:
  explicit SymbolTables(ElfFile &file) : file(file) {}
  Status check();

private:
  Status read(uint32_t type, Table &table);
  Status read(const Elf64_Shdr &section, Table &table);

  const char *nameAt(uint64_t offset) const {
    return offset < names.size ? (const char *)names.bytes + offset : nullptr;
  }
  bool isLibrary(uint64_t name) const;
  bool areNames() const;
  bool isSound(const Elf64_Sym &symbol) const;
  bool areSymbols() const;
  bool isHash() const;
  bool isGnuHash() const;
  bool areNeeds();
  bool areDefinitions();
  bool areVersions() const;

  ElfFile &file;
  Table names, symbols, hash, gnuHash, versions, needs, definitions;
  uint64_t count = 0; // symbols
  VersionSet known;
};

Status SymbolTables::read(const Elf64_Shdr &section, Table &table) {
  table.size = section.sh_size;
  table.info = section.sh_info;
  return file.readTable("a table of symbols", section.sh_offset, table.size,
                        table.bytes);
}

Status SymbolTables::read(uint32_t type, Table &table) {
  const Elf64_Shdr *section = file.findSection(type);
  return section ? read(*section, table) : MLC_OK;
}

/// Each name ends inside of the table.
bool SymbolTables::areNames() const {
  return names.size > 0 && names.bytes[0] == 0 &&
         names.bytes[names.size - 1] == 0;
}

/// Whether the file asks for the library of that name.
bool SymbolTables::isLibrary(uint64_t name) const {
  const char *wanted = nameAt(name);
  for (uint64_t i = 0; wanted && i < file.dynamicCount; ++i) {
    const Elf64_Dyn &entry = file.dynamic[i];
    if (entry.d_tag == DT_NEEDED && !strcmp(wanted, nameAt(entry.d_un.d_val))) {
      return true;
    }
  }
  return false;
}

bool SymbolTables::isSound(const Elf64_Sym &symbol) const {
  int type = ELF64_ST_TYPE(symbol.st_info);
  if (!nameAt(symbol.st_name)) {
    return false;
  }
  if (symbol.st_shndx == SHN_UNDEF) {
    // Looked up elsewhere; as a local one it would be the file's own address 0.
    return ELF64_ST_BIND(symbol.st_info) != STB_LOCAL && symbol.st_value == 0 &&
           ELF64_ST_VISIBILITY(symbol.st_other) == STV_DEFAULT;
  }
  if (symbol.st_shndx == SHN_ABS || type == STT_TLS) {
    return true;
  }
  const Elf64_Phdr *segment = file.segmentOf(symbol.st_value, 0);
  return segment && type != STT_GNU_IFUNC &&
         (type != STT_FUNC || (segment->p_flags & PF_X));
}

bool SymbolTables::areSymbols() const {
  const auto *table = symbols.at<Elf64_Sym>(0, count);
  bool sound = count > 0 && table[0].st_value == 0;
  for (uint64_t i = 1; i < count && sound; ++i) {
    sound = isSound(table[i]);
  }
  return sound;
}

/// [buckets, symbols, bucket..., next...]: no symbol follows two others, so
/// that no list is a circle.
bool SymbolTables::isHash() const {
  const auto *head = hash.at<uint32_t>(0, 2);
  if (!hash.bytes) {
    return true;
  }
  if (!head || head[0] == 0 || head[1] != count) {
    return false;
  }
  const auto *entries = hash.at<uint32_t>(8, uint64_t(head[0]) + count);
  auto *isListed = static_cast<uint8_t *>(calloc(count, 1));
  bool sound = entries && isListed;
  for (uint64_t i = 0; sound && i < head[0] + count; ++i) {
    sound = entries[i] < count && (entries[i] == 0 || !isListed[entries[i]]++);
  }
  free(isListed);
  return sound;
}

/// [buckets, first symbol, bloom words, shift, bloom..., bucket..., hash...]: a
/// list goes from its bucket to the next hash with bit 0 set.
bool SymbolTables::isGnuHash() const {
  const auto *head = gnuHash.at<uint32_t>(0, 4);
  if (!gnuHash.bytes) {
    return true;
  }
  if (!head || head[0] == 0 || head[1] > count || head[2] == 0 ||
      (head[2] & (head[2] - 1)) || head[3] >= 64) {
    return false;
  }
  const auto *buckets =
      gnuHash.at<uint32_t>(16 + uint64_t(head[2]) * 8, head[0]);
  bool sound = buckets != nullptr, isUsed = false;
  for (uint32_t i = 0; sound && i < head[0]; ++i) {
    sound = buckets[i] == 0 || (buckets[i] >= head[1] && buckets[i] < count);
    isUsed |= buckets[i] != 0;
  }
  if (!sound || !isUsed) { // without a symbol there are no hashes
    return sound;
  }
  uint64_t listed = count - head[1];
  const auto *hashes = gnuHash.at<uint32_t>(
      (const uint8_t *)(buckets + head[0]) - gnuHash.bytes, listed);
  return hashes && (hashes[listed - 1] & 1);
}

/// Versions that are asked of libraries. The loader ends the process when the
/// file does not ask for the library itself.
bool SymbolTables::areNeeds() {
  uint64_t at = 0;
  for (uint32_t i = 0; i < needs.info; ++i) {
    const auto *need = needs.at<Elf64_Verneed>(at);
    if (!need || need->vn_version != VER_NEED_CURRENT || need->vn_cnt == 0 ||
        !isLibrary(need->vn_file) ||
        !isLink(need->vn_next, sizeof(*need), i + 1 == needs.info)) {
      return false;
    }
    uint64_t place = at + need->vn_aux;
    for (int k = 1; k <= need->vn_cnt; ++k) {
      const auto *version = needs.at<Elf64_Vernaux>(place);
      if (!version || !nameAt(version->vna_name) ||
          !isLink(version->vna_next, sizeof(*version), k == need->vn_cnt)) {
        return false;
      }
      known.add(version->vna_other);
      place += version->vna_next;
    }
    at += need->vn_next;
  }
  return true;
}

/// Versions that the file defines.
bool SymbolTables::areDefinitions() {
  uint64_t at = 0;
  for (uint32_t i = 0; i < definitions.info; ++i) {
    const auto *version = definitions.at<Elf64_Verdef>(at);
    if (!version || version->vd_version != VER_DEF_CURRENT ||
        !isLink(version->vd_next, sizeof(*version),
                i + 1 == definitions.info)) {
      return false;
    }
    const auto *name = definitions.at<Elf64_Verdaux>(at + version->vd_aux);
    if (!name || !nameAt(name->vda_name)) {
      return false;
    }
    known.add(version->vd_ndx);
    at += version->vd_next;
  }
  return true;
}

/// A version for each symbol, which one of the two lists has.
bool SymbolTables::areVersions() const {
  const auto *version = versions.at<uint16_t>(0, count);
  for (uint64_t i = 0; version && i < count; ++i) {
    if (!known.has(version[i])) {
      return false;
    }
  }
  return version || !versions.bytes;
}

Status SymbolTables::check() {
  const Elf64_Shdr &section = *file.findSection(SHT_DYNSYM);
  Status status = read(file.sections[section.sh_link], names);
  status = status == MLC_OK ? read(section, symbols) : status;
  status = status == MLC_OK ? read(SHT_HASH, hash) : status;
  status = status == MLC_OK ? read(SHT_GNU_HASH, gnuHash) : status;
  status = status == MLC_OK ? read(SHT_GNU_versym, versions) : status;
  status = status == MLC_OK ? read(SHT_GNU_verneed, needs) : status;
  status = status == MLC_OK ? read(SHT_GNU_verdef, definitions) : status;
  if (status != MLC_OK) {
    return status;
  }
  count = symbols.size / sizeof(Elf64_Sym);
  const char *broken = !areNames()                        ? "names"
                       : !areSymbols()                    ? "symbols"
                       : !isHash() || !isGnuHash()        ? "hashes"
                       : !areNeeds() || !areDefinitions() ? "versions"
                       : !areVersions()                   ? "symbols' versions"
                                                          : nullptr;
  return broken ? file.damaged("its table of %s is damaged", broken) : MLC_OK;
}

Status ElfFile::checkSymbols() { return SymbolTables(*this).check(); }

} // namespace mlc::rt
