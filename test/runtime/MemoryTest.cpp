//===- MemoryTest.cpp - where a session's memory comes from -----*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Fixture.h"

using namespace mlc::test;

// The sanitizers' allocators stop at huge sizes unless told to refuse them.
extern "C" const char *__asan_default_options() {
  return "allocator_may_return_null=1";
}
extern "C" const char *__tsan_default_options() {
  return "allocator_may_return_null=1";
}

namespace {

TEST(Memory, NoAllocationInSteadyState) {
  CountingAllocator allocator;
  mlc_session_options_t options = withThreads(2);
  options.allocator = allocator.callbacks();
  {
    Session session(&options);
    ASSERT_EQ(session.status, MLC_OK);
    FakeRun call(8, 100), allocs(8, 100, FAKE_ALLOCS), smaller(3, 50);
    ASSERT_EQ(call(session), MLC_OK);
    ASSERT_EQ(allocs(session), MLC_OK);
    int64_t before = allocator.calls;
    for (int i = 0; i < 10; ++i) {
      ASSERT_EQ(call(session), MLC_OK);
      ASSERT_EQ(allocs(session), MLC_OK);
      ASSERT_EQ(smaller(session), MLC_OK);
      smaller.expectResults();
    }
    EXPECT_EQ(allocator.calls, before);
  }
  EXPECT_EQ(allocator.live, 0);
}

TEST(Memory, PrepareAllocatesForTheFirstRun) {
  CountingAllocator allocator;
  mlc_session_options_t options = withThreads(1);
  options.allocator = allocator.callbacks();
  Session session(&options);
  FakeRun call(8, 100);
  ASSERT_EQ(mlc_session_prepare(session, call.inputs, 3), MLC_OK);
  int64_t before = allocator.calls;
  ASSERT_EQ(call(session), MLC_OK);
  EXPECT_EQ(allocator.calls - before, 1); // 'positives' depends on the data
}

/// Creating and running with the n-th allocation failing, for every n.
TEST(Memory, EveryAllocationMayFail) {
  for (int64_t n = 0;; ++n) {
    CountingAllocator allocator;
    allocator.failAt = n;
    mlc_session_options_t options = withThreads(2);
    options.allocator = allocator.callbacks();
    options.flags = MLC_SESSION_PROFILE;
    mlc_status_t status;
    {
      Session session(&options);
      FakeRun call(8, 100, FAKE_ALLOCS);
      status = session.status == MLC_OK ? call(session) : session.status;
      if (status == MLC_OK && allocator.calls <= n) {
        ASSERT_GT(n, 8);
        break;
      }
      // A failed block is tried again after cached ones are dropped.
      if (status != MLC_OK) {
        ASSERT_EQ(status, MLC_OUT_OF_MEMORY);
        mlc_error_info_t info;
        ASSERT_EQ(mlc_last_error_info(mlc_model_fake(), &info), MLC_OK);
        EXPECT_EQ(info.status, MLC_OUT_OF_MEMORY);
        EXPECT_GT(info.bytes_asked, 0);
      }
      if (session.status == MLC_OK) { // and the session recovers
        ASSERT_EQ(call(session), MLC_OK) << mlc_last_error(session);
        call.expectResults();
      }
    }
    ASSERT_EQ(allocator.live, 0) << "allocation " << n;
    ASSERT_LT(n, 100);
  }
}

TEST(Memory, HugeRequestIsOutOfMemory) {
  Session session;
  FakeRun call(2, 3, FAKE_HUGE_ALLOC);
  EXPECT_EQ(call(session), MLC_OUT_OF_MEMORY);
  mlc_error_info_t info;
  ASSERT_EQ(mlc_last_error_info(session, &info), MLC_OK);
  EXPECT_GE(info.bytes_asked, INT64_MAX / 2);
  EXPECT_GT(info.bytes_free, 0);
  call.mode = FAKE_NORMAL;
  ASSERT_EQ(call(session), MLC_OK);
  call.expectResults();
}

TEST(Memory, CallersArena) {
  std::vector<char> arena(8 * 100 * 4 + 64);
  mlc_session_options_t options = MLC_SESSION_OPTIONS_INIT;
  options.arena = arena.data() + 1;
  options.arena_bytes = (int64_t)arena.size() - 1;
  Session session(&options);
  FakeRun call(8, 100), larger(8, 200);
  ASSERT_EQ(call(session), MLC_OK) << mlc_last_error(session);
  call.expectResults();
  EXPECT_EQ(larger(session), MLC_OUT_OF_MEMORY);
  EXPECT_ERROR(session, "arena of the caller: asked for 6400 bytes");
}

TEST(Memory, OutputsOfTheSessionAndOfTheCaller) {
  Session session;
  FakeRun call(2, 3), larger(4, 30);
  ASSERT_EQ(call(session), MLC_OK);
  void *first = call.outputs[0].data;
  ASSERT_EQ(call(session), MLC_OK); // the same array again: still the session's
  EXPECT_EQ(call.outputs[0].data, first);
  ASSERT_EQ(larger(session), MLC_OK);
  larger.expectResults();
  std::vector<float> sum(6), positives(6);
  call.outputs[0].data = sum.data();
  call.outputs[0].capacity = 24;
  call.outputs[1].data = positives.data();
  call.outputs[1].capacity = 24;
  ASSERT_EQ(call(session), MLC_OK) << mlc_last_error(session);
  EXPECT_EQ(call.outputs[0].data, sum.data());
  call.expectResults();
}

/// A state goes round: what the session wrote is the next run's input.
TEST(Memory, OutputsFedBackAsInputs) {
  CountingAllocator allocator;
  mlc_session_options_t options = withThreads(2);
  options.allocator = allocator.callbacks();
  {
    Session session(&options);
    FakeRun call(8, 100);
    std::vector<float> state = call.a;
    int64_t before = 0;
    for (int i = 0; i < 6; ++i) {
      ASSERT_EQ(call(session), MLC_OK) << mlc_last_error(session);
      auto *sum = static_cast<float *>(call.outputs[0].data);
      for (size_t k = 0; k < state.size(); ++k) {
        state[k] = (state[k] + call.b[k]) * 2.0f + 0.5f;
        ASSERT_EQ(sum[k], state[k]) << "run " << i << ", element " << k;
      }
      call.inputs[0].data = sum;
      before = i == 3 ? allocator.calls : before;
    }
    EXPECT_EQ(allocator.calls, before);
  }
  EXPECT_EQ(allocator.live, 0);
}

TEST(Memory, BothBuffersOfAnOutputAsInputs) {
  Session session;
  FakeRun call(2, 3);
  ASSERT_EQ(call(session), MLC_OK);
  void *first = call.inputs[0].data = call.outputs[0].data;
  ASSERT_EQ(call(session), MLC_OK);
  EXPECT_NE(call.outputs[0].data, first);
  call.inputs[1].data = call.outputs[0].data;
  EXPECT_EQ(call(session), MLC_INVALID_ARGUMENT);
  EXPECT_ERROR(session, "copy one of them");
}

TEST(Memory, EmptyTensors) {
  Session session;
  FakeRun call(3, 0);
  call.inputs[0].data = call.inputs[1].data = nullptr;
  ASSERT_EQ(call(session), MLC_OK) << mlc_last_error(session);
  EXPECT_EQ(call.outputs[0].bytes, 0);
  EXPECT_NE(call.outputs[0].data, nullptr);
  EXPECT_EQ(call.outputs[1].dims[0], 0);
}

TEST(Memory, PredictedPeak) {
  Session session;
  FakeRun call(64, 10000);
  int64_t predicted;
  ASSERT_EQ(
      mlc_peak_bytes(mlc_model_fake(), MLC_CPU, call.inputs, 3, &predicted),
      MLC_OK);
  EXPECT_EQ(predicted, 2 * 64 * 10000 * 4); // arena and 'sum'
  ASSERT_EQ(call(session), MLC_OK);
  int64_t positives = call.outputs[1].bytes;
  EXPECT_LE((double)session.info().peak_bytes,
            1.05 * (double)(predicted + positives));
}

} // namespace
