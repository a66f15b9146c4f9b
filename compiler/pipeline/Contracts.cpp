//===- Contracts.cpp - what holds after a phase -----------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/pipeline/Contracts.h"

#include "dialects/mlc/Mlc.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;

namespace mlc {

/// Fails at the first op for which `holds` does not.
static LogicalResult verifyAll(ModuleOp module, StringRef expectation,
                               llvm::function_ref<bool(Operation *)> holds) {
  WalkResult result = module.walk([&](Operation *op) {
    if (holds(op)) {
      return WalkResult::advance();
    }
    op->emitOpError("expects ") << expectation;
    return WalkResult::interrupt();
  });
  return failure(result.wasInterrupted());
}

static bool hasType(Operation *op, llvm::function_ref<bool(Type)> wanted) {
  auto any = [&](TypeRange types) { return llvm::any_of(types, wanted); };
  return any(op->getResultTypes()) || any(op->getOperandTypes()) ||
         llvm::any_of(op->getRegions(), [&](Region &region) {
           return llvm::any_of(region, [&](Block &block) {
             return any(block.getArgumentTypes());
           });
         });
}

/// One function @main; everything is a tensor or a scalar.
static LogicalResult verifyTensors(ModuleOp module) {
  if (!module.lookupSymbol<func::FuncOp>("main")) {
    return module.emitError("expects a function @main");
  }
  return verifyAll(
      module, "tensors, not buffers, in this phase", [](Operation *op) {
        return !hasType(op,
                        [](Type type) { return isa<BaseMemRefType>(type); });
      });
}

/// No result without a use: what a pattern took apart is gone.
static LogicalResult verifySimplified(ModuleOp module) {
  if (failed(verifyTensors(module))) {
    return failure();
  }
  return verifyAll(module, "a use of what it computes",
                   [](Operation *op) { return !isOpTriviallyDead(op); });
}

/// Outside of groups only what host code can do.
static LogicalResult verifyGrouped(ModuleOp module) {
  if (failed(verifyTensors(module))) {
    return failure();
  }
  return verifyAll(
      module, "to be in a group after the phase `fuse`", [](Operation *op) {
        return !isa_and_nonnull<MlcDialect>(op->getDialect()) ||
               op->getParentOfType<GroupOp>() ||
               isa<GroupOp, ConstantOp, ReshapeOp, EmptyOp, InsertOp, ExtractOp,
                   FromScalarsOp, RequireOp>(op);
      });
}

/// Buffers everywhere, and nothing that is still grouped.
static LogicalResult verifyLowered(ModuleOp module) {
  return verifyAll(module, "buffers, not tensors or groups, after `lower`",
                   [](Operation *op) {
                     return !isa<GroupOp>(op) && !hasType(op, [](Type type) {
                       return isa<TensorType>(type);
                     });
                   });
}

LogicalResult verifyContract(ModuleOp module, Phase phase) {
  switch (phase) {
  case Phase::import:
    return verifyTensors(module);
  case Phase::simplify:
  case Phase::differentiate:
  case Phase::precision:
    return verifySimplified(module);
  case Phase::fuse:
  case Phase::tile:
    return verifyGrouped(module);
  case Phase::lower:
    return verifyLowered(module);
  case Phase::emit:
    return success();
  }
  llvm_unreachable("all phases handled");
}

} // namespace mlc
