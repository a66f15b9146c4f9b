//===- Order.cpp - rules of order, extremes, running sums -------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lowering/HeapSort.h"
#include "compiler/lowering/Lowering.h"

using namespace mlir;
using namespace mlc;

//===----------------------------------------------------------------------===//
// Extremes
//===----------------------------------------------------------------------===//

Value mlc::emitElement(ArgReduceOp op, ElementBuilder &e, unsigned,
                       ValueRange indices) {
  Type type = elementTypeOf(op.getX()), wide = computeType(type);
  IndexBuilder &x = e.index;
  Value zero = x.constant(0);
  auto elementAt = [&](Value i) {
    SmallVector<Value> at(indices);
    at[op.getAxis()] = i;
    return convertScalar(e.b, e.loc, e.load(op.getX(), at), type, wide);
  };
  ScalarBuilder s = e.scalar(wide);
  Value start = s.limit(wide, !op.getLeast());
  auto body = [&](Value i, ValueRange carried) {
    ScalarBuilder s = e.scalar(wide);
    Value element = elementAt(i), best = carried[0];
    Value better =
        op.getLeast() ? s.less(element, best) : s.less(best, element);
    if (op.getLast()) {
      better = op.getLeast() ? s.lessEqual(element, best)
                             : s.lessEqual(best, element);
    }
    if (s.isFloat()) {
      // The first NaN (or with `last` the last) wins over everything.
      Value isNan = s.isNan(element), wasNan = s.isNan(best);
      better = op.getLast() ? s.or_(better, isNan)
                            : s.or_(better, s.and_(isNan, s.not_(wasNan)));
    }
    return SmallVector<Value>{s.select(better, element, best),
                              x.select(better, i, carried[1])};
  };
  SmallVector<Value> found =
      e.loop(zero, e.dim(op.getX(), op.getAxis()), {start, zero}, body);
  return x.toElement(found[1], e.b.getI64Type());
}

Value mlc::emitElement(ReduceWindowOp op, ElementBuilder &e, unsigned,
                       ValueRange indices) {
  Type type = elementTypeOf(op.getX()), wide = computeType(type);
  SmallVector<Value> at(indices);
  std::function<Value(unsigned, Value)> nest = [&](unsigned axis, Value sum) {
    if (axis == at.size()) {
      ScalarBuilder s = e.scalar(wide);
      Value x = convertScalar(e.b, e.loc, e.load(op.getX(), at), type, wide);
      return combineElements(s, op.getKind(), sum, x);
    }
    if (op.getExtents()[axis] == 1) {
      return nest(axis + 1, sum);
    }
    Value extent = e.mixed(op.getExtents(), op.getExtentValues(), axis);
    return e.loop(e.index.constant(0), extent, sum,
                  [&](Value i, ValueRange carried) {
                    at[axis] = e.index.add(indices[axis], i);
                    return SmallVector<Value>{nest(axis + 1, carried[0])};
                  })[0];
  };
  ScalarBuilder s = e.scalar(wide);
  Value sum = nest(0, neutralElement(s, op.getKind(), wide));
  return convertScalar(e.b, e.loc, sum, wide, type);
}

//===----------------------------------------------------------------------===//
// Running sums
//===----------------------------------------------------------------------===//

void mlc::emitLoops(ScanOp op, LoopBuilder &l) {
  Type type = elementTypeOf(op.getX()), wide = computeType(type);
  Value x = l.input(0), y = l.output(0);
  IndexBuilder &index = l.index;
  Value zero = index.constant(0), one = index.constant(1);
  bool isFixed = op.getAxisValue().empty();
  Value axis = isFixed ? index.constant(op.getAxis()[0]) : l.input(1);
  auto widen = [&](Value v) {
    return convertScalar(l.b, l.loc, v, type, wide);
  };
  // In row-major order (backwards with `reverse`) the element before one along
  // any axis comes before it.
  l.forEach(y, [&](ValueRange counted) {
    SmallVector<Value> at, before;
    Value isFirst;
    for (auto [i, count] : llvm::enumerate(counted)) {
      Value here = index.equal(axis, index.constant(i));
      Value step = index.select(here, one, zero);
      Value start = index.and_(here, index.equal(count, zero));
      isFirst = isFirst ? index.or_(isFirst, start) : start;
      // The first element has none before it; it reads itself and ignores it.
      Value previous = index.max(zero, index.sub(count, step));
      Value last = index.sub(l.dim(y, i), one);
      at.push_back(op.getReverse() ? index.sub(last, count) : count);
      before.push_back(op.getReverse() ? index.sub(last, previous) : previous);
    }
    ScalarBuilder s = l.scalar(wide);
    Value sum = widen(l.load(y, before));
    Value element = widen(l.load(x, op.getExclusive() ? before : at));
    Value next = combineElements(s, op.getKind(), sum, element);
    Value neutral = neutralElement(s, op.getKind(), wide);
    next = s.select(isFirst, op.getExclusive() ? neutral : element, next);
    l.store(convertScalar(l.b, l.loc, next, wide, type), y, at);
  });
}

