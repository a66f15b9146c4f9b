//===- Scalar.cpp - scalar bodies of elementwise ops ------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/mlc/Scalar.h"
#include "dialects/mlc/Mlc.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;

namespace mlc {

using arith::CmpFPredicate;
using arith::CmpIPredicate;

Type storageType(Type elementType) {
  auto integer = dyn_cast<IntegerType>(elementType);
  return integer
             ? IntegerType::get(elementType.getContext(), integer.getWidth())
             : elementType;
}

Type computeType(Type elementType) {
  auto real = dyn_cast<FloatType>(elementType);
  if (real && real.getWidth() < 32) {
    return Float32Type::get(elementType.getContext());
  }
  return elementType;
}

bool isVectorElement(Type elementType) {
  if (auto integer = dyn_cast<IntegerType>(elementType)) {
    return llvm::is_contained({8u, 16u, 32u, 64u}, integer.getWidth());
  }
  return elementType.isF64() || elementType.isF32() || elementType.isF16() ||
         elementType.isBF16();
}

Type typeLike(Type element, Type like) {
  auto vector = dyn_cast<VectorType>(like);
  return vector ? Type(VectorType::get(vector.getShape(), element)) : element;
}

Value ScalarBuilder::constant(double value) {
  Type element = storageType(type);
  TypedAttr attr;
  if (auto real = dyn_cast<FloatType>(element)) {
    attr = FloatAttr::get(real, value);
  } else {
    attr = IntegerAttr::get(element, int64_t(value));
  }
  if (auto vector = dyn_cast<VectorType>(like)) {
    attr = DenseElementsAttr::get(VectorType::get(vector.getShape(), element),
                                  Attribute(attr));
  }
  return arith::ConstantOp::create(b, loc, attr);
}

Value ScalarBuilder::limit(Type of, bool least) {
  Type element = storageType(of);
  TypedAttr attr;
  if (auto real = dyn_cast<FloatType>(element)) {
    attr =
        FloatAttr::get(real, APFloat::getInf(real.getFloatSemantics(), least));
  } else {
    unsigned width = element.getIntOrFloatBitWidth();
    bool noSign = of.isUnsignedInteger() || width == 1;
    APInt low =
        noSign ? APInt::getMinValue(width) : APInt::getSignedMinValue(width);
    APInt high =
        noSign ? APInt::getMaxValue(width) : APInt::getSignedMaxValue(width);
    attr = IntegerAttr::get(element, least ? low : high);
  }
  if (auto vector = dyn_cast<VectorType>(like)) {
    attr = DenseElementsAttr::get(VectorType::get(vector.getShape(), element),
                                  Attribute(attr));
  }
  return arith::ConstantOp::create(b, loc, attr);
}

Value ScalarBuilder::add(Value x, Value y) {
  if (isFloat()) {
    return arith::AddFOp::create(b, loc, x, y);
  }
  return arith::AddIOp::create(b, loc, x, y);
}

Value ScalarBuilder::sub(Value x, Value y) {
  if (isFloat()) {
    return arith::SubFOp::create(b, loc, x, y);
  }
  return arith::SubIOp::create(b, loc, x, y);
}

Value ScalarBuilder::mul(Value x, Value y) {
  if (isFloat()) {
    return arith::MulFOp::create(b, loc, x, y);
  }
  return arith::MulIOp::create(b, loc, x, y);
}

Value ScalarBuilder::div(Value x, Value y) {
  if (isFloat()) {
    return arith::DivFOp::create(b, loc, x, y);
  }
  // x / 0 and MIN / -1 are undefined in LLVM: divide by 1 there instead.
  Value isZero = equal(y, zero());
  if (isUnsigned()) {
    Value safe = select(isZero, one(), y);
    return select(isZero, zero(), arith::DivUIOp::create(b, loc, x, safe));
  }
  Value isMinusOne = equal(y, constant(-1));
  Value safe = select(or_(isZero, isMinusOne), one(), y);
  Value quotient = arith::DivSIOp::create(b, loc, x, safe);
  return select(isZero, zero(), select(isMinusOne, neg(x), quotient));
}

Value ScalarBuilder::fmod(Value x, Value y) {
  if (isFloat()) {
    return arith::RemFOp::create(b, loc, x, y);
  }
  Value isZero = equal(y, zero());
  if (isUnsigned()) {
    Value safe = select(isZero, one(), y);
    return arith::RemUIOp::create(b, loc, x, safe);
  }
  Value safe = select(or_(isZero, equal(y, constant(-1))), one(), y);
  return arith::RemSIOp::create(b, loc, x, safe);
}

Value ScalarBuilder::mod(Value x, Value y) {
  Value remainder = fmod(x, y);
  if (isUnsigned()) {
    return remainder;
  }
  Value differ = xor_(less(remainder, zero()), less(y, zero()));
  Value nonzero = not_(equal(remainder, zero()));
  return select(and_(differ, nonzero), add(remainder, y), remainder);
}

Value ScalarBuilder::integerPow(Value x, Value y) {
  // Squaring by the bits of a non-negative exponent; below zero only 1 and -1
  // have an integer power.
  unsigned width = type.getIntOrFloatBitWidth();
  Value exponent = isUnsigned() ? y : max(y, zero());
  Value from = arith::ConstantIndexOp::create(b, loc, 0);
  Value to = arith::ConstantIndexOp::create(b, loc, width);
  Value step = arith::ConstantIndexOp::create(b, loc, 1);
  auto loop = scf::ForOp::create(b, loc, from, to, step,
                                 ValueRange{one(), x, exponent});
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value result = loop.getRegionIterArg(0), base = loop.getRegionIterArg(1);
    Value rest = loop.getRegionIterArg(2);
    Value odd = equal(and_(rest, one()), one());
    result = select(odd, mul(result, base), result);
    rest = arith::ShRUIOp::create(b, loc, rest, one());
    scf::YieldOp::create(b, loc, ValueRange{result, mul(base, base), rest});
  }
  Value power = loop.getResult(0);
  if (isUnsigned()) {
    return power;
  }
  Value minusOne = constant(-1);
  Value evenExponent = equal(and_(y, one()), zero());
  Value inverse = select(equal(x, one()), one(),
                         select(equal(x, minusOne),
                                select(evenExponent, one(), minusOne), zero()));
  return select(less(y, zero()), inverse, power);
}

