//===- HeapSort.h - selection by a heap of positions ------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_LOWERING_HEAPSORT_H
#define MLC_COMPILER_LOWERING_HEAPSORT_H

#include "compiler/lowering/Lowering.h"

namespace mlc {

/// Emits the selection of the first positions of an order. The heap, i64 [n],
/// holds positions with the first one of the order at its root, so that taking
/// k of n costs n + k log n steps and no memory beside it.
class HeapSort {
public:
  using Value = mlir::Value;
  /// An i1: whether position x (an index) comes before position y. Must be a
  /// strict order of all positions.
  using Precedes = std::function<Value(Value x, Value y)>;

  HeapSort(LoopBuilder &l, Value heap, Precedes precedes)
      : l(l), heap(heap), precedes(std::move(precedes)) {}

  /// Fills the heap with 0 ... size - 1.
  void fill(Value size);
  /// Makes a heap of the positions that stand in its first `size` slots.
  void arrange(Value size);
  /// The position at the root.
  Value first() { return load(l.index.constant(0)); }
  /// Removes the root; `size` counts the positions before.
  void removeFirst(Value size);
  /// Puts another position in the root's place.
  void replaceFirst(Value position, Value size) {
    siftDown(position, l.index.constant(0), size);
  }

private:
  Value load(Value slot);
  void store(Value position, Value slot);
  /// Puts `position` at `slot` or below it, where the heap is in order.
  void siftDown(Value position, Value slot, Value size);

  LoopBuilder &l;
  Value heap;
  Precedes precedes;
};

} // namespace mlc

#endif // MLC_COMPILER_LOWERING_HEAPSORT_H
