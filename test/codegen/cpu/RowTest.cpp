//===- RowTest.cpp - row kernels by both emitters and in f64 ----*- C++ -*-===//
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
using llvm::SmallVector;

namespace {

class RowTest : public IsaTest {};

/// Replaces X, R (the row type) and C (the last dim) in a group's text.
std::string instantiate(std::string text, const std::string &rows,
                        const std::string &columns) {
  auto replace = [&](const std::string &from, const std::string &to) {
    for (size_t at = 0; (at = text.find(from, at)) != std::string::npos;
         at += to.size()) {
      text.replace(at, from.size(), to);
    }
  };
  replace("$X", "tensor<" + rows + "x" + columns + "xf32>");
  replace("$R", "tensor<" + rows + "x1xf32>");
  replace("$G", "tensor<" + columns + "xf32>");
  std::string dims;
  for (char c : rows + columns) {
    dims += c != '?' ? "" : dims.empty() ? "%d" : ", %d";
  }
  replace("$D", dims);
  return text;
}

const char *const kSoftmax = R"(
func.func @g(%a: $X, %d: index) -> $X {
  %y = mlc.group "row"(%a) dims($D) : ($X) -> $X {
  ^bb0(%x: $X):
    %m = mlc.reduce %x {axes = array<i64: 1>, kind = 2 : i32} : ($X) -> $R
    %s = mlc.sub %x, %m : ($X, $R) -> $X
    %e = mlc.exp %s : ($X) -> $X
    %t = mlc.reduce %e {axes = array<i64: 1>, kind = 0 : i32} : ($X) -> $R
    %q = mlc.div %e, %t : ($X, $R) -> $X
    mlc.yield %q : $X
  }
  return %y : $X
}
)";

const char *const kLayerNorm = R"(
func.func @g(%a: $X, %b: $X, %c: $G, %f: $G, %d: index) -> ($X, $X, $R) {
  %y:3 = mlc.group "row"(%a, %b, %c, %f) dims($D, $D$E) : ($X, $X, $G, $G) -> ($X, $X, $R) {
  ^bb0(%x0: $X, %res: $X, %g: $G, %h: $G):
    %count = mlc.constant dense<$N> : tensor<f32> : tensor<f32>
    %eps = mlc.constant dense<1.0e-5> : tensor<f32> : tensor<f32>
    %x = mlc.add %x0, %res : ($X, $X) -> $X
    %s = mlc.reduce %x {axes = array<i64: 1>, kind = 0 : i32} : ($X) -> $R
    %mean = mlc.div %s, %count : ($R, tensor<f32>) -> $R
    %c0 = mlc.sub %x, %mean : ($X, $R) -> $X
    %sq = mlc.mul %c0, %c0 : ($X, $X) -> $X
    %v = mlc.reduce %sq {axes = array<i64: 1>, kind = 0 : i32} : ($X) -> $R
    %var = mlc.div %v, %count : ($R, tensor<f32>) -> $R
    %w = mlc.add %var, %eps : ($R, tensor<f32>) -> $R
    %inv = mlc.rsqrt %w : ($R) -> $R
    %n = mlc.mul %c0, %inv : ($X, $R) -> $X
    %1 = mlc.mul %n, %g : ($X, $G) -> $X
    %2 = mlc.add %1, %h : ($X, $G) -> $X
    mlc.yield %2, %x, %inv : $X, $X, $R
  }
  return %y#0, %y#1, %y#2 : $X, $X, $R
}
)";

TEST_P(RowTest, Softmax) {
  for (bool isDynamic : {true, false}) {
    for (int64_t c : {1, 2, 7, 16, 17, 63, 64, 65, 130}) {
      std::string text =
          instantiate(kSoftmax, "?", isDynamic ? "?" : std::to_string(c));
      GroupTester tester(GetParam(), text, emitRowKernel);
      ASSERT_TRUE(tester.isReady());
      ASSERT_LT(tester.compare({{{5, c}, {}}}, {{5, c}}), 2e-6) << c;
    }
  }
}

