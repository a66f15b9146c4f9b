//===- Resample.cpp - rule of resizing along an axis ------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/mlc/Resample.h"
#include "compiler/lowering/Taps.h"

using namespace mlir;
using namespace mlc;

namespace {
/// One element of mlc.resample. Positions are f64, as in ONNX's definition.
class Resampler {
public:
  Resampler(ResampleOp op, ElementBuilder &e, ValueRange indices)
      : op(op), e(e), real(e.b.getF64Type()), s(e.scalar(real)),
        indices(indices), type(elementTypeOf(op.getX())),
        // Integers are weighed in f64, so that 32 bits stay exact.
        wide(isa<FloatType>(type) ? computeType(type) : real),
        extent(e.dim(op.getX(), op.getAxis())),
        scale(e.load(op.getScale(), e.index.constant(0))),
        positions(op, s, axis()) {}

  Value emit() {
    Value o = e.index.toElement(indices[op.getAxis()], real);
    Value position = positions.position(o);
    Value y = op.getKind() == SampleKind::nearest
                  ? elementAt(toIndex(positions.nearest(position)))
                  : weighted(position);
    if (op.getCoordinates() != CoordinateKind::crop_and_resize) {
      return y;
    }
    Value beyond = convertScalar(
        e.b, e.loc, s.constant(op.getExtrapolation().convertToDouble()), real,
        type);
    return s.select(positions.isOutside(position), beyond, y);
  }

private:
  ResampleAxis axis() {
    ResampleAxis axis;
    axis.length = e.index.toElement(extent, real);
    axis.size =
        e.index.toElement(e.mixed(op.getSize(), op.getSizeValue(), 0), real);
    axis.scale = scale;
    if (op.getRoi()) {
      axis.from = e.load(op.getRoi(), e.index.constant(0));
      axis.to = e.load(op.getRoi(), e.index.constant(1));
    }
    return axis;
  }

  Value toIndex(Value whole) {
    Type i64 = e.b.getI64Type();
    return e.index.fromInteger(convertScalar(e.b, e.loc, whole, real, i64),
                               i64);
  }

  Value elementAt(Value index) {
    SmallVector<Value> at(indices);
    at[op.getAxis()] = clampIndex(e.index, index, extent);
    return e.load(op.getX(), at);
  }

  /// Elements from `first` of the position's floor on, each weighed by its
  /// distance times `factor`.
  Value weighted(Value position) {
    SplitPosition split = splitPosition(e, position, real);
    IndexBuilder &x = e.index;
    int64_t reach = op.getKind() == SampleKind::linear ? 1 : 2;
    Value factor = s.one(), first = x.constant(1 - reach);
    if (op.getAntialias()) {
      factor = s.min(scale, s.one());
      Value low = s.floor(s.div(s.constant(-double(reach)), factor));
      first = x.add(toIndex(low), x.constant(1));
    }
    Value zero = x.constant(0), to = x.sub(x.constant(2), first);
    ScalarBuilder w = e.scalar(wide);
    auto body = [&](Value i, ValueRange carried) {
      ScalarBuilder w = e.scalar(wide);
      Value distance = s.mul(s.sub(x.toElement(i, real), split.rest), factor);
      Value at = x.add(split.index, i), weight = positions.weight(distance);
      if (op.getExcludeOutside()) {
        Value inside = x.and_(x.lessEqual(zero, at), x.less(at, extent));
        weight = s.select(inside, weight, s.zero());
      }
      weight = convertScalar(e.b, e.loc, weight, real, wide);
      Value element = convertScalar(e.b, e.loc, elementAt(at), type, wide);
      return SmallVector<Value>{w.add(carried[0], w.mul(weight, element)),
                                w.add(carried[1], weight)};
    };
    SmallVector<Value> sums = e.loop(first, to, {w.zero(), w.zero()}, body);
    Value sum = sums[0];
    if (op.getAntialias() || op.getExcludeOutside()) {
      Value none = w.equal(sums[1], w.zero());
      sum = w.div(sum, w.select(none, w.one(), sums[1]));
    }
    if (!isa<FloatType>(type)) {
      sum = w.round(sum);
    }
    return convertScalar(e.b, e.loc, sum, wide, type);
  }

  ResampleOp op;
  ElementBuilder &e;
  Type real;
  ScalarBuilder s;
  ValueRange indices;
  Type type, wide;
  Value extent, scale;
  ResamplePositions positions;
};
} // namespace

Value mlc::emitElement(ResampleOp op, ElementBuilder &e, unsigned,
                       ValueRange indices) {
  return Resampler(op, e, indices).emit();
}
