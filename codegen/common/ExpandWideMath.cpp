//===- ExpandWideMath.cpp - f32 functions computed in f64 -------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// pow, sin, cos, tan and the remainder: what f32 cannot hold in the middle
// (y * log2 x, x - k*pi/2, x - k*y) is computed in f64, the rest in f32.
// Branch-free, for scalars and vectors of f32; right for all arguments.
//
//===----------------------------------------------------------------------===//
#include "codegen/common/WideMath.h"

#include <cmath>

using namespace mlir;

namespace mlc::codegen {

namespace {

/// (sin(r) - r) / r^3 and (cos(r) - 1 + r^2/2) / r^4 in r^2 on [0, pi/4].
constexpr float sinTail[] = {-1.666666716e-01f, 8.333379403e-03f,
                             -1.985308627e-04f, 2.832966402e-06f};
constexpr float cosTail[] = {4.166666791e-02f, -1.388898003e-03f,
                             2.482202217e-05f, -2.888124584e-07f};

/// f64 arithmetic of a shape.
class Wide {
public:
  Wide(OpBuilder &b, Location loc, Type f32)
      : b(loc, b), f32(f32), f64(like(this->b.getF64Type())),
        i64(like(this->b.getI64Type())) {}

  Value constant(double value) { return splat(b.getF64FloatAttr(value), f64); }
  Value bitsConstant(int64_t value) {
    return splat(b.getI64IntegerAttr(value), i64);
  }
  Value extend(Value x) { return arith::ExtFOp::create(b, f64, x); }
  Value truncate(Value x) { return arith::TruncFOp::create(b, f32, x); }
  Value add(Value x, Value y) { return arith::AddFOp::create(b, x, y); }
  Value sub(Value x, Value y) { return arith::SubFOp::create(b, x, y); }
  Value mul(Value x, Value y) { return arith::MulFOp::create(b, x, y); }
  Value div(Value x, Value y) { return arith::DivFOp::create(b, x, y); }
  Value toBits(Value x) { return arith::BitcastOp::create(b, i64, x); }
  Value fromBits(Value x) { return arith::BitcastOp::create(b, f64, x); }
  Value addBits(Value x, Value y) { return arith::AddIOp::create(b, x, y); }
  Value subBits(Value x, Value y) { return arith::SubIOp::create(b, x, y); }
  Value shiftLeft(Value x, int64_t n) {
    return arith::ShLIOp::create(b, x, bitsConstant(n));
  }
  Value shiftRight(Value x, int64_t n) {
    return arith::ShRSIOp::create(b, x, bitsConstant(n));
  }
  Value toFloat(Value x) { return arith::SIToFPOp::create(b, f64, x); }
  Value lowBits(Value x) {
    return arith::TruncIOp::create(b, like(b.getI32Type()), x);
  }
  Value abs(Value x) { return math::AbsFOp::create(b, x); }
  Value select(Value condition, Value x, Value y) {
    return arith::SelectOp::create(b, condition, x, y);
  }
  Value less(Value x, Value y) {
    return arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, x, y);
  }
  Value atMost(Value x, double limit) {
    Value bound = constant(limit);
    Value above = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, x, bound);
    return arith::SelectOp::create(b, above, bound, x);
  }
  Value atLeast(Value x, double limit) {
    Value bound = constant(limit);
    Value below = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, x, bound);
    return arith::SelectOp::create(b, below, bound, x);
  }
  Value polynomial(Value x, ArrayRef<double> coefficients) {
    Value result = constant(coefficients.back());
    for (double c : llvm::reverse(coefficients.drop_back())) {
      result = add(mul(result, x), constant(c));
    }
    return result;
  }
  /// The nearest integer, as f64 and as bits.
  std::pair<Value, Value> nearest(Value x) {
    Value magic = constant(0x1.8p52);
    Value shifted = add(x, magic);
    Value bits = subBits(toBits(shifted), bitsConstant(0x4338000000000000));
    return {sub(shifted, magic), bits};
  }

private:
  Type like(Type element) {
    auto shaped = dyn_cast<ShapedType>(f32);
    return shaped ? Type(shaped.clone(element)) : element;
  }
  Value splat(TypedAttr value, Type type) {
    if (auto shaped = dyn_cast<ShapedType>(type)) {
      value = DenseElementsAttr::get(shaped, Attribute(value));
    }
    return arith::ConstantOp::create(b, value);
  }

  ImplicitLocOpBuilder b;
  Type f32, f64, i64;
};

