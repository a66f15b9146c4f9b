//===- TensorBuilder.h - mlc ops built by passes ----------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rewrites that make several ops read as formulas:
//
//   TensorBuilder t(rewriter, op.getLoc());
//   Value e = t.exp(t.sub(x, t.reduce(x, ReduceKind::max, axes)));
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_TRANSFORMS_SIMPLIFY_TENSORBUILDER_H
#define MLC_COMPILER_TRANSFORMS_SIMPLIFY_TENSORBUILDER_H

#include "dialects/mlc/Mlc.h"

namespace mlc {

/// Sizes as ops take them: kDynamic entries take the next of `dims`.
struct MixedSizes {
  llvm::SmallVector<int64_t> sizes;
  llvm::SmallVector<mlir::Value> dims;

  void push(mlir::OpFoldResult size);
};

class TensorBuilder {
public:
  using Value = mlir::Value;
  TensorBuilder(mlir::OpBuilder &b, mlir::Location loc) : b(b), loc(loc) {}

  /// A rank-0 constant of `elementType`.
  Value scalar(mlir::Type elementType, double value);

  Value add(Value x, Value y) { return make<AddOp>(x, y); }
  Value sub(Value x, Value y) { return make<SubOp>(x, y); }
  Value mul(Value x, Value y) { return make<MulOp>(x, y); }
  Value div(Value x, Value y) { return make<DivOp>(x, y); }
  Value exp(Value x) { return make<ExpOp>(x); }
  Value log(Value x) { return make<LogOp>(x); }
  Value rsqrt(Value x) { return make<RsqrtOp>(x); }

  /// `x` itself when it has that type already.
  Value cast(Value x, mlir::Type elementType);
  Value reduce(Value x, ReduceKind kind, llvm::ArrayRef<int64_t> axes) {
    return make<ReduceOp>(x, kind, axes);
  }
  Value matmul(Value x, Value y, bool transposeX, bool transposeY) {
    return make<MatMulOp>(x, y, transposeX, transposeY);
  }
  Value reshape(Value x, const MixedSizes &to) {
    return make<ReshapeOp>(x, to.dims, to.sizes);
  }
  Value expand(Value x, const MixedSizes &to) {
    return make<ExpandOp>(x, to.dims, to.sizes);
  }
  Value transpose(Value x, llvm::ArrayRef<int64_t> permutation) {
    return make<TransposeOp>(x, permutation);
  }

  /// Extent of axis `i`: an attribute when static.
  mlir::OpFoldResult dim(Value x, int64_t i);
  /// The product of extents.
  mlir::OpFoldResult product(llvm::ArrayRef<mlir::OpFoldResult> factors);
  /// An index as a rank-0 tensor of a floating-point type.
  Value fromIndex(mlir::OpFoldResult index, mlir::Type elementType);

  template <typename OpT, typename... Args> Value make(Args &&...args) {
    return createInferred<OpT>(b, loc, std::forward<Args>(args)...);
  }

  mlir::OpBuilder &b;
  mlir::Location loc;
};

/// Rank of a shaped value.
int64_t rankOf(mlir::Value value);

/// The axes from `first` on of a value of rank `rank`.
llvm::SmallVector<int64_t> axesFrom(int64_t first, int64_t rank);

} // namespace mlc

#endif // MLC_COMPILER_TRANSFORMS_SIMPLIFY_TENSORBUILDER_H
