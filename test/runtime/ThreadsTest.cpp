//===- ThreadsTest.cpp - pools, and sessions on several threads -*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Fixture.h"

#include <atomic>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace mlc::test;

namespace {

struct Pool {
  explicit Pool(int32_t threads) {
    EXPECT_EQ(mlc_shared_pool_create(threads, &handle), MLC_OK);
  }
  ~Pool() { mlc_pool_destroy(handle); }
  mlc_status_t run(mlc_pool_fn fn, void *args, int64_t count, int64_t grain) {
    const auto *head = reinterpret_cast<mlc_handle_head_t *>(handle);
    return head->api->pool_run(handle, fn, args, count, grain);
  }
  mlc_pool_t *handle;
};

struct Coverage {
  std::vector<std::atomic<int>> seen;
  std::atomic<int64_t> pieces{0};
  std::atomic<int> running[8] = {};
  explicit Coverage(int64_t count) : seen(count) {}

  static void mark(void *args, int64_t begin, int64_t end, int64_t thread) {
    auto &self = *static_cast<Coverage *>(args);
    EXPECT_EQ(self.running[thread].fetch_add(1), 0) << "thread index shared";
    for (int64_t i = begin; i < end; ++i) {
      self.seen[i]++;
    }
    self.pieces++;
    self.running[thread]--;
  }
  void expectEachOnce() const {
    for (const auto &one : seen) {
      ASSERT_EQ(one.load(), 1);
    }
  }
};

TEST(Pool, CoversEveryIndexOnce) {
  for (int threads : {1, 2, 3, 7}) {
    Pool pool(threads);
    EXPECT_EQ(mlc_pool_threads(pool.handle), threads);
    for (int64_t count : {0, 1, 2, 15, 16, 17, 1000, 4097}) {
      for (int64_t grain : {0, 1, 16, 5000}) {
        Coverage coverage(count);
        ASSERT_EQ(pool.run(Coverage::mark, &coverage, count, grain), MLC_OK);
        coverage.expectEachOnce();
        EXPECT_LE(coverage.pieces.load(),
                  std::max<int64_t>(1, count / std::max<int64_t>(1, grain)));
      }
    }
  }
}

TEST(Pool, ManySmallJobs) {
  Pool pool(3);
  for (int i = 0; i < 20000; ++i) {
    Coverage coverage(12);
    pool.run(Coverage::mark, &coverage, 12, 1);
    coverage.expectEachOnce();
  }
}

TEST(Pool, WakesFromSleep) {
  Pool pool(3);
  for (int i = 0; i < 20; ++i) {
    Coverage coverage(64);
    pool.run(Coverage::mark, &coverage, 64, 1);
    coverage.expectEachOnce();
    usleep(2000); // longer than workers spin
  }
}

TEST(Pool, SeveralCallers) {
  Pool pool(3);
  std::vector<std::thread> callers;
  for (int t = 0; t < 4; ++t) {
    callers.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) {
        Coverage coverage(50);
        pool.run(Coverage::mark, &coverage, 50, 1);
        coverage.expectEachOnce();
      }
    });
  }
  for (std::thread &caller : callers) {
    caller.join();
  }
}

TEST(Pool, DefaultFromEnvironment) {
  setenv("MLC_NUM_THREADS", "5", 1);
  EXPECT_EQ(mlc_pool_threads(Pool(0).handle), 5);
  setenv("MLC_NUM_THREADS", "many", 1);
  EXPECT_GE(mlc_pool_threads(Pool(0).handle), 1);
  unsetenv("MLC_NUM_THREADS");
  mlc_pool_t *pool;
  EXPECT_EQ(mlc_shared_pool_create(-1, &pool), MLC_INVALID_ARGUMENT);
}

#if !defined(__SANITIZE_THREAD__) && !__has_feature(thread_sanitizer)
TEST(Pool, ChildOfForkHasOneThread) {
  Pool pool(3);
  Coverage warm(100);
  pool.run(Coverage::mark, &warm, 100, 1);
  pid_t child = fork();
  if (child == 0) {
    Coverage coverage(100);
    pool.run(Coverage::mark, &coverage, 100, 1);
    bool all = true;
    for (const auto &one : coverage.seen) {
      all &= one.load() == 1;
    }
    mlc_pool_destroy(pool.handle);
    _exit(all ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}
#endif

TEST(Sessions, ShareOnePoolOnTwoThreads) {
  Pool pool(3);
  mlc_session_options_t options = MLC_SESSION_OPTIONS_INIT;
  options.pool = pool.handle;
  auto work = [&](int64_t batch) {
    Session session(&options);
    ASSERT_EQ(session.status, MLC_OK);
    EXPECT_EQ(session.info().threads, 3);
    FakeRun call(batch, 1000);
    for (int i = 0; i < 300; ++i) {
      ASSERT_EQ(call(session), MLC_OK);
      if (i % 50 == 0) {
        call.expectResults();
      }
    }
  };
  std::thread first([&] { work(3); }), second([&] { work(5); });
  first.join();
  second.join();
}

TEST(Sessions, DefaultPoolIsSharedAndReturned) {
  for (int round = 0; round < 3; ++round) {
    Session first, second;
    EXPECT_EQ(first.info().threads, second.info().threads);
    FakeRun one(4, 1000), two(4, 1000);
    ASSERT_EQ(one(first), MLC_OK);
    ASSERT_EQ(two(second), MLC_OK);
  }
}

TEST(Sessions, OneUserAtATime) {
  mlc_session_options_t options = withThreads(2);
  Session session(&options);
  std::atomic<int> busy{0}, good{0};
  auto work = [&] {
    FakeRun call(4, 2000, FAKE_SLOW);
    std::vector<float> sum(8000), positives(8000);
    call.outputs[0].data = sum.data();
    call.outputs[1].data = positives.data();
    call.outputs[0].capacity = call.outputs[1].capacity = 32000;
    for (int i = 0; i < 200; ++i) {
      mlc_status_t status = call(session);
      ASSERT_TRUE(status == MLC_OK || status == MLC_BUSY);
      (status == MLC_OK ? good : busy)++;
      if (status == MLC_OK) {
        call.expectResults();
      }
    }
  };
  std::thread first(work), second(work);
  first.join();
  second.join();
  EXPECT_GT(good.load(), 0);
}

TEST(Profile, CountsKernels) {
  struct Trace {
    int64_t calls = 0, last = 0;
  } trace;
  mlc_session_options_t options = withThreads(2);
  options.flags = MLC_SESSION_PROFILE;
  options.trace_user = &trace;
  options.trace = [](void *user, int64_t kernel, int64_t begin, int64_t end) {
    auto &self = *static_cast<Trace *>(user);
    EXPECT_EQ(kernel, self.calls++ % 2);
    EXPECT_LE(self.last, begin);
    EXPECT_LE(begin, end);
    self.last = end;
  };
  Session session(&options);
  FakeRun call(8, 1000);
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(call(session), MLC_OK);
  }
  mlc_kernel_profile_t rows[3];
  EXPECT_EQ(mlc_session_profile(session, rows, 2), MLC_INVALID_ARGUMENT);
  ASSERT_EQ(mlc_session_profile(session, rows, 3), MLC_OK);
  EXPECT_EQ(rows[0].calls, 3);
  EXPECT_GT(rows[1].total_ns, 0);
  EXPECT_EQ(trace.calls, 6);
  ASSERT_EQ(mlc_session_profile_reset(session), MLC_OK);
  ASSERT_EQ(mlc_session_profile(session, rows, 3), MLC_OK);
  EXPECT_EQ(rows[0].calls, 0);
}

} // namespace
