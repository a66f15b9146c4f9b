//===- Memory.cpp - memory that a session keeps -----------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/core/Session.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

namespace mlc::rt {
namespace {

constexpr int64_t alignment = 64;
// From this size on a block is aligned to huge pages and asks for them: fewer
// TLB misses in every kernel that streams through the arena.
constexpr int64_t hugePage = 2 << 20;

void account(Session &session, int64_t bytes) {
  session.heldBytes += bytes;
  if (session.heldBytes > session.peakBytes) {
    session.peakBytes = session.heldBytes;
  }
}

void *allocateDefault(int64_t bytes) {
  bool huge = bytes >= 2 * hugePage;
  void *memory = nullptr;
  if (posix_memalign(&memory, (size_t)(huge ? hugePage : alignment),
                     (size_t)bytes)) {
    return nullptr;
  }
  if (huge) {
    madvise(memory, (size_t)(bytes / hugePage * hugePage), MADV_HUGEPAGE);
  }
  return memory;
}

/// A first allocation is exact. A later one grows by at least 1/32, so that a
/// dim that creeps upwards does not reallocate at every run, and no more, so
/// that mlc_peak_bytes stays true within 5 %.
int64_t growth(int64_t have, int64_t want) {
  if (have == 0) {
    return want;
  }
  int64_t step = have / 32;
  return want < have + step ? have + step : want;
}

} // namespace

int64_t freeHostBytes() {
  long pages = sysconf(_SC_AVPHYS_PAGES), size = sysconf(_SC_PAGESIZE);
  return pages < 0 || size < 0 ? -1 : (int64_t)pages * size;
}

Status allocateHost(Session &session, int64_t bytes, void **memory) {
  int64_t rounded = (bytes < 1 ? 1 : bytes) + (alignment - 1);
  if (bytes > INT64_MAX - alignment) {
    return failOutOfMemory("host memory", bytes, freeHostBytes());
  }
  rounded -= rounded % alignment;
  const mlc_allocator_t &allocator = session.allocator;
  *memory = allocator.allocate
                ? allocator.allocate(allocator.user, (size_t)rounded, alignment)
                : allocateDefault(rounded);
  if (!*memory) {
    return failOutOfMemory("host memory", rounded, freeHostBytes());
  }
  account(session, rounded);
  return MLC_OK;
}

void releaseHost(Session &session, void *memory, int64_t bytes) {
  if (!memory) {
    return;
  }
  int64_t rounded = (bytes < 1 ? 1 : bytes) + (alignment - 1);
  rounded -= rounded % alignment;
  account(session, -rounded);
  if (session.allocator.release) {
    session.allocator.release(session.allocator.user, memory, (size_t)rounded);
  } else if (!session.allocator.allocate) {
    free(memory);
  }
}

void freeHost(Session &session, Buffer &buffer) {
  releaseHost(session, buffer.data, buffer.bytes);
  buffer = Buffer();
}

Status growHost(Session &session, Buffer &buffer, int64_t bytes) {
  if (buffer.data && buffer.bytes >= bytes) {
    return MLC_OK;
  }
  int64_t wanted = growth(buffer.bytes, bytes);
  freeHost(session, buffer);
  Status status = allocateHost(session, wanted, &buffer.data);
  buffer.bytes = status == MLC_OK ? wanted : 0;
  return status;
}

void freeDevice(Session &session, Buffer &buffer) {
  if (session.driver->hostMemory) {
    return freeHost(session, buffer);
  }
  if (buffer.data) {
    account(session, -buffer.bytes);
    session.driver->release(session, buffer.data, buffer.bytes);
  }
  buffer = Buffer();
}

Status growDevice(Session &session, Buffer &buffer, int64_t bytes) {
  if (session.driver->hostMemory) {
    return growHost(session, buffer, bytes);
  }
  if (buffer.data && buffer.bytes >= bytes) {
    return MLC_OK;
  }
  int64_t wanted = growth(buffer.bytes, bytes < 1 ? 1 : bytes);
  freeDevice(session, buffer);
  Status status = session.driver->allocate(session, wanted, &buffer.data);
  if (status == MLC_OK) {
    buffer.bytes = wanted;
    account(session, wanted);
  }
  return status;
}

Status growArray(Session &session, void **array, int64_t *capacity,
                 int64_t count, int64_t size) {
  if (count < *capacity) {
    return MLC_OK;
  }
  int64_t wanted = *capacity ? *capacity * 2 : 16;
  void *larger;
  Status status = allocateHost(session, wanted * size, &larger);
  if (status != MLC_OK) {
    return status;
  }
  if (count) {
    memcpy(larger, *array, (size_t)(count * size));
  }
  releaseHost(session, *array, *capacity * size);
  *array = larger;
  *capacity = wanted;
  return MLC_OK;
}

} // namespace mlc::rt
