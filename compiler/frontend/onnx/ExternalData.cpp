//===- ExternalData.cpp - files that a model names --------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/ExternalData.h"

#include "compiler/frontend/onnx/onnx.pb.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Path.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace mlc::onnx;

MappedFile::~MappedFile() {
  if (data) {
    munmap(const_cast<char *>(data), bytes);
  }
}

ExternalFiles::ExternalFiles(const std::string &modelPath) {
  llvm::StringRef parent = llvm::sys::path::parent_path(modelPath);
  std::string path = parent.empty() ? "." : parent.str();
  folder = ::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
}

ExternalFiles::~ExternalFiles() {
  if (folder >= 0) {
    close(folder);
  }
}

/// Whether `location` is a relative path of plain names.
static bool isPlainRelative(llvm::StringRef location) {
  if (location.empty() || location.size() > 4096 || location.contains('\0') ||
      location.contains('\\')) {
    return false;
  }
  llvm::SmallVector<llvm::StringRef> parts;
  location.split(parts, '/');
  return llvm::all_of(parts, [](llvm::StringRef part) {
    return !part.empty() && part != "." && part != "..";
  });
}

/// Opens component by component, following no link, where the kernel has no
/// openat2 (before 5.6, or filtered).
static int openByComponents(int folder, llvm::StringRef location) {
  llvm::SmallVector<llvm::StringRef> parts;
  location.split(parts, '/');
  int current = dup(folder);
  for (auto [i, part] : llvm::enumerate(parts)) {
    bool last = i + 1 == parts.size();
    int flags = O_CLOEXEC | O_NOFOLLOW |
                (last ? O_RDONLY | O_NONBLOCK : O_PATH | O_DIRECTORY);
    int next = current < 0 ? -1 : openat(current, part.str().c_str(), flags);
    int saved = errno;
    if (current >= 0) {
      close(current);
    }
    errno = saved;
    current = next;
  }
  return current;
}

static int openBeneath(int folder, const std::string &location) {
  open_how how = {};
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  how.flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  long result =
      syscall(SYS_openat2, folder, location.c_str(), &how, sizeof(how));
  if (result < 0 && (errno == ENOSYS || errno == EPERM)) {
    return openByComponents(folder, location);
  }
  return int(result);
}

std::shared_ptr<MappedFile> ExternalFiles::open(const std::string &location,
                                                std::string &error) {
  auto known = files.find(location);
  if (known != files.end()) {
    return known->second;
  }
  if (!isPlainRelative(location)) {
    error = "location '" + location + "' is not a plain path below the model";
    return nullptr;
  }
  int fd = openBeneath(folder, location);
  if (fd < 0) {
    error = "cannot open '" + location + "': " +
            (errno == ELOOP || errno == EXDEV ? "it is or leads through a link"
                                              : std::strerror(errno));
    return nullptr;
  }
  // All checks are on the open descriptor: the name may change meanwhile.
  struct stat status = {};
  std::shared_ptr<MappedFile> file;
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    error = "'" + location + "' is not a regular file";
  } else if (status.st_nlink > 1) {
    error = "'" + location + "' is a hard link to another file";
  } else if (status.st_size == 0) {
    file = std::make_shared<MappedFile>(nullptr, 0);
  } else {
    void *data = mmap(nullptr, status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED) {
      error = "cannot map '" + location + "': " + std::strerror(errno);
    } else {
      file = std::make_shared<MappedFile>(static_cast<char *>(data),
                                          status.st_size);
    }
  }
  close(fd);
  if (file) {
    files[location] = file;
  }
  return file;
}

namespace {
/// The keys of TensorProto.external_data.
struct ExternalKeys {
  std::string location;
  uint64_t offset = 0;
  bool hasLength = false;
  uint64_t length = 0;
};
} // namespace

static bool readKeys(const TensorProto &tensor, ExternalKeys &keys,
                     std::string &error) {
  std::map<std::string, bool> seen;
  for (const StringStringEntryProto &entry : tensor.external_data()) {
    llvm::StringRef key = entry.key(), value = entry.value();
    if (seen[entry.key()]) {
      error = "key '" + entry.key() + "' is given twice";
      return false;
    }
    seen[entry.key()] = true;
    bool valid = true;
    if (key == "location") {
      keys.location = entry.value();
    } else if (key == "offset") {
      valid = llvm::all_of(value, llvm::isDigit) &&
              !value.getAsInteger(10, keys.offset);
    } else if (key == "length") {
      keys.hasLength = true;
      valid = llvm::all_of(value, llvm::isDigit) &&
              !value.getAsInteger(10, keys.length);
    } else if (key != "checksum" && key != "basepath") {
      error = "unknown key '" + entry.key() + "'";
      return false;
    }
    if (!valid) {
      error =
          "'" + entry.key() + "' is not a byte count: '" + entry.value() + "'";
      return false;
    }
  }
  return true;
}

bool ExternalFiles::find(const TensorProto &tensor, uint64_t expected,
                         ExternalBytes &found, std::string &error) {
  ExternalKeys keys;
  if (!readKeys(tensor, keys, error)) {
    return false;
  }
  found.file = open(keys.location, error);
  if (!found.file) {
    return false;
  }
  std::string_view content = found.file->content();
  uint64_t size = content.size();
  uint64_t length = keys.hasLength ? keys.length : expected;
  if (length > size || keys.offset > size - length) {
    error = "bytes [" + std::to_string(keys.offset) + ", +" +
            std::to_string(length) + ") lie outside '" + keys.location +
            "', which has " + std::to_string(size);
    return false;
  }
  if (length != expected) {
    error = "length " + std::to_string(length) + " does not fit the tensor's " +
            std::to_string(expected) + " bytes";
    return false;
  }
  found.bytes = content.substr(keys.offset, length);
  return true;
}
