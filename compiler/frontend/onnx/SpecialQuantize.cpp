//===- SpecialQuantize.cpp - quantised operators ----------------*- C++ -*-===//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//
// real = (integer - zero point) * scale, with scale and zero point for the
// whole tensor, per index of an axis, or per block along an axis.
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Rules.h"
#include "compiler/frontend/onnx/Window.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

namespace {
/// How scales and zero points spread over x.
struct Granularity {
  DimExprs dims; // of x
  int64_t axis, block;
};
} // namespace

/// Each element of `p` repeated `block` times along the axis, cut to x's
/// extent.
static Value repeatBlocks(Node &n, Value p, const Granularity &g) {
  DimExprs blocks = n.dims(p);
  int64_t axis = g.axis;
  AffineExpr block = n.math.constant(g.block), one = n.math.constant(1);
  for (size_t i = 0; i < blocks.size(); ++i) {
    AffineExpr wanted =
        int64_t(i) == axis ? n.math.ceilDiv(g.dims[i], block) : g.dims[i];
    n.requireEqual(blocks[i], wanted, "expects one parameter per block");
  }
  DimExprs split = blocks, repeated = blocks, merged = blocks;
  split.insert(split.begin() + axis + 1, one);
  repeated.insert(repeated.begin() + axis + 1, block);
  merged[axis] = n.math.mul(blocks[axis], block);
  Value full = n.reshape(n.expand(n.reshape(p, split), repeated), merged);
  return n.slice(full, axis, n.math.constant(0), g.dims[axis]);
}

/// A scale or zero point in a shape that broadcasts to x.
static Value spread(Node &n, Value p, const Granularity &g) {
  if (!p) {
    return {};
  }
  DimExprs dims = n.dims(p);
  AffineExpr count = n.math.product(dims);
  if (dims.empty() || DimMath::literal(count) == 1) {
    return n.reshape(p, {});
  }
  if (g.axis < 0) {
    n.badAttribute("'axis' is out of range");
    return {};
  }
  if (dims.size() == 1 && g.block == 0) {
    n.requireEqual(dims[0], g.dims[g.axis], "expects one parameter per index");
    return n.perChannel(p, g.dims.size(), g.axis);
  }
  if (dims.size() != g.dims.size() || g.block < 1) {
    n.badShape("expects parameters of rank 0, 1 or, with 'block_size', x's");
    return {};
  }
  return repeatBlocks(n, p, g);
}

/// Reads axis and block_size; x decides what they mean.
static Granularity readGranularity(Node &n, Value x) {
  Granularity g;
  g.dims = n.dims(x);
  int64_t axis = n.opset() >= 13 ? n.intAttr("axis", 1) : 1;
  g.block = n.opset() >= 21 ? n.intAttr("block_size", 0) : 0;
  int64_t rank = n.rank(x);
  // An axis out of range matters only to parameters that need one.
  g.axis = axis < -rank || axis >= rank ? -1 : axis < 0 ? axis + rank : axis;
  if (g.block < 0 || g.block >= int64_t(1) << 31) {
    n.badAttribute("'block_size' must be in [0, 2^31)");
  }
  return g;
}

/// An optional type attribute; 0 and absence mean `fallback`.
static Type optionalType(Node &n, StringRef name, Type fallback) {
  return n.intAttr(name, 0) == 0 ? fallback : n.typeAttr(name, 0);
}

/// Rounded to even, moved by the zero point, saturated.
static Value toInteger(Node &n, Value x, Value zeroPoint, Type to) {
  if (!x) {
    return {};
  }
  Type f32 = n.b.getF32Type(), i32 = n.b.getI32Type();
  unsigned width = to.getIntOrFloatBitWidth();
  bool isUnsigned = to.isUnsignedInteger();
  double low = isUnsigned ? 0 : -std::ldexp(1.0, width - 1);
  double high = std::ldexp(1.0, isUnsigned ? width : width - 1) - 1;
  Type wide = n.elementType(x).isF64() ? n.elementType(x) : f32;
  Value y = n.cast(n.create<RoundOp>(n.cast(x, wide)), wide);
  // Bounds beyond every type, so that adding the zero point cannot overflow.
  y = n.elementwise<MaxOp>({y, n.scalar(wide, -0x1p20)});
  y = n.cast(n.elementwise<MinOp>({y, n.scalar(wide, 0x1p20)}), i32);
  y = zeroPoint ? n.add(y, n.cast(zeroPoint, i32)) : y;
  y = n.elementwise<MaxOp>({y, n.scalar(i32, low)});
  y = n.elementwise<MinOp>({y, n.scalar(i32, high)});
  return n.cast(y, to);
}

