//===- SpecialLinearAttention.cpp - attention as a recurrence ---*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Heads.h"
#include "compiler/frontend/onnx/Rules.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

/// decay or beta: [B, T, heads * D] as [B, heads, T, D]; null when left out.
/// The update rule says whether it must be there.
static Value readRate(Node &n, unsigned i, bool expected, int64_t heads) {
  if (n.has(i) != expected) {
    n.badAttribute("update_rule and the inputs decay and beta do not fit");
    return {};
  }
  Value rate = n.optionalValue(i);
  if (!rate || n.rank(rate) != 3) {
    n.failed() || !expected ? void() : n.badShape("expects rank 3");
    return {};
  }
  // One number for all heads broadcasts.
  bool shared = DimMath::literal(n.dims(rate)[2]) == 1;
  return n.cast(splitHeads(n, rate, shared ? 1 : heads), n.b.getF32Type());
}

static void importLinearAttention(Node &n) {
  Value query = n.value(0), past = n.optionalValue(3);
  int64_t readers = n.intAttr("q_num_heads", 0);
  int64_t heads = n.intAttr("kv_num_heads", 0);
  std::string rule = n.stringAttr("update_rule", "gated_delta");
  double scale = n.floatAttr("scale", 0);
  n.ignoreAttr("chunk_size"); // a hint that changes no result
  bool gated = rule == "gated" || rule == "gated_delta";
  bool delta = rule == "delta" || rule == "gated_delta";
  if (n.failed() || (!gated && !delta && rule != "linear")) {
    return n.failed()
               ? void()
               : n.badAttribute("update_rule '" + rule + "' is not known");
  }
  if (heads < 1 || readers % heads != 0) {
    return n.badAttribute("q_num_heads must be a multiple of kv_num_heads");
  }
  for (unsigned i = 0; i < 3; ++i) {
    Value x = n.value(i);
    if (!x || n.rank(x) != 3) {
      return n.failed() ? void() : n.badShape("expects inputs of rank 3");
    }
  }
  Type f32 = n.b.getF32Type();
  Value q = n.cast(splitHeads(n, query, readers), f32);
  Value k = n.cast(splitHeads(n, n.value(1), heads), f32);
  Value v = n.cast(splitHeads(n, n.value(2), heads), f32);
  Value decay = readRate(n, 4, gated, heads);
  Value beta = readRate(n, 5, delta, heads);
  if (n.failed()) {
    return;
  }
  DimExprs dk = n.dims(k), dv = n.dims(v);
  for (Value other : {q, v}) {
    n.requireEqual(n.dims(other)[0], dk[0], "batches must be equal");
    n.requireEqual(n.dims(other)[2], dk[2], "lengths must be equal");
  }
  n.requireEqual(n.dims(q)[3], dk[3], "head sizes of Q and K must be equal");
  DimExprs shape{dk[0], dk[1], dk[3], dv[3]};
  Type stateType = past ? n.elementType(past) : n.elementType(query);
  Value state = past ? n.cast(past, f32) : n.fill(f32, 0, shape);
  if (past && n.rank(past) != 4) {
    return n.badShape("expects a state of rank 4");
  }
  for (size_t i = 0; past && i < 4; ++i) {
    n.requireEqual(n.dims(past)[i], shape[i], "the state's dims");
  }
  auto size = DimMath::literal(dk[3]);
  if (n.failed() || (scale == 0 && !size)) {
    return n.failed() ? void()
                      : n.unsupported("a head size that is not known "
                                      "at compile time");
  }
  scale = scale != 0 ? scale : 1 / std::sqrt(double(*size));
  SmallVector<Value> operands{q, k, v, state};
  if (decay) {
    bool perHead = DimMath::literal(n.dims(decay)[3]) == 1;
    operands.push_back(n.expand(
        decay, {dk[0], dk[1], dk[2], perHead ? n.math.constant(1) : dk[3]}));
  }
  if (beta) {
    operands.push_back(
        n.expand(beta, {dk[0], dk[1], dk[2], n.math.constant(1)}));
  }
  Operation *op = n.createMany(
      LinearAttentionOp::getOperationName(), 2, operands,
      {n.b.getNamedAttr("scale", n.b.getF64FloatAttr(scale)),
       n.b.getNamedAttr("operandSegmentSizes",
                        n.b.getDenseI32ArrayAttr(
                            {1, 1, 1, 1, decay ? 1 : 0, beta ? 1 : 0}))});
  if (op) {
    Value y = mergeHeads(n, op->getResult(0));
    n.setResult(0, n.cast(y, n.elementType(query)));
    n.setResult(1, n.cast(op->getResult(1), stateType));
  }
}

void mlc::onnx::addLinearAttentionRules(RuleTable &table) {
  table.add("LinearAttention", 27, importLinearAttention);
}
