//===- ShapedBuilder.h - moving elements in layout passes -------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_CPU_SHAPEDBUILDER_H
#define MLC_CODEGEN_CPU_SHAPEDBUILDER_H

#include "dialects/mlc/Mlc.h"

namespace mlc::codegen {

/// Builds ops whose sizes are expressions over the dims of a scope, which
/// learns the dims of what it builds. So sizes never hang on values that a
/// rewrite is about to remove.
class ShapedBuilder {
public:
  using Value = mlir::Value;
  ShapedBuilder(mlir::Operation *before, ShapeScope &scope)
      : b(before), loc(before->getLoc()), scope(scope) {}

  DimExprs dims(Value x) { return DimExprs(scope.dims(x)); }
  mlir::AffineExpr constant(int64_t value) { return scope.constant(value); }

  template <typename OpT, typename... Args> Value make(Args &&...args) {
    auto op = createInferred<OpT>(b, loc, std::forward<Args>(args)...);
    record(op);
    return op.getY();
  }
  void record(mlir::Operation *op) {
    [[maybe_unused]] mlir::LogicalResult known = scope.recordResults(op);
    assert(mlir::succeeded(known) && "its types were inferred before");
  }

  /// A constant becomes another one on the same bytes.
  Value reshape(Value x, llvm::ArrayRef<mlir::AffineExpr> to);
  Value reshape(Value x, llvm::ArrayRef<int64_t> to);
  Value transpose(Value x, llvm::ArrayRef<int64_t> permutation) {
    return make<TransposeOp>(x, permutation);
  }
  Value concat(llvm::ArrayRef<Value> xs, int64_t axis) {
    return xs.size() == 1 ? xs.front() : make<ConcatOp>(xs, axis);
  }
  /// Zeros at both ends of an axis; negative amounts cut.
  Value pad(Value x, int64_t axis, int64_t low, int64_t high);
  /// Every `step`th index of an axis from `start` on, `size` of them.
  Value slice(Value x, int64_t axis, int64_t start, mlir::AffineExpr size,
              int64_t step = 1);

  mlir::OpBuilder b;
  mlir::Location loc;

private:
  ShapeScope &scope;
};

} // namespace mlc::codegen

#endif // MLC_CODEGEN_CPU_SHAPEDBUILDER_H
