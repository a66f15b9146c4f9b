//===- RowStages.h - in what passes a row group is computed -----*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_CPU_KERNELS_ROWSTAGES_H
#define MLC_CODEGEN_CPU_KERNELS_ROWSTAGES_H

#include "codegen/cpu/kernels/GroupKernel.h"
#include "llvm/ADT/MapVector.h"

namespace mlc::codegen {

/// One pass over the columns of a row.
struct RowStage {
  llvm::SmallVector<ReduceOp> reductions;
  llvm::SmallVector<unsigned> outputs;    ///< results stored here, by number
  llvm::SmallVector<mlir::Value> toCache; ///< values kept for later stages
  int64_t cost = 0;                       ///< rough vector instructions

  bool isEmpty() const { return reductions.empty() && outputs.empty(); }
};

struct RowPlan {
  /// [rows..., columns...], or [rows..., reduced..., columns...] when what is
  /// reduced is not the last dims: then a result of a row is a row of columns.
  mlir::RankedTensorType space;
  int64_t rowDims = 0, reducedDims = 1;
  llvm::SmallVector<mlir::Value> outputs;     ///< what the group yields
  llvm::SmallVector<unsigned> reducedOutputs; ///< with extent 1 where reduced
  llvm::SmallVector<RowStage> stages;
  /// Cached value -> number of the result whose row holds it; from the number
  /// of results on, of a row on the stack.
  llvm::MapVector<mlir::Value, unsigned> cached;
  unsigned stackRows = 0;

  bool reducesLastDims() const {
    return rowDims + reducedDims == space.getRank();
  }
  /// Whether a tensor has an element per element of the space.
  bool isFull(mlir::Value value) const {
    auto type = mlir::dyn_cast<mlir::RankedTensorType>(value.getType());
    return type && type.getShape() == space.getShape();
  }
  /// Elements of a row that are combined, when they are static.
  std::optional<int64_t> staticReduced() const;
  /// The stage that computes a cached value.
  unsigned cachedAt(mlir::Value value) const;
  /// An argument of the kernel whose dims are the space.
  mlir::Value spaceBuffer(const GroupBuffers &buffers) const;

  mlir::Value spaceArgument; ///< a block argument of that type, or null and
  unsigned spaceOutput = 0;  ///< a result of that type
};

/// Plans a group; nullopt when no emitter of rows takes it.
std::optional<RowPlan> planRows(GroupOp group);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_CPU_KERNELS_ROWSTAGES_H
