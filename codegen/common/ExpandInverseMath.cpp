//===- ExpandInverseMath.cpp - inverse sines of f32 -------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// atan, asin and acos: one division or root brings the argument to where a
// short odd series does, and an angle in two parts takes it back.
//
//===----------------------------------------------------------------------===//
#include "codegen/common/InverseMath.h"

using namespace mlir;

namespace mlc::codegen {

namespace {

/// (atan(t) - t) / t^3 in t^2 on [0, tan(pi/8)].
constexpr float atanTail[] = {-3.333331645e-01f, 1.999853253e-01f,
                              -1.424451023e-01f, 1.060016528e-01f,
                              -6.092707068e-02f};
/// (asin(t) - t) / t^3 in t^2 on [0, 1/2].
constexpr float asinTail[] = {1.666675359e-01f, 7.495252043e-02f,
                              4.547604173e-02f, 2.415209264e-02f,
                              4.221179709e-02f};
/// pi/2, the low part being what f32 leaves of it.
constexpr float halfPiHigh = 0x1.921fb6p+0f, halfPiLow = -0x1.777a5cp-25f;

/// t + t^3 * tail(t^2).
Value oddSeries(FloatBuilder &f, Value t, ArrayRef<float> tail) {
  Value square = f.mul(t, t);
  return f.fma(f.mul(square, t), f.polynomial(square, tail), t);
}

/// asin(|x|) = series for |x| < 1/2, else pi/2 - 2 * series.
struct ArcSine {
  Value isSmall, series;
};

ArcSine arcSine(FloatBuilder &f, Value x) {
  Value magnitude = f.abs(x), half = f.constant(0.5f);
  // asin(x) = pi/2 - 2 * asin(sqrt((1 - x) / 2)); NaN beyond 1.
  Value root = f.sqrt(f.mul(f.sub(f.constant(1.0f), magnitude), half));
  Value isSmall = f.less(magnitude, half);
  Value series = oddSeries(f, f.select(isSmall, magnitude, root), asinTail);
  return {isSmall, series};
}

} // namespace

Value expandAtan(FloatBuilder &f, Value x) {
  // atan(x) = angle + atan(t) with t = -1/x and (x - 1)/(x + 1) for larger x.
  Value magnitude = f.abs(x), one = f.constant(1.0f), zero = f.constant(0.0f);
  Value isMiddle = f.less(f.constant(0x1.a8279ap-2f), magnitude); // tan(pi/8)
  Value isLarge = f.less(f.constant(0x1.3504f4p+1f), magnitude);  // tan(3*pi/8)
  auto choose = [&](Value small, Value middle, Value large) {
    return f.select(isLarge, large, f.select(isMiddle, middle, small));
  };
  auto angle = [&](float part) {
    return choose(zero, f.constant(part / 2), f.constant(part));
  };
  Value above = choose(magnitude, f.sub(magnitude, one), f.constant(-1.0f));
  Value below = choose(one, f.add(magnitude, one), magnitude);
  Value rest = oddSeries(f, f.div(above, below), atanTail);
  Value result = f.add(angle(halfPiHigh), f.add(rest, angle(halfPiLow)));
  return f.copySign(result, x);
}

Value expandAsin(FloatBuilder &f, Value x) {
  ArcSine arc = arcSine(f, x);
  Value twice = f.add(arc.series, arc.series);
  Value large =
      f.add(f.sub(f.constant(halfPiHigh), twice), f.constant(halfPiLow));
  return f.copySign(f.select(arc.isSmall, arc.series, large), x);
}

Value expandAcos(FloatBuilder &f, Value x) {
  ArcSine arc = arcSine(f, x);
  Value signedArc = f.copySign(arc.series, x);
  Value small =
      f.sub(f.constant(halfPiHigh), f.sub(signedArc, f.constant(halfPiLow)));
  Value twice = f.add(arc.series, arc.series);
  Value mirrored = f.sub(f.constant(2 * halfPiHigh),
                         f.sub(twice, f.constant(2 * halfPiLow)));
  Value isNegative = f.less(x, f.constant(0.0f));
  return f.select(arc.isSmall, small, f.select(isNegative, mirrored, twice));
}

} // namespace mlc::codegen
