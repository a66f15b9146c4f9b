//===- MoveElements.h - data movement on constants --------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_TRANSFORMS_SIMPLIFY_MOVEELEMENTS_H
#define MLC_COMPILER_TRANSFORMS_SIMPLIFY_MOVEELEMENTS_H

#include "compiler/transforms/simplify/ConstantData.h"

#include "mlir/IR/Operation.h"

namespace mlc {

/// Whether `op` only moves elements (reshape, transpose, slice, concat, expand,
/// gather).
bool movesElements(mlir::Operation *op);

/// The result of a data movement op for constant operands: one entry per
/// operand, a constant of a tensor or the value of an index. Copies at the
/// speed of memory; a reshape shares its operand's bytes. Null when it cannot.
mlir::ElementsAttr moveElements(mlir::Operation *op,
                                llvm::ArrayRef<mlir::Attribute> operands);

/// Copies a box of elements of `width` bytes: element i of the box lies at
/// sum(i * strides) (in elements) from either pointer.
void copyBox(char *to, llvm::ArrayRef<int64_t> toStrides, const char *from,
             llvm::ArrayRef<int64_t> fromStrides,
             llvm::ArrayRef<int64_t> extents, unsigned width);

} // namespace mlc

#endif // MLC_COMPILER_TRANSFORMS_SIMPLIFY_MOVEELEMENTS_H
