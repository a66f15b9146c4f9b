//===- DynamicAxes.h - axes that depend on data -----------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// ONNX lets a graph compute the axes of reductions, Slice, Unsqueeze, ... Their
// number is known (the operand's shape is static), and with it the result's
// rank; which they are is host arithmetic on flags, one per dim.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_FRONTEND_ONNX_DYNAMICAXES_H
#define MLC_COMPILER_FRONTEND_ONNX_DYNAMICAXES_H

#include "compiler/frontend/onnx/Node.h"

namespace mlc::onnx {

struct DynamicAxes {
  /// The axes counted from 0, as expressions.
  llvm::SmallVector<mlir::AffineExpr> axes;
  /// For each dim 1 when it is an axis, else 0.
  llvm::SmallVector<mlir::AffineExpr> flags;

  /// Whether all axes are known, and then which.
  std::optional<llvm::SmallVector<int64_t>> literals() const;
};

/// Reads axes from input `i` and checks (now or at run time) that they are in
/// range and distinct. nullopt after a problem.
std::optional<DynamicAxes> readAxes(Node &n, unsigned i, int64_t rank);

/// `dims` without the flagged ones.
DimExprs withoutAxes(Node &n, llvm::ArrayRef<mlir::AffineExpr> dims,
                     const DynamicAxes &axes);
/// `dims` with 1 at the flagged positions of the result.
DimExprs withAxes(Node &n, llvm::ArrayRef<mlir::AffineExpr> dims,
                  const DynamicAxes &axes);
/// The entry of `values` whose axis is `dim`, else `fallback`.
mlir::AffineExpr atAxis(Node &n, const DynamicAxes &axes, int64_t dim,
                        llvm::ArrayRef<mlir::AffineExpr> values,
                        mlir::AffineExpr fallback);

} // namespace mlc::onnx

#endif // MLC_COMPILER_FRONTEND_ONNX_DYNAMICAXES_H
