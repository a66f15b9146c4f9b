//===- File.cpp - whole files in and out ------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/io/File.h"

#include "tools/io/Numpy.h"
#include "tools/io/TensorProto.h"
#include "tools/io/Zip.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <random>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

using namespace mlc::io;

namespace {

/// Closes a descriptor at the end of its scope.
struct Descriptor {
  int number;
  explicit Descriptor(int number) : number(number) {}
  Descriptor(const Descriptor &) = delete;
  ~Descriptor() { close(); }
  int close() { return number < 0 ? 0 : ::close(std::exchange(number, -1)); }
};

Failure systemFailure(const char *verb, const std::string &path) {
  return fail("cannot ", verb, " '", path, "': ", std::strerror(errno));
}

/// Names of what this process has open already. Where they lead to a file,
/// that is the caller's: it is to grow, and keep its place.
bool isOpenFile(const std::string &path) {
  return path == "/dev/stdout" || path == "/dev/stderr" ||
         path.compare(0, 8, "/dev/fd/") == 0 ||
         path.compare(0, 6, "/proc/") == 0;
}

/// Creates a file that was not there before, so that nobody who may write to
/// the folder has put a link in its place; `place` is its name.
int createBeside(const std::string &path, std::string &place) {
  std::random_device random;
  for (int attempt = 0; attempt < 64; ++attempt) {
    place = path + ".tmp" + std::to_string(random());
    int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    int file = ::open(place.c_str(), flags, 0666);
    if (file >= 0 || errno != EEXIST) {
      return file;
    }
  }
  return -1;
}

Status writeAll(int descriptor, const std::string &path,
                const std::vector<ByteView> &parts) {
  for (ByteView part : parts) {
    while (part.size > 0) {
      ssize_t written = ::write(descriptor, part.data, part.size);
      if (written < 0 && errno == EINTR) {
        continue;
      }
      if (written <= 0) {
        return systemFailure("write", path);
      }
      part = part.slice(static_cast<size_t>(written),
                        part.size - static_cast<size_t>(written));
    }
  }
  return success();
}

} // namespace

bool mlc::io::hasSuffix(const std::string &path, const std::string &suffix) {
  return path.size() >= suffix.size() &&
         path.compare(path.size() - suffix.size(), suffix.size(), suffix) == 0;
}

Result<Bytes> mlc::io::readFile(const std::string &path, size_t limit) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info;
  if (file.number < 0 || ::fstat(file.number, &info) != 0) {
    return systemFailure("open", path);
  }
  if (S_ISDIR(info.st_mode)) {
    return fail("'", path, "' is a folder");
  }
  // The size is a hint; what counts is what can be read.
  size_t hint = S_ISREG(info.st_mode) ? static_cast<size_t>(info.st_size) : 0;
  if (hint > limit) {
    return fail("'", path, "' holds more than ", limit, " bytes");
  }
  Bytes bytes(hint + 1);
  size_t used = 0;
  while (true) {
    if (used == bytes.size()) {
      bytes.resize(std::max<size_t>(bytes.size() * 2, 65536));
    }
    ssize_t got = ::read(file.number, bytes.data() + used, bytes.size() - used);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return systemFailure("read", path);
    }
    if (got == 0) {
      break;
    }
    used += static_cast<size_t>(got);
    if (used > limit) {
      return fail("'", path, "' holds more than ", limit, " bytes");
    }
  }
  bytes.resize(used);
  return bytes;
}

Status mlc::io::writeFile(const std::string &path,
                          const std::vector<ByteView> &parts) {
  struct stat info;
  bool exists = ::stat(path.c_str(), &info) == 0;
  if (exists && (!S_ISREG(info.st_mode) || isOpenFile(path))) {
    Descriptor stream(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    return stream.number < 0 ? Status(systemFailure("write", path))
                             : writeAll(stream.number, path, parts);
  }
  std::string place;
  Descriptor file(createBeside(path, place));
  if (file.number < 0) {
    return systemFailure("write", path);
  }
  Status written = writeAll(file.number, path, parts);
  // A file system may tell only now that the disk is full.
  if (written &&
      (file.close() != 0 || ::rename(place.c_str(), path.c_str()) != 0)) {
    written = systemFailure("write", path);
  }
  if (!written) {
    ::unlink(place.c_str());
  }
  return written;
}

Result<Tensor> mlc::io::readTensorFile(const std::string &path,
                                       const std::string &name) {
  Result<Bytes> bytes = readFile(path);
  if (!bytes) {
    return bytes.failure();
  }
  Result<Tensor> tensor = isNpy(*bytes)   ? parseNpy(*bytes)
                          : isZip(*bytes) ? parseNpzEntry(*bytes, name)
                                          : parseTensorProto(*bytes);
  if (!tensor) {
    return fail("'", path, "': ", tensor.error());
  }
  return tensor;
}

Status mlc::io::writeTensorFile(const std::string &path, const Tensor &tensor) {
  if (hasSuffix(path, ".pb")) {
    return writeFile(path, {serializeTensorProto(tensor)});
  }
  if (hasSuffix(path, ".npz")) {
    return writeFile(path, {serializeNpz({&tensor})});
  }
  return writeFile(path, {serializeNpy(tensor)});
}
