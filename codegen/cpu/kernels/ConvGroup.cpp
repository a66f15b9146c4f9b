//===- ConvGroup.cpp - values of a group on blocked activations -*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/ConvGroup.h"

using namespace mlir;

namespace mlc::codegen {

/// The dim of `type` that aligns with dim `spaceDim` of the space, 1 where it
/// has none.
static int64_t alignedDim(RankedTensorType type, RankedTensorType space,
                          int64_t spaceDim) {
  int64_t i = spaceDim - (space.getRank() - type.getRank());
  return i < 0 ? 1 : type.getDimSize(i);
}

BlockedValues::BlockedValues(GroupOp group, RankedTensorType space,
                             ArrayRef<Value> wanted, ArrayRef<Value> bound)
    : group(group), space(space), wanted(wanted), bound(bound) {
  SetVector<Value> open(wanted.begin(), wanted.end());
  for (size_t i = 0; i < open.size(); ++i) {
    Value value = open[i];
    if (llvm::is_contained(bound, value)) {
      continue;
    }
    if (auto argument = dyn_cast<BlockArgument>(value)) {
      arguments.push_back(argument);
    } else {
      ops.insert(value.getDefiningOp());
      for (Value operand : value.getDefiningOp()->getOperands()) {
        if (mlir::isa<RankedTensorType>(operand.getType())) {
          open.insert(operand);
        }
      }
    }
  }
  for (Value value : wanted) {
    possible &= GroupElements::canEvaluate(value, space, bound);
  }
  // Views of other shapes have no point to take a value at.
  possible &=
      llvm::none_of(ops, [](Operation *op) { return isa<ReshapeOp>(op); });
}

bool BlockedValues::isLong() const {
  // What takes more than some instructions is a polynomial or a division.
  auto isShort = [](Operation *op) {
    return isa<AddOp, SubOp, MulOp, MaxOp, MinOp, NegOp, AbsOp, ReluOp,
               LeakyReluOp, HardSigmoidOp, HardSwishOp, ExpandOp, ConstantOp,
               CastOp>(op);
  };
  return ops.size() > 8 || !llvm::all_of(ops, isShort);
}

void BlockedValues::open(KernelBuilder &builder, Block *entry,
                         Value spaceBuffer) {
  b = &builder;
  buffers = std::make_unique<GroupBuffers>(group, entry);
  dims = dimsOf(builder, spaceBuffer);
  elements = std::make_unique<GroupElements>(builder, *buffers, dims);
}

bool BlockedValues::isFull(BlockArgument argument, int64_t spaceDim) const {
  return alignedDim(tensorTypeOf(argument), space, spaceDim) != 1;
}

Index BlockedValues::offsetOf(BlockArgument argument,
                              const OutputPoint &point) {
  Index offset = b->index(int64_t(0));
  auto take = [&](bool has, Index extent, Index at) {
    if (has) {
      offset = offset * extent + at;
    }
  };
  bool rows = isFull(argument, 2), columns = isFull(argument, 3);
  take(isFull(argument, 0), dims[0], point.image);
  take(isFull(argument, 1), dims[1], point.block);
  if (rows && columns) {
    take(true, dims[2] * dims[3], point.pixel);
  } else {
    take(rows, dims[2], point.pixel / dims[3]);
    take(columns, dims[3], point.pixel % dims[3]);
  }
  take(isFull(argument, 4), b->index(kBlock), point.lane);
  return offset;
}

Value BlockedValues::load(BlockArgument argument, const OutputPoint &point,
                          Epilogue::Cache &cache) {
  // An extent of 1 in the space makes either answer right.
  bool isPerTile = (!isFull(argument, 2) || space.getDimSize(2) == 1) &&
                   (!isFull(argument, 3) || space.getDimSize(3) == 1);
  Value &known = cache[argument.getArgNumber()];
  if (isPerTile && known) {
    return known;
  }
  Value flat = b->flat(buffers->of(argument));
  Index offset = offsetOf(argument, point);
  Value value = isFull(argument, 4)
                    ? b->loadVector(flat, offset, b->isa.lanes())
                    : b->load(flat, offset);
  if (isPerTile) {
    cache[argument.getArgNumber()] = value;
  }
  return value;
}

void BlockedValues::fetch(const OutputPoint &point) {
  for (BlockArgument argument : arguments) {
    bool isPerPixel = isFull(argument, 2) || isFull(argument, 3);
    if (isPerPixel && isFull(argument, 4)) {
      b->prefetch(b->flat(buffers->of(argument)), offsetOf(argument, point));
    }
  }
}

SmallVector<Value, 2> BlockedValues::at(const OutputPoint &point,
                                        ValueRange boundValues,
                                        Epilogue::Cache &cache) {
  elements->moveTo({b->index(int64_t(0)), point.lane, b->isa.lanes()});
  for (auto [tensor, value] : llvm::zip(bound, boundValues)) {
    elements->bind(tensor, value);
  }
  for (BlockArgument argument : arguments) {
    elements->bind(argument, load(argument, point, cache));
  }
  SmallVector<Value, 2> results;
  for (Value value : wanted) {
    results.push_back(elements->vectorAt(value));
  }
  return results;
}

} // namespace mlc::codegen
