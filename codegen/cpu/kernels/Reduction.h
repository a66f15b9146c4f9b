//===- Reduction.h - one reduction on vectors -------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a loop carries for an mlc.reduce of floats. Sums and products are one
// vector. A maximum that keeps NaN takes five dependent instructions, so its
// state is two vectors: the greatest number, by the one instruction that drops
// NaN, and the last NaN seen; they meet after the loop.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_CPU_KERNELS_REDUCTION_H
#define MLC_CODEGEN_CPU_KERNELS_REDUCTION_H

#include "codegen/cpu/kernels/KernelBuilder.h"
#include "dialects/mlc/Mlc.h"

namespace mlc::codegen {

class Reduction {
public:
  using Value = mlir::Value;
  using State = llvm::MutableArrayRef<Value>;

  Reduction(KernelBuilder &b, ReduceOp op) : b(b), kind(op.getKind()) {}

  /// Vectors of the state.
  unsigned width() const { return isExtreme() ? 2 : 1; }
  /// Appends the state before the first element.
  void start(KernelBuilder::Values &state);
  /// Takes in a vector of elements, where `mask` (if any) is set.
  void add(State state, Value x, Value mask = {});
  /// Takes in what another state has seen.
  void merge(State state, State other);
  /// The result lane by lane.
  Value vector(State state);
  /// The result over all lanes.
  Value scalar(State state);

private:
  bool isExtreme() const {
    return kind == ReduceKind::max || kind == ReduceKind::min;
  }
  double neutral() const;
  Value combine(Value x, Value y);
  Value isNan(Value x);

  KernelBuilder &b;
  ReduceKind kind;
};

} // namespace mlc::codegen

#endif // MLC_CODEGEN_CPU_KERNELS_REDUCTION_H
