//===- AttentionTest.cpp - fused attention against plain loops --*- C++ -*-===//
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

class AttentionTest : public IsaTest {};

struct Form {
  std::string q, k, v, y, mask; ///< tensor types; no mask: ""
  std::string flags;            ///< heads_inside
  bool causal = false, nanToZero = false;
};

std::string attentionText(const Form &f) {
  auto dynamicDims = [](const std::string &type) {
    std::string dims;
    for (char c : type) {
      dims += c != '?' ? "" : dims.empty() ? "%d" : ", %d";
    }
    return dims;
  };
  bool masked = !f.mask.empty();
  std::string types =
      f.q + ", " + f.k + ", " + f.v + (masked ? ", " + f.mask : "");
  std::string arguments = "%q: " + f.q + ", %k: " + f.k + ", %v: " + f.v +
                          (masked ? ", %m: " + f.mask : "");
  std::string names = masked ? "%q, %k, %v, %m" : "%q, %k, %v";
  std::string outer = "%a0: " + f.q + ", %a1: " + f.k + ", %a2: " + f.v +
                      (masked ? ", %a3: " + f.mask : "");
  auto flag = [](bool value) { return value ? "true" : "false"; };
  return "func.func @g(" + outer + ", %d: index) -> " + f.y +
         " {\n %y = mlc.group \"attention\"(%a0, %a1, %a2" +
         (masked ? ", %a3" : "") + ") dims(" + dynamicDims(f.y) + ") : (" +
         types + ") -> " + f.y + " {\n ^bb0(" + arguments +
         "):\n %0 = mlc.attention_strided " + names +
         " {scale = 0.25 : f64, causal = " + flag(f.causal) +
         ", nan_to_zero = " + flag(f.nanToZero) +
         ", heads_inside = array<i1: " + f.flags + ">} : (" + types + ") -> " +
         f.y + "\n mlc.yield %0 : " + f.y + "\n }\n return %y : " + f.y +
         "\n}\n";
}

TEST_P(AttentionTest, HeadsInsideDynamic) {
  const std::string type = "tensor<?x?x3x20xf32>",
                    value = "tensor<?x?x3x37xf32>";
  for (bool causal : {false, true}) {
    Form form{type,   type, value, value, "", "true, true, true, true",
              causal, false};
    GroupTester tester(GetParam(), attentionText(form), emitAttentionKernel);
    ASSERT_TRUE(tester.isReady());
    const int64_t sizes[][2] = {{1, 1},   {1, 40},   {5, 5},
                                {17, 17}, {32, 64},  {33, 9},
                                {70, 70}, {40, 300}, {3, 513}};
    for (const auto &[s, t] : sizes) {
      double worst = tester.compare(
          {{{2, s, 3, 20}, {}}, {{2, t, 3, 20}, {}}, {{2, t, 3, 37}, {}}},
          {{2, s, 3, 37}});
      EXPECT_LT(worst, 3e-6) << s << " " << t << " causal " << causal;
    }
  }
}

TEST_P(AttentionTest, GroupedHeadsAndMasks) {
  const char *masks[] = {"tensor<2x1x1x45xf32>", "tensor<1x1x21x45xf32>",
                         "tensor<2x4x21x45xf32>", "tensor<21x45xf32>",
                         "tensor<45xf32>"};
  const SmallVector<int64_t> maskDims[] = {
      {2, 1, 1, 45}, {1, 1, 21, 45}, {2, 4, 21, 45}, {21, 45}, {45}};
  for (int i = 0; i < 5; ++i) {
    Form form{"tensor<2x4x21x16xf32>",
              "tensor<2x2x45x16xf32>",
              "tensor<2x45x2x16xf32>",
              "tensor<2x21x4x16xf32>",
              masks[i],
              "false, false, true, true"};
    GroupTester tester(GetParam(), attentionText(form), emitAttentionKernel);
    ASSERT_TRUE(tester.isReady());
    double worst = tester.compare({{{2, 4, 21, 16}, {}},
                                   {{2, 2, 45, 16}, {}},
                                   {{2, 45, 2, 16}, {}},
                                   {maskDims[i], {}}},
                                  {{2, 21, 4, 16}});
    EXPECT_LT(worst, 3e-6) << masks[i];
  }
}

TEST_P(AttentionTest, FullyMaskedRows) {
  std::vector<float> mask(6 * 300, 0.0f);
  for (int t = 0; t < 300; ++t) {
    mask[2 * 300 + t] = -INFINITY;               // nothing visible
    mask[3 * 300 + t] = t < 280 ? -INFINITY : 0; // a whole block hidden
  }
  for (bool nanToZero : {false, true}) {
    Form form{"tensor<1x1x6x8xf32>",
              "tensor<1x1x300x8xf32>",
              "tensor<1x1x300x8xf32>",
              "tensor<1x1x6x8xf32>",
              "tensor<6x300xf32>",
              "false, false, false, false",
              false,
              nanToZero};
    GroupTester tester(GetParam(), attentionText(form), emitAttentionKernel);
    ASSERT_TRUE(tester.isReady());
    EXPECT_LT(tester.compare({{{1, 1, 6, 8}, {}},
                              {{1, 1, 300, 8}, {}},
                              {{1, 1, 300, 8}, {}},
                              {{6, 300}, mask}},
                             {{1, 1, 6, 8}}),
              3e-6);
  }
}

INSTANTIATE_TEST_SUITE_P(Isa, AttentionTest,
                         testing::Values(avx512Isa(), avx2Isa(), sseIsa()));

} // namespace
