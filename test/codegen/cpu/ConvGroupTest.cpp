//===- ConvGroupTest.cpp - conv and pool groups by both emitters *- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Results have whole blocks, as both emitters may fill the other lanes as they
// like.
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/CpuKernels.h"
#include "test/codegen/cpu/GroupTester.h"
#include "test/codegen/cpu/IsaTest.h"
#include "gtest/gtest.h"

using namespace mlc::codegen;
using namespace mlc::codegen::test;

namespace {

class ConvGroupTest : public IsaTest {};

/// A function with one group: inputs of these types, block arguments %0, %1...;
/// `body` ends in a yield of the group's one result.
std::string groupText(const std::string &archetype,
                      const std::vector<std::string> &inputs,
                      const std::string &result, const std::string &dims,
                      const std::string &body) {
  std::string parameters, operands, types, arguments;
  for (size_t i = 0; i < inputs.size(); ++i) {
    std::string comma = i ? ", " : "", n = std::to_string(i);
    parameters += comma + "%a" + n + ": " + inputs[i];
    operands += comma + "%a" + n;
    types += comma + inputs[i];
    arguments += comma + "%b" + n + ": " + inputs[i];
  }
  return "func.func @g(" + parameters + ", %d: index) -> " + result +
         " {\n  %y = mlc.group \"" + archetype + "\"(" + operands + ") dims(" +
         dims + ") : (" + types + ") -> " + result + " {\n  ^bb0(" + arguments +
         "):\n" + body + "\n  }\n  return %y : " + result + "\n}\n";
}

const char *const kWindow3 =
    "dilations = array<i64: 1, 1>, kernel = array<i64: 3, 3>, "
    "pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>";

// Everything an epilogue can read: per channel, per image and channel, per
// pixel, per row, whole, scalar; and a polynomial.
TEST_P(ConvGroupTest, DirectEpilogue) {
  const std::string y = "tensor<?x3x6x17x16xf32>";
  for (const char *function : {"mlc.relu", "mlc.tanh"}) {
    std::string body =
        std::string("    %0 = mlc.conv_blocked %b0, %b1 {channels = 20 : i64, "
                    "filters = 48 : i64, form = 0 : i32, ") +
        kWindow3 +
        "} : (tensor<?x2x6x17x16xf32>, tensor<1x2x2x3x3x16x32xf32>) -> " + y +
        R"(
    %1 = mlc.add %0, %b2 : ()" +
        y + R"(, tensor<3x1x1x16xf32>) -> )" + y + R"(
    %2 = mlc.mul %1, %b3 : ()" +
        y + R"(, tensor<?x3x1x1x16xf32>) -> )" + y + R"(
    %3 = mlc.add %2, %b4 : ()" +
        y + R"(, )" + y + R"() -> )" + y + R"(
    %4 = )" +
        function + R"( %3 : ()" + y + R"() -> )" + y + R"(
    %5 = mlc.sub %4, %b5 : ()" +
        y + R"(, tensor<?x1x6x17x1xf32>) -> )" + y + R"(
    %6 = mlc.mul %5, %b6 : ()" +
        y + R"(, tensor<6x1x1xf32>) -> )" + y + R"(
    %7 = mlc.add %6, %b7 : ()" +
        y + R"(, tensor<f32>) -> )" + y + R"(
    mlc.yield %7 : )" +
        y;
    GroupTester tester(
        GetParam(),
        groupText("conv_blocked",
                  {"tensor<?x2x6x17x16xf32>", "tensor<1x2x2x3x3x16x32xf32>",
                   "tensor<3x1x1x16xf32>", "tensor<?x3x1x1x16xf32>", y,
                   "tensor<?x1x6x17x1xf32>", "tensor<6x1x1xf32>",
                   "tensor<f32>"},
                  y, "%d", body),
        emitConvKernel);
    ASSERT_TRUE(tester.isReady());
    for (int64_t n : {1, 3}) {
      double worst = tester.compare({{{n, 2, 6, 17, 16}, {}},
                                     {{1, 2, 2, 3, 3, 16, 32}, {}},
                                     {{3, 1, 1, 16}, {}},
                                     {{n, 3, 1, 1, 16}, {}},
                                     {{n, 3, 6, 17, 16}, {}},
                                     {{n, 1, 6, 17, 1}, {}},
                                     {{6, 1, 1}, {}},
                                     {{}, {}}},
                                    {{n, 3, 6, 17, 16}});
      EXPECT_LT(worst, 2e-5) << function << " " << n;
    }
  }
}

