//===- GemmTest.cpp - matrix product kernels against f64 --------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/Gemm.h"
#include "test/codegen/cpu/IsaTest.h"
#include "test/codegen/cpu/KernelHarness.h"
#include "test/codegen/cpu/KernelReference.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace mlc::codegen;
using namespace mlc::codegen::test;

namespace {

constexpr int64_t kDynamic = ShapedType::kDynamic;

class GemmTest : public IsaTest {};

/// y = a * b + bias[n], rows static or dynamic.
void buildBiasGemm(KernelHarness &harness, int64_t m, int64_t n, int64_t k,
                   bool unrollEpilogue) {
  MemRefType a = harness.f32Buffer({m, k}), y = harness.f32Buffer({m, n});
  MemRefType panels = harness.f32Buffer({(n + 31) / 32, k, 32});
  Type index = IndexType::get(&harness.getContext());
  KernelBuilder b = harness.beginFunction(
      "k", {a, panels, harness.f32Buffer({n}), y, index, index});
  Value out = b.flat(harness.argument(3));
  PackedGemm gemm;
  gemm.a = b.flat(harness.argument(0));
  gemm.panels = b.flat(harness.argument(1));
  gemm.rows = b.dim(harness.argument(0), 0);
  gemm.columns = n;
  gemm.depth = k;
  gemm.unrollEpilogue = unrollEpilogue;
  Value bias = harness.argument(2);
  unsigned lanes = harness.getIsa().lanes();
  emitPackedGemm(
      b, gemm, b.index(harness.argument(4)), b.index(harness.argument(5)),
      [&](Index row, Index col, ArrayRef<Value> sums, ArrayRef<Value> masks) {
        for (auto [v, sum] : llvm::enumerate(sums)) {
          Value mask = masks.empty() ? Value() : masks[v];
          Index at = col + int64_t(v * lanes);
          Value shift = b.loadVector(bias, at, lanes, mask);
          b.storeVector(b.add(sum, shift), out, row * n + at, mask);
        }
      });
}

void checkBiasGemm(KernelHarness &harness, int64_t m, int64_t n, int64_t k) {
  std::vector<float> a = randomFloats(m * k, 1), b = randomFloats(k * n, 2),
                     bias = randomFloats(n, 3), y(m * n + 64, 777.0f);
  std::vector<float> panels = packPanels(b, k, n);
  CpuIsa isa = harness.getIsa();
  TileShape shape = gemmTileShape(isa);
  int64_t units = (m + shape.rows - 1) / shape.rows *
                  ((n + shape.columns - 1) / shape.columns);
  // Three uneven pieces, out of order, as threads would take them.
  int64_t cuts[] = {0, units / 5, units / 2, units};
  for (int piece : {2, 0, 1}) {
    harness.call("k", {{a.data(), {m, k}},
                       {panels.data(), {(n + 31) / 32, k, 32}},
                       {bias.data(), {n}},
                       {y.data(), {m, n}},
                       cuts[piece],
                       cuts[piece + 1]});
  }
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      double sum = bias[j], magnitude = std::abs(bias[j]);
      for (int64_t p = 0; p < k; ++p) {
        sum += double(a[i * k + p]) * b[p * n + j];
        magnitude += std::abs(double(a[i * k + p]) * b[p * n + j]);
      }
      ASSERT_NEAR(y[i * n + j], sum, 1e-6 * magnitude + 1e-6)
          << m << "x" << n << "x" << k << " at " << i << "," << j;
    }
  }
  for (int64_t i = m * n; i < m * n + 64; ++i) {
    ASSERT_EQ(y[i], 777.0f) << "wrote past the end";
  }
}

TEST_P(GemmTest, DynamicRows) {
  KernelHarness harness(GetParam());
  buildBiasGemm(harness, kDynamic, 77, 37, false);
  ASSERT_TRUE(harness.compile());
  for (int64_t m = 1; m <= 40; ++m) {
    checkBiasGemm(harness, m, 77, 37);
  }
  checkBiasGemm(harness, 197, 77, 37);
}

TEST_P(GemmTest, StaticShapes) {
  const int64_t shapes[][3] = {{1, 1, 1},     {1, 31, 2},     {2, 33, 3},
                               {3, 5, 4},     {13, 64, 5},    {14, 96, 16},
                               {15, 7, 6},    {17, 1000, 9},  {29, 17, 63},
                               {1, 129, 200}, {300, 40, 1000}};
  for (const auto &shape : shapes) {
    for (bool unroll : {false, true}) {
      KernelHarness harness(GetParam());
      buildBiasGemm(harness, shape[0], shape[1], shape[2], unroll);
      ASSERT_TRUE(harness.compile());
      checkBiasGemm(harness, shape[0], shape[1], shape[2]);
    }
  }
}

TEST_P(GemmTest, NoSpillsInHotLoop) {
  for (bool unroll : {false, true}) {
    KernelHarness harness(GetParam());
    buildBiasGemm(harness, 128, 768, 768, unroll);
    ASSERT_TRUE(harness.compile());
    EXPECT_EQ(countLoopSpills(harness.assembly()), 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Isa, GemmTest,
                         testing::Values(avx512Isa(), avx2Isa(), sseIsa()));

} // namespace
