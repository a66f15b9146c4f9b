//===- Reduction.cpp - one reduction on vectors -----------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/Reduction.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <limits>

using namespace mlir;

namespace mlc::codegen {

double Reduction::neutral() const {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  switch (kind) {
  case ReduceKind::sum:
    return 0;
  case ReduceKind::prod:
    return 1;
  case ReduceKind::max:
    return -infinity;
  case ReduceKind::min:
    return infinity;
  }
  llvm_unreachable("all kinds handled");
}

/// Of an extreme, `y` when `x` is NaN.
Value Reduction::combine(Value x, Value y) {
  switch (kind) {
  case ReduceKind::sum:
    return b.add(x, y);
  case ReduceKind::prod:
    return b.mul(x, y);
  case ReduceKind::max:
    return b.fastMax(x, y);
  case ReduceKind::min:
    return b.fastMin(x, y);
  }
  llvm_unreachable("all kinds handled");
}

Value Reduction::isNan(Value x) {
  return arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, x, x);
}

void Reduction::start(KernelBuilder::Values &state) {
  state.push_back(b.splat(neutral()));
  if (isExtreme()) {
    state.push_back(b.splat(0));
  }
}

void Reduction::add(State state, Value x, Value mask) {
  if (mask) {
    x = b.select(mask, x, b.splat(neutral()));
  }
  state[0] = isExtreme() ? combine(x, state[0]) : combine(state[0], x);
  if (isExtreme()) {
    state[1] = b.select(isNan(x), x, state[1]);
  }
}

void Reduction::merge(State state, State other) {
  state[0] = combine(state[0], other[0]);
  if (isExtreme()) {
    state[1] = b.select(isNan(other[1]), other[1], state[1]);
  }
}

Value Reduction::vector(State state) {
  return isExtreme() ? b.select(isNan(state[1]), state[1], state[0]) : state[0];
}

Value Reduction::scalar(State state) {
  Value all =
      b.reduceLanes(state[0], [&](Value x, Value y) { return combine(x, y); });
  if (!isExtreme()) {
    return all;
  }
  Value anyNan = vector::ReductionOp::create(b, vector::CombiningKind::OR,
                                             isNan(state[1]));
  Value nan = b.scalar(std::numeric_limits<double>::quiet_NaN());
  return b.select(anyNan, nan, all);
}

} // namespace mlc::codegen
