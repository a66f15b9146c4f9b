//===- Atomic.h - atomics and a lock without libstdc++ ----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The runtime is cross-compiled without C++ standard headers and linked
// without libstdc++, so it has its own thin names for the compiler's atomics.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_RUNTIME_CORE_ATOMIC_H
#define MLC_RUNTIME_CORE_ATOMIC_H

#include <pthread.h>
#include <stdint.h>

namespace mlc::rt {

/// All operations are sequentially consistent unless their name says less.
template <typename T> class Atomic {
public:
  constexpr Atomic(T initial = T()) : value(initial) {}
  Atomic(const Atomic &) = delete;
  Atomic &operator=(const Atomic &) = delete;

  T load() const { return __atomic_load_n(&value, __ATOMIC_SEQ_CST); }
  T loadRelaxed() const { return __atomic_load_n(&value, __ATOMIC_RELAXED); }
  T loadAcquire() const { return __atomic_load_n(&value, __ATOMIC_ACQUIRE); }
  void store(T next) { __atomic_store_n(&value, next, __ATOMIC_SEQ_CST); }
  void storeRelease(T next) {
    __atomic_store_n(&value, next, __ATOMIC_RELEASE);
  }
  T add(T amount) {
    return __atomic_fetch_add(&value, amount, __ATOMIC_SEQ_CST);
  }
  T exchange(T next) {
    return __atomic_exchange_n(&value, next, __ATOMIC_SEQ_CST);
  }
  bool compareExchange(T expected, T next) {
    return __atomic_compare_exchange_n(&value, &expected, next, false,
                                       __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  }
  /// The word that futex calls wait on.
  T *address() { return &value; }

private:
  T value;
};

class Mutex {
public:
  void lock() { pthread_mutex_lock(&mutex); }
  void unlock() { pthread_mutex_unlock(&mutex); }

private:
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
};

/// Holds a mutex until the end of the scope.
class Lock {
public:
  explicit Lock(Mutex &mutex) : mutex(mutex) { mutex.lock(); }
  ~Lock() { mutex.unlock(); }
  Lock(const Lock &) = delete;
  Lock &operator=(const Lock &) = delete;

private:
  Mutex &mutex;
};

} // namespace mlc::rt

#endif // MLC_RUNTIME_CORE_ATOMIC_H