// Pairs of 16-bit integers over their whole range: the sums wrap around.
TEST_P(ConvGroupTest, Pairs) {
  const std::string x = "tensor<2x2x6x17x16xi32>",
                    w = "tensor<1x2x2x3x3x16x32xi32>",
                    sum = "tensor<2x3x6x17x16xi32>",
                    y = "tensor<2x3x6x17x16xf32>";
  std::string body = "    %0 = mlc.conv_blocked %b0, %b1 {channels = 32 : i64, "
                     "filters = 48 : i64, form = 0 : i32, " +
                     std::string(kWindow3) + "} : (" + x + ", " + w + ") -> " +
                     sum + "\n    %1 = mlc.cast %0 {to = f32} : (" + sum +
                     ") -> " + y + "\n    mlc.yield %1 : " + y;
  GroupTester tester(GetParam(), groupText("conv_blocked", {x, w}, y, "", body),
                     emitConvKernel);
  ASSERT_TRUE(tester.isReady());
  std::vector<int32_t> weights = pairsOf16(2 * 2 * 9 * 16 * 32, 0x85ebca6bu);
  double worst = tester.compare(
      {{{2, 2, 6, 17, 16}, {}, pairsOf16(2 * 2 * 6 * 17 * 16, 0x9e3779b9u)},
       {{1, 2, 2, 3, 3, 16, 32}, {}, weights}},
      {{2, 3, 6, 17, 16}});
  EXPECT_EQ(worst, 0);
  EXPECT_EQ(countLoopSpills(tester.getHarness().assembly()), 0);
}

TEST_P(ConvGroupTest, DynamicExtents) {
  const std::string x = "tensor<?x1x?x?x16xf32>", y = "tensor<?x2x?x?x16xf32>";
  std::string body =
      std::string("    %0 = mlc.conv_blocked %b0, %b1 {channels = 16 : i64, "
                  "filters = 32 : i64, form = 0 : i32, ") +
      kWindow3 + "} : (" + x + ", tensor<1x1x1x3x3x16x32xf32>) -> " + y +
      "\n    %1 = mlc.add %0, %b2 : (" + y + ", " + y + ") -> " + y +
      "\n    mlc.yield %1 : " + y;
  GroupTester tester(GetParam(),
                     groupText("conv_blocked",
                               {x, "tensor<1x1x1x3x3x16x32xf32>", y}, y,
                               "%d, %d, %d", body),
                     emitConvKernel);
  ASSERT_TRUE(tester.isReady());
  for (auto [h, w] : {std::pair<int64_t, int64_t>{1, 1}, {2, 33}, {9, 14}}) {
    double worst = tester.compare({{{2, 1, h, w, 16}, {}},
                                   {{1, 1, 1, 3, 3, 16, 32}, {}},
                                   {{2, 2, h, w, 16}, {}}},
                                  {{2, 2, h, w, 16}});
    EXPECT_LT(worst, 2e-5) << h << " " << w;
  }
}

TEST_P(ConvGroupTest, OtherForms) {
  struct Form {
    std::string x, w, y, attributes;
    std::vector<int64_t> xDims, wDims, yDims;
  };
  const std::string shared = "dilations = array<i64: 1, 1>, ";
  const Form forms[] = {
      {"tensor<?x3x9x11xf32>",
       "tensor<1x3x3x3x32xf32>",
       "tensor<?x2x5x6x16xf32>",
       "channels = 3 : i64, filters = 32 : i64, form = 1 : i32, kernel = "
       "array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: "
       "2, 2>",
       {2, 3, 9, 11},
       {1, 3, 3, 3, 32},
       {2, 2, 5, 6, 16}},
      {"tensor<?x2x3x4x16xf32>",
       "tensor<2x2x1x2x16x32xf32>",
       "tensor<?x1x6x8x16xf32>",
       "channels = 20 : i64, filters = 16 : i64, form = 3 : i32, kernel = "
       "array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: "
       "2, 2>",
       {2, 2, 3, 4, 16},
       {2, 2, 1, 2, 16, 32},
       {2, 1, 6, 8, 16}},
      {"tensor<?x2x7x8x16xf32>",
       "tensor<2x5x5x1x16xf32>",
       "tensor<?x2x7x8x16xf32>",
       "channels = 32 : i64, filters = 32 : i64, group = 32 : i64, form = 4 : "
       "i32, kernel = array<i64: 5, 5>, pads = array<i64: 2, 2, 2, 2>, strides "
       "= array<i64: 1, 1>",
       {2, 2, 7, 8, 16},
       {2, 5, 5, 1, 16},
       {2, 2, 7, 8, 16}},
      {"tensor<?x2x7x8x16xf32>",
       "tensor<2x3x3x4x16xf32>",
       "tensor<?x2x7x8x16xf32>",
       "channels = 32 : i64, filters = 32 : i64, group = 8 : i64, form = 4 : "
       "i32, kernel = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>, strides "
       "= array<i64: 1, 1>",
       {2, 2, 7, 8, 16},
       {2, 3, 3, 4, 16},
       {2, 2, 7, 8, 16}},
      {"tensor<?x4x7x8x16xf32>",
       "tensor<2x1x2x3x3x16x32xf32>",
       "tensor<?x4x7x8x16xf32>",
       "channels = 64 : i64, filters = 64 : i64, group = 2 : i64, form = 0 : "
       "i32, kernel = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>, strides "
       "= array<i64: 1, 1>",
       {2, 4, 7, 8, 16},
       {2, 1, 2, 3, 3, 16, 32},
       {2, 4, 7, 8, 16}},
  };
  for (const Form &form : forms) {
    std::string body = "    %0 = mlc.conv_blocked %b0, %b1 {" + shared +
                       form.attributes + "} : (" + form.x + ", " + form.w +
                       ") -> " + form.y + "\n    mlc.yield %0 : " + form.y;
    GroupTester tester(
        GetParam(),
        groupText("conv_blocked", {form.x, form.w}, form.y, "%d", body),
        emitConvKernel);
    ASSERT_TRUE(tester.isReady());
    double worst = tester.compare(
        {{llvm::SmallVector<int64_t>(form.xDims.begin(), form.xDims.end()), {}},
         {llvm::SmallVector<int64_t>(form.wDims.begin(), form.wDims.end()),
          {}}},
        {llvm::SmallVector<int64_t>(form.yDims.begin(), form.yDims.end())});
    EXPECT_LT(worst, 2e-5) << form.attributes;
  }
}

