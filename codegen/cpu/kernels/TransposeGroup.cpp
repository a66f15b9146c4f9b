//===- TransposeGroup.cpp - kernels that move the last dim ------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A transpose that moves the last dim reads or writes with a stride, whichever
// way its elements are walked. It is worked in squares of registers: `lanes`
// vectors along the source's last dim become as many along the result's. What
// stands before the transpose is computed on the former, what stands after it
// on the latter.
//
// Dims that stay neighbours count as one, a run: NCHW to NHWC transposes planes
// of C rows and H * W columns.
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/CpuKernels.h"
#include "codegen/cpu/kernels/GroupKernel.h"

#include "dialects/mlc/Scalar.h"

using namespace mlir;

namespace mlc::codegen {

namespace {

/// Squares that one unit of work takes, along the result's last run.
constexpr int64_t kSquares = 16;

struct TransposePlan {
  Value x, y; // what is transposed, and what comes of it
  SmallVector<int64_t> permutation;
  SmallVector<Value> outputs;
  /// For each run its first and one past its last dim, in the source's order.
  SmallVector<std::pair<int64_t, int64_t>> runs;
  /// For each run of the result the source's.
  SmallVector<int64_t> order;
  bool isMerged = false; ///< whether a run has several dims
};

/// Whether all that `tensor` is made of, down to `bound`, has its shape or is a
/// scalar. Booleans are read one by one, by their row of dims.
bool isUniform(Value tensor, Value bound) {
  ArrayRef<int64_t> shape = tensorTypeOf(tensor).getShape();
  SetVector<Value> open;
  open.insert(tensor);
  for (size_t i = 0; i < open.size(); ++i) {
    Operation *op = open[i].getDefiningOp();
    RankedTensorType type = tensorTypeOf(open[i]);
    if (open[i] == bound || isa_and_nonnull<ConstantOp>(op) ||
        type.getRank() == 0) {
      continue;
    }
    if (type.getShape() != shape || isa_and_nonnull<ReshapeOp, ExpandOp>(op) ||
        (!op && type.getElementType().isInteger(1))) {
      return false;
    }
    if (op) {
      open.insert(op->operand_begin(), op->operand_end());
    }
  }
  return true;
}

void setRuns(TransposePlan &plan) {
  ArrayRef<int64_t> permutation = plan.permutation;
  int64_t rank = tensorTypeOf(plan.x).getRank();
  bool mayMerge = isUniform(plan.x, Value()) &&
                  llvm::all_of(plan.outputs, [&](Value output) {
                    return isUniform(output, plan.y);
                  });
  SmallVector<int64_t> firsts; // in the result's order
  for (auto [i, dim] : llvm::enumerate(permutation)) {
    if (mayMerge && i > 0 && dim == permutation[i - 1] + 1) {
      plan.isMerged = true;
    } else {
      firsts.push_back(dim);
    }
  }
  SmallVector<int64_t> sorted(firsts);
  llvm::sort(sorted);
  for (auto [i, first] : llvm::enumerate(sorted)) {
    bool isLast = i + 1 == sorted.size();
    plan.runs.push_back({first, isLast ? rank : sorted[i + 1]});
  }
  for (int64_t first : firsts) {
    plan.order.push_back(llvm::find(sorted, first) - sorted.begin());
  }
}

std::optional<TransposePlan> planTranspose(GroupOp group) {
  auto ops = llvm::to_vector(group.getOps<TransposeOp>());
  if (ops.size() != 1) {
    return std::nullopt;
  }
  TransposePlan plan;
  plan.x = ops[0].getX();
  plan.y = ops[0].getY();
  plan.permutation.assign(ops[0].getPermutation().begin(),
                          ops[0].getPermutation().end());
  RankedTensorType from = tensorTypeOf(plan.x), to = tensorTypeOf(plan.y);
  if (from.getRank() < 2 || plan.permutation.back() == to.getRank() - 1 ||
      from.getShape().back() == 1 || to.getShape().back() == 1 ||
      llvm::is_contained(from.getShape(), 0) ||
      !isVectorElement(from.getElementType()) ||
      !GroupElements::canEvaluate(plan.x, from, {})) {
    return std::nullopt;
  }
  for (Value output : group.getYield().getValues()) {
    auto type = dyn_cast<RankedTensorType>(output.getType());
    if (!type || type.getShape() != to.getShape() ||
        !isVectorElement(type.getElementType()) ||
        !GroupElements::canEvaluate(output, to, {plan.y})) {
      return std::nullopt;
    }
    plan.outputs.push_back(output);
  }
  setRuns(plan);
  return plan;
}

/// Extents of the runs and what a step along each means in rows of a space,
/// which are the elements of all its runs but the last.
struct Geometry {
  Geometry(KernelBuilder &b, const GroupBuffers &buffers,
           const TransposePlan &plan);

