//===- ConvRow.cpp - a row of outputs cut into tiles ------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/ConvRow.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace mlc::codegen {

std::pair<Index, Index> insideTaps(KernelBuilder &b, const Window &window,
                                   Index origin, Index extent) {
  Index zero = b.index(int64_t(0));
  Index low = b.ceilDiv(b.max(zero - origin, zero), window.dilation);
  Index high = b.ceilDiv(b.max(extent - origin, zero), window.dilation);
  return {low, b.min(high, b.index(window.kernel))};
}

/// The outputs [begin, end), none of which sees padding.
static void forEachInnerTile(KernelBuilder &b, Index begin, Index end,
                             int64_t maxPixels, int64_t kernel,
                             TileEmitter emit) {
  for (int64_t pixels = maxPixels; pixels > 0;
       pixels = pixels == maxPixels ? llvm::bit_floor<uint64_t>(pixels - 1)
                                    : pixels / 2) {
    TapRun all{0, kernel, 0, pixels};
    Index stop = begin + (end - begin) / pixels * pixels;
    b.loop(begin, stop, pixels,
           [&](Index column) { emit({column, pixels, all}); });
    begin = stop;
  }
}

void forEachTileOfPart(KernelBuilder &b, const Window &columns, Index in,
                       Index begin, Index end, int64_t maxPixels,
                       TileEmitter emit) {
  if (!columns.isPadded()) {
    forEachInnerTile(b, begin, end, maxPixels, columns.kernel, emit);
    return;
  }
  Index zero = b.index(int64_t(0));
  auto inside = [&](Index column, Index low) {
    return b.max(b.min(column, end), low);
  };
  int64_t low =
      llvm::divideCeil(std::max<int64_t>(0, columns.padLow), columns.stride);
  Index first = inside(b.index(low), begin);
  // The last window that ends inside: column * stride + reach < in + padLow.
  int64_t reach = (columns.kernel - 1) * columns.dilation;
  Index room = in + (columns.padLow - reach - 1 + columns.stride);
  Index last = inside(b.max(room, zero) / columns.stride, first);
  auto emitCut = [&](Index column) { emit({column, 1, {}, /*isCut=*/true}); };
  b.loop(begin, first, 1, emitCut);
  forEachInnerTile(b, first, last, maxPixels, columns.kernel, emit);
  b.loop(last, end, 1, emitCut);
}

void forEachTile(KernelBuilder &b, const Window &columns, Index in, Index out,
                 int64_t maxPixels, TileEmitter emit) {
  if (!columns.isStatic()) {
    forEachTileOfPart(b, columns, in, b.index(int64_t(0)), out, maxPixels,
                      emit);
    return;
  }
  for (const TileRun &run : planTiles(columns, maxPixels)) {
    b.loop(b.index(int64_t(0)), b.index(run.count), 1, [&](Index i) {
      emit({i * run.pixels + run.start, run.pixels, run.taps});
    });
  }
}

void pickTile(KernelBuilder &b, const Window &columns, int64_t maxPixels,
              Index number, TileEmitter emit) {
  auto runs = planTiles(columns, maxPixels);
  std::function<void(size_t, int64_t)> pick = [&](size_t i, int64_t first) {
    const TileRun &run = runs[i];
    auto here = [&] {
      emit({(number - first) * run.pixels + run.start, run.pixels, run.taps});
    };
    if (i + 1 == runs.size()) {
      here();
      return;
    }
    int64_t next = first + run.count;
    b.ifThen(b.less(number, b.index(next)), here, [&] { pick(i + 1, next); });
  };
  pick(0, 0);
}

} // namespace mlc::codegen
