//===- DriverContract.cpp - what every driver must do -----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One suite, run for the CPU and for both GPU vendors over the library of
// FakeGpu.c. A driver that passes runs programs as runtime/abi says.
//
//===----------------------------------------------------------------------===//
#include "../Fixture.h"

#include <dlfcn.h>

using namespace mlc::test;

namespace {

/// The controls of FakeGpu.c; nothing for the CPU.
struct FakeGpu {
  explicit FakeGpu(int32_t engine) {
    if (engine == MLC_CPU) {
      return;
    }
    library = dlopen(engine == MLC_CUDA ? "libcuda.so.1" : "libamdhip64.so.6",
                     RTLD_NOW);
    EXPECT_NE(library, nullptr) << dlerror();
    find(reset, "fake_gpu_reset");
    find(limit, "fake_gpu_limit");
    find(fail, "fake_gpu_fail");
    find(used, "fake_gpu_used");
    find(live, "fake_gpu_live");
    find(modulesLoaded, "fake_gpu_modules_loaded");
    reset();
  }
  template <typename F> void find(F &function, const char *name) {
    void *symbol = dlsym(library, name);
    ASSERT_NE(symbol, nullptr) << "not the fake library: " << name;
    memcpy(&function, &symbol, sizeof(symbol));
  }
  void *library = nullptr;
  void (*reset)() = nullptr;
  void (*limit)(int64_t) = nullptr;
  void (*fail)(const char *, int) = nullptr;
  int64_t (*used)() = nullptr;
  int (*live)() = nullptr;
  int (*modulesLoaded)() = nullptr;
};

class Driver : public testing::TestWithParam<int32_t> {
protected:
  Driver() : gpu(GetParam()) { options.engine = GetParam(); }
  ~Driver() override {
    if (onGpu()) {
      gpu.reset();
      EXPECT_EQ(gpu.live(), 0);
      EXPECT_EQ(gpu.used(), 0);
    }
  }
  bool onGpu() const { return GetParam() != MLC_CPU; }

