//===- ConvPlan.h - how a direct convolution is cut into work ---*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_CPU_KERNELS_CONVPLAN_H
#define MLC_CODEGEN_CPU_KERNELS_CONVPLAN_H

#include "codegen/cpu/kernels/ConvShape.h"

namespace mlc::codegen {

/// What follows from the shape and the ISA alone. A unit is the filters of one
/// register tile; the last unit of a group is half as wide where filters are an
/// odd number of blocks.
struct DirectPlan {
  /// Nesting of work items, outermost first. imageRow: an item is a row of all
  /// units, so that the pixels are read once and stay in L1.
  enum class Order { imageUnitRow, unitImageRow, imageRow };

  DirectPlan(const ConvShape &original, const CpuIsa &isa);

  /// An item is one tile of the single row, one chunk of the single row of
  /// unknown width, or (neither) `tileRows` rows.
  bool hasTileItems() const {
    return shape.rows.out == 1 && shape.columns.isStatic();
  }
  bool hasChunkItems() const {
    return shape.rows.out == 1 && !shape.columns.isStatic();
  }
  int64_t chunkPixels() const { return 4 * size.pixels; }
  int64_t allUnits() const { return shape.group * units * taps; }
  /// Whether activations come from L3 or DRAM and are read in short pieces.
  bool isFarImage() const;
  /// Of one work item, roughly; 0 when unknown.
  double itemFlops() const;

  const ConvShape original;
  /// A 1x1 convolution sees an image as one row; a transposed one visits the
  /// inputs one by one.
  ConvShape shape;
  TileSize size;
  int64_t depth; ///< channels in a block of x: 16, planar 1
  int64_t inBlocks, groupBlocks;
  int64_t panelSize; ///< elements of a panel (and tap, transposed)
  int64_t units, unitWidth;
  int64_t taps; ///< of the transposed form, else 1
  bool hasNarrowUnit;
  int64_t tileRows; ///< rows of a tile, when rows are short and do not overlap
  Order order;

private:
  Order chooseOrder() const;
  int64_t countTileRows() const;
};

} // namespace mlc::codegen

#endif // MLC_CODEGEN_CPU_KERNELS_CONVPLAN_H
