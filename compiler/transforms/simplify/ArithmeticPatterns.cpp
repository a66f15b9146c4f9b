//===- ArithmeticPatterns.cpp - algebra of elementwise ops ------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Exact unless a pattern says otherwise. `x + 0.0` is no neutral operation: it
// turns -0.0 into 0.0; `x + -0.0` and `x - 0.0` are.
//
//===----------------------------------------------------------------------===//
#include "compiler/transforms/simplify/ConstantData.h"
#include "compiler/transforms/simplify/Patterns.h"
#include "compiler/transforms/simplify/TensorBuilder.h"

#include <cmath>

using namespace mlir;

namespace mlc {
namespace {

bool isFloat(Value value) { return isa<FloatType>(elementTypeOf(value)); }

bool isConstant(Value value) { return value.getDefiningOp<ConstantOp>(); }

/// Whether `value` is a constant with all elements equal to `number` (and, for
/// zeros, of the sign asked for).
bool isSplat(Value value, double number, bool negativeZero = false) {
  std::optional<double> found = splatNumber(value);
  return found && *found == number &&
         (number != 0 || !isFloat(value) ||
          std::signbit(*found) == negativeZero);
}

/// Whether replacing `op` by its operand `x` keeps dims.
LogicalResult replaceByOperand(PatternRewriter &rewriter, DimFacts &facts,
                               Operation *op, Value x) {
  if (!canReplace(op, x) || !facts.haveSameDims(op->getResult(0), x)) {
    return rewriter.notifyMatchFailure(op, "the operand is broadcast");
  }
  rewriter.replaceOp(op, x);
  return success();
}

//===----------------------------------------------------------------------===//
// Subtraction and division by constants
//===----------------------------------------------------------------------===//

/// x - c ==> x + (-c), which merges with other additions.
struct SubtractConstant : FactPattern<SubOp> {
  using FactPattern::FactPattern;
  LogicalResult matchAndRewrite(SubOp op,
                                PatternRewriter &rewriter) const override {
    if (!isConstant(op.getB()) || isConstant(op.getA()) ||
        elementTypeOf(op).isUnsignedInteger() || isSplat(op.getB(), 0)) {
      return rewriter.notifyMatchFailure(op, "does not subtract a constant");
    }
    TensorBuilder t(rewriter, op.getLoc());
    std::optional<double> splat = splatNumber(op.getB());
    Value negated = splat && rankOf(op.getB()) == 0 && isFloat(op)
                        ? t.scalar(elementTypeOf(op), -*splat)
                        : t.make<NegOp>(op.getB());
    rewriter.replaceOpWithNewOp<AddOp>(op, op.getType(), op.getA(), negated);
    return success();
  }
};

/// x / c ==> x * (1/c) where 1/c is exact: a power of two.
struct DivideByPower : FactPattern<DivOp> {
  using FactPattern::FactPattern;
  LogicalResult matchAndRewrite(DivOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<double> c = splatNumber(op.getB());
    int exponent;
    if (!c || !isFloat(op) || *c == 0 || !std::isfinite(*c) ||
        std::fabs(std::frexp(*c, &exponent)) != 0.5 ||
        std::abs(exponent) > 14 || isConstant(op.getA())) {
      return rewriter.notifyMatchFailure(op, "the inverse is not exact");
    }
    TensorBuilder t(rewriter, op.getLoc());
    Value inverse = t.scalar(elementTypeOf(op), 1 / *c);
    Value shaped =
        rankOf(op.getB()) == 0
            ? inverse
            : Value(ConstantOp::create(
                  rewriter, op.getLoc(),
                  DenseElementsAttr::get(
                      cast<ShapedType>(op.getB().getType()),
                      rewriter.getFloatAttr(elementTypeOf(op), 1 / *c))));
    rewriter.replaceOpWithNewOp<MulOp>(op, op.getType(), op.getA(), shaped);
    return success();
  }
};

//===----------------------------------------------------------------------===//
// Neutral elements
//===----------------------------------------------------------------------===//

/// x * 1, x / 1, x + -0, x - 0, pow(x, 1), x & true, x | false ==> x
template <typename OpT> struct DropNeutral : FactPattern<OpT> {
  using FactPattern<OpT>::FactPattern;
  LogicalResult matchAndRewrite(OpT op,
                                PatternRewriter &rewriter) const override {
    Value b = op->getOperand(1);
    bool neutral = false;
    if constexpr (std::is_same_v<OpT, AddOp>) {
      neutral = isSplat(b, 0, /*negativeZero=*/true);
    } else if constexpr (std::is_same_v<OpT, SubOp>) {
      neutral = isSplat(b, 0);
    } else if constexpr (std::is_same_v<OpT, AndOp>) {
      neutral = elementTypeOf(b).isInteger(1) && isSplat(b, 1);
    } else if constexpr (std::is_same_v<OpT, OrOp>) {
      neutral = isSplat(b, 0);
    } else {
      neutral = isSplat(b, 1);
    }
    if (!neutral) {
      return rewriter.notifyMatchFailure(op, "operand is not neutral");
    }
    return replaceByOperand(rewriter, this->facts, op, op->getOperand(0));
  }
};

/// f(f(x)) ==> f(x)
template <typename OpT> struct DropRepeated : FactPattern<OpT> {
  using FactPattern<OpT>::FactPattern;
  LogicalResult matchAndRewrite(OpT op,
                                PatternRewriter &rewriter) const override {
    if (!op.getX().template getDefiningOp<OpT>()) {
      return rewriter.notifyMatchFailure(op, "not applied twice");
    }
    return replaceByOperand(rewriter, this->facts, op, op.getX());
  }
};

/// f(f(x)) ==> x
template <typename OpT> struct DropInverse : FactPattern<OpT> {
  using FactPattern<OpT>::FactPattern;
  LogicalResult matchAndRewrite(OpT op,
                                PatternRewriter &rewriter) const override {
    auto inner = op.getX().template getDefiningOp<OpT>();
    if (!inner) {
      return rewriter.notifyMatchFailure(op, "not applied twice");
    }
    return replaceByOperand(rewriter, this->facts, op, inner.getX());
  }
};

//===----------------------------------------------------------------------===//
// Chains of constants
//===----------------------------------------------------------------------===//

/// The largest and the smallest magnitude (zeros aside) of a constant.
std::optional<std::pair<double, double>> magnitudes(Value value) {
  std::optional<ConstantData> data = ConstantData::of(value);
  if (!data || data->count() > 65536) {
    return std::nullopt;
  }
  double most = 0, least = HUGE_VAL;
  for (int64_t i = 0; i < (data->isSplat() ? 1 : data->count()); ++i) {
    double magnitude = std::fabs(data->number(i));
    if (!std::isfinite(magnitude)) {
      return std::nullopt;
    }
    most = std::max(most, magnitude);
    least = magnitude > 0 ? std::min(least, magnitude) : least;
  }
  return std::make_pair(most, least);
}

/// (x * c) * d ==> x * (c * d). Rounds once instead of twice; only for
/// constants of moderate size, so that c * d neither overflows nor vanishes.
/// Where x * c alone overflows, as in (x * 1e6) * 1e-6 for x = 1e35, the result
/// is x instead of infinity.
struct MergeFactors : FactPattern<MulOp> {
  using FactPattern::FactPattern;
  LogicalResult matchAndRewrite(MulOp op,
                                PatternRewriter &rewriter) const override {
    auto inner = op.getA().getDefiningOp<MulOp>();
    if (!inner || !inner->hasOneUse() || !isFloat(op) ||
        !isConstant(op.getB()) || !isConstant(inner.getB()) ||
        isConstant(inner.getA())) {
      return rewriter.notifyMatchFailure(op, "no two constant factors");
    }
    double limit = elementTypeOf(op).getIntOrFloatBitWidth() >= 32 ? 1e6 : 32;
    for (Value c : {op.getB(), inner.getB()}) {
      auto range = magnitudes(c);
      if (!range || range->first > limit || range->second < 1 / limit) {
        return rewriter.notifyMatchFailure(op, "factors may overflow");
      }
    }
    TensorBuilder t(rewriter, op.getLoc());
    Value factor = t.mul(inner.getB(), op.getB());
    rewriter.replaceOpWithNewOp<MulOp>(op, op.getType(), inner.getA(), factor);
    return success();
  }
};

/// (x + c) + d ==> x + (c + d). Rounds once instead of twice; not for constants
/// so large that the rounding may be what is wanted.
struct MergeTerms : FactPattern<AddOp> {
  using FactPattern::FactPattern;
  LogicalResult matchAndRewrite(AddOp op,
                                PatternRewriter &rewriter) const override {
    auto inner = op.getA().getDefiningOp<AddOp>();
    if (!inner || !inner->hasOneUse() || !isConstant(op.getB()) ||
        !isConstant(inner.getB()) || isConstant(inner.getA())) {
      return rewriter.notifyMatchFailure(op, "no two constant terms");
    }
    for (Value c : {op.getB(), inner.getB()}) {
      auto range = magnitudes(c);
      if (isFloat(op) && (!range || range->first > 1024)) {
        return rewriter.notifyMatchFailure(op, "terms may be there to round");
      }
    }
    TensorBuilder t(rewriter, op.getLoc());
    Value term = t.add(inner.getB(), op.getB());
    rewriter.replaceOpWithNewOp<AddOp>(op, op.getType(), inner.getA(), term);
    return success();
  }
};

//===----------------------------------------------------------------------===//
// Powers and roots
//===----------------------------------------------------------------------===//

/// Whether no element is below zero or -0 (NaN may be).
bool isNonNegative(Value value, int depth = 4) {
  Operation *op = value.getDefiningOp();
  if (!op || depth == 0) {
    return false;
  }
  if (std::optional<double> number = splatNumber(value)) {
    return !std::signbit(*number);
  }
  auto all = [&] {
    return llvm::all_of(op->getOperands(), [&](Value operand) {
      return isNonNegative(operand, depth - 1);
    });
  };
  if (isa<ExpOp, AbsOp, ReluOp, SigmoidOp, SoftplusOp>(op)) {
    return true;
  }
  if (auto product = dyn_cast<MulOp>(op)) {
    return product.getA() == product.getB() || all();
  }
  if (auto reduce = dyn_cast<ReduceOp>(op)) {
    return reduce.getKind() == ReduceKind::sum && all();
  }
  return isa<AddOp, DivOp, SqrtOp, ReshapeOp, TransposeOp, CastOp>(op) && all();
}

/// pow(x, c) for exponents with a cheaper form. pow(-0, 0.5) and pow(-inf, 0.5)
/// differ from the root, so that one is for non-negative x only. pow(x, 3) as
/// two products rounds twice.
struct SimplifyPower : FactPattern<PowOp> {
  using FactPattern::FactPattern;
  LogicalResult matchAndRewrite(PowOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<double> c = splatNumber(op.getB());
    Value x = op.getA();
    if (!c || !isFloat(x) || !facts.haveSameDims(x, op) ||
        x.getType() != op.getType()) {
      return rewriter.notifyMatchFailure(op, "no constant exponent");
    }
    TensorBuilder t(rewriter, op.getLoc());
    Value y;
    if (*c == 2) {
      y = t.mul(x, x);
    } else if (*c == 3) {
      y = t.mul(x, t.mul(x, x));
    } else if (*c == -1) {
      y = t.make<ReciprocalOp>(x);
    } else if (*c == 0.5 && isNonNegative(x)) {
      y = t.make<SqrtOp>(x);
    } else if (*c == -0.5 && isNonNegative(x)) {
      y = t.rsqrt(x);
    }
    if (!y) {
      return rewriter.notifyMatchFailure(op, "no cheaper form");
    }
    rewriter.replaceOp(op, y);
    return success();
  }
};

/// 1 / x ==> reciprocal(x)
struct OneOver : FactPattern<DivOp> {
  using FactPattern::FactPattern;
  LogicalResult matchAndRewrite(DivOp op,
                                PatternRewriter &rewriter) const override {
    if (!isSplat(op.getA(), 1) || !isFloat(op) ||
        op.getB().getType() != op.getType() ||
        !facts.haveSameDims(op.getB(), op)) {
      return rewriter.notifyMatchFailure(op, "not one over something");
    }
    rewriter.replaceOpWithNewOp<ReciprocalOp>(op, op.getType(), op.getB());
    return success();
  }
};

/// reciprocal(sqrt(x)) ==> rsqrt(x), which is defined as just that.
struct InverseRoot : FactPattern<ReciprocalOp> {
  using FactPattern::FactPattern;
  LogicalResult matchAndRewrite(ReciprocalOp op,
                                PatternRewriter &rewriter) const override {
    auto root = op.getX().getDefiningOp<SqrtOp>();
    if (!root || elementTypeOf(op).getIntOrFloatBitWidth() < 32) {
      return rewriter.notifyMatchFailure(op, "operand is no root");
    }
    rewriter.replaceOpWithNewOp<RsqrtOp>(op, op.getType(), root.getX());
    return success();
  }
};

/// max(x, 0) ==> relu(x)
struct MaxZero : FactPattern<MaxOp> {
  using FactPattern::FactPattern;
  LogicalResult matchAndRewrite(MaxOp op,
                                PatternRewriter &rewriter) const override {
    Value x = op.getA();
    if (!isSplat(op.getB(), 0) || x.getType() != op.getType() ||
        !facts.haveSameDims(x, op)) {
      return rewriter.notifyMatchFailure(op, "not a maximum with zero");
    }
    rewriter.replaceOpWithNewOp<ReluOp>(op, op.getType(), x);
    return success();
  }
};

} // namespace

void populateArithmeticPatterns(RewritePatternSet &patterns, DimFacts &facts) {
  patterns.add<SubtractConstant, DivideByPower, DropNeutral<MulOp>,
               DropNeutral<DivOp>, DropNeutral<AddOp>, DropNeutral<SubOp>,
               DropNeutral<PowOp>, DropNeutral<AndOp>, DropNeutral<OrOp>,
               DropRepeated<ReluOp>, DropRepeated<AbsOp>, DropRepeated<FloorOp>,
               DropRepeated<CeilOp>, DropRepeated<RoundOp>, DropInverse<NegOp>,
               DropInverse<NotOp>, MergeFactors, MergeTerms, SimplifyPower,
               OneOver, InverseRoot, MaxZero>(patterns.getContext(), facts);
}

} // namespace mlc
