//===- SpecialCausalConv.cpp - convolution with a carried state -*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Rules.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

static void importCausalConv(Node &n) {
  Value x = n.value(0), w = n.value(1);
  Value bias = n.optionalValue(2), past = n.optionalValue(3);
  std::string activation = n.stringAttr("activation", "none");
  if (n.failed()) {
    return;
  }
  auto channels =
      n.rank(x) == 3 ? DimMath::literal(n.dims(x)[1]) : std::nullopt;
  auto extent = n.rank(w) == 3 ? DimMath::literal(n.dims(w)[2]) : std::nullopt;
  if (!channels || !extent || *extent < 1) {
    return n.badShape("expects an input [N, C, L] and a filter [C, 1, k] of "
                      "known C and k");
  }
  AffineExpr carried = n.math.constant(*extent - 1);
  DimExprs before{n.dims(x)[0], n.dims(x)[1], carried};
  if (past && n.rank(past) != 3) {
    return n.badShape("expects a state of rank 3");
  }
  Value start = past ? past : n.fill(n.elementType(x), 0, before);
  for (size_t i = 0; i < 3; ++i) {
    n.requireEqual(n.dims(start)[i], before[i], "the state's dims");
  }
  n.requireEqual(n.dims(w)[0], before[1], "one filter per channel");
  n.requireEqual(n.dims(w)[1], n.math.constant(1), "a depthwise filter");
  if (n.failed()) {
    return;
  }
  Value all = n.concat({start, x}, 2);
  Value y =
      n.create<ConvOp>(all, w, ArrayRef<int64_t>{1}, ArrayRef<int64_t>{0, 0},
                       ArrayRef<int64_t>{1}, *channels);
  if (bias && y && n.rank(bias) != 1) {
    return n.badShape("the bias must have rank 1");
  }
  if (bias && y) {
    n.requireEqual(n.dims(bias)[0], before[1], "one bias per channel");
    y = n.add(y, n.perChannel(bias, 3));
  }
  if (activation == "silu" || activation == "swish") {
    y = n.create<SwishOp>(y, llvm::APFloat(1.0));
  } else if (activation != "none") {
    return n.badAttribute("activation '" + activation + "' is not known");
  }
  n.setResult(0, y);
  if (n.wants(1) && all) {
    AffineExpr from = n.math.sub(n.dims(all)[2], carried);
    n.setResult(1, n.slice(all, 2, from, carried));
  }
}

void mlc::onnx::addCausalConvRules(RuleTable &table) {
  table.add("CausalConvWithState", 27, importCausalConv);
}
