//===- Taps.h - weighted elements around a position -------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_LOWERING_TAPS_H
#define MLC_COMPILER_LOWERING_TAPS_H

#include "compiler/lowering/Lowering.h"

namespace mlc {

/// One element along an axis and its share in the value at a position.
struct Tap {
  mlir::Value index;  // always a valid one
  mlir::Value weight; // in the type of positions
  mlir::Value inside; // i1: false counts as 0; null is true
};
using Taps = llvm::SmallVector<Tap, 4>;

/// A position rounded down, and what is left of it.
struct SplitPosition {
  mlir::Value floor, rest;
  mlir::Value index; // of the floor; saturated, 0 for NaN
};
SplitPosition splitPosition(ElementBuilder &e, mlir::Value position,
                            mlir::Type real);

/// The weights of the four elements around a position, by Keys' cubic with
/// parameter `a`.
llvm::SmallVector<mlir::Value, 4> cubicWeights(ScalarBuilder &s,
                                               mlir::Value rest, double a);

/// Index clamped to [0, extent), 0 when there is none.
mlir::Value clampIndex(IndexBuilder &x, mlir::Value index, mlir::Value extent);

/// Two linear taps; elements outside the axis are 0.
Taps linearTaps(ElementBuilder &e, mlir::Value position, mlir::Type real,
                mlir::Value extent);

/// The sum over all combinations of taps of `x` at `leading`, one tap per axis
/// and `trailing`, in type `real`.
mlir::Value combineTaps(ElementBuilder &e, mlir::Value x,
                        llvm::ArrayRef<mlir::Value> leading,
                        llvm::ArrayRef<Taps> axes, mlir::Type real,
                        llvm::ArrayRef<mlir::Value> trailing = {});

} // namespace mlc

#endif // MLC_COMPILER_LOWERING_TAPS_H
