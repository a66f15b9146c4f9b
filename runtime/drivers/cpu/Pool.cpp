//===- Pool.cpp - the thread pool -------------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One word carries a job: the number of its pieces in the upper half, the next
// free piece in the lower. A thread takes a piece by adding one to the word,
// and the value it gets back says by itself whether that piece exists, so a
// thread that comes late for one job and meets the next one is always right.
// The fields of a job change only when all its pieces are done.
//
// Waiting threads spin for a while (a model's next kernel comes in
// microseconds) and then sleep in the kernel. A pool with more threads than
// CPUs does not spin: it would take the time of threads that have work.
//
// fork(): a child has no workers. The caller takes every piece itself then,
// and destroyPool does not wait for threads that are not there.
//
//===----------------------------------------------------------------------===//
#include "runtime/drivers/cpu/Pool.h"
#include "runtime/abi/Artifact.h"
#include "runtime/core/Atomic.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// Before glibc 2.34 these live in libpthread, which a process may lack: then
// they are null and every pool has one thread.
#pragma weak pthread_create
#pragma weak pthread_join
#pragma weak pthread_attr_setstacksize

extern "C" __attribute__((visibility("hidden"))) const mlc_api_t mlc_rt_api;

namespace mlc::rt {
namespace {

constexpr int64_t spinNs = 200 * 1000;
constexpr size_t stackBytes = 8 << 20;
constexpr int64_t maxThreads = 1024;
/// Pieces per thread: enough that a thread that was interrupted does not hold
/// up the others for long, few enough that taking them costs nothing.
constexpr int64_t piecesPerThread = 4;

struct Pool;

struct Worker {
  Pool *pool;
  int64_t index; // the `thread` that kernels see
  pthread_t thread;
};

struct Pool {
  mlc_handle_head_t head; // first: this is the public handle
  int64_t threads;        // the caller counted
  int64_t workerCount;
  Worker *workers;
  int64_t spin; // ns
  pid_t process;

  mlc_pool_fn fn;
  void *args;
  int64_t count;

