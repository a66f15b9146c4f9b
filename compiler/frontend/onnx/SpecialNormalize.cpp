//===- SpecialNormalize.cpp - normalisation over axes and groups *- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Rules.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

/// x normalised over the axes from `axis` on, in f32 or wider.
static Value normalize(Node &n, Value x, int64_t axis, double epsilon) {
  return n.create<LayerNormOp>(x, axis, llvm::APFloat(epsilon), false);
}

static bool checkParameters(Node &n, ArrayRef<Value> parameters,
                            AffineExpr extent) {
  for (Value parameter : parameters) {
    if (!parameter || n.rank(parameter) != 1) {
      if (!n.failed()) {
        n.badShape("scale and bias must have rank 1");
      }
      return false;
    }
    n.requireEqual(n.dims(parameter)[0], extent,
                   "scale and bias must have one element per channel");
  }
  return !n.failed();
}

static void importInstanceNorm(Node &n) {
  Value x = n.value(0), scale = n.value(1), bias = n.value(2);
  double epsilon = n.floatAttr("epsilon", 1e-5f);
  if (!x || n.rank(x) < 3) {
    return n.failed() ? void() : n.badShape("expects rank >= 3");
  }
  if (!checkParameters(n, {scale, bias}, n.dims(x)[1])) {
    return;
  }
  Value y = normalize(n, x, 2, epsilon);
  int64_t rank = n.rank(x);
  n.setResult(
      0, n.add(n.mul(y, n.perChannel(scale, rank)), n.perChannel(bias, rank)));
}

/// x: [N, C, ...] as [N, groups, C / groups, ...]; scale and bias are per group
/// before opset 21, per channel from then on.
static void importGroupNorm(Node &n) {
  Value x = n.value(0), scale = n.value(1), bias = n.value(2);
  double epsilon = n.floatAttr("epsilon", 1e-5f);
  int64_t groups = n.intAttr("num_groups", 0);
  if (n.opset() >= 21) {
    n.ignoreAttr("stash_type"); // mlc.layer_norm computes in f32 or wider
  }
  if (!x || n.rank(x) < 2) {
    return n.failed() ? void() : n.badShape("expects rank >= 2");
  }
  if (groups < 1) {
    return n.badAttribute("'num_groups' must be positive");
  }
  DimExprs dims = n.dims(x);
  AffineExpr count = n.math.constant(groups), zero = n.math.constant(0);
  n.requireEqual(n.math.mod(dims[1], count), zero,
                 "channels must be a multiple of num_groups");
  bool perGroup = n.opset() < 21;
  if (!checkParameters(n, {scale, bias}, perGroup ? count : dims[1])) {
    return;
  }
  DimExprs grouped{dims[0], count, n.math.floorDiv(dims[1], count)};
  grouped.append(dims.begin() + 2, dims.end());
  Value y = normalize(n, n.reshape(x, grouped), 2, epsilon);
  y = perGroup ? y : n.reshape(y, dims);
  int64_t rank = perGroup ? grouped.size() : dims.size();
  y = n.add(n.mul(y, n.perChannel(scale, rank)), n.perChannel(bias, rank));
  n.setResult(0, n.reshape(y, dims));
}

static void importMeanVariance(Node &n) {
  Value x = n.value(0);
  SmallVector<int64_t> axes =
      n.intsAttr("axes").value_or(SmallVector<int64_t>{0, 2, 3});
  if (!x) {
    return;
  }
  for (int64_t &axis : axes) {
    auto normal = n.normalizeAxis(axis, n.rank(x), "axes entry");
    if (!normal) {
      return;
    }
    axis = *normal;
  }
  llvm::sort(axes);
  axes.erase(std::unique(axes.begin(), axes.end()), axes.end());
  Type type = n.elementType(x);
  Type wide = type.isF64() ? type : Type(n.b.getF32Type());
  x = n.cast(x, wide);
  Value centered = n.sub(x, n.mean(x, axes, /*keep=*/true));
  Value variance = n.mean(n.mul(centered, centered), axes, /*keep=*/true);
  // The operator's definition adds 1e-9 to the deviation.
  Value deviation = n.add(n.create<SqrtOp>(variance), n.scalar(wide, 1e-9));
  n.setResult(0, n.cast(n.div(centered, deviation), type));
}

static void importLpNormalization(Node &n) {
  Value x = n.value(0);
  int64_t given = n.intAttr("axis", -1), p = n.intAttr("p", 2);
  auto axis = x ? n.normalizeAxis(given, n.rank(x)) : std::nullopt;
  if (!axis) {
    return;
  }
  if (p != 1 && p != 2) {
    return n.badAttribute("'p' must be 1 or 2");
  }
  Type type = n.elementType(x);
  x = n.widen(x);
  Value powers = p == 1 ? n.create<AbsOp>(x) : n.mul(x, x);
  Value sum = n.reduce(powers, ReduceKind::sum, {*axis}, /*keep=*/true);
  Value norm = p == 1 ? sum : n.create<SqrtOp>(sum);
  // A vector of zeros stays one.
  Value zero = n.scalarLike(x, 0);
  Value isZero = n.elementwise<EqualOp>({norm, zero});
  Value y = n.elementwise<WhereOp>({isZero, zero, n.div(x, norm)});
  n.setResult(0, y ? n.cast(y, type) : y);
}

void mlc::onnx::addNormalizeRules(RuleTable &table) {
  table.add("InstanceNormalization", 6, importInstanceNorm);
  table.add("GroupNormalization", 18, importGroupNorm);
  table.add("MeanVarianceNormalization", 9, importMeanVariance);
  table.add("LpNormalization", 1, importLpNormalization);
}
