//===- Gemm.h - matrix products with an epilogue ----------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_CPU_KERNELS_GEMM_H
#define MLC_CODEGEN_CPU_KERNELS_GEMM_H

#include "codegen/cpu/kernels/GemmTile.h"

namespace mlc::codegen {

/// Takes the finished sums of one row: `sums[v]` are the columns col + v*lanes
/// and up; `masks` is empty or has one mask per vector. Stores the results.
using RowEpilogue = llvm::function_ref<void(Index row, Index col,
                                            llvm::ArrayRef<mlir::Value> sums,
                                            llvm::ArrayRef<mlir::Value> masks)>;

/// Asks the cache for what the epilogue of a row will read from a column on.
/// Called before the products, whose time hides the latency: a tile has many
/// rows far apart, which no hardware prefetcher foresees.
using RowFetch = llvm::function_ref<void(Index row, Index col)>;

/// y[rows, columns] = a[rows, depth] * packed B.
struct PackedGemm {
  mlir::Value a; ///< flat
  /// Flat, [columns / 32][depth][32], tail columns zero; f32 or what
  /// TileProduct takes.
  mlir::Value panels;
  Index rows;
  int64_t columns, depth;
  /// Apply the epilogue to the registers (unrolled code) instead of in a loop
  /// over the rows of the tile, which costs a round trip through L1.
  bool unrollEpilogue = false;
  RowFetch fetchRow = {};
};

/// Units of parallel work: (block of row tiles, panel, row tile).
Index packedGemmUnits(KernelBuilder &b, Index rows, int64_t columns);

/// Emits the units [begin, end).
void emitPackedGemm(KernelBuilder &b, const PackedGemm &gemm, Index begin,
                    Index end, RowEpilogue epilogue);

/// [batch][rows, columns] = A * B, both unpacked and of any size. Element
/// (m, k) of A is a[aBase + m*aRowStride + k*aStep], of B likewise.
struct StridedGemm {
  mlir::Value a, b; ///< flat
  Index rows, columns, depth;
  Index aRowStride, aStep;    ///< per m, per k
  Index bStep, bColumnStride; ///< per k, per n
  Index batches;
  /// Offsets of one batch element in a and b.
  llvm::function_ref<std::pair<Index, Index>(Index batch)> bases;
};

Index stridedGemmUnits(KernelBuilder &b, Index batches, Index rows,
                       Index columns);

/// `epilogue` gets rows counted over all batches.
void emitStridedGemm(KernelBuilder &b, const StridedGemm &gemm, Index begin,
                     Index end, RowEpilogue epilogue);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_CPU_KERNELS_GEMM_H