Value ScalarBuilder::pow(Value x, Value y) {
  if (isFloat()) {
    return math::PowFOp::create(b, loc, x, y);
  }
  return integerPow(x, y);
}

Value ScalarBuilder::max(Value x, Value y) {
  if (isFloat()) {
    return arith::MaximumFOp::create(b, loc, x, y);
  }
  if (isUnsigned()) {
    return arith::MaxUIOp::create(b, loc, x, y);
  }
  return arith::MaxSIOp::create(b, loc, x, y);
}

Value ScalarBuilder::min(Value x, Value y) {
  if (isFloat()) {
    return arith::MinimumFOp::create(b, loc, x, y);
  }
  if (isUnsigned()) {
    return arith::MinUIOp::create(b, loc, x, y);
  }
  return arith::MinSIOp::create(b, loc, x, y);
}

Value ScalarBuilder::neg(Value x) {
  if (isFloat()) {
    return arith::NegFOp::create(b, loc, x);
  }
  return sub(zero(), x);
}

Value ScalarBuilder::abs(Value x) {
  if (isFloat()) {
    return math::AbsFOp::create(b, loc, x);
  }
  return isUnsigned() ? x : max(x, neg(x));
}

Value ScalarBuilder::sign(Value x) {
  if (isUnsigned()) {
    return select(equal(x, zero()), zero(), one());
  }
  Value negative =
      select(less(x, zero()), constant(-1), isFloat() ? x : zero());
  if (isFloat()) {
    // Zero and NaN stay themselves.
    return select(greater(x, zero()), one(), negative);
  }
  return select(greater(x, zero()), one(), negative);
}

