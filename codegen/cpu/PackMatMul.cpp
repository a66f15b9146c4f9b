//===- PackMatMul.cpp - constant factors as panels --------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   %y = mlc.matmul %a, %w            %w constant, [K, N] (or [N, K]
//   transposed)
//     ==>
//   %y = mlc.matmul_packed %a, %p {columns = N}   %p: [ceil(N / 32), K, 32]
//
// Takes f32 products with constants without batch dims, which may be casts of
// constants of smaller floats; panels have the narrowest type that holds their
// values. A product whose left factor is transposed keeps its form.
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/PackedConstant.h"
#include "codegen/cpu/Passes.h"

using namespace mlir;

namespace mlc::codegen {

#define GEN_PASS_DEF_PACKMATMULPASS
#include "codegen/cpu/Passes.h.inc"

namespace {

/// The right factor of a product: a constant and how it lies in memory.
struct Factor {
  ConstantOp constant;
  bool transposed = false; ///< [N, K]
  int64_t depth, columns;
};

std::optional<Factor> matchFactor(MatMulOp op) {
  Factor factor;
  factor.transposed = op.getTransposeB();
  Value source = op.getB();
  if (auto transpose = source.getDefiningOp<TransposeOp>()) {
    ArrayRef<int64_t> axes = transpose.getPermutation();
    if (axes.size() != 2 || axes[0] != 1) {
      return std::nullopt;
    }
    source = transpose.getX();
    factor.transposed = !factor.transposed;
  }
  if (auto conversion = source.getDefiningOp<CastOp>()) {
    source = conversion.getX();
  }
  factor.constant = source.getDefiningOp<ConstantOp>();
  auto type = cast<RankedTensorType>(source.getType());
  auto leftType = cast<RankedTensorType>(op.getA().getType());
  bool single = llvm::all_of(type.getShape().drop_back(2),
                             [](int64_t dim) { return dim == 1; });
  // An integer is not always a float.
  if (!factor.constant || !isa<FloatType>(type.getElementType()) ||
      !elementTypeOf(op.getB()).isF32() || op.getTransposeA() || !single ||
      type.getRank() > leftType.getRank()) {
    return std::nullopt;
  }
  ArrayRef<int64_t> matrix = type.getShape().take_back(2);
  factor.depth = matrix[factor.transposed ? 1 : 0];
  factor.columns = matrix[factor.transposed ? 0 : 1];
  if (factor.depth == 0 || factor.columns == 0) {
    return std::nullopt;
  }
  return factor;
}

/// A constant that is cast and stays a factor is cast now.
void widenFactor(MatMulOp op) {
  auto conversion = op.getB().getDefiningOp<CastOp>();
  auto constant =
      conversion ? conversion.getX().getDefiningOp<ConstantOp>() : ConstantOp();
  if (!constant || !elementTypeOf(conversion.getY()).isF32()) {
    return;
  }
  if (ElementsAttr wide = widenConstant(constant.getValue())) {
    OpBuilder b(op);
    op.getBMutable().assign(ConstantOp::create(b, constant.getLoc(), wide));
  }
}

struct PackMatMulPass : impl::PackMatMulPassBase<PackMatMulPass> {
  void runOnOperation() override {
    SmallVector<MatMulOp> products;
    getOperation().walk([&](MatMulOp op) { products.push_back(op); });
    for (MatMulOp op : products) {
      std::optional<Factor> factor = matchFactor(op);
      ElementsAttr panels =
          factor ? packPanels(factor->constant.getValue(), factor->depth,
                              factor->columns, factor->transposed)
                 : ElementsAttr();
      if (!panels) {
        widenFactor(op);
        continue;
      }
      OpBuilder b(op);
      Value constant = ConstantOp::create(b, factor->constant.getLoc(), panels);
      auto packed = MatMulPackedOp::create(
          b, op.getLoc(), op.getType(), op.getA(), constant, factor->columns);
      op.replaceAllUsesWith(packed.getY());
      op.erase();
    }
  }
};

} // namespace
} // namespace mlc::codegen
