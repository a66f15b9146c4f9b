//===- RepeatSteps.cpp - one dispatch per step ------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   mlc.dispatch @k(%a, %b) outputs 1            @k is marked mlc.stepped
//     ==>
//   %n = <body of @k.steps on %a, %b>
//   scf.for %s = 0 to %n { mlc.dispatch @k(%a, %b, %s) outputs 1 }
//
// Steps of a recurrent layer depend on each other, so the pool must finish one
// before the next begins; a dispatch each is that barrier.
//
//===----------------------------------------------------------------------===//
#include "codegen/common/Kernel.h"
#include "codegen/cpu/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace mlc::codegen {

#define GEN_PASS_DEF_REPEATSTEPSPASS
#include "codegen/cpu/Passes.h.inc"

namespace {

struct RepeatStepsPass : impl::RepeatStepsPassBase<RepeatStepsPass> {
  void runOnOperation() override {
    SmallVector<DispatchOp> dispatches;
    getOperation().walk([&](DispatchOp op) { dispatches.push_back(op); });
    llvm::SmallPtrSet<Operation *, 4> companions;
    for (DispatchOp op : dispatches) {
      auto kernel = getOperation().lookupSymbol<func::FuncOp>(op.getKernel());
      if (kernel && kernel->hasAttr("mlc.stepped")) {
        auto steps = getOperation().lookupSymbol<func::FuncOp>(
            (op.getKernel() + ".steps").str());
        repeat(op, steps);
        companions.insert(steps);
      }
    }
    for (Operation *steps : companions) {
      steps->erase();
    }
  }

  void repeat(DispatchOp op, func::FuncOp steps) {
    OpBuilder b(op);
    Location loc = op.getLoc();
    // The companion is straight code over dims of the buffers.
    IRMapping mapping;
    mapping.map(steps.getArguments(), op.getArguments());
    Block &body = steps.getBody().front();
    for (Operation &inner : body.without_terminator()) {
      b.clone(inner, mapping);
    }
    Value count = mapping.lookup(body.getTerminator()->getOperand(0));
    Value zero = arith::ConstantIndexOp::create(b, loc, 0);
    Value one = arith::ConstantIndexOp::create(b, loc, 1);
    auto loop = scf::ForOp::create(b, loc, zero, count, one);
    SmallVector<Value> arguments(op.getArguments());
    arguments.push_back(loop.getInductionVar());
    b.setInsertionPoint(loop.getBody()->getTerminator());
    auto inner = DispatchOp::create(b, loc, op.getKernelAttr(), arguments,
                                    op.getOutputsAttr());
    inner->setDiscardableAttrs(op->getDiscardableAttrDictionary());
    inner->setAttr(kStep, b.getUnitAttr());
    op.erase();
  }
};

} // namespace
} // namespace mlc::codegen
