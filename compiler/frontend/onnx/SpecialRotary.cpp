//===- SpecialRotary.cpp - rotary embeddings --------------------*- C++ -*-===//
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
using Predicate = arith::CmpIPredicate;

/// A cache of angles as [B or 1, 1, S, R / 2], chosen by position if need be.
static Value readCache(Node &n, unsigned i, Value positions) {
  Value cache = n.value(i);
  if (!cache) {
    return {};
  }
  cache = positions ? n.gather(cache, positions, 0) : cache;
  if (!cache || n.rank(cache) != 3) {
    n.failed() ? void()
               : n.badShape("expects caches of rank 3, or 2 with "
                            "position_ids");
    return {};
  }
  return n.unsqueeze(cache, {1});
}

static void importRotaryEmbedding(Node &n) {
  Value x = n.value(0), positions = n.optionalValue(3);
  bool interleaved = n.intAttr("interleaved", 0) != 0;
  int64_t rotated = n.intAttr("rotary_embedding_dim", 0);
  int64_t heads = n.intAttr("num_heads", 0);
  Value cosine = readCache(n, 1, positions), sine = readCache(n, 2, positions);
  if (n.failed()) {
    return;
  }
  bool isPacked = n.rank(x) == 3;
  x = isPacked ? splitHeads(n, x, heads) : x;
  if (!x || n.rank(x) != 4) {
    return n.failed() ? void() : n.badShape("expects rank 3 or 4");
  }
  AffineExpr zero = n.math.constant(0), two = n.math.constant(2);
  AffineExpr full = n.dims(x)[3];
  AffineExpr width = rotated > 0 ? n.math.constant(rotated) : full;
  AffineExpr half = n.math.floorDiv(width, two);
  n.require(n.math.compare(Predicate::sle, width, full), width, full,
            "rotary_embedding_dim must be at most the head size");
  n.requireEqual(n.math.mul(half, two), width, "the rotated size must be even");
  for (Value cache : {cosine, sine}) {
    n.requireEqual(n.dims(cache)[3], half,
                   "caches must hold half the rotated size");
  }
  if (n.failed()) {
    return;
  }
  DimExprs dims = n.dims(x);
  auto part = [&](int64_t which) {
    DimExprs sizes = dims;
    sizes[3] = half;
    SmallVector<AffineExpr> starts(4, zero);
    SmallVector<int64_t> steps{1, 1, 1, interleaved ? 2 : 1};
    starts[3] = which == 0 ? zero : interleaved ? n.math.constant(1) : half;
    return n.slice(x, starts, sizes, steps);
  };
  Value a = part(0), b = part(1);
  Value real = n.sub(n.mul(cosine, a), n.mul(sine, b));
  Value imaginary = n.add(n.mul(sine, a), n.mul(cosine, b));
  DimExprs turned = dims;
  turned[3] = width;
  Value y = interleaved ? n.reshape(n.concat({n.unsqueeze(real, {4}),
                                              n.unsqueeze(imaginary, {4})},
                                             4),
                                    turned)
                        : n.concat({real, imaginary}, 3);
  if (!n.math.equal(width, full)) {
    Value rest = n.slice(x, 3, width, n.math.sub(full, width));
    y = n.concat({y, rest}, 3);
  }
  n.setResult(0, isPacked ? mergeHeads(n, y) : y);
}

void mlc::onnx::addRotaryRules(RuleTable &table) {
  table.add("RotaryEmbedding", 23, importRotaryEmbedding);
}
