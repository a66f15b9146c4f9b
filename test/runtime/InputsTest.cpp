//===- InputsTest.cpp - what the runtime refuses ----------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Fixture.h"
#include "runtime/abi/Artifact.h"

#include <thread>

using namespace mlc::test;

namespace {

class Inputs : public testing::Test {
protected:
  mlc_status_t run() { return call(session); }
  Session session;
  FakeRun call{2, 3};
};

TEST_F(Inputs, Count) {
  EXPECT_EQ(mlc_run(session, call.inputs, 2, call.outputs, 2),
            MLC_INVALID_ARGUMENT);
  EXPECT_ERROR(session, "expected 3 inputs ('a', 'b', 'mode'), got 2");
  EXPECT_EQ(mlc_run(session, call.inputs, 3, call.outputs, 1),
            MLC_INVALID_ARGUMENT);
  EXPECT_ERROR(session, "expected 2 outputs ('sum', 'positives'), got 1");
  EXPECT_EQ(mlc_run(session, nullptr, 3, call.outputs, 2),
            MLC_INVALID_ARGUMENT);
  EXPECT_ERROR(session, "expected 3 inputs ('a', 'b', 'mode'), got NULL");
}

TEST_F(Inputs, Dtype) {
  call.inputs[1].dtype = MLC_F64;
  EXPECT_EQ(run(), MLC_INVALID_ARGUMENT);
  EXPECT_ERROR(session, "input 'b': expected dtype f32, got f64");
}

TEST_F(Inputs, Rank) {
  call.inputs[0].rank = 3;
  EXPECT_EQ(run(), MLC_INVALID_ARGUMENT);
  EXPECT_ERROR(session,
               "input 'a': expected rank 2 with dims [batch, n], got rank 3");
  call.inputs[0].rank = 1000;
  EXPECT_EQ(run(), MLC_INVALID_ARGUMENT);
}

TEST_F(Inputs, SymbolRange) {
  FakeRun tooMany(65, 1);
  EXPECT_EQ(tooMany(session), MLC_INVALID_ARGUMENT);
  EXPECT_ERROR(session,
               "input 'a' dim 0: symbol 'batch' must be in [1, 64], got 65");
}

TEST_F(Inputs, SymbolContradiction) {
  call.inputs[1].dims[0] = 4;
  EXPECT_EQ(run(), MLC_INVALID_ARGUMENT);
  EXPECT_ERROR(session, "input 'b' dim 0: expected 2, got 4: symbol 'batch' is "
                        "2 by input 'a' dim 0");
}

TEST_F(Inputs, NegativeDim) {
  call.inputs[0].dims[1] = -3;
  EXPECT_EQ(run(), MLC_INVALID_ARGUMENT);
  EXPECT_ERROR(session, "got [2, -3]");
}

TEST_F(Inputs, Bytes) {
  call.inputs[0].bytes = 23;
  EXPECT_EQ(run(), MLC_INVALID_ARGUMENT);
  EXPECT_ERROR(session, "input 'a': expected 24 bytes for its dims, got 23");
}

TEST_F(Inputs, NullData) {
  call.inputs[0].data = nullptr;
  EXPECT_EQ(run(), MLC_INVALID_ARGUMENT);
  EXPECT_ERROR(session, "input 'a': expected data, got NULL");
}

TEST_F(Inputs, Misaligned) {
  std::vector<char> bytes(32);
  call.inputs[0].data = bytes.data() + 1;
  EXPECT_EQ(run(), MLC_INVALID_ARGUMENT);
  EXPECT_ERROR(session, "aligned to 4 bytes");
}

TEST_F(Inputs, DeviceMemoryOnCpu) {
  call.inputs[0].memory = MLC_DEVICE;
  EXPECT_EQ(run(), MLC_INVALID_ARGUMENT);
  EXPECT_ERROR(session, "expected host memory, got memory kind 1");
}

TEST_F(Inputs, OutputDtype) {
  call.outputs[0].dtype = MLC_F16;
  EXPECT_EQ(run(), MLC_INVALID_ARGUMENT);
  EXPECT_ERROR(session, "output 'sum': expected dtype f32, got f16");
}

TEST_F(Inputs, OutputCapacity) {
  float storage[2];
  call.outputs[0].data = storage;
  EXPECT_EQ(run(), MLC_INVALID_ARGUMENT);
  EXPECT_ERROR(session, "its capacity is 0");
  call.outputs[0].capacity = sizeof(storage);
  EXPECT_EQ(run(), MLC_INVALID_ARGUMENT);
  EXPECT_ERROR(session,
               "output 'sum': dims [2, 3] need 24 bytes, the capacity is 8");
  EXPECT_EQ(call.outputs[0].dims[1], 3); // what a second try needs to know
  EXPECT_EQ(call.outputs[0].bytes, 24);
}

TEST_F(Inputs, Overlap) {
  call.outputs[0].data = call.a.data();
  call.outputs[0].capacity = 24;
  EXPECT_EQ(run(), MLC_INVALID_ARGUMENT);
  EXPECT_ERROR(session, "output 'sum': its memory overlaps input 'a'");
  float storage[12];
  call.outputs[0].data = storage;
  call.outputs[1].data = storage + 5;
  call.outputs[1].capacity = 24;
  EXPECT_EQ(run(), MLC_INVALID_ARGUMENT);
  EXPECT_ERROR(session, "output 'positives': its memory overlaps output 'sum'");
}

TEST_F(Inputs, AfterAnErrorTheSessionWorks) {
  call.inputs[0].dtype = MLC_F64;
  EXPECT_EQ(run(), MLC_INVALID_ARGUMENT);
  call.inputs[0].dtype = MLC_F32;
  ASSERT_EQ(run(), MLC_OK);
  call.expectResults();
}

TEST(Sizes, Overflow) {
  int64_t dims[3] = {INT64_MAX / 2, INT64_MAX / 2, 2};
  EXPECT_EQ(mlc_tensor_bytes(MLC_F32, 3, dims), -1);
  dims[2] = 0;
  EXPECT_EQ(mlc_tensor_bytes(MLC_F32, 3, dims), 0);
  int64_t odd[1] = {5};
  EXPECT_EQ(mlc_tensor_bytes(MLC_I4, 1, odd), 3);
  EXPECT_EQ(mlc_tensor_bytes(MLC_I2, 1, odd), 2);
  EXPECT_EQ(mlc_tensor_bytes(0, 1, odd), -1);
  EXPECT_EQ(mlc_tensor_bytes(MLC_C128, 1, odd), 80);
}

TEST(Handles, NullAndForeign) {
  FakeRun call(1, 1);
  char nothing[64] = {};
  auto *fake = (mlc_session_t *)nothing;
  mlc_model_info_t info;
  mlc_session_t *session;
  mlc_pool_t *pool;
  int64_t bytes;
  EXPECT_EQ(call(nullptr), MLC_INVALID_ARGUMENT);
  EXPECT_EQ(call(fake), MLC_INVALID_ARGUMENT);
  EXPECT_EQ(mlc_model_info(nullptr, &info), MLC_INVALID_ARGUMENT);
  EXPECT_EQ(mlc_model_info(mlc_model_fake(), nullptr), MLC_INVALID_ARGUMENT);
  EXPECT_EQ(mlc_session_create(nullptr, nullptr, &session),
            MLC_INVALID_ARGUMENT);
  EXPECT_EQ(mlc_session_create(mlc_model_fake(), nullptr, nullptr),
            MLC_INVALID_ARGUMENT);
  EXPECT_EQ(mlc_session_info(nullptr, nullptr), MLC_INVALID_ARGUMENT);
  EXPECT_EQ(mlc_session_profile(nullptr, nullptr, 0), MLC_INVALID_ARGUMENT);
  EXPECT_EQ(mlc_session_synchronize(nullptr), MLC_INVALID_ARGUMENT);
  EXPECT_EQ(mlc_peak_bytes(nullptr, MLC_CPU, nullptr, 0, &bytes),
            MLC_INVALID_ARGUMENT);
  EXPECT_EQ(mlc_pool_create(nullptr, 1, &pool), MLC_INVALID_ARGUMENT);
  EXPECT_EQ(mlc_pool_threads(nullptr), 0);
  mlc_session_destroy(nullptr);
  mlc_session_destroy(fake);
  mlc_pool_destroy(nullptr);
  EXPECT_STREQ(mlc_last_error(nullptr), "the handle is NULL or not one of mlc");
}

TEST(Options, Refused) {
  mlc_session_options_t options = MLC_SESSION_OPTIONS_INIT;
  options.struct_size = 3;
  EXPECT_EQ(Session(&options).status, MLC_INVALID_ARGUMENT);
  options = MLC_SESSION_OPTIONS_INIT;
  options.flags = 1u << 20;
  EXPECT_EQ(Session(&options).status, MLC_UNSUPPORTED);
  options = MLC_SESSION_OPTIONS_INIT;
  options.engine = 9;
  EXPECT_EQ(Session(&options).status, MLC_INVALID_ARGUMENT);
  options = MLC_SESSION_OPTIONS_INIT;
  options.allocator.allocate = CountingAllocator::allocate;
  EXPECT_EQ(Session(&options).status, MLC_INVALID_ARGUMENT);
  options = MLC_SESSION_OPTIONS_INIT;
  options.pool = (mlc_pool_t *)&options;
  EXPECT_EQ(Session(&options).status, MLC_INVALID_ARGUMENT);
}

TEST(Options, OfAnOlderHeader) {
  mlc_session_options_t options = MLC_SESSION_OPTIONS_INIT;
  options.struct_size = offsetof(mlc_session_options_t, trace);
  options.trace = (mlc_trace_fn)(void *)16; // beyond what the caller has
  Session session(&options);
  ASSERT_EQ(session.status, MLC_OK);
  FakeRun call(1, 1);
  EXPECT_EQ(call(session), MLC_OK);
}

TEST(Options, OfANewerHeader) {
  struct {
    mlc_session_options_t known = MLC_SESSION_OPTIONS_INIT;
    int64_t unknown = 0;
  } options;
  options.known.struct_size = sizeof(options);
  EXPECT_EQ(Session(&options.known).status, MLC_OK);
  options.unknown = 1;
  EXPECT_EQ(Session(&options.known).status, MLC_UNSUPPORTED);
}

TEST(Programs, ChoiceByCpuFeatures) {
  Session session;
  EXPECT_EQ(session.info().program, 1); // the first needs an unknown feature
  mlc_session_options_t options = MLC_SESSION_OPTIONS_INIT;
  options.target = "future";
  Session future(&options);
  EXPECT_EQ(future.status, MLC_UNSUPPORTED);
  EXPECT_EQ(future.error, "model 'fake': this processor lacks from-the-future, "
                          "needed by program 'future'");
  options.target = "nonsense";
  Session nonsense(&options);
  EXPECT_EQ(nonsense.status, MLC_NOT_FOUND);
  EXPECT_EQ(nonsense.error,
            "model 'fake': no CPU program 'nonsense'; it has future, baseline");
}

/// A copy of the fake model that a test may spoil.
struct SpoiltModel {
  mlc_model_abi_t model =
      *reinterpret_cast<const mlc_model_abi_t *>(mlc_model_fake());
  void expectRefused(mlc_status_t status, const char *text) const {
    Session session(nullptr, reinterpret_cast<const mlc_model_t *>(&model));
    EXPECT_EQ(session.status, status);
    EXPECT_NE(session.error.find(text), std::string::npos) << session.error;
  }
};

TEST(Models, OfAnotherVersion) {
  SpoiltModel spoilt;
  spoilt.model.major = 7;
  spoilt.expectRefused(MLC_INCOMPATIBLE, "has format 7.");
  spoilt.expectRefused(MLC_INCOMPATIBLE, "this runtime runs 2.0 to 2.");
  spoilt.model.major = MLC_ARTIFACT_MAJOR;
  spoilt.model.minor = MLC_ARTIFACT_MINOR + 1;
  spoilt.expectRefused(MLC_INCOMPATIBLE, "compile the model again");
}

TEST(Models, WithTablesThatContradictThemselves) {
  SpoiltModel spoilt;
  spoilt.model.symbol_count = 1;
  spoilt.expectRefused(MLC_INCOMPATIBLE, "tensor 'a' dim 1 has no symbol 1");
  mlc_abi_tensor_t tensor = spoilt.model.inputs[0];
  spoilt = SpoiltModel();
  spoilt.model.inputs = &tensor;
  spoilt.model.input_count = 1;
  tensor.rank = 99;
  spoilt.expectRefused(MLC_INCOMPATIBLE, "rank 99");
  spoilt = SpoiltModel();
  spoilt.model.weights_size = 8; // less than the programs read
  spoilt.expectRefused(MLC_INCOMPATIBLE, "program 'future' is broken");
  spoilt = SpoiltModel();
  spoilt.model.program_count = 0;
  spoilt.expectRefused(MLC_UNSUPPORTED, "was not compiled for CPUs");
}

TEST(Introspection, Model) {
  const mlc_model_t *model = mlc_model_fake();
  mlc_model_info_t info;
  ASSERT_EQ(mlc_model_info(model, &info), MLC_OK);
  EXPECT_STREQ(info.name, "fake");
  EXPECT_EQ(info.input_count, 3);
  EXPECT_EQ(info.program_count, 4);
  mlc_tensor_info_t tensor;
  ASSERT_EQ(mlc_model_input(model, 0, &tensor), MLC_OK);
  EXPECT_STREQ(tensor.name, "a");
  EXPECT_EQ(tensor.dims[1].symbol, 1);
  ASSERT_EQ(mlc_model_output(model, 1, &tensor), MLC_OK);
  EXPECT_EQ(tensor.dims[0].size, -1);
  EXPECT_EQ(mlc_model_output(model, 2, &tensor), MLC_NOT_FOUND);
  mlc_symbol_info_t symbol;
  ASSERT_EQ(mlc_model_symbol(model, 0, &symbol), MLC_OK);
  EXPECT_EQ(symbol.max, 64);
  mlc_program_info_t program;
  ASSERT_EQ(mlc_model_program(model, 0, &program), MLC_OK);
  EXPECT_EQ(program.runnable, 0);
  mlc_kernel_info_t kernel;
  ASSERT_EQ(mlc_model_kernel(model, 1, 1, &kernel), MLC_OK);
  EXPECT_STREQ(kernel.nodes, "/Mul;/Add_1");
  EXPECT_EQ(mlc_model_kernel(model, 1, 3, &kernel), MLC_NOT_FOUND);
  mlc_image_info_t image;
  ASSERT_EQ(mlc_model_image(model, 3, 1, &image), MLC_OK);
  EXPECT_STREQ(image.arch, "gfx942");
  EXPECT_EQ(image.kind, MLC_IMAGE_HSACO);
  EXPECT_EQ(image.bytes, 5);
  EXPECT_STREQ((const char *)image.data, "FAKE");
  EXPECT_EQ(mlc_model_image(model, 3, 2, &image), MLC_NOT_FOUND);
  EXPECT_EQ(mlc_model_image(model, 1, 0, &image), MLC_NOT_FOUND);
  EXPECT_EQ(mlc_model_image(model, 4, 0, &image), MLC_NOT_FOUND);
}

TEST(Errors, BelongToTheThread) {
  Session session;
  FakeRun call(65, 1);
  EXPECT_EQ(call(session), MLC_INVALID_ARGUMENT);
  std::thread([&] { EXPECT_STREQ(mlc_last_error(session), ""); }).join();
  EXPECT_ERROR(session, "'batch'");
}

} // namespace
