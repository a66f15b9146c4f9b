//===- GemmGroupTest.cpp - contract groups by both emitters -----*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/CpuKernels.h"
#include "test/codegen/cpu/GroupTester.h"
#include "test/codegen/cpu/IsaTest.h"
#include "gtest/gtest.h"

using namespace mlc::codegen;
using namespace mlc::codegen::test;
using llvm::SmallVector;

namespace {

class GemmGroupTest : public IsaTest {};

// Bias, activation, residual of the same shape, per-row and scalar operands.
const char *const kEpilogue = R"(
func.func @g(%a: tensor<?x?x19xf32>, %w: tensor<2x19x32xf32>, %c: tensor<45xf32>,
             %r: tensor<?x?x45xf32>, %s: tensor<?x1x1xf32>, %t: tensor<?x1xf32>,
             %d: index) -> tensor<?x?x45xf32> {
  %y = mlc.group "contract"(%a, %w, %c, %r, %s, %t) dims(%d, %d) :
      (tensor<?x?x19xf32>, tensor<2x19x32xf32>, tensor<45xf32>, tensor<?x?x45xf32>,
       tensor<?x1x1xf32>, tensor<?x1xf32>) -> tensor<?x?x45xf32> {
  ^bb0(%x: tensor<?x?x19xf32>, %p: tensor<2x19x32xf32>, %bias: tensor<45xf32>,
       %res: tensor<?x?x45xf32>, %scale: tensor<?x1x1xf32>, %shift: tensor<?x1xf32>):
    %0 = mlc.matmul_packed %x, %p {columns = 45 : i64} : (tensor<?x?x19xf32>, tensor<2x19x32xf32>) -> tensor<?x?x45xf32>
    %1 = mlc.add %0, %bias : (tensor<?x?x45xf32>, tensor<45xf32>) -> tensor<?x?x45xf32>
    %2 = mlc.tanh %1 : (tensor<?x?x45xf32>) -> tensor<?x?x45xf32>
    %3 = mlc.mul %2, %scale : (tensor<?x?x45xf32>, tensor<?x1x1xf32>) -> tensor<?x?x45xf32>
    %4 = mlc.add %3, %res : (tensor<?x?x45xf32>, tensor<?x?x45xf32>) -> tensor<?x?x45xf32>
    %5 = mlc.sub %4, %shift : (tensor<?x?x45xf32>, tensor<?x1xf32>) -> tensor<?x?x45xf32>
    mlc.yield %5 : tensor<?x?x45xf32>
  }
  return %y : tensor<?x?x45xf32>
}
)";

TEST_P(GemmGroupTest, Epilogue) {
  GroupTester tester(GetParam(), kEpilogue, emitGemmKernel);
  ASSERT_TRUE(tester.isReady());
  for (auto [n, m] :
       {std::pair<int64_t, int64_t>{1, 1}, {2, 7}, {3, 13}, {5, 29}}) {
    double worst = tester.compare({{{n, m, 19}, {}},
                                   {{2, 19, 32}, {}},
                                   {{45}, {}},
                                   {{n, m, 45}, {}},
                                   {{n, 1, 1}, {}},
                                   {{m, 1}, {}}},
                                  {{n, m, 45}});
    EXPECT_LT(worst, 3e-6) << n << " " << m;
  }
}

