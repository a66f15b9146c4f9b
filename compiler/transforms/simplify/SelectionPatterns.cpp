//===- SelectionPatterns.cpp - casts, comparisons, selections ---*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/transforms/simplify/ConstantData.h"
#include "compiler/transforms/simplify/Patterns.h"
#include "compiler/transforms/simplify/TensorBuilder.h"

using namespace mlir;

namespace mlc {
namespace {

/// Whether all dims of the result can be computed without it.
bool hasRoots(DimFacts &facts, Value result) {
  return llvm::all_of(llvm::seq<int64_t>(0, rankOf(result)),
                      [&](int64_t i) { return facts.hasRoots(result, i); });
}

/// Replaces `op`, whose dims have roots, by `value`, which gives its elements.
void replaceByExpand(PatternRewriter &rewriter, DimFacts &facts, Operation *op,
                     Value value) {
  Value result = op->getResult(0);
  MixedSizes sizes;
  for (int64_t i = 0; i < rankOf(result); ++i) {
    sizes.push(facts.dimFromRoots(rewriter, op->getLoc(), result, i));
  }
  rewriter.replaceOpWithNewOp<ExpandOp>(op, result.getType(), value, sizes.dims,
                                        sizes.sizes);
}

/// Whether every value of `from` is one of `to`.
bool holdsAll(Type from, Type to) {
  auto fromReal = dyn_cast<FloatType>(from), toReal = dyn_cast<FloatType>(to);
  if (fromReal && toReal) {
    const auto &narrow = fromReal.getFloatSemantics();
    const auto &wide = toReal.getFloatSemantics();
    return toReal.getWidth() >= 32 && toReal.getWidth() > fromReal.getWidth() &&
           APFloat::semanticsPrecision(wide) >
               APFloat::semanticsPrecision(narrow);
  }
  if (fromReal) {
    return false;
  }
  unsigned bits = from.getIntOrFloatBitWidth();
  bool isUnsigned = from.isUnsignedInteger() || bits == 1;
  if (toReal) {
    return bits < (toReal.isF64() ? 54u : toReal.isF32() ? 25u : 0u);
  }
  unsigned toBits = to.getIntOrFloatBitWidth();
  if (toBits == 1) {
    return false;
  }
  return isUnsigned ? toBits > bits : !to.isUnsignedInteger() && toBits > bits;
}

/// cast(cast(x)) ==> cast(x) where the first one keeps every value.
struct MergeCasts : FactPattern<CastOp> {
  using FactPattern::FactPattern;
  LogicalResult matchAndRewrite(CastOp op,
                                PatternRewriter &rewriter) const override {
    if (elementTypeOf(op.getX()) == op.getTo()) {
      if (!canReplace(op, op.getX())) {
        return rewriter.notifyMatchFailure(op, "types differ");
      }
      rewriter.replaceOp(op, op.getX());
      return success();
    }
    auto inner = op.getX().getDefiningOp<CastOp>();
    Type from = inner ? elementTypeOf(inner.getX()) : Type();
    if (!inner || !holdsAll(from, inner.getTo())) {
      return rewriter.notifyMatchFailure(op, "the first cast loses values");
    }
    // From a float, an integer that does not fit saturates; from an integer it
    // wraps around.
    if (isa<IntegerType>(from) && isa<FloatType>(inner.getTo()) &&
        isa<IntegerType>(op.getTo()) && !op.getTo().isInteger(1) &&
        from != op.getTo() && !holdsAll(from, op.getTo())) {
      return rewriter.notifyMatchFailure(op, "wrapping is not saturating");
    }
    rewriter.modifyOpInPlace(op,
                             [&] { op.getXMutable().assign(inner.getX()); });
    return success();
  }
};

/// where(true, a, b) ==> a; where(c, a, a) ==> a;
/// where(!c, a, b) ==> where(c, b, a)
struct SimplifyWhere : FactPattern<WhereOp> {
  using FactPattern::FactPattern;
  LogicalResult matchAndRewrite(WhereOp op,
                                PatternRewriter &rewriter) const override {
    if (auto inverted = op.getCondition().getDefiningOp<NotOp>()) {
      Value a = op.getA(), b = op.getB();
      rewriter.modifyOpInPlace(
          op, [&] { op->setOperands({inverted.getX(), b, a}); });
      return success();
    }
    Value chosen;
    if (std::optional<double> condition = splatNumber(op.getCondition())) {
      chosen = *condition != 0 ? op.getA() : op.getB();
    } else if (op.getA() == op.getB()) {
      chosen = op.getA();
    }
    if (!chosen) {
      return rewriter.notifyMatchFailure(op, "the condition is not known");
    }
    if (canReplace(op, chosen) && facts.haveSameDims(op, chosen)) {
      rewriter.replaceOp(op, chosen);
      return success();
    }
    if (!hasRoots(facts, op)) {
      return rewriter.notifyMatchFailure(op, "a dim is not known otherwise");
    }
    replaceByExpand(rewriter, facts, op, chosen);
    return success();
  }
};

/// Comparisons of 0, 1, 2, ... with a constant that is not above 0.
template <typename OpT> struct CompareIota : FactPattern<OpT> {
  using FactPattern<OpT>::FactPattern;
  LogicalResult matchAndRewrite(OpT op,
                                PatternRewriter &rewriter) const override {
    std::optional<double> c = splatNumber(op.getB());
    Value source = op.getA();
    while (auto reshape = source.template getDefiningOp<ReshapeOp>()) {
      source = reshape.getX();
    }
    // In narrower types 0, 1, 2, ... may wrap around.
    bool mayWrap = elementTypeOf(op.getA()).getIntOrFloatBitWidth() < 32;
    constexpr bool orEqual =
        std::is_same_v<OpT, GreaterEqualOp> || std::is_same_v<OpT, LessOp>;
    if (!c || mayWrap || !source.template getDefiningOp<IotaOp>() ||
        !(orEqual ? *c <= 0 : *c < 0) || !hasRoots(this->facts, op)) {
      return rewriter.notifyMatchFailure(op, "not decided by the range");
    }
    constexpr bool isGreater =
        std::is_same_v<OpT, GreaterEqualOp> || std::is_same_v<OpT, GreaterOp>;
    TensorBuilder t(rewriter, op.getLoc());
    Value decided = t.scalar(rewriter.getI1Type(), isGreater);
    replaceByExpand(rewriter, this->facts, op, decided);
    return success();
  }
};

} // namespace

void populateSelectionPatterns(RewritePatternSet &patterns, DimFacts &facts) {
  patterns.add<MergeCasts, SimplifyWhere, CompareIota<GreaterEqualOp>,
               CompareIota<GreaterOp>, CompareIota<LessOp>,
               CompareIota<LessEqualOp>>(patterns.getContext(), facts);
}

} // namespace mlc
