//===- ColumnTest.cpp - reductions over dims that others follow -*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/CpuKernels.h"
#include "test/codegen/cpu/GroupTester.h"
#include "test/codegen/cpu/IsaTest.h"
#include "test/codegen/cpu/KernelReference.h"
#include "gtest/gtest.h"

using namespace mlc::codegen;
using namespace mlc::codegen::test;

namespace {

class ColumnTest : public IsaTest {};

/// Replaces $W, the last dim, everywhere.
std::string withLast(std::string text, const std::string &dim) {
  for (size_t at; (at = text.find("$W")) != std::string::npos;) {
    text.replace(at, 2, dim);
  }
  return text;
}

// Softmax over the channels of an image, scaled by channel and by picture.
const char *const kSoftmax = R"(
func.func @g(%a: tensor<?x?x3x$Wxf32>, %c: tensor<?x1x1xf32>, %p: tensor<?x1x1x1xf32>, %d: index) -> (tensor<?x?x3x$Wxf32>, tensor<?x1x3x$Wxf32>) {
  %y:2 = mlc.group "column"(%a, %c, %p) dims($D) : (tensor<?x?x3x$Wxf32>, tensor<?x1x1xf32>, tensor<?x1x1x1xf32>) -> (tensor<?x?x3x$Wxf32>, tensor<?x1x3x$Wxf32>) {
  ^bb0(%x0: tensor<?x?x3x$Wxf32>, %channel: tensor<?x1x1xf32>, %picture: tensor<?x1x1x1xf32>):
    %x1 = mlc.mul %x0, %channel : (tensor<?x?x3x$Wxf32>, tensor<?x1x1xf32>) -> tensor<?x?x3x$Wxf32>
    %x = mlc.mul %x1, %picture : (tensor<?x?x3x$Wxf32>, tensor<?x1x1x1xf32>) -> tensor<?x?x3x$Wxf32>
    %m = mlc.reduce %x {axes = array<i64: 1>, kind = 2 : i32} : (tensor<?x?x3x$Wxf32>) -> tensor<?x1x3x$Wxf32>
    %s = mlc.sub %x, %m : (tensor<?x?x3x$Wxf32>, tensor<?x1x3x$Wxf32>) -> tensor<?x?x3x$Wxf32>
    %e = mlc.exp %s : (tensor<?x?x3x$Wxf32>) -> tensor<?x?x3x$Wxf32>
    %t = mlc.reduce %e {axes = array<i64: 1>, kind = 0 : i32} : (tensor<?x?x3x$Wxf32>) -> tensor<?x1x3x$Wxf32>
    %q = mlc.div %e, %t : (tensor<?x?x3x$Wxf32>, tensor<?x1x3x$Wxf32>) -> tensor<?x?x3x$Wxf32>
    %l = mlc.log %t : (tensor<?x1x3x$Wxf32>) -> tensor<?x1x3x$Wxf32>
    mlc.yield %q, %l : tensor<?x?x3x$Wxf32>, tensor<?x1x3x$Wxf32>
  }
  return %y#0, %y#1 : tensor<?x?x3x$Wxf32>, tensor<?x1x3x$Wxf32>
}
)";

std::string softmax(const std::string &last) {
  std::string text = withLast(kSoftmax, last);
  bool isDynamic = last == "?";
  text.replace(text.find("$D"), 2,
               isDynamic ? "%d, %d, %d, %d, %d" : "%d, %d, %d");
  return text;
}

TEST_P(ColumnTest, SoftmaxOverChannels) {
  for (bool isDynamic : {true, false}) {
    for (int64_t w : {1, 5, 16, 43, 90}) {
      GroupTester tester(GetParam(),
                         softmax(isDynamic ? "?" : std::to_string(w)),
                         emitColumnKernel);
      ASSERT_TRUE(tester.isReady());
      for (int64_t channels : {1, 9}) {
        ASSERT_LT(tester.compare({{{2, channels, 3, w}, {}},
                                  {{channels, 1, 1}, {}},
                                  {{2, 1, 1, 1}, {}}},
                                 {{2, channels, 3, w}, {2, 1, 3, w}}),
                  3e-6)
            << w << " " << channels;
      }
    }
  }
}

TEST_P(ColumnTest, NaNAndInfinitiesStayInTheirColumn) {
  GroupTester tester(GetParam(), softmax("?"), emitColumnKernel);
  ASSERT_TRUE(tester.isReady());
  std::vector<float> x = randomFloats(5 * 3 * 50, 5);
  x[3] = NAN;
  x[150 + 69] = INFINITY;
  for (int i = 0; i < 5; ++i) {
    x[150 * i + 7] = -INFINITY;
    x[150 * i + 140] *= 1e4f;
  }
  std::vector<float> ones(5, 1.0f);
  EXPECT_LT(tester.compare(
                {{{1, 5, 3, 50}, x}, {{5, 1, 1}, ones}, {{1, 1, 1, 1}, {1}}},
                {{1, 5, 3, 50}, {1, 1, 3, 50}}),
            3e-6);
}

TEST_P(ColumnTest, SeveralLeadingAxes) {
  const char *text = R"(
func.func @g(%a: tensor<?x3x?xf32>, %d: index) -> (tensor<1x1x?xf32>, tensor<1x1x?xf32>) {
  %y:2 = mlc.group "column"(%a) dims(%d, %d) : (tensor<?x3x?xf32>) -> (tensor<1x1x?xf32>, tensor<1x1x?xf32>) {
  ^bb0(%x: tensor<?x3x?xf32>):
    %m = mlc.reduce %x {axes = array<i64: 0, 1>, kind = 3 : i32} : (tensor<?x3x?xf32>) -> tensor<1x1x?xf32>
    %0 = mlc.sub %x, %m : (tensor<?x3x?xf32>, tensor<1x1x?xf32>) -> tensor<?x3x?xf32>
    %s = mlc.reduce %0 {axes = array<i64: 0, 1>, kind = 0 : i32} : (tensor<?x3x?xf32>) -> tensor<1x1x?xf32>
    mlc.yield %m, %s : tensor<1x1x?xf32>, tensor<1x1x?xf32>
  }
  return %y#0, %y#1 : tensor<1x1x?xf32>, tensor<1x1x?xf32>
}
)";
  GroupTester tester(GetParam(), text, emitColumnKernel);
  ASSERT_TRUE(tester.isReady());
  for (int64_t rows : {0, 1, 4, 13}) {
    for (int64_t columns : {0, 1, 7, 140}) {
      EXPECT_LT(tester.compare({{{rows, 3, columns}, {}}},
                               {{1, 1, columns}, {1, 1, columns}}),
                1e-5);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Isa, ColumnTest,
                         testing::Values(avx512Isa(), avx2Isa(), sseIsa()));

} // namespace
