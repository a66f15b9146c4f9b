//===- ExpandMath.cpp - f32 functions as arithmetic -------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// math.exp, exp2, expm1, log, log2, log10, log1p, tanh, erf, rsqrt, sin and its
// kin, their inverses, arith.remf and others on f32 or vectors of f32 become
// range reduction and a polynomial, without branches: a loop around them
// vectorises, and GPU code needs no library. The coefficients are minimax fits
// made for this file (rounded to f32 one by one, the rest refitted). Errors
// over all f32 values, in units in the last place, are pinned by
// test/codegen/common/math-functions.
//
// Infinities, NaN, signed zero and denormals behave as in IEEE 754. Functions
// not listed, and f64, are left for the C library.
//
//===----------------------------------------------------------------------===//
#include "codegen/common/FloatBuilder.h"
#include "codegen/common/InverseMath.h"
#include "codegen/common/Passes.h"
#include "codegen/common/WideMath.h"

#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

#include <limits>

using namespace mlir;

namespace mlc::codegen {
#define GEN_PASS_DEF_EXPANDMATHPASS
#include "codegen/common/Passes.h.inc"

Value FloatBuilder::splat(TypedAttr value, Type type) {
  if (auto shaped = dyn_cast<ShapedType>(type)) {
    value = DenseElementsAttr::get(shaped, Attribute(value));
  }
  return arith::ConstantOp::create(b, value);
}

Value FloatBuilder::polynomial(Value x, ArrayRef<float> coefficients) {
  Value result = constant(coefficients.back());
  for (float c : llvm::reverse(coefficients.drop_back())) {
    result = fma(result, x, constant(c));
  }
  return result;
}

Value FloatBuilder::copySign(Value magnitude, Value sign) {
  Value mask = bitsConstant(0x80000000u);
  Value rest = bitsConstant(0x7fffffffu);
  return fromBits(
      orBits(andBits(toBits(magnitude), rest), andBits(toBits(sign), mask)));
}

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float notANumber = std::numeric_limits<float>::quiet_NaN();
// ln 2 in two parts; n * ln2High is exact for |n| < 2^9.
constexpr float ln2High = 0x1.62e4p-1f, ln2Low = 0x1.7f7d1cp-20f;
constexpr float log2e = 0x1.715476p+0f;
/// (exp(r) - 1 - r) / r^2 on [-ln2/2, ln2/2].
constexpr float expTail[] = {5.000000000e-01f, 1.666666716e-01f,
                             4.166648909e-02f, 8.333208039e-03f,
                             1.393272309e-03f, 1.994426566e-04f};
/// (log(1+f) - f + f^2/2) / f^3 on [sqrt(1/2)-1, sqrt(2)-1].
constexpr float logTail[] = {
    3.333331347e-01f,  -2.500000894e-01f, 2.000207156e-01f,
    -1.666798890e-01f, 1.422035843e-01f,  -1.240623444e-01f,
    1.188355014e-01f,  -1.167009100e-01f, 6.749253720e-02f};
/// erf(x)/x - 1 in x^2 on [0, 0.93], and log2(erfc(x)) on [0.92, 3.95].
constexpr float erfSmall[] = {
    1.283791661e-01f, -3.761262894e-01f, 1.128362566e-01f, -2.685573138e-02f,
    5.192405079e-03f, -8.049769094e-04f, 7.996641943e-05f};
constexpr float erfcLog2[] = {
    2.537317632e-04f, -1.629554033e+00f, -9.137088060e-01f, -1.562351137e-01f,
    3.625292704e-02f, -6.022731308e-03f, 6.278869696e-04f,  -3.053007094e-05f};
/// 2^r on [-1/2, 1/2] to 1e-7: for what is subtracted from something larger.
constexpr float exp2Short[] = {1.0f,
                               6.931470037e-01f,
                               2.402224243e-01f,
                               5.550733581e-02f,
                               9.671512991e-03f,
                               1.326472731e-03f};

/// x = n * ln2 + r: r, and n as a float and as bits.
struct Reduced {
  Value r, n, bits;
};

/// Nearest integer by adding 1.5 * 2^23, which leaves it in the low bits.
Reduced nearest(FloatBuilder &f, Value scaled) {
  Value magic = f.constant(12582912.0f);
  Value shifted = f.add(scaled, magic);
  return {Value(), f.sub(shifted, magic),
          f.subBits(f.toBits(shifted), f.bitsConstant(0x4b400000u))};
}

Reduced reduce(FloatBuilder &f, Value x) {
  Reduced result = nearest(f, f.mul(x, f.constant(log2e)));
  result.r = f.fma(result.n, f.constant(-ln2High), x);
  result.r = f.fma(result.n, f.constant(-ln2Low), result.r);
  return result;
}

/// p * 2^n for |n| <= 252, in two steps so that denormals and infinity come
/// out right.
Value scale(FloatBuilder &f, Value p, Value n) {
  Value half = f.shiftRight(n, 1);
  Value bias = f.bitsConstant(127);
  auto power = [&](Value e) {
    return f.fromBits(f.shiftLeft(f.addBits(e, bias), 23));
  };
  return f.mul(f.mul(p, power(half)), power(f.subBits(n, half)));
}

/// exp(r) for a reduced r, from its tail.
Value expReduced(FloatBuilder &f, Value r) {
  Value tail = f.polynomial(r, expTail);
  return f.add(f.fma(f.mul(r, r), tail, r), f.constant(1.0f));
}

Value expand(math::ExpOp, FloatBuilder &f, Value x) {
  // Beyond these the result is infinity or zero anyway.
  Reduced reduced = reduce(f, f.atLeast(f.atMost(x, 89.0f), -104.0f));
  return scale(f, expReduced(f, reduced.r), reduced.bits);
}

Value expand(math::Exp2Op, FloatBuilder &f, Value x) {
  Value clamped = f.atLeast(f.atMost(x, 129.0f), -151.0f);
  Reduced reduced = nearest(f, clamped);
  Value r = f.sub(clamped, reduced.n);
  // r * ln2 in two parts: the high one may be rounded.
  Value high = f.mul(r, f.constant(0x1.62e430p-1f));
  Value p = expReduced(f, f.fma(r, f.constant(-0x1.05c610p-29f), high));
  return scale(f, p, reduced.bits);
}

Value expMinusOne(FloatBuilder &f, Value x) {
  Value clamped = f.atLeast(f.atMost(x, 89.0f), -18.0f);
  Reduced reduced = reduce(f, clamped);
  Value r = reduced.r;
  Value p = f.fma(f.mul(r, r), f.polynomial(r, expTail), r);
  // 2^n*p + (2^n - 1), with 2^n as 2 * 2^(n-1): 2^128 is no float.
  Value half =
      f.fromBits(f.shiftLeft(f.addBits(reduced.bits, f.bitsConstant(126)), 23));
  Value sum = f.fma(half, p, f.sub(half, f.constant(0.5f)));
  Value result = f.add(sum, sum);
  // Small arguments keep their sign and their last bit (also -0).
  Value isSmall = f.less(f.abs(x), f.constant(0x1p-13f));
  return f.select(isSmall, f.fma(f.mul(x, x), f.constant(0.5f), x), result);
}

Value expand(math::ExpM1Op, FloatBuilder &f, Value x) {
  Value tiny = f.equal(x, f.constant(0.0f));
  return f.select(tiny, x, expMinusOne(f, x));
}

/// x = 2^k * (1 + f), f in [sqrt(1/2) - 1, sqrt(2) - 1], for normal x > 0.
struct Split {
  Value k, f;
};

Split splitExponent(FloatBuilder &f, Value x) {
  Value isDenormal = f.less(x, f.constant(0x1p-126f));
  Value normal = f.select(isDenormal, f.mul(x, f.constant(0x1p+24f)), x);
  Value bits = f.toBits(normal);
  Value exponent =
      f.shiftRight(f.subBits(bits, f.bitsConstant(0x3f3504f3u)), 23);
  Value mantissa = f.fromBits(f.subBits(bits, f.shiftLeft(exponent, 23)));
  Value k = f.toFloat(exponent);
  k = f.select(isDenormal, f.sub(k, f.constant(24.0f)), k);
  return {k, f.sub(mantissa, f.constant(1.0f))};
}

/// log(1 + f) - f for the f of a Split.
Value logRest(FloatBuilder &f, Value x) {
  Value square = f.mul(x, x);
  Value tail = f.mul(f.polynomial(x, logTail), x);
  return f.mul(square, f.sub(tail, f.constant(0.5f)));
}

/// The values of a logarithm at 0, infinity, NaN and below 0.
Value logSpecial(FloatBuilder &f, Value x, Value result) {
  result = f.select(f.equal(x, f.constant(infinity)), x, result);
  result =
      f.select(f.less(f.constant(0.0f), x), result, f.constant(notANumber));
  return f.select(f.equal(x, f.constant(0.0f)), f.constant(-infinity), result);
}

Value logOf(FloatBuilder &f, Value x) {
  Split split = splitExponent(f, x);
  Value low = f.fma(split.k, f.constant(ln2Low), logRest(f, split.f));
  return f.fma(split.k, f.constant(ln2High), f.add(split.f, low));
}

Value expand(math::LogOp, FloatBuilder &f, Value x) {
  return logSpecial(f, x, logOf(f, x));
}

/// k * unit + log(1+f) * scale; `scale` in two parts.
Value scaledLog(FloatBuilder &f, Value x, float high, float low, float unitHigh,
                float unitLow) {
  Split split = splitExponent(f, x);
  Value rest = logRest(f, split.f);
  Value correction = f.mul(f.add(split.f, rest), f.constant(low));
  Value small = f.fma(rest, f.constant(high), correction);
  small = f.fma(split.k, f.constant(unitLow), small);
  Value result = f.fma(split.f, f.constant(high), small);
  return logSpecial(f, x, f.fma(split.k, f.constant(unitHigh), result));
}

Value expand(math::Log2Op, FloatBuilder &f, Value x) {
  return scaledLog(f, x, 0x1.715476p+0f, 0x1.4ae0c0p-26f, 1.0f, 0.0f);
}

Value expand(math::Log10Op, FloatBuilder &f, Value x) {
  return scaledLog(f, x, 0x1.bcb7b2p-2f, -0x1.5b235ep-27f, 0x1.344p-2f,
                   0x1.3509f8p-18f);
}

Value expand(math::Log1pOp, FloatBuilder &f, Value x) {
  // log(u) for u = 1 + x, and what the rounding of u lost.
  Value one = f.constant(1.0f);
  Value u = f.add(x, one);
  Value lost = f.select(f.less(x, one), f.sub(x, f.sub(u, one)),
                        f.sub(one, f.sub(u, x)));
  Value result = logSpecial(f, u, f.add(logOf(f, u), f.div(lost, u)));
  Value isEdge = f.equal(u, f.constant(0.0f));
  result = f.select(isEdge, f.constant(-infinity), result);
  result = f.select(f.equal(x, f.constant(infinity)), x, result);
  Value isSmall = f.less(f.abs(x), f.constant(0x1p-24f));
  return f.select(isSmall, x, result);
}

Value expand(math::TanhOp, FloatBuilder &f, Value x) {
  Value magnitude = f.atMost(f.abs(x), 9.5f);
  Value e = expMinusOne(f, f.add(magnitude, magnitude));
  Value result = f.div(e, f.add(e, f.constant(2.0f)));
  return f.copySign(result, x);
}

Value expand(math::ErfOp, FloatBuilder &f, Value x) {
  Value magnitude = f.atMost(f.abs(x), 3.95f);
  Value small = f.polynomial(f.mul(magnitude, magnitude), erfSmall);
  small = f.fma(magnitude, small, magnitude);
  // erfc = 2^n * 2^r. Both are normal, so that n can be added to the exponent.
  Value log = f.polynomial(magnitude, erfcLog2);
  Reduced reduced = nearest(f, log);
  Value power = f.polynomial(f.sub(log, reduced.n), exp2Short);
  Value erfc =
      f.fromBits(f.addBits(f.toBits(power), f.shiftLeft(reduced.bits, 23)));
  Value large = f.sub(f.constant(1.0f), erfc);
  // Not of a NaN, whose bits are no exponent.
  Value isLarge = f.less(f.constant(0.925f), magnitude);
  return f.copySign(f.select(isLarge, large, small), x);
}

Value expand(math::RsqrtOp, FloatBuilder &f, Value x) {
  return f.div(f.constant(1.0f), f.sqrt(x));
}

/// exp(x) / 2, also where exp(x) overflows.
Value halfExp(FloatBuilder &f, Value x) {
  Reduced reduced = reduce(f, f.atLeast(f.atMost(x, 90.0f), -104.0f));
  Value n = f.subBits(reduced.bits, f.bitsConstant(1));
  return scale(f, expReduced(f, reduced.r), n);
}

Value expand(math::SinhOp, FloatBuilder &f, Value x) {
  // (e + e/(e+1)) / 2 for e = exp(|x|) - 1; from 20 on exp(|x|) / 2.
  Value magnitude = f.abs(x);
  Value e = expMinusOne(f, f.atMost(magnitude, 20.0f));
  Value sum = f.add(e, f.div(e, f.add(e, f.constant(1.0f))));
  Value small = f.mul(sum, f.constant(0.5f));
  Value isSmall = f.less(magnitude, f.constant(20.0f));
  return f.copySign(f.select(isSmall, small, halfExp(f, magnitude)), x);
}

Value expand(math::CoshOp, FloatBuilder &f, Value x) {
  Value half = halfExp(f, f.abs(x));
  return f.add(half, f.div(f.constant(0.25f), half));
}

Value expand(math::AtanOp, FloatBuilder &f, Value x) {
  return expandAtan(f, x);
}
Value expand(math::AsinOp, FloatBuilder &f, Value x) {
  return expandAsin(f, x);
}
Value expand(math::AcosOp, FloatBuilder &f, Value x) {
  return expandAcos(f, x);
}

template <typename OpT> bool expandOne(Operation *op, bool hasFma) {
  auto typed = dyn_cast<OpT>(op);
  if (!typed || !getElementTypeOrSelf(op->getResult(0).getType()).isF32()) {
    return false;
  }
  OpBuilder b(op);
  FloatBuilder f(b, op->getLoc(), op->getResult(0).getType(), hasFma);
  op->replaceAllUsesWith(ValueRange{expand(typed, f, op->getOperand(0))});
  op->erase();
  return true;
}

template <typename... OpTs> bool expandAny(Operation *op, bool hasFma) {
  return (expandOne<OpTs>(op, hasFma) || ...);
}

bool expandPower(Operation *op, bool hasFma) {
  auto power = dyn_cast<math::PowFOp>(op);
  if (!power || !getElementTypeOrSelf(power.getType()).isF32()) {
    return false;
  }
  OpBuilder b(op);
  FloatBuilder f(b, op->getLoc(), power.getType(), hasFma);
  power.replaceAllUsesWith(expandPow(b, f, power.getLhs(), power.getRhs()));
  op->erase();
  return true;
}

bool expandWave(Operation *op, bool hasFma) {
  Type type = op->getResult(0).getType();
  if (!isa<math::SinOp, math::CosOp, math::TanOp>(op) ||
      !getElementTypeOrSelf(type).isF32()) {
    return false;
  }
  OpBuilder b(op);
  FloatBuilder f(b, op->getLoc(), type, hasFma);
  SineCosine both = expandSineCosine(b, f, op->getOperand(0));
  Value result = isa<math::SinOp>(op)   ? both.sine
                 : isa<math::CosOp>(op) ? both.cosine
                                        : f.div(both.sine, both.cosine);
  op->replaceAllUsesWith(ValueRange{result});
  op->erase();
  return true;
}

bool expandRemainder(Operation *op, bool hasFma) {
  auto remainder = dyn_cast<arith::RemFOp>(op);
  if (!remainder || !getElementTypeOrSelf(remainder.getType()).isF32()) {
    return false;
  }
  OpBuilder b(op);
  FloatBuilder f(b, op->getLoc(), remainder.getType(), hasFma);
  remainder.replaceAllUsesWith(
      expandRemainder(b, f, remainder.getLhs(), remainder.getRhs()));
  op->erase();
  return true;
}

/// Functions rare enough for upstream's formulas.
LogicalResult expandRest(Operation *root) {
  RewritePatternSet patterns(root->getContext());
  math::populateExpansionPatterns(patterns,
                                  {"asinh", "acosh", "atanh", "ctlz", "fpowi"});
  return applyPatternsGreedily(root, std::move(patterns));
}

/// A fused multiply-add that would be a library call.
void expandFma(Operation *op) {
  auto fma = dyn_cast<math::FmaOp>(op);
  if (!fma) {
    return;
  }
  OpBuilder b(op);
  Value product =
      arith::MulFOp::create(b, op->getLoc(), fma.getA(), fma.getB());
  fma.replaceAllUsesWith(
      arith::AddFOp::create(b, op->getLoc(), product, fma.getC()).getResult());
  op->erase();
}

class ExpandMathPass : public impl::ExpandMathPassBase<ExpandMathPass> {
public:
  using Base::Base;

private:
  void runOnOperation() override {
    // First, for these make logarithms and roots.
    if (device && failed(expandRest(getOperation()))) {
      return signalPassFailure();
    }
    SmallVector<Operation *> operations;
    getOperation()->walk([&](Operation *op) {
      if (isa_and_present<math::MathDialect>(op->getDialect()) ||
          isa<arith::RemFOp>(op)) {
        operations.push_back(op);
      }
    });
    for (Operation *op : operations) {
      bool expanded =
          expandAny<math::ExpOp, math::Exp2Op, math::ExpM1Op, math::LogOp,
                    math::Log2Op, math::Log10Op, math::Log1pOp, math::TanhOp,
                    math::ErfOp, math::RsqrtOp, math::SinhOp, math::CoshOp,
                    math::AtanOp, math::AsinOp, math::AcosOp>(op, fma) ||
          expandPower(op, fma) || expandWave(op, fma) ||
          expandRemainder(op, fma);
      if (!expanded && !fma) {
        expandFma(op);
      }
    }
  }
};

} // namespace
} // namespace mlc::codegen
