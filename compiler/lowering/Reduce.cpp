//===- Reduce.cpp - rule of reductions --------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lowering/Lowering.h"

using namespace mlir;

namespace mlc {

Value emitElement(ReduceOp op, ElementBuilder &e, unsigned,
                  ValueRange indices) {
  Type type = elementTypeOf(op.getX());
  Type wide = computeType(type);
  SmallVector<Value> at(indices);
  std::function<Value(unsigned, Value)> nest = [&](unsigned depth, Value sum) {
    ScalarBuilder s = e.scalar(wide);
    if (depth == op.getAxes().size()) {
      Value x = convertScalar(e.b, e.loc, e.load(op.getX(), at), type, wide);
      return combineElements(s, op.getKind(), sum, x);
    }
    int64_t axis = op.getAxes()[depth];
    return e.loop(e.index.constant(0), e.dim(op.getX(), axis), sum,
                  [&](Value i, ValueRange carried) {
                    at[axis] = i;
                    return SmallVector<Value>{nest(depth + 1, carried[0])};
                  })[0];
  };
  ScalarBuilder s = e.scalar(wide);
  Value sum = nest(0, neutralElement(s, op.getKind(), wide));
  return convertScalar(e.b, e.loc, sum, wide, type);
}

} // namespace mlc
