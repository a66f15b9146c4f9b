//===- SpecialOrder.cpp - order, extremes, running sums ---------*- C++ -*-===//
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
using Predicate = arith::CmpIPredicate;

static void importArgReduce(Node &n) {
  Value x = n.value(0);
  int64_t given = n.intAttr("axis", 0);
  bool keep = n.intAttr("keepdims", 1) != 0;
  bool last = n.opset() >= 12 && n.intAttr("select_last_index", 0) != 0;
  bool least = n.opType() == "ArgMin";
  auto axis = x ? n.normalizeAxis(given, n.rank(x)) : std::nullopt;
  if (!axis) {
    return;
  }
  Value y = n.create<ArgReduceOp>(x, *axis, least, last);
  DimExprs kept = n.dims(x);
  kept.erase(kept.begin() + *axis);
  n.setResult(0, keep ? y : n.reshape(y, kept));
}

static void importTopK(Node &n) {
  Value x = n.value(0);
  AffineExpr k =
      n.opset() < 10 ? n.math.constant(n.intAttr("k", 0)) : integerInput(n, 1);
  int64_t given = n.intAttr("axis", -1);
  bool largest = n.opset() < 11 || n.intAttr("largest", 1) != 0;
  n.ignoreAttr("sorted"); // sorted results are a valid order of unsorted ones
  auto axis = x ? n.normalizeAxis(given, n.rank(x)) : std::nullopt;
  if (!axis || !k) {
    return;
  }
  AffineExpr extent = n.dims(x)[*axis], zero = n.math.constant(0);
  n.require(n.math.min(n.math.compare(Predicate::sle, zero, k),
                       n.math.compare(Predicate::sle, k, extent)),
            k, extent, "k must be at most the axis' extent");
  if (n.failed()) {
    return;
  }
  Value order = argSort(n, x, k, *axis, largest);
  n.setResult(0, gatherElements(n, x, order, *axis));
  n.setResult(1, order);
}

static void importCumulative(Node &n) {
  Value x = n.value(0);
  bool exclusive = n.intAttr("exclusive", 0) != 0;
  bool reverse = n.intAttr("reverse", 0) != 0;
  AffineExpr axis = x ? axisInput(n, 1, n.rank(x)) : AffineExpr();
  ReduceKind kind = n.opType() == "CumSum" ? ReduceKind::sum : ReduceKind::prod;
  if (axis) {
    n.setResult(0, scan(n, x, axis, kind, exclusive, reverse));
  }
}

/// 1 at the first maximum along an axis, else 0. Before opset 13 the input
/// counts as a matrix whose rows are all dims from `axis` on.
static void importHardmax(Node &n) {
  Value x = n.value(0);
  int64_t given = n.intAttr("axis", n.opset() < 13 ? 1 : -1);
  if (!x) {
    return;
  }
  DimExprs dims = n.dims(x);
  int64_t rank = n.rank(x);
  auto axis = given == rank && n.opset() < 13 ? std::optional<int64_t>(given)
                                              : n.normalizeAxis(given, rank);
  if (!axis) {
    return;
  }
  if (n.opset() < 13) {
    ArrayRef<AffineExpr> all(dims);
    x = n.reshape(x, {n.math.product(all.take_front(*axis)),
                      n.math.product(all.drop_front(*axis))});
    axis = 1;
  }
  Value first = n.create<ArgReduceOp>(x, *axis, false, false);
  Type i64 = n.b.getI64Type();
  Value position =
      x ? iotaAlong(n, i64, n.dims(x)[*axis], *axis, n.rank(x)) : Value();
  Value isFirst = n.elementwise<EqualOp>({position, first});
  n.setResult(0, isFirst ? n.reshape(n.cast(isFirst, n.elementType(x)), dims)
                         : Value());
}

static void importDet(Node &n) {
  Value x = n.value(0);
  if (!x || n.rank(x) < 2) {
    return n.failed() ? void() : n.badShape("expects matrices");
  }
  DimExprs dims = n.dims(x);
  n.requireEqual(dims[dims.size() - 2], dims.back(), "expects square matrices");
  if (Operation *op = n.createMany(DetOp::getOperationName(), 2, x, {})) {
    n.setResult(0, op->getResult(0));
  }
}

//===----------------------------------------------------------------------===//
// Unique
//===----------------------------------------------------------------------===//

namespace {
/// Finds the distinct rows of a matrix [n, m] by sorting them: equal rows are
/// neighbours then, and each group is numbered by a running sum.
class DistinctRows {
public:
  DistinctRows(Node &n, Value rows) : n(n), rows(rows), i64(n.b.getI64Type()) {}

