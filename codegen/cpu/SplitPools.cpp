//===- SplitPools.cpp - large windows axis by axis --------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   %y = mlc.pool %x {kernel = [5, 5], kind = max}
//     ==>
//   %0 = mlc.pool %x {kernel = [1, 5], kind = max}
//   %y = mlc.pool %0 {kernel = [5, 1], kind = max}
//
// The maximum of a window is that of its rows' maxima: 10 taps for 25. The last
// axis goes first, for its taps lie in one line. Windows of few taps stay
// whole: what lies between the axes is written and read. In: maxima, which
// padding never changes, of two axes; sums would be divided by what counts, and
// pools of other ranks are taken apart by ExpandPools.
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Passes.h"
#include "dialects/mlc/Shapes.h"

using namespace mlir;

namespace mlc::codegen {

#define GEN_PASS_DEF_SPLITPOOLSPASS
#include "codegen/cpu/Passes.h.inc"

namespace {

/// What the step between costs, in taps.
constexpr int64_t stepTaps = 6;

bool isWorthwhile(PoolOp op) {
  int64_t whole = 1, apart = 0;
  for (int64_t size : op.getKernel()) {
    // Beyond this the question is answered.
    int64_t taps = std::min<int64_t>(size, 64);
    whole *= taps;
    apart += taps;
  }
  return apart + stepTaps < whole;
}

/// Whether the pool changes nothing along an axis.
bool isIdentity(PoolOp op, size_t axis) {
  size_t axes = op.getKernel().size();
  return op.getKernel()[axis] == 1 && op.getStrides()[axis] == 1 &&
         op.getPads()[axis] == 0 && op.getPads()[axes + axis] == 0;
}

/// The window along `axis` alone.
Value poolAxis(OpBuilder &b, PoolOp op, Value x, size_t axis) {
  size_t axes = op.getKernel().size();
  auto only = [&](ArrayRef<int64_t> all, int64_t other) {
    SmallVector<int64_t> list(all.size(), other);
    for (size_t i = axis; i < all.size(); i += axes) {
      list[i] = all[i];
    }
    return list;
  };
  return createInferred<PoolOp>(b, op.getLoc(), x, op.getKind(),
                                only(op.getKernel(), 1),
                                only(op.getStrides(), 1), only(op.getPads(), 0),
                                only(op.getDilations(), 1), op.getCeilMode())
      .getY();
}

struct SplitPoolsPass : impl::SplitPoolsPassBase<SplitPoolsPass> {
  void runOnOperation() override {
    SmallVector<PoolOp> ops;
    getOperation().walk([&](PoolOp op) {
      if (op.getKind() == PoolKind::max && op.getKernel().size() == 2 &&
          isWorthwhile(op)) {
        ops.push_back(op);
      }
    });
    for (PoolOp op : ops) {
      split(op);
    }
  }

  static void split(PoolOp op) {
    OpBuilder b(op);
    Value y = op.getX();
    for (size_t axis = op.getKernel().size(); axis-- > 0;) {
      y = isIdentity(op, axis) ? y : poolAxis(b, op, y, axis);
    }
    op.getY().replaceAllUsesWith(y);
    op.erase();
  }
};

} // namespace
} // namespace mlc::codegen
