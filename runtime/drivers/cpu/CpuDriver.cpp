//===- CpuDriver.cpp - running on the host's processor ----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels are functions in the same file; a launch is a call on the pool.
// A session with one thread never touches an atomic.
//
//===----------------------------------------------------------------------===//
#include "runtime/core/Model.h"
#include "runtime/core/Session.h"
#include "runtime/drivers/cpu/Pool.h"

namespace mlc::rt {
namespace {

enum class PoolOwner { Caller, Session, Runtime };

/// Session::device of this driver: NULL when the session has one thread.
struct CpuState {
  mlc_pool_t *pool;
  PoolOwner owner;
};

CpuState &stateOf(Session &session) {
  return *static_cast<CpuState *>(session.device);
}

Status choosePool(const mlc_session_options_t &options, CpuState &state) {
  if (options.pool) {
    const mlc_api_t *api =
        mlc_api_of(options.pool, MLC_POOL_MAGIC, MLC_API_HAS_(pool_run));
    if (!api) {
      return fail(MLC_INVALID_ARGUMENT, "options: the pool is none of mlc");
    }
    state = {options.pool, PoolOwner::Caller};
    return MLC_OK;
  }
  if (options.threads == 0) {
    state.owner = PoolOwner::Runtime;
    return acquireDefaultPool(&state.pool);
  }
  state.owner = PoolOwner::Session;
  return createPool(options.threads, &state.pool);
}

Status openCpu(Session &session, const mlc_session_options_t &options) {
  Status status =
      findCpuProgram(*session.model, options.target, &session.program);
  if (status != MLC_OK) {
    return status;
  }
  if (options.device) {
    return fail(MLC_INVALID_ARGUMENT, "options: there is no CPU device %d",
                options.device);
  }
  session.exec.weights = session.weights.data;
  if (options.threads == 1 && !options.pool) {
    return MLC_OK;
  }
  void *memory;
  status = allocateHost(session, sizeof(CpuState), &memory);
  if (status != MLC_OK) {
    return status;
  }
  session.device = memset(memory, 0, sizeof(CpuState));
  CpuState &state = stateOf(session);
  status = choosePool(options, state);
  if (status == MLC_OK) {
    session.exec.max_threads = mlc_pool_threads(state.pool);
  }
  return status;
}

void closeCpu(Session &session) {
  if (!session.device) {
    return;
  }
  CpuState state = stateOf(session);
  releaseHost(session, session.device, sizeof(CpuState));
  session.device = nullptr;
  if (!state.pool || state.owner == PoolOwner::Caller) {
    return;
  }
  if (state.owner == PoolOwner::Runtime) {
    releaseDefaultPool();
  } else {
    destroyPool(state.pool);
  }
}

Status enterCpu(Session &) { return MLC_OK; }
void leaveCpu(Session &) {}

Status allocateCpu(Session &session, int64_t bytes, void **memory) {
  return allocateHost(session, bytes, memory);
}

void releaseCpu(Session &session, void *memory, int64_t bytes) {
  releaseHost(session, memory, bytes);
}

Status copyCpu(Session &, void *to, const void *from, int64_t bytes) {
  memcpy(to, from, (size_t)bytes);
  return MLC_OK;
}

Status synchronizeCpu(Session &) { return MLC_OK; }

void dispatch(Session &session, mlc_kernel_fn kernel, void *args, int64_t count,
              int64_t grain) {
  if (session.exec.max_threads < 2 || count <= grain) {
    kernel(args, 0, count, 0);
    return;
  }
  // Through the pool's own table: another model's runtime may have made it.
  mlc_pool_t *pool = stateOf(session).pool;
  const auto *head = reinterpret_cast<const mlc_handle_head_t *>(pool);
  head->api->pool_run(pool, kernel, args, count, grain);
}

void execParallel(mlc_exec_t *exec, int64_t index, mlc_kernel_fn kernel,
                  void *args, int64_t count, int64_t grain) {
  Session &session = sessionOf(exec);
  if (count <= 0) {
    return;
  }
  if (session.profile || session.trace) {
    int64_t begin = nowNs();
    dispatch(session, kernel, args, count, grain);
    recordKernel(session, index, begin, nowNs());
  } else {
    dispatch(session, kernel, args, count, grain);
  }
  checkReports(session);
}

void execLaunch(mlc_exec_t *exec, int64_t, const int64_t *, const int64_t *,
                int64_t, void **, int64_t) {
  unwind(sessionOf(exec),
         fail(MLC_INTERNAL, "a CPU program launches on a GPU"));
}

void *execDeviceReport(mlc_exec_t *exec) {
  unwind(sessionOf(exec),
         fail(MLC_INTERNAL, "a CPU program asks for reports of a GPU"));
}

void execCopy(mlc_exec_t *, void *to, const void *from, int64_t bytes) {
  if (bytes > 0) {
    memmove(to, from, (size_t)bytes);
  }
}

const void *execReadBack(mlc_exec_t *, const void *from, int64_t) {
  return from;
}

const mlc_exec_api_t cpuExec = {execArena,  execAlloc,        execRelease,
                                execOutput, execParallel,     execLaunch,
                                execCopy,   execReadBack,     execFail,
                                execReport, execDeviceReport, execWork};

} // namespace

const Driver cpuDriver = {"cpu",      true,     &cpuExec, openCpu,
                          closeCpu,   enterCpu, leaveCpu, allocateCpu,
                          releaseCpu, copyCpu,  copyCpu,  synchronizeCpu};

} // namespace mlc::rt