  alignas(64) Atomic<uint64_t> ticket;
  alignas(64) Atomic<uint32_t> done;
  Atomic<uint32_t> callerSleeps;
  alignas(
      64) Atomic<uint32_t> epoch; // grows with every job; workers sleep on it
  Atomic<uint32_t> sleepers;
  Atomic<uint32_t> stop;
  alignas(64) Atomic<uint32_t> busy;
};

Pool &poolOf(mlc_pool_t *pool) { return *reinterpret_cast<Pool *>(pool); }

uint32_t piecesOf(uint64_t ticket) { return (uint32_t)(ticket >> 32); }
uint32_t nextOf(uint64_t ticket) { return (uint32_t)ticket; }
bool hasPiece(uint64_t ticket) { return nextOf(ticket) < piecesOf(ticket); }

void sleepOn(Atomic<uint32_t> &word, uint32_t value) {
  syscall(SYS_futex, word.address(), FUTEX_WAIT_PRIVATE, value, nullptr,
          nullptr, 0);
}

void wake(Atomic<uint32_t> &word, int64_t threads) {
  syscall(SYS_futex, word.address(), FUTEX_WAKE_PRIVATE, (int)threads, nullptr,
          nullptr, 0);
}

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  __asm__ volatile("yield");
#endif
}

int64_t clockNs() {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/// Spins until `ready` or until the time is over; the last answer of `ready`.
template <typename Ready> bool spinUntil(int64_t budget, Ready ready) {
  if (ready()) {
    return true;
  }
  for (int64_t end = budget ? clockNs() + budget : 0; end && clockNs() < end;) {
    for (int i = 0; i < 32; ++i) {
      pause();
      if (ready()) {
        return true;
      }
    }
  }
  return false;
}

/// Takes pieces of the current job until none is left.
void takePieces(Pool &pool, int64_t thread) {
  while (hasPiece(pool.ticket.loadAcquire())) {
    uint64_t ticket = pool.ticket.add(1);
    if (!hasPiece(ticket)) {
      return;
    }
    int64_t pieces = piecesOf(ticket), piece = nextOf(ticket);
    int64_t size = pool.count / pieces, larger = pool.count % pieces;
    int64_t begin = piece * size + (piece < larger ? piece : larger);
    int64_t end = begin + size + (piece < larger);
    pool.fn(pool.args, begin, end, thread);
    if (pool.done.add(1) + 1 == pieces && pool.callerSleeps.load()) {
      wake(pool.done, 1);
    }
  }
}

void *workerMain(void *argument) {
  Worker &worker = *static_cast<Worker *>(argument);
  Pool &pool = *worker.pool;
  prctl(PR_SET_NAME, "mlc-worker");
  // Sequentially consistent: before sleeping, this load must not come before
  // the count of sleepers that the caller reads.
  auto ready = [&] {
    return hasPiece(pool.ticket.load()) || pool.stop.loadRelaxed();
  };
  for (;;) {
    while (!spinUntil(pool.spin, ready)) {
      // The job is published before the epoch grows, and both before the
      // sleepers are counted: either we see the job or we are woken.
      uint32_t seen = pool.epoch.load();
      pool.sleepers.add(1);
      if (!ready()) {
        sleepOn(pool.epoch, seen);
      }
      pool.sleepers.add(-1u);
    }
    if (pool.stop.load()) {
      return nullptr;
    }
    takePieces(pool, worker.index);
  }
}

/// The number that `text` begins with, moving behind it; -1 when there is
/// none. (The C library's functions have other symbols in newer versions.)
int64_t readNumber(const char *&text) {
  while (*text == ' ') {
    ++text;
  }
  int64_t value = -1;
  for (; *text >= '0' && *text <= '9' && value < INT32_MAX; ++text) {
    value = (value < 0 ? 0 : value * 10) + (*text - '0');
  }
  return value;
}

/// What the container's quota allows, rounded up; INT64_MAX without one.
int64_t quotaCpus() {
  int file = open("/sys/fs/cgroup/cpu.max", O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return INT64_MAX;
  }
  char buffer[64] = {};
  ssize_t length = read(file, buffer, sizeof(buffer) - 1);
  close(file);
  const char *text = buffer;
  int64_t quota = length > 0 ? readNumber(text) : -1; // "max" is no number
  int64_t period = readNumber(text);
  return quota > 0 && period > 0 ? (quota + period - 1) / period : INT64_MAX;
}

/// CPUs this process may use: its affinity mask, cut by the quota.
int64_t usableCpus() {
  uint64_t mask[128];
  long bytes = syscall(SYS_sched_getaffinity, 0, sizeof(mask), mask);
  int64_t count = 0;
  for (long i = 0; i < bytes / 8; ++i) {
    count += __builtin_popcountll(mask[i]);
  }
  int64_t quota = quotaCpus();
  count = count < quota ? count : quota;
  return count < 1 ? 1 : count;
}

/// All signals but those that a thread raises by itself (faults, and the timer
/// of profilers): other handlers of the program run on its own threads.
uint64_t blockedSignals() {
  uint64_t mask = ~0ull;
  const int own[] = {SIGSEGV, SIGBUS,  SIGFPE, SIGILL,
                     SIGTRAP, SIGABRT, SIGSYS, SIGPROF};
  for (int signal : own) {
    mask &= ~(1ull << (signal - 1));
  }
  return mask;
}

/// Starts the workers. Fewer than asked for is no error.
void startWorkers(Pool &pool) {
  pthread_attr_t attributes;
  if (!pthread_create || !pthread_join || !pthread_attr_setstacksize ||
      pthread_attr_init(&attributes)) {
    pool.threads = 1;
    return;
  }
  pthread_attr_setstacksize(&attributes, stackBytes);
  uint64_t blocked = blockedSignals(), before = 0;
  syscall(SYS_rt_sigprocmask, SIG_BLOCK, &blocked, &before, sizeof(before));
  while (pool.workerCount < pool.threads - 1) {
    Worker &worker = pool.workers[pool.workerCount];
    worker.pool = &pool;
    worker.index = pool.workerCount + 1;
    if (pthread_create(&worker.thread, &attributes, workerMain, &worker)) {
      break;
    }
    ++pool.workerCount;
  }
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, nullptr, sizeof(before));
  pthread_attr_destroy(&attributes);
  pool.threads = pool.workerCount + 1;
}

void freePool(Pool *pool) {
  free(pool->workers);
  free(pool);
}

Mutex defaultMutex;
mlc_pool_t *defaultPool;
int64_t defaultUsers;

} // namespace

