//===- ColumnGroup.cpp - kernels of reductions over other axes --*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The stages of RowStages.h for a space [rows..., reduced..., columns...]:
// softmax or a mean over the channels of an image, a sum over the batch.
// Neighbouring columns lie in the lanes of vectors and meet only their own
// kind, so whether the extents are known does not matter:
//
//   for a row and a block of columns (the unit that threads share)
//     stage 0: m[columns] = max over k of x[row, k, columns]
//     stage 1: e = exp(x - m), kept in y; s[columns] = sum over k of e
//     stage 2: y = e / s
//
// A stage walks down the block with one accumulator per vector; a block of a
// single vector has several, for independent chains. Arguments that do not
// depend on k and values of a row stay in registers.
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/CpuKernels.h"
#include "codegen/cpu/kernels/Reduction.h"
#include "codegen/cpu/kernels/RowStages.h"

using namespace mlir;

namespace mlc::codegen {

namespace {

/// Vectors of a block, and of those a stage with long formulas takes at once.
constexpr unsigned kParts = 8, kCostlyParts = 2;
/// Partial results when a stage works on a single vector.
constexpr unsigned kChains = 4;

class ColumnEmitter {
public:
  ColumnEmitter(KernelBuilder &b, const GroupBuffers &buffers,
                const RowPlan &plan)
      : b(b), buffers(buffers), plan(plan), lanes(b.isa.lanes()),
        noDims(2, b.index(int64_t(1))) {
    Value space = plan.spaceBuffer(buffers);
    dims = dimsOf(b, space);
    int64_t rank = plan.space.getRank(),
            after = plan.rowDims + plan.reducedDims;
    reduced = b.dimProduct(space, plan.rowDims, after);
    columns = b.dimProduct(space, after, rank);
  }

  /// Works the block of `kParts` vectors with that number in row-major order.
  void emitUnit(Index unit) {
    Index blocks = b.ceilDiv(columns, int64_t(kParts * lanes));
    row = unit / blocks;
    Index first = unit % blocks * int64_t(kParts * lanes);
    Index after = first + int64_t(kParts * lanes);
    std::optional<int64_t> known = columns.constant();
    bool neverWhole = known && *known < int64_t(kParts * lanes);
    bool alwaysWhole = known && *known % (kParts * lanes) == 0;
    auto whole = [&] { emitBlock(first, kParts, {}); };
    auto rest = [&] {
      b.loop(first, b.min(columns, after), lanes, [&](Index col) {
        emitBlock(col, 1, b.mask(columns - col, lanes));
      });
    };
    if (neverWhole) {
      rest();
    } else if (alwaysWhole) {
      whole();
    } else {
      b.ifThen(b.less(columns, after), rest, whole);
    }
  }

private:
  using Values = KernelBuilder::Values;
  /// Some vectors of the block and some successive k.
  struct Tile {
    unsigned firstPart, parts, chains;
  };

  void emitBlock(Index col, unsigned parts, Value mask);
  unsigned partsAtOnce(const RowStage &stage, unsigned parts);
  void bindRowValues();
  void emitStage(const RowStage &stage, unsigned firstPart, unsigned parts);
  Values walk(const RowStage &stage, const Tile &tile, Index from, Index to,
              Values sums);
  void emitPosition(const RowStage &stage, Index k, unsigned part,
                    Reduction::State sums);
  void storeReduced();

  Index column(unsigned part) { return firstColumn + int64_t(part * lanes); }
  Index place(Index k, unsigned part) {
    return (row * reduced + k) * columns + column(part);
  }
  bool dependsOnK(BlockArgument argument);
  Value load(BlockArgument argument, Index k, unsigned part);
  auto tensorArguments() {
    return llvm::make_filter_range(
        buffers.getGroup().getBlock()->getArguments(), [](BlockArgument a) {
          return mlir::isa<RankedTensorType>(a.getType());
        });
  }

