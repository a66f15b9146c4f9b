//===- Window.cpp - attributes of convolutions and pools --------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Window.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

static constexpr int64_t limit = int64_t(1) << 31;

std::optional<SmallVector<int64_t>>
onnx::readWindowList(Node &n, StringRef name, size_t size, int64_t low,
                     int64_t fallback) {
  auto values = n.intsAttr(name);
  if (!values) {
    return SmallVector<int64_t>(size, fallback);
  }
  bool inRange = llvm::all_of(
      *values, [&](int64_t value) { return value >= low && value < limit; });
  if (values->size() != size || !inRange) {
    n.badAttribute("'" + name + "' needs " + Twine(size) +
                   " values >= " + Twine(low) + " and below 2^31");
    return std::nullopt;
  }
  return values;
}

/// Pads that make the output extent ceil(extent / stride).
static void computeSamePads(Node &n, Value x, Window &window) {
  size_t rank = window.kernel.size();
  DimExprs dims = n.dims(x);
  SmallVector<AffineExpr> pads(2 * rank);
  bool isStatic = true;
  for (size_t i = 0; i < rank; ++i) {
    AffineExpr extent = dims[i + 2], zero = n.math.constant(0);
    AffineExpr stride = n.math.constant(window.strides[i]);
    AffineExpr span = n.math.constant(window.span(i));
    AffineExpr covered =
        n.math.add(n.math.mul(n.math.sub(n.math.ceilDiv(extent, stride),
                                         n.math.constant(1)),
                              stride),
                   span);
    AffineExpr total = n.math.max(n.math.sub(covered, extent), zero);
    AffineExpr half = n.math.floorDiv(total, n.math.constant(2));
    AffineExpr rest = n.math.sub(total, half);
    bool upper = window.autoPad == AutoPad::sameUpper;
    pads[i] = upper ? half : rest;
    pads[rank + i] = upper ? rest : half;
    isStatic &= DimMath::literal(total).has_value();
  }
  if (!isStatic) {
    window.dynamicPads = pads;
    return;
  }
  for (size_t i = 0; i < 2 * rank; ++i) {
    window.pads[i] = *DimMath::literal(pads[i]);
  }
}

std::optional<Window>
onnx::readWindow(Node &n, Value x, std::optional<SmallVector<int64_t>> kernel,
                 bool computeSame) {
  if (!kernel) {
    n.badAttribute("'kernel_shape' is missing");
    return std::nullopt;
  }
  size_t rank = kernel->size();
  if (rank == 0 || n.rank(x) != int64_t(rank) + 2) {
    n.badShape("expects an input of rank " + Twine(rank + 2) + ", got " +
               Twine(n.rank(x)));
    return std::nullopt;
  }
  bool positive = llvm::all_of(
      *kernel, [](int64_t extent) { return extent >= 1 && extent < limit; });
  if (!positive) {
    n.badAttribute("kernel extents must be positive and below 2^31");
    return std::nullopt;
  }
  auto strides = readWindowList(n, "strides", rank, 1, 1);
  auto dilations = readWindowList(n, "dilations", rank, 1, 1);
  auto pads = readWindowList(n, "pads", 2 * rank, 0, 0);
  std::string name = n.stringAttr("auto_pad", "NOTSET");
  auto autoPad = llvm::StringSwitch<std::optional<AutoPad>>(name)
                     .Case("NOTSET", AutoPad::none)
                     .Case("", AutoPad::none)
                     .Case("VALID", AutoPad::valid)
                     .Case("SAME_UPPER", AutoPad::sameUpper)
                     .Case("SAME_LOWER", AutoPad::sameLower)
                     .Default(std::nullopt);
  if (!strides || !dilations || !pads) {
    return std::nullopt;
  }
  if (!autoPad) {
    n.badAttribute("auto_pad '" + name + "' is not known");
    return std::nullopt;
  }
  Window window{*kernel, *strides, *dilations, *pads, {}, *autoPad};
  if (window.autoPad != AutoPad::none) {
    window.pads.assign(2 * rank, 0);
  }
  for (size_t i = 0; i < rank; ++i) {
    if (window.span(i) >= limit) {
      n.badAttribute("the dilated kernel is too long");
      return std::nullopt;
    }
  }
  if (computeSame && (window.autoPad == AutoPad::sameUpper ||
                      window.autoPad == AutoPad::sameLower)) {
    computeSamePads(n, x, window);
  }
  return window;
}

std::optional<Window> onnx::readFilterWindow(Node &n, Value x, Value w,
                                             bool computeSame) {
  SmallVector<int64_t> kernel;
  DimExprs dims = n.dims(w);
  if (dims.size() < 3) {
    n.badShape("expects a filter of rank >= 3, got " + Twine(dims.size()));
    return std::nullopt;
  }
  for (AffineExpr dim : ArrayRef(dims).drop_front(2)) {
    auto literal = DimMath::literal(dim);
    if (!literal) {
      n.unsupported("a filter with dynamic kernel extents");
      return std::nullopt;
    }
    kernel.push_back(*literal);
  }
  auto given = n.intsAttr("kernel_shape");
  if (given && *given != kernel) {
    n.badAttribute("'kernel_shape' is not the filter's");
    return std::nullopt;
  }
  return readWindow(n, x, kernel, computeSame);
}

void onnx::requireRoom(Node &n, Value x, const Window &window) {
  if (!x) {
    return;
  }
  size_t rank = window.kernel.size();
  for (size_t i = 0; i < rank; ++i) {
    AffineExpr pads = n.math.constant(window.pads[i] + window.pads[rank + i]);
    AffineExpr room = n.math.add(n.dims(x)[i + 2], pads);
    AffineExpr least = n.math.constant(window.span(i) - window.strides[i]);
    n.require(n.math.compare(arith::CmpIPredicate::sge, room, least), room,
              n.math.constant(window.span(i)),
              "the padded input must hold the window");
  }
}

Value onnx::padExplicitly(Node &n, Value x, const Window &window, Value fill) {
  if (window.dynamicPads.empty() || !x) {
    return x;
  }
  AffineExpr zero = n.math.constant(0);
  SmallVector<AffineExpr> low(2, zero), high(2, zero);
  size_t rank = window.kernel.size();
  low.append(window.dynamicPads.begin(), window.dynamicPads.begin() + rank);
  high.append(window.dynamicPads.begin() + rank, window.dynamicPads.end());
  MixedIndices begins = n.mixed(low), ends = n.mixed(high);
  return n.create<PadOp>(x, Maybe{fill}, begins.values, ends.values,
                         begins.fixed, ends.fixed, PadKind::constant);
}