//===----------------------------------------------------------------------===//
// Sorting
//===----------------------------------------------------------------------===//

/// Whether element x is less than y, where NaN is greater than any number.
static Value isLess(ScalarBuilder &s, Value x, Value y) {
  Value less = s.less(x, y);
  if (!s.isFloat()) {
    return less;
  }
  return s.or_(less, s.and_(s.isNan(y), s.not_(s.isNan(x))));
}

void mlc::emitLoops(ArgSortOp op, LoopBuilder &l) {
  Type type = elementTypeOf(op.getX()), wide = computeType(type);
  Value x = l.input(0), order = l.output(0), heap = l.output(1);
  IndexBuilder &index = l.index;
  int64_t axis = op.getAxis(), rank = cast<MemRefType>(x.getType()).getRank();
  Value zero = index.constant(0), extent = l.dim(x, axis);
  SmallVector<Value> at(rank);
  auto precedes = [&](Value a, Value b) {
    auto element = [&](Value i) {
      SmallVector<Value> from(at);
      from[axis] = i;
      return convertScalar(l.b, l.loc, l.load(x, from), type, wide);
    };
    ScalarBuilder s = l.scalar(wide);
    Value left = element(a), right = element(b);
    Value isBefore = isLess(s, left, right), isAfter = isLess(s, right, left);
    if (op.getDescending()) {
      std::swap(isBefore, isAfter);
    }
    // Equal elements stay in order of position.
    return index.or_(isBefore,
                     index.and_(index.not_(isAfter), index.less(a, b)));
  };
  std::function<void(int64_t)> nest = [&](int64_t depth) {
    if (depth == axis) {
      return nest(depth + 1);
    }
    if (depth < rank) {
      return l.loop(zero, l.dim(x, depth), [&](Value i) {
        at[depth] = i;
        nest(depth + 1);
      });
    }
    // The heap holds the first `count` of the elements seen, the last of them
    // at its root; most elements do not come before that one.
    auto follows = [&](Value a, Value b) { return precedes(b, a); };
    HeapSort chosen(l, heap, follows);
    Value count = index.min(l.dim(order, axis), extent);
    chosen.fill(count);
    Value rest = index.select(index.less(zero, count), count, extent);
    l.loop(rest, extent, [&](Value i) {
      l.when(precedes(i, chosen.first()),
             [&] { chosen.replaceFirst(i, count); });
    });
    l.loop(zero, count, [&](Value i) {
      Value left = index.sub(count, i);
      SmallVector<Value> to(at);
      to[axis] = index.sub(left, index.constant(1));
      l.store(index.toElement(chosen.first(), l.b.getI64Type()), order, to);
      chosen.removeFirst(left);
    });
  };
  nest(0);
}

