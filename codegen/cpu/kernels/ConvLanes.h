//===- ConvLanes.h - windows that stay in their channel ---------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The frame of depthwise convolution and pooling on blocked activations: one
// vector holds channels, a tile is one vector of each of its pixels. A work
// item is one output row of one channel block.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_CPU_KERNELS_CONVLANES_H
#define MLC_CODEGEN_CPU_KERNELS_CONVLANES_H

#include "codegen/cpu/kernels/ConvRow.h"
#include "codegen/cpu/kernels/ConvTile.h"

namespace mlc::codegen {

/// A tile in work.
struct LaneTile {
  Index image, block, lane, row;
  Index top;             ///< input row of the window, may be negative
  Index rowLow, rowHigh; ///< kernel rows inside the image
  bool hasAllRows;       ///< known to be all
  RowTile part;
  Index left;                  ///< input column of the first window
  Index columnLow, columnHigh; ///< kernel columns inside, of a cut tile
  /// Element of x at kernel row and column 0 of the first pixel, in the first
  /// channel that the first lane takes.
  Index xAt;
};

class LaneKernel {
public:
  LaneKernel(KernelBuilder &b, const ConvShape &shape, ConvBuffers buffers);

  /// Computes the results of a tile, one vector per pixel.
  using TileBody = llvm::function_ref<Accumulators(const LaneTile &)>;

  Index count();
  void emitItems(const PartitionArguments &arguments, TileBody body);

  /// Runs `tap` for each kernel row and column of a tile: pixel p in
  /// [low, high) of the tap takes x at `xAt + p * pixelStride()`.
  using TapBody = llvm::function_ref<void(Accumulators &acc, Index kernelRow,
                                          Index kernelColumn, Index xAt,
                                          int64_t low, int64_t high)>;
  void forEachTap(const LaneTile &tile, Accumulators &acc, TapBody tap);

  mlir::Value loadX(Index at, int64_t count) {
    return b.loadVector(x, at, count);
  }
  mlir::Value loadElement(Index at) { return b.load(x, at); }
  int64_t pixelStride() const { return shape.columns.stride * kBlock; }

  KernelBuilder &b;
  const ConvShape &shape;
  ConvBuffers buffers;
  Index images, blocks, inBlocks, inRows, inColumns, outRows, outColumns;

private:
  void emitRow(LaneTile tile, TileBody body);
  void emitTile(LaneTile tile, TileBody body);
  Index firstChannel(Index lane) const;
  void forEachColumn(const LaneTile &tile, Accumulators &acc, Index kernelRow,
                     Index xAt, TapBody tap);

  mlir::Value x;
  TilePlace place;
};

/// Roughly, of one item; 0 when the extents are unknown.
double laneItemFlops(const ConvShape &shape);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_CPU_KERNELS_CONVLANES_H