  Index columns() const { return extents.back(); }
  Index rows() const { return extents[wide]; }
  /// How many units there are.
  Index units(KernelBuilder &b) const;

  SmallVector<Index> dims, resultDims; // of the two spaces
  SmallVector<Index> extents;          // of the runs
  SmallVector<Index> step, resultStep; // of the runs
  int64_t wide;                        // the run that ends the result
};

Geometry::Geometry(KernelBuilder &b, const GroupBuffers &buffers,
                   const TransposePlan &plan)
    : resultDims(dimsOf(b, buffers.output(0))), wide(plan.order.back()) {
  dims.resize(resultDims.size());
  for (auto [i, dim] : llvm::enumerate(plan.permutation)) {
    dims[dim] = resultDims[i];
  }
  for (auto [first, last] : plan.runs) {
    Index extent = b.index(int64_t(1));
    for (int64_t dim = first; dim < last; ++dim) {
      extent = extent * dims[dim];
    }
    extents.push_back(extent);
  }
  step.resize(extents.size());
  resultStep.resize(extents.size());
  Index below = b.index(int64_t(1)), resultBelow = below;
  for (int64_t i = int64_t(extents.size()) - 2; i >= 0; --i) {
    step[i] = below;
    below = below * extents[i];
    resultStep[plan.order[i]] = resultBelow;
    resultBelow = resultBelow * extents[plan.order[i]];
  }
}

Index Geometry::units(KernelBuilder &b) const {
  int64_t lanes = b.isa.lanes();
  Index units =
      b.ceilDiv(columns(), lanes) * b.ceilDiv(rows(), lanes * kSquares);
  for (int64_t i = 0; i + 1 < int64_t(extents.size()); ++i) {
    units = i == wide ? units : units * extents[i];
  }
  return units;
}

class TransposeEmitter {
public:
  TransposeEmitter(KernelBuilder &b, const GroupBuffers &buffers,
                   const TransposePlan &plan)
      : b(b), buffers(buffers), plan(plan), lanes(b.isa.lanes()),
        geometry(b, buffers, plan), before(b, buffers, geometry.dims),
        after(b, buffers, geometry.resultDims) {}

  void emitUnit(Index unit);

private:
  /// A square's first element: `row` of the source and `col` there are what
  /// `resultCol` and `resultRow` are in the result.
  struct Square {
    Index row, col, resultRow, resultCol;
    Index height, width; // what of it is inside
  };
  void emitSquare(const Square &square, bool isWhole);
  KernelBuilder::Values loadRows(const Square &square, bool isWhole);
  void storeRow(const Square &square, int64_t i, Value value, Value mask);
  void moveTo(GroupElements &elements, const ElementPosition &position,
              RankedTensorType space, Index columns);