void mlc::emitLoops(ArgSortRowsOp op, LoopBuilder &l) {
  Type type = elementTypeOf(op.getX()), wide = computeType(type);
  Value x = l.input(0), order = l.output(0), heap = l.output(1);
  IndexBuilder &index = l.index;
  Value zero = index.constant(0), one = index.constant(1);
  Value rows = l.dim(x, 0), columns = l.dim(x, 1);
  auto precedes = [&](Value a, Value b) {
    // -1, 0 or 1 after the columns so far; the first difference decides.
    Value minusOne = index.constant(-1);
    Value compared =
        l.loop(zero, columns, zero, [&](Value c, ValueRange carried) {
          ScalarBuilder s = l.scalar(wide);
          auto element = [&](Value row) {
            return convertScalar(l.b, l.loc, l.load(x, {row, c}), type, wide);
          };
          Value left = element(a), right = element(b);
          Value here =
              index.select(isLess(s, left, right), minusOne,
                           index.select(isLess(s, right, left), one, zero));
          Value open = index.equal(carried[0], zero);
          return SmallVector<Value>{index.select(open, here, carried[0])};
        })[0];
    Value equal = index.equal(compared, zero);
    return index.or_(index.less(compared, zero),
                     index.and_(equal, index.less(a, b)));
  };
  HeapSort sort(l, heap, precedes);
  sort.fill(rows);
  l.loop(zero, rows, [&](Value i) {
    l.store(index.toElement(sort.first(), l.b.getI64Type()), order, i);
    sort.removeFirst(index.sub(rows, i));
  });
}

//===----------------------------------------------------------------------===//
// Determinants
//===----------------------------------------------------------------------===//

namespace {
/// Gaussian elimination of one matrix in the buffer `lu`.
class Elimination {
public:
  Elimination(LoopBuilder &l, Value lu, Type type)
      : l(l), x(l.index), lu(lu), type(type), n(l.dim(lu, 0)) {}

  /// The determinant: the product of the pivots, with the sign of the row
  /// exchanges.
  Value determinant() {
    return l.loop(x.constant(0), n, scalar().one(),
                  [&](Value column, ValueRange carried) {
                    Value row = pivotRow(column);
                    exchangeRows(row, column);
                    Value pivot = l.load(lu, {column, column});
                    eliminate(column, pivot);
                    ScalarBuilder s = scalar();
                    Value same = x.equal(row, column);
                    Value factor = s.select(same, pivot, s.neg(pivot));
                    return SmallVector<Value>{s.mul(carried[0], factor)};
                  })[0];
  }

private:
  ScalarBuilder scalar() { return l.scalar(type); }

  /// The row from `column` on with the greatest element in that column.
  Value pivotRow(Value column) {
    ScalarBuilder s = scalar();
    return l.loop(column, n, {s.constant(-1), column},
                  [&](Value row, ValueRange carried) {
                    ScalarBuilder s = scalar();
                    Value size = s.abs(l.load(lu, {row, column}));
                    Value better = s.less(carried[0], size);
                    return SmallVector<Value>{
                        s.select(better, size, carried[0]),
                        x.select(better, row, carried[1])};
                  })[1];
  }

  void exchangeRows(Value a, Value b) {
    l.loop(x.constant(0), n, [&](Value i) {
      Value left = l.load(lu, {a, i}), right = l.load(lu, {b, i});
      l.store(right, lu, {a, i});
      l.store(left, lu, {b, i});
    });
  }

  /// Clears the column below the pivot; a zero pivot leaves it.
  void eliminate(Value column, Value pivot) {
    Value next = x.add(column, x.constant(1));
    ScalarBuilder s = scalar();
    Value isZero = s.equal(pivot, s.zero());
    Value safe = s.select(isZero, s.one(), pivot);
    l.loop(next, n, [&](Value row) {
      ScalarBuilder s = scalar();
      Value factor = s.div(l.load(lu, {row, column}), safe);
      l.loop(next, n, [&](Value i) {
        ScalarBuilder s = scalar();
        Value product = s.mul(factor, l.load(lu, {column, i}));
        l.store(s.sub(l.load(lu, {row, i}), product), lu, {row, i});
      });
    });
  }

  LoopBuilder &l;
  IndexBuilder &x;
  Value lu;
  Type type;
  Value n;
};
} // namespace

void mlc::emitLoops(DetOp op, LoopBuilder &l) {
  Type type = elementTypeOf(op.getX()), wide = elementTypeOf(op.getLu());
  Value x = l.input(0), y = l.output(0), lu = l.output(1);
  l.forEach(y, [&](ValueRange batch) {
    l.forEach(lu, [&](ValueRange at) {
      SmallVector<Value> from(batch);
      llvm::append_range(from, at);
      Value element = convertScalar(l.b, l.loc, l.load(x, from), type, wide);
      l.store(element, lu, at);
    });
    Value det = Elimination(l, lu, wide).determinant();
    l.store(convertScalar(l.b, l.loc, det, wide, type), y, batch);
  });
}
