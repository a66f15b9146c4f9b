//===- Branches.h - region ops around imported graphs -----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_FRONTEND_ONNX_BRANCHES_H
#define MLC_COMPILER_FRONTEND_ONNX_BRANCHES_H

#include "compiler/frontend/onnx/Node.h"

namespace mlc::onnx {

/// The frame for a subgraph of `n`: sees the names around it.
Frame subgraphFrame(Node &n);

/// Imports `graph` at the insertion point with `inputs` bound to its inputs,
/// and returns its outputs; empty after a problem (`ok` false).
llvm::SmallVector<Tensor *> importSubgraph(Node &n, const GraphProto &graph,
                                           llvm::ArrayRef<Tensor *> inputs,
                                           bool &ok);

/// Builds the values of a branch; nullopt after a problem.
using BranchBuilder =
    llvm::function_ref<std::optional<llvm::SmallVector<mlir::Value>>()>;

/// What the branch that `condition` chooses when the model runs gives; a dim in
/// which the branches differ is dynamic. nullopt after a problem.
std::optional<llvm::SmallVector<mlir::Value>> buildIf(Node &n,
                                                      mlir::Value condition,
                                                      BranchBuilder onTrue,
                                                      BranchBuilder onFalse);

/// `value` as a tensor of `type`: its static dims may become dynamic or back.
mlir::Value castTo(Node &n, mlir::Value value, mlir::RankedTensorType type);

/// The tensor type of `dims` with those in `dynamic` not static.
mlir::RankedTensorType typeOf(mlir::Type elementType,
                              llvm::ArrayRef<mlir::AffineExpr> dims,
                              llvm::ArrayRef<bool> dynamic);

/// Whether everything that `expr` depends on is visible at the insertion point.
bool isVisible(Node &n, mlir::AffineExpr expr);

} // namespace mlc::onnx

#endif // MLC_COMPILER_FRONTEND_ONNX_BRANCHES_H
