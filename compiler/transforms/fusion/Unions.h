//===- Unions.h - groups that emitters take ------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_TRANSFORMS_FUSION_UNIONS_H
#define MLC_COMPILER_TRANSFORMS_FUSION_UNIONS_H

#include "dialects/mlc/Mlc.h"

namespace mlc {

/// Over exactly the last axes, of floats that the emitter of rows takes.
bool reducesRows(ReduceOp op);

/// Over neighbouring axes that others follow, of such floats.
bool reducesColumns(ReduceOp op);

/// Whether `ops` are what the emitters of rows and columns take: elementwise
/// ops and reductions over the same axes of one space.
bool isRowUnion(llvm::ArrayRef<mlir::Operation *> ops);

/// Whether the elementwise `ops` can be computed on what `heavy`, a product or
/// a window, gives: by its emitter, or by the generic kernel when that
/// declines.
bool isEpilogueUnion(mlir::Operation *heavy,
                     llvm::ArrayRef<mlir::Operation *> ops);

} // namespace mlc

#endif // MLC_COMPILER_TRANSFORMS_FUSION_UNIONS_H
