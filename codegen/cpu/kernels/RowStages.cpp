//===- RowStages.cpp - in what passes a row group is computed ---*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/RowStages.h"
#include "dialects/mlc/Scalar.h"

using namespace mlir;

namespace mlc::codegen {

std::optional<int64_t> RowPlan::staticColumns() const {
  int64_t columns = 1;
  for (int64_t dim : space.getShape().take_back(reducedDims)) {
    if (ShapedType::isDynamic(dim)) {
      return std::nullopt;
    }
    columns *= dim;
  }
  return columns;
}

unsigned RowPlan::cachedAt(Value value) const {
  for (auto [i, stage] : llvm::enumerate(stages)) {
    if (llvm::is_contained(stage.toCache, value)) {
      return i;
    }
  }
  return stages.size();
}

Value RowPlan::spaceBuffer(const GroupBuffers &buffers) const {
  return spaceArgument ? buffers.of(spaceArgument)
                       : buffers.output(spaceOutput);
}

namespace {

/// Values whose recomputation costs more than a load and a store.
constexpr int64_t kExpensive = 8;
/// Rows on the stack stay in L1.
constexpr int64_t kStackColumns = 2048;
constexpr unsigned kStackRows = 2;

class RowPlanner {
public:
  explicit RowPlanner(GroupOp group) : group(group) {}

  std::optional<RowPlan> run() {
    if (!findSpace() || !checkOps() || !findSpaceBuffer()) {
      return std::nullopt;
    }
    computeLevels();
    fillStages();
    chooseCached();
    return std::move(plan);
  }

private:
  /// Whether a value has one element per element of the space.
  bool isFull(Value value) const {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    return type && type.getShape() == plan.space.getShape();
  }

  bool findSpace() {
    for (ReduceOp op : group.getOps<ReduceOp>()) {
      RankedTensorType type = tensorTypeOf(op.getX());
      int64_t count = op.getAxes().size(), first = type.getRank() - count;
      for (auto [i, axis] : llvm::enumerate(op.getAxes())) {
        if (axis != first + int64_t(i)) {
          return false;
        }
      }
      bool fits =
          !plan.space || (plan.space == type && plan.reducedDims == count);
      if (!fits || count == 0 || !type.getElementType().isF32()) {
        return false;
      }
      plan.space = type;
      plan.reducedDims = count;
    }
    // With several columns dims, an argument that ends in 1 must be one scalar
    // per row.
    return plan.space &&
           (plan.reducedDims == 1 || plan.space.getShape().back() != 1);
  }

  bool isRowType(RankedTensorType type) const {
    int64_t rowDims = plan.space.getRank() - plan.reducedDims;
    return type.getRank() == plan.space.getRank() &&
           type.getShape().take_front(rowDims) ==
               plan.space.getShape().take_front(rowDims) &&
           llvm::all_of(type.getShape().drop_front(rowDims),
                        [](int64_t dim) { return dim == 1; });
  }

  bool checkOps() {
    SmallVector<Value> reduced;
    for (ReduceOp op : group.getOps<ReduceOp>()) {
      reduced.push_back(op.getY());
    }
    for (Operation &op : group.getBlock()->without_terminator()) {
      // Reshapes would have to keep rows under reductions, too.
      if (mlir::isa<ReshapeOp>(op) ||
          (!mlir::isa<ReduceOp>(op) &&
           !GroupElements::canEvaluate(op.getResult(0), plan.space, reduced))) {
        return false;
      }
    }
    for (ReduceOp op : group.getOps<ReduceOp>()) {
      if (!GroupElements::canEvaluate(op.getX(), plan.space, reduced)) {
        return false;
      }
    }
    return checkArguments() && checkOutputs(reduced);
  }

  bool checkArguments() {
    for (BlockArgument argument : group.getBlock()->getArguments()) {
      auto type = dyn_cast<RankedTensorType>(argument.getType());
      if (!type || plan.reducedDims == 1) {
        continue;
      }
      bool single = type.hasStaticShape() && type.getNumElements() == 1;
      if (!isFull(argument) && !single) {
        return false;
      }
    }
    return true;
  }

  bool checkOutputs(ArrayRef<Value> reduced) {
    for (auto [i, value] : llvm::enumerate(group.getYield().getValues())) {
      plan.outputs.push_back(value);
      RankedTensorType type = tensorTypeOf(value);
      bool full = isFull(value);
      if (!GroupElements::isVectorType(type.getElementType()) ||
          (!full && !isRowType(type)) ||
          !GroupElements::canEvaluate(value, plan.space, reduced)) {
        return false;
      }
      if (!full) {
        plan.scalarOutputs.push_back(i);
      }
    }
    return true;
  }

