//===- CausalMask.h - masks that hide later keys ----------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_TRANSFORMS_SIMPLIFY_CAUSALMASK_H
#define MLC_COMPILER_TRANSFORMS_SIMPLIFY_CAUSALMASK_H

#include "compiler/transforms/simplify/ConstantData.h"
#include "compiler/transforms/simplify/DimFacts.h"

namespace mlc {

/// Recognises masks over S queries and T keys by which query s sees key t only
/// when t <= s + T - S: lower triangles as constants, slices of larger ones,
/// and comparisons of positions.
class CausalMask {
public:
  /// With the dims of scores [..., S, T], when `scores` is given.
  CausalMask(DimFacts &facts, mlir::Type scores);
  void setDims(llvm::ArrayRef<mlir::AffineExpr> q,
               llvm::ArrayRef<mlir::AffineExpr> k, bool keysTransposed);

  /// A boolean that is true where a key is visible.
  bool isCondition(mlir::Value condition);
  /// A mask to add: 0 where visible, below `hidden` elsewhere.
  bool isAdditive(mlir::Value mask, double hidden);

private:
  bool isTriangle(const ConstantData &data, int64_t rowStart, int64_t rows,
                  int64_t columns, std::optional<double> hidden);
  bool isTriangleSlice(SliceOp slice, std::optional<double> hidden);
  bool isPosition(mlir::Value value, bool ofKeys);

  DimFacts &facts;
  mlir::AffineExpr queries, keys;
};

} // namespace mlc

#endif // MLC_COMPILER_TRANSFORMS_SIMPLIFY_CAUSALMASK_H
