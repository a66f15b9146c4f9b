//===- Scalar.h - scalar bodies of elementwise ops --------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Builds the arith/math operations of one element. The same code builds a whole
// vector register: pass operands of vector type and every constant is splatted.
// Values are signless; the mlc element type given at construction says how
// integers are signed. f16, bf16 and the 8-bit floats are computed in f32.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_DIALECTS_MLC_SCALAR_H
#define MLC_DIALECTS_MLC_SCALAR_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Value.h"

namespace mlc {

/// The type that buffers and scalars of an mlc element type have: signless.
mlir::Type storageType(mlir::Type elementType);

/// `type`, or f32 for floats narrower than that.
mlir::Type computeType(mlir::Type elementType);

/// Whether kernels compute on vectors of elements of this type.
bool isVectorElement(mlir::Type elementType);

/// The element or a vector of `count` elements as `like` is.
mlir::Type typeLike(mlir::Type element, mlir::Type like);

/// Converts a scalar or vector between element types (mlc types, so signedness
/// counts): float to integer truncates and saturates, to bool is `!= 0`.
mlir::Value convertScalar(mlir::OpBuilder &b, mlir::Location loc,
                          mlir::Value value, mlir::Type from, mlir::Type to);

/// `value` clamped to the finite range of the float type `to` (NaN stays), as
/// ONNX's saturating casts to 8-bit floats ask; `value` is f32 or wider.
mlir::Value clampToFinite(mlir::OpBuilder &b, mlir::Location loc,
                          mlir::Value value, mlir::FloatType to);

class ScalarBuilder {
public:
  using Value = mlir::Value;

  /// `type` is the mlc element type computed in (already widened); `like` a
  /// scalar or vector type whose shape constants take.
  ScalarBuilder(mlir::OpBuilder &b, mlir::Location loc, mlir::Type type,
                mlir::Type like)
      : b(b), loc(loc), type(type), like(like) {}

  Value constant(double value);
  Value zero() { return constant(0); }
  Value one() { return constant(1); }

  /// The least (or greatest) value of `type`: -inf (+inf) for floats.
  Value limit(mlir::Type type, bool least);

  Value add(Value x, Value y);
  Value sub(Value x, Value y);
  Value mul(Value x, Value y);
  /// Integers: truncating; x / 0 is 0.
  Value div(Value x, Value y);
  Value mod(Value x, Value y);
  Value fmod(Value x, Value y);
  Value pow(Value x, Value y);
  Value max(Value x, Value y);
  Value min(Value x, Value y);
  Value neg(Value x);
  Value abs(Value x);
  Value sign(Value x);
  Value floor(Value x);
  Value ceil(Value x);
  Value round(Value x);

  Value exp(Value x);
  Value expm1(Value x);
  Value log(Value x);
  Value log1p(Value x);
  Value sqrt(Value x);
  Value rsqrt(Value x);
  Value sin(Value x);
  Value cos(Value x);
  Value tan(Value x);
  Value asin(Value x);
  Value acos(Value x);
  Value atan(Value x);
  Value sinh(Value x);
  Value cosh(Value x);
  Value tanh(Value x);
  Value asinh(Value x);
  Value acosh(Value x);
  Value atanh(Value x);
  Value erf(Value x);

  Value equal(Value x, Value y);
  Value less(Value x, Value y);
  Value lessEqual(Value x, Value y);
  Value greater(Value x, Value y);
  Value greaterEqual(Value x, Value y);
  Value isNan(Value x);
  Value isInf(Value x);
  Value select(Value condition, Value x, Value y);
  Value and_(Value x, Value y);
  Value or_(Value x, Value y);
  Value xor_(Value x, Value y);
  Value not_(Value x);
  Value shiftLeft(Value x, Value y);
  Value shiftRight(Value x, Value y);

  bool isFloat() const { return llvm::isa<mlir::FloatType>(type); }
  bool isUnsigned() const {
    return type.isUnsignedInteger() || type.isInteger(1);
  }

private:
  Value integerPow(Value x, Value y);
  Value compare(unsigned floatPredicate, unsigned signedPredicate,
                unsigned unsignedPredicate, Value x, Value y);

  mlir::OpBuilder &b;
  mlir::Location loc;
  mlir::Type type, like;
};

/// Whether `op` has a scalar body, so that emitScalar works on it.
bool hasScalarBody(mlir::Operation *op);

/// One element (or one vector of elements) of an elementwise op: `operands` in
/// storage types, one per op operand, the result in the result's storage type.
mlir::Value emitScalar(mlir::OpBuilder &b, mlir::Location loc,
                       mlir::Operation *op, mlir::ValueRange operands);

} // namespace mlc

#endif // MLC_DIALECTS_MLC_SCALAR_H
