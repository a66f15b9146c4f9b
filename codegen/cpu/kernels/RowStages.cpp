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

std::optional<int64_t> RowPlan::staticReduced() const {
  int64_t columns = 1;
  for (int64_t dim : space.getShape().slice(rowDims, reducedDims)) {
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
  bool isFull(Value value) const { return plan.isFull(value); }

  bool findSpace() {
    for (ReduceOp op : group.getOps<ReduceOp>()) {
      RankedTensorType type = tensorTypeOf(op.getX());
      ArrayRef<int64_t> axes = op.getAxes();
      if (axes.empty() ||
          axes.back() - axes.front() + 1 != int64_t(axes.size())) {
        return false;
      }
      bool fits =
          !plan.space || (plan.space == type && plan.rowDims == axes.front() &&
                          plan.reducedDims == int64_t(axes.size()));
      Type element = type.getElementType();
      if (!fits || (!element.isF32() && !element.isF64())) {
        return false;
      }
      plan.space = type;
      plan.rowDims = axes.front();
      plan.reducedDims = axes.size();
    }
    // With several columns dims, an argument that ends in 1 must be one scalar
    // per row.
    return plan.space && (!plan.reducesLastDims() || plan.reducedDims == 1 ||
                          plan.space.getShape().back() != 1);
  }

  /// Whether a type is the space's with extent 1 where that is reduced.
  bool isReducedType(RankedTensorType type) const {
    if (type.getRank() != plan.space.getRank()) {
      return false;
    }
    SmallVector<int64_t> shape(plan.space.getShape());
    std::fill_n(shape.begin() + plan.rowDims, plan.reducedDims, 1);
    return type.getShape() == ArrayRef(shape);
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
    return llvm::all_of(
        group.getBlock()->getArguments(), [&](BlockArgument argument) {
          auto type = dyn_cast<RankedTensorType>(argument.getType());
          if (!type) {
            return true;
          }
          if (!plan.reducesLastDims()) {
            return isColumnOperand(type);
          }
          bool single = type.hasStaticShape() && type.getNumElements() == 1;
          return plan.reducedDims == 1 || isFull(argument) || single;
        });
  }

  /// Whether the columns of an operand are those of the space, or one.
  bool isColumnOperand(RankedTensorType type) const {
    int64_t count = plan.space.getRank() - plan.rowDims - plan.reducedDims;
    ArrayRef<int64_t> shape = type.getShape();
    ArrayRef<int64_t> columns = plan.space.getShape().take_back(count);
    bool single = llvm::all_of(shape.take_back(count),
                               [](int64_t dim) { return dim == 1; });
    bool full = type.getRank() >= count && shape.take_back(count) == columns;
    return (single || full) && !type.getElementType().isInteger(1);
  }

  bool checkOutputs(ArrayRef<Value> reduced) {
    for (auto [i, value] : llvm::enumerate(group.getYield().getValues())) {
      plan.outputs.push_back(value);
      RankedTensorType type = tensorTypeOf(value);
      bool full = isFull(value);
      if (!isVectorElement(type.getElementType()) ||
          (!full && !isReducedType(type)) ||
          !GroupElements::canEvaluate(value, plan.space, reduced)) {
        return false;
      }
      if (!full) {
        plan.reducedOutputs.push_back(i);
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
      if (!llvm::is_contained(plan.reducedOutputs, i)) {
        stage(level(value)).outputs.push_back(i);
      }
    }
  }

  /// Visits what stage `s` computes for `value`; an expensive value that an
  /// earlier stage computed already gets cached.
  void visit(Value value, unsigned s) {
    Operation *op = value.getDefiningOp();
    if (!op || mlir::isa<ReduceOp>(op) || !isFull(value) ||
        plan.cached.count(value) || !visited.insert({value, s}).second) {
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
    std::optional<int64_t> columns = plan.staticReduced();
    if (!plan.reducesLastDims() || !columns || *columns > kStackColumns ||
        plan.stackRows == kStackRows ||
        tensorTypeOf(value).getElementType() != plan.space.getElementType()) {
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
  llvm::DenseSet<std::pair<Value, unsigned>> visited; // in which stages
};

} // namespace

std::optional<RowPlan> planRows(GroupOp group) {
  return RowPlanner(group).run();
}

} // namespace mlc::codegen
