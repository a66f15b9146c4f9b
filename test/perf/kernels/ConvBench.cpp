//===- ConvBench.cpp - speed of the convolution kernels ---------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// mlc-conv-bench [--isa=512|256|128] [--filter=TEXT] [--check]
//
// One thread, bias and ReLU fused. "cold" rotates the weights through 128 MiB,
// so that they come from DRAM as in a real model. Prints GFLOP/s of the
// convolution as written (Winograd too) and its share of the FMA peak measured
// in the same run.
//
//===----------------------------------------------------------------------===//
#include "test/codegen/cpu/ConvHarness.h"

#include <cstdio>
#include <cstring>

using mlc::ConvForm;
using namespace mlc::codegen;
using namespace mlc::codegen::test;

namespace {

struct Row {
  const char *name;
  ConvCase problem;
};

ConvCase conv(ConvForm form, int64_t channels, int64_t filters, int64_t size,
              int64_t kernel, int64_t stride) {
  ConvCase p;
  p.form = form;
  p.channels = channels;
  p.filters = filters;
  p.height = p.width = size;
  p.kernelH = p.kernelW = kernel;
  p.strideH = p.strideW = stride;
  p.top = p.left = p.bottom = p.right =
      form == ConvForm::transpose ? 0 : kernel / 2;
  p.hasResidual = false;
  if (form == ConvForm::depthwise) {
    p.group = channels;
  }
  return p;
}

constexpr ConvForm D = ConvForm::direct, P = ConvForm::planar,
                   T = ConvForm::transpose, W = ConvForm::winograd,
                   Z = ConvForm::depthwise;

std::vector<Row> rows() {
  return {
      {"3x3 64 @56 F2", conv(W, 64, 64, 56, 3, 1)},
      {"3x3 128 @28 F2", conv(W, 128, 128, 28, 3, 1)},
      {"3x3 256 @14 F2", conv(W, 256, 256, 14, 3, 1)},
      {"3x3 512 @7 F2", conv(W, 512, 512, 7, 3, 1)},
      {"3x3 64 @256 F2", conv(W, 64, 64, 256, 3, 1)},
      {"3x3 128 @128 F2", conv(W, 128, 128, 128, 3, 1)},
      {"3x3 256 @64 F2", conv(W, 256, 256, 64, 3, 1)},
      {"3x3 512 @32 F2", conv(W, 512, 512, 32, 3, 1)},
      {"3x3 1024 @16 F2", conv(W, 1024, 1024, 16, 3, 1)},
      {"3x3 16 @112 F2", conv(W, 16, 16, 112, 3, 1)},
      {"3x3 16 @112", conv(D, 16, 16, 112, 3, 1)},
      {"3x3 64 @56", conv(D, 64, 64, 56, 3, 1)},
      {"3x3 128 @28", conv(D, 128, 128, 28, 3, 1)},
      {"3x3 256 @14", conv(D, 256, 256, 14, 3, 1)},
      {"3x3 512 @7", conv(D, 512, 512, 7, 3, 1)},
      {"3x3 s2 128 @56", conv(D, 128, 128, 56, 3, 2)},
      {"3x3 s2 256 @28", conv(D, 256, 256, 28, 3, 2)},
      {"3x3 s2 512 @14", conv(D, 512, 512, 14, 3, 2)},
      {"1x1 64->64 @56", conv(D, 64, 64, 56, 1, 1)},
      {"1x1 64->256 @56", conv(D, 64, 256, 56, 1, 1)},
      {"1x1 256->64 @56", conv(D, 256, 64, 56, 1, 1)},
      {"1x1 512->128 @28", conv(D, 512, 128, 28, 1, 1)},
      {"1x1 128->512 @28", conv(D, 128, 512, 28, 1, 1)},
      {"1x1 1024->256 @14", conv(D, 1024, 256, 14, 1, 1)},
      {"1x1 256->1024 @14", conv(D, 256, 1024, 14, 1, 1)},
      {"1x1 512->2048 @7", conv(D, 512, 2048, 7, 1, 1)},
      {"1x1 2048->512 @7", conv(D, 2048, 512, 7, 1, 1)},
      {"1x1 s2 256->512 @56", conv(D, 256, 512, 56, 1, 2)},
      {"1x1 s2 1024->2048 @14", conv(D, 1024, 2048, 14, 1, 2)},
      {"stem 7x7 s2 3->64 @224", conv(P, 3, 64, 224, 7, 2)},
      {"stem 3x3 s2 3->16 @224", conv(P, 3, 16, 224, 3, 2)},
      {"stem 3x3 3->64 @256", conv(P, 3, 64, 256, 3, 1)},
      {"1x1 16->64 @112", conv(D, 16, 64, 112, 1, 1)},
      {"1x1 64->24 @56", conv(D, 64, 24, 56, 1, 1)},
      {"1x1 40->240 @28", conv(D, 40, 240, 28, 1, 1)},
      {"1x1 480->112 @14", conv(D, 480, 112, 14, 1, 1)},
      {"1x1 672->160 @7", conv(D, 672, 160, 7, 1, 1)},
      {"1x1 960->160 @7", conv(D, 960, 160, 7, 1, 1)},
      {"1x1 960->1280 @1", conv(D, 960, 1280, 1, 1, 1)},
      {"1x1 672->168 @1", conv(D, 672, 168, 1, 1, 1)},
      {"3x3 64 @256", conv(D, 64, 64, 256, 3, 1)},
      {"1x1 64->1 @256", conv(D, 64, 1, 256, 1, 1)},
      {"dw 3x3 72 @56", conv(Z, 72, 72, 56, 3, 1)},
      {"dw 5x5 240 @28", conv(Z, 240, 240, 28, 5, 1)},
      {"dw 3x3 672 @14", conv(Z, 672, 672, 14, 3, 1)},
      {"dw 5x5 672 @14", conv(Z, 672, 672, 14, 5, 1)},
      {"dw 5x5 960 @7", conv(Z, 960, 960, 7, 5, 1)},
      {"dw 3x3 16 @112", conv(Z, 16, 16, 112, 3, 1)},
      {"dw 5x5 s2 240 @28", conv(Z, 240, 240, 28, 5, 2)},
      {"dw 3x3 s2 64 @112", conv(Z, 64, 64, 112, 3, 2)},
      {"up 2x2 128->64 @128", conv(T, 128, 64, 128, 2, 2)},
      {"up 2x2 1024->512 @16", conv(T, 1024, 512, 16, 2, 2)},
  };
}

/// Seconds of a call whose weights were not used for the last 128 MiB.
double coldSeconds(ConvRunner &runner, int64_t count) {
  size_t size = runner.packed.size();
  size_t copies = std::min<size_t>(64, (128u << 20) / (size * 4) + 2);
  std::vector<float> all;
  for (size_t i = 0; i < copies; ++i) {
    all.insert(all.end(), runner.packed.begin(), runner.packed.end());
  }
  // Small weights do not fill the cache by themselves.
  std::vector<float> sweep(copies == 64 ? (40 << 20) / 4 : 0);
  size_t next = 0;
  double best = fastestSeconds(
      [&] {
        runner.weightsInUse = all.data() + size * (next++ % copies);
        runner.run(0, count);
      },
      7);
  runner.weightsInUse = runner.packed.data();
  return best;
}

} // namespace

