//===- FuseGroups.cpp - put every computation into a group ------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   %0 = mlc.matmul %x, %w          %1 = mlc.group "matmul"(%x, %w) dims(%m) {
//   %1 = mlc.relu %0          ==>     ^bb0(%a, %b):
//                                       %2 = mlc.matmul %a, %b
//                                       %3 = mlc.relu %2
//                                       mlc.yield %3
//                                   }
//
// In: simplified mlc ops. Out: only host ops outside of groups. Constants of
// one element move into the groups, where they become literals.
//
//===----------------------------------------------------------------------===//
#include "compiler/transforms/fusion/Clusters.h"

#include "mlir/Analysis/TopologicalSortUtils.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Pass/Pass.h"

#include "compiler/transforms/Passes.h"

using namespace mlir;

namespace mlc {
#define GEN_PASS_DEF_FUSEGROUPSPASS
#include "compiler/transforms/Passes.h.inc"

namespace {

/// A constant that is cheaper to repeat in a kernel than to load.
bool isLiteral(Value value) {
  auto constant = value.getDefiningOp<ConstantOp>();
  if (!constant) {
    return false;
  }
  auto type = cast<ShapedType>(constant.getType());
  return type.getNumElements() == 1 ||
         isa<SplatElementsAttr>(constant.getValue());
}

/// Values that the cluster takes from outside, and those it gives.
struct Boundary {
  llvm::SetVector<Value> inputs, outputs, literals;

  explicit Boundary(const Cluster &cluster) {
    for (Operation *op : cluster.ops) {
      for (Value operand : op->getOperands()) {
        Operation *source = operand.getDefiningOp();
        if (source && cluster.ops.contains(source)) {
          continue;
        }
        (isLiteral(operand) ? literals : inputs).insert(operand);
      }
      // Loops write all their results, also those that nobody reads.
      bool hasLoops = isa<LoopsOpInterface>(op);
      for (Value result : op->getResults()) {
        if (hasLoops || llvm::any_of(result.getUsers(), [&](Operation *user) {
              return !cluster.ops.contains(user);
            })) {
          outputs.insert(result);
        }
      }
    }
  }
};

/// The dynamic dims of every output, computed from values outside the cluster.
SmallVector<Value> outputDims(OpBuilder &b, const Cluster &cluster,
                              const Boundary &boundary, Location loc) {
  ShapeScope scope(b.getContext());
  for (Operation *op : cluster.ops) {
    (void)scope.recordResults(op);
  }
  SmallVector<Value> dims;
  for (Value output : boundary.outputs) {
    auto type = cast<ShapedType>(output.getType());
    for (int64_t i = 0; i < type.getRank(); ++i) {
      if (type.isDynamicDim(i)) {
        OpFoldResult dim = scope.materialize(b, loc, scope.dim(output, i));
        dims.push_back(getValueOrCreateConstantIndexOp(b, loc, dim));
      }
    }
  }
  return dims;
}

Location groupLocation(const Cluster &cluster) {
  SmallVector<Location> locations;
  for (Operation *op : cluster.ops) {
    locations.push_back(op->getLoc());
  }
  return FusedLoc::get(cluster.ops.front()->getContext(), locations);
}

/// Copies the ops into the group's body.
void fillBody(GroupOp group, ArrayRef<Operation *> ops,
              const Boundary &boundary) {
  OpBuilder b(group);
  Block *body = b.createBlock(&group.getBody());
  IRMapping mapping;
  for (Value input : boundary.inputs) {
    mapping.map(input, body->addArgument(input.getType(), input.getLoc()));
  }
  for (Value literal : boundary.literals) {
    b.clone(*literal.getDefiningOp(), mapping);
  }
  for (Operation *op : ops) {
    b.clone(*op, mapping);
  }
  SmallVector<Value> yielded;
  for (Value output : boundary.outputs) {
    yielded.push_back(mapping.lookup(output));
  }
  YieldOp::create(b, group.getLoc(), yielded);
}

/// Replaces a cluster by a group at the place of its last op.
void formGroup(Cluster &cluster) {
  std::vector<Operation *> ops(cluster.ops.begin(), cluster.ops.end());
  llvm::sort(ops,
             [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  Boundary boundary(cluster);
  Location loc = groupLocation(cluster);
  OpBuilder b(ops.back());
  // Recording needs producers before consumers.
  cluster.ops.clear();
  cluster.ops.insert(ops.begin(), ops.end());
  SmallVector<Value> dims = outputDims(b, cluster, boundary, loc);
  ValueRange outputs = boundary.outputs.getArrayRef();
  auto group = GroupOp::create(b, loc, outputs.getTypes(),
                               b.getStringAttr(cluster.archetype),
                               boundary.inputs.getArrayRef(), dims);
  fillBody(group, ops, boundary);
  for (auto [output, result] : llvm::zip_equal(outputs, group.getOutputs())) {
    output.replaceAllUsesWith(result);
  }
  for (Operation *op : llvm::reverse(ops)) {
    op->erase();
  }
}

} // namespace

void formGroups(Block &block, const FusionOptions &options) {
  for (Cluster &cluster : formClusters(block, options)) {
    formGroup(cluster);
  }
  sortTopologically(&block);
}

namespace {

struct FuseGroupsPass : impl::FuseGroupsPassBase<FuseGroupsPass> {
  using FuseGroupsPassBase::FuseGroupsPassBase;

  void runOnOperation() override {
    SmallVector<Block *> blocks;
    getOperation().walk([&](Block *block) {
      if (!isa<GroupOp>(block->getParentOp())) {
        blocks.push_back(block);
      }
    });
    FusionOptions options{rowGroups, contractEpilogues};
    for (Block *block : blocks) {
      formGroups(*block, options);
    }
  }
};

} // namespace
} // namespace mlc