static void importQuantizeLinear(Node &n) {
  Value x = n.value(0), scale = n.value(1), zero = n.optionalValue(2);
  bool saturates = n.opset() < 19 || n.intAttr("saturate", 1) != 0;
  if (!x || !scale || n.failed()) {
    return;
  }
  Granularity g = readGranularity(n, x);
  Type to =
      zero ? n.elementType(zero)
           : Type(IntegerType::get(n.b.getContext(), 8, IntegerType::Unsigned));
  to = n.opset() >= 21 ? optionalType(n, "output_dtype", to) : to;
  Type precision = n.elementType(scale);
  precision =
      n.opset() >= 23 ? optionalType(n, "precision", precision) : precision;
  if (!to || !precision || n.failed()) {
    return;
  }
  if (zero && n.elementType(zero) != to) {
    return n.badAttribute("'output_dtype' is not the zero point's type");
  }
  if (!isa<FloatType>(precision) || precision.getIntOrFloatBitWidth() < 16) {
    precision = n.b.getF32Type();
  }
  scale = spread(n, scale, g);
  zero = zero ? spread(n, zero, g) : zero;
  Value y = n.div(n.cast(x, precision), n.cast(scale, precision));
  if (isa<IntegerType>(to)) {
    n.setResult(0, n.failed() ? Value() : toInteger(n, y, zero, to));
    return;
  }
  // Float 8 has a zero point of 0 by definition; float 4 adds it.
  if (zero && to.getIntOrFloatBitWidth() < 8) {
    y = n.add(y, n.cast(zero, precision));
  }
  n.setResult(0, n.failed() ? Value() : n.cast(y, to, saturates));
}

static void importDequantizeLinear(Node &n) {
  Value x = n.value(0), scale = n.value(1), zero = n.optionalValue(2);
  if (!x || !scale || n.failed()) {
    return;
  }
  Granularity g = readGranularity(n, x);
  Type to = n.elementType(scale), f32 = n.b.getF32Type();
  to = n.opset() >= 23 ? optionalType(n, "output_dtype", to) : to;
  if (!to || n.failed()) {
    return;
  }
  Value y;
  if (zero && isa<IntegerType>(n.elementType(x))) {
    Type i32 = n.b.getI32Type();
    Value point = n.cast(spread(n, zero, g), i32);
    y = n.cast(n.sub(n.cast(x, i32), point), f32);
  } else {
    y = n.cast(x, f32);
    bool adds = zero && n.elementType(x).getIntOrFloatBitWidth() < 8;
    y = adds ? n.sub(y, n.cast(spread(n, zero, g), f32)) : y;
  }
  y = n.mul(y, n.cast(spread(n, scale, g), f32));
  n.setResult(0, n.failed() ? Value() : n.cast(y, to));
}

/// Scale and zero point from the range of x, which always includes 0.
static void importDynamicQuantizeLinear(Node &n) {
  Value x = n.value(0);
  if (!x) {
    return;
  }
  Type f32 = n.b.getF32Type();
  Type ui8 = IntegerType::get(n.b.getContext(), 8, IntegerType::Unsigned);
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, n.rank(x)));
  Value zero = n.scalar(f32, 0), one = n.scalar(f32, 1);
  Value most = n.scalar(f32, 255);
  Value high =
      n.elementwise<MaxOp>({n.reduce(x, ReduceKind::max, axes, false), zero});
  Value low =
      n.elementwise<MinOp>({n.reduce(x, ReduceKind::min, axes, false), zero});
  Value isPoint = n.elementwise<EqualOp>({high, low});
  Value range = n.elementwise<WhereOp>({isPoint, one, n.sub(high, low)});
  Value scale = n.div(range, most);
  Value point = n.sub(zero, n.div(low, scale));
  point = n.elementwise<MinOp>({n.elementwise<MaxOp>({point, zero}), most});
  Value zeroPoint = n.cast(n.create<RoundOp>(point), ui8);
  n.setResult(0, toInteger(n, n.div(x, scale), zeroPoint, ui8));
  n.setResult(1, scale);
  n.setResult(2, zeroPoint);
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// A parameter of a matrix operand: one of rank 1 is per row (or column).
static Value matrixParameter(Node &n, Value p, bool perRow) {
  if (!p || n.rank(p) != 1 || DimMath::literal(n.dims(p)[0]) == 1) {
    return p && n.rank(p) == 1 ? n.reshape(p, {}) : p;
  }
  return perRow ? n.unsqueeze(p, {1}) : p;
}

/// x as i32 minus its zero point, if any.
static Value centred(Node &n, Value x, Value zeroPoint) {
  Type i32 = n.b.getI32Type();
  Value wide = n.cast(x, i32);
  return zeroPoint ? n.sub(wide, n.cast(zeroPoint, i32)) : wide;
}

static void importMatMulInteger(Node &n) {
  Value a = n.value(0), b = n.value(1);
  Value aZero = matrixParameter(n, n.optionalValue(2), true);
  Value bZero = matrixParameter(n, n.optionalValue(3), false);
  if (!n.failed()) {
    n.setResult(0, n.matmulAnyRank(centred(n, a, aZero), centred(n, b, bZero)));
  }
}

