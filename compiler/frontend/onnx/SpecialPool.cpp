//===- SpecialPool.cpp - pooling --------------------------------*- C++ -*-===//
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

static PoolKind kindOf(Node &n) {
  return n.opType() == "MaxPool"       ? PoolKind::max
         : n.opType() == "AveragePool" ? PoolKind::average
                                       : PoolKind::lp;
}

/// The padding that does not change a window's result; an average counts it.
static Value neutralFill(Node &n, Value x, PoolKind kind) {
  if (kind == PoolKind::max) {
    Type type = n.elementType(x);
    if (auto integer = dyn_cast<IntegerType>(type)) {
      return n.scalar(type,
                      integer.isUnsigned()
                          ? 0
                          : -double(int64_t(1) << (integer.getWidth() - 1)));
    }
    return n.scalar(type, -std::numeric_limits<double>::infinity());
  }
  return n.scalarLike(x, 0);
}

/// Means of the elements inside x, where only the run knows how many those are:
/// the mean with pads, divided by the share that is no pad.
static Value averageInside(Node &n, Value x, const Window &window) {
  Value zero = n.scalarLike(x, 0);
  auto average = [&](Value padded) {
    return n.create<PoolOp>(padded, PoolKind::average, window.kernel,
                            window.strides, window.pads, window.dilations,
                            /*ceilMode=*/false, /*countsPads=*/true,
                            int64_t(2));
  };
  DimExprs one = n.dims(x);
  one[0] = one[1] = n.math.constant(1);
  Value share =
      padExplicitly(n, n.fill(n.elementType(x), 1, one), window, zero);
  return n.div(average(padExplicitly(n, x, window, zero)), average(share));
}

static void importPool(Node &n) {
  Value x = n.value(0);
  PoolKind kind = kindOf(n);
  bool ceilMode = n.intAttr("ceil_mode", 0) != 0;
  bool countsPads =
      kind == PoolKind::average && n.intAttr("count_include_pad", 0) != 0;
  bool columnMajor =
      kind == PoolKind::max && n.intAttr("storage_order", 0) != 0;
  int64_t p = kind == PoolKind::lp ? n.intAttr("p", 2) : 2;
  auto kernel = n.intsAttr("kernel_shape");
  auto window = x ? readWindow(n, x, kernel) : std::nullopt;
  if (!window) {
    return;
  }
  if (kind == PoolKind::lp && (p < 1 || p > 64)) {
    return n.badAttribute("'p' must be in [1, 64]");
  }
  if (!window->dynamicPads.empty()) {
    if (n.wants(1)) {
      return n.unsupported("indices with auto_pad and a stride on dynamic "
                           "extents");
    }
    if (kind == PoolKind::average && !countsPads) {
      return n.setResult(0, averageInside(n, x, *window));
    }
    x = padExplicitly(n, x, *window, neutralFill(n, x, kind));
  }
  requireRoom(n, x, *window);
  if (n.failed()) {
    return;
  }
  n.setResult(0, n.create<PoolOp>(x, kind, window->kernel, window->strides,
                                  window->pads, window->dilations, ceilMode,
                                  countsPads, p));
  if (n.wants(1)) {
    n.setResult(1, n.create<PoolIndicesOp>(x, window->kernel, window->strides,
                                           window->pads, window->dilations,
                                           ceilMode, columnMajor));
  }
}

/// Reduces all spatial axes.
static void importGlobalPool(Node &n) {
  Value x = n.value(0);
  if (!x) {
    return;
  }
  if (n.rank(x) < 3) {
    return n.badShape("expects rank >= 3, got " + Twine(n.rank(x)));
  }
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(2, n.rank(x)));
  if (n.opType() == "GlobalMaxPool") {
    n.setResult(0, n.reduce(x, ReduceKind::max, axes, /*keep=*/true));
  } else if (n.opType() == "GlobalAveragePool") {
    n.setResult(0, n.mean(x, axes, /*keep=*/true));
  } else {
    double p = double(n.intAttr("p", 2));
    if (p < 1) {
      return n.badAttribute("'p' must be positive");
    }
    Type type = n.elementType(x);
    x = n.widen(x);
    Value powers =
        n.elementwise<PowOp>({n.create<AbsOp>(x), n.scalarLike(x, p)});
    Value y =
        n.elementwise<PowOp>({n.reduce(powers, ReduceKind::sum, axes, true),
                              n.scalarLike(x, 1 / p)});
    n.setResult(0, y ? n.cast(y, type) : y);
  }
}

void mlc::onnx::addPoolRules(RuleTable &table) {
  table.add("MaxPool", 1, importPool);
  table.add("AveragePool", 1, importPool);
  table.add("LpPool", 2, importPool);
  table.add("GlobalMaxPool", 1, importGlobalPool);
  table.add("GlobalAveragePool", 1, importGlobalPool);
  table.add("GlobalLpPool", 2, importGlobalPool);
}
