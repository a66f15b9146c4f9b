//===- ConvProducts.cpp - convolutions as products of matrices --*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/ConvRewrites.h"

using namespace mlir;

namespace mlc::codegen {

namespace {

/// x under the taps, [N, group, C, taps, out...], times filters of as many
/// rows.
class ConvMultiplier {
public:
  ConvMultiplier(ConvOp op, ShapeScope &scope)
      : op(op), b(op, scope), x(b.dims(op.getX())), w(b.dims(op.getW())),
        y(b.dims(op.getY())), spatial(op.getStrides().size()) {}

  Value run() {
    AffineExpr group = b.constant(op.getGroup());
    AffineExpr depth = productOf(ArrayRef(w).drop_front());
    AffineExpr pixels = productOf(ArrayRef(y).drop_front(2));
    Value columns = b.reshape(gatherTaps(), {x[0], group, depth, pixels});
    AffineExpr rows = y[1].floorDiv(op.getGroup());
    Value filters = b.reshape(op.getW(), {group, rows, depth});
    return b.reshape(b.make<MatMulOp>(filters, columns, /*transpose_a=*/false,
                                      /*transpose_b=*/false),
                     y);
  }

private:
  AffineExpr productOf(ArrayRef<AffineExpr> dims) {
    AffineExpr product = b.constant(1);
    for (AffineExpr dim : dims) {
      product = product * dim;
    }
    return product;
  }

  /// Axis by axis from the innermost on: each element comes from one of as many
  /// parts as that axis has taps, and later axes move whole rows. Views between
  /// them keep fusion from making one step of all.
  Value gatherTaps() {
    Value gathered = op.getX();
    for (int64_t i = 0; i < spatial; ++i) {
      gathered =
          b.pad(gathered, 2 + i, op.getPads()[i], op.getPads()[spatial + i]);
    }
    DimExprs padded = b.dims(gathered);
    AffineExpr one = b.constant(1), taps = one;
    for (int64_t i = spatial - 1; i >= 0; --i) {
      DimExprs split{x[0], b.constant(op.getGroup()), w[1], one, taps};
      split.append(padded.begin() + 2, padded.begin() + 3 + i);
      if (i + 1 < spatial) {
        split.push_back(productOf(ArrayRef(y).drop_front(3 + i)));
      }
      gathered = b.reshape(gathered, split);
      SmallVector<Value> parts;
      int64_t count = tensorTypeOf(op.getW()).getDimSize(i + 2);
      for (int64_t tap = 0; tap < count; ++tap) {
        parts.push_back(b.slice(gathered, 5 + i, tap * op.getDilations()[i],
                                y[i + 2], op.getStrides()[i]));
      }
      gathered = b.concat(parts, 3);
      taps = taps * count;
    }
    return gathered;
  }

  ConvOp op;
  ShapedBuilder b;
  DimExprs x, w, y;
  int64_t spatial;
};

} // namespace

Value multiplyTaps(ConvOp op, ShapeScope &scope) {
  RankedTensorType x = tensorTypeOf(op.getX()), w = tensorTypeOf(op.getW());
  RankedTensorType y = tensorTypeOf(op.getY());
  Type element = x.getElementType();
  auto isEmpty = [](RankedTensorType type) {
    return llvm::is_contained(type.getShape(), 0);
  };
  auto isLong = [](int64_t taps) {
    constexpr int64_t maxTaps = 64; // each is a part to choose from
    return ShapedType::isDynamic(taps) || taps > maxTaps;
  };
  // One row of filters does not repay gathering what it multiplies.
  bool isDepthwise = w.getDimSize(0) == op.getGroup();
  if ((!element.isF32() && !element.isF64()) || isDepthwise ||
      w.isDynamicDim(1) || x.isDynamicDim(1) || isEmpty(x) || isEmpty(w) ||
      isEmpty(y) || llvm::any_of(w.getShape().drop_front(2), isLong)) {
    return {};
  }
  return ConvMultiplier(op, scope).run();
}

} // namespace mlc::codegen