  KernelBuilder &b;
  const GroupBuffers &buffers;
  const RowPlan &plan;
  unsigned lanes;
  SmallVector<Index> noDims; ///< all values are vectors, all arguments bound
  SmallVector<Index> dims;
  Index reduced, columns, row, firstColumn;
  Value mask;
  SmallVector<GroupElements> elements; ///< by part
  llvm::DenseSet<Value> ready;         ///< values that no longer depend on k
  SmallVector<Value> stored;           ///< values that wait in a result's row
};

void ColumnEmitter::emitBlock(Index col, unsigned parts, Value laneMask) {
  firstColumn = col;
  mask = laneMask;
  elements.clear();
  ready.clear();
  stored.clear();
  for (unsigned part = 0; part < parts; ++part) {
    elements.emplace_back(b, buffers, noDims);
    elements[part].moveTo({row, column(part), lanes, mask});
    for (BlockArgument argument : tensorArguments()) {
      if (!dependsOnK(argument)) {
        Value value = load(argument, b.index(int64_t(0)), part);
        elements[part].bind(argument, value, /*forGood=*/true);
        ready.insert(argument);
      }
    }
  }
  for (const RowStage &stage : plan.stages) {
    bindRowValues();
    unsigned step = partsAtOnce(stage, parts);
    for (unsigned part = 0; part < parts && !stage.isEmpty(); part += step) {
      emitStage(stage, part, step);
    }
    for (ReduceOp op : stage.reductions) {
      ready.insert(op.getY());
    }
    llvm::append_range(stored, stage.toCache);
  }
  bindRowValues();
  storeReduced();
}

/// As many as leave half of the registers to the formulas.
unsigned ColumnEmitter::partsAtOnce(const RowStage &stage, unsigned parts) {
  unsigned size = 0;
  for (ReduceOp op : stage.reductions) {
    size += Reduction(b, op).width();
  }
  unsigned step = stage.cost > 20 ? std::min(parts, kCostlyParts) : parts;
  while (step > 1 && step * size > b.isa.registers / 2) {
    step /= 2;
  }
  return step;
}

/// Computes what follows from reductions alone, before a loop asks for it.
void ColumnEmitter::bindRowValues() {
  for (Operation &op : buffers.getGroup().getBlock()->without_terminator()) {
    Value value = op.getResult(0);
    bool follows = !mlir::isa<ReduceOp, ConstantOp>(op) &&
                   !plan.isFull(value) && !ready.contains(value) &&
                   llvm::all_of(op.getOperands(), [&](Value operand) {
                     return ready.contains(operand) ||
                            operand.getDefiningOp<ConstantOp>() ||
                            operand.getType().isIndex();
                   });
    if (!follows) {
      continue;
    }
    for (auto [part, partElements] : llvm::enumerate(elements)) {
      partElements.moveTo({row, column(part), lanes, mask});
      partElements.bind(value, partElements.vectorAt(value), /*forGood=*/true);
    }
    ready.insert(value);
  }
}

void ColumnEmitter::emitStage(const RowStage &stage, unsigned firstPart,
                              unsigned parts) {
  unsigned chains = parts == 1 && !stage.reductions.empty() ? kChains : 1;
  Values sums;
  for (unsigned i = 0; i < chains * parts; ++i) {
    for (ReduceOp op : stage.reductions) {
      Reduction(b, op).start(sums);
    }
  }
  unsigned size = sums.size() / (chains * parts);
  Index zero = b.index(int64_t(0)), main = reduced / chains * chains;
  sums = walk(stage, {firstPart, parts, chains}, zero, main, sums);
  if (chains > 1) {
    Values first(ArrayRef(sums).take_front(parts * size));
    first = walk(stage, {firstPart, parts, 1}, main, reduced, first);
    llvm::copy(first, sums.begin());
  }
  for (unsigned part = 0; part < parts; ++part) {
    unsigned at = part * size;
    for (ReduceOp op : stage.reductions) {
      Reduction reduction(b, op);
      auto state = [&](unsigned chain) {
        return MutableArrayRef(sums).slice(chain * parts * size + at,
                                           reduction.width());
      };
      for (unsigned chain = 1; chain < chains; ++chain) {
        reduction.merge(state(0), state(chain));
      }
      elements[firstPart + part].bind(op.getY(), reduction.vector(state(0)),
                                      /*forGood=*/true);
      at += reduction.width();
    }
  }
}

/// The stage for k in [from, to), steps of as many as there are chains.
ColumnEmitter::Values ColumnEmitter::walk(const RowStage &stage,
                                          const Tile &tile, Index from,
                                          Index to, Values sums) {
  unsigned size = sums.size() / (tile.chains * tile.parts);
  return b.loop(from, to, tile.chains, sums, [&](Index k, ValueRange carried) {
    Values next(carried);
    for (unsigned chain = 0; chain < tile.chains; ++chain) {
      for (unsigned part = 0; part < tile.parts; ++part) {
        unsigned at = (chain * tile.parts + part) * size;
        emitPosition(stage, k + int64_t(chain), tile.firstPart + part,
                     MutableArrayRef(next).slice(at, size));
      }
    }
    return next;
  });
}

void ColumnEmitter::emitPosition(const RowStage &stage, Index k, unsigned part,
                                 Reduction::State sums) {
  GroupElements &values = elements[part];
  values.moveTo({row, column(part), lanes, mask});
  Index at = place(k, part);
  auto rowOf = [&](Value cached) {
    return b.flat(buffers.output(plan.cached.lookup(cached)));
  };
  for (BlockArgument argument : tensorArguments()) {
    if (dependsOnK(argument)) {
      values.bind(argument, load(argument, k, part));
    }
  }
  for (Value value : stored) {
    values.bind(value, b.loadVector(rowOf(value), at, lanes, mask));
  }
  for (ReduceOp op : stage.reductions) {
    Reduction reduction(b, op);
    reduction.add(sums.take_front(reduction.width()),
                  values.vectorAt(op.getX()));
    sums = sums.drop_front(reduction.width());
  }
  for (Value value : stage.toCache) {
    b.storeVector(values.vectorAt(value), rowOf(value), at, mask);
  }
  for (unsigned i : stage.outputs) {
    b.storeVector(values.vectorAt(plan.outputs[i]), b.flat(buffers.output(i)),
                  at, mask);
  }
}

void ColumnEmitter::storeReduced() {
  for (auto [part, values] : llvm::enumerate(elements)) {
    values.moveTo({row, column(part), lanes, mask});
    for (unsigned i : plan.reducedOutputs) {
      b.storeVector(values.vectorAt(plan.outputs[i]), b.flat(buffers.output(i)),
                    row * columns + column(part), mask);
    }
  }
}

bool ColumnEmitter::dependsOnK(BlockArgument argument) {
  ArrayRef<int64_t> shape = tensorTypeOf(argument).getShape();
  int64_t inner = plan.space.getRank() - plan.rowDims - plan.reducedDims;
  return llvm::any_of(shape.drop_back(std::min<int64_t>(inner, shape.size()))
                          .take_back(plan.reducedDims),
                      [](int64_t dim) { return dim != 1; });
}

/// An argument has its columns or one, and its other dims as they broadcast.
Value ColumnEmitter::load(BlockArgument argument, Index k, unsigned part) {
  Value buffer = buffers.of(argument);
  ArrayRef<int64_t> shape = tensorTypeOf(argument).getShape();
  int64_t rank = shape.size(), spaceRank = dims.size();
  // Where the argument's dims over the reduced ones, and its columns, begin.
  int64_t missing = spaceRank - rank;
  int64_t middle = std::max<int64_t>(plan.rowDims - missing, 0);
  int64_t inner =
      std::max<int64_t>(plan.rowDims + plan.reducedDims - missing, 0);
  Index innerSize = b.dimProduct(buffer, inner, rank);
  Index rowSize = b.dimProduct(buffer, middle, rank);
  ArrayRef<Index> all(dims);
  Index at = broadcastOffset(b, row, all.take_front(plan.rowDims),
                             shape.take_front(middle), rowSize) +
             broadcastOffset(b, k, all.slice(plan.rowDims, plan.reducedDims),
                             shape.slice(middle, inner - middle), innerSize);
  Value flat = b.flat(buffer);
  bool single = llvm::all_of(shape.drop_front(inner),
                             [](int64_t dim) { return dim == 1; });
  if (single && columns.constant() != 1) {
    return b.splatOf(b.load(flat, at), lanes);
  }
  return b.loadVector(flat, at + column(part), lanes, mask);
}

} // namespace

bool emitColumnKernel(GroupOp group, func::FuncOp kernel, CpuIsa isa) {
  std::optional<RowPlan> plan = planRows(group);
  if (!plan || plan->reducesLastDims()) {
    return false;
  }
  isa.elementBits = plan->space.getElementTypeBitWidth();
  PartitionedKernel frame(group, kernel, isa);
  KernelBuilder &b = frame.body;
  ColumnEmitter emitter(b, frame.buffers, *plan);
  b.loop(frame.begin, frame.end, 1,
         [&](Index unit) { emitter.emitUnit(unit); });
  int64_t block = kParts * isa.lanes(), cost = 1;
  for (const RowStage &stage : plan->stages) {
    cost += stage.cost + 2;
  }
  frame.setCount(
      [&](KernelBuilder &builder, const GroupBuffers &buffers) {
        Value space = plan->spaceBuffer(buffers);
        int64_t after = plan->rowDims + plan->reducedDims;
        Index columns = builder.dimProduct(space, after, plan->space.getRank());
        return builder.dimProduct(space, 0, plan->rowDims) *
               builder.ceilDiv(columns, block);
      },
      (20.0 + double(plan->staticReduced().value_or(128)) * kParts * cost) *
          3e-10);
  return true;
}

} // namespace mlc::codegen