/// log2 of a positive normal f64, to about 2^-46: with t = (m-1)/(m+1) the
/// series 2 t (1 + t^2/3 + t^4/5 + ...) gives log m.
Value log2Wide(Wide &w, Value x) {
  Value bits = w.toBits(x);
  Value exponent =
      w.shiftRight(w.subBits(bits, w.bitsConstant(0x3fe6a09e667f3bcd)), 52);
  Value m = w.fromBits(w.subBits(bits, w.shiftLeft(exponent, 52)));
  Value one = w.constant(1.0);
  Value t = w.div(w.sub(m, one), w.add(m, one));
  SmallVector<double> series;
  for (int i = 0; i < 9; ++i) {
    series.push_back(2.0 * 0x1.71547652b82fep+0 / (2 * i + 1));
  }
  Value log = w.mul(t, w.polynomial(w.mul(t, t), series));
  return w.add(w.toFloat(exponent), log);
}

/// 2^x, to about 2^-44, for x in [-1000, 1000].
Value exp2Wide(Wide &w, Value x) {
  auto [n, bits] = w.nearest(x);
  SmallVector<double> series;
  double term = 1.0;
  for (int i = 0; i < 12; ++i) {
    series.push_back(term);
    term *= 0x1.62e42fefa39efp-1 / (i + 1);
  }
  Value p = w.polynomial(w.sub(x, n), series);
  return w.fromBits(w.addBits(w.toBits(p), w.shiftLeft(bits, 52)));
}

/// Sine or cosine of x = k*pi/2 + r, from k (plus `turn` quarters) and r.
Value quarterWave(FloatBuilder &f, Value k, Value r, uint32_t turn) {
  Value quarter = f.addBits(k, f.bitsConstant(turn));
  Value square = f.mul(r, r);
  Value sine = f.fma(f.mul(square, r), f.polynomial(square, sinTail), r);
  Value cosine = f.fma(f.mul(square, square), f.polynomial(square, cosTail),
                       f.fma(square, f.constant(-0.5f), f.constant(1.0f)));
  Value isOdd =
      f.equalBits(f.andBits(quarter, f.bitsConstant(1)), f.bitsConstant(1));
  Value result = f.select(isOdd, cosine, sine);
  Value sign = f.shiftLeft(f.andBits(quarter, f.bitsConstant(2)), 30);
  return f.fromBits(f.xorBits(f.toBits(result), sign));
}

} // namespace

Value expandPow(OpBuilder &b, FloatBuilder &f, Value x, Value y) {
  Wide w(b, x.getLoc(), x.getType());
  Value zero = f.constant(0.0f), one = f.constant(1.0f);
  Value infinity = f.constant(std::numeric_limits<float>::infinity());
  Value magnitude = f.abs(x);
  Value product = w.mul(w.extend(y), log2Wide(w, w.extend(magnitude)));
  Value result =
      w.truncate(exp2Wide(w, w.atLeast(w.atMost(product, 200.0), -200.0)));
  // Zero and infinity have no logarithm; the sign of y decides.
  Value up = f.less(zero, y);
  Value isZero = f.equal(magnitude, zero);
  result = f.select(isZero, f.select(up, zero, infinity), result);
  Value isInfinite = f.equal(magnitude, infinity);
  result = f.select(isInfinite, f.select(up, infinity, zero), result);
  // |y| infinite is safe above but for |x| = 1.
  Value isUnit = f.equal(magnitude, one);
  result = f.select(isUnit, one, result);
  // Negative x: odd integers keep the sign, other integers drop it.
  Value whole = f.equal(f.floor(y), y);
  Value half = f.mul(y, f.constant(0.5f));
  Value isOdd = f.both(whole, f.different(f.floor(half), half));
  Value isNegative = f.lessBits(f.toBits(x), f.bitsConstant(0));
  result = f.select(f.both(isNegative, isOdd), f.neg(result), result);
  Value bad = f.both(f.both(f.less(x, zero), f.different(f.floor(y), y)),
                     f.less(magnitude, infinity));
  Value nan = f.constant(std::numeric_limits<float>::quiet_NaN());
  result = f.select(bad, nan, result);
  // NaN goes through but for pow(1, y) and pow(x, 0).
  Value isNan = f.either(f.isNan(x), f.isNan(y));
  result = f.select(isNan, nan, result);
  Value isOne = f.either(f.equal(x, one), f.equal(y, zero));
  return f.select(isOne, one, result);
}

//===----------------------------------------------------------------------===//
// Sine, cosine, tangent
//===----------------------------------------------------------------------===//

/// 2/pi, 32 bits a word, the first of weight 2^-1.
static constexpr uint32_t twoOverPi[] = {0xa2f9836e, 0x4e441529, 0xfc2757d1,
                                         0xf534ddc0, 0xdb629599, 0x3c439041,
                                         0xfe5163ab, 0xdebbc561};

