//===- IntegerRange.h - what values an integer tensor has -------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_CPU_INTEGERRANGE_H
#define MLC_CODEGEN_CPU_INTEGERRANGE_H

#include "mlir/IR/Value.h"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace mlc::codegen {

/// Bounds of the elements of a tensor, both inclusive.
struct IntegerRange {
  int64_t low, high;

  int64_t magnitude() const { return std::max(-low, high); }
};

/// Bounds that follow from the types and constants that `tensor` is computed
/// from: u8 minus a zero point is within [-255, 255]. Nothing for tensors that
/// are not integers or whose arithmetic may wrap around.
std::optional<IntegerRange> rangeOf(mlir::Value tensor);

/// The i32 tensor as an f32 constant, when it is a constant, maybe one that was
/// too big to be folded: widened, or minus a zero point. Null otherwise.
mlir::ElementsAttr constantFloats(mlir::Value tensor);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_CPU_INTEGERRANGE_H
