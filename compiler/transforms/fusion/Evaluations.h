//===- Evaluations.h - how often a group computes its ops -------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_TRANSFORMS_FUSION_EVALUATIONS_H
#define MLC_COMPILER_TRANSFORMS_FUSION_EVALUATIONS_H

#include "dialects/mlc/Mlc.h"

namespace mlc {

/// How many op evaluations one element of the results of a group of `ops`
/// takes. An op is evaluated once for each place that its value is read at:
/// ops that move elements (slices, padding, gathers) read at places of their
/// own, and what they read reads at places of each of these. Not more than
/// kMostEvaluations. `ops` in the order of the block.
unsigned countEvaluations(llvm::ArrayRef<mlir::Operation *> ops);

constexpr unsigned kMostEvaluations = 512;

} // namespace mlc

#endif // MLC_COMPILER_TRANSFORMS_FUSION_EVALUATIONS_H
