//===- Index.cpp - rules of ops by index ------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lowering/Lowering.h"

using namespace mlir;
using namespace mlc;

Value mlc::emitElement(GatherElementsOp op, ElementBuilder &e, unsigned,
                       ValueRange indices) {
  Type type = elementTypeOf(op.getIndices());
  Value index = e.index.fromInteger(e.load(op.getIndices(), indices), type);
  SmallVector<Value> from(indices);
  int64_t axis = op.getAxis();
  from[axis] = e.checkedIndex(index, e.dim(op.getX(), axis));
  return e.loadClamped(op.getX(), from, axis);
}

Value mlc::emitElement(GatherNDOp op, ElementBuilder &e, unsigned,
                       ValueRange indices) {
  auto tuples = cast<RankedTensorType>(op.getIndices().getType());
  Type type = tuples.getElementType();
  int64_t leading = tuples.getRank() - 1, batch = op.getBatchDims();
  SmallVector<Value> tuple(indices.take_front(leading));
  tuple.push_back(nullptr);
  SmallVector<Value> from(indices.take_front(batch));
  for (int64_t i = 0; i < tuples.getDimSize(leading); ++i) {
    tuple.back() = e.index.constant(i);
    Value index = e.index.fromInteger(e.load(op.getIndices(), tuple), type);
    from.push_back(e.checkedIndex(index, e.dim(op.getX(), batch + i)));
  }
  SmallVector<int64_t> chosen =
      llvm::to_vector(llvm::seq<int64_t>(batch, from.size()));
  llvm::append_range(from, indices.drop_front(leading));
  return e.loadClamped(op.getX(), from, chosen);
}

//===----------------------------------------------------------------------===//
// Scattering
//===----------------------------------------------------------------------===//

namespace {
/// Writes updates into a copy of x, in order, at positions that are checked.
class Scatter {
public:
  Scatter(LoopBuilder &l, Operation *op, ScatterKind kind)
      : l(l), kind(kind), type(elementTypeOf(op->getOperand(0))),
        indexType(elementTypeOf(op->getOperand(1))), y(l.output(0)) {
    l.forEach(y,
              [&](ValueRange at) { l.store(l.load(l.input(0), at), y, at); });
  }

  /// An index from the tensor of indices, counted from the end when negative;
  /// whether it is in range is added to `valid`.
  Value position(ValueRange tuple, int64_t axis, Value &valid) {
    IndexBuilder &x = l.index;
    Value index = x.fromInteger(l.load(l.input(1), tuple), indexType);
    Value extent = l.dim(y, axis), zero = x.constant(0);
    Value wrapped = x.select(x.less(index, zero), x.add(index, extent), index);
    Value inside = x.and_(x.lessEqual(zero, wrapped), x.less(wrapped, extent));
    RequireOp::create(
        l.b, l.loc, inside, index, extent,
        l.b.getStringAttr("index %lld is out of range for extent %lld"));
    valid = valid ? x.and_(valid, inside) : inside;
    return wrapped;
  }

  void write(Value update, ValueRange at, Value valid) {
    auto store = [&] { l.store(combine(update, at), y, at); };
    if (valid) {
      l.when(valid, store);
    } else {
      store();
    }
  }

private:
  Value combine(Value update, ValueRange at) {
    if (kind == ScatterKind::replace) {
      return update;
    }
    static constexpr ReduceKind kinds[] = {ReduceKind::sum, ReduceKind::prod,
                                           ReduceKind::max, ReduceKind::min};
    Type wide = computeType(type);
    ScalarBuilder s = l.scalar(wide);
    auto widen = [&](Value x) {
      return convertScalar(l.b, l.loc, x, type, wide);
    };
    Value both = combineElements(s, kinds[unsigned(kind) - 1],
                                 widen(l.load(y, at)), widen(update));
    return convertScalar(l.b, l.loc, both, wide, type);
  }

  LoopBuilder &l;
  ScatterKind kind;
  Type type, indexType;
  Value y;
};
} // namespace

void mlc::emitLoops(ScatterElementsOp op, LoopBuilder &l) {
  Scatter scatter(l, op, op.getKind());
  l.forEach(l.input(2), [&](ValueRange indices) {
    SmallVector<Value> at(indices);
    Value valid;
    at[op.getAxis()] = scatter.position(indices, op.getAxis(), valid);
    scatter.write(l.load(l.input(2), indices), at, valid);
  });
}

void mlc::emitLoops(ScatterNDOp op, LoopBuilder &l) {
  auto tuples = cast<RankedTensorType>(op.getIndices().getType());
  int64_t leading = tuples.getRank() - 1;
  Scatter scatter(l, op, op.getKind());
  l.forEach(l.input(2), [&](ValueRange indices) {
    SmallVector<Value> tuple(indices.take_front(leading)), at;
    tuple.push_back(nullptr);
    Value valid;
    for (int64_t i = 0; i < tuples.getDimSize(leading); ++i) {
      tuple.back() = l.index.constant(i);
      at.push_back(scatter.position(tuple, i, valid));
    }
    llvm::append_range(at, indices.drop_front(leading));
    scatter.write(l.load(l.input(2), indices), at, valid);
  });
}

//===----------------------------------------------------------------------===//
// NonZero
//===----------------------------------------------------------------------===//

/// A nest over all indices of `buffer`, row-major, that carries one value.
static Value carryThrough(LoopBuilder &l, Value buffer, Value initial,
                          SmallVector<Value> &indices,
                          llvm::function_ref<Value(ValueRange, Value)> body) {
  int64_t rank = cast<MemRefType>(buffer.getType()).getRank();
  if (int64_t(indices.size()) == rank) {
    return body(indices, initial);
  }
  Value extent = l.dim(buffer, indices.size());
  return l.loop(
      l.index.constant(0), extent, initial, [&](Value i, ValueRange carried) {
        indices.push_back(i);
        Value next = carryThrough(l, buffer, carried[0], indices, body);
        indices.pop_back();
        return SmallVector<Value>{next};
      })[0];
}

void mlc::emitLoops(NonZeroOp op, LoopBuilder &l) {
  Type type = elementTypeOf(op.getX()), i1 = l.b.getI1Type();
  Value x = l.input(0), y = l.output(0), count = l.dim(y, 1);
  Value one = l.index.constant(1), zero = l.index.constant(0);
  l.forEach(y, [&](ValueRange at) {
    l.store(l.index.toElement(zero, l.b.getI64Type()), y, at);
  });
  SmallVector<Value> indices;
  carryThrough(l, x, zero, indices, [&](ValueRange at, Value found) {
    Value holds = convertScalar(l.b, l.loc, l.load(x, at), type, i1);
    l.when(l.index.and_(holds, l.index.less(found, count)), [&] {
      for (auto [axis, index] : llvm::enumerate(at)) {
        l.store(l.index.toElement(index, l.b.getI64Type()), y,
                {l.index.constant(axis), found});
      }
    });
    return l.index.add(found, l.index.select(holds, one, zero));
  });
}
