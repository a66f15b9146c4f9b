//===- SpecialRandom.cpp - random numbers -----------------------*- C++ -*-===//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//
// ONNX leaves the generator open. Here element i of a node's numbers is a hash
// of i and the node's seed (mlc.random): equal in every run and on every
// device. A node without a seed takes one from its name.
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Indices.h"
#include "compiler/frontend/onnx/Rules.h"

#include "llvm/ADT/bit.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

/// The node's seed; `salt` tells several draws of one node apart.
static uint64_t seedOf(Node &n, uint64_t salt) {
  uint64_t seed;
  if (const AttributeProto *given = n.findAttr("seed")) {
    seed = given->has_i() && !given->has_f()
               ? uint64_t(given->i())
               : llvm::bit_cast<uint64_t>(double(given->f()));
  } else {
    seed = llvm::xxh3_64bits(n.label());
  }
  return seed * 0x9E3779B97F4A7C15u + salt * 0xD1B54A32D192ED03u;
}

static Value uniform(Node &n, ArrayRef<AffineExpr> dims, Type type,
                     uint64_t salt = 0) {
  Type real = type.isF64() ? type : Type(n.b.getF32Type());
  MixedIndices sizes = n.mixed(dims);
  return n.create<RandomOp>(sizes.values, sizes.fixed, int64_t(seedOf(n, salt)),
                            real);
}

/// Normally distributed numbers by the Box-Muller transform.
static Value normal(Node &n, ArrayRef<AffineExpr> dims, Type type) {
  Value radius = uniform(n, dims, type, 1), angle = uniform(n, dims, type, 2);
  if (!radius || !angle) {
    return {};
  }
  Type real = n.elementType(radius);
  // 1 - u is in (0, 1], where the logarithm is finite.
  Value log = n.create<LogOp>(n.sub(n.scalar(real, 1), radius));
  Value length = n.create<SqrtOp>(n.mul(log, n.scalar(real, -2)));
  Value turn = n.create<CosOp>(n.mul(angle, n.scalar(real, 2 * M_PI)));
  return n.mul(length, turn);
}

/// The dims of a result: attribute `shape`, or the input's.
static std::optional<DimExprs> randomDims(Node &n, Type &type) {
  if (n.inputCount() == 0) {
    auto shape = n.intsAttr("shape");
    type = n.typeAttr("dtype", 1);
    if (!shape || !type) {
      n.failed() ? void() : n.badAttribute("'shape' is missing");
      return std::nullopt;
    }
    DimExprs dims;
    for (int64_t size : *shape) {
      if (size < 0) {
        n.badAttribute("'shape' has a negative entry");
        return std::nullopt;
      }
      dims.push_back(n.math.constant(size));
    }
    return dims;
  }
  Tensor *like = n.tensor(0);
  if (!like) {
    return std::nullopt;
  }
  type = n.hasAttr("dtype") ? n.typeAttr("dtype", 1) : like->elementType;
  return type ? std::optional<DimExprs>(like->dims) : std::nullopt;
}

static void importRandom(Node &n) {
  Type type;
  auto dims = randomDims(n, type);
  if (!dims) {
    return;
  }
  bool isNormal = n.opType().contains("Normal");
  double first = n.floatAttr(isNormal ? "mean" : "low", 0);
  double second = n.floatAttr(isNormal ? "scale" : "high", 1);
  Value unit = isNormal ? normal(n, *dims, type) : uniform(n, *dims, type);
  if (!unit) {
    return;
  }
  double factor = isNormal ? second : second - first;
  Value y =
      n.add(n.mul(unit, n.scalarLike(unit, factor)), n.scalarLike(unit, first));
  n.setResult(0, n.cast(y, type));
}

static void importBernoulli(Node &n) {
  Value x = n.value(0);
  if (!x) {
    return;
  }
  Type type = n.hasAttr("dtype") ? n.typeAttr("dtype", 1) : n.elementType(x);
  if (!type) {
    return;
  }
  Value u = uniform(n, n.dims(x), n.elementType(x));
  Value hit =
      u ? n.elementwise<LessOp>({u, n.cast(x, n.elementType(u))}) : Value();
  n.setResult(0, n.cast(hit, type));
}

/// Classes drawn with the probabilities whose logarithms are given: the
/// greatest logarithm after adding Gumbel noise.
static void importMultinomial(Node &n) {
  Value x = n.value(0);
  int64_t samples = n.intAttr("sample_size", 1);
  Type type = n.typeAttr("dtype", 6);
  if (!x || !type || n.rank(x) != 2 || samples < 1) {
    return n.failed() ? void()
                      : n.badShape("expects log probabilities [N, C] "
                                   "and a positive 'sample_size'");
  }
  DimExprs dims = n.dims(x);
  AffineExpr count = n.math.constant(samples);
  Value u = uniform(n, {dims[0], count, dims[1]}, n.elementType(x));
  if (!u) {
    return;
  }
  Type real = n.elementType(u);
  Value positive = n.sub(n.scalar(real, 1), u);
  Value noise = n.create<NegOp>(
      n.create<LogOp>(n.create<NegOp>(n.create<LogOp>(positive))));
  Value score = n.add(noise, n.unsqueeze(n.cast(x, real), {1}));
  Value best = n.create<ArgReduceOp>(score, int64_t(2), false, false);
  n.setResult(0,
              best ? n.cast(n.reshape(best, {dims[0], count}), type) : Value());
}

/// From opset 12 on an input says whether elements are dropped; before that
/// they are not (training is not supported).
static void importDropout(Node &n) {
  Value x = n.value(0);
  if (n.opset() < 12) {
    n.ignoreAttr("ratio");
  }
  if (n.opset() < 7 && n.intAttr("is_test", 0) == 0) {
    return n.unsupported("training (is_test=0)");
  }
  Value ratio = n.has(1) ? n.value(1) : Value();
  Value training = n.has(2) ? n.value(2) : Value();
  if (!x || n.failed()) {
    return;
  }
  auto known = n.has(2) ? n.importer.hostElements(*n.tensor(2)) : nullptr;
  bool isOff = !training ||
               (known && known->size() == 1 && (*known)[0].asInteger() == 0);
  Type i1 = n.b.getI1Type();
  if (isOff) {
    n.ignoreAttr("seed");
    n.setResult(0, x);
    if (n.wants(1)) {
      n.setResult(1, n.fill(i1, 1, n.dims(x)));
    }
    return;
  }
  Value u = uniform(n, n.dims(x), n.elementType(x));
  if (!u) {
    return;
  }
  Type real = n.elementType(u);
  Value share =
      ratio ? n.cast(n.reshape(ratio, {}), real) : n.scalar(real, 0.5);
  Value isOn = n.reshape(training, {});
  Value kept = n.elementwise<OrOp>(
      {n.elementwise<GreaterEqualOp>({u, share}), n.create<NotOp>(isOn)});
  Value one = n.scalar(real, 1);
  Value factor = select(n, isOn, n.div(one, n.sub(one, share)), one);
  Value scaled = n.mul(n.cast(x, real), factor);
  Value y = select(n, kept, scaled, n.scalar(real, 0));
  n.setResult(0, n.cast(y, n.elementType(x)));
  n.setResult(1, kept);
}

void mlc::onnx::addRandomRules(RuleTable &table) {
  for (StringRef name : {"RandomUniform", "RandomUniformLike", "RandomNormal",
                         "RandomNormalLike"}) {
    table.add(name, 1, importRandom);
  }
  table.add("Bernoulli", 15, importBernoulli);
  table.add("Multinomial", 7, importMultinomial);
  table.add("Dropout", 6, importDropout);
}
