//===- FloatBuilder.h - f32 formulas as arith operations --------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_COMMON_FLOATBUILDER_H
#define MLC_CODEGEN_COMMON_FLOATBUILDER_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/TypeUtilities.h"

namespace mlc::codegen {

/// Builds formulas over f32 values, or vectors of them, without branches, so
/// that scalar code stays vectorisable. Bits are i32 values of the same shape.
class FloatBuilder {
public:
  using Value = mlir::Value;

  /// `hasFma`: fused multiply-add is one instruction; else a product and a sum
  /// stand in for it (never a library call).
  FloatBuilder(mlir::OpBuilder &b, mlir::Location loc, mlir::Type type,
               bool hasFma)
      : b(loc, b), type(type), hasFma(hasFma) {}

  Value constant(float value) { return splat(b.getF32FloatAttr(value), type); }
  Value bitsConstant(uint32_t value) {
    return splat(b.getI32IntegerAttr(int32_t(value)), bitsType());
  }

  Value add(Value x, Value y) { return mlir::arith::AddFOp::create(b, x, y); }
  Value sub(Value x, Value y) { return mlir::arith::SubFOp::create(b, x, y); }
  Value mul(Value x, Value y) { return mlir::arith::MulFOp::create(b, x, y); }
  Value div(Value x, Value y) { return mlir::arith::DivFOp::create(b, x, y); }
  Value neg(Value x) { return mlir::arith::NegFOp::create(b, x); }
  Value abs(Value x) { return mlir::math::AbsFOp::create(b, x); }
  Value floor(Value x) { return mlir::math::FloorOp::create(b, x); }
  Value sqrt(Value x) { return mlir::math::SqrtOp::create(b, x); }
  Value fma(Value x, Value y, Value z) {
    return hasFma ? mlir::math::FmaOp::create(b, x, y, z).getResult()
                  : add(mul(x, y), z);
  }
  /// c[0] + x*(c[1] + x*(...)).
  Value polynomial(Value x, llvm::ArrayRef<float> coefficients);

  /// Ordered comparisons: false for NaN.
  Value less(Value x, Value y) {
    return compare(mlir::arith::CmpFPredicate::OLT, x, y);
  }
  Value equal(Value x, Value y) {
    return compare(mlir::arith::CmpFPredicate::OEQ, x, y);
  }
  Value different(Value x, Value y) {
    return compare(mlir::arith::CmpFPredicate::UNE, x, y);
  }
  Value isNan(Value x) {
    return compare(mlir::arith::CmpFPredicate::UNO, x, x);
  }
  Value both(Value x, Value y) { return mlir::arith::AndIOp::create(b, x, y); }
  Value either(Value x, Value y) { return mlir::arith::OrIOp::create(b, x, y); }
  Value select(Value condition, Value x, Value y) {
    return mlir::arith::SelectOp::create(b, condition, x, y);
  }
  /// Clamps; NaN stays NaN.
  Value atMost(Value x, float limit) {
    Value bound = constant(limit);
    return select(less(bound, x), bound, x);
  }
  Value atLeast(Value x, float limit) {
    Value bound = constant(limit);
    return select(less(x, bound), bound, x);
  }
  Value copySign(Value magnitude, Value sign);

  Value toBits(Value x) {
    return mlir::arith::BitcastOp::create(b, bitsType(), x);
  }
  Value fromBits(Value bits) {
    return mlir::arith::BitcastOp::create(b, type, bits);
  }
  Value addBits(Value x, Value y) {
    return mlir::arith::AddIOp::create(b, x, y);
  }
  Value subBits(Value x, Value y) {
    return mlir::arith::SubIOp::create(b, x, y);
  }
  Value andBits(Value x, Value y) {
    return mlir::arith::AndIOp::create(b, x, y);
  }
  Value orBits(Value x, Value y) { return mlir::arith::OrIOp::create(b, x, y); }
  Value xorBits(Value x, Value y) {
    return mlir::arith::XOrIOp::create(b, x, y);
  }
  Value shiftLeft(Value x, uint32_t n) {
    return mlir::arith::ShLIOp::create(b, x, bitsConstant(n));
  }
  /// Arithmetic shift.
  Value shiftRight(Value x, uint32_t n) {
    return mlir::arith::ShRSIOp::create(b, x, bitsConstant(n));
  }
  Value logicalShiftRight(Value x, uint32_t n) {
    return mlir::arith::ShRUIOp::create(b, x, bitsConstant(n));
  }
  /// Signed comparison.
  Value lessBits(Value x, Value y) {
    return mlir::arith::CmpIOp::create(b, mlir::arith::CmpIPredicate::slt, x,
                                       y);
  }
  Value equalBits(Value x, Value y) {
    return mlir::arith::CmpIOp::create(b, mlir::arith::CmpIPredicate::eq, x, y);
  }
  Value toFloat(Value integer) {
    return mlir::arith::SIToFPOp::create(b, type, integer);
  }

private:
  Value compare(mlir::arith::CmpFPredicate predicate, Value x, Value y) {
    return mlir::arith::CmpFOp::create(b, predicate, x, y);
  }
  mlir::Type bitsType() {
    return mlir::isa<mlir::ShapedType>(type)
               ? mlir::Type(
                     mlir::cast<mlir::ShapedType>(type).clone(b.getI32Type()))
               : mlir::Type(b.getI32Type());
  }
  Value splat(mlir::TypedAttr value, mlir::Type type);

  mlir::ImplicitLocOpBuilder b;
  mlir::Type type;
  bool hasFma;
};

} // namespace mlc::codegen

#endif // MLC_CODEGEN_COMMON_FLOATBUILDER_H
