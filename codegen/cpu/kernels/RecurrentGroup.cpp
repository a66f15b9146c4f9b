//===- RecurrentGroup.cpp - kernels of recurrent groups ---------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/CpuKernels.h"
#include "codegen/cpu/kernels/GroupKernel.h"
#include "codegen/cpu/kernels/Recurrent.h"

using namespace mlir;

namespace mlc::codegen {

/// A constant that became a literal of the group: only zeros, which stand for
/// an absent operand, are taken.
static bool isZero(Value operand) {
  auto constant = operand.getDefiningOp<ConstantOp>();
  auto value = constant ? dyn_cast<DenseElementsAttr>(constant.getValue())
                        : DenseElementsAttr();
  return value && value.isSplat() && value.getElementType().isF32() &&
         value.getSplatValue<APFloat>().isPosZero();
}

static RecurrentPackedOp matchRecurrent(GroupOp group) {
  RecurrentPackedOp found;
  for (Operation &op : group.getBlock()->without_terminator()) {
    if (auto recurrent = dyn_cast<RecurrentPackedOp>(op); recurrent && !found) {
      found = recurrent;
    } else if (!mlir::isa<ConstantOp>(op)) {
      return nullptr;
    }
  }
  if (!found || !mlir::isa<BlockArgument>(found.getGates()) ||
      !mlir::isa<BlockArgument>(found.getPanels())) {
    return nullptr;
  }
  for (Value operand : found->getOperands()) {
    Type element = cast<RankedTensorType>(operand.getType()).getElementType();
    bool isLengths = operand == found.getLengths();
    bool known = isLengths ? element.isSignlessInteger() : element.isF32();
    if (!known || (!mlir::isa<BlockArgument>(operand) && !isZero(operand))) {
      return nullptr;
    }
  }
  return found;
}

bool emitRecurrentKernel(GroupOp group, func::FuncOp kernel, CpuIsa isa) {
  RecurrentPackedOp op = matchRecurrent(group);
  if (!op) {
    return false;
  }
  PartitionedKernel frame(group, kernel, isa, /*stepped=*/true);
  KernelBuilder &b = frame.body;
  auto flat = [&](Value operand) {
    bool present = operand && mlir::isa<BlockArgument>(operand);
    return present ? b.flat(frame.buffers.of(operand)) : Value();
  };
  RecurrentBuffers buffers;
  buffers.gates = flat(op.getGates());
  buffers.panels = flat(op.getPanels());
  buffers.stateBias = flat(op.getStateBias());
  buffers.lengths = flat(op.getLengths());
  buffers.h0 = flat(op.getH0());
  buffers.c0 = flat(op.getC0());
  buffers.peephole = flat(op.getPeephole());
  buffers.state = b.flat(frame.buffers.output(0));
  buffers.times = b.dim(frame.buffers.of(op.getGates()), 0);
  buffers.batches = b.dim(frame.buffers.of(op.getGates()), 1);
  RecurrentEmitter(b, op, buffers).emitStep(frame.step, frame.begin, frame.end);
  frame.setSteps([&](KernelBuilder &builder, const GroupBuffers &arguments) {
    Index times = builder.dim(arguments.of(op.getGates()), 0);
    return times * RecurrentEmitter::phases(op) + 1;
  });
  // A panel of weights from L3, at some 50 GB/s.
  double bytes = 4.0 * op.getHidden() * op.getGateCount() * kUnitPanel;
  frame.setCount(
      [&](KernelBuilder &builder, const GroupBuffers &) {
        return builder.index(RecurrentEmitter::units(op));
      },
      bytes / 5e10);
  return true;
}

} // namespace mlc::codegen
