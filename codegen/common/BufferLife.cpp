//===- BufferLife.cpp - which buffers alias, how long they live -*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/common/BufferLife.h"
#include "dialects/mlc/Mlc.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace mlc::codegen {

void BufferLife::unite(Value a, Value b, bool carried) {
  if (!isa<BaseMemRefType>(a.getType())) {
    return;
  }
  values.unionSets(a.getAsOpaquePointer(), b.getAsOpaquePointer());
  if (carried) {
    carriedValues.push_back(a);
  }
}

void BufferLife::uniteAll(ValueRange a, ValueRange b, bool carried) {
  for (auto [x, y] : llvm::zip(a, b)) {
    unite(x, y, carried);
  }
}

/// Puts the values that `op` makes alias into one class.
void BufferLife::connect(Operation *op) {
  if (auto branch = dyn_cast<scf::IfOp>(op)) {
    for (Region &region : op->getRegions()) {
      if (!region.empty()) {
        uniteAll(branch.getResults(),
                 region.front().getTerminator()->getOperands(),
                 /*carried=*/false);
      }
    }
  } else if (auto loop = dyn_cast<scf::ForOp>(op)) {
    uniteAll(loop.getInitArgs(), loop.getRegionIterArgs(), true);
    uniteAll(loop.getRegionIterArgs(), loop.getYieldedValues(), true);
    uniteAll(loop.getRegionIterArgs(), loop.getResults(), true);
  } else if (auto loop = dyn_cast<scf::WhileOp>(op)) {
    auto passedOn = loop.getConditionOp().getArgs();
    uniteAll(loop.getInits(), loop.getBeforeArguments(), true);
    uniteAll(passedOn, loop.getAfterArguments(), true);
    uniteAll(passedOn, loop.getResults(), true);
    uniteAll(loop.getYieldedValues(), loop.getBeforeArguments(), true);
  } else if (isa<memref::AllocOp, OutputOp, WeightOp, ArenaOp>(op)) {
    return;
  } else {
    // A view; any other op that makes a buffer of buffers is taken for one.
    for (Value result : op->getResults()) {
      for (Value operand : op->getOperands()) {
        if (isa<BaseMemRefType>(operand.getType())) {
          unite(result, operand, /*carried=*/false);
        }
      }
    }
  }
}

BufferLife::BufferLife(func::FuncOp main) {
  main.walk([&](Operation *op) {
    for (Value result : op->getResults()) {
      values.insert(result.getAsOpaquePointer());
    }
    for (Region &region : op->getRegions()) {
      for (Value argument : region.getArguments()) {
        values.insert(argument.getAsOpaquePointer());
      }
    }
    if (op != main) {
      connect(op);
    }
  });
  main.walk([&](Operation *op) {
    if (auto alloc = dyn_cast<memref::AllocOp>(op)) {
      classes[values.getLeaderValue(alloc.getResult().getAsOpaquePointer())]
          .allocs.push_back(alloc);
    }
    for (Value operand : op->getOperands()) {
      if (isa<BaseMemRefType>(operand.getType())) {
        classes[values.getLeaderValue(operand.getAsOpaquePointer())]
            .users.push_back(op);
      }
    }
  });
  for (Value value : carriedValues) {
    classes[values.getLeaderValue(value.getAsOpaquePointer())].carried = true;
  }
}

const BufferClass &BufferLife::classOf(Value buffer) const {
  static const BufferClass unused;
  auto it = classes.find(values.getLeaderValue(buffer.getAsOpaquePointer()));
  return it == classes.end() ? unused : it->second;
}

bool BufferLife::mayAlias(Value a, Value b) const {
  return values.isEquivalent(a.getAsOpaquePointer(), b.getAsOpaquePointer());
}

} // namespace mlc::codegen