Value ScalarBuilder::floor(Value x) {
  return isFloat() ? math::FloorOp::create(b, loc, x).getResult() : x;
}
Value ScalarBuilder::ceil(Value x) {
  return isFloat() ? math::CeilOp::create(b, loc, x).getResult() : x;
}
Value ScalarBuilder::round(Value x) {
  return isFloat() ? math::RoundEvenOp::create(b, loc, x).getResult() : x;
}

#define MLC_MATH(method, op)                                                   \
  Value ScalarBuilder::method(Value x) { return math::op::create(b, loc, x); }
MLC_MATH(exp, ExpOp)
MLC_MATH(expm1, ExpM1Op)
MLC_MATH(log, LogOp)
MLC_MATH(log1p, Log1pOp)
MLC_MATH(sqrt, SqrtOp)
MLC_MATH(sin, SinOp)
MLC_MATH(cos, CosOp)
MLC_MATH(tan, TanOp)
MLC_MATH(asin, AsinOp)
MLC_MATH(acos, AcosOp)
MLC_MATH(atan, AtanOp)
MLC_MATH(sinh, SinhOp)
MLC_MATH(cosh, CoshOp)
MLC_MATH(tanh, TanhOp)
MLC_MATH(erf, ErfOp)
#undef MLC_MATH

// The inverse hyperbolic functions by logarithms, for magnitudes whose squares
// do not overflow; beyond, the logarithm of twice the magnitude is exact.
static Value forLarge(ScalarBuilder &s, Value magnitude, Value otherwise) {
  Value isLarge = s.less(s.constant(1e9), magnitude);
  Value log = s.add(s.log(magnitude), s.constant(M_LN2));
  return s.select(isLarge, log, otherwise);
}

Value ScalarBuilder::asinh(Value x) {
  Value a = abs(x), square = mul(a, a);
  Value root = add(one(), sqrt(add(square, one())));
  Value y = forLarge(*this, a, log1p(add(a, div(square, root))));
  return math::CopySignOp::create(b, loc, y, x);
}

Value ScalarBuilder::acosh(Value x) {
  Value over = sub(x, one());
  Value root = sqrt(mul(over, add(x, one())));
  return forLarge(*this, x, log1p(add(over, root)));
}

Value ScalarBuilder::atanh(Value x) {
  Value a = abs(x);
  Value y = mul(constant(0.5), log1p(div(add(a, a), sub(one(), a))));
  return math::CopySignOp::create(b, loc, y, x);
}

Value ScalarBuilder::rsqrt(Value x) { return div(one(), sqrt(x)); }

Value ScalarBuilder::compare(unsigned floatPredicate, unsigned signedPredicate,
                             unsigned unsignedPredicate, Value x, Value y) {
  Type element = getElementTypeOrSelf(x.getType());
  if (isa<FloatType>(element)) {
    return arith::CmpFOp::create(b, loc, CmpFPredicate(floatPredicate), x, y);
  }
  unsigned predicate = isUnsigned() || element.isInteger(1) ? unsignedPredicate
                                                            : signedPredicate;
  return arith::CmpIOp::create(b, loc, CmpIPredicate(predicate), x, y);
}

Value ScalarBuilder::equal(Value x, Value y) {
  return compare(unsigned(CmpFPredicate::OEQ), unsigned(CmpIPredicate::eq),
                 unsigned(CmpIPredicate::eq), x, y);
}
Value ScalarBuilder::less(Value x, Value y) {
  return compare(unsigned(CmpFPredicate::OLT), unsigned(CmpIPredicate::slt),
                 unsigned(CmpIPredicate::ult), x, y);
}
Value ScalarBuilder::lessEqual(Value x, Value y) {
  return compare(unsigned(CmpFPredicate::OLE), unsigned(CmpIPredicate::sle),
                 unsigned(CmpIPredicate::ule), x, y);
}
Value ScalarBuilder::greater(Value x, Value y) { return less(y, x); }
Value ScalarBuilder::greaterEqual(Value x, Value y) { return lessEqual(y, x); }

