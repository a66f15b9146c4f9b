//===- Session.cpp - creating and destroying sessions -----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/core/Session.h"
#include "runtime/core/Model.h"

#include <stdlib.h>

namespace mlc::rt {
namespace {

/// The caller's options as this version knows them: fields that an older
/// header lacks stay zero.
Status readOptions(const mlc_session_options_t *from,
                   mlc_session_options_t &options) {
  options = MLC_SESSION_OPTIONS_INIT;
  if (!from) {
    return MLC_OK;
  }
  uint32_t size = from->struct_size;
  if (size < offsetof(mlc_session_options_t, target) || size > 4096) {
    return fail(MLC_INVALID_ARGUMENT,
                "options: struct_size is %u; begin with "
                "MLC_SESSION_OPTIONS_INIT",
                size);
  }
  memcpy(&options, from, size < sizeof(options) ? size : sizeof(options));
  options.struct_size = sizeof(options);
  // A newer header may ask for what this runtime does not know: say so.
  const auto *bytes = reinterpret_cast<const uint8_t *>(from);
  for (size_t i = sizeof(options); i < size; ++i) {
    if (bytes[i]) {
      return fail(MLC_UNSUPPORTED,
                  "options: byte %zu is set, this runtime knows %zu", i,
                  sizeof(options));
    }
  }
  return MLC_OK;
}

Status checkOptions(const mlc_session_options_t &options) {
  uint32_t known = MLC_SESSION_PROFILE | MLC_SESSION_ASYNC;
  if (options.flags & ~known) {
    return fail(MLC_UNSUPPORTED, "options: unknown flags %#x",
                options.flags & ~known);
  }
  if (options.engine < MLC_CPU || options.engine > MLC_HIP) {
    return fail(MLC_INVALID_ARGUMENT, "options: unknown engine %d",
                options.engine);
  }
  if (!options.allocator.allocate != !options.allocator.release) {
    return fail(MLC_INVALID_ARGUMENT,
                "options: the allocator needs both allocate and release");
  }
  if (options.threads < 0 || options.threads > 4096) {
    return fail(MLC_INVALID_ARGUMENT,
                "options: expected 0 to 4096 threads, got %d", options.threads);
  }
  if (options.arena_bytes < 0 || (options.arena_bytes && !options.arena)) {
    return fail(MLC_INVALID_ARGUMENT,
                "options: arena %p with %lld bytes is no memory", options.arena,
                (long long)options.arena_bytes);
  }
  return MLC_OK;
}

/// The session's own memory comes from the caller's allocator as well. All
/// members are valid when zero.
Session *allocateSession(const mlc_allocator_t &allocator) {
  void *memory = nullptr;
  if (allocator.allocate) {
    memory = allocator.allocate(allocator.user, sizeof(Session), 64);
  } else if (posix_memalign(&memory, 64, sizeof(Session))) {
    memory = nullptr;
  }
  if (!memory) {
    failOutOfMemory("session", sizeof(Session), freeHostBytes());
    return nullptr;
  }
  memset(memory, 0, sizeof(Session));
  auto *session = static_cast<Session *>(memory);
  session->allocator = allocator;
  session->heldBytes = session->peakBytes = sizeof(Session);
  return session;
}

template <typename T>
Status allocateArray(Session &session, T *&array, int64_t count) {
  void *memory;
  int64_t bytes = count * (int64_t)sizeof(T);
  Status status = allocateHost(session, bytes, &memory);
  if (status == MLC_OK) {
    array = static_cast<T *>(memory);
    memset(memory, 0, (size_t)bytes);
  }
  return status;
}

template <typename T>
void releaseArray(Session &session, T *array, int64_t count) {
  releaseHost(session, array, count * (int64_t)sizeof(T));
}

Status allocateTables(Session &session) {
  const mlc_model_abi_t &model = *session.model;
  Status status = allocateArray(session, session.inputs, model.input_count);
  if (status == MLC_OK) {
    status = allocateArray(session, session.inputCopies, model.input_count);
  }
  if (status == MLC_OK) {
    status = allocateArray(session, session.symbols, model.symbol_count);
  }
  if (status == MLC_OK) {
    status = allocateArray(session, session.outputs, model.output_count);
  }
  return status;
}

void useCallerArena(Session &session, const mlc_session_options_t &options) {
  if (!options.arena) {
    return;
  }
  // The part of it that begins at a multiple of 64.
  int64_t skip = -(intptr_t)options.arena & 63;
  int64_t bytes = options.arena_bytes - skip;
  session.callerArena = true;
  session.arena.data = static_cast<uint8_t *>(options.arena) + skip;
  session.arena.bytes = bytes < 0 ? 0 : bytes;
}

const Driver &driverOf(int32_t engine) {
  switch (engine) {
  case MLC_CUDA:
    return cudaDriver;
  case MLC_HIP:
    return hipDriver;
  default:
    return cpuDriver;
  }
}

Status openProfile(Session &session) {
  int64_t kernels = session.program->kernel_count;
  Status status = allocateArray(session, session.profile, kernels);
  if (status == MLC_OK) {
    status = allocateArray(session, session.work, kernels);
  }
  session.exec.counts_work = status == MLC_OK;
  return status;
}

Status openSession(Session &session, const mlc_session_options_t &options) {
  session.head = {MLC_SESSION_MAGIC, MLC_ARTIFACT_MAJOR, MLC_ARTIFACT_MINOR,
                  session.model->api};
  session.flags = options.flags;
  session.trace = options.trace;
  session.traceUser = options.trace_user;
  session.exec.session = &session;
  session.exec.max_threads = 1;
  useCallerArena(session, options);
  Status status = allocateTables(session);
  if (status != MLC_OK) {
    return status;
  }
  session.exec.inputs = session.inputs;
  status = openWeights(*session.model, session.weights);
  if (status != MLC_OK) {
    return status;
  }
  session.driver = &driverOf(options.engine);
  session.exec.api = session.driver->exec;
  status = session.driver->open(session, options);
  return status == MLC_OK && (options.flags & MLC_SESSION_PROFILE)
             ? openProfile(session)
             : status;
}

void freeBuffers(Session &session) {
  const mlc_model_abi_t &model = *session.model;
  if (!session.callerArena) {
    freeDevice(session, session.arena);
  }
  for (int64_t i = 0; session.inputCopies && i < model.input_count; ++i) {
    freeDevice(session, session.inputCopies[i]);
  }
  for (int64_t i = 0; session.outputs && i < model.output_count; ++i) {
    freeDevice(session, session.outputs[i].device);
    freeDevice(session, session.outputs[i].otherDevice);
    freeHost(session, session.outputs[i].host);
    freeHost(session, session.outputs[i].otherHost);
  }
  for (int64_t i = 0; i < session.blockCount; ++i) {
    freeDevice(session, session.blocks[i].buffer);
  }
  for (int64_t i = 0; i < session.readBackCount; ++i) {
    freeHost(session, session.readBacks[i]);
  }
}

void closeSession(Session &session) {
  KeepError keep;
  const mlc_model_abi_t &model = *session.model;
  if (session.driver) {
    bool entered = session.driver->enter(session) == MLC_OK;
    freeBuffers(session);
    if (entered) {
      session.driver->leave(session);
    }
    session.driver->close(session);
  }
  closeWeights(session.weights);
  if (session.program) {
    releaseArray(session, session.profile, session.program->kernel_count);
    releaseArray(session, session.work, session.program->kernel_count);
  }
  releaseArray(session, session.inputs, model.input_count);
  releaseArray(session, session.inputCopies, model.input_count);
  releaseArray(session, session.symbols, model.symbol_count);
  releaseArray(session, session.outputs, model.output_count);
  releaseArray(session, session.blocks, session.blockCapacity);
  releaseArray(session, session.readBacks, session.readBackCapacity);
  session.head.magic = 0; // a handle that is used again is refused
  mlc_allocator_t allocator = session.allocator;
  if (allocator.release) {
    allocator.release(allocator.user, &session, sizeof(Session));
  } else {
    free(&session);
  }
}

} // namespace

Status createSession(const mlc_model_t *model,
                     const mlc_session_options_t *given,
                     mlc_session_t **handle) {
  mlc_session_options_t options;
  if (!handle) {
    return fail(MLC_INVALID_ARGUMENT, "session: expected a pointer, got NULL");
  }
  Status status = readOptions(given, options);
  if (status == MLC_OK) {
    status = checkOptions(options);
  }
  if (status == MLC_OK) {
    status = checkModel(*model);
  }
  if (status != MLC_OK) {
    return status;
  }
  Session *session = allocateSession(options.allocator);
  if (!session) {
    return MLC_OUT_OF_MEMORY;
  }
  session->model = model;
  status = openSession(*session, options);
  if (status != MLC_OK) {
    closeSession(*session);
    return status;
  }
  *handle = reinterpret_cast<mlc_session_t *>(session);
  return MLC_OK;
}

void destroySession(mlc_session_t *session) {
  closeSession(*reinterpret_cast<Session *>(session));
}

Status sessionInfo(mlc_session_t *handle, mlc_session_info_t *info) {
  const Session &session = *reinterpret_cast<Session *>(handle);
  if (!info || info->struct_size < sizeof(uint32_t)) {
    return fail(MLC_INVALID_ARGUMENT, "info: expected a structure, got NULL");
  }
  mlc_session_info_t value = {};
  value.struct_size = info->struct_size;
  value.engine = (int32_t)session.program->engine;
  value.model = session.model;
  value.program = session.program - session.model->programs;
  value.threads = session.exec.max_threads;
  value.held_bytes = session.heldBytes;
  value.peak_bytes = session.peakBytes;
  value.arena_bytes = session.arena.bytes;
  value.lost = session.lost;
  value.upload_bytes = session.uploads.bytes;
  value.upload_ns = session.uploads.ns;
  value.download_bytes = session.downloads.bytes;
  value.download_ns = session.downloads.ns;
  memcpy(info, &value,
         info->struct_size < sizeof(value) ? info->struct_size : sizeof(value));
  return MLC_OK;
}

/// Copies the rows of all kernels, which a profiled session has.
template <typename T>
static Status copyRows(const Session &session, const T *rows, T *to,
                       int64_t capacity) {
  int64_t count = session.program->kernel_count;
  if (!rows) {
    return fail(MLC_INVALID_ARGUMENT,
                "profile: the session was created without MLC_SESSION_PROFILE");
  }
  if (count && (!to || capacity < count)) {
    return fail(MLC_INVALID_ARGUMENT,
                "profile: expected room for %lld kernels, got %lld",
                (long long)count, (long long)capacity);
  }
  memcpy(to, rows, (size_t)count * sizeof(T));
  return MLC_OK;
}

Status sessionProfile(mlc_session_t *handle, mlc_kernel_profile_t *kernels,
                      int64_t capacity) {
  const Session &session = *reinterpret_cast<Session *>(handle);
  return copyRows(session, session.profile, kernels, capacity);
}

Status sessionWork(mlc_session_t *handle, mlc_kernel_work_t *kernels,
                   int64_t capacity) {
  const Session &session = *reinterpret_cast<Session *>(handle);
  return copyRows(session, session.work, kernels, capacity);
}

Status resetProfile(mlc_session_t *handle) {
  Session &session = *reinterpret_cast<Session *>(handle);
  size_t count = (size_t)session.program->kernel_count;
  if (session.profile) {
    memset(session.profile, 0, count * sizeof(*session.profile));
    memset(session.work, 0, count * sizeof(*session.work));
  }
  session.uploads = session.downloads = {};
  return MLC_OK;
}

} // namespace mlc::rt
