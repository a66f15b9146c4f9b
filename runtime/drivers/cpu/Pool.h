//===- Pool.h - the thread pool ---------------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A pool is a handle with a function table like a session: the sessions of
// every model in the process can use it, whatever version of the runtime they
// carry.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_RUNTIME_DRIVERS_CPU_POOL_H
#define MLC_RUNTIME_DRIVERS_CPU_POOL_H

#include "runtime/core/Error.h"

namespace mlc::rt {

/// `threads` counts the caller; 0: MLC_NUM_THREADS, else the usable CPUs.
Status createPool(int32_t threads, mlc_pool_t **pool);
void destroyPool(mlc_pool_t *pool);
int64_t poolThreads(const mlc_pool_t *pool);

/// Calls `fn` over [0, count) in pieces of at least `grain` and returns when
/// all are done. Runs everything on the caller when the pool serves another
/// caller at this moment: progress is better than waiting, and no deadlock is
/// possible.
Status runOnPool(mlc_pool_t *pool, mlc_pool_fn fn, void *args, int64_t count,
                 int64_t grain);

/// The pool of all sessions of this runtime that ask for none; it lives while
/// one of them does.
int64_t defaultPoolThreads();
Status acquireDefaultPool(mlc_pool_t **pool);
void releaseDefaultPool();

} // namespace mlc::rt

#endif // MLC_RUNTIME_DRIVERS_CPU_POOL_H
