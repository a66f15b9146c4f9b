//===- SpecialClassic.cpp - classical machine learning ----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Domain ai.onnx.ml.
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Indices.h"
#include "compiler/frontend/onnx/Rules.h"
#include "compiler/frontend/onnx/Scores.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

static void importBinarizer(Node &n) {
  Value x = n.value(0);
  double threshold = n.floatAttr("threshold", 0);
  Value above = n.elementwise<GreaterOp>({x, n.scalarLike(x, threshold)});
  n.setResult(0, x ? n.cast(above, n.elementType(x)) : Value());
}

/// Chosen elements of the last axis; a vector counts as a matrix of one row.
static void importArrayFeatureExtractor(Node &n) {
  Value x = n.value(0), indices = n.value(1);
  if (!x || !indices || n.rank(x) == 0) {
    return n.failed() ? void() : n.badShape("expects rank >= 1");
  }
  Value flat = n.reshape(indices, {n.math.product(n.dims(indices))});
  Value rows = n.rank(x) == 1 ? n.unsqueeze(x, {0}) : x;
  n.setResult(0, rows ? n.gather(rows, flat, n.rank(rows) - 1) : Value());
}

/// (x - offset) * scale, each per feature or for all.
static void importScaler(Node &n) {
  Value x = n.value(0);
  Type f32 = n.b.getF32Type();
  Value y = n.cast(x, f32);
  auto vector = [&](StringRef name) -> Value {
    auto values = n.floatsAttr(name);
    return values && !values->empty()
               ? constantOf(n, f32, {int64_t(values->size())}, *values)
               : Value();
  };
  Value offset = vector("offset"), scale = vector("scale");
  y = offset ? n.sub(y, offset) : y;
  n.setResult(0, scale ? n.mul(y, scale) : y);
}

/// Each row divided by its greatest magnitude, or by its L1 or L2 norm.
static void importNormalizer(Node &n) {
  Value x = n.value(0);
  std::string norm = n.stringAttr("norm", "MAX");
  if (!x || n.rank(x) == 0) {
    return n.failed() ? void() : n.badShape("expects rank >= 1");
  }
  Type f32 = n.b.getF32Type();
  Value y = n.cast(x, f32);
  SmallVector<int64_t> axes{n.rank(x) - 1};
  Value size;
  if (norm == "MAX") {
    size = n.reduce(n.create<AbsOp>(y), ReduceKind::max, axes, true);
  } else if (norm == "L1") {
    size = n.reduce(n.create<AbsOp>(y), ReduceKind::sum, axes, true);
  } else if (norm == "L2") {
    size = n.create<SqrtOp>(n.reduce(n.mul(y, y), ReduceKind::sum, axes, true));
  } else {
    return n.badAttribute("norm '" + norm + "' is not known");
  }
  Value zero = n.scalar(f32, 0);
  Value isZero = n.elementwise<EqualOp>({size, zero});
  n.setResult(0, n.div(y, select(n, isZero, n.scalar(f32, 1), size)));
}

/// x times the coefficients of each target, plus its intercept: [N, targets].
static Value linearScores(Node &n, int64_t targets) {
  Value x = n.value(0);
  auto coefficients = n.floatsAttr("coefficients");
  auto intercepts = n.floatsAttr("intercepts");
  if (!x || n.rank(x) < 1 || n.rank(x) > 2) {
    n.failed() ? void() : n.badShape("expects samples of rank 1 or 2");
    return {};
  }
  if (targets == 0 && intercepts) {
    targets = int64_t(intercepts->size());
  }
  if (!coefficients || targets < 1 || coefficients->size() % targets != 0) {
    n.badAttribute("expects coefficients for each target");
    return {};
  }
  Type f32 = n.b.getF32Type();
  x = n.cast(n.rank(x) == 1 ? n.unsqueeze(x, {0}) : x, f32);
  int64_t width = int64_t(coefficients->size()) / targets;
  Value w = constantOf(n, f32, {targets, width}, *coefficients);
  Value y = n.matmul(x, w, false, /*transposeY=*/true);
  return intercepts ? addToColumns(n, y, *intercepts) : y;
}

static void importLinearRegressor(Node &n) {
  Value y = linearScores(n, n.intAttr("targets", 1));
  n.setResult(0, transformScores(n, y));
}

static void importLinearClassifier(Node &n) {
  n.ignoreAttr("multi_class"); // one score for each class either way
  Value y = linearScores(n, 0);
  if (!n.failed()) {
    setClasses(n, y, "classlabels_ints", "classlabels_strings", {0, true});
  }
}

void mlc::onnx::addClassicRules(RuleTable &table) {
  table.add("Binarizer", 1, importBinarizer, "ai.onnx.ml");
  table.add("ArrayFeatureExtractor", 1, importArrayFeatureExtractor,
            "ai.onnx.ml");
  table.add("Scaler", 1, importScaler, "ai.onnx.ml");
  table.add("Normalizer", 1, importNormalizer, "ai.onnx.ml");
  table.add("LinearRegressor", 1, importLinearRegressor, "ai.onnx.ml");
  table.add("LinearClassifier", 1, importLinearClassifier, "ai.onnx.ml");
}
