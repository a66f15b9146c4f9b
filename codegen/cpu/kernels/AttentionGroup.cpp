//===- AttentionGroup.cpp - kernels of attention groups ---------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/Attention.h"
#include "codegen/cpu/kernels/CpuKernels.h"
#include "codegen/cpu/kernels/GroupKernel.h"

using namespace mlir;

namespace mlc::codegen {

namespace {

bool isF32Rank4(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  return type.getRank() == 4 && type.getElementType().isF32() &&
         mlir::isa<BlockArgument>(value);
}

bool takesMask(AttentionStridedOp op) {
  if (!op.getMask()) {
    return true;
  }
  auto type = cast<RankedTensorType>(op.getMask().getType());
  // Without a dim of keys the mask does not change the weights: left to others.
  auto keys = cast<RankedTensorType>(op.getK().getType())
                  .getDimSize(op.getHeadsInside()[1] ? 1 : 2);
  return type.getElementType().isF32() &&
         mlir::isa<BlockArgument>(op.getMask()) && type.getRank() >= 1 &&
         type.getRank() <= 4 && (type.getShape().back() != 1 || keys == 1);
}

AttentionStridedOp matchAttention(GroupOp group) {
  auto ops = group.getBlock()->without_terminator();
  if (!llvm::hasSingleElement(ops)) {
    return nullptr;
  }
  auto op = dyn_cast<AttentionStridedOp>(*ops.begin());
  if (!op || !isF32Rank4(op.getQ()) || !isF32Rank4(op.getK()) ||
      !isF32Rank4(op.getV()) || !takesMask(op)) {
    return nullptr;
  }
  auto depthOf = [](Value value) {
    return cast<RankedTensorType>(value.getType()).getDimSize(3);
  };
  for (int64_t depth :
       {depthOf(op.getQ()), depthOf(op.getK()), depthOf(op.getV())}) {
    if (ShapedType::isDynamic(depth) || depth < 1 || depth > kMaxHeadDepth) {
      return nullptr;
    }
  }
  return op;
}

AttentionTensor tensorOf(KernelBuilder &b, Value buffer, bool headsInside) {
  SmallVector<Index> dims = dimsOf(b, buffer);
  AttentionTensor tensor;
  tensor.memory = b.flat(buffer);
  tensor.batch = dims[1] * dims[2] * dims[3];
  tensor.head = headsInside ? dims[3] : dims[2] * dims[3];
  tensor.row = headsInside ? dims[2] * dims[3] : dims[3];
  return tensor;
}

AttentionMask maskOf(KernelBuilder &b, Value buffer) {
  auto type = cast<MemRefType>(buffer.getType());
  AttentionMask mask;
  mask.memory = b.flat(buffer);
  Index *strides[] = {&mask.row, &mask.head, &mask.batch};
  int64_t rank = type.getRank();
  Index step = b.dim(buffer, rank - 1);
  for (auto [i, stride] : llvm::enumerate(strides)) {
    int64_t d = rank - 2 - int64_t(i);
    bool has = d >= 0 && type.getDimSize(d) != 1;
    *stride = has ? step : b.index(int64_t(0));
    if (has) {
      step = step * b.dim(buffer, d);
    }
  }
  return mask;
}

} // namespace

bool emitAttentionKernel(GroupOp group, func::FuncOp kernel, CpuIsa isa) {
  AttentionStridedOp op = matchAttention(group);
  if (!op) {
    return false;
  }
  PartitionedKernel frame(group, kernel, isa);
  KernelBuilder &b = frame.body;
  ArrayRef<bool> inside = op.getHeadsInside();
  AttentionProblem problem;
  Value q = frame.buffers.of(op.getQ()), k = frame.buffers.of(op.getK());
  problem.q = tensorOf(b, q, inside[0]);
  problem.k = tensorOf(b, k, inside[1]);
  problem.v = tensorOf(b, frame.buffers.of(op.getV()), inside[2]);
  problem.y = tensorOf(b, frame.buffers.output(0), inside[3]);
  if (op.getMask()) {
    problem.mask = maskOf(b, frame.buffers.of(op.getMask()));
  }
  problem.batches = b.dim(q, 0);
  problem.heads = b.dim(q, inside[0] ? 2 : 1);
  problem.queries = b.dim(q, inside[0] ? 1 : 2);
  problem.keyHeads = b.dim(k, inside[1] ? 2 : 1);
  problem.keys = b.dim(k, inside[1] ? 1 : 2);
  problem.depth = *b.dim(q, 3).constant();
  problem.valueDepth = *b.dim(frame.buffers.output(0), 3).constant();
  problem.scale = op.getScale().convertToDouble();
  problem.causal = op.getCausal();
  problem.nanToZero = op.getNanToZero();
  emitAttention(b, problem, frame.begin, frame.end);
  double keys = problem.keys.constant().value_or(128);
  frame.setCount(
      [&](KernelBuilder &builder, const GroupBuffers &buffers) {
        Value query = buffers.of(op.getQ());
        return attentionUnits(builder, builder.dim(query, 0),
                              builder.dim(query, inside[0] ? 2 : 1),
                              builder.dim(query, inside[0] ? 1 : 2));
      },
      4.0 * 2 * isa.lanes() * keys * problem.depth / 1e11);
  return true;
}

} // namespace mlc::codegen