  FakeGpu gpu;
  mlc_session_options_t options = MLC_SESSION_OPTIONS_INIT;
};

/// What only GPUs have.
class Gpu : public Driver {};

TEST_P(Driver, Runs) {
  Session session(&options);
  ASSERT_EQ(session.status, MLC_OK) << session.error;
  for (int64_t n : {1, 3, 1000, 17, 0, 2000}) {
    FakeRun call(4, n);
    ASSERT_EQ(call(session), MLC_OK) << mlc_last_error(session);
    call.expectResults();
  }
}

TEST_P(Driver, WritesTheCallersOutputs) {
  Session session(&options);
  FakeRun call(2, 50);
  std::vector<float> sum(100), positives(100);
  call.outputs[0].data = sum.data();
  call.outputs[1].data = positives.data();
  call.outputs[0].capacity = call.outputs[1].capacity = 400;
  ASSERT_EQ(call(session), MLC_OK) << mlc_last_error(session);
  EXPECT_EQ(call.outputs[0].data, sum.data());
  call.expectResults();
}

/// What a run left in memory of the session, on the host or the device, is an
/// input of the next.
TEST_P(Driver, FeedsOutputsBack) {
  for (int32_t memory : {MLC_HOST, MLC_DEVICE}) {
    if (memory == MLC_DEVICE && !onGpu()) {
      continue;
    }
    Session session(&options);
    FakeRun call(4, 100);
    std::vector<float> state = call.a;
    call.outputs[0].memory = memory;
    for (int run = 0; run < 5; ++run) {
      ASSERT_EQ(call(session), MLC_OK) << mlc_last_error(session);
      call.inputs[0].data = call.outputs[0].data;
      call.inputs[0].memory = memory;
      // The fake device's pointers are the host's with a bit more.
      auto *sum = reinterpret_cast<const float *>(
          (uintptr_t)call.outputs[0].data & ~(1ull << 60));
      for (size_t i = 0; i < state.size(); ++i) {
        state[i] = (state[i] + call.b[i]) * 2.0f + 0.5f;
        ASSERT_EQ(sum[i], state[i]) << "run " << run << ", element " << i;
      }
    }
  }
}

TEST_P(Driver, ProgramFails) {
  Session session(&options);
  FakeRun call(2, 50, FAKE_FAIL);
  EXPECT_EQ(call(session), MLC_INVALID_ARGUMENT);
  EXPECT_STREQ(mlc_last_error(session),
               "node '/Reshape': got 7 elements, expected 3");
  call.mode = FAKE_NORMAL;
  ASSERT_EQ(call(session), MLC_OK);
  call.expectResults();
}

TEST_P(Driver, KernelReports) {
  Session session(&options);
  FakeRun call(8, 1000, FAKE_REPORT);
  EXPECT_EQ(call(session), MLC_INVALID_ARGUMENT);
  EXPECT_STREQ(mlc_last_error(session),
               "node '/Gather': index 70 is out of range, the axis has 10");
  call.mode = FAKE_NORMAL;
  ASSERT_EQ(call(session), MLC_OK);
}

/// What a kernel reports is told rather than what came of it, and only once.
TEST_P(Gpu, ReportOfAFailedRun) {
  Session session(&options);
  FakeRun call(2, 50, FAKE_REPORT);
  float few[1];
  call.outputs[0].data = few;
  call.outputs[0].capacity = sizeof(few);
  EXPECT_EQ(call(session), MLC_INVALID_ARGUMENT);
  EXPECT_ERROR(session, "index 70 is out of range");
  call.outputs[0].data = nullptr;
  call.outputs[0].capacity = 0;
  call.mode = FAKE_NORMAL;
  ASSERT_EQ(call(session), MLC_OK) << mlc_last_error(session);
  call.expectResults();
}

/// Nobody looks at the report of an asynchronous run before it is waited for.
TEST_P(Gpu, ReportsWhenWaitedFor) {
  options.flags = MLC_SESSION_ASYNC;
  Session session(&options);
  FakeRun call(2, 50, FAKE_REPORT);
  call.outputs[0].memory = call.outputs[1].memory = MLC_DEVICE;
  ASSERT_EQ(call(session), MLC_OK) << mlc_last_error(session);
  EXPECT_EQ(mlc_session_synchronize(session), MLC_INVALID_ARGUMENT);
  EXPECT_ERROR(session, "index 70 is out of range");
  EXPECT_EQ(mlc_session_synchronize(session), MLC_OK);
}

TEST_P(Driver, BrokenPrograms) {
  Session session(&options);
  for (int64_t mode : {FAKE_FORGET, FAKE_BAD_OUTPUT, FAKE_BAD_RELEASE}) {
    FakeRun call(2, 50, mode);
    EXPECT_EQ(call(session), MLC_INTERNAL);
  }
  FakeRun call(2, 50);
  EXPECT_EQ(call(session), MLC_OK);
}

TEST_P(Driver, OutOfMemory) {
  Session session(&options);
  FakeRun call(2, 50, FAKE_HUGE_ALLOC);
  EXPECT_EQ(call(session), MLC_OUT_OF_MEMORY);
  mlc_error_info_t info;
  ASSERT_EQ(mlc_last_error_info(session, &info), MLC_OK);
  EXPECT_GE(info.bytes_asked, INT64_MAX / 2);
  EXPECT_GT(info.bytes_free, 0);
  call.mode = FAKE_ALLOCS;
  ASSERT_EQ(call(session), MLC_OK) << mlc_last_error(session);
  call.expectResults();
}

TEST_P(Driver, PredictedPeak) {
  Session session(&options);
  FakeRun call(64, 10000);
  int64_t predicted;
  ASSERT_EQ(
      mlc_peak_bytes(mlc_model_fake(), GetParam(), call.inputs, 3, &predicted),
      MLC_OK);
  ASSERT_EQ(call(session), MLC_OK);
  // 'positives' and what is read back depend on the data.
  int64_t positives = call.outputs[1].bytes;
  int64_t byData = onGpu() ? 2 * positives + call.outputs[0].bytes : positives;
  double peak = (double)(session.info().peak_bytes - byData);
  EXPECT_LE(peak, 1.05 * (double)predicted);
  EXPECT_GE(peak, 0.95 * (double)predicted);
}

TEST_P(Driver, Profiles) {
  options.flags = MLC_SESSION_PROFILE;
  Session session(&options);
  FakeRun call(2, 1000);
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(call(session), MLC_OK) << mlc_last_error(session);
  }
  mlc_kernel_profile_t rows[3];
  ASSERT_EQ(mlc_session_profile(session, rows, 3), MLC_OK);
  EXPECT_EQ(rows[0].calls, 3);
  EXPECT_EQ(rows[1].calls, 3);
  EXPECT_GT(rows[1].total_ns, 0);
  mlc_kernel_work_t work[3];
  ASSERT_EQ(mlc_session_work(session, work, 3), MLC_OK);
  EXPECT_EQ(work[1].flops, 3 * 2000);
  EXPECT_EQ(work[1].bytes, 3 * 12 * 2000);
  EXPECT_EQ(mlc_session_work(session, work, 2), MLC_INVALID_ARGUMENT);
  mlc_session_info_t info = session.info();
  EXPECT_EQ(info.upload_bytes > 0, onGpu());
  if (onGpu()) {
    // Two inputs of 8000 bytes and the mode; both outputs and what is read
    // back.
    EXPECT_EQ(info.upload_bytes, 3 * (2 * 8000 + 8));
    EXPECT_GE(info.download_bytes, 3 * 8000);
    EXPECT_GT(info.upload_ns, 0);
    EXPECT_GT(info.download_ns, 0);
  }
  ASSERT_EQ(mlc_session_profile_reset(session), MLC_OK);
  EXPECT_EQ(session.info().upload_bytes, 0);
  ASSERT_EQ(mlc_session_work(session, work, 3), MLC_OK);
  EXPECT_EQ(work[1].flops, 0);
  EXPECT_EQ(mlc_session_work(Session(), work, 3), MLC_INVALID_ARGUMENT);
}

