//===- ExpandSmallFloats.cpp - 16- and 8-bit floats by f32 ------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   %z = arith.addf %x, %y : bf16
// ==>
//   x, y to f32 by a shift; arith.addf : f32; round to nearest even in integers
//
// Arithmetic on f16, bf16, f8 and f4 types is done in f32 and rounded after
// every operation. f32 has more than twice their precision plus two bits, so +,
// -, *, / and sqrt round as if done directly. Conversions are branch-free
// integer code, because LLVM would call compiler-rt for them; with native-f16
// those between f16 and f32 stay.
//
// f64 goes to a small type by way of f32 rounded to odd, which a second
// rounding cannot spoil. f8E8M0 is not handled.
//
//===----------------------------------------------------------------------===//
#include "codegen/common/FloatBuilder.h"
#include "codegen/common/Passes.h"

using namespace mlir;

namespace mlc::codegen {
#define GEN_PASS_DEF_EXPANDSMALLFLOATSPASS
#include "codegen/common/Passes.h.inc"

namespace {

/// How a small format codes what is not a finite number.
enum class Special {
  ieee,    // exponent all ones: infinity, NaN
  onlyNan, // magnitude all ones: NaN (FN)
  negZero, // the code of -0 is NaN, there is no -0 (FNUZ)
  none     // saturates; NaN is -0 (f4)
};

struct Format {
  unsigned mantissa, exponent;
  int bias;
  Special special;

  unsigned bits() const { return mantissa + exponent + 1; }
  uint32_t magnitudeMask() const { return (1u << (bits() - 1)) - 1; }
  uint32_t signBit() const { return 1u << (bits() - 1); }
  /// The first magnitude that is not finite.
  uint32_t limit() const {
    return special == Special::ieee      ? ((1u << exponent) - 1) << mantissa
           : special == Special::onlyNan ? magnitudeMask()
                                         : magnitudeMask() + 1;
  }
};

std::optional<Format> formatOf(Type type) {
  return llvm::TypeSwitch<Type, std::optional<Format>>(type)
      .Case([](Float16Type) { return Format{10, 5, 15, Special::ieee}; })
      .Case([](BFloat16Type) { return Format{7, 8, 127, Special::ieee}; })
      .Case([](Float8E5M2Type) { return Format{2, 5, 15, Special::ieee}; })
      .Case([](Float8E4M3Type) { return Format{3, 4, 7, Special::ieee}; })
      .Case([](Float8E4M3FNType) { return Format{3, 4, 7, Special::onlyNan}; })
      .Case(
          [](Float8E5M2FNUZType) { return Format{2, 5, 16, Special::negZero}; })
      .Case(
          [](Float8E4M3FNUZType) { return Format{3, 4, 8, Special::negZero}; })
      .Case([](Float4E2M1FNType) { return Format{1, 2, 1, Special::none}; })
      .Default([](Type) { return std::nullopt; });
}

std::optional<Format> smallFormat(Value value) {
  return formatOf(getElementTypeOrSelf(value.getType()));
}

Type withElement(Type type, Type element) {
  auto shaped = dyn_cast<ShapedType>(type);
  return shaped ? Type(shaped.clone(element)) : element;
}

/// Conversions of one shape.
class Converter {
public:
  Converter(OpBuilder &b, Location loc, Type type)
      : b(b), loc(loc), shape(type),
        f(b, loc, withElement(type, b.getF32Type()), /*hasFma=*/true) {}

  /// The f32 of a small float.
  Value decode(Value value, Format format) {
    Value bits = widen(value);
    if (format.mantissa == 7) { // bf16 is the upper half of f32
      return f.fromBits(f.shiftLeft(bits, 16));
    }
    Value magnitude = f.andBits(bits, f.bitsConstant(format.magnitudeMask()));
    Value sign = f.shiftLeft(f.andBits(bits, f.bitsConstant(format.signBit())),
                             32 - format.bits());
    // With the exponent field as it is, off by a power of two; denormals are
    // denormals of f32, which the product makes normal.
    Value scaled =
        f.mul(f.fromBits(f.shiftLeft(magnitude, 23 - format.mantissa)),
              f.fromBits(f.bitsConstant(uint32_t(254 - format.bias) << 23)));
    Value result = f.toBits(scaled);
    if (format.special == Special::ieee) {
      Value big = f.lessBits(f.bitsConstant(format.limit() - 1), magnitude);
      Value whole = f.orBits(result, f.bitsConstant(0x7f800000u));
      result = f.select(big, whole, result);
    } else if (format.special == Special::onlyNan) {
      Value isNan = f.equalBits(magnitude, f.bitsConstant(format.limit()));
      result = f.select(isNan, f.bitsConstant(0x7fc00000u), result);
    }
    result = f.orBits(result, sign);
    if (format.special == Special::negZero) {
      Value isNan = f.equalBits(bits, f.bitsConstant(format.signBit()));
      result = f.select(isNan, f.bitsConstant(0x7fc00000u), result);
    }
    return f.fromBits(result);
  }

