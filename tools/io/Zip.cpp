//===- Zip.cpp - NumPy's .npz files -----------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads by the central directory at the end of the archive, with the 64-bit
// extension (numpy.savez writes it when an array is large). Every offset of
// the file is checked against its size before use; an entry that claims to
// unpack to more than deflate can reach is refused before memory is taken.
//
//===----------------------------------------------------------------------===//
#include "tools/io/Zip.h"

#include "tools/io/Inflate.h"
#include "tools/io/Numpy.h"

#include <algorithm>
#include <cstring>
#include <limits>

using namespace mlc::io;

namespace {

constexpr uint32_t localMagic = 0x04034b50, directoryMagic = 0x02014b50;
constexpr uint32_t endMagic = 0x06054b50, end64Magic = 0x06064b50;
constexpr uint32_t locator64Magic = 0x07064b50;
constexpr size_t localSize = 30, directorySize = 46, endSize = 22;
constexpr size_t locator64Size = 20, end64Size = 56;
/// Deflate's limit is 1032 to 1.
constexpr size_t maxRatio = 1032;

uint64_t readNumber(const uint8_t *from, int bytes) {
  uint64_t value = 0;
  for (int i = 0; i < bytes; ++i) {
    value |= uint64_t(from[i]) << (8 * i);
  }
  return value;
}

/// Whether [offset, offset + length) lies within `bytes`.
bool holds(ByteView bytes, uint64_t offset, uint64_t length) {
  return length <= bytes.size && offset <= bytes.size - length;
}

struct Directory {
  uint64_t count, offset;
};

Result<Directory> findDirectory64(ByteView archive, size_t end) {
  const uint8_t *locator = archive.data + end - locator64Size;
  uint64_t offset = readNumber(locator + 8, 8);
  if (!holds(archive, offset, end64Size) ||
      readNumber(archive.data + offset, 4) != end64Magic) {
    return fail("the archive's 64-bit end record is damaged");
  }
  const uint8_t *record = archive.data + offset;
  return Directory{readNumber(record + 32, 8), readNumber(record + 48, 8)};
}

Result<Directory> findDirectory(ByteView archive) {
  if (archive.size < endSize) {
    return fail("the archive is too short");
  }
  // A comment of up to 65,535 bytes may follow the end record.
  size_t last = archive.size - endSize;
  size_t first = last > 65535 ? last - 65535 : 0;
  for (size_t end = last + 1; end-- > first;) {
    const uint8_t *record = archive.data + end;
    if (readNumber(record, 4) != endMagic) {
      continue;
    }
    if (end >= locator64Size &&
        readNumber(record - locator64Size, 4) == locator64Magic) {
      return findDirectory64(archive, end);
    }
    return Directory{readNumber(record + 10, 2), readNumber(record + 16, 4)};
  }
  return fail("the archive has no end record: it is cut short or not a zip");
}

/// The three fields that the 64-bit extension may take over.
struct Sizes {
  uint64_t size, packed, offset;
};

/// Reads the 64-bit values of those fields that hold all ones.
bool readExtension(ByteView extra, Sizes &sizes) {
  while (extra.size >= 4) {
    size_t length = readNumber(extra.data + 2, 2);
    if (length > extra.size - 4) {
      return false;
    }
    if (readNumber(extra.data, 2) == 1) {
      size_t at = 4, end = 4 + length;
      for (uint64_t *field : {&sizes.size, &sizes.packed, &sizes.offset}) {
        if (*field != 0xffffffff) {
          continue;
        }
        if (at + 8 > end) {
          return false;
        }
        *field = readNumber(extra.data + at, 8);
        at += 8;
      }
      return true;
    }
    extra = extra.slice(4 + length, extra.size - 4 - length);
  }
  return sizes.size != 0xffffffff && sizes.packed != 0xffffffff &&
         sizes.offset != 0xffffffff;
}

/// Finds the packed bytes behind an entry's local header.
Status locate(ByteView archive, const Sizes &sizes, ZipEntry &entry) {
  if (!holds(archive, sizes.offset, localSize) ||
      readNumber(archive.data + sizes.offset, 4) != localMagic) {
    return fail("entry '", entry.name, "' points outside the archive");
  }
  const uint8_t *local = archive.data + sizes.offset;
  uint64_t skip =
      localSize + readNumber(local + 26, 2) + readNumber(local + 28, 2);
  if (!holds(archive, sizes.offset + skip, sizes.packed)) {
    return fail("entry '", entry.name, "' is longer than the archive");
  }
  if (entry.deflated ? sizes.size / maxRatio > sizes.packed + 1
                     : sizes.size != sizes.packed) {
    return fail("entry '", entry.name, "' claims ", sizes.size,
                " bytes, which its ", sizes.packed, " bytes cannot hold");
  }
  entry.size = sizes.size;
  entry.packed = archive.slice(sizes.offset + skip, sizes.packed);
  return success();
}

/// Reads the directory's record at `at` and moves behind it.
Result<ZipEntry> readEntry(ByteView archive, uint64_t &at) {
  if (!holds(archive, at, directorySize) ||
      readNumber(archive.data + at, 4) != directoryMagic) {
    return fail("the archive's directory is damaged");
  }
  const uint8_t *record = archive.data + at;
  uint64_t nameLength = readNumber(record + 28, 2);
  uint64_t extraLength = readNumber(record + 30, 2);
  uint64_t total =
      directorySize + nameLength + extraLength + readNumber(record + 32, 2);
  if (!holds(archive, at, total)) {
    return fail("the archive's directory is damaged");
  }
  at += total;
  ZipEntry entry;
  entry.name.assign(reinterpret_cast<const char *>(record) + directorySize,
                    nameLength);
  if (readNumber(record + 8, 2) & 1) {
    return fail("entry '", entry.name, "' is encrypted");
  }
  uint64_t method = readNumber(record + 10, 2);
  if (method != 0 && method != 8) {
    return fail("entry '", entry.name, "' uses compression method ", method,
                ", expected stored (0) or deflated (8)");
  }
  entry.deflated = method == 8;
  entry.crc = static_cast<uint32_t>(readNumber(record + 16, 4));
  Sizes sizes{readNumber(record + 24, 4), readNumber(record + 20, 4),
              readNumber(record + 42, 4)};
  ByteView extra(record + directorySize + nameLength, extraLength);
  if (!readExtension(extra, sizes)) {
    return fail("entry '", entry.name, "' has damaged 64-bit sizes");
  }
  if (Status located = locate(archive, sizes, entry); !located) {
    return located.failure();
  }
  return entry;
}

/// numpy.load calls the file "x.npy" the array "x".
std::string arrayName(const std::string &fileName) {
  size_t stem = fileName.size() - 4;
  bool npy = fileName.size() > 4 && fileName.compare(stem, 4, ".npy") == 0;
  return npy ? fileName.substr(0, stem) : fileName;
}

Result<Tensor> readArray(const ZipEntry &entry) {
  Result<Bytes> bytes = unpackZip(entry);
  if (!bytes) {
    return bytes.failure();
  }
  Result<Tensor> tensor = parseNpy(*bytes);
  if (!tensor) {
    return fail("entry '", entry.name, "': ", tensor.error());
  }
  tensor->name = arrayName(entry.name);
  return tensor;
}

void writeNumber(Bytes &to, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) {
    to.push_back(static_cast<uint8_t>(value >> (8 * i)));
  }
}