TEST_P(Driver, NoSuchDeviceOrTarget) {
  options.device = 7;
  EXPECT_NE(Session(&options).status, MLC_OK);
  options.device = 0;
  options.target = "nonsense";
  EXPECT_EQ(Session(&options).status, MLC_NOT_FOUND);
}

TEST_P(Driver, NoAllocationInSteadyState) {
  CountingAllocator allocator;
  options.allocator = allocator.callbacks();
  {
    Session session(&options);
    FakeRun call(8, 100, FAKE_ALLOCS);
    ASSERT_EQ(call(session), MLC_OK);
    int64_t calls = allocator.calls, used = onGpu() ? gpu.used() : 0;
    for (int i = 0; i < 5; ++i) {
      ASSERT_EQ(call(session), MLC_OK);
    }
    EXPECT_EQ(allocator.calls, calls);
    EXPECT_EQ(onGpu() ? gpu.used() : 0, used);
  }
  EXPECT_EQ(allocator.live, 0);
}

TEST_P(Gpu, SessionsShareImageAndWeights) {
  int before = gpu.modulesLoaded();
  Session first(&options), second(&options);
  ASSERT_EQ(first.status, MLC_OK) << first.error;
  ASSERT_EQ(second.status, MLC_OK);
  EXPECT_EQ(gpu.modulesLoaded() - before, 1);
  options.device = 1;
  Session other(&options);
  EXPECT_EQ(gpu.modulesLoaded() - before, 2);
  FakeRun call(2, 50);
  ASSERT_EQ(call(other), MLC_OK) << mlc_last_error(other);
  call.expectResults();
}

