//===- Execute.cpp - what generated code calls on every device --*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// These functions return only when they succeeded. Everything they hold is in
// the session, so leaving them (and the generated frames above) by longjmp
// leaks nothing.
//
//===----------------------------------------------------------------------===//
#include "runtime/core/Session.h"
#include "runtime/core/Tensor.h"

#include <time.h>

namespace mlc::rt {
namespace {

void check(Session &session, Status status) {
  if (status != MLC_OK) {
    unwind(session, status);
  }
}

/// The program reads inputs while it writes outputs: memory that is both
/// would give wrong values without a word.
Status checkOverlap(Session &session, int64_t index, const void *target,
                    int64_t bytes) {
  const mlc_model_abi_t &model = *session.model;
  const char *name = model.outputs[index].name;
  for (int64_t i = 0; i < model.input_count; ++i) {
    const mlc_tensor_t &input = session.callerInputs[i];
    if (overlaps(target, bytes, session.inputs[i].data, input.bytes)) {
      return fail(MLC_INVALID_ARGUMENT,
                  "output '%s': its memory overlaps input '%s'", name,
                  model.inputs[i].name);
    }
  }
  for (int64_t i = 0; i < model.output_count; ++i) {
    const OutputState &other = session.outputs[i];
    if (i != index && other.produced &&
        overlaps(target, bytes, other.target, other.bytes)) {
      return fail(MLC_INVALID_ARGUMENT,
                  "output '%s': its memory overlaps output '%s'", name,
                  model.outputs[i].name);
    }
  }
  return MLC_OK;
}

/// Writes what is known of the output into the caller's tensor.
Status describeOutput(Session &session, int64_t index, int64_t rank,
                      const int64_t *dims) {
  const mlc_abi_tensor_t &signature = session.model->outputs[index];
  mlc_tensor_t &tensor = session.callerOutputs[index];
  if (rank != signature.rank) {
    return fail(MLC_INTERNAL, "output '%s': expected rank %d, got %lld",
                signature.name, signature.rank, (long long)rank);
  }
  tensor.dtype = signature.dtype;
  tensor.rank = signature.rank;
  for (int64_t i = 0; i < rank; ++i) {
    tensor.dims[i] = dims[i];
  }
  tensor.bytes = mlc_tensor_bytes(tensor.dtype, tensor.rank, dims);
  if (tensor.bytes < 0) {
    Text text;
    addDims(text, rank, dims);
    return fail(MLC_INVALID_ARGUMENT,
                "output '%s': the byte size of dims %s overflows 64 bits",
                signature.name, text.str());
  }
  if (tensor.capacity && tensor.bytes > tensor.capacity) {
    Text text;
    addDims(text, rank, dims);
    return fail(MLC_INVALID_ARGUMENT,
                "output '%s': dims %s need %lld bytes, the capacity is %lld",
                signature.name, text.str(), (long long)tensor.bytes,
                (long long)tensor.capacity);
  }
  return MLC_OK;
}

/// Where the program is to write the output.
Status placeOutput(Session &session, int64_t index) {
  OutputState &output = session.outputs[index];
  mlc_tensor_t &tensor = session.callerOutputs[index];
  bool inPlace = session.driver->hostMemory || tensor.memory == MLC_DEVICE;
  output.bytes = tensor.bytes;
  if (inPlace && tensor.capacity) {
    output.target = tensor.data;
    return checkOverlap(session, index, tensor.data, tensor.bytes);
  }
  Status status = growDevice(session, output.device, tensor.bytes);
  if (status != MLC_OK) {
    return status;
  }
  output.target = output.device.data;
  if (inPlace) {
    tensor.data = output.target;
  } else if (!tensor.capacity) {
    status = growHost(session, output.host, tensor.bytes);
    tensor.data = output.host.data;
  }
  return status;
}

/// An unused block that fits without wasting half of it. Runs ask for the same
/// sizes in the same order: with those in use behind it, the search is short.
Block *findBlock(Session &session, int64_t bytes) {
  while (session.firstFree < session.blockCount &&
         session.blocks[session.firstFree].used) {
    ++session.firstFree;
  }
  Block *best = nullptr;
  for (int64_t i = session.firstFree;
       i < session.blockCount && !(best && best->buffer.bytes == bytes); ++i) {
    Block &block = session.blocks[i];
    if (!block.used && block.buffer.bytes >= bytes &&
        block.buffer.bytes / 2 <= bytes &&
        (!best || block.buffer.bytes < best->buffer.bytes)) {
      best = &block;
    }
  }
  return best;
}

void dropUnusedBlocks(Session &session) {
  int64_t kept = 0;
  for (int64_t i = 0; i < session.blockCount; ++i) {
    if (session.blocks[i].used) {
      session.blocks[kept++] = session.blocks[i];
    } else {
      freeDevice(session, session.blocks[i].buffer);
    }
  }
  session.blockCount = session.firstFree = kept;
}

/// Rounded so that sizes that vary a little meet the same blocks again.
int64_t blockBytes(int64_t bytes) {
  int64_t step = 256;
  while (step < bytes / 8) {
    step *= 2;
  }
  return bytes > INT64_MAX - step ? bytes : (bytes + step - 1) / step * step;
}

} // namespace

Status failMessage(const Session &session, int64_t message, int64_t found,
                   int64_t expected) {
  const mlc_abi_program_t &program = *session.program;
  if (message < 0 || message >= program.message_count) {
    return fail(MLC_INVALID_ARGUMENT,
                "check %lld of model '%s' failed: expected %lld, got %lld",
                (long long)message, session.model->name, (long long)expected,
                (long long)found);
  }
  return failPattern(MLC_INVALID_ARGUMENT, program.messages[message], found,
                     expected);
}

bool overlaps(const void *first, int64_t firstBytes, const void *second,
              int64_t secondBytes) {
  uintptr_t a = (uintptr_t)first, b = (uintptr_t)second;
  return firstBytes && secondBytes && a < b + (uintptr_t)secondBytes &&
         b < a + (uintptr_t)firstBytes;
}

void unwind(Session &session, Status status) {
  session.exec.status = status;
  _longjmp(session.exec.unwind, 1);
}

Status runProgram(Session &session) {
  Exec &exec = session.exec;
  exec.status = MLC_OK;
  exec.reported.store(0);
  if (_setjmp(exec.unwind) == 0) {
    session.program->main(&exec);
  }
  if (exec.reported.load() &&
      (exec.status == MLC_OK || exec.status == MLC_INVALID_ARGUMENT)) {
    return failMessage(session, exec.reportMessage, exec.reportFound,
                       exec.reportExpected);
  }
  return exec.status;
}

void *execArena(mlc_exec_t *exec, int64_t bytes) {
  Session &session = sessionOf(exec);
  if (bytes < 0) {
    unwind(session, failOutOfMemory("arena", INT64_MAX, -1));
  }
  if (session.callerArena) {
    if (bytes > session.arena.bytes) {
      unwind(session, failOutOfMemory("arena of the caller", bytes,
                                      session.arena.bytes));
    }
  } else {
    check(session, growDevice(session, session.arena, bytes));
  }
  return session.arena.data;
}

void *execAlloc(mlc_exec_t *exec, int64_t bytes) {
  Session &session = sessionOf(exec);
  if (bytes < 0) {
    unwind(session, failOutOfMemory("buffer", INT64_MAX, -1));
  }
  if (Block *block = findBlock(session, blockBytes(bytes))) {
    block->used = true;
    return block->buffer.data;
  }
  check(session,
        growArray(session, reinterpret_cast<void **>(&session.blocks),
                  &session.blockCapacity, session.blockCount, sizeof(Block)));
  Buffer buffer;
  Status status = growDevice(session, buffer, blockBytes(bytes));
  if (status == MLC_OUT_OF_MEMORY) {
    dropUnusedBlocks(session);
    status = growDevice(session, buffer, blockBytes(bytes));
  }
  check(session, status);
  session.blocks[session.blockCount++] = {buffer, true};
  return buffer.data;
}

void execRelease(mlc_exec_t *exec, void *pointer) {
  Session &session = sessionOf(exec);
  for (int64_t i = session.blockCount - 1; i >= 0; --i) {
    if (session.blocks[i].buffer.data == pointer && session.blocks[i].used) {
      session.blocks[i].used = false;
      session.firstFree = i < session.firstFree ? i : session.firstFree;
      return;
    }
  }
  unwind(session, fail(MLC_INTERNAL, "release of a pointer that is no buffer"));
}

void *execOutput(mlc_exec_t *exec, int64_t index, int64_t rank,
                 const int64_t *dims) {
  Session &session = sessionOf(exec);
  if (index < 0 || index >= session.model->output_count) {
    unwind(session, fail(MLC_INTERNAL, "no output %lld", (long long)index));
  }
  check(session, describeOutput(session, index, rank, dims));
  check(session, placeOutput(session, index));
  session.outputs[index].produced = true;
  return session.outputs[index].target;
}

void execFail(mlc_exec_t *exec, int64_t message, int64_t found,
              int64_t expected) {
  Session &session = sessionOf(exec);
  unwind(session, failMessage(session, message, found, expected));
}

void execReport(mlc_exec_t *exec, int64_t message, int64_t found,
                int64_t expected) {
  Exec &state = *static_cast<Exec *>(exec);
  if (state.reported.compareExchange(0, 1)) {
    state.reportMessage = message;
    state.reportFound = found;
    state.reportExpected = expected;
  }
}

void execWork(mlc_exec_t *exec, int64_t kernel, int64_t flops, int64_t bytes) {
  Session &session = sessionOf(exec);
  if (session.work && kernel >= 0 && kernel < session.program->kernel_count) {
    session.work[kernel].flops += static_cast<double>(flops);
    session.work[kernel].bytes += static_cast<double>(bytes);
  }
}

int64_t nowNs() {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

void recordKernel(Session &session, int64_t kernel, int64_t begin,
                  int64_t end) {
  if (kernel < 0 || kernel >= session.program->kernel_count) {
    return;
  }
  if (session.profile) {
    session.profile[kernel].calls += 1;
    session.profile[kernel].total_ns += end - begin;
  }
  if (session.trace) {
    session.trace(session.traceUser, kernel, begin, end);
  }
}

} // namespace mlc::rt
