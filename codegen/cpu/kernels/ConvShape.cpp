//===- ConvShape.cpp - what a blocked convolution computes ------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/ConvShape.h"

#include "llvm/Support/MathExtras.h"

#include <algorithm>

namespace mlc::codegen {

TileSize tileSize(const CpuIsa &isa) {
  // One block of 16 filters in four NEON registers halves the broadcasts; x86
  // with 16 registers has room for two vectors only.
  int64_t vectors = isa.vectorBits == 128 && isa.registers >= 32 ? 4 : 2;
  int64_t others = vectors + (isa.hasFma ? 2 : 3);
  return {(int64_t(isa.registers) - others) / vectors, vectors};
}

/// Outputs of [start, start + pixels) whose tap `k` lies inside the input.
static TapRun tapRange(const Window &columns, int64_t start, int64_t pixels,
                       int64_t k) {
  TapRun run{k, 1, pixels, 0};
  for (int64_t i = 0; i < pixels; ++i) {
    int64_t at =
        (start + i) * columns.stride + k * columns.dilation - columns.padLow;
    if (at >= 0 && at < columns.in) {
      run.low = std::min(run.low, i);
      run.high = i + 1;
    }
  }
  return run;
}

static llvm::SmallVector<TapRun, 4> planTaps(const Window &columns,
                                             int64_t start, int64_t pixels) {
  llvm::SmallVector<TapRun, 4> taps;
  for (int64_t k = 0; k < columns.kernel; ++k) {
    TapRun run = tapRange(columns, start, pixels, k);
    if (run.low >= run.high) {
      continue;
    }
    if (!taps.empty() && taps.back().low == run.low &&
        taps.back().high == run.high &&
        taps.back().first + taps.back().count == k) {
      ++taps.back().count;
    } else {
      taps.push_back(run);
    }
  }
  return taps;
}

llvm::SmallVector<TileRun> planTiles(const Window &columns, int64_t maxPixels) {
  llvm::SmallVector<TileRun> runs;
  int64_t tiles = llvm::divideCeil(columns.out, maxPixels);
  int64_t start = 0;
  for (int64_t i = 0; i < tiles; ++i) {
    int64_t pixels = columns.out / tiles + (i < columns.out % tiles ? 1 : 0);
    auto taps = planTaps(columns, start, pixels);
    if (!runs.empty() && runs.back().pixels == pixels &&
        runs.back().taps == taps) {
      ++runs.back().count;
    } else {
      runs.push_back({pixels, start, 1, taps});
    }
    start += pixels;
  }
  return runs;
}

} // namespace mlc::codegen