/// The fields that local header and directory record share, from the needed
/// version to the lengths of name and extra field.
void writeShared(Bytes &to, const std::string &name, uint32_t crc,
                 uint64_t size, size_t extraLength) {
  bool large = size >= 0xffffffff;
  uint64_t shown = large ? 0xffffffff : size;
  writeNumber(to, large ? 45 : 20, 2);
  writeNumber(to, 0x800, 2); // the name is UTF-8
  writeNumber(to, 0, 2);     // stored
  writeNumber(to, 0, 2);     // 00:00 on 1980-01-01, zip's zero
  writeNumber(to, 0x21, 2);
  writeNumber(to, crc, 4);
  writeNumber(to, shown, 4);
  writeNumber(to, shown, 4);
  writeNumber(to, name.size(), 2);
  writeNumber(to, extraLength, 2);
}

void writeExtension(Bytes &to, const std::vector<uint64_t> &values) {
  if (!values.empty()) {
    writeNumber(to, 1, 2);
    writeNumber(to, values.size() * 8, 2);
    for (uint64_t value : values) {
      writeNumber(to, value, 8);
    }
  }
}

void writeDirectoryRecord(Bytes &to, const std::string &name, uint32_t crc,
                          uint64_t size, uint64_t offset) {
  std::vector<uint64_t> wide;
  if (size >= 0xffffffff) {
    wide = {size, size};
  }
  if (offset >= 0xffffffff) {
    wide.push_back(offset);
  }
  writeNumber(to, directoryMagic, 4);
  writeNumber(to, 45, 2);
  writeShared(to, name, crc, size, wide.empty() ? 0 : 4 + wide.size() * 8);
  writeNumber(to, 0, 2); // comment length
  writeNumber(to, 0, 8); // disk, attributes
  writeNumber(to, std::min<uint64_t>(offset, 0xffffffff), 4);
  to.insert(to.end(), name.begin(), name.end());
  writeExtension(to, wide);
}

