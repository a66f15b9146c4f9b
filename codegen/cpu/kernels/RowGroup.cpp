//===- RowGroup.cpp - kernels of row groups ---------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Softmax, layer normalisation, sums over rows: elementwise ops and reductions
// over the last dim(s). A row is worked in stages, each one pass over its
// columns: stage s can use what reductions of earlier stages gave. The row is
// read from memory once, later passes find it in L1.
//
//   stage 0: m = max(x)     stage 1: e = exp(x - m), s = sum(e)
//   stage 2: y = e / s
//
// Cheap values are computed again in every stage; an expensive value (e) waits
// in the row of the result that a later stage overwrites, or in a row on the
// stack.
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/CpuKernels.h"
#include "codegen/cpu/kernels/Reduction.h"
#include "codegen/cpu/kernels/RowStages.h"

using namespace mlir;

namespace mlc::codegen {

namespace {

class RowEmitter {
public:
  RowEmitter(KernelBuilder &b, const GroupBuffers &buffers, const RowPlan &plan)
      : b(b), buffers(buffers), plan(plan), lanes(b.isa.lanes()),
        dims(iterationDims()), elements(b, buffers, dims) {
    for (unsigned i = 0; i < plan.outputs.size(); ++i) {
      outputs.push_back(b.flat(buffers.output(i)));
    }
    columns = dims.back();
    for (unsigned i = 0; i < plan.stackRows; ++i) {
      stackRows.push_back(b.stack(*plan.staticReduced()));
    }
  }

  void emitRow(Index rowIndex) {
    row = rowIndex;
    ready = 0;
    for (unsigned stage = 0; stage < plan.stages.size(); ++stage) {
      emitStage(plan.stages[stage]);
      ready = stage + 1;
    }
    storeRowScalars();
    for (Value bound : boundForGood) {
      elements.unbind(bound);
    }
    boundForGood.clear();
  }

private:
  SmallVector<Index> iterationDims();
  void emitStage(const RowStage &stage);
  KernelBuilder::Values emitColumns(const RowStage &stage, Index low,
                                    Index high, unsigned unroll, bool masked,
                                    KernelBuilder::Values sums);
  void emitPosition(const RowStage &stage, Index col, Value mask,
                    Reduction::State sums);
  /// Vectors that one part of a row carries from position to position.
  unsigned stateSize(const RowStage &stage) {
    unsigned size = 0;
    for (ReduceOp op : stage.reductions) {
      size += Reduction(b, op).width();
    }
    return size;
  }
  void bindArguments(const ElementPosition &position);
  void storeRowScalars();
  /// Where a cached row lies, and a column of it.
  std::pair<Value, Index> cachePlace(unsigned number, Index col) {
    if (number < outputs.size()) {
      return {outputs[number], row * columns + col};
    }
    return {stackRows[number - outputs.size()], col};
  }
  KernelBuilder &b;
  const GroupBuffers &buffers;
  const RowPlan &plan;
  unsigned lanes;
  SmallVector<Index> dims;
  GroupElements elements;
  SmallVector<Value> outputs, stackRows, boundForGood;
  Index row, columns;
  unsigned ready = 0;
};

SmallVector<Index> RowEmitter::iterationDims() {
  SmallVector<Index> all = dimsOf(b, plan.spaceBuffer(buffers));
  if (plan.reducedDims == 1) {
    return all;
  }
  // Several trailing dims count as one, and so do the rows.
  Index rows = b.index(int64_t(1)), cols = b.index(int64_t(1));
  for (auto [i, dim] : llvm::enumerate(all)) {
    bool isColumn = i + plan.reducedDims >= all.size();
    (isColumn ? cols : rows) = (isColumn ? cols : rows) * dim;
  }
  return {rows, cols};
}

void RowEmitter::bindArguments(const ElementPosition &position) {
  if (plan.reducedDims == 1) {
    return;
  }
  GroupOp group = buffers.getGroup();
  for (BlockArgument argument : group.getBlock()->getArguments()) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type || type.getShape() != plan.space.getShape()) {
      continue; // dims that are all 1 address themselves
    }
    elements.bind(argument, b.loadVector(b.flat(buffers.of(argument)),
                                         position.row * columns + position.col,
                                         lanes, position.mask));
  }
}

