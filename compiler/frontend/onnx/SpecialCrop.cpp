//===- SpecialCrop.cpp - CenterCropPad, BitCast -----------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Rules.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

/// Cuts or fills axes evenly at both ends; an odd element goes to the end.
static void importCenterCropPad(Node &n) {
  Value x = n.value(0);
  auto shape = n.integers(1);
  if (!x || !shape) {
    return;
  }
  int64_t rank = n.rank(x);
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  if (auto named = n.intsAttr("axes")) {
    axes = *named;
  }
  if (axes.size() != shape->size()) {
    return n.failed() ? void() : n.badShape("expects one extent per axis");
  }
  AffineExpr zero = n.math.constant(0), two = n.math.constant(2);
  SmallVector<AffineExpr> low(rank, zero), high(rank, zero);
  DimExprs dims = n.dims(x);
  for (auto [given, size] : llvm::zip_equal(axes, *shape)) {
    auto axis = n.normalizeAxis(given, rank);
    if (!axis) {
      return;
    }
    n.require(n.math.compare(arith::CmpIPredicate::sle, zero, size), size, zero,
              "extents must not be negative");
    // Both halves round toward zero: a cut of 3 takes 1 in front, a fill of 3
    // adds 1 in front.
    AffineExpr change = n.math.sub(size, dims[*axis]);
    low[*axis] = n.math.truncDiv(change, two);
    high[*axis] = n.math.sub(change, low[*axis]);
  }
  if (n.failed()) {
    return;
  }
  MixedIndices before = n.mixed(low), after = n.mixed(high);
  n.setResult(0, n.create<PadOp>(x, Maybe{n.scalarLike(x, 0)}, before.values,
                                 after.values, before.fixed, after.fixed,
                                 PadKind::constant));
}

static void importBitCast(Node &n) {
  Value x = n.value(0);
  Type to = n.typeAttr("to", 0);
  if (!x || !to) {
    return;
  }
  // A boolean counts as a byte that is 0 or 1.
  auto isByte = [](Type type) { return type.getIntOrFloatBitWidth() == 8; };
  Type from = n.elementType(x), i8 = n.b.getI8Type(), i1 = n.b.getI1Type();
  if (from == i1 && isByte(to)) {
    x = n.cast(x, i8);
  } else if (to == i1 && isByte(from)) {
    n.setResult(0, n.cast(n.create<BitcastOp>(x, i8), i1));
    return;
  }
  n.setResult(0, n.elementType(x) == to ? x : n.create<BitcastOp>(x, to));
}

void mlc::onnx::addCropRules(RuleTable &table) {
  table.add("CenterCropPad", 18, importCenterCropPad);
  table.add("BitCast", 26, importBitCast);
}
