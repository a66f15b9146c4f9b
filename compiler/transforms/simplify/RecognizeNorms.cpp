//===- RecognizeNorms.cpp - find normalisations in their parts --*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   d = x - mean(x); y = d / sqrt(mean(d * d) + e)  ==>  mlc.layer_norm x
//   y = x / sqrt(mean(x * x) + e)                   ==>  mlc.layer_norm x {rms}
//
// In: simplified mlc ops (powers are products, 1/sqrt is mlc.rsqrt), where the
// means go over the last axes. Scale and bias stay as elementwise ops. Results
// differ by rounding.
//
//===----------------------------------------------------------------------===//
#include "compiler/transforms/Passes.h"
#include "compiler/transforms/simplify/ConstantData.h"
#include "compiler/transforms/simplify/Patterns.h"
#include "compiler/transforms/simplify/TensorBuilder.h"

#include "dialects/mlc/Scalar.h"

#include <cmath>

using namespace mlir;

namespace mlc {
#define GEN_PASS_DEF_RECOGNIZENORMSPASS
#include "compiler/transforms/Passes.h.inc"

namespace {

class NormMatcher {
public:
  explicit NormMatcher(DimFacts &facts) : facts(facts) {}

  /// Matches the op that multiplies with 1/sqrt or divides by sqrt.
  bool match(Operation *op) {
    if (auto product = dyn_cast<MulOp>(op)) {
      return matchParts(product.getA(), product.getB(), op) ||
             matchParts(product.getB(), product.getA(), op);
    }
    auto quotient = dyn_cast<DivOp>(op);
    auto root = quotient ? quotient.getB().getDefiningOp<SqrtOp>() : SqrtOp();
    return root && matchVariance(quotient.getA(), root.getX(), op);
  }

  Value x;
  int64_t axis = 0;
  double epsilon = 0;
  bool rms = false;

private:
  bool matchParts(Value centered, Value inverse, Operation *op) {
    auto root = inverse.getDefiningOp<RsqrtOp>();
    return root && matchVariance(centered, root.getX(), op);
  }

  bool matchVariance(Value centered, Value shifted, Operation *op) {
    auto sum = shifted.getDefiningOp<AddOp>();
    std::optional<double> constant =
        sum ? splatNumber(sum.getB()) : std::nullopt;
    Value squares;
    int64_t from;
    if (!constant || *constant < 0 ||
        !facts.haveSameDims(centered, op->getResult(0)) ||
        centered.getType() != op->getResult(0).getType() ||
        !matchMean(sum.getA(), squares, from)) {
      return false;
    }
    auto product = squares.getDefiningOp<MulOp>();
    if (!product || product.getA() != centered || product.getB() != centered) {
      return false;
    }
    epsilon = *constant;
    axis = from;
    x = centered;
    rms = true;
    auto difference = centered.getDefiningOp<SubOp>();
    Value averaged;
    int64_t meanFrom;
    if (difference && matchMean(difference.getB(), averaged, meanFrom) &&
        averaged == difference.getA() && meanFrom == axis) {
      x = averaged;
      rms = false;
    }
    return x.getType() == op->getResult(0).getType();
  }

  /// reduce sum over the last axes, divided by their element count.
  bool matchMean(Value value, Value &averaged, int64_t &from) {
    // A mean of narrow floats is taken in f32.
    auto narrowed = value.getDefiningOp<CastOp>();
    Operation *op = (narrowed ? narrowed.getX() : value).getDefiningOp();
    if (!op || !isa<MulOp, DivOp>(op)) {
      return false;
    }
    auto reduce = op->getOperand(0).getDefiningOp<ReduceOp>();
    if (!reduce || reduce.getKind() != ReduceKind::sum ||
        reduce.getAxes().empty()) {
      return false;
    }
    from = reduce.getAxes().front();
    int64_t rank = rankOf(reduce);
    if (from + int64_t(reduce.getAxes().size()) != rank) {
      return false;
    }
    averaged = reduce.getX();
    if (narrowed) {
      auto widened = averaged.getDefiningOp<CastOp>();
      averaged = widened ? widened.getX() : Value();
      if (!averaged || elementTypeOf(averaged) != narrowed.getTo() ||
          computeType(narrowed.getTo()) != widened.getTo()) {
        return false;
      }
    }
    return isCount(op,
                   ArrayRef<AffineExpr>(facts.dims(averaged)).drop_front(from));
  }

  /// Whether `op` divides by the product of `extents`.
  bool isCount(Operation *op, ArrayRef<AffineExpr> extents) {
    Value by = op->getOperand(1);
    DimExprs dims(extents);
    if (std::optional<double> c = splatNumber(by)) {
      std::optional<int64_t> count = constantProduct(dims);
      double divisor = isa<DivOp>(op) ? *c : 1 / *c;
      return count &&
             std::fabs(divisor - double(*count)) <= 1e-6 * double(*count);
    }
    if (auto cast = by.getDefiningOp<CastOp>()) {
      by = cast.getX();
    }
    auto scalars = by.getDefiningOp<FromScalarsOp>();
    if (!scalars || scalars.getValues().size() != 1 || !isa<DivOp>(op)) {
      return false;
    }
    AffineExpr product = getAffineConstantExpr(1, op->getContext());
    for (AffineExpr dim : dims) {
      product = product * dim;
    }
    return facts.index(Value(scalars.getValues()[0])) == product;
  }

  DimFacts &facts;
};

struct RecognizeNormsPass : impl::RecognizeNormsPassBase<RecognizeNormsPass> {
  using RecognizeNormsPassBase::RecognizeNormsPassBase;

  void runOnOperation() override {
    SmallVector<Operation *> roots;
    getOperation()->walk([&](Operation *op) {
      if (isa<MulOp, DivOp>(op)) {
        roots.push_back(op);
      }
    });
    DimFacts facts(getOperation());
    for (Operation *op : roots) {
      NormMatcher matcher(facts);
      if (!matcher.match(op)) {
        continue;
      }
      OpBuilder b(op);
      Value norm =
          TensorBuilder(b, op->getLoc())
              .make<LayerNormOp>(matcher.x, matcher.axis,
                                 APFloat(matcher.epsilon), matcher.rms);
      op->getResult(0).replaceAllUsesWith(norm);
    }
  }
};

} // namespace
} // namespace mlc
