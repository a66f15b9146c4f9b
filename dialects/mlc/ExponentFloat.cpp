//===- ExponentFloat.cpp - f8E8M0, a float of exponents ---------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/mlc/ExponentFloat.h"

#include "dialects/mlc/Scalar.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace mlc {
namespace {
/// Arithmetic on the bits of a scalar or vector.
struct Bits {
  Bits(OpBuilder &b, Location loc, Value like)
      : b(b), loc(loc), like(like.getType()) {}

  Type of(Type element) { return typeLike(element, like); }
  Value constant(uint32_t value) {
    TypedAttr attr = b.getIntegerAttr(b.getI32Type(), APInt(32, value));
    if (auto vector = dyn_cast<VectorType>(of(b.getI32Type()))) {
      attr = DenseElementsAttr::get(vector, Attribute(attr));
    }
    return arith::ConstantOp::create(b, loc, attr);
  }
  Value bitcast(Value x, Type element) {
    return arith::BitcastOp::create(b, loc, of(element), x);
  }
  Value isEqual(Value x, Value y) {
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, x, y);
  }

  OpBuilder &b;
  Location loc;
  Type like;
};
} // namespace

Value exponentToFloat(OpBuilder &b, Location loc, Value value) {
  Bits bits(b, loc, value);
  Value code = bits.bitcast(value, b.getI8Type());
  Value wide = arith::ExtUIOp::create(b, loc, bits.of(b.getI32Type()), code);
  Value normal = arith::ShLIOp::create(b, loc, wide, bits.constant(23));
  // Code 0 is 2^-127, a subnormal f32; code 255 is NaN, not infinity.
  Value isLeast = bits.isEqual(wide, bits.constant(0));
  Value isNan = bits.isEqual(wide, bits.constant(255));
  Value encoded = arith::SelectOp::create(b, loc, isLeast,
                                          bits.constant(0x00400000), normal);
  encoded = arith::SelectOp::create(b, loc, isNan, bits.constant(0x7FC00000),
                                    encoded);
  return bits.bitcast(encoded, b.getF32Type());
}

Value floatToExponent(OpBuilder &b, Location loc, Value value) {
  Bits bits(b, loc, value);
  Value encoded = bits.bitcast(value, b.getI32Type());
  Value shifted = arith::ShRUIOp::create(b, loc, encoded, bits.constant(23));
  Value exponent = arith::AndIOp::create(b, loc, shifted, bits.constant(0xFF));
  Value fraction =
      arith::AndIOp::create(b, loc, encoded, bits.constant(0x7FFFFF));
  Value isExact = bits.isEqual(fraction, bits.constant(0));
  Value next = arith::AddIOp::create(b, loc, exponent, bits.constant(1));
  Value code = arith::SelectOp::create(b, loc, isExact, exponent, next);
  code = arith::MinUIOp::create(b, loc, code, bits.constant(255));
  Value narrow = arith::TruncIOp::create(b, loc, bits.of(b.getI8Type()), code);
  return bits.bitcast(narrow, Float8E8M0FNUType::get(b.getContext()));
}

} // namespace mlc