void writeEnd(Bytes &to, uint64_t count, uint64_t offset) {
  uint64_t size = to.size() - offset, here = to.size();
  if (offset >= 0xffffffff || count >= 0xffff) {
    writeNumber(to, end64Magic, 4);
    writeNumber(to, end64Size - 12, 8);
    writeNumber(to, 45 | 45 << 16, 4);
    writeNumber(to, 0, 8);
    for (uint64_t value : {count, count, size, offset}) {
      writeNumber(to, value, 8);
    }
    writeNumber(to, locator64Magic, 4);
    writeNumber(to, 0, 4);
    writeNumber(to, here, 8);
    writeNumber(to, 1, 4);
  }
  writeNumber(to, endMagic, 4);
  writeNumber(to, 0, 4);
  writeNumber(to, std::min<uint64_t>(count, 0xffff), 2);
  writeNumber(to, std::min<uint64_t>(count, 0xffff), 2);
  writeNumber(to, std::min<uint64_t>(size, 0xffffffff), 4);
  writeNumber(to, std::min<uint64_t>(offset, 0xffffffff), 4);
  writeNumber(to, 0, 2);
}

} // namespace

bool mlc::io::isZip(ByteView bytes) {
  return bytes.size >= 4 && (readNumber(bytes.data, 4) == localMagic ||
                             readNumber(bytes.data, 4) == endMagic);
}

Result<std::vector<ZipEntry>> mlc::io::listZip(ByteView archive) {
  Result<Directory> directory = findDirectory(archive);
  if (!directory) {
    return directory.failure();
  }
  std::vector<ZipEntry> entries;
  uint64_t at = directory->offset;
  for (uint64_t i = 0; i < directory->count; ++i) {
    Result<ZipEntry> entry = readEntry(archive, at);
    if (!entry) {
      return entry.failure();
    }
    entries.push_back(std::move(*entry));
  }
  return entries;
}

Result<Bytes> mlc::io::unpackZip(const ZipEntry &entry) {
  Bytes bytes;
  if (entry.deflated && !canInflate) {
    return fail("entry '", entry.name,
                "' is compressed, and this build has no zlib");
  }
  if (entry.deflated) {
    bytes.resize(entry.size);
    if (!inflateAll(entry.packed, bytes)) {
      return fail("entry '", entry.name, "' does not unpack");
    }
  } else {
    bytes.assign(entry.packed.data, entry.packed.data + entry.packed.size);
  }
  if (checksum(bytes) != entry.crc) {
    return fail("entry '", entry.name, "' has a wrong checksum");
  }
  return bytes;
}

Result<std::vector<Tensor>> mlc::io::parseNpz(ByteView archive) {
  Result<std::vector<ZipEntry>> entries = listZip(archive);
  if (!entries) {
    return entries.failure();
  }
  std::vector<Tensor> tensors;
  for (const ZipEntry &entry : *entries) {
    Result<Tensor> tensor = readArray(entry);
    if (!tensor) {
      return tensor.failure();
    }
    tensors.push_back(std::move(*tensor));
  }
  return tensors;
}

Result<Tensor> mlc::io::parseNpzEntry(ByteView archive,
                                      const std::string &name) {
  Result<std::vector<ZipEntry>> entries = listZip(archive);
  if (!entries) {
    return entries.failure();
  }
  std::string names;
  for (const ZipEntry &entry : *entries) {
    if (arrayName(entry.name) == name || entry.name == name) {
      return readArray(entry);
    }
    names += (names.empty() ? "'" : ", '") + arrayName(entry.name) + "'";
  }
  if (entries->size() == 1) {
    return readArray(entries->front());
  }
  return fail("no array '", name, "'; it holds ",
              names.empty() ? "nothing" : names);
}

Bytes mlc::io::serializeNpz(const std::vector<const Tensor *> &tensors) {
  Bytes archive, directory;
  for (const Tensor *tensor : tensors) {
    Bytes file = serializeNpy(*tensor);
    std::string name = (tensor->name.empty() ? "arr_0" : tensor->name) + ".npy";
    uint64_t offset = archive.size();
    uint32_t crc = checksum(file);
    bool large = file.size() >= 0xffffffff;
    writeNumber(archive, localMagic, 4);
    writeShared(archive, name, crc, file.size(), large ? 20 : 0);
    archive.insert(archive.end(), name.begin(), name.end());
    if (large) {
      writeExtension(archive, {file.size(), file.size()});
    }
    archive.insert(archive.end(), file.begin(), file.end());
    writeDirectoryRecord(directory, name, crc, file.size(), offset);
  }
  uint64_t offset = archive.size();
  archive.insert(archive.end(), directory.begin(), directory.end());
  writeEnd(archive, tensors.size(), offset);
  return archive;
}
