//===- SpecialIndex.cpp - elements by index ---------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Indices.h"
#include "compiler/frontend/onnx/Rules.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;
using Predicate = arith::CmpIPredicate;

static void importGatherElements(Node &n) {
  Value x = n.value(0), indices = n.value(1);
  int64_t given = n.intAttr("axis", 0);
  auto axis = x ? n.normalizeAxis(given, n.rank(x)) : std::nullopt;
  if (axis) {
    n.setResult(0, gatherElements(n, x, indices, *axis));
  }
}

static void importGatherND(Node &n) {
  Value x = n.value(0), indices = n.value(1);
  int64_t batch = n.opset() >= 12 ? n.intAttr("batch_dims", 0) : 0;
  if (!x || !indices) {
    return;
  }
  int64_t most = std::min(n.rank(x), n.rank(indices));
  if (batch < 0 || batch >= std::max<int64_t>(most, 1)) {
    return n.badAttribute("batch_dims " + Twine(batch) + " is out of range");
  }
  for (int64_t i = 0; i < batch; ++i) {
    n.requireEqual(n.dims(indices)[i], n.dims(x)[i],
                   "batch dims must be equal");
  }
  if (n.rank(indices) > 0 && !DimMath::literal(n.dims(indices).back())) {
    return n.unsupported("indices whose last dim, which decides about the "
                         "rank of the result, is not known at compile time");
  }
  if (!n.failed()) {
    n.setResult(0, n.create<GatherNDOp>(x, indices, batch));
  }
}

//===----------------------------------------------------------------------===//
// Scatter
//===----------------------------------------------------------------------===//

static std::optional<ScatterKind> scatterKind(Node &n, int since) {
  std::string name =
      n.opset() >= since ? n.stringAttr("reduction", "none") : "none";
  auto kind = llvm::StringSwitch<std::optional<ScatterKind>>(name)
                  .Case("none", ScatterKind::replace)
                  .Case("add", ScatterKind::sum)
                  .Case("mul", ScatterKind::prod)
                  .Case("max", ScatterKind::max)
                  .Case("min", ScatterKind::min)
                  .Default(std::nullopt);
  if (!kind) {
    n.badAttribute("reduction '" + name + "' is not known");
  }
  return kind;
}

static void importScatterElements(Node &n) {
  Value x = n.value(0), indices = n.value(1), updates = n.value(2);
  int64_t given = n.intAttr("axis", 0);
  auto kind = scatterKind(n, 16);
  auto axis = x ? n.normalizeAxis(given, n.rank(x)) : std::nullopt;
  if (!axis || !kind || !indices || !updates) {
    return;
  }
  DimExprs data = n.dims(x), at = n.dims(indices), from = n.dims(updates);
  if (at.size() != data.size() || from.size() != data.size()) {
    return n.badShape("data, indices and updates must be of one rank");
  }
  for (size_t i = 0; i < data.size(); ++i) {
    n.requireEqual(from[i], at[i], "updates must have the dims of indices");
    if (int64_t(i) != *axis && !n.math.equal(at[i], data[i])) {
      n.require(n.math.compare(Predicate::sle, at[i], data[i]), at[i], data[i],
                "indices must not exceed the data off the axis");
    }
  }
  if (!n.failed()) {
    n.setResult(0,
                n.create<ScatterElementsOp>(x, indices, updates, *axis, *kind));
  }
}

