//===- Clusters.h - which ops become one kernel -----------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A cluster is a set of ops of one block that will form an mlc.group. Clusters
// only grow by merging a producer into its consumer, under three conditions:
//
//   legal       no path leaves the union and comes back into it
//   cheap       nothing expensive is computed more than once per element
//   emittable   the union is of an archetype that has an emitter
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_TRANSFORMS_FUSION_CLUSTERS_H
#define MLC_COMPILER_TRANSFORMS_FUSION_CLUSTERS_H

#include "dialects/mlc/Mlc.h"

#include "llvm/ADT/SetVector.h"

namespace mlc {

/// What an op asks of an emitter.
enum class OpClass {
  host,      ///< no kernel: constants, views, scalars, control flow
  map,       ///< O(1) operand elements per result element
  rowReduce, ///< reduction over the trailing axes
  heavy,     ///< a loop nest per element: products, windows, other reductions
  loops      ///< fills its results by loops of its own
};

OpClass classify(mlir::Operation *op);

/// What the target can emit beyond the generic archetypes.
struct FusionOptions {
  bool rowGroups = false; ///< reductions over rows, or over dims that others
                          ///< follow (columns), with their elementwise ops
  bool contractEpilogues =
      false; ///< elementwise ops after products and windows
};

struct Cluster {
  llvm::SetVector<mlir::Operation *> ops;
  mlir::StringRef archetype; ///< map, row, column, matmul, conv, ..., loops
};

/// Partitions the compute ops of `block` into clusters, in topological order of
/// their last ops.
std::vector<Cluster> formClusters(mlir::Block &block,
                                  const FusionOptions &options);

/// Replaces those clusters by groups, in an order that is topological again.
void formGroups(mlir::Block &block, const FusionOptions &options);

} // namespace mlc

#endif // MLC_COMPILER_TRANSFORMS_FUSION_CLUSTERS_H
