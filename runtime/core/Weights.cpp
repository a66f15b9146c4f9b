//===- Weights.cpp - the constants of a model -------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The name in the model is not trusted to stay in its directory, and a file
// that was swapped or cut short must end in an error here, not in a wrong
// result: the size has to match to the byte, and the identity at the file's end
// the one that the model was made with.
//
//===----------------------------------------------------------------------===//
#include "runtime/core/Weights.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace mlc::rt {
namespace {

/// The file that a given address was loaded from.
struct Owner {
  uintptr_t address;
  char path[PATH_MAX];
};

int matchOwner(struct dl_phdr_info *info, size_t, void *argument) {
  Owner &owner = *static_cast<Owner *>(argument);
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto &header = info->dlpi_phdr[i];
    uintptr_t begin = info->dlpi_addr + header.p_vaddr;
    if (header.p_type != PT_LOAD || owner.address < begin ||
        owner.address - begin >= header.p_memsz) {
      continue;
    }
    const char *name = info->dlpi_name;
    if (name && *name) {
      strncpy(owner.path, name, sizeof(owner.path) - 1);
    } else { // the program itself
      ssize_t length =
          readlink("/proc/self/exe", owner.path, sizeof(owner.path) - 1);
      owner.path[length < 0 ? 0 : length] = 0;
    }
    return 1;
  }
  return 0;
}

/// Reads one line of `file` at a time; longer ones are cut.
class LineReader {
public:
  explicit LineReader(int file) : file(file) {}

  bool next(char *line, size_t size) {
    size_t length = 0;
    for (;;) {
      if (at == end) {
        ssize_t got = read(file, buffer, sizeof(buffer));
        at = 0;
        end = got > 0 ? (size_t)got : 0;
        if (!end) {
          return false;
        }
      }
      char c = buffer[at++];
      if (c == '\n') {
        line[length] = 0;
        return true;
      }
      if (length + 1 < size) {
        line[length++] = c;
      }
    }
  }

private:
  int file;
  size_t at = 0, end = 0;
  char buffer[1024];
};

/// The loader knows a model that was opened by a relative path only by that,
/// which means nothing after a change of folder. The kernel knows the file.
void findMappedFile(Owner &owner) {
  int file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return;
  }
  LineReader lines(file);
  char line[PATH_MAX + 128];
  while (lines.next(line, sizeof(line))) {
    char *rest;
    uintptr_t begin = strtoul(line, &rest, 16);
    uintptr_t end = *rest == '-' ? strtoul(rest + 1, &rest, 16) : 0;
    const char *path = strchr(rest, '/');
    if (owner.address >= begin && owner.address < end && path) {
      strncpy(owner.path, path, sizeof(owner.path) - 1);
      break;
    }
  }
  close(file);
}

/// An open directory: the one that `model`'s file lies in, or -1.
int openModelDirectory(const mlc_model_abi_t &model) {
  Owner owner = {reinterpret_cast<uintptr_t>(&model), {}};
  dl_iterate_phdr(matchOwner, &owner);
  if (*owner.path != '/') {
    findMappedFile(owner);
  }
  char *slash = strrchr(owner.path, '/');
  const char *directory = ".";
  if (slash == owner.path) {
    directory = "/";
  } else if (slash) {
    *slash = 0;
    directory = owner.path;
  }
  return open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/// Opens a regular file of this plain name; a symbolic link is refused.
Status openBeside(const mlc_model_abi_t &model, const char *name, int &file,
                  int64_t &size) {
  if (!*name || strchr(name, '/') || !strcmp(name, ".") ||
      !strcmp(name, "..")) {
    return fail(MLC_INVALID_ARGUMENT,
                "external weights: expected a plain file name, got '%s'", name);
  }
  int directory = openModelDirectory(model);
  if (directory < 0) {
    return fail(MLC_IO, "external weights '%s': model directory: %s", name,
                strerror(errno));
  }
  file = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  int error = errno;
  close(directory);
  if (file < 0) {
    return fail(MLC_IO, "external weights '%s' beside the model: %s", name,
                error == ELOOP ? "is a symbolic link" : strerror(error));
  }
  // By system call: the C function got its symbol only in glibc 2.33.
  struct stat info;
  if (syscall(SYS_fstat, file, &info) || !S_ISREG(info.st_mode)) {
    close(file);
    return fail(MLC_IO, "external weights '%s': expected a regular file", name);
  }
  size = info.st_size;
  return MLC_OK;
}

bool endsWith(const char *text, const char *end) {
  size_t length = strlen(text), tail = strlen(end);
  return length >= tail && !strcmp(text + length - tail, end);
}

/// Byte offset of the blob in the mapped file: 0, or the end of a safetensors
/// header; -1 when there is no such header.
int64_t findBlob(const char *name, const uint8_t *file, int64_t size) {
  if (!endsWith(name, ".safetensors")) {
    return 0;
  }
  uint64_t header;
  if (size < 8) {
    return -1;
  }
  memcpy(&header, file, 8);
  return header > (uint64_t)size - 8 ? -1 : (int64_t)header + 8;
}

/// Another model's weights may have the same size.
Status checkIdentity(const mlc_model_abi_t &model, Weights &weights) {
  uint64_t identity;
  if (model.weights_size < (int64_t)sizeof(identity)) {
    return MLC_OK;
  }
  memcpy(&identity, weights.data + model.weights_size - sizeof(identity),
         sizeof(identity));
  if (!model.weights_identity || identity == model.weights_identity) {
    return MLC_OK;
  }
  closeWeights(weights);
  return fail(MLC_IO,
              "external weights '%s' do not belong to model '%s': expected "
              "identity %016llx, got %016llx",
              model.external_weights, model.name,
              (unsigned long long)model.weights_identity,
              (unsigned long long)identity);
}

Status mapWeights(const mlc_model_abi_t &model, Weights &weights) {
  const char *name = model.external_weights;
  int file;
  int64_t size;
  Status status = openBeside(model, name, file, size);
  if (status != MLC_OK) {
    return status;
  }
  void *mapping =
      size ? mmap(nullptr, (size_t)size, PROT_READ, MAP_PRIVATE, file, 0)
           : MAP_FAILED;
  int error = errno;
  close(file);
  if (mapping == MAP_FAILED) {
    return fail(MLC_IO, "external weights '%s': %s", name,
                size ? strerror(error) : "the file is empty");
  }
  weights.mapping = mapping;
  weights.mappingBytes = (size_t)size;
  int64_t begin = findBlob(name, static_cast<uint8_t *>(mapping), size);
  if (begin < 0 || size - begin != model.weights_size || begin % 64) {
    closeWeights(weights);
    return fail(MLC_IO,
                "external weights '%s' do not belong to model '%s': expected "
                "%lld bytes at a multiple of 64, got %lld at %lld",
                name, model.name, (long long)model.weights_size,
                (long long)(begin < 0 ? 0 : size - begin), (long long)begin);
  }
  weights.data = static_cast<uint8_t *>(mapping) + begin;
  return checkIdentity(model, weights);
}

} // namespace

Status openWeights(const mlc_model_abi_t &model, Weights &weights) {
  if (model.weights_size == 0) {
    return MLC_OK;
  }
  if (!model.external_weights) {
    weights.data = model.weights;
    return MLC_OK;
  }
  return mapWeights(model, weights);
}

void closeWeights(Weights &weights) {
  if (weights.mapping) {
    munmap(weights.mapping, weights.mappingBytes);
  }
  weights = Weights();
}

} // namespace mlc::rt
