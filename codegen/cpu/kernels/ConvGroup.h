//===- ConvGroup.h - values of a group on blocked activations ---*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_CPU_KERNELS_CONVGROUP_H
#define MLC_CODEGEN_CPU_KERNELS_CONVGROUP_H

#include "codegen/cpu/kernels/ConvTile.h"
#include "codegen/cpu/kernels/GroupKernel.h"

namespace mlc::codegen {

/// Evaluates elementwise values of a group over blocked activations
/// [N, blocks, H, W, 16], a vector of lanes of one pixel at a time.
class BlockedValues {
public:
  /// `space`: the activations whose points are visited; `bound`: tensors whose
  /// values the caller knows at a point.
  BlockedValues(GroupOp group, mlir::RankedTensorType space,
                llvm::ArrayRef<mlir::Value> wanted,
                llvm::ArrayRef<mlir::Value> bound);

  /// Whether this works for all of `wanted`.
  bool isPossible() const { return possible; }
  /// Whether the code is too long to be repeated for each vector of a tile.
  bool isLong() const;

  /// Starts code in a function whose first arguments are the group's.
  void open(KernelBuilder &b, mlir::Block *entry, mlir::Value spaceBuffer);
  /// The values of `wanted`, given those of `bound`.
  llvm::SmallVector<mlir::Value, 2> at(const OutputPoint &point,
                                       mlir::ValueRange boundValues,
                                       Epilogue::Cache &cache);

  /// Fetches into the cache what `at` reads at this point alone.
  void fetch(const OutputPoint &point);

private:
  mlir::Value load(mlir::BlockArgument argument, const OutputPoint &point,
                   Epilogue::Cache &cache);
  Index offsetOf(mlir::BlockArgument argument, const OutputPoint &point);
  bool isFull(mlir::BlockArgument argument, int64_t spaceDim) const;

  GroupOp group;
  mlir::RankedTensorType space;
  llvm::SmallVector<mlir::Value, 2> wanted, bound;
  llvm::SmallVector<mlir::BlockArgument> arguments; ///< that `wanted` reads
  llvm::SetVector<mlir::Operation *> ops;
  bool possible = true;

  KernelBuilder *b = nullptr;
  std::unique_ptr<GroupBuffers> buffers;
  std::unique_ptr<GroupElements> elements;
  llvm::SmallVector<Index> dims;
};

} // namespace mlc::codegen

#endif // MLC_CODEGEN_CPU_KERNELS_CONVGROUP_H
