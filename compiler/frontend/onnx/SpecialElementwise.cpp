//===- SpecialElementwise.cpp - elementwise ops that need code --*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Rules.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

/// Folds all inputs with a binary op.
template <typename OpT>
static Value foldInputs(Node &n, SmallVector<Value> xs) {
  if (xs.empty()) {
    n.badShape("expects at least one input");
    return {};
  }
  Value y = xs[0];
  for (Value x : ArrayRef(xs).drop_front()) {
    y = n.elementwise<OpT>({y, x});
  }
  return y;
}

static void importMax(Node &n) {
  n.setResult(0, foldInputs<MaxOp>(n, n.allValues()));
}
static void importMin(Node &n) {
  n.setResult(0, foldInputs<MinOp>(n, n.allValues()));
}
static void importSum(Node &n) {
  n.setResult(0, foldInputs<AddOp>(n, n.allValues()));
}
static void importMean(Node &n) {
  SmallVector<Value> xs = n.allValues();
  Type type = xs.empty() ? Type() : n.elementType(xs[0]);
  for (Value &x : xs) {
    x = n.widen(x);
  }
  Value sum = foldInputs<AddOp>(n, xs);
  n.setResult(0,
              n.cast(n.div(sum, n.scalarLike(sum, double(xs.size()))), type));
}

/// min(max(x, low), high), each bound optional.
static void importClip(Node &n) {
  Value x = n.value(0), low, high;
  if (n.opset() < 11) {
    low = n.hasAttr("min") ? n.scalarLike(x, n.floatAttr("min", 0)) : Value();
    high = n.hasAttr("max") ? n.scalarLike(x, n.floatAttr("max", 0)) : Value();
  } else {
    low = n.optionalValue(1);
    high = n.optionalValue(2);
  }
  // A bound of one element is a scalar whatever its rank.
  low = low ? n.reshape(low, {}) : low;
  high = high ? n.reshape(high, {}) : high;
  x = low ? n.elementwise<MaxOp>({x, low}) : x;
  x = high ? n.elementwise<MinOp>({x, high}) : x;
  n.setResult(0, n.failed() ? Value() : x);
}

static void importMod(Node &n) {
  bool fmod = n.intAttr("fmod", 0) != 0;
  Value a = n.value(0), b = n.value(1);
  n.setResult(0, fmod ? n.elementwise<FmodOp>({a, b})
                      : n.elementwise<ModOp>({a, b}));
}

static void importBitShift(Node &n) {
  std::string direction = n.stringAttr("direction", "");
  Value a = n.value(0), b = n.value(1);
  if (direction != "LEFT" && direction != "RIGHT") {
    return n.badAttribute("'direction' must be LEFT or RIGHT");
  }
  n.setResult(0, direction == "LEFT" ? n.elementwise<ShiftLeftOp>({a, b})
                                     : n.elementwise<ShiftRightOp>({a, b}));
}

static void importIsInf(Node &n) {
  Value x = n.value(0);
  bool negative = n.intAttr("detect_negative", 1) != 0;
  bool positive = n.intAttr("detect_positive", 1) != 0;
  Value y = n.create<IsInfOp>(x);
  if (y && !(negative && positive)) {
    Value zero = n.scalarLike(x, 0);
    Value sign = !negative && !positive ? n.scalarLike(y, 0)
                 : positive             ? n.elementwise<GreaterOp>({x, zero})
                                        : n.elementwise<LessOp>({x, zero});
    y = n.elementwise<AndOp>({y, sign});
  }
  n.setResult(0, y);
}

static void importGelu(Node &n) {
  std::string kind = n.stringAttr("approximate", "none");
  Value x = n.value(0);
  if (kind != "none" && kind != "tanh") {
    return n.badAttribute("approximate '" + kind + "' is not known");
  }
  n.setResult(0,
              kind == "tanh" ? n.create<GeluTanhOp>(x) : n.create<GeluOp>(x));
}