TEST_P(RowTest, SoftmaxSpecialValues) {
  GroupTester tester(GetParam(), instantiate(kSoftmax, "?", "?"),
                     emitRowKernel);
  ASSERT_TRUE(tester.isReady());
  std::vector<float> x = randomFloats(4 * 70, 5);
  x[3] = NAN;
  x[70 + 69] = INFINITY;
  for (int i = 0; i < 70; ++i) {
    x[2 * 70 + i] = -INFINITY;
    x[3 * 70 + i] *= 1e4f;
  }
  EXPECT_LT(tester.compare({{{4, 70}, x}}, {{4, 70}}), 2e-6);
}

TEST_P(RowTest, SoftmaxAccuracy) {
  // Without the generic kernel: it takes C^3 steps here.
  GroupTester tester(GetParam(), instantiate(kSoftmax, "?", "?"), emitRowKernel,
                     false);
  ASSERT_TRUE(tester.isReady());
  std::vector<float> x = randomFloats(1000, 9);
  for (float &value : x) {
    value *= 10;
  }
  tester.compare({{{1, 1000}, x}}, {{1, 1000}});
  double sum = 0;
  for (float value : x) {
    sum += std::exp(double(value));
  }
  for (int i = 0; i < 1000; ++i) {
    double expected = std::exp(double(x[i])) / sum;
    ASSERT_NEAR(tester.results()[0][i], expected, 2e-6 * expected + 1e-12);
  }
}

TEST_P(RowTest, LayerNormOfSumWithThreeResults) {
  for (bool isDynamic : {true, false}) {
    for (int64_t c : {1, 5, 16, 33, 100}) {
      std::string text(kLayerNorm);
      text.replace(text.find("$N"), 2, std::to_string(c) + ".0");
      text.replace(text.find("$E"), 2, ", %d");
      text = instantiate(text, "?", isDynamic ? "?" : std::to_string(c));
      GroupTester tester(GetParam(), text, emitRowKernel);
      ASSERT_TRUE(tester.isReady());
      // One column: 0 / sqrt(eps) is sensitive, but exact on both sides.
      ASSERT_LT(
          tester.compare({{{7, c}, {}}, {{7, c}, {}}, {{c}, {}}, {{c}, {}}},
                         {{7, c}, {7, c}, {7, 1}}),
          1e-5)
          << c;
    }
  }
}

TEST_P(RowTest, ReductionsOverTwoDims) {
  const char *text = R"(
func.func @g(%a: tensor<?x3x?x7xf32>, %d: index) -> (tensor<?x3x1x1xf32>, tensor<?x3x1x1xf32>) {
  %y:2 = mlc.group "row"(%a) dims(%d, %d) : (tensor<?x3x?x7xf32>) -> (tensor<?x3x1x1xf32>, tensor<?x3x1x1xf32>) {
  ^bb0(%x: tensor<?x3x?x7xf32>):
    %m = mlc.reduce %x {axes = array<i64: 2, 3>, kind = 3 : i32} : (tensor<?x3x?x7xf32>) -> tensor<?x3x1x1xf32>
    %0 = mlc.sub %x, %m : (tensor<?x3x?x7xf32>, tensor<?x3x1x1xf32>) -> tensor<?x3x?x7xf32>
    %s = mlc.reduce %0 {axes = array<i64: 2, 3>, kind = 0 : i32} : (tensor<?x3x?x7xf32>) -> tensor<?x3x1x1xf32>
    mlc.yield %m, %s : tensor<?x3x1x1xf32>, tensor<?x3x1x1xf32>
  }
  return %y#0, %y#1 : tensor<?x3x1x1xf32>, tensor<?x3x1x1xf32>
}
)";
  GroupTester tester(GetParam(), text, emitRowKernel);
  ASSERT_TRUE(tester.isReady());
  for (int64_t h : {1, 4, 13}) {
    EXPECT_LT(
        tester.compare({{{2, 3, h, 7}, {}}}, {{2, 3, 1, 1}, {2, 3, 1, 1}}),
        3e-6);
  }
}

INSTANTIATE_TEST_SUITE_P(Isa, RowTest,
                         testing::Values(avx512Isa(), avx2Isa(), sseIsa()));

} // namespace