Value ScalarBuilder::isNan(Value x) {
  return arith::CmpFOp::create(b, loc, CmpFPredicate::UNO, x, x);
}
Value ScalarBuilder::isInf(Value x) {
  Value infinity = constant(std::numeric_limits<double>::infinity());
  return equal(abs(x), infinity);
}
Value ScalarBuilder::select(Value condition, Value x, Value y) {
  return arith::SelectOp::create(b, loc, condition, x, y);
}
Value ScalarBuilder::and_(Value x, Value y) {
  return arith::AndIOp::create(b, loc, x, y);
}
Value ScalarBuilder::or_(Value x, Value y) {
  return arith::OrIOp::create(b, loc, x, y);
}
Value ScalarBuilder::xor_(Value x, Value y) {
  return arith::XOrIOp::create(b, loc, x, y);
}
Value ScalarBuilder::not_(Value x) {
  Type element = getElementTypeOrSelf(x.getType());
  TypedAttr ones = IntegerAttr::get(
      element, APInt::getAllOnes(element.getIntOrFloatBitWidth()));
  if (auto vector = dyn_cast<VectorType>(x.getType())) {
    ones = DenseElementsAttr::get(vector, Attribute(ones));
  }
  return xor_(x, arith::ConstantOp::create(b, loc, ones));
}

Value ScalarBuilder::shiftLeft(Value x, Value y) {
  Value width = constant(type.getIntOrFloatBitWidth());
  Value inside = arith::CmpIOp::create(b, loc, CmpIPredicate::ult, y, width);
  Value amount = select(inside, y, zero());
  return select(inside, arith::ShLIOp::create(b, loc, x, amount), zero());
}
Value ScalarBuilder::shiftRight(Value x, Value y) {
  Value width = constant(type.getIntOrFloatBitWidth());
  Value inside = arith::CmpIOp::create(b, loc, CmpIPredicate::ult, y, width);
  Value amount = select(inside, y, zero());
  return select(inside, arith::ShRUIOp::create(b, loc, x, amount), zero());
}

//===----------------------------------------------------------------------===//
// Bodies
//===----------------------------------------------------------------------===//

static Value emitScalarBody(ScalarBuilder &s, Operation *operation,
                            ArrayRef<Value> operands) {
#include "dialects/mlc/Scalar.cpp.inc"
  return nullptr;
}

bool hasScalarBody(Operation *op) { return op->hasTrait<ScalarBody>(); }

/// The type the body computes in: the result's, or for predicates the
/// operand's.
static Type bodyType(Operation *op) {
  Type result = elementTypeOf(op->getResult(0));
  return computeType(result.isInteger(1) ? elementTypeOf(op->getOperand(0))
                                         : result);
}

Value emitScalar(OpBuilder &b, Location loc, Operation *op,
                 ValueRange operands) {
  Type type = bodyType(op);
  SmallVector<Value> converted;
  for (auto [value, operand] : llvm::zip_equal(operands, op->getOperands())) {
    Type from = elementTypeOf(operand);
    bool isCondition = from.isInteger(1) && !type.isInteger(1);
    converted.push_back(isCondition ? value
                                    : convertScalar(b, loc, value, from, type));
  }
  ScalarBuilder s(b, loc, type, operands.front().getType());
  Value result = emitScalarBody(s, op, converted);
  Type wanted = elementTypeOf(op->getResult(0));
  Type have = getElementTypeOrSelf(result.getType());
  if (isa<FloatType>(have) && have != wanted) {
    return convertScalar(b, loc, result, have, wanted);
  }
  return result;
}

} // namespace mlc
