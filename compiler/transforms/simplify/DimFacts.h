//===- DimFacts.h - equal dims while a graph changes ------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_TRANSFORMS_SIMPLIFY_DIMFACTS_H
#define MLC_COMPILER_TRANSFORMS_SIMPLIFY_DIMFACTS_H

#include "dialects/mlc/Mlc.h"

#include "mlir/IR/PatternMatch.h"

#include <optional>

namespace mlc {

/// Answers whether dims are equal, also when only the running model knows them,
/// and stays right while a pattern driver replaces ops: give it to the driver
/// as its listener.
class DimFacts : public mlir::RewriterBase::Listener {
public:
  explicit DimFacts(mlir::Operation *root);

  llvm::ArrayRef<mlir::AffineExpr> dims(mlir::Value value);
  bool haveSameDims(mlir::Value a, mlir::Value b);
  /// The value of an index operand or attribute.
  mlir::AffineExpr index(mlir::OpFoldResult value);

  /// Whether dim `i` of `value` derives from something else that is still
  /// there.
  bool hasRoots(mlir::Value value, int64_t i);
  /// Dim `i` of `value` computed from what it derives from; null without roots.
  mlir::OpFoldResult dimFromRoots(mlir::OpBuilder &b, mlir::Location loc,
                                  mlir::Value value, int64_t i);

  void notifyOperationErased(mlir::Operation *op) override;

private:
  void learn(mlir::Value value);
  void learnIndex(mlir::Value value);

  ShapeScope scope;
};

/// Dims [fromBegin, fromEnd) of one shape are dims [toBegin, toEnd) of another
/// with the same elements; one side may be empty (the other's are 1).
struct DimGroup {
  unsigned fromBegin, fromEnd, toBegin, toEnd;

  unsigned fromCount() const { return fromEnd - fromBegin; }
  unsigned toCount() const { return toEnd - toBegin; }
};

/// The smallest groups in which a reshape joins and splits dims; nothing when
/// they cannot be told apart.
std::optional<llvm::SmallVector<DimGroup>>
groupDims(llvm::ArrayRef<mlir::AffineExpr> from,
          llvm::ArrayRef<mlir::AffineExpr> to);

/// The product of `dims` when it is a constant.
std::optional<int64_t> constantProduct(llvm::ArrayRef<mlir::AffineExpr> dims);

bool isOne(mlir::AffineExpr dim);

} // namespace mlc

#endif // MLC_COMPILER_TRANSFORMS_SIMPLIFY_DIMFACTS_H
