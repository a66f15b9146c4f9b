//===- SplitKernels.cpp - one kernel per loop nest --------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Several nests of one kernel may depend on each other, and a partition of the
// first says nothing about what the second needs. As two kernels the thread
// pool's barrier stands between them.
//
//   func @k(%x, %y, %z) { linalg.generic ...(%y)  linalg.generic ...(%z) }
//   mlc.dispatch @k(%x, %y, %z)
// ==>
//   func @k(...) { linalg.generic ...(%y) }  func @k_1(...) { ...(%z) }
//   mlc.dispatch @k(...)  mlc.dispatch @k_1(...)
//
// A kernel that does anything else with memory becomes `mlc.serial`, with its
// nests as plain loops.
//
//===----------------------------------------------------------------------===//
#include "codegen/common/Kernel.h"
#include "codegen/common/Passes.h"
#include "dialects/mlc/Mlc.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"

using namespace mlir;

namespace mlc::codegen {
#define GEN_PASS_DEF_SPLITKERNELSPASS
#include "codegen/common/Passes.h.inc"

namespace {

class SplitKernelsPass : public impl::SplitKernelsPassBase<SplitKernelsPass> {
  void runOnOperation() override;
  void split(func::FuncOp kernel, ArrayRef<linalg::GenericOp> nests);
};

/// Nests at the top of the body; empty when the kernel must run as a whole.
SmallVector<linalg::GenericOp> independentNests(func::FuncOp kernel) {
  SmallVector<linalg::GenericOp> nests;
  for (Operation &op : kernel.front().without_terminator()) {
    if (auto nest = dyn_cast<linalg::GenericOp>(op)) {
      bool parallel = llvm::all_of(nest.getIteratorTypesArray(), [](auto kind) {
        return kind == utils::IteratorType::parallel;
      });
      if (!parallel) {
        return {};
      }
      nests.push_back(nest);
    } else if (!isPure(&op)) {
      return {};
    }
  }
  return nests;
}

LogicalResult makeSerial(func::FuncOp kernel) {
  SmallVector<linalg::LinalgOp> nests;
  kernel.walk([&](linalg::LinalgOp nest) { nests.push_back(nest); });
  IRRewriter rewriter(kernel.getContext());
  for (linalg::LinalgOp nest : nests) {
    rewriter.setInsertionPoint(nest);
    if (failed(linalg::linalgOpToLoops(rewriter, nest))) {
      return nest.emitOpError("cannot become loops");
    }
    rewriter.eraseOp(nest);
  }
  kernel->setAttr(kSerial, UnitAttr::get(kernel.getContext()));
  return success();
}

/// Erases all nests of `kernel` but the one at `kept`.
void keepNest(func::FuncOp kernel, size_t kept) {
  if (auto flops = kernel->getAttrOfType<ArrayAttr>(kFlops)) {
    kernel->setAttr(kFlops, Builder(kernel).getArrayAttr(flops[kept + 1]));
  }
  size_t index = 0;
  for (Operation &op :
       llvm::make_early_inc_range(kernel.front().without_terminator())) {
    if (isa<linalg::GenericOp>(op) && index++ != kept) {
      op.erase();
    }
  }
}

void SplitKernelsPass::split(func::FuncOp kernel,
                             ArrayRef<linalg::GenericOp> nests) {
  SmallVector<DispatchOp> dispatches;
  getOperation().walk([&](DispatchOp dispatch) {
    if (dispatch.getKernel() == kernel.getName()) {
      dispatches.push_back(dispatch);
    }
  });
  std::string base = kernel.getName().str();
  Operation *last = kernel;
  size_t count = nests.size();
  for (size_t i = 1; i < count; ++i) {
    func::FuncOp part = kernel.clone();
    part.setName((base + "_" + Twine(i)).str());
    kernel->getBlock()->getOperations().insertAfter(last->getIterator(), part);
    last = part;
    keepNest(part, i);
    for (DispatchOp &dispatch : dispatches) {
      OpBuilder b(dispatch->getContext());
      b.setInsertionPointAfter(dispatch);
      auto next = cast<DispatchOp>(b.clone(*dispatch));
      next.setKernel(part.getName());
      dispatch = next;
    }
  }
  keepNest(kernel, 0);
}

void SplitKernelsPass::runOnOperation() {
  for (func::FuncOp kernel : kernelsOf(getOperation())) {
    if (kernel->hasAttr(kSerial) || kernel->hasAttr(kPartitioned) ||
        kernel->hasAttr(kBlocks)) {
      continue;
    }
    SmallVector<linalg::GenericOp> nests = independentNests(kernel);
    if (nests.empty()) {
      if (failed(makeSerial(kernel))) {
        return signalPassFailure();
      }
    } else if (nests.size() > 1) {
      split(kernel, nests);
    }
  }
}

} // namespace
} // namespace mlc::codegen
