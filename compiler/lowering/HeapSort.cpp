//===- HeapSort.cpp - selection by a heap of positions ----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lowering/HeapSort.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlc;

Value HeapSort::load(Value slot) {
  return l.index.fromInteger(l.load(heap, slot), l.b.getI64Type());
}

void HeapSort::store(Value position, Value slot) {
  l.store(l.index.toElement(position, l.b.getI64Type()), heap, slot);
}

void HeapSort::fill(Value size) {
  IndexBuilder &x = l.index;
  l.loop(x.constant(0), size, [&](Value i) { store(i, i); });
  arrange(size);
}

void HeapSort::arrange(Value size) {
  IndexBuilder &x = l.index;
  // From the last slot that has children back to the root.
  Value half = x.floorDiv(size, x.constant(2));
  l.loop(x.constant(0), half, [&](Value i) {
    Value slot = x.sub(x.sub(half, x.constant(1)), i);
    siftDown(load(slot), slot, size);
  });
}

void HeapSort::removeFirst(Value size) {
  IndexBuilder &x = l.index;
  Value last = x.sub(size, x.constant(1));
  siftDown(load(last), x.constant(0), last);
}

void HeapSort::siftDown(Value position, Value slot, Value size) {
  IndexBuilder &x = l.index;
  OpBuilder &b = l.b;
  Type index = b.getIndexType();
  // while (a child of `hole` comes before `position`) move the child up
  auto loop = scf::WhileOp::create(b, l.loc, TypeRange{index, index}, slot);
  Block *before = b.createBlock(&loop.getBefore(), {}, index, l.loc);
  Value hole = before->getArgument(0);
  Value zero = x.constant(0), one = x.constant(1);
  Value left = x.add(x.mul(hole, x.constant(2)), one);
  Value right = x.add(left, one);
  // Slots outside are replaced by slot 0, so that loads are always valid.
  Value hasLeft = x.less(left, size), hasRight = x.less(right, size);
  Value safeLeft = x.select(hasLeft, left, zero);
  Value safeRight = x.select(hasRight, right, zero);
  Value takeRight = x.and_(hasRight, precedes(load(safeRight), load(safeLeft)));
  Value child = x.select(takeRight, safeRight, safeLeft);
  Value goesOn = x.and_(hasLeft, precedes(load(child), position));
  scf::ConditionOp::create(b, l.loc, goesOn, ValueRange{hole, child});
  Block *after =
      b.createBlock(&loop.getAfter(), {}, {index, index}, {l.loc, l.loc});
  store(load(after->getArgument(1)), after->getArgument(0));
  scf::YieldOp::create(b, l.loc, after->getArgument(1));
  b.setInsertionPointAfter(loop);
  store(position, loop.getResult(0));
}
