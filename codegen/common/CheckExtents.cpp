//===- CheckExtents.cpp - what shapes must hold, before memory --*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   %arena = mlc.arena %total                mlc.require %fits, "node 'b': ..."
//   mlc.dispatch @k0(...)              ==>   %arena = mlc.arena %total
//   mlc.require %fits, "node 'b': ..."       mlc.dispatch @k0(...)
//
// A check of @main that follows from the input dims runs first, so that what
// does not fit is told as the node says it, before memory is asked for or a
// kernel runs. Checks of data stay where they are, as do those in branches and
// loops, which may not run. An extent that may be negative and that no check
// is about gets one where its buffer is made.
//
// Runs after PlanMemory: the checks come to stand in front of the arena.
//
//===----------------------------------------------------------------------===//
#include "codegen/common/EntryValues.h"
#include "codegen/common/Kernel.h"
#include "codegen/common/Passes.h"
#include "dialects/mlc/Mlc.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace mlc::codegen {
#define GEN_PASS_DEF_CHECKEXTENTSPASS
#include "codegen/common/Passes.h.inc"

namespace {

/// The dynamic sizes of the buffer that `op` makes.
ValueRange sizesOf(Operation *op) {
  if (auto view = dyn_cast<memref::ViewOp>(op)) {
    return view.getSizes();
  }
  if (auto alloc = dyn_cast<memref::AllocOp>(op)) {
    return alloc.getDynamicSizes();
  }
  if (auto output = dyn_cast<OutputOp>(op)) {
    return output.getDims();
  }
  return {};
}

class Checks {
public:
  explicit Checks(func::FuncOp main) : main(main), entry(main) {}

  void run() {
    SmallVector<Operation *> buffers;
    main.walk([&](Operation *op) {
      if (!sizesOf(op).empty()) {
        buffers.push_back(op);
      }
    });
    for (Operation *buffer : buffers) {
      for (Value size : sizesOf(buffer)) {
        checkSize(buffer, size);
      }
    }
    for (RequireOp check : llvm::to_vector(main.front().getOps<RequireOp>())) {
      hoist(check);
    }
  }

private:
  void checkSize(Operation *buffer, Value size) {
    Value atEntry = entry.get(size);
    Value known = atEntry ? atEntry : size;
    // One check for all buffers of the block that each run goes through.
    bool isAlways = buffer->getBlock() == &main.front();
    if (isNonNegative(known) || checked.contains(known) ||
        (isAlways && !checked.insert(known).second)) {
      return;
    }
    OpBuilder b(buffer);
    Location loc = buffer->getLoc();
    Value zero = arith::ConstantIndexOp::create(b, loc, 0);
    Value holds =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sge, size, zero);
    RequireOp::create(
        b, loc, holds, size, zero,
        nodePrefix(loc) +
            "an extent is negative (is an input too small?): found %lld, "
            "expected at least %lld");
  }

  void hoist(RequireOp check) {
    SmallVector<Value> operands;
    for (Value operand : check->getOperands()) {
      operands.push_back(entry.get(operand));
    }
    if (llvm::all_of(operands, [](Value value) { return bool(value); })) {
      entry.builder().insert(check->clone())->setOperands(operands);
      check.erase();
    }
  }

  func::FuncOp main;
  EntryValues entry;
  llvm::DenseSet<Value> checked;
};

class CheckExtentsPass : public impl::CheckExtentsPassBase<CheckExtentsPass> {
  void runOnOperation() override {
    if (auto main = getOperation().lookupSymbol<func::FuncOp>(kMain)) {
      Checks(main).run();
    }
  }
};

} // namespace
} // namespace mlc::codegen
