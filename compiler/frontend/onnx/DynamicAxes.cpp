//===- DynamicAxes.cpp - axes that depend on data ---------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/DynamicAxes.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;
using Predicate = arith::CmpIPredicate;

std::optional<SmallVector<int64_t>> DynamicAxes::literals() const {
  SmallVector<int64_t> result;
  for (AffineExpr axis : axes) {
    auto literal = DimMath::literal(axis);
    if (!literal) {
      return std::nullopt;
    }
    result.push_back(*literal);
  }
  return result;
}

std::optional<DynamicAxes> onnx::readAxes(Node &n, unsigned i, int64_t rank) {
  auto given = n.integers(i);
  if (!given) {
    return std::nullopt;
  }
  DynamicAxes result;
  AffineExpr zero = n.math.constant(0), end = n.math.constant(rank);
  for (AffineExpr axis : *given) {
    AffineExpr normal =
        n.math.select(n.math.compare(Predicate::slt, axis, zero),
                      n.math.add(axis, end), axis);
    AffineExpr inRange =
        normal ? n.math.min(n.math.compare(Predicate::sge, normal, zero),
                            n.math.compare(Predicate::slt, normal, end))
               : zero;
    if (DimMath::literal(inRange) == 0) {
      n.badAttribute("an axis is out of range for rank " + Twine(rank));
      return std::nullopt;
    }
    n.require(inRange, axis, end, "axes must be in range of the rank");
    result.axes.push_back(normal);
  }
  AffineExpr sum = zero;
  for (int64_t dim = 0; dim < rank; ++dim) {
    AffineExpr flag = zero;
    for (AffineExpr axis : result.axes) {
      flag = n.math.max(
          flag, n.math.compare(Predicate::eq, axis, n.math.constant(dim)));
    }
    result.flags.push_back(flag);
    sum = n.math.add(sum, flag);
  }
  AffineExpr count = n.math.constant(int64_t(result.axes.size()));
  AffineExpr distinct = n.math.compare(Predicate::eq, sum, count);
  if (DimMath::literal(distinct) == 0) {
    n.badAttribute("'axes' names an axis twice");
    return std::nullopt;
  }
  n.require(distinct, sum, count, "axes must be distinct");
  return n.failed() ? std::nullopt : std::optional<DynamicAxes>(result);
}

DimExprs onnx::withoutAxes(Node &n, ArrayRef<AffineExpr> dims,
                           const DynamicAxes &axes) {
  AffineExpr zero = n.math.constant(0), one = n.math.constant(1);
  DimExprs kept(dims.size() - axes.axes.size(), one);
  AffineExpr place = zero; // of the next kept dim in the result
  for (auto [dim, flag] : llvm::zip_equal(dims, axes.flags)) {
    for (auto [j, entry] : llvm::enumerate(kept)) {
      AffineExpr here = n.math.min(
          n.math.sub(one, flag),
          n.math.compare(Predicate::eq, place, n.math.constant(int64_t(j))));
      entry = n.math.select(here, dim, entry);
    }
    place = n.math.add(place, n.math.sub(one, flag));
  }
  return kept;
}

DimExprs onnx::withAxes(Node &n, ArrayRef<AffineExpr> dims,
                        const DynamicAxes &axes) {
  AffineExpr one = n.math.constant(1), place = n.math.constant(0);
  DimExprs result;
  for (AffineExpr flag : axes.flags) {
    AffineExpr entry = one;
    for (auto [j, dim] : llvm::enumerate(dims)) {
      AffineExpr here =
          n.math.compare(Predicate::eq, place, n.math.constant(int64_t(j)));
      entry = n.math.select(here, dim, entry);
    }
    result.push_back(n.math.select(flag, one, entry));
    place = n.math.add(place, n.math.sub(one, flag));
  }
  return result;
}

AffineExpr onnx::atAxis(Node &n, const DynamicAxes &axes, int64_t dim,
                        ArrayRef<AffineExpr> values, AffineExpr fallback) {
  AffineExpr result = fallback;
  for (auto [axis, value] : llvm::zip_equal(axes.axes, values)) {
    result =
        n.math.select(n.math.compare(Predicate::eq, axis, n.math.constant(dim)),
                      value, result);
  }
  return result;
}
