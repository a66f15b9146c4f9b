//===- Suppress.cpp - rule of non-maximum suppression -----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lowering/HeapSort.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlc;

/// while (condition(carried)) carried = body(carried); gives the last ones.
static SmallVector<Value>
repeat(LoopBuilder &l, ValueRange initial,
       llvm::function_ref<Value(ValueRange)> condition,
       llvm::function_ref<SmallVector<Value>(ValueRange)> body) {
  OpBuilder &b = l.b;
  SmallVector<Location> locations(initial.size(), l.loc);
  auto loop = scf::WhileOp::create(b, l.loc, initial.getTypes(), initial);
  Block *before =
      b.createBlock(&loop.getBefore(), {}, initial.getTypes(), locations);
  Value goesOn = condition(before->getArguments());
  scf::ConditionOp::create(b, l.loc, goesOn, before->getArguments());
  Block *after =
      b.createBlock(&loop.getAfter(), {}, initial.getTypes(), locations);
  SmallVector<Value> next = body(after->getArguments());
  scf::YieldOp::create(b, l.loc, next);
  b.setInsertionPointAfter(loop);
  return loop.getResults();
}

namespace {
/// Takes the boxes above the score limit in order of score, by a heap and only
/// as long as there is room, and keeps those that overlap no kept one.
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

  /// Puts the boxes above the score limit into the heap's buffer; their number.
  Value collect(Value batch, Value category) {
    Value zero = x.constant(0), one = x.constant(1);
    return l.loop(
        zero, l.dim(boxes, 1), zero, [&](Value box, ValueRange carried) {
          ScalarBuilder s = l.scalar(wide);
          // Without a branch: the next one overwrites it.
          store(box, heap, carried[0]);
          Value enough = s.less(scoreLimit, score(batch, category, box));
          return SmallVector<Value>{
              x.add(carried[0], x.select(enough, one, zero))};
        })[0];
  }

  /// Appends the boxes of one batch and class; gives the number of rows.
  Value selectBoxes(Value batch, Value category, Value before) {
    auto precedes = [&](Value a, Value b) {
      ScalarBuilder s = l.scalar(wide);
      Value left = score(batch, category, a), right = score(batch, category, b);
      Value tie = x.and_(s.not_(s.less(left, right)), x.less(a, b));
      return x.or_(s.less(right, left), tie);
    };
    HeapSort sort(l, heap, precedes);
    Value size = collect(batch, category), one = x.constant(1);
    sort.arrange(size);
    Value full = x.min(x.add(before, limit), l.dim(selected, 0));
    auto hasMore = [&](ValueRange carried) {
      return x.and_(x.less(x.constant(0), carried[0]),
                    x.less(carried[1], full));
    };
    return repeat(l, {size, before}, hasMore, [&](ValueRange carried) {
      Value box = sort.first(), row = carried[1];
      sort.removeFirst(carried[0]);
      Value keeps = overlapsNone(batch, box, before, row);
      l.when(keeps, [&] {
        store(batch, selected, {row, x.constant(0)});
        store(category, selected, {row, one});
        store(box, selected, {row, x.constant(2)});
      });
      Value next = x.add(row, x.select(keeps, one, x.constant(0)));
      return SmallVector<Value>{x.sub(carried[0], one), next};
    })[1];
  }

  /// Meets the kept boxes by blocks, each a loop without a way out, so that it
  /// vectorises, and stops after the first block with an overlap.
  Value overlapsNone(Value batch, Value box, Value from, Value to) {
    constexpr int64_t block = 64;
    Corners mine = corners(batch, box);
    Value yes = arith::ConstantIntOp::create(l.b, l.loc, 1, 1);
    auto goesOn = [&](ValueRange carried) {
      return x.and_(carried[1], x.less(carried[0], to));
    };
    return repeat(l, {from, yes}, goesOn, [&](ValueRange carried) {
      Value end = x.min(x.add(carried[0], x.constant(block)), to);
      Value free =
          l.loop(carried[0], end, yes, [&](Value row, ValueRange inner) {
            Value other = loadIndex(selected, {row, x.constant(2)});
            Value meets = overlap(mine, corners(batch, other));
            return SmallVector<Value>{x.and_(inner[0], x.not_(meets))};
          })[0];
      return SmallVector<Value>{end, free};
    })[1];
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

  /// A box by its ends along the axes.
  struct Corners {
    Value low[2], high[2], area;
  };
  Corners corners(Value batch, Value box) {
    ScalarBuilder s = l.scalar(wide);
    Corners c;
    for (int64_t axis = 0; axis < 2; ++axis) {
      std::tie(c.low[axis], c.high[axis]) = side(batch, box, axis);
    }
    c.area = s.mul(s.sub(c.high[0], c.low[0]), s.sub(c.high[1], c.low[1]));
    return c;
  }

  Value overlap(const Corners &a, const Corners &b) {
    ScalarBuilder s = l.scalar(wide);
    Value shared = s.one(), meets;
    for (int64_t axis = 0; axis < 2; ++axis) {
      Value low = s.max(a.low[axis], b.low[axis]);
      Value high = s.min(a.high[axis], b.high[axis]);
      Value here = s.less(low, high);
      meets = meets ? s.and_(meets, here) : here;
      shared = s.mul(shared, s.sub(high, low));
    }
    Value both = s.sub(s.add(a.area, b.area), shared);
    for (Value area : {a.area, b.area, both}) {
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