  bool findSpaceBuffer() {
    for (BlockArgument argument : group.getBlock()->getArguments()) {
      if (isFull(argument)) {
        plan.spaceArgument = argument;
        return true;
      }
    }
    for (auto [i, value] : llvm::enumerate(plan.outputs)) {
      if (isFull(value)) {
        plan.spaceOutput = i;
        return true;
      }
    }
    return false;
  }

  /// The first stage in which a value can be computed.
  unsigned level(Value value) const { return levels.lookup(value); }

  void computeLevels() {
    for (Operation &op : group.getBlock()->without_terminator()) {
      unsigned highest = 0;
      for (Value operand : op.getOperands()) {
        highest = std::max(highest, level(operand));
      }
      levels[op.getResult(0)] = highest + (mlir::isa<ReduceOp>(op) ? 1 : 0);
    }
  }

  RowStage &stage(unsigned i) {
    if (plan.stages.size() <= i) {
      plan.stages.resize(i + 1);
    }
    return plan.stages[i];
  }

  void fillStages() {
    for (ReduceOp op : group.getOps<ReduceOp>()) {
      stage(level(op.getX())).reductions.push_back(op);
    }
    for (auto [i, value] : llvm::enumerate(plan.outputs)) {
      if (!llvm::is_contained(plan.scalarOutputs, i)) {
        stage(level(value)).outputs.push_back(i);
      }
    }
  }

  /// Visits what stage `s` computes for `value`; an expensive value that an
  /// earlier stage computed already gets cached.
  void visit(Value value, unsigned s) {
    Operation *op = value.getDefiningOp();
    if (!op || mlir::isa<ReduceOp>(op) || !isFull(value) ||
        plan.cached.count(value)) {
      return;
    }
    auto [it, isNew] = firstStage.try_emplace(value, s);
    if (isNew) {
      plan.stages[s].cost += ownCost(op);
    } else if (it->second < s && evaluationCost(value, stops()) >= kExpensive &&
               cache(value, it->second, s)) {
      return;
    }
    for (Value operand : op->getOperands()) {
      visit(operand, s);
    }
  }

  static int64_t ownCost(Operation *op) {
    return evaluationCost(op->getResult(0),
                          SmallVector<Value>(op->getOperands()));
  }

  SmallVector<Value> stops() {
    SmallVector<Value> values;
    for (ReduceOp op : group.getOps<ReduceOp>()) {
      values.push_back(op.getY());
    }
    return values;
  }

  /// The row of a result that is stored in stage `until` or later is free.
  bool cache(Value value, unsigned from, unsigned until) {
    for (auto [i, output] : llvm::enumerate(plan.outputs)) {
      bool isTaken =
          llvm::any_of(plan.cached, [&, n = unsigned(i)](auto &entry) {
            return entry.second == n;
          });
      // In a row of another type there is no room for it.
      bool fits = output.getType() == value.getType();
      if (fits && !isTaken && level(output) >= until) {
        plan.cached[value] = i;
        plan.stages[from].toCache.push_back(value);
        return true;
      }
    }
    std::optional<int64_t> columns = plan.staticColumns();
    if (!columns || *columns > kStackColumns || plan.stackRows == kStackRows ||
        !tensorTypeOf(value).getElementType().isF32()) {
      return false;
    }
    plan.cached[value] = plan.outputs.size() + plan.stackRows++;
    plan.stages[from].toCache.push_back(value);
    return true;
  }

  /// Whether a result's row is overwritten before the last stage.
  bool isStoredEarly(unsigned output) const {
    return output < plan.outputs.size() &&
           level(plan.outputs[output]) < plan.stages.size() - 1;
  }

  void chooseCached() {
    for (unsigned s = 0; s < plan.stages.size(); ++s) {
      for (ReduceOp op : plan.stages[s].reductions) {
        visit(op.getX(), s);
      }
      for (unsigned i : plan.stages[s].outputs) {
        visit(plan.outputs[i], s);
      }
    }
    // A cached row must not be overwritten before its last use: the result that
    // owns it is the last one stored.
    dropUnsafe();
  }

  void dropUnsafe() {
    for (auto &[value, output] : plan.cached) {
      if (isStoredEarly(output)) {
        for (RowStage &s : plan.stages) {
          llvm::erase(s.toCache, value);
        }
      }
    }
    plan.cached.remove_if(
        [&](auto &entry) { return isStoredEarly(entry.second); });
  }

  GroupOp group;
  RowPlan plan;
  llvm::DenseMap<Value, unsigned> levels, firstStage;
};

} // namespace

std::optional<RowPlan> planRows(GroupOp group) {
  return RowPlanner(group).run();
}

} // namespace mlc::codegen
