//===- SpecialContract.cpp - matrix products and convolutions ---*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Rules.h"
#include "compiler/frontend/onnx/Window.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

static void importMatMul(Node &n) {
  n.setResult(0, n.matmulAnyRank(n.value(0), n.value(1)));
}

/// alpha * A' * B' + beta * C; factors of 1 cost nothing.
static void importGemm(Node &n) {
  Value a = n.value(0), b = n.value(1), c = n.optionalValue(2);
  bool transA = n.intAttr("transA", 0) != 0;
  bool transB = n.intAttr("transB", 0) != 0;
  double alpha = n.floatAttr("alpha", 1), beta = n.floatAttr("beta", 1);
  if (n.opset() < 7) {
    n.ignoreAttr("broadcast"); // C broadcasts anyway
  }
  if (!a || !b || n.failed()) {
    return;
  }
  if (n.rank(a) != 2 || n.rank(b) != 2) {
    return n.badShape("expects matrices of rank 2");
  }
  bool isInteger = isa<IntegerType>(n.elementType(a));
  if (isInteger && (alpha != 1 || beta != 1)) {
    return n.unsupported("alpha and beta other than 1 for integers");
  }
  Value y = n.matmul(a, b, transA, transB);
  if (alpha != 1) {
    y = n.mul(y, n.scalarLike(a, alpha));
  }
  if (c && beta != 0) {
    if (n.rank(c) > 2) {
      return n.badShape("C must have rank <= 2");
    }
    y = n.add(y, beta == 1 ? c : n.mul(c, n.scalarLike(c, beta)));
  }
  n.setResult(0, y);
}

/// y + bias of [C] along axis 1.
static Value addBias(Node &n, Value y, unsigned input) {
  Value bias = n.optionalValue(input);
  if (!bias || !y) {
    return n.failed() ? Value() : y;
  }
  if (n.rank(bias) != 1) {
    n.badShape("the bias must have rank 1");
    return {};
  }
  n.requireEqual(n.dims(bias)[0], n.dims(y)[1],
                 "the bias must have one element per channel");
  return n.add(y, n.perChannel(bias, n.rank(y)));
}

/// `x` with as many channels as the filters ask for, in its type when that is a
/// number: layouts are chosen by it.
static Value fixChannels(Node &n, Value x, AffineExpr channels,
                         StringRef what) {
  auto number = DimMath::literal(channels);
  if (number && *number > 0) {
    return n.fixDim(x, 1, *number, what);
  }
  n.requireEqual(n.dims(x)[1], channels, what);
  return x;
}

static void importConv(Node &n) {
  Value x = n.value(0), w = n.value(1);
  int64_t group = n.intAttr("group", 1);
  if (!x || !w) {
    return;
  }
  auto window = readFilterWindow(n, x, w);
  if (!window) {
    return;
  }
  if (!window->dynamicPads.empty()) {
    x = padExplicitly(n, x, *window, n.scalarLike(x, 0));
  }
  x = fixChannels(n, x, n.math.mul(n.dims(w)[1], n.math.constant(group)),
                  "channels must be the filter's times group");
  requireRoom(n, x, *window);
  Value y = n.failed() ? Value()
                       : n.create<ConvOp>(x, w, window->strides, window->pads,
                                          window->dilations, group);
  n.setResult(0, addBias(n, y, 2));
}

/// Pads of ConvTranspose from output_shape or auto_pad. False after a problem.
static bool transposedPads(Node &n, Value x, ArrayRef<int64_t> outputPadding,
                           Window &window) {
  auto shape = n.intsAttr("output_shape");
  bool same = window.autoPad == AutoPad::sameUpper ||
              window.autoPad == AutoPad::sameLower;
  size_t rank = window.kernel.size();
  if (shape && shape->size() == rank + 2) {
    shape->erase(shape->begin(), shape->begin() + 2);
  }
  if (!shape && !same) {
    return true;
  }
  if (shape && shape->size() != rank) {
    n.badAttribute("expects one 'output_shape' per spatial axis");
    return false;
  }
  DimExprs dims = n.dims(x);
  for (size_t i = 0; i < rank; ++i) {
    AffineExpr stride = n.math.constant(window.strides[i]);
    AffineExpr full = n.math.add(
        n.math.mul(n.math.sub(dims[i + 2], n.math.constant(1)), stride),
        n.math.constant(outputPadding[i] + window.span(i)));
    AffineExpr wanted =
        shape ? n.math.constant((*shape)[i]) : n.math.mul(dims[i + 2], stride);
    auto total = DimMath::literal(n.math.sub(full, wanted));
    if (!total) {
      n.unsupported("'output_shape' for a dynamic extent");
      return false;
    }
    // Rounded down also when there is less than nothing to cut off, that is
    // when the output is wider than the filter covers.
    int64_t small = llvm::divideFloorSigned(*total, 2);
    bool upper = window.autoPad == AutoPad::sameUpper;
    window.pads[i] = upper ? small : *total - small;
    window.pads[rank + i] = upper ? *total - small : small;
  }
  return true;
}

static void importConvTranspose(Node &n) {
  Value x = n.value(0), w = n.value(1);
  int64_t group = n.intAttr("group", 1);
  auto outputPadding = n.intsAttr("output_padding");
  if (!x || !w) {
    return;
  }
  auto window = readFilterWindow(n, x, w, /*computeSame=*/false);
  if (!window) {
    return;
  }
  SmallVector<int64_t> extra =
      outputPadding.value_or(SmallVector<int64_t>(window->kernel.size(), 0));
  constexpr int64_t limit = int64_t(1) << 31;
  if (extra.size() != window->kernel.size() ||
      llvm::any_of(extra, [](int64_t p) { return p < 0 || p >= limit; })) {
    return n.badAttribute("expects one 'output_padding' >= 0 per spatial axis");
  }
  if (!transposedPads(n, x, extra, *window)) {
    return;
  }
  auto inputs = DimMath::literal(n.dims(w)[0]);
  if (group < 1 || (inputs && *inputs % group != 0)) {
    return n.badAttribute("group " + Twine(group) +
                          " does not divide the channels");
  }
  x = fixChannels(n, x, n.dims(w)[0], "channels must be the filter's inputs");
  Value y = n.failed()
                ? Value()
                : n.create<ConvTransposeOp>(x, w, window->strides, window->pads,
                                            window->dilations, extra, group);
  n.setResult(0, addBias(n, y, 2));
}

void mlc::onnx::addContractRules(RuleTable &table) {
  table.add("MatMul", 1, importMatMul);
  table.add("Gemm", 6, importGemm);
  table.add("Conv", 1, importConv);
  table.add("ConvTranspose", 1, importConvTranspose);
}
