//===- ConvProducts.cpp - convolutions as products of matrices --*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/ConvRewrites.h"

using namespace mlir;

namespace mlc::codegen {

static double countTaps(ConvOp op) {
  double taps = 1;
  for (int64_t extent : tensorTypeOf(op.getW()).getShape().drop_front(2)) {
    taps *= extent;
  }
  return taps;
}

/// Bytes of what lies under the taps, as far as they are known.
static double gatheredBytes(ConvOp op) {
  RankedTensorType x = tensorTypeOf(op.getX()), y = tensorTypeOf(op.getY());
  double bytes = x.getElementTypeBitWidth() / 8 * countTaps(op);
  for (int64_t i = 0; i < y.getRank(); ++i) {
    int64_t extent = i < 2 ? x.getDimSize(i) : y.getDimSize(i);
    bytes *= ShapedType::isDynamic(extent) ? 1 : extent;
  }
  return bytes;
}

namespace {

constexpr int64_t kMaxTaps = 64; ///< each is a part to choose from, or an op

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

  /// Each channel by itself: a sum over the taps, element by element.
  Value runByChannel() {
    Value padded = addBorders();
    DimExprs dims = b.dims(padded);
    dims.insert(dims.begin() + 2, b.constant(1));
    padded = b.reshape(padded, dims);
    AffineExpr taps = productOf(ArrayRef(w).drop_front(2));
    DimExprs filters{w[0], taps};
    filters.append(spatial, b.constant(1));
    Value all = b.reshape(op.getW(), filters), sum;
    int64_t count = countTaps(op);
    for (int64_t tap = 0; tap < count; ++tap) {
      Value part = padded;
      for (int64_t i = spatial - 1, rest = tap; i >= 0; --i) {
        int64_t extent = tensorTypeOf(op.getW()).getDimSize(i + 2);
        part = b.slice(part, 3 + i, rest % extent * op.getDilations()[i],
                       y[i + 2], op.getStrides()[i]);
        rest /= extent;
      }
      Value filter = b.slice(all, 1, tap, b.constant(1));
      Value product = b.make<MulOp>(part, filter);
      sum = sum ? b.make<AddOp>(sum, product) : product;
    }
    return b.reshape(sum, y);
  }

private:
  AffineExpr productOf(ArrayRef<AffineExpr> dims) {
    AffineExpr product = b.constant(1);
    for (AffineExpr dim : dims) {
      product = product * dim;
    }
    return product;
  }

  /// Borders are added before a view: fusion would ask for them at each tap.
  Value addBorders() {
    Value x = op.getX();
    for (int64_t i = 0; i < spatial; ++i) {
      x = b.pad(x, 2 + i, op.getPads()[i], op.getPads()[spatial + i]);
    }
    return x;
  }

  /// Axis by axis from the innermost on: each element comes from one of as many
  /// parts as that axis has taps, and later axes move whole rows. Views between
  /// them keep fusion from making one step of all.
  Value gatherTaps() {
    Value gathered = addBorders();
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
    return ShapedType::isDynamic(taps) || taps > kMaxTaps;
  };
  if ((!element.isF32() && !element.isF64()) || w.isDynamicDim(1) ||
      x.isDynamicDim(1) || isEmpty(x) || isEmpty(w) || isEmpty(y) ||
      llvm::any_of(w.getShape().drop_front(2), isLong)) {
    return {};
  }
  ConvMultiplier multiplier(op, scope);
  if (w.getDimSize(0) != int64_t(op.getGroup())) {
    constexpr double maxBytes = 1 << 30;
    return gatheredBytes(op) <= maxBytes ? multiplier.run() : Value();
  }
  // One row of filters does not repay gathering what it multiplies.
  bool isDepthwise = w.getDimSize(1) == 1 && countTaps(op) <= kMaxTaps;
  return isDepthwise ? multiplier.runByChannel() : Value();
}

} // namespace mlc::codegen