int main(int argc, char **argv) {
  CpuIsa isa = avx512Isa();
  const char *filter = "";
  bool check = false;
  for (int i = 1; i < argc; ++i) {
    if (!strcmp(argv[i], "--isa=256")) {
      isa = avx2Isa();
    } else if (!strcmp(argv[i], "--isa=128")) {
      isa = sseIsa();
    } else if (!strncmp(argv[i], "--filter=", 9)) {
      filter = argv[i] + 9;
    } else if (!strcmp(argv[i], "--check")) {
      check = true;
    }
  }
  double peak = measuredPeak(isa);
  printf("peak %.0f GFLOP/s\n| shape | ms hot | GFLOP/s | %% | ms cold | %% | "
         "spills |\n|---|---|---|---|---|---|---|\n",
         peak * 1e-9);
  for (Row &row : rows()) {
    if (!strstr(row.name, filter)) {
      continue;
    }
    ConvRunner runner(row.problem, isa);
    if (!runner.compile()) {
      return 1;
    }
    int64_t count = runner.count();
    double hot = fastestSeconds([&] { runner.run(0, count); });
    double cold = coldSeconds(runner, count);
    double rate = row.problem.flops() / hot;
    printf("| %s | %.4f | %.0f | %.0f | %.4f | %.0f | %d |", row.name,
           hot * 1e3, rate * 1e-9, 100 * rate / peak, cold * 1e3,
           100 * row.problem.flops() / cold / peak,
           countLoopSpills(runner.assembly()));
    if (check) {
      double rms, worst = runner.maxError(&rms);
      printf(" max %.1e rms %.1e", worst, rms);
    }
    printf("\n");
    fflush(stdout);
  }
}
