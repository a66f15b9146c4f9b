//===- IntegerPairs.h - 16-bit integers side by side ------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Vector units multiply pairs of 16-bit integers and add the two products to
// one i32. Along an axis of extent n there are h = ceil(n / 2) pairs, in an i32
// each: element i below element n - h + i. Both halves are slices, so pairs of
// activations are made by plain vector code. Of an odd n the element in the
// middle is in two pairs; constant factors have a zero in one of them.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_CPU_INTEGERPAIRS_H
#define MLC_CODEGEN_CPU_INTEGERPAIRS_H

#include "codegen/cpu/IntegerRange.h"
#include "codegen/cpu/ShapedBuilder.h"

namespace mlc::codegen {

/// Whether all values fit in a half.
bool fitsHalf(const IntegerRange &range);

/// An i32 tensor of values that fit, as pairs along an axis of static extent.
mlir::Value makePairs(ShapedBuilder &b, mlir::Value x, int64_t axis);

/// A constant factor of whole numbers that fit: i32, or i16 when `narrow` and
/// the numbers fit in bytes. Null when it cannot be read.
mlir::ElementsAttr pairConstant(mlir::ElementsAttr from, int64_t axis,
                                bool narrow);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_CPU_INTEGERPAIRS_H
