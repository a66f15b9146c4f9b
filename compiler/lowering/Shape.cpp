//===- Shape.cpp - rules of ops that move elements --------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lowering/Lowering.h"

using namespace mlir;
using namespace mlc;

Value mlc::emitElement(CastOp op, ElementBuilder &e, unsigned,
                       ValueRange indices) {
  Type from = elementTypeOf(op.getX());
  Value x = e.load(op.getX(), indices);
  auto to = dyn_cast<FloatType>(op.getTo());
  if (to && to.getWidth() <= 8 && op.getSaturate() && from != to) {
    Type wide =
        isa<FloatType>(from) ? computeType(from) : Type(e.b.getF32Type());
    x = clampToFinite(e.b, e.loc, convertScalar(e.b, e.loc, x, from, wide), to);
    from = wide;
  }
  return convertScalar(e.b, e.loc, x, from, op.getTo());
}

Value mlc::emitElement(IotaOp op, ElementBuilder &e, unsigned,
                       ValueRange indices) {
  return e.index.toElement(indices[op.getAxis()], op.getTo());
}

Value mlc::emitElement(TransposeOp op, ElementBuilder &e, unsigned,
                       ValueRange indices) {
  SmallVector<Value> from(indices.size());
  for (auto [i, axis] : llvm::enumerate(op.getPermutation())) {
    from[axis] = indices[i];
  }
  return e.load(op.getX(), from);
}

Value mlc::emitElement(ExpandOp op, ElementBuilder &e, unsigned,
                       ValueRange indices) {
  auto type = cast<RankedTensorType>(op.getX().getType());
  SmallVector<Value> from = broadcastIndices(e.index, type, indices);
  for (int64_t i = 0; i < type.getRank(); ++i) {
    if (type.isDynamicDim(i)) {
      Value one = e.index.constant(1), zero = e.index.constant(0);
      Value isOne = e.index.equal(e.dim(op.getX(), i), one);
      from[i] = e.index.select(isOne, zero, from[i]);
    }
  }
  return e.load(op.getX(), from);
}

Value mlc::emitElement(SliceOp op, ElementBuilder &e, unsigned,
                       ValueRange indices) {
  SmallVector<Value> from;
  for (auto [i, index] : llvm::enumerate(indices)) {
    Value start = e.mixed(op.getStarts(), op.getStartValues(), i);
    Value step = e.index.constant(op.getSteps()[i]);
    from.push_back(e.index.add(start, e.index.mul(index, step)));
  }
  return e.load(op.getX(), from);
}

/// Operand `part` and those after it; `index` counts from operand `part` on.
static Value concatFrom(ConcatOp op, ElementBuilder &e, unsigned part,
                        SmallVector<Value> indices) {
  Value x = op.getXs()[part];
  if (part + 1 == op.getXs().size()) {
    return e.load(x, indices);
  }
  Value &index = indices[op.getAxis()];
  Value extent = e.dim(x, op.getAxis());
  Value here = e.index.less(index, extent);
  return e.branch(
      here, [&] { return e.load(x, indices); },
      [&] {
        SmallVector<Value> rest(indices);
        rest[op.getAxis()] = e.index.sub(index, extent);
        return concatFrom(op, e, part + 1, rest);
      });
}

Value mlc::emitElement(ConcatOp op, ElementBuilder &e, unsigned,
                       ValueRange indices) {
  return concatFrom(op, e, 0, SmallVector<Value>(indices));
}

/// Where index `i` of a padded axis of extent `extent` reads, for the kinds
/// that always read. Indices inside have a branch of their own: most are, and
/// they need no remainder.
static Value wrapIndex(ElementBuilder &e, PadKind kind, Value i, Value extent) {
  IndexBuilder &x = e.index;
  Value zero = x.constant(0), one = x.constant(1);
  Value last = x.sub(extent, one);
  Value inside = x.and_(x.lessEqual(zero, i), x.lessEqual(i, last));
  auto same = [&] { return i; };
  return e.branch(inside, same, [&] {
    if (kind == PadKind::edge) {
      return x.max(zero, x.min(i, last));
    }
    if (kind == PadKind::wrap) {
      return x.floorMod(i, x.max(extent, one));
    }
    // Reflection has period 2 (extent - 1) and does not repeat the edge.
    Value period = x.max(x.mul(x.constant(2), last), one);
    Value inPeriod = x.floorMod(i, period);
    return x.min(inPeriod, x.sub(period, inPeriod));
  });
}

Value mlc::emitElement(PadOp op, ElementBuilder &e, unsigned,
                       ValueRange indices) {
  SmallVector<Value> from;
  SmallVector<int64_t> padded;
  Value inside;
  for (auto [i, index] : llvm::enumerate(indices)) {
    Value low = e.mixed(op.getLow(), op.getLowValues(), i);
    Value source = e.index.sub(index, low);
    Value extent = e.dim(op.getX(), i);
    bool untouched = op.getLow()[i] == 0 && op.getHigh()[i] == 0;
    if (untouched) {
      from.push_back(index);
      continue;
    }
    padded.push_back(i);
    if (op.getKind() != PadKind::constant) {
      from.push_back(wrapIndex(e, op.getKind(), source, extent));
      continue;
    }
    Value fits = e.index.and_(e.index.lessEqual(e.index.constant(0), source),
                              e.index.less(source, extent));
    inside = inside ? e.index.and_(inside, fits) : fits;
    from.push_back(source);
  }
  if (!inside) {
    return e.loadClamped(op.getX(), from, padded);
  }
  return e.branch(
      inside, [&] { return e.load(op.getX(), from); },
      [&] {
        return op.getValue() ? e.load(op.getValue(), {})
                             : e.scalar(elementTypeOf(op.getX())).zero();
      });
}

Value mlc::emitElement(GatherOp op, ElementBuilder &e, unsigned,
                       ValueRange indices) {
  int64_t axis = op.getAxis();
  Type indexType = elementTypeOf(op.getIndices());
  int64_t rank = cast<ShapedType>(op.getIndices().getType()).getRank();
  Value chosen = e.load(op.getIndices(), indices.slice(axis, rank));
  Value index = e.index.fromInteger(chosen, indexType);
  SmallVector<Value> from(indices.take_front(axis));
  from.push_back(e.checkedIndex(index, e.dim(op.getX(), axis)));
  llvm::append_range(from, indices.drop_front(axis + rank));
  return e.loadClamped(op.getX(), from, axis);
}
