//===- WeightPatterns.cpp - scales folded into weights ----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A product with constant weights followed by a constant scale per output
// channel, as batch normalisation leaves it, is a product with other weights:
//
//   (conv(x, w) + b) * s  ==>  conv(x, w * s) + b * s
//
// This changes rounding (the sum is scaled term by term) and is done in f32 and
// f64, for scales and weights whose product is far from overflow and underflow.
// What x makes of it is not known here: a sum that overflows before a scale
// below 1 no longer does.
//
//===----------------------------------------------------------------------===//
#include "compiler/transforms/simplify/ConstantData.h"
#include "compiler/transforms/simplify/Patterns.h"
#include "compiler/transforms/simplify/TensorBuilder.h"

#include <cmath>

using namespace mlir;

namespace mlc {
namespace {

bool isWide(Value value) {
  Type type = elementTypeOf(value);
  return type.isF32() || type.isF64();
}

/// Whether all elements are 0 or of magnitude 1e-9 to 1e9 (weights) or 1e-6 to
/// 1e6 (scales).
bool isModerate(Value constant, double limit) {
  std::optional<ConstantData> data = ConstantData::of(constant);
  if (!data) {
    return false;
  }
  int64_t count = data->isSplat() ? 1 : data->count();
  for (int64_t i = 0; i < count; ++i) {
    double x = std::fabs(data->number(i));
    // Also false for NaN.
    if (!(x <= limit) || (x != 0 && x < 1 / limit)) {
      return false;
    }
  }
  return true;
}

/// A product whose second operand is a constant.
struct Product {
  Operation *op = nullptr;
  Value weights;
  int64_t channelAxis = 0; ///< of the result, counted from its end
  int64_t weightAxis = 0;  ///< of the weights, the same dim

