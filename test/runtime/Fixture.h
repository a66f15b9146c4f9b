//===- Fixture.h - what the runtime's tests share ---------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_TEST_RUNTIME_FIXTURE_H
#define MLC_TEST_RUNTIME_FIXTURE_H

#include "FakeModel.h"

#include <gtest/gtest.h>
#include <mlc/runtime.h>

#include <string>
#include <vector>

extern "C" const mlc_model_t *mlc_model_fake(void);

namespace mlc::test {

/// One call of the fake model with inputs made for it.
struct FakeRun {
  FakeRun(int64_t batch, int64_t n, int64_t mode = FAKE_NORMAL)
      : a(batch * n), b(batch * n), mode(mode) {
    for (int64_t i = 0; i < batch * n; ++i) {
      a[i] = (float)(i % 7) - 3;
      b[i] = (float)(i % 5) - 2;
    }
    int64_t dims[2] = {batch, n};
    inputs[0] = mlc_tensor_make(MLC_F32, 2, dims, a.data());
    inputs[1] = mlc_tensor_make(MLC_F32, 2, dims, b.data());
    inputs[2] = mlc_tensor_make(MLC_I64, 0, nullptr, &this->mode);
  }
  FakeRun(const FakeRun &) = delete;

  mlc_status_t operator()(mlc_session_t *session) {
    return mlc_run(session, inputs, 3, outputs, 2);
  }

  /// Whether both outputs hold what the model computes.
  void expectResults() const {
    ASSERT_EQ(outputs[0].rank, 2);
    ASSERT_EQ(outputs[0].dims[0], inputs[0].dims[0]);
    ASSERT_EQ(outputs[0].dims[1], inputs[0].dims[1]);
    ASSERT_EQ(outputs[0].bytes, inputs[0].bytes);
    const float *sum = (const float *)outputs[0].data;
    const float *positives = (const float *)outputs[1].data;
    int64_t kept = 0;
    for (size_t i = 0; i < a.size(); ++i) {
      float expected = (a[i] + b[i]) * 2.0f + 0.5f;
      ASSERT_EQ(sum[i], expected) << "element " << i;
      if (expected > 0) {
        ASSERT_LT(kept, outputs[1].dims[0]);
        ASSERT_EQ(positives[kept++], expected);
      }
    }
    ASSERT_EQ(outputs[1].rank, 1);
    ASSERT_EQ(outputs[1].dims[0], kept);
  }

  std::vector<float> a, b;
  int64_t mode;
  mlc_tensor_t inputs[3];
  mlc_tensor_t outputs[2] = {};
};

/// A session that destroys itself.
class Session {
public:
  explicit Session(const mlc_session_options_t *options = nullptr,
                   const mlc_model_t *model = mlc_model_fake()) {
    status = mlc_session_create(model, options, &handle);
    error = status == MLC_OK ? "" : mlc_last_error(model);
  }
  ~Session() { mlc_session_destroy(handle); }
  Session(const Session &) = delete;
  operator mlc_session_t *() const { return handle; }

  mlc_session_info_t info() const {
    mlc_session_info_t info;
    EXPECT_EQ(mlc_session_info(handle, &info), MLC_OK);
    return info;
  }

  mlc_session_t *handle = nullptr;
  mlc_status_t status;
  std::string error;
};

inline mlc_session_options_t withThreads(int32_t threads) {
  mlc_session_options_t options = MLC_SESSION_OPTIONS_INIT;
  options.threads = threads;
  return options;
}

/// An allocator that counts and can be told to fail.
struct CountingAllocator {
  int64_t calls = 0, live = 0, failAt = -1;

  static void *allocate(void *user, size_t bytes, size_t alignment) {
    auto &self = *static_cast<CountingAllocator *>(user);
    if (self.calls++ == self.failAt) {
      return nullptr;
    }
    ++self.live;
    EXPECT_EQ(bytes % alignment, 0u);
    return aligned_alloc(alignment, bytes);
  }
  static void release(void *user, void *pointer, size_t) {
    --static_cast<CountingAllocator *>(user)->live;
    free(pointer);
  }
  mlc_allocator_t callbacks() { return {allocate, release, this}; }
};

#define EXPECT_ERROR(handle, text)                                             \
  EXPECT_NE(std::string(mlc_last_error(handle)).find(text), std::string::npos) \
      << mlc_last_error(handle)

} // namespace mlc::test

#endif // MLC_TEST_RUNTIME_FIXTURE_H