/// real y = sum * factor, quantised with y's zero point, which is added before
/// rounding.
static Value requantize(Node &n, Value sum, Value factor, Value zeroPoint) {
  if (!sum || !factor || !zeroPoint) {
    return {};
  }
  Type f32 = n.b.getF32Type();
  Value y = n.mul(n.cast(sum, f32), n.cast(factor, f32));
  y = n.add(y, n.cast(zeroPoint, f32));
  return toInteger(n, y, Value(), n.elementType(zeroPoint));
}

static void importQLinearMatMul(Node &n) {
  Value a = n.value(0), b = n.value(3);
  Value aScale = matrixParameter(n, n.value(1), true);
  Value aZero = matrixParameter(n, n.value(2), true);
  Value bScale = matrixParameter(n, n.value(4), false);
  Value bZero = matrixParameter(n, n.value(5), false);
  Value yScale = matrixParameter(n, n.value(6), true);
  Value yZero = matrixParameter(n, n.value(7), true);
  if (n.failed()) {
    return;
  }
  Value sum = n.matmulAnyRank(centred(n, a, aZero), centred(n, b, bZero));
  Value factor = n.div(n.mul(aScale, bScale), yScale);
  n.setResult(0, requantize(n, sum, factor, yZero));
}

/// A convolution of i32 operands.
static Value convolve(Node &n, Value x, Value w) {
  int64_t group = n.intAttr("group", 1);
  auto window = x && w ? readFilterWindow(n, x, w) : std::nullopt;
  if (!window) {
    return {};
  }
  x = padExplicitly(n, x, *window, n.scalarLike(x, 0));
  requireRoom(n, x, *window);
  n.requireEqual(n.dims(x)[1], n.math.mul(n.dims(w)[1], n.math.constant(group)),
                 "channels must be the filter's times group");
  return n.failed() ? Value()
                    : n.create<ConvOp>(x, w, window->strides, window->pads,
                                       window->dilations, group);
}

/// A parameter of a filter or result: one of rank 1 is per channel of `axis`.
static Value channelParameter(Node &n, Value p, int64_t rank, int64_t axis) {
  if (!p || n.rank(p) == 0) {
    return p;
  }
  if (n.rank(p) != 1) {
    n.badShape("scales and zero points must have rank 0 or 1");
    return {};
  }
  return DimMath::literal(n.dims(p)[0]) == 1 ? n.reshape(p, {})
                                             : n.perChannel(p, rank, axis);
}

static void importConvInteger(Node &n) {
  Value x = n.value(0), w = n.value(1);
  Value xZero = n.optionalValue(2), wZero = n.optionalValue(3);
  if (!x || !w || n.failed()) {
    return;
  }
  xZero = channelParameter(n, xZero, n.rank(x), 1);
  wZero = channelParameter(n, wZero, n.rank(w), 0);
  if (!n.failed()) {
    n.setResult(0, convolve(n, centred(n, x, xZero), centred(n, w, wZero)));
  }
}

static void importQLinearConv(Node &n) {
  Value x = n.value(0), xScale = n.value(1), xZero = n.value(2);
  Value w = n.value(3), wScale = n.value(4), wZero = n.value(5);
  Value yScale = n.value(6), yZero = n.value(7), bias = n.optionalValue(8);
  if (n.failed()) {
    return;
  }
  int64_t rank = n.rank(x);
  xScale = channelParameter(n, xScale, rank, 1);
  xZero = channelParameter(n, xZero, rank, 1);
  wZero = channelParameter(n, wZero, rank, 0);
  wScale = channelParameter(n, wScale, rank, 1);
  yScale = channelParameter(n, yScale, rank, 1);
  yZero = channelParameter(n, yZero, rank, 1);
  if (n.failed()) {
    return;
  }
  Value sum = convolve(n, centred(n, x, xZero), centred(n, w, wZero));
  if (bias && sum) {
    if (n.rank(bias) != 1) {
      return n.badShape("the bias must have rank 1");
    }
    n.requireEqual(n.dims(bias)[0], n.dims(sum)[1], "one bias per channel");
    sum = n.add(sum, n.perChannel(bias, rank));
  }
  Value factor = n.div(n.mul(xScale, wScale), yScale);
  n.setResult(0, requantize(n, sum, factor, yZero));
}

void mlc::onnx::addQuantizeRules(RuleTable &table) {
  table.add("QuantizeLinear", 10, importQuantizeLinear);
  table.add("DequantizeLinear", 10, importDequantizeLinear);
  table.add("DynamicQuantizeLinear", 11, importDynamicQuantizeLinear);
  table.add("MatMulInteger", 10, importMatMulInteger);
  table.add("QLinearMatMul", 10, importQLinearMatMul);
  table.add("ConvInteger", 10, importConvInteger);
  table.add("QLinearConv", 10, importQLinearConv);
}