/// The bits of 2/pi with weights 2^top to 2^(top-count+1).
static double bitsOfTwoOverPi(int top, int count) {
  double sum = 0.0;
  for (int weight = top; weight > top - count; --weight) {
    int place = -1 - weight;
    if (place >= 0 && (twoOverPi[place / 32] >> (31 - place % 32) & 1)) {
      sum += std::ldexp(1.0, weight);
    }
  }
  return sum;
}

namespace {
/// 2/pi without the bits that give multiples of four when they are multiplied
/// by an x of at least 2^exponent. The products of the first two parts with an
/// f32 are exact.
struct Quotient {
  explicit Quotient(int exponent) {
    int top = std::min(-1, 24 - exponent);
    high = bitsOfTwoOverPi(top, 29);
    middle = bitsOfTwoOverPi(top - 29, 29);
    low = bitsOfTwoOverPi(top - 58, 53);
  }
  double high, middle, low;
};

/// x = k*pi/2 + r up to a multiple of 2*pi: k as i32, r as f32.
struct Quarters {
  Value k, r;
};
} // namespace

// The parts of x * 2/pi are reduced to [-2, 2] one by one: what is below the
// binary point keeps 55 bits, of which an f32 near a multiple of pi/2 needs all
// (r is at least 2^-30).
static Quarters reduceToQuarters(Wide &w, FloatBuilder &f, Value x) {
  // Each serves up to 2^(exponent + 28), the first one all from zero on.
  constexpr int exponents[] = {25, 53, 78, 103};
  Value high, middle, low, magnitude = f.abs(x);
  for (int exponent : exponents) {
    Quotient q(exponent);
    Value isBelow = f.less(magnitude, f.constant(std::ldexp(1.0f, exponent)));
    auto choose = [&](Value &part, double value) {
      Value constant = w.constant(value);
      part = part ? w.select(isBelow, part, constant) : constant;
    };
    choose(high, q.high);
    choose(middle, q.middle);
    choose(low, q.low);
  }
  Value wide = w.extend(x);
  auto withoutTurns = [&](Value product) {
    Value turns = w.nearest(w.mul(product, w.constant(0.25))).first;
    return w.sub(product, w.mul(turns, w.constant(4.0)));
  };
  Value first = withoutTurns(w.mul(wide, high));
  Value second = withoutTurns(w.mul(wide, middle));
  auto [n, bits] = w.nearest(w.add(first, second));
  Value rest = w.add(w.add(w.sub(first, n), second), w.mul(wide, low));
  Value r = w.mul(rest, w.constant(0x1.921fb54442d18p+0));
  return {w.lowBits(bits), w.truncate(r)};
}

SineCosine expandSineCosine(OpBuilder &b, FloatBuilder &f, Value x) {
  Wide w(b, x.getLoc(), x.getType());
  auto [k, r] = reduceToQuarters(w, f, x);
  // The reduced argument loses the sign of zero.
  Value sine = quarterWave(f, k, r, 0);
  sine = f.select(f.equal(x, f.constant(0.0f)), x, sine);
  return {sine, quarterWave(f, k, r, 1)};
}

//===----------------------------------------------------------------------===//
// Remainder
//===----------------------------------------------------------------------===//

// |x| is reduced by multiples of |y| * 2^(28*j), the largest first. A step
// takes the nearest multiple, so it leaves at most half of it; quotients have
// up to 28 bits and remainders 25, so that f64 holds all of it exactly.
Value expandRemainder(OpBuilder &b, FloatBuilder &f, Value x, Value y) {
  Wide w(b, x.getLoc(), x.getType());
  constexpr int bits = 28, steps = 10; // 2^128 / 2^-149
  Value divisor = w.abs(w.extend(y)), rest = w.abs(w.extend(x));
  Value inverse = w.div(w.constant(1.0), divisor);
  for (int j = steps - 1; j >= 0; --j) {
    Value times = w.mul(divisor, w.constant(std::ldexp(1.0, bits * j)));
    Value over = w.mul(inverse, w.constant(std::ldexp(1.0, -bits * j)));
    Value quotient = w.nearest(w.mul(rest, over)).first;
    rest = w.sub(rest, w.mul(quotient, times));
  }
  rest = w.select(w.less(rest, w.constant(0.0)), w.add(rest, divisor), rest);
  Value result = f.copySign(w.truncate(rest), x);
  // A finite x is less than infinity, which is no f64 to multiply by zero.
  Value infinity = f.constant(std::numeric_limits<float>::infinity());
  Value isWhole =
      f.both(f.equal(f.abs(y), infinity), f.less(f.abs(x), infinity));
  return f.select(isWhole, x, result);
}

} // namespace mlc::codegen
