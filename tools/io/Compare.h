//===- Compare.h - found against expected values ----------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_TOOLS_IO_COMPARE_H
#define MLC_TOOLS_IO_COMPARE_H

#include "tools/io/Tensor.h"

#include <optional>
#include <string>

namespace mlc::io {

/// An element passes when |found - expected| <= atol + rtol * |expected|. The
/// defaults are those of ONNX's backend suite, for every element type.
struct Tolerance {
  double rtol = 1e-3;
  double atol = 1e-7;
};

/// Nothing when `found` has the type, the shape and the values of `expected`
/// (NaN equals NaN, an infinity only itself); else what differs, for values
/// the worst element: "3 of 100 elements differ, worst at [0, 2]: found 1.5,
/// expected 1.25 (off by 0.25, 0.00125 allowed)".
std::optional<std::string> describeMismatch(const Tensor &found,
                                            const Tensor &expected,
                                            const Tolerance &tolerance);

} // namespace mlc::io
#endif // MLC_TOOLS_IO_COMPARE_H
