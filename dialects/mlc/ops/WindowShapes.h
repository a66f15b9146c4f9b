//===- WindowShapes.h - extents that windows leave --------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_DIALECTS_MLC_OPS_WINDOWSHAPES_H
#define MLC_DIALECTS_MLC_OPS_WINDOWSHAPES_H

#include "dialects/mlc/Shapes.h"

namespace mlc {

/// Checks the attributes that all window ops share, for `rank` spatial axes.
llvm::LogicalResult verifyWindow(mlir::Operation *op, size_t rank,
                                 llvm::ArrayRef<int64_t> strides,
                                 llvm::ArrayRef<int64_t> pads,
                                 llvm::ArrayRef<int64_t> dilations);

/// The dims of a pooling's result.
mlir::FailureOr<DimExprs>
pooledDims(mlir::Operation *op, llvm::ArrayRef<mlir::AffineExpr> x,
           llvm::ArrayRef<int64_t> kernel, llvm::ArrayRef<int64_t> strides,
           llvm::ArrayRef<int64_t> pads, llvm::ArrayRef<int64_t> dilations,
           bool ceilMode);

} // namespace mlc

#endif // MLC_DIALECTS_MLC_OPS_WINDOWSHAPES_H