  /// False after a problem.
  bool find(bool sorted) {
    length = n.dims(rows)[0];
    Operation *sort =
        n.createMany(ArgSortRowsOp::getOperationName(), 2, rows, {});
    if (!sort) {
      return false;
    }
    Value order = sort->getResult(0);
    Value starts = groupStarts(n.gather(rows, order, 0));
    count = countNonZero(n, starts);
    if (!count) {
      return false;
    }
    // The number of its group at each sorted position, then at each row.
    Value number =
        n.sub(scan(n, n.cast(starts, i64), n.math.constant(0), ReduceKind::sum),
              n.scalar(i64, 1));
    inverse = scatter(length, order, number);
    Value ones = n.expand(n.scalar(i64, 1), {length});
    counts = n.create<ScatterElementsOp>(zeros(count), number, ones, int64_t(0),
                                         ScatterKind::sum);
    // The sort keeps equal rows in order, so a group starts at its first row.
    Value at = n.reshape(nonZero(n, starts, count), {count});
    first = n.gather(order, at, 0);
    if (!sorted) {
      orderByAppearance();
    }
    return !n.failed() && first && counts && inverse;
  }

  /// Per distinct row: its first position and its number; per row: the
  /// position of its distinct row.
  Value first, counts, inverse;
  AffineExpr count;

private:
  Value zeros(AffineExpr extent) { return n.fill(i64, 0, {extent}); }
  Value scatter(AffineExpr extent, Value indices, Value values) {
    return n.create<ScatterElementsOp>(zeros(extent), indices, values,
                                       int64_t(0), ScatterKind::replace);
  }

  /// Whether each sorted row differs from the one before.
  Value groupStarts(Value sorted) {
    Value position = iotaAlong(n, i64, length, 0, 1);
    Value zero = n.scalar(i64, 0);
    Value before =
        n.elementwise<MaxOp>({n.sub(position, n.scalar(i64, 1)), zero});
    Value previous = n.gather(sorted, before, 0);
    Value same = n.elementwise<EqualOp>({sorted, previous});
    if (sorted && isa<FloatType>(n.elementType(sorted))) {
      Value bothNan = n.elementwise<AndOp>(
          {n.create<IsNanOp>(sorted), n.create<IsNanOp>(previous)});
      same = n.elementwise<OrOp>({same, bothNan});
    }
    Value equal = n.reduce(same, ReduceKind::min, {1}, /*keep=*/false);
    Value isFirst = n.elementwise<EqualOp>({position, zero});
    return n.elementwise<OrOp>({isFirst, n.create<NotOp>(equal)});
  }

  void orderByAppearance() {
    Value order = argSort(n, first, count, 0, /*descending=*/false);
    Value position = scatter(count, order, iotaAlong(n, i64, count, 0, 1));
    first = n.gather(first, order, 0);
    counts = n.gather(counts, order, 0);
    inverse = n.gather(position, inverse, 0);
  }

  Node &n;
  Value rows;
  Type i64;
  AffineExpr length;
};
} // namespace

static void importUnique(Node &n) {
  Value x = n.value(0);
  bool sorted = n.intAttr("sorted", 1) != 0;
  bool flattens = !n.hasAttr("axis");
  int64_t given = n.intAttr("axis", 0);
  if (!x) {
    return;
  }
  if (flattens) {
    x = n.reshape(x, {n.math.product(n.dims(x))});
  }
  auto axis = x ? n.normalizeAxis(given, n.rank(x)) : std::nullopt;
  if (!axis) {
    return;
  }
  SmallVector<int64_t> toFront{*axis};
  for (int64_t i = 0; i < n.rank(x); ++i) {
    if (i != *axis) {
      toFront.push_back(i);
    }
  }
  Value slices = n.transpose(x, toFront);
  if (!slices) {
    return;
  }
  DimExprs dims = n.dims(slices);
  AffineExpr rest = n.math.product(ArrayRef<AffineExpr>(dims).drop_front());
  DistinctRows distinct(n, n.reshape(slices, {dims[0], rest}));
  if (!distinct.find(sorted)) {
    return;
  }
  n.setResult(0, n.gather(x, distinct.first, *axis));
  n.setResult(1, distinct.first);
  n.setResult(2, distinct.inverse);
  n.setResult(3, distinct.counts);
}

void mlc::onnx::addOrderRules(RuleTable &table) {
  table.add("ArgMax", 1, importArgReduce);
  table.add("ArgMin", 1, importArgReduce);
  table.add("TopK", 1, importTopK);
  table.add("CumSum", 11, importCumulative);
  table.add("CumProd", 26, importCumulative);
  table.add("Hardmax", 1, importHardmax);
  table.add("Det", 11, importDet);
  table.add("Unique", 11, importUnique);
}