  KernelBuilder &b;
  const GroupBuffers &buffers;
  const TransposePlan &plan;
  int64_t lanes;
  Geometry geometry;
  GroupElements before, after;
};

void TransposeEmitter::emitUnit(Index unit) {
  // Columns of the source vary fastest: neighbours read the same lines.
  Index columnSquares = b.ceilDiv(geometry.columns(), lanes);
  Index chunks = b.ceilDiv(geometry.rows(), lanes * kSquares);
  Index column = unit % columnSquares * lanes;
  Index rest = unit / columnSquares;
  Index low = rest % chunks * (lanes * kSquares);
  rest = rest / chunks;
  int64_t last = int64_t(geometry.extents.size()) - 1;
  Index row = b.index(int64_t(0));
  Index resultRow = column * geometry.resultStep[last];
  for (int64_t i = last - 1; i >= 0; --i) {
    if (i == geometry.wide) {
      continue;
    }
    Index at = rest % geometry.extents[i];
    rest = rest / geometry.extents[i];
    row = row + at * geometry.step[i];
    resultRow = resultRow + at * geometry.resultStep[i];
  }
  Index high = b.min(low + lanes * kSquares, geometry.rows());
  Index width = geometry.columns() - column;
  b.loop(low, high, lanes, [&](Index at) {
    Square square{row + at * geometry.step[geometry.wide],
                  column,
                  resultRow,
                  at,
                  geometry.rows() - at,
                  width};
    Index least = b.min(square.height, square.width);
    Value isPartial = b.less(least, b.index(lanes));
    b.ifThen(
        isPartial, [&] { emitSquare(square, false); },
        [&] { emitSquare(square, true); });
  });
}

void TransposeEmitter::emitSquare(const Square &square, bool isWhole) {
  KernelBuilder::Values rows = loadRows(square, isWhole);
  b.transpose(rows);
  int64_t known = geometry.columns().constant().value_or(lanes);
  Value mask = isWhole ? Value() : b.mask(square.height, lanes);
  for (int64_t i = 0; i < std::min(known, lanes); ++i) {
    if (isWhole || i == 0) {
      storeRow(square, i, rows[i], mask);
    } else {
      b.ifThen(b.less(b.index(i), square.width),
               [&] { storeRow(square, i, rows[i], mask); });
    }
  }
}

/// Rows outside repeat the last one inside.
KernelBuilder::Values TransposeEmitter::loadRows(const Square &square,
                                                 bool isWhole) {
  Value mask = isWhole ? Value() : b.mask(square.width, lanes);
  int64_t known = geometry.rows().constant().value_or(lanes);
  KernelBuilder::Values rows;
  for (int64_t i = 0; i < lanes; ++i) {
    if (i >= known) {
      rows.push_back(rows.back());
      continue;
    }
    Index at = isWhole ? b.index(i) : b.min(b.index(i), square.height - 1);
    moveTo(before,
           {square.row + at * geometry.step[geometry.wide], square.col,
            unsigned(lanes), mask},
           tensorTypeOf(plan.x), geometry.columns());
    rows.push_back(before.vectorAt(plan.x));
  }
  return rows;
}

void TransposeEmitter::storeRow(const Square &square, int64_t i, Value value,
                                Value mask) {
  Index row = square.resultRow +
              geometry.resultStep[int64_t(geometry.extents.size()) - 1] * i;
  moveTo(after, {row, square.resultCol, unsigned(lanes), mask},
         tensorTypeOf(plan.y), geometry.rows());
  after.bind(plan.y, value);
  for (auto [number, output] : llvm::enumerate(plan.outputs)) {
    b.storeVector(after.vectorAt(output), b.flat(buffers.output(number)),
                  row * geometry.rows() + square.resultCol, mask);
  }
}

void TransposeEmitter::moveTo(GroupElements &elements,
                              const ElementPosition &position,
                              RankedTensorType space, Index columns) {
  elements.moveTo(position);
  if (!plan.isMerged) {
    return;
  }
  // Rows and columns are those of runs, not of dims.
  GroupOp group = buffers.getGroup();
  for (BlockArgument argument : group.getBlock()->getArguments()) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (type && type.getShape() == space.getShape() && type.getRank() > 0) {
      elements.bind(argument,
                    b.loadVector(b.flat(buffers.of(argument)),
                                 position.row * columns + position.col, lanes,
                                 position.mask));
    }
  }
}

} // namespace

bool emitTransposeKernel(GroupOp group, func::FuncOp kernel, CpuIsa isa) {
  std::optional<TransposePlan> plan = planTranspose(group);
  if (!plan) {
    return false;
  }
  PartitionedKernel frame(group, kernel, isa);
  KernelBuilder &b = frame.body;
  TransposeEmitter emitter(b, frame.buffers, *plan);
  b.loop(frame.begin, frame.end, 1,
         [&](Index unit) { emitter.emitUnit(unit); });
  double elements = double(isa.lanes()) * isa.lanes() * kSquares;
  frame.setCount(
      [&](KernelBuilder &builder, const GroupBuffers &buffers) {
        return Geometry(builder, buffers, *plan).units(builder);
      },
      elements * 3e-10);
  return true;
}

} // namespace mlc::codegen
