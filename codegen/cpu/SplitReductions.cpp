//===- SplitReductions.cpp - reductions over runs of axes -------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   %y = mlc.reduce %x {axes = [0, 2, 3]}
//     ==>
//   %0 = mlc.reduce %x {axes = [2, 3]}
//   %y = mlc.reduce %0 {axes = [0]}
//
// As in a batch normalisation's statistics. The kernels take neighbouring axes;
// the last run goes first, for it is read in the order of memory and leaves the
// least. The order of a sum's additions changes, nothing else. In: f32 or f64
// (small floats are widened by now); integers keep the generic loop nest, which
// vectorises for them.
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Passes.h"
#include "dialects/mlc/Shapes.h"

using namespace mlir;

namespace mlc::codegen {

#define GEN_PASS_DEF_SPLITREDUCTIONSPASS
#include "codegen/cpu/Passes.h.inc"

namespace {

struct SplitReductionsPass
    : impl::SplitReductionsPassBase<SplitReductionsPass> {
  void runOnOperation() override {
    SmallVector<ReduceOp> ops;
    getOperation().walk([&](ReduceOp op) {
      Type element = elementTypeOf(op.getX());
      if (element.isF32() || element.isF64()) {
        ops.push_back(op);
      }
    });
    for (ReduceOp op : ops) {
      split(op);
    }
  }

  /// How many of the last axes are neighbours.
  static size_t lastRun(ArrayRef<int64_t> axes) {
    size_t count = 1;
    while (count < axes.size() &&
           axes[axes.size() - count - 1] + 1 == axes[axes.size() - count]) {
      ++count;
    }
    return count;
  }

  static void split(ReduceOp op) {
    OpBuilder b(op);
    SmallVector<int64_t> axes(op.getAxes());
    for (size_t run; (run = lastRun(axes)) < axes.size();) {
      ArrayRef<int64_t> last = ArrayRef(axes).take_back(run);
      auto inner = createInferred<ReduceOp>(b, op.getLoc(), op.getX(),
                                            op.getKind(), last);
      op.getXMutable().assign(inner.getY());
      axes.truncate(axes.size() - run);
      op.setAxes(axes);
    }
  }
};

} // namespace
} // namespace mlc::codegen
