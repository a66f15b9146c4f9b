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
    if (!values || values->empty()) {
      return {};
    }
    SmallVector<float> floats(values->begin(), values->end());
    auto type = RankedTensorType::get({int64_t(floats.size())}, f32);
    return n.constant(DenseElementsAttr::get(type, ArrayRef<float>(floats)));
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

void mlc::onnx::addClassicRules(RuleTable &table) {
  table.add("Binarizer", 1, importBinarizer, "ai.onnx.ml");
  table.add("ArrayFeatureExtractor", 1, importArrayFeatureExtractor,
            "ai.onnx.ml");
  table.add("Scaler", 1, importScaler, "ai.onnx.ml");
  table.add("Normalizer", 1, importNormalizer, "ai.onnx.ml");
}
