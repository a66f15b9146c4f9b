//===- Resample.cpp - where resized elements lie ----------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/mlc/Resample.h"

using namespace mlir;
using namespace mlc;

Value ResamplePositions::position(Value o) {
  Value scale = axis.scale, length = axis.length;
  Value one = s.one(), half = s.constant(0.5);
  Value resized = s.mul(scale, length), last = this->last();
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
    Value surplus = s.sub(one, s.div(axis.size, resized));
    return s.add(s.mul(s.mul(length, half), surplus), centred);
  }
  case CoordinateKind::pytorch_half_pixel:
    return s.select(s.less(one, resized), centred, s.zero());
  case CoordinateKind::align_corners:
    return s.select(isPoint, s.zero(), s.div(s.mul(o, last), steps));
  case CoordinateKind::asymmetric:
    return s.div(o, scale);
  case CoordinateKind::crop_and_resize: {
    Value span = s.mul(s.sub(axis.to, axis.from), last);
    Value along =
        s.select(isPoint, s.mul(span, half), s.div(s.mul(o, span), steps));
    return s.add(s.mul(axis.from, last), along);
  }
  }
  llvm_unreachable("all kinds handled");
}

Value ResamplePositions::isOutside(Value position) {
  return s.or_(s.less(position, s.zero()), s.less(last(), position));
}

Value ResamplePositions::nearest(Value position) {
  Value floor = s.floor(position), rest = s.sub(position, floor), up;
  Value half = s.constant(0.5);
  switch (op.getNearest()) {
  case NearestKind::round_prefer_floor:
    up = s.less(half, rest);
    break;
  case NearestKind::round_prefer_ceil:
    up = s.lessEqual(half, rest);
    break;
  case NearestKind::floor:
    return floor;
  case NearestKind::ceil:
    up = s.less(s.zero(), rest);
    break;
  case NearestKind::ceil_when_shrinking:
    up = s.and_(s.less(s.zero(), rest), s.less(axis.scale, s.one()));
    break;
  }
  return s.select(up, s.add(floor, s.one()), floor);
}

Value ResamplePositions::weight(Value distance) {
  Value d = s.abs(distance), one = s.one();
  if (op.getKind() == SampleKind::linear) {
    return s.max(s.zero(), s.sub(one, d));
  }
  double a = op.getCubicA().convertToDouble();
  Value near =
      s.mul(s.mul(s.sub(s.mul(s.constant(a + 2), d), s.constant(a + 3)), d), d);
  near = s.add(near, one);
  Value far = s.sub(s.mul(s.constant(a), d), s.constant(5 * a));
  far = s.sub(s.mul(s.add(s.mul(far, d), s.constant(8 * a)), d),
              s.constant(4 * a));
  Value beyond = s.select(s.less(d, s.constant(2)), far, s.zero());
  return s.select(s.lessEqual(d, one), near, beyond);
}
