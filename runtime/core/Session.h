//===- Session.h - one executable instance of a model -----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A session owns everything that changes while a model runs. It grows until it
// has seen its largest shapes and then runs without allocating: the arena, the
// buffers of outputs and of inputs on a device, and the blocks that programs
// ask for while running are all kept.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_RUNTIME_CORE_SESSION_H
#define MLC_RUNTIME_CORE_SESSION_H

#include "runtime/core/Atomic.h"
#include "runtime/core/Weights.h"
#include "runtime/drivers/Driver.h"

#include <setjmp.h>

namespace mlc::rt {

/// Memory that is kept between runs. `bytes` is its capacity.
struct Buffer {
  void *data = nullptr;
  int64_t bytes = 0;
};

/// A block that a program asked for by mlc_exec_api::alloc.
struct Block {
  Buffer buffer;
  bool used;
};

/// Copies in one direction.
struct Transfers {
  int64_t bytes, ns;
};

struct OutputState {
  Buffer device; // session-owned, in the program's memory
  Buffer host;   // session-owned copy when that memory is a GPU's
  // What the two were before an input of the run came from them.
  Buffer otherDevice, otherHost;
  void *target; // where the program writes in this run
  int64_t bytes;
  bool produced;
};

/// What generated code sees, and what a run needs to be unwound.
struct Exec : mlc_exec_t {
  Session *session;
  jmp_buf unwind;
  Status status;
  Atomic<uint32_t> reported; // 1: a kernel has; the pool's end of work makes
                             // the three values visible to the caller's thread
  int64_t reportMessage, reportFound, reportExpected;
};

struct alignas(64) Session {
  mlc_handle_head_t head; // first: this is the public handle
  const mlc_model_abi_t *model;
  const mlc_abi_program_t *program;
  const Driver *driver;
  void *device; // the driver's state
  uint32_t flags;
  bool lost;
  Atomic<uint32_t> busy;

  mlc_allocator_t allocator;
  Weights weights;
  Buffer arena;
  bool callerArena;

  Exec exec;
  mlc_exec_input_t *inputs; // one per model input
  Buffer *inputCopies;      // device memory, GPU only
  int64_t *symbols;
  OutputState *outputs;
  Buffer *readBacks; // host copies made by read_back, GPU only
  int64_t readBackCount, readBackCapacity, readBackUsed;
  Block *blocks;
  int64_t blockCount, blockCapacity;
  int64_t firstFree; // all blocks in front of it are in use

  // The arguments of the run in progress.
  const mlc_tensor_t *callerInputs;
  mlc_tensor_t *callerOutputs;

  mlc_kernel_profile_t *profile; // NULL: not wanted
  mlc_kernel_work_t *work;       // with it
  Transfers uploads, downloads;  // of profiled runs, GPU only
  mlc_trace_fn trace;
  void *traceUser;

  int64_t heldBytes, peakBytes;
};

// Session.cpp: the calls of mlc_api_t.
Status createSession(const mlc_model_t *model,
                     const mlc_session_options_t *options,
                     mlc_session_t **session);
void destroySession(mlc_session_t *session);
Status sessionInfo(mlc_session_t *session, mlc_session_info_t *info);
Status sessionProfile(mlc_session_t *session, mlc_kernel_profile_t *kernels,
                      int64_t capacity);
Status sessionWork(mlc_session_t *session, mlc_kernel_work_t *kernels,
                   int64_t capacity);
Status resetProfile(mlc_session_t *session);

// Run.cpp
Status runSession(mlc_session_t *session, const mlc_tensor_t *inputs,
                  int64_t inputCount, mlc_tensor_t *outputs,
                  int64_t outputCount);
Status prepareSession(mlc_session_t *session, const mlc_tensor_t *inputs,
                      int64_t inputCount);
Status synchronizeSession(mlc_session_t *session);

// Memory.cpp
Status allocateHost(Session &session, int64_t bytes, void **memory);
void releaseHost(Session &session, void *memory, int64_t bytes);
/// Makes `buffer` at least `bytes` large; the contents are lost when it grows.
Status growHost(Session &session, Buffer &buffer, int64_t bytes);
Status growDevice(Session &session, Buffer &buffer, int64_t bytes);
void freeHost(Session &session, Buffer &buffer);
void freeDevice(Session &session, Buffer &buffer);
/// Room for one more element of `size` bytes in a host array.
Status growArray(Session &session, void **array, int64_t *capacity,
                 int64_t count, int64_t size);
int64_t freeHostBytes();

// Execute.cpp: the functions of mlc_exec_api_t that all drivers share.
void *execArena(mlc_exec_t *exec, int64_t bytes);
void *execAlloc(mlc_exec_t *exec, int64_t bytes);
void execRelease(mlc_exec_t *exec, void *pointer);
void *execOutput(mlc_exec_t *exec, int64_t index, int64_t rank,
                 const int64_t *dims);
void execFail(mlc_exec_t *exec, int64_t message, int64_t found,
              int64_t expected);
void execReport(mlc_exec_t *exec, int64_t message, int64_t found,
                int64_t expected);
void execWork(mlc_exec_t *exec, int64_t kernel, int64_t flops, int64_t bytes);
inline Session &sessionOf(mlc_exec_t *exec) {
  return *static_cast<Exec *>(exec)->session;
}
/// Whether two pieces of memory have a byte in common.
bool overlaps(const void *first, int64_t firstBytes, const void *second,
              int64_t secondBytes);
/// Ends the run in progress with a status whose text is recorded.
[[noreturn]] void unwind(Session &session, Status status);
/// Ends the run when a kernel has reported a failed check.
inline void checkReports(Session &session) {
  if (session.exec.reported.loadRelaxed()) {
    unwind(session, MLC_INVALID_ARGUMENT);
  }
}
/// MLC_INVALID_ARGUMENT with the text of the program's check `message`.
Status failMessage(const Session &session, int64_t message, int64_t found,
                   int64_t expected);
/// Runs `main` of the program; the status of fail, report or a driver.
Status runProgram(Session &session);

/// CLOCK_MONOTONIC in nanoseconds.
int64_t nowNs();
/// Adds one execution of a kernel to the profile and tells the trace.
void recordKernel(Session &session, int64_t kernel, int64_t begin, int64_t end);

} // namespace mlc::rt

#endif // MLC_RUNTIME_CORE_SESSION_H
