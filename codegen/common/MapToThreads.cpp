//===- MapToThreads.cpp - one GPU thread per element ------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// In: kernels with one all-parallel `linalg.generic` (mlc-split-kernels).
// Out: the code for one element, whose number is a new last argument, and
// `@kernel.count`. What calls it with the thread's number is made later, for
// the device at hand.
//
//   func @k(%x, %y) { linalg.generic over (d0, d1) {body} }
// ==>
//   func @k(%x, %y, %element) { body(%element / D1, %element % D1) }
//
//===----------------------------------------------------------------------===//
#include "codegen/common/Kernel.h"
#include "codegen/common/KernelNest.h"
#include "codegen/common/Passes.h"

using namespace mlir;

namespace mlc::codegen {
#define GEN_PASS_DEF_MAPTOTHREADSPASS
#include "codegen/common/Passes.h.inc"

namespace {

constexpr int64_t threadsPerBlock = 256;

void mapToThreads(func::FuncOp kernel) {
  KernelNest nest(kernel);
  nest.emitCount();
  Value element = nest.addArgument();
  nest.begin();
  OpBuilder &b = nest.builder();
  if (!nest.isOneRun()) {
    Value length = nest.runLength();
    nest.setRow(arith::DivUIOp::create(b, nest.loc(), element, length));
    element = arith::RemUIOp::create(b, nest.loc(), element, length);
  }
  nest.emitElement(element);
  nest.erase();
  kernel->setAttr(kThreads, b.getUnitAttr());
  kernel->setAttr(kBlock, b.getI64IntegerAttr(threadsPerBlock));
}

class MapToThreadsPass : public impl::MapToThreadsPassBase<MapToThreadsPass> {
  void runOnOperation() override {
    for (func::FuncOp kernel : kernelsOf(getOperation())) {
      bool isDone = kernel->hasAttr(kSerial) || kernel->hasAttr(kThreads) ||
                    kernel->hasAttr(kBlocks);
      if (!isDone) {
        mapToThreads(kernel);
      }
    }
  }
};

} // namespace
} // namespace mlc::codegen