  /// The small float nearest to an f32, ties to even.
  Value encode(Value value, Type element, Format format) {
    Value bits = f.toBits(value);
    Value magnitude = f.andBits(bits, f.bitsConstant(0x7fffffffu));
    Value sign = f.andBits(f.logicalShiftRight(bits, 32 - format.bits()),
                           f.bitsConstant(format.signBit()));
    Value rounded = roundNormal(magnitude, format);
    if (format.mantissa != 7) {
      rounded = f.select(isDenormal(magnitude, format),
                         roundDenormal(magnitude, format), rounded);
    }
    Value result = special(magnitude, rounded, format);
    result = f.orBits(result, sign);
    if (format.special == Special::negZero) {
      Value isZero = f.equalBits(rounded, f.bitsConstant(0));
      Value zero = f.bitsConstant(0);
      result = f.select(isZero, zero, result);
      Value isBad = f.lessBits(f.bitsConstant(format.limit() - 1), rounded);
      isBad =
          f.orBits(isBad, f.lessBits(f.bitsConstant(0x7f800000u), magnitude));
      result = f.select(isBad, f.bitsConstant(format.signBit()), result);
    }
    return narrow(result, element);
  }

  /// f64 to f32, rounded to odd.
  Value roundToOdd(Value wide) {
    Type f32 = withElement(shape, b.getF32Type());
    Value near = arith::TruncFOp::create(b, loc, f32, wide);
    Value back = arith::ExtFOp::create(b, loc, wide.getType(), near);
    Value above = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT,
                                        math::AbsFOp::create(b, loc, back),
                                        math::AbsFOp::create(b, loc, wide));
    Value inexact =
        arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNE, back, wide);
    Value bits = f.toBits(near);
    bits = f.select(above, f.subBits(bits, f.bitsConstant(1)), bits);
    bits = f.select(inexact, f.orBits(bits, f.bitsConstant(1)), bits);
    return f.fromBits(bits);
  }

private:
  Value widen(Value value) {
    unsigned width =
        getElementTypeOrSelf(value.getType()).getIntOrFloatBitWidth();
    Value bits = arith::BitcastOp::create(
        b, loc, withElement(shape, b.getIntegerType(width)), value);
    return arith::ExtUIOp::create(b, loc, withElement(shape, b.getI32Type()),
                                  bits);
  }

  Value narrow(Value bits, Type element) {
    Type integer = b.getIntegerType(element.getIntOrFloatBitWidth());
    Value low =
        arith::TruncIOp::create(b, loc, withElement(shape, integer), bits);
    return arith::BitcastOp::create(b, loc, withElement(shape, element), low);
  }

  /// Drops mantissa bits of an f32 with the exponent rebased.
  Value roundNormal(Value magnitude, Format format) {
    unsigned shift = 23 - format.mantissa;
    uint32_t rebase = uint32_t(127 - format.bias) << 23;
    Value based = f.subBits(magnitude, f.bitsConstant(rebase));
    Value odd = f.andBits(f.shiftRight(based, shift), f.bitsConstant(1));
    Value up = f.addBits(f.bitsConstant((1u << (shift - 1)) - 1), odd);
    return f.shiftRight(f.addBits(based, up), shift);
  }

  Value isDenormal(Value magnitude, Format format) {
    uint32_t firstNormal = uint32_t(128 - format.bias) << 23;
    return f.lessBits(magnitude, f.bitsConstant(firstNormal));
  }

  /// Adding a number whose last place is the format's smallest step rounds.
  Value roundDenormal(Value magnitude, Format format) {
    uint32_t exponent = 127 + 1 - format.bias - format.mantissa + 23;
    Value magic = f.bitsConstant(exponent << 23);
    Value sum = f.add(f.fromBits(magnitude), f.fromBits(magic));
    return f.subBits(f.toBits(sum), magic);
  }