static void importScatterND(Node &n) {
  Value x = n.value(0), indices = n.value(1), updates = n.value(2);
  auto kind = scatterKind(n, 16);
  if (!x || !indices || !updates || !kind) {
    return;
  }
  DimExprs data = n.dims(x), at = n.dims(indices), from = n.dims(updates);
  // updates have the dims of indices but the last, then those of a slice.
  int64_t size = int64_t(data.size() + at.size()) - 1 - int64_t(from.size());
  if (at.empty() || size < 0 || size > int64_t(data.size())) {
    return n.badShape("the last dim of indices must be at most the "
                      "rank of the data");
  }
  DimExprs expected(ArrayRef<AffineExpr>(at).drop_back());
  expected.append(data.begin() + size, data.end());
  if (expected.size() != from.size()) {
    return n.badShape("updates must be of rank " + Twine(expected.size()));
  }
  indices = n.fixDim(indices, int64_t(at.size()) - 1, size,
                     "the last dim of indices does not fit the updates");
  for (auto [mine, wanted] : llvm::zip_equal(from, expected)) {
    n.requireEqual(mine, wanted, "updates must hold one slice per index tuple");
  }
  if (indices && !n.failed()) {
    n.setResult(0, n.create<ScatterNDOp>(x, indices, updates, *kind));
  }
}

/// Each element of the cache comes from the update that covers it, if any.
static void importTensorScatter(Node &n) {
  Value past = n.value(0), update = n.value(1), start = n.optionalValue(2);
  int64_t given = n.intAttr("axis", -2);
  std::string mode = n.stringAttr("mode", "linear");
  auto axis = past ? n.normalizeAxis(given, n.rank(past)) : std::nullopt;
  if (!axis || !update) {
    return;
  }
  if (*axis == 0 || n.rank(update) != n.rank(past)) {
    return n.badShape("expects an axis after the batch and an update of the "
                      "cache's rank");
  }
  if (mode != "linear" && mode != "circular") {
    return n.badAttribute("mode '" + mode + "' is not known");
  }
  DimExprs all = n.dims(past), part = n.dims(update);
  AffineExpr extent = all[*axis], length = part[*axis];
  for (size_t i = 0; i < all.size(); ++i) {
    if (int64_t(i) != *axis) {
      n.requireEqual(part[i], all[i], "the update must fit the cache");
    }
  }
  n.require(n.math.compare(Predicate::sle, length, extent), length, extent,
            "the update must not be longer than the cache");
  Type i64 = n.b.getI64Type();
  Value at = iotaAlong(n, i64, extent, *axis, n.rank(past));
  if (start) {
    at = n.sub(at, along(n, start, 0, n.rank(past)));
  }
  if (mode == "circular") {
    at = n.elementwise<ModOp>({at, n.scalarTensor(extent, i64)});
  }
  Value zero = n.scalar(i64, 0), end = n.scalarTensor(length, i64);
  Value covered =
      n.elementwise<AndOp>({n.elementwise<GreaterEqualOp>({at, zero}),
                            n.elementwise<LessOp>({at, end})});
  Value safe = select(n, covered, at, zero);
  Value moved = gatherElements(n, update, n.expand(safe, all), *axis);
  n.setResult(0, select(n, covered, moved, past));
}

//===----------------------------------------------------------------------===//
// Selection by value
//===----------------------------------------------------------------------===//

static void importNonZero(Node &n) {
  Value x = n.value(0);
  n.setResult(0, nonZero(n, x, countNonZero(n, x)));
}

static void importCompress(Node &n) {
  Value x = n.value(0), condition = n.value(1);
  bool flattens = !n.hasAttr("axis");
  int64_t given = n.intAttr("axis", 0);
  if (!x || !condition) {
    return;
  }
  if (flattens) {
    x = n.reshape(x, {n.math.product(n.dims(x))});
  }
  auto axis = x ? n.normalizeAxis(given, n.rank(x)) : std::nullopt;
  if (!axis) {
    return;
  }
  if (n.rank(condition) != 1) {
    return n.badShape("the condition must have rank 1");
  }
  // A shorter condition is false beyond its end; a longer one has no meaning
  // there.
  AffineExpr length = n.math.min(n.dims(condition)[0], n.dims(x)[*axis]);
  condition = n.slice(condition, 0, n.math.constant(0), length);
  AffineExpr count = countNonZero(n, condition);
  Value indices = nonZero(n, condition, count);
  n.setResult(0, n.gather(x, n.reshape(indices, {count}), *axis));
}