TEST_P(Gpu, OutOfDeviceMemory) {
  Session session(&options);
  FakeRun call(64, 10000);
  gpu.limit(1 << 20);
  EXPECT_EQ(call(session), MLC_OUT_OF_MEMORY);
  mlc_error_info_t info;
  ASSERT_EQ(mlc_last_error_info(session, &info), MLC_OK);
  EXPECT_EQ(info.bytes_asked, 64 * 10000 * 4);
  EXPECT_GT(info.bytes_free, 0);
  EXPECT_LE(info.bytes_free, 1 << 20);
  gpu.limit(1 << 30);
  ASSERT_EQ(call(session), MLC_OK) << mlc_last_error(session);
  call.expectResults();
}

TEST_P(Gpu, ErrorsThatPass) {
  Session session(&options);
  FakeRun call(2, 50);
  for (const char *where : {"upload", "launch", "download", "synchronize"}) {
    gpu.fail(where, 1);
    EXPECT_EQ(call(session), MLC_DEVICE_ERROR) << where;
    EXPECT_ERROR(session, "(error 1)");
    ASSERT_EQ(call(session), MLC_OK) << mlc_last_error(session);
    call.expectResults();
  }
}

TEST_P(Gpu, LostDevice) {
  {
    Session session(&options);
    FakeRun call(2, 50);
    gpu.fail("launch", 700);
    EXPECT_EQ(call(session), MLC_DEVICE_LOST);
    EXPECT_ERROR(session, "launching kernel 'fake_add'");
    EXPECT_EQ(session.info().lost, 1);
    EXPECT_EQ(call(session), MLC_DEVICE_LOST);
    EXPECT_ERROR(session, "destroy the session");
    gpu.reset(); // a new process would see a good device again
  }
  Session session(&options);
  FakeRun call(2, 50);
  EXPECT_EQ(call(session), MLC_OK);
}

TEST_P(Gpu, OutputsOnTheDevice) {
  options.flags = MLC_SESSION_ASYNC;
  Session session(&options);
  FakeRun call(2, 50), next(2, 50);
  call.outputs[0].memory = call.outputs[1].memory = MLC_DEVICE;
  ASSERT_EQ(call(session), MLC_OK) << mlc_last_error(session);
  ASSERT_EQ(mlc_session_synchronize(session), MLC_OK);
  EXPECT_NE((uintptr_t)call.outputs[0].data & 1ull << 60, 0u);
  // What one session left on the device is the input of another.
  Session other(&options);
  next.inputs[0].data = call.outputs[0].data;
  next.inputs[0].memory = MLC_DEVICE;
  ASSERT_EQ(next(other), MLC_OK) << mlc_last_error(other);
  for (size_t i = 0; i < call.a.size(); ++i) {
    next.a[i] = (call.a[i] + call.b[i]) * 2.0f + 0.5f;
  }
  next.expectResults();
}

TEST_P(Gpu, LargeSharedMemory) {
  Session session(&options);
  FakeRun call(2, 50, FAKE_SHARED);
  ASSERT_EQ(call(session), MLC_OK) << mlc_last_error(session);
  call.expectResults();
}

TEST_P(Gpu, LostWhileLoading) {
  gpu.fail("moduleLoad", 719);
  Session session(&options);
  ASSERT_EQ(session.status, MLC_DEVICE_LOST);
  EXPECT_NE(session.error.find("Fake GPU"), std::string::npos) << session.error;
}

std::string engineName(const testing::TestParamInfo<int32_t> &info) {
  static const char *const names[] = {"cpu", "cuda", "hip"};
  return names[info.param];
}

INSTANTIATE_TEST_SUITE_P(Cts, Driver,
                         testing::Values(MLC_CPU, MLC_CUDA, MLC_HIP),
                         engineName);
INSTANTIATE_TEST_SUITE_P(Cts, Gpu, testing::Values(MLC_CUDA, MLC_HIP),
                         engineName);

} // namespace
