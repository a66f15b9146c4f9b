//===- Taps.cpp - weighted elements around a position -----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lowering/Taps.h"

using namespace mlir;
using namespace mlc;

SplitPosition mlc::splitPosition(ElementBuilder &e, Value position, Type real) {
  ScalarBuilder s = e.scalar(real);
  Value floor = s.floor(position);
  Type i64 = e.b.getI64Type();
  Value integer = convertScalar(e.b, e.loc, floor, real, i64);
  return {floor, s.sub(position, floor), e.index.fromInteger(integer, i64)};
}

SmallVector<Value, 4> mlc::cubicWeights(ScalarBuilder &s, Value rest,
                                        double a) {
  // ((a d - 5a) d + 8a) d - 4a for distances d in [1, 2],
  // ((a + 2) d - (a + 3)) d d + 1 for distances in [0, 1].
  auto far = [&](Value d) {
    Value v = s.sub(s.mul(s.constant(a), d), s.constant(5 * a));
    v = s.add(s.mul(v, d), s.constant(8 * a));
    return s.sub(s.mul(v, d), s.constant(4 * a));
  };
  auto near = [&](Value d) {
    Value v = s.sub(s.mul(s.constant(a + 2), d), s.constant(a + 3));
    return s.add(s.mul(s.mul(v, d), d), s.one());
  };
  Value other = s.sub(s.one(), rest);
  return {far(s.add(rest, s.one())), near(rest), near(other),
          far(s.add(other, s.one()))};
}

Value mlc::clampIndex(IndexBuilder &x, Value index, Value extent) {
  Value last = x.sub(extent, x.constant(1));
  return x.max(x.constant(0), x.min(index, last));
}

Taps mlc::linearTaps(ElementBuilder &e, Value position, Type real,
                     Value extent) {
  SplitPosition split = splitPosition(e, position, real);
  ScalarBuilder s = e.scalar(real);
  IndexBuilder &x = e.index;
  Value next = x.add(split.index, x.constant(1));
  Taps taps;
  for (auto [index, weight] :
       {std::pair<Value, Value>{split.index, s.sub(s.one(), split.rest)},
        std::pair<Value, Value>{next, split.rest}}) {
    Value inside =
        x.and_(x.lessEqual(x.constant(0), index), x.less(index, extent));
    taps.push_back({clampIndex(x, index, extent), weight, inside});
  }
  return taps;
}

Value mlc::combineTaps(ElementBuilder &e, Value x, ArrayRef<Value> leading,
                       ArrayRef<Taps> axes, Type real,
                       ArrayRef<Value> trailing) {
  Type type = elementTypeOf(x);
  SmallVector<Value> at(leading);
  std::function<Value(size_t, Value)> nest = [&](size_t axis,
                                                 Value inside) -> Value {
    ScalarBuilder s = e.scalar(real);
    if (axis == axes.size()) {
      SmallVector<Value> whole(at);
      llvm::append_range(whole, trailing);
      Value element = convertScalar(e.b, e.loc, e.load(x, whole), type, real);
      return inside ? s.select(inside, element, s.zero()) : element;
    }
    Value sum;
    for (const Tap &tap : axes[axis]) {
      at.push_back(tap.index);
      Value both = inside && tap.inside ? e.index.and_(inside, tap.inside)
                   : inside             ? inside
                                        : tap.inside;
      Value part = s.mul(tap.weight, nest(axis + 1, both));
      sum = sum ? s.add(sum, part) : part;
      at.pop_back();
    }
    return sum;
  };
  return nest(0, nullptr);
}