static void importOneHot(Node &n) {
  Value indices = n.value(0), values = n.value(2);
  AffineExpr depth = integerInput(n, 1);
  int64_t given = n.intAttr("axis", -1);
  auto axis =
      indices ? n.normalizeAxis(given, n.rank(indices) + 1) : std::nullopt;
  if (!axis || !values || !depth) {
    return;
  }
  Type i64 = n.b.getI64Type();
  AffineExpr zero = n.math.constant(0);
  n.require(n.math.compare(Predicate::sle, zero, depth), depth, zero,
            "the depth must not be negative");
  if (n.rank(values) != 1) {
    return n.badShape("expects two values");
  }
  n.requireEqual(n.dims(values)[0], n.math.constant(2), "expects two values");
  Value at = n.unsqueeze(n.cast(indices, i64), {*axis});
  Value fromEnd = n.add(at, n.scalarTensor(depth, i64));
  at = select(n, n.elementwise<LessOp>({at, n.scalar(i64, 0)}), fromEnd, at);
  Value position = iotaAlong(n, i64, depth, *axis, n.rank(indices) + 1);
  AffineExpr one = n.math.constant(1);
  Value off = n.reshape(n.slice(values, 0, zero, one), {});
  Value on = n.reshape(n.slice(values, 0, one, one), {});
  Value isHot = n.elementwise<EqualOp>({at, position});
  n.setResult(0, select(n, isHot, on, off));
}

static void importReverseSequence(Node &n) {
  Value x = n.value(0), lengths = n.value(1);
  int64_t batch = n.intAttr("batch_axis", 1), time = n.intAttr("time_axis", 0);
  if (!x || !lengths) {
    return;
  }
  auto b = n.normalizeAxis(batch, n.rank(x), "batch_axis");
  auto t = n.normalizeAxis(time, n.rank(x), "time_axis");
  if (!b || !t || *b + *t != 1 || n.rank(lengths) != 1) {
    return n.failed() ? void()
                      : n.badAttribute("batch_axis and time_axis must be 0 "
                                       "and 1, lengths of rank 1");
  }
  DimExprs all = n.dims(x);
  n.requireEqual(n.dims(lengths)[0], all[*b],
                 "expects one length per sequence");
  Type i64 = n.b.getI64Type();
  // What lies behind both axes moves as a whole: a row of their product.
  DimExprs rows(all.begin() + 2, all.end());
  AffineExpr total = n.math.mul(all[0], all[1]);
  rows.insert(rows.begin(), total);
  Value extent = n.scalarTensor(all[*t], i64);
  Value position = iotaAlong(n, i64, all[*t], *t, 2);
  Value length = along(n, n.cast(lengths, i64), *b, 2);
  Value mirrored = n.sub(n.sub(length, n.scalar(i64, 1)), position);
  Value inside = n.elementwise<LessOp>({position, length});
  Value from = select(n, inside, mirrored, position);
  Value row = *t == 0
                  ? n.add(n.mul(from, n.scalarTensor(all[1], i64)),
                          iotaAlong(n, i64, all[1], 1, 2))
                  : n.add(n.mul(iotaAlong(n, i64, all[0], 0, 2), extent), from);
  // A length beyond the time axis must not lead into another sequence.
  Value fits = n.elementwise<LessOp>({from, extent});
  row = select(n, fits, row, n.scalarTensor(total, i64));
  n.setResult(0, n.gather(n.reshape(x, rows), row, 0));
}

void mlc::onnx::addIndexRules(RuleTable &table) {
  table.add("GatherElements", 11, importGatherElements);
  table.add("GatherND", 11, importGatherND);
  table.add("Scatter", 9, importScatterElements);
  table.add("ScatterElements", 11, importScatterElements);
  table.add("ScatterND", 11, importScatterND);
  table.add("TensorScatter", 24, importTensorScatter);
  table.add("NonZero", 9, importNonZero);
  table.add("Compress", 9, importCompress);
  table.add("OneHot", 9, importOneHot);
  table.add("ReverseSequence", 10, importReverseSequence);
}