  /// `rounded`, or infinity or NaN where it must be.
  Value special(Value magnitude, Value rounded, Format format) {
    Value last = f.bitsConstant(format.limit() - 1);
    Value isNan = f.lessBits(f.bitsConstant(0x7f800000u), magnitude);
    Value tooBig = f.lessBits(last, rounded);
    switch (format.special) {
    case Special::ieee: {
      Value isInfinite =
          f.orBits(tooBig, f.equalBits(magnitude, f.bitsConstant(0x7f800000u)));
      Value infinity = f.bitsConstant(format.limit());
      Value nan =
          f.bitsConstant(format.limit() | (1u << (format.mantissa - 1)));
      return f.select(isNan, nan, f.select(isInfinite, infinity, rounded));
    }
    case Special::onlyNan:
      return f.select(f.orBits(tooBig, isNan), f.bitsConstant(format.limit()),
                      rounded);
    case Special::none:
      return f.select(isNan, f.bitsConstant(format.signBit()),
                      f.select(tooBig, last, rounded));
    case Special::negZero:
      return rounded; // the caller's, for it concerns the sign
    }
    llvm_unreachable("all cases return");
  }

  OpBuilder &b;
  Location loc;
  Type shape;
  FloatBuilder f;
};

class ExpandSmallFloatsPass
    : public impl::ExpandSmallFloatsPassBase<ExpandSmallFloatsPass> {
public:
  using Base::Base;

private:
  void runOnOperation() override;
  void widen(Operation *op);
  void expand(Operation *op);

  bool isNative(Type from, Type to) const {
    auto isPair = [](Type a, Type b) { return a.isF16() && b.isF32(); };
    return nativeF16 && (isPair(from, to) || isPair(to, from));
  }
};

bool touchesSmallFloats(Operation *op) {
  auto isSmall = [](Value value) { return smallFormat(value).has_value(); };
  return llvm::any_of(op->getOperands(), isSmall) ||
         llvm::any_of(op->getResults(), isSmall);
}

/// Does the operation in f32.
void ExpandSmallFloatsPass::widen(Operation *op) {
  OpBuilder b(op);
  Location loc = op->getLoc();
  for (OpOperand &operand : op->getOpOperands()) {
    Value value = operand.get();
    if (smallFormat(value)) {
      Type type = withElement(value.getType(), b.getF32Type());
      operand.set(arith::ExtFOp::create(b, loc, type, value));
    }
  }
  b.setInsertionPointAfter(op);
  for (Value result : op->getResults()) {
    if (smallFormat(result)) {
      Type small = result.getType();
      result.setType(withElement(small, b.getF32Type()));
      auto back = arith::TruncFOp::create(b, loc, small, result);
      result.replaceAllUsesExcept(back.getResult(), back);
    }
  }
}

/// An extension or truncation from or to a small type.
void ExpandSmallFloatsPass::expand(Operation *op) {
  OpBuilder b(op);
  Location loc = op->getLoc();
  Value value = op->getOperand(0);
  Type type = op->getResult(0).getType();
  Type from = getElementTypeOrSelf(value.getType());
  Type to = getElementTypeOrSelf(type);
  if (isNative(from, to)) {
    return;
  }
  Converter converter(b, loc, type);
  Type f32 = withElement(type, b.getF32Type());
  if (auto format = formatOf(from)) {
    value = isNative(from, b.getF32Type())
                ? arith::ExtFOp::create(b, loc, f32, value).getResult()
                : converter.decode(value, *format);
    from = b.getF32Type();
  }
  if (auto format = formatOf(to)) {
    if (from.isF64()) {
      value = converter.roundToOdd(value);
    }
    value = isNative(b.getF32Type(), to)
                ? arith::TruncFOp::create(b, loc, type, value).getResult()
                : converter.encode(value, to, *format);
  } else if (to.isF64()) {
    value = arith::ExtFOp::create(b, loc, type, value);
  }
  op->replaceAllUsesWith(ValueRange{value});
  op->erase();
}

void ExpandSmallFloatsPass::runOnOperation() {
  SmallVector<Operation *> arithmetic, conversions;
  getOperation()->walk([&](Operation *op) {
    if (!touchesSmallFloats(op)) {
      return;
    }
    bool isMath = isa<arith::ArithDialect, math::MathDialect>(op->getDialect());
    if (isMath && !isa<arith::ExtFOp, arith::TruncFOp, arith::BitcastOp,
                       arith::ConstantOp, arith::SelectOp>(op)) {
      arithmetic.push_back(op);
    }
  });
  for (Operation *op : arithmetic) {
    widen(op);
  }
  getOperation()->walk([&](Operation *op) {
    if (isa<arith::ExtFOp, arith::TruncFOp>(op) && touchesSmallFloats(op)) {
      conversions.push_back(op);
    }
  });
  for (Operation *op : conversions) {
    expand(op);
  }
}

} // namespace
} // namespace mlc::codegen