/// Before opset 7 broadcasting was asked for by attributes: b's dims stand at
/// `axis` of a's, by default at the end.
static void importLegacyBinary(Node &n) {
  if (n.opset() >= 7) {
    importByRow(n);
    return;
  }
  n.ignoreAttr("consumed_inputs");
  bool broadcast = n.intAttr("broadcast", 0) != 0;
  bool hasAxis = n.hasAttr("axis");
  int64_t axis = n.intAttr("axis", 0);
  Value a = n.value(0), b = n.value(1);
  if (!a || !b) {
    return;
  }
  if (broadcast && hasAxis) {
    auto normal = n.normalizeAxis(axis, std::max<int64_t>(n.rank(a), 1));
    if (!normal || *normal + n.rank(b) > n.rank(a)) {
      return n.failed() ? void() : n.badShape("b does not fit at 'axis' of a");
    }
    DimExprs to = n.dims(b);
    to.append(n.rank(a) - *normal - n.rank(b), n.math.constant(1));
    b = n.reshape(b, to);
  }
  StringRef name = n.opType();
  Value y = name == "Add"       ? n.add(a, b)
            : name == "Sub"     ? n.sub(a, b)
            : name == "Mul"     ? n.mul(a, b)
            : name == "Div"     ? n.div(a, b)
            : name == "Pow"     ? n.elementwise<PowOp>({a, b})
            : name == "And"     ? n.elementwise<AndOp>({a, b})
            : name == "Or"      ? n.elementwise<OrOp>({a, b})
            : name == "Xor"     ? n.elementwise<XorOp>({a, b})
            : name == "Equal"   ? n.elementwise<EqualOp>({a, b})
            : name == "Less"    ? n.elementwise<LessOp>({a, b})
            : name == "Greater" ? n.elementwise<GreaterOp>({a, b})
                                : Value();
  n.setResult(0, y);
}

/// An integer to a fractional power is truncated in the end, not the exponent.
static void importPow(Node &n) {
  if (n.opset() < 7) {
    return importLegacyBinary(n);
  }
  Value a = n.value(0), b = n.value(1);
  Type type = n.elementType(a), f64 = n.b.getF64Type();
  if (isa_and_nonnull<IntegerType>(type) &&
      isa_and_nonnull<FloatType>(n.elementType(b))) {
    a = n.cast(a, f64);
    b = n.cast(b, f64);
  }
  n.setResult(0, n.cast(n.elementwise<PowOp>({a, b}), type));
}

/// x + bias below -lambd, x - bias above lambd, else 0; of integers, too, whose
/// bounds need not be integers.
static void importShrink(Node &n) {
  Value x = n.value(0);
  double lambd = n.floatAttr("lambd", 0.5), bias = n.floatAttr("bias", 0);
  Type type = n.elementType(x);
  x = isa_and_nonnull<IntegerType>(type) ? n.cast(x, n.b.getF64Type()) : x;
  Value y = n.create<ShrinkOp>(x, llvm::APFloat(lambd), llvm::APFloat(bias));
  n.setResult(0, n.cast(y, type));
}

/// The slope broadcasts to x; before opset 7 one of [C] stands for channels.
static void importPRelu(Node &n) {
  Value x = n.value(0), slope = n.value(1);
  if (x && slope && n.opset() < 7 && n.rank(slope) == 1 && n.rank(x) > 2 &&
      DimMath::literal(n.dims(slope)[0]) != 1) {
    slope = n.perChannel(slope, n.rank(x));
  }
  n.setResult(0, n.elementwise<PReluOp>({x, slope}));
}

void mlc::onnx::addElementwiseRules(RuleTable &table) {
  table.add("Max", 6, importMax);
  table.add("Min", 6, importMin);
  table.add("Sum", 6, importSum);
  table.add("Mean", 6, importMean);
  table.add("Clip", 6, importClip);
  table.add("Mod", 10, importMod);
  table.add("BitShift", 11, importBitShift);
  table.add("IsInf", 10, importIsInf);
  table.add("Gelu", 20, importGelu);
  table.add("PRelu", 6, importPRelu);
  table.add("Pow", 6, importPow);
  table.add("Shrink", 9, importShrink);
  for (StringRef name : {"Add", "Sub", "Mul", "Div", "And", "Or", "Xor",
                         "Equal", "Less", "Greater"}) {
    table.add(name, 6, importLegacyBinary);
  }
}