  static Product of(Value value) {
    Product product;
    Operation *op = value.getDefiningOp();
    if (!op || !isWide(value) || !isa<MatMulOp, ConvOp, ConvTransposeOp>(op) ||
        !op->getOperand(1).getDefiningOp<ConstantOp>()) {
      return product;
    }
    // Weights that something else uses too would be stored twice.
    product.weights = op->getOperand(1);
    if (!product.weights.hasOneUse()) {
      return product;
    }
    if (auto matmul = dyn_cast<MatMulOp>(op)) {
      product.channelAxis = 1;
      product.weightAxis = matmul.getTransposeB() ? 0 : 1;
      product.op = rankOf(product.weights) == 2 ? op : nullptr;
      return product;
    }
    product.channelAxis = rankOf(value) - 1;
    auto transposed = dyn_cast<ConvTransposeOp>(op);
    product.weightAxis = transposed ? 1 : 0;
    product.op = transposed && transposed.getGroup() != 1 ? nullptr : op;
    return product;
  }
};

/// A constant of one element, or with the channels along its only dim that is
/// not 1, in place for the product's result.
bool isPerChannel(Value constant, const Product &product) {
  if (!constant.getDefiningOp<ConstantOp>()) {
    return false;
  }
  auto type = cast<RankedTensorType>(constant.getType());
  if (type.getNumElements() == 1) {
    return true;
  }
  auto weights = cast<RankedTensorType>(product.weights.getType());
  for (int64_t i = 0; i < type.getRank(); ++i) {
    bool isChannel = i == type.getRank() - product.channelAxis;
    int64_t expected = isChannel ? weights.getDimSize(product.weightAxis) : 1;
    if (type.getDimSize(i) != expected) {
      return false;
    }
  }
  return true;
}

/// weights * scale, with the scale lying along the weights' channel axis.
Value scaleWeights(PatternRewriter &rewriter, const Product &product,
                   Value scale) {
  Location loc = product.op->getLoc();
  auto type = cast<RankedTensorType>(scale.getType());
  SmallVector<OpFoldResult> sizes;
  if (type.getNumElements() > 1) {
    sizes.assign(rankOf(product.weights), rewriter.getIndexAttr(1));
    sizes[product.weightAxis] = rewriter.getIndexAttr(type.getNumElements());
  }
  TensorBuilder t(rewriter, loc);
  return t.mul(product.weights, reshapeTo(rewriter, loc, scale, sizes));
}

/// The product with other weights.
Value withWeights(PatternRewriter &rewriter, const Product &product, Value x,
                  Value weights) {
  return cloneWith(rewriter, product.op, {x, weights})->getResult(0);
}

/// product(x, w) * s ==> product(x, w * s)
struct ScaleAfterProduct : FactPattern<MulOp> {
  using FactPattern::FactPattern;
  LogicalResult matchAndRewrite(MulOp op,
                                PatternRewriter &rewriter) const override {
    Product product = Product::of(op.getA());
    if (!product.op || !product.op->hasOneUse() ||
        !isPerChannel(op.getB(), product) ||
        !facts.haveSameDims(op, op.getA()) || !isModerate(op.getB(), 1e6) ||
        !isModerate(product.weights, 1e9)) {
      return rewriter.notifyMatchFailure(op, "no scale of a product");
    }
    rewriter.setInsertionPoint(op);
    Value weights = scaleWeights(rewriter, product, op.getB());
    rewriter.replaceOp(
        op, withWeights(rewriter, product, product.op->getOperand(0), weights));
    return success();
  }
};

/// (product(x, w) + b) * s ==> product(x, w) * s + b * s
struct ScaleAfterBias : FactPattern<MulOp> {
  using FactPattern::FactPattern;
  LogicalResult matchAndRewrite(MulOp op,
                                PatternRewriter &rewriter) const override {
    auto sum = op.getA().getDefiningOp<AddOp>();
    Product product = sum ? Product::of(sum.getA()) : Product();
    if (!product.op || !sum->hasOneUse() || !product.op->hasOneUse() ||
        !sum.getB().getDefiningOp<ConstantOp>() ||
        !facts.haveSameDims(sum, product.op->getResult(0)) ||
        !facts.haveSameDims(sum, op) || !isPerChannel(op.getB(), product) ||
        !isModerate(op.getB(), 1e6) || !isModerate(sum.getB(), 1e9) ||
        !isModerate(product.weights, 1e9)) {
      return rewriter.notifyMatchFailure(op, "no scale of a biased product");
    }
    TensorBuilder t(rewriter, op.getLoc());
    Value scaled = t.mul(sum.getA(), op.getB());
    Value bias = t.mul(sum.getB(), op.getB());
    rewriter.replaceOpWithNewOp<AddOp>(op, op.getType(), scaled, bias);
    return success();
  }
};

/// product(x * c, w) ==> product(x, w * c) for one constant c.
template <typename OpT> struct ScaleBeforeProduct : FactPattern<OpT> {
  using FactPattern<OpT>::FactPattern;
  LogicalResult matchAndRewrite(OpT op,
                                PatternRewriter &rewriter) const override {
    Product product = Product::of(op);
    auto scale = op->getOperand(0).template getDefiningOp<MulOp>();
    if (!product.op || !scale || !scale->hasOneUse() ||
        !scale.getB().template getDefiningOp<ConstantOp>() ||
        !splatNumber(scale.getB()) || rankOf(scale.getB()) != 0 ||
        !isModerate(scale.getB(), 1e6) || !isModerate(product.weights, 1e9)) {
      return rewriter.notifyMatchFailure(op, "no scale of the operand");
    }
    Value weights = scaleWeights(rewriter, product, scale.getB());
    rewriter.replaceOp(op,
                       withWeights(rewriter, product, scale.getA(), weights));
    return success();
  }
};

/// (x w + b)[..., i:j] ==> x w[:, i:j] + b[i:j] where every user takes such a
/// part and no two the same columns: the parts are made where they are needed,
/// not copied out of a whole.
struct SliceOfProduct : FactPattern<SliceOp> {
  using FactPattern::FactPattern;
  LogicalResult matchAndRewrite(SliceOp op,
                                PatternRewriter &rewriter) const override {
    Value whole = op.getX();
    auto sum = whole.getDefiningOp<AddOp>();
    auto product = (sum ? sum.getA() : whole).getDefiningOp<MatMulOp>();
    if (!product || (sum && !product->hasOneUse()) ||
        !isSplitUp(whole, columnsOf(product)) || !hasOwnWeights(product)) {
      return rewriter.notifyMatchFailure(op, "not a product of parts");
    }
    if (sum && (!isRow(sum.getB(), columnsOf(product)) ||
                !facts.haveSameDims(sum, product))) {
      return rewriter.notifyMatchFailure(op, "no bias per column");
    }
    int64_t start = op.getStarts().back(), size = op.getSizes().back();
    if (typeOfPart(whole, size) != op.getType()) {
      return rewriter.notifyMatchFailure(op, "types differ");
    }
    TensorBuilder t(rewriter, op.getLoc());
    Value weights =
        part(t, product.getB(), product.getTransposeB() ? 0 : 1, start, size);
    Value y = t.matmul(product.getA(), weights, product.getTransposeA(),
                       product.getTransposeB());
    if (sum) {
      y = t.add(y, part(t, sum.getB(), rankOf(sum.getB()) - 1, start, size));
    }
    if (y.getType() != op.getType()) {
      y = tensor::CastOp::create(rewriter, op.getLoc(), op.getType(), y);
    }
    rewriter.replaceOp(op, y);
    return success();
  }

private:
  static Type typeOfPart(Value whole, int64_t columns) {
    auto type = cast<RankedTensorType>(whole.getType());
    SmallVector<int64_t> shape(type.getShape());
    shape.back() = columns;
    return type.clone(shape);
  }