void RowEmitter::emitStage(const RowStage &stage) {
  if (stage.isEmpty()) {
    return;
  }
  unsigned unroll = stage.cost > 20 ? 2 : 4;
  KernelBuilder::Values sums;
  for (unsigned part = 0; part < unroll; ++part) {
    for (ReduceOp op : stage.reductions) {
      Reduction(b, op).start(sums);
    }
  }
  Index none = b.index(int64_t(0));
  Index main = columns / int64_t(unroll * lanes) * int64_t(unroll * lanes);
  if (main.constant() != 0) {
    sums = emitColumns(stage, none, main, unroll, /*masked=*/false,
                       std::move(sums));
  }
  if (!main.constant() || main.constant() != columns.constant()) {
    sums =
        emitColumns(stage, main, columns, 1, /*masked=*/true, std::move(sums));
  }
  unsigned partSize = stateSize(stage), at = 0;
  for (ReduceOp op : stage.reductions) {
    Reduction reduction(b, op);
    auto state = [&](unsigned part) {
      return MutableArrayRef(sums).slice(part * partSize + at,
                                         reduction.width());
    };
    for (unsigned part = 1; part < unroll; ++part) {
      reduction.merge(state(0), state(part));
    }
    elements.bind(op.getY(), reduction.scalar(state(0)), /*forGood=*/true);
    boundForGood.push_back(op.getY());
    at += reduction.width();
  }
}

KernelBuilder::Values RowEmitter::emitColumns(const RowStage &stage, Index low,
                                              Index high, unsigned unroll,
                                              bool masked,
                                              KernelBuilder::Values sums) {
  return b.loop(
      low, high, unroll * lanes, sums, [&](Index col, ValueRange carried) {
        KernelBuilder::Values next(carried);
        unsigned size = stateSize(stage);
        for (unsigned part = 0; part < unroll; ++part) {
          Value mask = masked ? b.mask(high - col, lanes) : Value();
          emitPosition(stage, col + int64_t(part * lanes), mask,
                       MutableArrayRef(next).slice(part * size, size));
        }
        return next;
      });
}

void RowEmitter::emitPosition(const RowStage &stage, Index col, Value mask,
                              Reduction::State sums) {
  ElementPosition position{row, col, lanes, mask};
  elements.moveTo(position);
  bindArguments(position);
  Index at = row * columns + col;
  for (const auto &[value, output] : plan.cached) {
    if (!llvm::is_contained(stage.toCache, value) &&
        plan.cachedAt(value) < ready) {
      auto [buffer, place] = cachePlace(output, col);
      elements.bind(value, b.loadVector(buffer, place, lanes, mask));
    }
  }
  for (ReduceOp op : stage.reductions) {
    Reduction reduction(b, op);
    reduction.add(sums.take_front(reduction.width()),
                  elements.vectorAt(op.getX()), mask);
    sums = sums.drop_front(reduction.width());
  }
  for (Value value : stage.toCache) {
    auto [buffer, place] = cachePlace(plan.cached.lookup(value), col);
    b.storeVector(elements.vectorAt(value), buffer, place, mask);
  }
  for (unsigned i : stage.outputs) {
    b.storeVector(elements.vectorAt(plan.outputs[i]), outputs[i], at, mask);
  }
}

void RowEmitter::storeRowScalars() {
  if (plan.reducedOutputs.empty()) {
    return;
  }
  elements.moveTo({row, b.index(int64_t(0)), lanes, {}});
  for (unsigned i : plan.reducedOutputs) {
    b.store(elements.at(plan.outputs[i]), outputs[i], row);
  }
}

} // namespace

bool emitRowKernel(GroupOp group, func::FuncOp kernel, CpuIsa isa) {
  std::optional<RowPlan> plan = planRows(group);
  if (!plan || !plan->reducesLastDims()) {
    return false;
  }
  isa.elementBits = plan->space.getElementTypeBitWidth();
  PartitionedKernel frame(group, kernel, isa);
  KernelBuilder &b = frame.body;
  RowEmitter emitter(b, frame.buffers, *plan);
  b.loop(frame.begin, frame.end, 1, [&](Index row) { emitter.emitRow(row); });
  int64_t columns = 1, cost = 1;
  for (int64_t dim : plan->space.getShape().take_back(plan->reducedDims)) {
    columns *= ShapedType::isDynamic(dim) ? 128 : dim;
  }
  for (const RowStage &stage : plan->stages) {
    cost += stage.cost + 2;
  }
  frame.setCount(
      [&](KernelBuilder &builder, const GroupBuffers &buffers) {
        return builder.dimProduct(plan->spaceBuffer(buffers), 0, plan->rowDims);
      },
      (20.0 + double(columns) / isa.lanes() * cost) * 3e-10);
  return true;
}

} // namespace mlc::codegen
