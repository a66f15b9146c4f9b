//===- ScalarConversion.cpp - between element types -------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/mlc/ExponentFloat.h"
#include "dialects/mlc/Mlc.h"
#include "dialects/mlc/Scalar.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;

namespace mlc {

static Value floatToFloat(OpBuilder &b, Location loc, Value value,
                          FloatType from, FloatType to) {
  if (from == to) {
    return value;
  }
  if (isa<Float8E8M0FNUType>(to)) {
    auto f32 = Float32Type::get(b.getContext());
    return floatToExponent(b, loc, floatToFloat(b, loc, value, from, f32));
  }
  Type result = typeLike(to, value.getType());
  if (from.getWidth() < to.getWidth()) {
    return arith::ExtFOp::create(b, loc, result, value);
  }
  if (from.getWidth() > to.getWidth()) {
    return arith::TruncFOp::create(b, loc, result, value);
  }
  // Between formats of one width: through f32, which holds both exactly.
  Type wide = typeLike(b.getF32Type(), value.getType());
  value = arith::ExtFOp::create(b, loc, wide, value);
  return arith::TruncFOp::create(b, loc, result, value);
}

/// Truncates toward zero and saturates; NaN becomes 0 as LLVM's fptoi.sat has
/// it. Done by clamping in f32 or f64, which have the powers of two that bound
/// integers. Types narrower than a byte wrap around, as ONNX's reference does.
static Value floatToInteger(OpBuilder &b, Location loc, Value value, Type to) {
  unsigned width = to.getIntOrFloatBitWidth();
  Type element = computeType(getElementTypeOrSelf(value.getType()));
  Type wide = typeLike(element, value.getType());
  if (value.getType() != wide) {
    value = arith::ExtFOp::create(b, loc, wide, value);
  }
  ScalarBuilder s(b, loc, element, value.getType());
  bool isUnsigned = to.isUnsignedInteger();
  double limit = std::ldexp(1.0, isUnsigned ? width : width - 1);
  // Values below -2^63 saturate; so do unsigned ones below zero.
  Value low = s.constant(isUnsigned ? 0.0 : -limit);
  Type result = typeLike(storageType(to), value.getType());
  Value isHigh = s.greaterEqual(value, s.constant(limit));
  Value inside =
      s.select(s.or_(isHigh, s.isNan(value)), s.zero(), s.max(value, low));
  Value integer =
      isUnsigned ? arith::FPToUIOp::create(b, loc, result, inside).getResult()
                 : arith::FPToSIOp::create(b, loc, result, inside).getResult();
  APInt highest =
      isUnsigned ? APInt::getMaxValue(width) : APInt::getSignedMaxValue(width);
  TypedAttr high = IntegerAttr::get(storageType(to), highest);
  if (auto vector = dyn_cast<VectorType>(result)) {
    high = DenseElementsAttr::get(vector, Attribute(high));
  }
  return arith::SelectOp::create(
      b, loc, isHigh, arith::ConstantOp::create(b, loc, high), integer);
}

static Value integerToInteger(OpBuilder &b, Location loc, Value value,
                              Type from, Type to) {
  Type result = typeLike(storageType(to), value.getType());
  unsigned before = from.getIntOrFloatBitWidth();
  unsigned after = to.getIntOrFloatBitWidth();
  if (before == after) {
    return value;
  }
  if (before > after) {
    return arith::TruncIOp::create(b, loc, result, value);
  }
  if (from.isUnsignedInteger() || before == 1) {
    return arith::ExtUIOp::create(b, loc, result, value);
  }
  return arith::ExtSIOp::create(b, loc, result, value);
}

Value convertScalar(OpBuilder &b, Location loc, Value value, Type from,
                    Type to) {
  if (from == to) {
    return value;
  }
  if (isa<Float8E8M0FNUType>(from)) {
    value = exponentToFloat(b, loc, value);
    return convertScalar(b, loc, value, b.getF32Type(), to);
  }
  auto fromFloat = dyn_cast<FloatType>(from), toFloat = dyn_cast<FloatType>(to);
  if (fromFloat && toFloat) {
    return floatToFloat(b, loc, value, fromFloat, toFloat);
  }
  if (to.isInteger(1)) {
    if (fromFloat && fromFloat.getWidth() < 32) {
      value = floatToFloat(b, loc, value, fromFloat, b.getF32Type());
      from = b.getF32Type();
    }
    ScalarBuilder s(b, loc, from, value.getType());
    return fromFloat ? s.or_(s.not_(s.equal(value, s.zero())), s.isNan(value))
                     : s.not_(s.equal(value, s.zero()));
  }
  if (fromFloat && to.getIntOrFloatBitWidth() < 8) {
    Type wide = b.getI32Type();
    value = floatToInteger(b, loc, value, wide);
    return integerToInteger(b, loc, value, wide, to);
  }
  if (fromFloat) {
    return floatToInteger(b, loc, value, to);
  }
  if (!toFloat) {
    return integerToInteger(b, loc, value, from, to);
  }
  Type wide = typeLike(computeType(to), value.getType());
  Value real = from.isUnsignedInteger() || from.isInteger(1)
                   ? arith::UIToFPOp::create(b, loc, wide, value).getResult()
                   : arith::SIToFPOp::create(b, loc, wide, value).getResult();
  if (computeType(to) == to) {
    return real;
  }
  return floatToFloat(b, loc, real, cast<FloatType>(computeType(to)), toFloat);
}

Value clampToFinite(OpBuilder &b, Location loc, Value value, FloatType to) {
  APFloat largest = APFloat::getLargest(to.getFloatSemantics());
  ScalarBuilder s(b, loc, getElementTypeOrSelf(value.getType()),
                  value.getType());
  Value high = s.constant(largest.convertToDouble());
  Value low = s.constant(-largest.convertToDouble());
  Value above = s.select(s.less(value, low), low, value);
  return s.select(s.less(high, above), high, above);
}

} // namespace mlc
