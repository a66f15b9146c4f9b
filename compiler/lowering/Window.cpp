//===- Window.cpp - rules of window ops beside conv and pool ----*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lowering/Taps.h"

using namespace mlir;
using namespace mlc;

//===----------------------------------------------------------------------===//
// Positions of maxima
//===----------------------------------------------------------------------===//

/// The row-major (or with `reversed` spatial dims column-major) number of an
/// element of x.
static Value flatPosition(ElementBuilder &e, Value x, ArrayRef<Value> at,
                          bool reversed) {
  SmallVector<int64_t> order{0, 1};
  for (size_t i = 2; i < at.size(); ++i) {
    order.push_back(reversed ? at.size() + 1 - i : i);
  }
  Value flat = at[0];
  for (int64_t axis : ArrayRef<int64_t>(order).drop_front()) {
    flat = e.index.add(e.index.mul(flat, e.dim(x, axis)), at[axis]);
  }
  return flat;
}

Value mlc::emitElement(PoolIndicesOp op, ElementBuilder &e, unsigned,
                       ValueRange indices) {
  Type type = elementTypeOf(op.getX()), wide = computeType(type);
  IndexBuilder &x = e.index;
  SmallVector<Value> at(indices.take_front(2));
  // Carries the greatest value and its position, -1 before the first.
  std::function<SmallVector<Value>(Value, ValueRange)> nest =
      [&](Value inside, ValueRange carried) -> SmallVector<Value> {
    size_t axis = at.size() - 2;
    if (axis == op.getKernel().size()) {
      ScalarBuilder s = e.scalar(wide);
      Value v = convertScalar(e.b, e.loc, e.load(op.getX(), at), type, wide);
      Value isFirst = x.less(carried[1], x.constant(0));
      Value better = s.or_(isFirst, s.less(carried[0], v));
      if (s.isFloat()) {
        Value wins = s.and_(s.isNan(v), s.not_(s.isNan(carried[0])));
        better = s.or_(better, wins);
      }
      better = inside ? x.and_(inside, better) : better;
      Value flat = flatPosition(e, op.getX(), at, op.getColumnMajor());
      return {s.select(better, v, carried[0]),
              x.select(better, flat, carried[1])};
    }
    Value extent = e.dim(op.getX(), axis + 2);
    Value origin =
        x.sub(x.mul(indices[axis + 2], x.constant(op.getStrides()[axis])),
              x.constant(op.getPads()[axis]));
    auto body = [&](Value i, ValueRange inner) {
      Value position =
          x.add(origin, x.mul(i, x.constant(op.getDilations()[axis])));
      Value fits = x.and_(x.lessEqual(x.constant(0), position),
                          x.less(position, extent));
      at.push_back(clampIndex(x, position, extent));
      SmallVector<Value> next =
          nest(inside ? x.and_(inside, fits) : fits, inner);
      at.pop_back();
      return next;
    };
    return e.loop(x.constant(0), x.constant(op.getKernel()[axis]), carried,
                  body);
  };
  Value none = x.constant(-1);
  SmallVector<Value> initial{e.scalar(wide).limit(wide, true), none};
  return x.toElement(nest(nullptr, initial)[1], e.b.getI64Type());
}

//===----------------------------------------------------------------------===//
// Col2Im
//===----------------------------------------------------------------------===//

namespace {
/// One element of mlc.col2im: gathers the block elements that lie on it.
class ColumnSum {
public:
  ColumnSum(Col2ImOp op, ElementBuilder &e, ValueRange indices)
      : op(op), e(e), x(e.index), indices(indices),
        type(elementTypeOf(op.getX())), wide(computeType(type)) {}

  Value emit() {
    Value sum =
        nest(0, x.constant(0), x.constant(0), nullptr, e.scalar(wide).zero());
    return convertScalar(e.b, e.loc, sum, wide, type);
  }

private:
  /// `offset` numbers the element inside the block, `block` the block, both
  /// over the axes so far.
  Value nest(size_t axis, Value offset, Value block, Value inside, Value sum) {
    if (axis == op.getImage().size()) {
      return add(offset, block, inside, sum);
    }
    Value extent = e.mixed(op.getBlock(), op.getBlockValues(), axis);
    Value stride = x.constant(op.getStrides()[axis]);
    Value dilation = x.constant(op.getDilations()[axis]);
    Value count = blocks(axis, extent, stride, dilation);
    Value shifted = x.add(indices[axis + 2], x.constant(op.getPads()[axis]));
    return e.loop(x.constant(0), extent, sum, [&](Value k, ValueRange carried) {
      Value from = x.sub(shifted, x.mul(k, dilation));
      Value which = x.floorDiv(from, stride);
      Value fits = x.and_(
          x.equal(x.mul(which, stride), from),
          x.and_(x.lessEqual(x.constant(0), which), x.less(which, count)));
      return SmallVector<Value>{nest(axis + 1, x.add(x.mul(offset, extent), k),
                                     x.add(x.mul(block, count), which),
                                     inside ? x.and_(inside, fits) : fits,
                                     carried[0])};
    })[0];
  }