// Pairs of 16-bit integers, and of bytes in the panels, over their whole range:
// the sums wrap around.
TEST_P(GemmGroupTest, Pairs) {
  for (const char *panels : {"tensor<2x19x32xi32>", "tensor<2x19x32xi16>"}) {
    std::string text = R"(
func.func @g(%a: tensor<?x19xi32>, %w: PANELS, %d: index) -> tensor<?x45xf32> {
  %y = mlc.group "contract"(%a, %w) dims(%d) : (tensor<?x19xi32>, PANELS) -> tensor<?x45xf32> {
  ^bb0(%x: tensor<?x19xi32>, %p: PANELS):
    %0 = mlc.matmul_packed %x, %p {columns = 45 : i64} : (tensor<?x19xi32>, PANELS) -> tensor<?x45xi32>
    %1 = mlc.cast %0 {to = f32} : (tensor<?x45xi32>) -> tensor<?x45xf32>
    mlc.yield %1 : tensor<?x45xf32>
  }
  return %y : tensor<?x45xf32>
}
)";
    for (size_t at; (at = text.find("PANELS")) != std::string::npos;) {
      text.replace(at, 6, panels);
    }
    GroupTester tester(GetParam(), text, emitGemmKernel);
    ASSERT_TRUE(tester.isReady());
    for (int64_t m : {1, 13, 29}) {
      double worst = tester.compare(
          {{{m, 19}, {}, pairsOf16(m * 19, 0x9e3779b9u)},
           {{2, 19, 32}, {}, pairsOf16(2 * 19 * 32, 0x85ebca6bu)}},
          {{m, 45}});
      EXPECT_EQ(worst, 0) << panels << " " << m;
    }
    EXPECT_EQ(countLoopSpills(tester.getHarness().assembly()), 0);
  }
}

std::string stridedGroup(const std::string &a, const std::string &b,
                         const std::string &y, int dynamic, bool ta, bool tb) {
  std::string dims;
  for (int i = 0; i < dynamic; ++i) {
    dims += i ? ", %d" : "%d";
  }
  auto flag = [](bool value) { return value ? "true" : "false"; };
  return "func.func @g(%a: " + a + ", %b: " + b + ", %d: index) -> " + y +
         " {\n %y = mlc.group \"contract\"(%a, %b) dims(" + dims + ") : (" + a +
         ", " + b + ") -> " + y + " {\n ^bb0(%p: " + a + ", %q: " + b +
         "):\n %0 = mlc.matmul %p, %q {transpose_a = " + flag(ta) +
         ", transpose_b = " + flag(tb) + "} : (" + a + ", " + b + ") -> " + y +
         "\n %1 = mlc.mul %0, %0 : (" + y + ", " + y + ") -> " + y +
         "\n mlc.yield %1 : " + y + "\n }\n return %y : " + y + "\n}\n";
}

TEST_P(GemmGroupTest, BatchedDynamic) {
  const std::string type = "tensor<?x?x?x?xf32>";
  for (bool ta : {false, true}) {
    for (bool tb : {false, true}) {
      GroupTester tester(GetParam(), stridedGroup(type, type, type, 4, ta, tb),
                         emitGemmKernel);
      ASSERT_TRUE(tester.isReady());
      const int64_t shapes[][3] = {{1, 1, 1},    {3, 17, 5}, {14, 32, 16},
                                   {15, 33, 0},  {33, 7, 9}, {5, 70, 300},
                                   {130, 3, 513}};
      for (const auto &s : shapes) {
        int64_t m = s[0], n = s[1], k = s[2];
        double worst = tester.compare({{{2, 3, ta ? k : m, ta ? m : k}, {}},
                                       {{2, 3, tb ? n : k, tb ? k : n}, {}}},
                                      {{2, 3, m, n}});
        EXPECT_LT(worst, 2e-5) << m << "x" << n << "x" << k << ta << tb;
      }
    }
  }
}

TEST_P(GemmGroupTest, BatchBroadcastStatic) {
  for (bool ta : {false, true}) {
    std::string a = ta ? "tensor<3x1x40x21xf32>" : "tensor<3x1x21x40xf32>";
    GroupTester tester(GetParam(),
                       stridedGroup(a, "tensor<2x40x50xf32>",
                                    "tensor<3x2x21x50xf32>", 0, ta, false),
                       emitGemmKernel);
    ASSERT_TRUE(tester.isReady());
    SmallVector<int64_t> aDims = {3, 1, ta ? 40 : 21, ta ? 21 : 40};
    EXPECT_LT(
        tester.compare({{aDims, {}}, {{2, 40, 50}, {}}}, {{3, 2, 21, 50}}),
        1e-5);
  }
}

INSTANTIATE_TEST_SUITE_P(Isa, GemmGroupTest,
                         testing::Values(avx512Isa(), avx2Isa(), sseIsa()));

} // namespace
