//===- SpecialNorm.cpp - softmax and normalisations -------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Rules.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

/// Softmax and LogSoftmax. Before opset 13 the input counts as a matrix whose
/// rows are all dims from `axis` on.
static void importSoftmax(Node &n) {
  Value x = n.value(0);
  bool log = n.opType() == "LogSoftmax";
  int64_t given = n.intAttr("axis", n.opset() < 13 ? 1 : -1);
  auto axis = x ? n.normalizeAxis(given, std::max<int64_t>(n.rank(x), 1))
                : std::nullopt;
  if (!axis) {
    return;
  }
  if (n.opset() >= 13 || *axis == n.rank(x) - 1) {
    n.setResult(0, n.create<SoftmaxOp>(x, *axis, log));
    return;
  }
  DimExprs dims = n.dims(x);
  ArrayRef<AffineExpr> all(dims);
  Value rows = n.reshape(x, {n.math.product(all.take_front(*axis)),
                             n.math.product(all.drop_front(*axis))});
  n.setResult(0, n.reshape(n.create<SoftmaxOp>(rows, int64_t(1), log), dims));
}

/// Mean and 1/sqrt(variance + epsilon) over the axes from `axis` on, in f32.
static void setStatistics(Node &n, Value x, int64_t axis, double epsilon) {
  Type wide = n.elementType(x).isF64() ? n.elementType(x) : n.b.getF32Type();
  SmallVector<int64_t> axes =
      llvm::to_vector(llvm::seq<int64_t>(axis, n.rank(x)));
  Value wideX = n.cast(x, wide);
  Value mean = n.mean(wideX, axes, /*keep=*/true);
  Value centered = n.sub(wideX, mean);
  Value variance = n.mean(n.mul(centered, centered), axes, /*keep=*/true);
  if (n.wants(1)) {
    n.setResult(1, mean);
  }
  if (n.wants(2)) {
    n.setResult(2, n.create<RsqrtOp>(n.add(variance, n.scalar(wide, epsilon))));
  }
}

/// LayerNormalization and RMSNormalization.
static void importLayerNorm(Node &n) {
  Value x = n.value(0), scale = n.value(1);
  bool rms = n.opType() == "RMSNormalization";
  Value bias = rms ? Value() : n.optionalValue(2);
  double epsilon = n.floatAttr("epsilon", 1e-5f);
  int64_t given = n.intAttr("axis", -1);
  n.ignoreAttr("stash_type"); // mlc.layer_norm computes in f32 or wider
  auto axis = x ? n.normalizeAxis(given, n.rank(x)) : std::nullopt;
  if (!axis || n.failed()) {
    return;
  }
  Value y = n.create<LayerNormOp>(x, *axis, llvm::APFloat(epsilon), rms);
  y = n.mul(n.cast(y, n.elementType(scale)), scale);
  n.setResult(0, bias ? n.add(y, bias) : y);
  if (n.wants(1) || n.wants(2)) {
    setStatistics(n, x, *axis, epsilon);
  }
}

namespace {
struct BatchNormInputs {
  Value x, scale, bias, mean, variance;
};
} // namespace

/// (x - mean) / sqrt(variance + epsilon) * scale + bias, as x * a + b with
/// per-channel a and b, which are constants for a trained model.
static Value normalizeBatch(Node &n, const BatchNormInputs &in,
                            double epsilon) {
  Value root =
      n.create<SqrtOp>(n.add(in.variance, n.scalarLike(in.variance, epsilon)));
  Type type = n.elementType(in.variance);
  Value a = n.div(n.cast(in.scale, type), root);
  Value b = n.sub(n.cast(in.bias, type), n.mul(in.mean, a));
  int64_t rank = n.rank(in.x);
  Value y = n.add(n.mul(n.cast(in.x, type), n.perChannel(a, rank)),
                  n.perChannel(b, rank));
  return n.cast(y, n.elementType(in.x));
}

/// Batch statistics and their running averages.
static void trainBatchNorm(Node &n, BatchNormInputs in, double epsilon,
                           double momentum) {
  SmallVector<int64_t> axes;
  for (int64_t i = 0; i < n.rank(in.x); ++i) {
    if (i != 1) {
      axes.push_back(i);
    }
  }
  Type type = n.elementType(in.variance);
  Value x = n.widen(n.cast(in.x, type));
  Value mean = n.mean(x, axes, /*keep=*/false);
  Value centered = n.sub(x, n.perChannel(mean, n.rank(x)));
  Value variance =
      n.cast(n.mean(n.mul(centered, centered), axes, /*keep=*/false), type);
  mean = n.cast(mean, type);
  auto average = [&](Value running, Value current) {
    return n.add(n.mul(running, n.scalarLike(running, momentum)),
                 n.mul(current, n.scalarLike(current, 1 - momentum)));
  };
  if (n.wants(1)) {
    n.setResult(1, average(in.mean, mean));
  }
  if (n.wants(2)) {
    n.setResult(2, average(in.variance, variance));
  }
  in.mean = mean;
  in.variance = variance;
  n.setResult(0, normalizeBatch(n, in, epsilon));
}

static void importBatchNorm(Node &n) {
  BatchNormInputs in{n.value(0), n.value(1), n.value(2), n.value(3),
                     n.value(4)};
  double epsilon = n.floatAttr("epsilon", 1e-5f);
  double momentum = n.floatAttr("momentum", 0.9f);
  bool training = n.opset() >= 14 && n.intAttr("training_mode", 0) != 0;
  bool spatial = n.opset() >= 9 || n.intAttr("spatial", 1) != 0;
  if (n.opset() < 7 && n.intAttr("is_test", 0) == 0 && n.resultCount() > 1) {
    return n.unsupported("training (is_test=0)");
  }
  if (n.failed()) {
    return;
  }
  if (!spatial) {
    return n.unsupported("statistics per element (spatial=0)");
  }
  if (n.rank(in.x) < 2) {
    return n.badShape("expects rank >= 2, got " + Twine(n.rank(in.x)));
  }
  for (Value parameter : {in.scale, in.bias, in.mean, in.variance}) {
    if (n.rank(parameter) != 1) {
      return n.badShape("scale, B, mean and var must have rank 1");
    }
    n.requireEqual(n.dims(parameter)[0], n.dims(in.x)[1],
                   "parameters must have one element per channel");
  }
  if (training) {
    trainBatchNorm(n, in, epsilon, momentum);
  } else {
    n.setResult(0, normalizeBatch(n, in, epsilon));
  }
}

void mlc::onnx::addNormRules(RuleTable &table) {
  table.add("Softmax", 1, importSoftmax);
  table.add("LogSoftmax", 1, importSoftmax);
  table.add("LayerNormalization", 17, importLayerNorm);
  table.add("RMSNormalization", 23, importLayerNorm);
  table.add("BatchNormalization", 6, importBatchNorm);
}