  /// How many blocks lie along an axis.
  Value blocks(size_t axis, Value extent, Value stride, Value dilation) {
    size_t rank = op.getImage().size();
    Value image = e.mixed(op.getImage(), op.getImageValues(), axis);
    int64_t pads = op.getPads()[axis] + op.getPads()[rank + axis];
    Value span =
        x.add(x.mul(x.sub(extent, x.constant(1)), dilation), x.constant(1));
    Value room = x.sub(x.add(image, x.constant(pads)), span);
    return x.add(x.floorDiv(room, stride), x.constant(1));
  }

  Value add(Value offset, Value block, Value inside, Value sum) {
    Value positions = x.constant(1);
    for (size_t axis = 0; axis < op.getBlock().size(); ++axis) {
      positions =
          x.mul(positions, e.mixed(op.getBlock(), op.getBlockValues(), axis));
    }
    Value row = x.add(x.mul(indices[1], positions), offset);
    auto element = [&] {
      Value column = clampIndex(x, block, e.dim(op.getX(), 2));
      Value v = e.load(op.getX(), {indices[0], row, column});
      v = convertScalar(e.b, e.loc, v, type, wide);
      return e.scalar(wide).add(sum, v);
    };
    return e.branch(inside, element, [&] { return sum; });
  }

  Col2ImOp op;
  ElementBuilder &e;
  IndexBuilder &x;
  ValueRange indices;
  Type type, wide;
};
} // namespace

Value mlc::emitElement(Col2ImOp op, ElementBuilder &e, unsigned,
                       ValueRange indices) {
  return ColumnSum(op, e, indices).emit();
}

//===----------------------------------------------------------------------===//
// Deformable convolution
//===----------------------------------------------------------------------===//

Value mlc::emitElement(DeformColumnsOp op, ElementBuilder &e, unsigned,
                       ValueRange indices) {
  IndexBuilder &x = e.index;
  Type type = elementTypeOf(op.getX()), wide = computeType(type);
  auto load = [&](Value tensor, ValueRange at) {
    return convertScalar(e.b, e.loc, e.load(tensor, at), type, wide);
  };
  Value batch = indices[0], number = indices[3], part = indices[4];
  Value width = x.constant(op.getKernel()[1]);
  Value k[] = {x.floorDiv(number, width), x.floorMod(number, width)};
  // The kernel position's number among those of all offset groups.
  int64_t positions = op.getKernel()[0] * op.getKernel()[1];
  number = x.add(x.mul(part, x.constant(positions)), number);
  ScalarBuilder s = e.scalar(wide);
  SmallVector<Taps> axes;
  for (int64_t axis = 0; axis < 2; ++axis) {
    Value origin =
        x.sub(x.mul(indices[axis + 1], x.constant(op.getStrides()[axis])),
              x.constant(op.getPads()[axis]));
    Value fixed =
        x.add(origin, x.mul(k[axis], x.constant(op.getDilations()[axis])));
    Value row = x.add(x.mul(number, x.constant(2)), x.constant(axis));
    Value offset = load(op.getOffset(), {batch, row, indices[1], indices[2]});
    axes.push_back(linearTaps(e, s.add(x.toElement(fixed, wide), offset), wide,
                              e.dim(op.getX(), axis + 1)));
  }
  Value perPart =
      x.floorDiv(e.dim(op.getX(), 3), x.constant(op.getOffsetGroup()));
  Value channel = x.add(x.mul(part, perPart), indices[5]);
  Value v = e.unlessEmpty(op.getX(), {1, 2}, wide, [&] {
    return combineTaps(e, op.getX(), batch, axes, wide, channel);
  });
  if (op.getMask()) {
    v = s.mul(v, load(op.getMask(), {batch, number, indices[1], indices[2]}));
  }
  return convertScalar(e.b, e.loc, v, wide, type);
}
