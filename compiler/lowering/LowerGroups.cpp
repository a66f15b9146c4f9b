//===- LowerGroups.cpp - kernels and host code on buffers -------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   %1 = mlc.group "map"(%x) dims(%n) {...}
//     ==>
//   func.func private @k0(%x: memref<?xf32>, %y: memref<?xf32>) {...}
//   %1 = memref.alloc(%n)   mlc.dispatch @k0(%0, %1) outputs 1
//
// Every buffer is written by one dispatch and never again, so values keep their
// meaning and views may alias freely; reuse of memory is the planner's work.
// Relies on FuseGroups: outside of groups there are only host ops.
//
//===----------------------------------------------------------------------===//
#include "codegen/Target.h"
#include "compiler/lowering/GenericKernel.h"
#include "compiler/lowering/HostToBuffers.h"
#include "compiler/lowering/KernelFlops.h"
#include "compiler/lowering/Passes.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace mlc {
#define GEN_PASS_DEF_LOWERGROUPSPASS
#include "compiler/lowering/Passes.h.inc"

namespace {

/// Whether one kernel serves both groups: equal up to locations and operands.
bool isSameKernel(GroupOp a, GroupOp b) {
  return a.getArchetype() == b.getArchetype() &&
         a.getInputs().getTypes() == b.getInputs().getTypes() &&
         OperationEquivalence::isRegionEquivalentTo(
             &a.getBody(), &b.getBody(), OperationEquivalence::IgnoreLocations);
}

/// A kernel that several groups share comes from the nodes of all of them:
/// profiles and errors name it by its location.
void mergeLocations(ArrayRef<GroupOp> users) {
  if (users.size() == 1) {
    return;
  }
  std::vector<std::vector<Operation *>> operations(users.size());
  for (auto [list, group] : llvm::zip_equal(operations, users)) {
    Operation *root = group;
    root->walk<WalkOrder::PreOrder>(
        [&list = list](Operation *op) { list.push_back(op); });
  }
  for (size_t i = 0; i < operations.front().size(); ++i) {
    SmallVector<Location> locations;
    for (auto &list : operations) {
      locations.push_back(list[i]->getLoc());
    }
    Operation *op = operations.front()[i];
    op->setLoc(FusedLoc::get(op->getContext(), locations));
  }
}

} // namespace

FunctionType kernelType(GroupOp group) {
  SmallVector<Type> buffers, scalars;
  for (Value input : group.getInputs()) {
    auto tensor = dyn_cast<RankedTensorType>(input.getType());
    (tensor ? buffers : scalars)
        .push_back(tensor ? Type(bufferType(tensor)) : input.getType());
  }
  for (Value output : group.getOutputs()) {
    buffers.push_back(bufferType(cast<RankedTensorType>(output.getType())));
  }
  llvm::append_range(buffers, scalars);
  return FunctionType::get(group.getContext(), buffers, {});
}

namespace {

struct LowerGroupsPass : impl::LowerGroupsPassBase<LowerGroupsPass> {
  using LowerGroupsPassBase::LowerGroupsPassBase;
  explicit LowerGroupsPass(const codegen::Target *target) : target(target) {}

  void runOnOperation() override {
    ModuleOp module = getOperation();
    // Groups of one kernel, the first of them in front.
    std::vector<SmallVector<GroupOp>> kernels;
    module.walk([&](GroupOp group) {
      auto same = llvm::find_if(kernels, [&](auto &users) {
        return isSameKernel(users.front(), group);
      });
      if (same == kernels.end()) {
        kernels.push_back({group});
      } else {
        same->push_back(group);
      }
    });
    for (auto [number, users] : llvm::enumerate(kernels)) {
      mergeLocations(users);
      StringAttr name = emitKernel(module, users.front(), number);
      if (!name) {
        return signalPassFailure();
      }
      for (GroupOp group : users) {
        group->setAttr("kernel", FlatSymbolRefAttr::get(name));
      }
    }
    if (failed(convertHostToBuffers(module))) {
      signalPassFailure();
    }
  }

  StringAttr emitKernel(ModuleOp module, GroupOp group, unsigned number) {
    OpBuilder b = OpBuilder::atBlockEnd(module.getBody());
    std::string name = "k" + std::to_string(number);
    auto kernel =
        func::FuncOp::create(b, group.getLoc(), name, kernelType(group));
    kernel.setPrivate();
    kernel->setAttr("mlc.archetype", group.getArchetypeAttr());
    setKernelFlops(group, kernel);
    if (target) {
      FailureOr<bool> emitted = target->emitKernel(group, kernel);
      if (failed(emitted)) {
        return {};
      }
      if (*emitted) {
        return kernel.getSymNameAttr();
      }
    }
    if (failed(emitGenericKernel(group, kernel))) {
      return {};
    }
    return kernel.getSymNameAttr();
  }

  const codegen::Target *target = nullptr;
};

} // namespace

std::unique_ptr<Pass> createLowerGroupsPass(const codegen::Target *target) {
  return std::make_unique<LowerGroupsPass>(target);
}

} // namespace mlc