int64_t defaultPoolThreads() {
  const char *text = getenv("MLC_NUM_THREADS");
  int64_t threads = text ? readNumber(text) : -1;
  threads = threads > 0 && !*text ? threads : usableCpus();
  return threads > maxThreads ? maxThreads : threads;
}

Status createPool(int32_t wanted, mlc_pool_t **handle) {
  if (!handle || wanted < 0) {
    return fail(MLC_INVALID_ARGUMENT,
                "pool: expected a pointer and 0 or more threads, got %d",
                wanted);
  }
  int64_t threads = wanted ? wanted : defaultPoolThreads();
  threads = threads > maxThreads ? maxThreads : threads;
  void *memory = nullptr;
  if (posix_memalign(&memory, 64, sizeof(Pool))) {
    return failOutOfMemory("thread pool", sizeof(Pool), -1);
  }
  memset(memory, 0, sizeof(Pool));
  Pool *pool = static_cast<Pool *>(memory);
  pool->head = {MLC_POOL_MAGIC, MLC_ARTIFACT_MAJOR, MLC_ARTIFACT_MINOR,
                &mlc_rt_api};
  pool->workers =
      static_cast<Worker *>(calloc((size_t)threads, sizeof(Worker)));
  if (!pool->workers) {
    freePool(pool);
    return failOutOfMemory("thread pool", threads * (int64_t)sizeof(Worker),
                           -1);
  }
  pool->threads = threads;
  pool->spin = threads <= usableCpus() ? spinNs : 0;
  pool->process = getpid();
  if (threads > 1) {
    startWorkers(*pool);
  }
  *handle = reinterpret_cast<mlc_pool_t *>(pool);
  return MLC_OK;
}

void destroyPool(mlc_pool_t *handle) {
  Pool &pool = poolOf(handle);
  if (pool.process == getpid()) {
    pool.stop.store(1);
    pool.epoch.add(1);
    wake(pool.epoch, maxThreads);
    for (int64_t i = 0; i < pool.workerCount; ++i) {
      pthread_join(pool.workers[i].thread, nullptr);
    }
  }
  pool.head.magic = 0; // a handle that is used again is refused
  freePool(&pool);
}

int64_t poolThreads(const mlc_pool_t *pool) {
  return reinterpret_cast<const Pool *>(pool)->threads;
}

Status runOnPool(mlc_pool_t *handle, mlc_pool_fn fn, void *args, int64_t count,
                 int64_t grain) {
  Pool &pool = poolOf(handle);
  if (count <= 0) {
    return MLC_OK;
  }
  int64_t pieces = count / (grain < 1 ? 1 : grain);
  int64_t most = pool.threads * piecesPerThread;
  pieces = pieces > most ? most : pieces;
  if (pieces < 2 || pool.threads < 2 || pool.busy.exchange(1)) {
    fn(args, 0, count, 0);
    return MLC_OK;
  }
  pool.fn = fn;
  pool.args = args;
  pool.count = count;
  pool.done.store(0);
  pool.ticket.store((uint64_t)pieces << 32);
  pool.epoch.add(1);
  if (pool.sleepers.load()) {
    wake(pool.epoch, pieces - 1);
  }
  takePieces(pool, 0);
  auto finished = [&] { return pool.done.load() == (uint32_t)pieces; };
  while (!spinUntil(pool.spin, finished)) {
    pool.callerSleeps.store(1);
    uint32_t seen = pool.done.load();
    if (seen != (uint32_t)pieces) {
      sleepOn(pool.done, seen);
    }
    pool.callerSleeps.store(0);
  }
  pool.busy.store(0);
  return MLC_OK;
}

Status acquireDefaultPool(mlc_pool_t **pool) {
  Lock lock(defaultMutex);
  if (!defaultPool) {
    Status status = createPool(0, &defaultPool);
    if (status != MLC_OK) {
      return status;
    }
  }
  ++defaultUsers;
  *pool = defaultPool;
  return MLC_OK;
}

void releaseDefaultPool() {
  Lock lock(defaultMutex);
  if (--defaultUsers == 0) {
    destroyPool(defaultPool);
    defaultPool = nullptr;
  }
}

} // namespace mlc::rt
