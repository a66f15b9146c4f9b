//===- Suppress.cpp - rule of non-maximum suppression -----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lowering/HeapSort.h"

using namespace mlir;
using namespace mlc;

namespace {
/// Takes boxes in order of score and keeps those that overlap no kept one.
class Suppression {
public:
  Suppression(NonMaxSuppressionOp op, LoopBuilder &l)
      : op(op), l(l), x(l.index), type(elementTypeOf(op.getBoxes())),
        wide(computeType(type)), boxes(l.input(0)), scores(l.input(1)),
        limit(l.input(3)), selected(l.output(0)), count(l.output(1)),
        heap(l.output(2)) {
    overlapLimit = l.load(l.input(2), x.constant(0));
    scoreLimit = l.load(l.input(2), x.constant(1));
    Type f32 = l.b.getF32Type();
    overlapLimit = convertScalar(l.b, l.loc, overlapLimit, f32, wide);
    scoreLimit = convertScalar(l.b, l.loc, scoreLimit, f32, wide);
  }

  void emit() {
    Value zero = x.constant(0), minusOne = x.constant(-1);
    l.forEach(selected, [&](ValueRange at) { store(minusOne, selected, at); });
    Value total = l.loop(
        zero, l.dim(scores, 0), zero, [&](Value batch, ValueRange outer) {
          return l.loop(zero, l.dim(scores, 1), outer[0],
                        [&](Value category, ValueRange inner) {
                          return SmallVector<Value>{
                              selectBoxes(batch, category, inner[0])};
                        });
        })[0];
    store(total, count, zero);
  }

private:
  void store(Value index, Value buffer, ValueRange at) {
    l.store(x.toElement(index, l.b.getI64Type()), buffer, at);
  }
  Value loadIndex(Value buffer, ValueRange at) {
    return x.fromInteger(l.load(buffer, at), l.b.getI64Type());
  }
  Value score(Value batch, Value category, Value box) {
    Type scoreType = elementTypeOf(op.getScores());
    Value v = l.load(scores, {batch, category, box});
    return convertScalar(l.b, l.loc, v, scoreType, wide);
  }

  /// Appends the boxes of one batch and class; gives the number of rows.
  Value selectBoxes(Value batch, Value category, Value before) {
    ScalarBuilder s = l.scalar(wide);
    auto precedes = [&](Value a, Value b) {
      ScalarBuilder s = l.scalar(wide);
      Value left = score(batch, category, a), right = score(batch, category, b);
      Value tie = x.and_(s.not_(s.less(left, right)), x.less(a, b));
      return x.or_(s.less(right, left), tie);
    };
    HeapSort sort(l, heap, precedes);
    Value size = l.dim(boxes, 1);
    sort.fill(size);
    Value rows = l.dim(selected, 0);
    return l.loop(
        x.constant(0), size, before, [&](Value i, ValueRange carried) {
          Value box = sort.first(), row = carried[0];
          sort.removeFirst(x.sub(size, i));
          Value isFull = x.lessEqual(limit, x.sub(row, before));
          Value enough = s.less(scoreLimit, score(batch, category, box));
          Value keeps =
              x.and_(x.and_(enough, x.not_(isFull)), x.less(row, rows));
          // What is out already need not meet the kept ones.
          Value end = x.select(keeps, row, before);
          keeps = x.and_(keeps, overlapsNone(batch, box, before, end));
          l.when(keeps, [&] {
            store(batch, selected, {row, x.constant(0)});
            store(category, selected, {row, x.constant(1)});
            store(box, selected, {row, x.constant(2)});
          });
          return SmallVector<Value>{
              x.add(row, x.select(keeps, x.constant(1), x.constant(0)))};
        })[0];
  }

  Value overlapsNone(Value batch, Value box, Value from, Value to) {
    Value yes = arith::ConstantIntOp::create(l.b, l.loc, 1, 1);
    return l.loop(from, to, yes, [&](Value row, ValueRange carried) {
      Value other = loadIndex(selected, {row, x.constant(2)});
      Value free = x.not_(overlap(batch, box, other));
      return SmallVector<Value>{x.and_(carried[0], free)};
    })[0];
  }

  /// The low and high end of a box along an axis (0: y, 1: x).
  std::pair<Value, Value> side(Value batch, Value box, int64_t axis) {
    ScalarBuilder s = l.scalar(wide);
    auto entry = [&](int64_t i) {
      Value v = l.load(boxes, {batch, box, x.constant(i)});
      return convertScalar(l.b, l.loc, v, type, wide);
    };
    if (op.getCenter()) {
      Value middle = entry(1 - axis);
      Value half = s.mul(entry(3 - axis), s.constant(0.5));
      return {s.sub(middle, half), s.add(middle, half)};
    }
    Value a = entry(axis), b = entry(axis + 2);
    return {s.min(a, b), s.max(a, b)};
  }

  Value overlap(Value batch, Value a, Value b) {
    ScalarBuilder s = l.scalar(wide);
    Value shared = s.one(), areaA = s.one(), areaB = s.one(), meets;
    for (int64_t axis = 0; axis < 2; ++axis) {
      auto [lowA, highA] = side(batch, a, axis);
      auto [lowB, highB] = side(batch, b, axis);
      Value low = s.max(lowA, lowB), high = s.min(highA, highB);
      Value here = s.less(low, high);
      meets = meets ? s.and_(meets, here) : here;
      shared = s.mul(shared, s.sub(high, low));
      areaA = s.mul(areaA, s.sub(highA, lowA));
      areaB = s.mul(areaB, s.sub(highB, lowB));
    }
    Value both = s.sub(s.add(areaA, areaB), shared);
    for (Value area : {areaA, areaB, both}) {
      meets = s.and_(meets, s.less(s.zero(), area));
    }
    Value safe = s.select(meets, both, s.one());
    return s.and_(meets, s.less(overlapLimit, s.div(shared, safe)));
  }

  NonMaxSuppressionOp op;
  LoopBuilder &l;
  IndexBuilder &x;
  Type type, wide;
  Value boxes, scores, limit, selected, count, heap;
  Value overlapLimit, scoreLimit;
};
} // namespace

void mlc::emitLoops(NonMaxSuppressionOp op, LoopBuilder &l) {
  Suppression(op, l).emit();
}