TEST_P(ConvGroupTest, PoolAndReduction) {
  const std::string x = "tensor<?x2x9x10x16xf32>", y = "tensor<?x2x5x5x16xf32>";
  for (int kind : {0, 1}) {
    std::string body =
        "    %0 = mlc.pool_blocked %b0 {kind = " + std::to_string(kind) +
        " : i32, kernel = array<i64: 3, 2>, pads = array<i64: 1, 0, 1, 0>, "
        "strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>} : (" +
        x + ") -> " + y + "\n    %1 = mlc.relu %0 : (" + y + ") -> " + y +
        "\n    mlc.yield %1 : " + y;
    GroupTester tester(GetParam(),
                       groupText("pool_blocked", {x}, y, "%d", body),
                       emitPoolKernel);
    ASSERT_TRUE(tester.isReady());
    EXPECT_LT(tester.compare({{{2, 2, 9, 10, 16}, {}}}, {{2, 2, 5, 5, 16}}),
              1e-6);
  }
  const std::string z = "tensor<?x2x1x1x16xf32>";
  std::string body =
      "    %0 = mlc.mul %b0, %b1 : (" + x + ", " + z + ") -> " + x +
      "\n    %1 = mlc.reduce %0 {axes = array<i64: 2, 3>, kind = 0 : i32} : (" +
      x + ") -> " + z + "\n    mlc.yield %1 : " + z;
  GroupTester tester(GetParam(), groupText("reduce", {x, z}, z, "%d", body),
                     emitPoolKernel);
  ASSERT_TRUE(tester.isReady());
  EXPECT_LT(tester.compare({{{3, 2, 9, 10, 16}, {}}, {{3, 2, 1, 1, 16}, {}}},
                           {{3, 2, 1, 1, 16}}),
            1e-5);
}

TEST_P(ConvGroupTest, Packing) {
  for (int64_t channels : {3, 16, 40}) {
    int64_t blocks = (channels + 15) / 16;
    std::string x = "tensor<?x" + std::to_string(channels) + "x?x?xf32>";
    std::string y = "tensor<?x" + std::to_string(blocks) + "x?x?x16xf32>";
    std::string pack = "    %0 = mlc.pack %b0 : (" + x + ") -> " + y +
                       "\n    mlc.yield %0 : " + y;
    std::string unpack =
        "    %0 = mlc.unpack %b0 {channels = " + std::to_string(channels) +
        " : i64} : (" + y + ") -> " + x + "\n    mlc.yield %0 : " + x;
    GroupTester packer(GetParam(),
                       groupText("pack", {x}, y, "%d, %d, %d", pack),
                       emitPackKernel);
    GroupTester unpacker(GetParam(),
                         groupText("unpack", {y}, x, "%d, %d, %d", unpack),
                         emitPackKernel);
    ASSERT_TRUE(packer.isReady() && unpacker.isReady());
    for (auto [h, w] : {std::pair<int64_t, int64_t>{1, 1}, {5, 7}, {20, 30}}) {
      llvm::SmallVector<int64_t> planar{2, channels, h, w};
      llvm::SmallVector<int64_t> blocked{2, blocks, h, w, 16};
      EXPECT_EQ(packer.compare({{planar, {}}}, {blocked}), 0);
      EXPECT_EQ(unpacker.compare({{blocked, {}}}, {planar}), 0);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Isa, ConvGroupTest,
                         testing::Values(avx512Isa(), avx2Isa(), sseIsa()));

} // namespace
