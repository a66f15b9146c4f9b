//===- ConvRow.h - a row of outputs cut into tiles --------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What convolution, depthwise convolution and pooling share: a row of outputs
// is cut into tiles of neighbouring pixels with static sizes, so that a tile's
// results live in registers. How a tile sees the padding is part of its code.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_CPU_KERNELS_CONVROW_H
#define MLC_CODEGEN_CPU_KERNELS_CONVROW_H

#include "codegen/cpu/kernels/ConvShape.h"
#include "codegen/cpu/kernels/KernelBuilder.h"

namespace mlc::codegen {

/// A tile of a row as its emitter sees it.
struct RowTile {
  Index column; ///< its first output
  int64_t pixels;
  /// The kernel columns by the pixels they are valid for.
  llvm::ArrayRef<TapRun> taps;
  /// One pixel at the border of a row of unknown width: `taps` is empty, valid
  /// kernel columns are found at run time (insideTaps).
  bool isCut = false;
};
using TileEmitter = llvm::function_ref<void(const RowTile &)>;

/// Emits the tiles of a whole row.
void forEachTile(KernelBuilder &b, const Window &columns, Index in, Index out,
                 int64_t maxPixels, TileEmitter emit);

/// Emits tile `number` of a row of static width: one of several versions.
void pickTile(KernelBuilder &b, const Window &columns, int64_t maxPixels,
              Index number, TileEmitter emit);

/// Emits the outputs [begin, end) of a row of unknown width: pixels that see
/// padding one by one, those between them in full tiles, then one of each power
/// of two.
void forEachTileOfPart(KernelBuilder &b, const Window &columns, Index in,
                       Index begin, Index end, int64_t maxPixels,
                       TileEmitter emit);

/// Kernel taps [low, high) of a window at `origin` (may be negative) that lie
/// inside [0, extent).
std::pair<Index, Index> insideTaps(KernelBuilder &b, const Window &window,
                                   Index origin, Index extent);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_CPU_KERNELS_CONVROW_H
