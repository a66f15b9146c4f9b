//===- GemmTile.h - the register tile of a matrix product -------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The one inner loop behind GEMM, attention and recurrent cells: rows x vectors
// accumulators live in registers over the whole depth; each step loads
// `vectors` registers of B and broadcasts one element of A per row.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_CPU_KERNELS_GEMMTILE_H
#define MLC_CODEGEN_CPU_KERNELS_GEMMTILE_H

#include "codegen/cpu/kernels/KernelBuilder.h"

namespace mlc::codegen {

/// Columns of one packed panel, on every ISA (a narrower unit reads parts).
constexpr int64_t kPanelColumns = 32;

/// The largest tile whose accumulators, B registers and broadcast fit.
struct TileShape {
  unsigned rows;
  unsigned vectors;
  int64_t columns; ///< vectors * lanes
};
TileShape gemmTileShape(CpuIsa isa);

/// Operands of a tile: element (r, k) of A is a[aBase + r*aRowStride +
/// k*aStep], vector v of B's row k starts at b[bBase + k*bStep + v*lanes]. B
/// may have a narrower type than A, signed when it is an integer. Pairs count
/// as elements.
struct TileProduct {
  mlir::Value a;
  Index aBase, aRowStride, aStep;
  mlir::Value b;
  Index bBase, bStep;
  Index depth;
  /// Steps of B to prefetch ahead; 0: none.
  int64_t prefetchSteps = 0;
  /// Set (one per vector) when B's rows end before the tile does.
  llvm::ArrayRef<mlir::Value> bMasks = {};
};

/// Emits the depth loop; returns rows*vectors accumulators, row by row, that
/// start from `init` (empty: zero).
llvm::SmallVector<mlir::Value> emitTileProduct(KernelBuilder &b,
                                               const TileProduct &product,
                                               unsigned rows, unsigned vectors,
                                               mlir::ValueRange init = {});

/// Splits `rows` into `count` tiles whose heights differ by at most one.
struct RowSplit {
  Index count, height, taller; ///< the first `taller` tiles have height + 1
  Index begin(Index tile) const;
  Index end(Index tile) const { return begin(tile + 1); }
};
RowSplit splitRows(KernelBuilder &b, Index rows, unsigned maxHeight);

/// Calls `body(row, height)` with static heights until rows [begin, end), a
/// tile of `split`, are covered: once when the split is static or its tiles are
/// nearly full, else by a greedy choice among few code versions.
void forEachStaticHeight(
    KernelBuilder &b, const RowSplit &split, Index begin, Index end,
    unsigned maxHeight,
    llvm::function_ref<void(Index row, unsigned height)> body);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_CPU_KERNELS_GEMMTILE_H
