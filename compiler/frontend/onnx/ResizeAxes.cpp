//===- ResizeAxes.cpp - sizes and factors of a Resize -----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/ResizeAxes.h"

#include "compiler/frontend/onnx/Indices.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

bool ResizeAxes::readAxes() {
  if (n.opset() >= 18 && n.hasAttr("axes")) {
    auto named = n.axes(99, 0, n.rank(x));
    if (!named) {
      return false;
    }
    order = *named;
  } else {
    order = llvm::to_vector(llvm::seq<int64_t>(0, n.rank(x)));
  }
  return true;
}

bool ResizeAxes::fromKnownScales(ArrayRef<double> scales) {
  if (!checkCount(scales.size())) {
    return false;
  }
  for (auto [axis, scale] : llvm::zip_equal(order, scales)) {
    if (!(scale > 0) || scale > 0x1p31) {
      n.badAttribute("scales must be positive and below 2^31");
      return false;
    }
    add(axis, scaledExtent(n.dims(x)[axis], scale), constant(scale), scale);
  }
  return true;
}

bool ResizeAxes::fromScales(unsigned i) {
  Value scales = n.value(i);
  auto count = scales && n.rank(scales) == 1
                   ? DimMath::literal(n.dims(scales)[0])
                   : std::nullopt;
  if (!count || !checkCount(*count)) {
    return n.failed() ? false : (n.badShape("expects a list of scales"), false);
  }
  scales = n.cast(scales, f64);
  for (auto [at, axis] : llvm::enumerate(order)) {
    AffineExpr dim = n.dims(x)[axis];
    Value scale = n.slice(scales, 0, n.math.constant(at), n.math.constant(1));
    Value length = n.create<FloorOp>(n.mul(scale, n.scalarTensor(dim, f64)));
    AffineExpr size = extractInteger(n, length, {0, int64_t(1) << 40});
    if (!size) {
      return false;
    }
    add(axis, size, scale, std::nullopt);
  }
  return true;
}

bool ResizeAxes::fromSizes(unsigned i, StringRef policy) {
  auto sizes = n.integers(i);
  if (!sizes || !checkCount(sizes->size())) {
    return false;
  }
  for (AffineExpr size : *sizes) {
    AffineExpr zero = n.math.constant(0);
    n.require(n.math.compare(arith::CmpIPredicate::sle, zero, size), size, zero,
              "sizes must not be negative");
  }
  if (policy != "stretch") {
    return keepRatio(*sizes, policy);
  }
  for (auto [axis, size] : llvm::zip_equal(order, *sizes)) {
    AffineExpr dim = n.dims(x)[axis];
    auto fixed = DimMath::literal(size), from = DimMath::literal(dim);
    if (fixed && from && *from > 0) {
      double scale = double(*fixed) / double(*from);
      add(axis, size, constant(scale), scale);
    } else {
      bool same = n.math.equal(size, dim);
      add(axis, size, same ? constant(1) : ratio(size, dim),
          same ? std::optional<double>(1) : std::nullopt);
    }
  }
  return !n.failed();
}

void ResizeAxes::add(int64_t axis, AffineExpr size, Value scale,
                     std::optional<double> known) {
  using Predicate = arith::CmpIPredicate;
  AffineExpr dim = n.dims(x)[axis], zero = n.math.constant(0);
  n.require(n.math.max(n.math.compare(Predicate::slt, zero, dim),
                       n.math.compare(Predicate::sle, size, zero)),
            dim, n.math.constant(1), "an axis to resize must have elements");
  axes.push_back({axis, size, scale, known});
}

bool ResizeAxes::checkCount(size_t count) {
  if (count != order.size()) {
    n.badShape("expects one scale or size per resized axis, got " +
               Twine(count) + " for " + Twine(order.size()));
    return false;
  }
  return true;
}

Value ResizeAxes::constant(double value) {
  auto type = RankedTensorType::get({1}, f64);
  return n.constant(DenseElementsAttr::get(type, ArrayRef<double>(value)));
}

Value ResizeAxes::ratio(AffineExpr size, AffineExpr dim) {
  Value quotient = n.div(n.scalarTensor(size, f64), n.scalarTensor(dim, f64));
  return n.reshape(quotient, {n.math.constant(1)});
}

AffineExpr ResizeAxes::scaledExtent(AffineExpr extent, double scale) {
  int exponent = 0;
  double fraction = std::frexp(scale, &exponent);
  int64_t p = int64_t(std::ldexp(fraction, 24));
  int k = 24 - exponent;
  while (k > 0 && p % 2 == 0) {
    p /= 2;
    --k;
  }
  if (k > 62 || k < -38) {
    n.badAttribute("a scale is out of range");
    return {};
  }
  AffineExpr scaled = n.math.mul(extent, n.math.constant(k < 0 ? p << -k : p));
  return k > 0 ? n.math.floorDiv(scaled, n.math.constant(int64_t(1) << k))
               : scaled;
}

ResizeAxes::Ratio ResizeAxes::commonRatio(ArrayRef<AffineExpr> sizes,
                                          bool larger) {
  Ratio common;
  bool isKnown = true;
  for (auto [axis, size] : llvm::zip_equal(order, sizes)) {
    AffineExpr dim = n.dims(x)[axis];
    auto fixed = DimMath::literal(size), from = DimMath::literal(dim);
    isKnown &= fixed && from && *from > 0;
    if (isKnown) {
      double here = double(*fixed) / double(*from);
      common.known = !common.known ? here
                     : larger      ? std::max(*common.known, here)
                                   : std::min(*common.known, here);
    }
    Value here = ratio(size, dim);
    common.value = !common.value ? here
                   : larger      ? n.elementwise<MaxOp>({common.value, here})
                                 : n.elementwise<MinOp>({common.value, here});
  }
  if (!isKnown) {
    common.known.reset();
  }
  return common;
}

bool ResizeAxes::keepRatio(ArrayRef<AffineExpr> sizes, StringRef policy) {
  bool larger = policy == "not_smaller";
  if (!larger && policy != "not_larger") {
    n.badAttribute("keep_aspect_ratio_policy '" + policy + "' is not known");
    return false;
  }
  Ratio common = commonRatio(sizes, larger);
  for (int64_t axis : order) {
    AffineExpr dim = n.dims(x)[axis];
    if (common.known) {
      double extent = *common.known * double(*DimMath::literal(dim)) + 0.5;
      if (!(extent < 0x1p40)) {
        n.badShape("a size is out of range");
        return false;
      }
      add(axis, n.math.constant(int64_t(extent)), constant(*common.known),
          common.known);
      continue;
    }
    Value length = n.add(n.mul(common.value, n.scalarTensor(dim, f64)),
                         n.scalar(f64, 0.5));
    AffineExpr size = extractInteger(n, length, {0, int64_t(1) << 40});
    if (!size) {
      return false;
    }
    add(axis, size, common.value, std::nullopt);
  }
  return true;
}