  static int64_t columnsOf(MatMulOp op) {
    auto type = cast<RankedTensorType>(op.getB().getType());
    return type.getDimSize(type.getRank() - (op.getTransposeB() ? 2 : 1));
  }

  /// A constant matrix that only this product and its parts read.
  static bool hasOwnWeights(MatMulOp op) {
    return rankOf(op.getB()) == 2 && op.getB().getDefiningOp<ConstantOp>() &&
           llvm::all_of(op.getB().getUsers(), [&](Operation *user) {
             return user == op || isa<SliceOp>(user);
           });
  }

  static bool isRow(Value value, int64_t columns) {
    auto type = cast<RankedTensorType>(value.getType());
    return value.getDefiningOp<ConstantOp>() && type.getRank() > 0 &&
           type.getNumElements() == columns &&
           type.getShape().back() == columns;
  }

  /// Whether all users are slices of columns that do not overlap.
  bool isSplitUp(Value whole, int64_t columns) const {
    int64_t taken = 0;
    for (Operation *user : whole.getUsers()) {
      auto slice = dyn_cast<SliceOp>(user);
      if (!slice || ShapedType::isDynamic(slice.getStarts().back()) ||
          ShapedType::isDynamic(slice.getSizes().back()) ||
          slice.getSteps().back() != 1) {
        return false;
      }
      DimExprs from(facts.dims(whole)), to(facts.dims(slice));
      for (int64_t i = 0; i + 1 < rankOf(whole); ++i) {
        if (slice.getStarts()[i] != 0 || slice.getSteps()[i] != 1 ||
            from[i] != to[i]) {
          return false;
        }
      }
      taken += slice.getSizes().back();
    }
    return !ShapedType::isDynamic(columns) && taken <= columns;
  }

  static Value part(TensorBuilder &t, Value x, int64_t axis, int64_t start,
                    int64_t size) {
    SmallVector<int64_t> starts(rankOf(x), 0), steps(rankOf(x), 1);
    SmallVector<int64_t> sizes(cast<RankedTensorType>(x.getType()).getShape());
    starts[axis] = start;
    sizes[axis] = size;
    return t.make<SliceOp>(x, ValueRange(), ValueRange(), starts, sizes, steps);
  }
};

} // namespace

void populateWeightPatterns(RewritePatternSet &patterns, DimFacts &facts) {
  patterns.add<ScaleAfterProduct, ScaleAfterBias, ScaleBeforeProduct<MatMulOp>,
               ScaleBeforeProduct<ConvOp>, SliceOfProduct,
               ScaleBeforeProduct<ConvTransposeOp>>(patterns.getContext(),
                                                    facts);
}

} // namespace mlc
