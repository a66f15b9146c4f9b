//===- SpecialFlexAttention.cpp - attention with subgraphs ------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Branches.h"
#include "compiler/frontend/onnx/Heads.h"
#include "compiler/frontend/onnx/Rules.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

/// `x` through a subgraph attribute of one input and output, if it is there.
static Value modify(Node &n, StringRef name, Value x) {
  if (!x || !n.hasAttr(name)) {
    return x;
  }
  const GraphProto *graph = n.graphAttr(name);
  if (!graph) {
    return {};
  }
  bool ok = false;
  SmallVector<Tensor *> outputs =
      importSubgraph(n, *graph, n.importer.makeTensor(x), ok);
  if (!ok || outputs.size() != 1 || !outputs[0]->isTensor()) {
    n.failed() ? void() : n.badShape("'" + name + "' must have one output");
    return {};
  }
  Value y = n.importer.materialize(*outputs[0], n.loc);
  return y ? n.expand(n.cast(y, n.elementType(x)), n.dims(x)) : Value();
}

static void importFlexAttention(Node &n) {
  Value q = n.value(0), k = n.value(1), v = n.value(2);
  if (n.failed()) {
    return;
  }
  if (n.rank(q) != 4 || n.rank(k) != 4 || n.rank(v) != 4) {
    return n.badShape("expects Q, K and V of rank 4");
  }
  Type type = n.elementType(q);
  Type wide = type.getIntOrFloatBitWidth() < 32 ? Type(n.b.getF32Type()) : type;
  Type precision = n.hasAttr("softmax_precision")
                       ? n.typeAttr("softmax_precision", 1)
                       : wide;
  auto size = DimMath::literal(n.dims(q)[3]);
  if (!precision || (!size && !n.hasAttr("scale"))) {
    return n.failed() ? void()
                      : n.unsupported("a head size that is not known "
                                      "at compile time");
  }
  double scale = n.floatAttr("scale", size ? 1 / std::sqrt(double(*size)) : 1);
  AffineExpr heads = n.dims(q)[1];
  n.requireEqual(n.dims(v)[2], n.dims(k)[2], "K and V must be equally long");
  Value root = n.scalar(type, std::sqrt(std::abs(scale)));
  Value left = n.mul(q, scale < 0 ? n.scalar(type, -std::sqrt(-scale)) : root);
  Value right = n.mul(repeatHeads(n, k, heads), root);
  Value scores = n.cast(n.matmul(left, right, false, true), precision);
  scores = modify(n, "score_mod", scores);
  Value weights = n.create<SoftmaxOp>(scores, int64_t(3), /*log=*/false);
  weights = modify(n, "prob_mod", weights);
  Value values = repeatHeads(n, v, heads);
  Value y = n.matmul(weights, n.cast(values, precision));
  n.setResult(0, n.cast(y, n.elementType(v)));
}

void mlc::onnx::addFlexAttentionRules(RuleTable &table) {
  table.add("FlexAttention", 1, importFlexAttention, "ai.onnx.preview");
}
