//===- Compare.cpp - found against expected values --------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/io/Compare.h"

#include <cmath>
#include <cstring>
#include <limits>

using namespace mlc::io;

namespace {

/// How far an element is off, and how far it may be.
struct Distance {
  double off = 0, allowed = 0;
  bool passes() const { return off <= allowed; }
  /// Orders the failures; a missing or surplus NaN or infinity comes first.
  double excess() const { return off - allowed; }
};

constexpr double infinity = std::numeric_limits<double>::infinity();

Distance measure(double found, double expected, const Tolerance &tolerance) {
  if (std::isnan(found) || std::isnan(expected)) {
    bool both = std::isnan(found) && std::isnan(expected);
    return {both ? 0 : infinity, 0};
  }
  if (std::isinf(found) || std::isinf(expected)) {
    return {found == expected ? 0 : infinity, 0};
  }
  return {std::fabs(found - expected),
          tolerance.atol + tolerance.rtol * std::fabs(expected)};
}

Distance measureComplex(std::pair<double, double> found,
                        std::pair<double, double> expected,
                        const Tolerance &tolerance) {
  Distance real = measure(found.first, expected.first, tolerance);
  Distance imaginary = measure(found.second, expected.second, tolerance);
  if (std::isinf(real.off) || std::isinf(imaginary.off)) {
    return {infinity, 0};
  }
  double size = std::hypot(expected.first, expected.second);
  double allowed = tolerance.atol + tolerance.rtol * size;
  return {std::hypot(real.off, imaginary.off),
          std::isfinite(allowed) ? allowed : 0};
}

std::string indexText(int64_t flat, const std::vector<int64_t> &dims) {
  std::string text = "]";
  for (size_t d = dims.size(); d-- > 0;) {
    text = std::to_string(flat % dims[d]) + text;
    text = (d > 0 ? ", " : "") + text;
    flat /= dims[d];
  }
  return "[" + text;
}

} // namespace

std::optional<std::string>
mlc::io::describeMismatch(const Tensor &found, const Tensor &expected,
                          const Tolerance &tolerance) {
  if (found.type != expected.type || found.dims != expected.dims) {
    return join("found ", found.shapeText(), ", expected ",
                expected.shapeText());
  }
  if (found.data == expected.data) {
    return std::nullopt;
  }
  bool complex = kindOf(found.type) == DataKind::Complex;
  int64_t failures = 0, worstIndex = 0;
  Distance worst;
  for (int64_t i = 0, e = found.count(); i < e; ++i) {
    Distance distance = complex
                            ? measureComplex(found.complexAt(i),
                                             expected.complexAt(i), tolerance)
                            : measure(found.at(i), expected.at(i), tolerance);
    if (distance.passes()) {
      continue;
    }
    if (failures++ == 0 || distance.excess() > worst.excess()) {
      worst = distance;
      worstIndex = i;
    }
  }
  if (failures == 0) {
    return std::nullopt;
  }
  std::string text = join(
      failures, " of ", found.count(), " elements differ, worst at ",
      indexText(worstIndex, found.dims), ": found ", found.textAt(worstIndex),
      ", expected ", expected.textAt(worstIndex));
  if (std::isfinite(worst.off)) {
    text += join(" (off by ", worst.off, ", ", worst.allowed, " allowed)");
  }
  return text;
}
