//===- Resample.h - where resized elements lie ------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The part of mlc.resample that is about its axis alone: which position of x a
// result element shows and what the elements around it weigh. In f64, as ONNX
// defines it; the rule of the op and the emitters of targets share it.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_DIALECTS_MLC_RESAMPLE_H
#define MLC_DIALECTS_MLC_RESAMPLE_H

#include "dialects/mlc/Mlc.h"
#include "dialects/mlc/Scalar.h"

namespace mlc {

/// What a resampled axis depends on besides the op's attributes; f64 scalars or
/// vectors.
struct ResampleAxis {
  mlir::Value length;   // extent of x
  mlir::Value size;     // extent of the result
  mlir::Value scale;    // the op's operand
  mlir::Value from, to; // the part of x that crop_and_resize shows, else null
};

class ResamplePositions {
public:
  using Value = mlir::Value;
  /// `s` builds f64, in the shape that the values of `axis` have.
  ResamplePositions(ResampleOp op, ScalarBuilder s, ResampleAxis axis)
      : op(op), s(s), axis(axis) {}

  /// The position of the last element.
  Value last() { return s.sub(axis.length, s.one()); }
  /// Result element `o` as a position along x's axis.
  Value position(Value o);
  /// Whether crop_and_resize shows nothing of x there.
  Value isOutside(Value position);
  /// The number of the element nearest to a position, unclamped.
  Value nearest(Value position);
  /// What an element at `distance` from the position weighs: linear and cubic.
  Value weight(Value distance);

private:
  ResampleOp op;
  ScalarBuilder s;
  ResampleAxis axis;
};

} // namespace mlc

#endif // MLC_DIALECTS_MLC_RESAMPLE_H
