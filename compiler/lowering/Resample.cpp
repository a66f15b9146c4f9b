//===- Resample.cpp - rule of resizing along an axis ------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
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
        length(e.index.toElement(extent, real)),
        scale(e.load(op.getScale(), e.index.constant(0))) {}

  Value emit() {
    Value position = sourcePosition();
    Value y = op.getKind() == SampleKind::nearest ? nearest(position)
                                                  : weighted(position);
    if (op.getCoordinates() != CoordinateKind::crop_and_resize) {
      return y;
    }
    Value last = s.sub(length, s.one());
    Value outside = s.or_(s.less(position, s.zero()), s.less(last, position));
    Value beyond = convertScalar(
        e.b, e.loc, s.constant(op.getExtrapolation().convertToDouble()), real,
        type);
    return s.select(outside, beyond, y);
  }

private:
  Value roi(int64_t end) { return e.load(op.getRoi(), e.index.constant(end)); }

  /// The result index as a position along x's axis.
  Value sourcePosition() {
    Value o = e.index.toElement(indices[op.getAxis()], real);
    Value one = s.one(), half = s.constant(0.5);
    Value resized = s.mul(scale, length), last = s.sub(length, one);
    // With a resized length of 1 nothing is between the corners.
    Value isPoint = s.equal(resized, one);
    Value steps = s.select(isPoint, one, s.sub(resized, one));
    Value centred = s.sub(s.div(s.add(o, half), scale), half);
    switch (op.getCoordinates()) {
    case CoordinateKind::half_pixel:
      return centred;
    case CoordinateKind::half_pixel_for_nearest:
      // An axis that keeps its extent stays as it is, as for the other kinds.
      return s.select(s.equal(scale, one), o, s.div(s.add(o, half), scale));
    case CoordinateKind::half_pixel_symmetric: {
      Value size =
          e.index.toElement(e.mixed(op.getSize(), op.getSizeValue(), 0), real);
      Value surplus = s.sub(one, s.div(size, resized));
      return s.add(s.mul(s.mul(length, half), surplus), centred);
    }
    case CoordinateKind::pytorch_half_pixel:
      return s.select(s.less(one, resized), centred, s.zero());
    case CoordinateKind::align_corners:
      return s.select(isPoint, s.zero(), s.div(s.mul(o, last), steps));
    case CoordinateKind::asymmetric:
      return s.div(o, scale);
    case CoordinateKind::crop_and_resize: {
      Value from = roi(0), span = s.mul(s.sub(roi(1), from), last);
      Value along =
          s.select(isPoint, s.mul(span, half), s.div(s.mul(o, span), steps));
      return s.add(s.mul(from, last), along);
    }
    }
    llvm_unreachable("all kinds handled");
  }

  Value elementAt(Value index) {
    SmallVector<Value> at(indices);
    at[op.getAxis()] = clampIndex(e.index, index, extent);
    return e.load(op.getX(), at);
  }

  Value nearest(Value position) {
    SplitPosition split = splitPosition(e, position, real);
    Value half = s.constant(0.5), up;
    switch (op.getNearest()) {
    case NearestKind::round_prefer_floor:
      up = s.less(half, split.rest);
      break;
    case NearestKind::round_prefer_ceil:
      up = s.lessEqual(half, split.rest);
      break;
    case NearestKind::floor:
      return elementAt(split.index);
    case NearestKind::ceil:
      up = s.less(s.zero(), split.rest);
      break;
    case NearestKind::ceil_when_shrinking:
      up = s.and_(s.less(s.zero(), split.rest), s.less(scale, s.one()));
      break;
    }
    Value next = e.index.add(split.index, e.index.constant(1));
    return elementAt(e.index.select(up, next, split.index));
  }

  /// The weight of an element at `distance` from the position.
  Value weightAt(Value distance) {
    Value d = s.abs(distance), one = s.one();
    if (op.getKind() == SampleKind::linear) {
      return s.max(s.zero(), s.sub(one, d));
    }
    double a = op.getCubicA().convertToDouble();
    Value near = s.add(
        s.mul(s.mul(s.sub(s.mul(s.constant(a + 2), d), s.constant(a + 3)), d),
              d),
        one);
    Value far = s.sub(s.mul(s.constant(a), d), s.constant(5 * a));
    far = s.sub(s.mul(s.add(s.mul(far, d), s.constant(8 * a)), d),
                s.constant(4 * a));
    Value beyond = s.select(s.less(d, s.constant(2)), far, s.zero());
    return s.select(s.lessEqual(d, one), near, beyond);
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
      Type i64 = e.b.getI64Type();
      Value start = convertScalar(e.b, e.loc, low, real, i64);
      first = x.add(x.fromInteger(start, i64), x.constant(1));
    }
    Value zero = x.constant(0), to = x.sub(x.constant(2), first);
    ScalarBuilder w = e.scalar(wide);
    auto body = [&](Value i, ValueRange carried) {
      ScalarBuilder w = e.scalar(wide);
      Value distance = s.mul(s.sub(x.toElement(i, real), split.rest), factor);
      Value at = x.add(split.index, i), weight = weightAt(distance);
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
  Value extent, length, scale;
};
} // namespace

Value mlc::emitElement(ResampleOp op, ElementBuilder &e, unsigned,
                       ValueRange indices) {
  return Resampler(op, e, indices).emit();
}
