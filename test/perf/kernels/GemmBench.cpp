//===- GemmBench.cpp - GEMM benchmarks --------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/Gemm.h"
#include "test/codegen/cpu/KernelHarness.h"
#include "test/perf/kernels/KernelBench.h"
#include <sys/mman.h>

using namespace mlir;
using namespace mlc::codegen;
using namespace mlc::codegen::test;

namespace {

struct GemmCase {
  int64_t m, n, k;
  bool dynamicRows;
  /// Weights rotate through > 100 MB, so that they come from memory.
  bool cold;
};

void buildBiasGemm(KernelHarness &harness, const GemmCase &c) {
  int64_t m = c.dynamicRows ? ShapedType::kDynamic : c.m;
  Type index = IndexType::get(&harness.getContext());
  KernelBuilder b =
      harness.beginFunction("k", {harness.f32Buffer({m, c.k}),
                                  harness.f32Buffer({(c.n + 31) / 32, c.k, 32}),
                                  harness.f32Buffer({c.n}),
                                  harness.f32Buffer({m, c.n}), index, index});
  Value out = b.flat(harness.argument(3)), bias = harness.argument(2);
  PackedGemm gemm;
  gemm.a = b.flat(harness.argument(0));
  gemm.panels = b.flat(harness.argument(1));
  gemm.rows = b.dim(harness.argument(0), 0);
  gemm.columns = c.n;
  gemm.depth = c.k;
  unsigned lanes = b.isa.lanes();
  emitPackedGemm(
      b, gemm, b.index(harness.argument(4)), b.index(harness.argument(5)),
      [&](Index row, Index col, ArrayRef<Value> sums, ArrayRef<Value> masks) {
        for (auto [v, sum] : llvm::enumerate(sums)) {
          Value mask = masks.empty() ? Value() : masks[v];
          Index at = col + int64_t(v * lanes);
          Value shift = b.loadVector(bias, at, lanes, mask);
          b.storeVector(b.add(sum, shift), out, row * c.n + at, mask);
        }
      });
}

void runCase(CpuIsa isa, double peak, const GemmCase &c) {
  KernelHarness harness(isa);
  buildBiasGemm(harness, c);
  if (!harness.compile()) {
    return;
  }
  int64_t panelDim = (c.n + 31) / 32, elements = panelDim * c.k * 32;
  int64_t copies =
      c.cold ? std::max<int64_t>(2, (int64_t(100) << 20) / (elements * 4)) : 1;
  std::vector<float> a(c.m * c.k, 0.5f), y(c.m * c.n), bias(c.n, 1.0f);
  std::vector<float> weights(elements * copies + 4096, 0.25f);
  TileShape shape = gemmTileShape(isa);
  int64_t units = (c.m + shape.rows - 1) / shape.rows *
                  ((c.n + shape.columns - 1) / shape.columns);
  int64_t turn = 0;
  double seconds = fastestSeconds([&] {
    float *panels = weights.data() + turn++ % copies * elements;
    harness.call("k", {{a.data(), {c.m, c.k}},
                       {panels, {panelDim, c.k, 32}},
                       {bias.data(), {c.n}},
                       {y.data(), {c.m, c.n}},
                       0,
                       units});
  });
  std::string name = std::to_string(c.m) + "x" + std::to_string(c.n) + "x" +
                     std::to_string(c.k) + (c.dynamicRows ? " dynamic" : "") +
                     (c.cold ? " cold" : "");
  printRow(name, seconds, 2.0 * c.m * c.n * c.k, peak);
}

void run(CpuIsa isa, double peak) {
  if (const char *only = std::getenv("MLC_BENCH_GEMM")) {
    GemmCase c = {};
    int dynamic = 0, cold = 0;
    if (std::sscanf(only, "%ldx%ldx%ld,%d,%d", &c.m, &c.n, &c.k, &dynamic,
                    &cold) == 5) {
      c.dynamicRows = dynamic;
      c.cold = cold;
      runCase(isa, peak, c);
    }
    return;
  }
  const int64_t shapes[][3] = {
      {128, 768, 768},   {128, 3072, 768}, {128, 768, 3072}, {128, 2304, 768},
      {197, 768, 3072},  {197, 3072, 768}, {197, 768, 768},  {512, 1024, 1024},
      {1000, 999, 1001}, {8, 4096, 4096},  {1, 4096, 4096},  {1, 1000, 2048},
      {8, 1000, 2048},   {64, 2048, 512}};
  for (const auto &s : shapes) {
    for (bool cold : {false, true}) {
      runCase(isa, peak, {s[0], s[1], s[2], false, cold});
    }
  }
  for (const auto &s : {shapes[0], shapes[4], shapes[9], shapes[10]}) {
    runCase(isa, peak, {s[0], s[1], s[2], true, true});
  }
}

const KernelBench bench("gemm", run);

} // namespace
