//===- SpecialLoss.cpp - losses over classes --------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Indices.h"
#include "compiler/frontend/onnx/Rules.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

namespace {
/// Targets [N, ...] into scores [N, classes, ...].
struct LossInputs {
  Value target;  // i64; a valid class where it is ignored
  Value weight;  // per class, or null
  Value ignored; // i1 like target, or null
};
} // namespace

static std::optional<LossInputs> readLoss(Node &n, Value scores) {
  Value target = n.value(1), weight = n.optionalValue(2);
  bool ignores = n.hasAttr("ignore_index");
  int64_t ignore = n.intAttr("ignore_index", 0);
  if (!scores || !target || n.failed()) {
    return std::nullopt;
  }
  DimExprs from = n.dims(scores), to = n.dims(target);
  if (from.size() < 2 || to.size() + 1 != from.size()) {
    n.badShape("expects scores [N, C, ...] and targets [N, ...]");
    return std::nullopt;
  }
  for (size_t i = 0; i < to.size(); ++i) {
    n.requireEqual(to[i], from[i == 0 ? 0 : i + 1],
                   "targets must have the scores' dims without classes");
  }
  if (weight && n.rank(weight) != 1) {
    n.badShape("expects one weight per class");
    return std::nullopt;
  }
  if (weight) {
    n.requireEqual(n.dims(weight)[0], from[1], "expects one weight per class");
  }
  Type i64 = n.b.getI64Type();
  LossInputs in{n.cast(target, i64), weight, Value()};
  if (ignores) {
    Value index = n.constant(DenseElementsAttr::get(
        RankedTensorType::get({}, i64), ArrayRef<int64_t>(ignore)));
    in.ignored = n.elementwise<EqualOp>({in.target, index});
    in.target = select(n, in.ignored, n.scalar(i64, 0), in.target);
  }
  return n.failed() ? std::nullopt : std::optional<LossInputs>(in);
}

/// -weight * log probability of the target class, reduced as asked for.
static Value classLoss(Node &n, Value logProbabilities, const LossInputs &in,
                       StringRef reduction) {
  Value at = n.unsqueeze(in.target, {1});
  Value picked = n.widen(
      n.reshape(gatherElements(n, logProbabilities, at, 1), n.dims(in.target)));
  if (!picked) {
    return {};
  }
  Type type = n.elementType(picked);
  Value zero = n.scalar(type, 0);
  Value weight = in.weight ? n.widen(n.gather(in.weight, in.target, 0))
                           : n.scalar(type, 1);
  Value loss = n.mul(n.create<NegOp>(picked), weight);
  if (in.ignored) {
    weight = select(n, in.ignored, zero, weight);
    loss = select(n, in.ignored, zero, loss);
  }
  if (reduction == "none" || !loss) {
    return loss;
  }
  SmallVector<int64_t> axes =
      llvm::to_vector(llvm::seq<int64_t>(0, n.rank(loss)));
  Value sum = n.reduce(loss, ReduceKind::sum, axes, /*keep=*/false);
  if (reduction == "sum") {
    return sum;
  }
  Value total = n.reduce(n.expand(weight, n.dims(loss)), ReduceKind::sum, axes,
                         /*keep=*/false);
  return n.div(sum, total);
}

static std::optional<std::string> readReduction(Node &n) {
  std::string name = n.stringAttr("reduction", "mean");
  if (name != "mean" && name != "sum" && name != "none") {
    n.badAttribute("reduction '" + name + "' is not known");
    return std::nullopt;
  }
  return name;
}

static void importNegativeLogLikelihood(Node &n) {
  Value logs = n.value(0);
  auto reduction = readReduction(n);
  auto in = readLoss(n, logs);
  if (in && reduction) {
    n.setResult(
        0, n.cast(classLoss(n, logs, *in, *reduction), n.elementType(logs)));
  }
}

static void importSoftmaxCrossEntropy(Node &n) {
  Value scores = n.value(0);
  auto reduction = readReduction(n);
  auto in = readLoss(n, scores);
  if (in && reduction) {
    Value logs = n.create<SoftmaxOp>(scores, int64_t(1), /*log=*/true);
    n.setResult(0, logs ? n.cast(classLoss(n, logs, *in, *reduction),
                                 n.elementType(logs))
                        : Value());
    n.setResult(1, logs);
  }
}

void mlc::onnx::addLossRules(RuleTable &table) {
  table.add("NegativeLogLikelihoodLoss", 12, importNegativeLogLikelihood);
  table.add("SoftmaxCrossEntropyLoss", 12, importSoftmaxCrossEntropy);
}
