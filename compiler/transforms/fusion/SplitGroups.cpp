//===- SplitGroups.cpp - groups that no emitter takes ----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   %1 = mlc.group "row"(%x) {         %1 = mlc.group "row"(%x) {
//     %m = mlc.reduce %x                  mlc.yield (mlc.reduce %x) }
//     mlc.yield (mlc.sub %x, %m)  ==>  %2 = mlc.group "map"(%x, %1) {
//   }                                     mlc.yield (mlc.sub %x, %1) }
//
// In: groups. Out: groups, of which none reads a reduction of its own unless
// the target's emitter takes it. Whether it does is found out by emitting.
//
//===----------------------------------------------------------------------===//
#include "codegen/Target.h"
#include "compiler/lowering/HostToBuffers.h"
#include "compiler/transforms/Passes.h"
#include "compiler/transforms/fusion/Clusters.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace mlc {
#define GEN_PASS_DEF_SPLITGROUPSPASS
#include "compiler/transforms/Passes.h.inc"

namespace {

bool readsOwnReduction(GroupOp group) {
  return llvm::any_of(group.getOps<ReduceOp>(), [](ReduceOp reduce) {
    return llvm::any_of(reduce->getUsers(),
                        [](Operation *user) { return !isa<YieldOp>(user); });
  });
}

/// Puts the group's ops in its place.
void inlineGroup(GroupOp group) {
  Block *body = group.getBlock();
  IRRewriter rewriter(group.getContext());
  rewriter.inlineBlockBefore(body, group, group.getInputs());
  auto yield = cast<YieldOp>(group->getPrevNode());
  SmallVector<Value> results(yield.getValues());
  rewriter.eraseOp(yield);
  rewriter.replaceOp(group, results);
}

struct SplitGroupsPass : impl::SplitGroupsPassBase<SplitGroupsPass> {
  using SplitGroupsPassBase::SplitGroupsPassBase;
  explicit SplitGroupsPass(const codegen::Target *target) : target(target) {}

  void runOnOperation() override {
    SmallVector<GroupOp> groups;
    getOperation().walk([&](GroupOp group) {
      if (readsOwnReduction(group)) {
        groups.push_back(group);
      }
    });
    llvm::SetVector<Block *> blocks;
    for (GroupOp group : groups) {
      if (!isEmitted(group)) {
        blocks.insert(group->getBlock());
        inlineGroup(group);
      }
    }
    for (Block *block : blocks) {
      formGroups(*block, FusionOptions());
      eraseUnusedConstants(*block);
    }
  }

  /// Tries in a module of its own, which goes away.
  bool isEmitted(GroupOp group) {
    if (!target) {
      return false;
    }
    OwningOpRef<ModuleOp> trial(ModuleOp::create(group.getLoc()));
    OpBuilder b = OpBuilder::atBlockEnd(trial->getBody());
    auto kernel =
        func::FuncOp::create(b, group.getLoc(), "trial", kernelType(group));
    kernel.setPrivate();
    FailureOr<bool> emitted = target->emitKernel(group, kernel);
    return succeeded(emitted) && *emitted;
  }

  /// Literals of the groups that were copied into the new ones.
  static void eraseUnusedConstants(Block &block) {
    for (ConstantOp constant :
         llvm::make_early_inc_range(block.getOps<ConstantOp>())) {
      if (constant->use_empty()) {
        constant->erase();
      }
    }
  }

  const codegen::Target *target = nullptr;
};

} // namespace

std::unique_ptr<Pass> createSplitGroupsPass(const codegen::Target *target) {
  return std::make_unique<SplitGroupsPass>(target);
}

} // namespace mlc
