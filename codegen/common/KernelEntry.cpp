//===- KernelEntry.cpp - kernels as the runtime calls them ------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/common/KernelEntry.h"

#include "codegen/common/Kernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace mlc::codegen {

static constexpr int64_t scratchAlignment = 64;

void KernelEntry::lowerChecks(function_ref<int64_t(StringRef)> message) {
  SmallVector<RequireOp> checks;
  kernel.walk([&](RequireOp check) { checks.push_back(check); });
  if (checks.empty()) {
    return;
  }
  (void)kernel.insertArgument(header.size(), abi.pointerType(), {},
                              kernel.getLoc());
  header.push_back(0);
  if (gpu) {
    kernel->setAttr(kReports, UnitAttr::get(kernel.getContext()));
  }
  for (RequireOp check : checks) {
    OpBuilder b(check);
    int64_t number = message(
        b.getStringAttr(nodePrefix(check.getLoc()) + check.getMessage()));
    if (gpu) {
      abi.reportUnless(b, check.getLoc(), kernel.getArgument(0), number, check);
    } else {
      abi.callUnless(b, check.getLoc(), kernel.getArgument(0),
                     offsetof(mlc_exec_api_t, report), number, check);
    }
    check.erase();
  }
}

void KernelEntry::lowerScratch() {
  SmallVector<ScratchOp> uses;
  kernel.walk([&](ScratchOp use) { uses.push_back(use); });
  if (uses.empty()) {
    return;
  }
  for (ScratchOp use : uses) {
    auto type = cast<MemRefType>(use.getType());
    scratch += llvm::alignTo(type.getNumElements() *
                                 elementBytes(type.getElementType()),
                             scratchAlignment);
  }
  Location loc = kernel.getLoc();
  unsigned place = header.size();
  (void)kernel.insertArgument(place, abi.pointerType(), {}, loc);
  header.push_back(1);
  OpBuilder b = OpBuilder::atBlockBegin(&kernel.front());
  Value address = kernel.getArgument(place);
  if (kernel->hasAttr(kPartitioned)) {
    Value thread = abi.toWord(b, loc, kernel.front().getArguments().back());
    Value size = abi.wordConstant(b, loc, scratch);
    address = abi.advance(b, loc, address,
                          arith::MulIOp::create(b, loc, thread, size));
  }
  int64_t offset = 0;
  for (ScratchOp use : uses) {
    auto type = cast<MemRefType>(use.getType());
    Value data = abi.advance(b, loc, address, abi.wordConstant(b, loc, offset));
    use.replaceAllUsesWith(abi.buffer(b, loc, type, data, {}));
    offset += llvm::alignTo(type.getNumElements() *
                                elementBytes(type.getElementType()),
                            scratchAlignment);
    use.erase();
  }
}

/// The dynamic sizes of a view of dense memory: reshape, collapse or expand.
static SmallVector<Value> viewSizes(Operation *view, OpBuilder &b) {
  if (auto reshape = dyn_cast<ReshapeOp>(view)) {
    return reshape.getDims();
  }
  if (auto expand = dyn_cast<memref::ExpandShapeOp>(view)) {
    return expand.getOutputShape();
  }
  auto collapse = cast<memref::CollapseShapeOp>(view);
  auto type = collapse.getResultType();
  SmallVector<Value> sizes;
  for (auto [d, group] : llvm::enumerate(collapse.getReassociationIndices())) {
    if (!type.isDynamicDim(d)) {
      continue;
    }
    Value size;
    for (int64_t from : group) {
      Value one =
          memref::DimOp::create(b, view->getLoc(), collapse.getSrc(), from);
      size = size ? arith::MulIOp::create(b, view->getLoc(), size, one) : one;
    }
    sizes.push_back(size);
  }
  return sizes;
}

/// Views of dense buffers are the same address with other sizes. (Upstream's
/// lowering of them goes through the greedy rewriter, over the whole module.)
void KernelEntry::lowerViews() {
  SmallVector<Operation *> views;
  kernel.walk([&](Operation *op) {
    if (!isa<ReshapeOp, memref::ExpandShapeOp, memref::CollapseShapeOp>(op)) {
      return;
    }
    auto isDense = [](Type type) {
      return cast<MemRefType>(type).getLayout().isIdentity();
    };
    if (isDense(op->getOperand(0).getType()) &&
        isDense(op->getResult(0).getType())) {
      views.push_back(op);
    }
  });
  for (Operation *view : views) {
    OpBuilder b(view);
    Location loc = view->getLoc();
    auto type = cast<MemRefType>(view->getResult(0).getType());
    Value data = abi.addressOf(b, loc, view->getOperand(0));
    view->replaceAllUsesWith(
        ValueRange{abi.buffer(b, loc, type, data, viewSizes(view, b))});
    view->erase();
  }
}

/// Memref arguments become a pointer and the dynamic dims.
void KernelEntry::flattenArguments(func::FuncOp function) {
  Block &block = function.front();
  Location loc = function.getLoc();
  OpBuilder b = OpBuilder::atBlockBegin(&block);
  unsigned count = block.getNumArguments();
  DictionaryAttr none = b.getDictionaryAttr({});
  DictionaryAttr alone =
      b.getDictionaryAttr(b.getNamedAttr("llvm.noalias", b.getUnitAttr()));
  SmallVector<DictionaryAttr> attributes;
  for (unsigned i = 0; i < count; ++i) {
    Value argument = block.getArgument(i);
    auto type = dyn_cast<MemRefType>(argument.getType());
    if (!type) {
      Value flat = block.addArgument(argument.getType(), loc);
      argument.replaceAllUsesWith(flat);
      attributes.push_back(none);
      continue;
    }
    Value address = block.addArgument(abi.pointerType(), loc);
    attributes.push_back(function.getArgAttr(i, kNoAlias) ? alone : none);
    SmallVector<Value> sizes;
    for (int64_t d = type.getNumDynamicDims(); d > 0; --d) {
      sizes.push_back(block.addArgument(b.getIndexType(), loc));
      attributes.push_back(none);
    }
    argument.replaceAllUsesWith(abi.buffer(b, loc, type, address, sizes));
  }
  block.eraseArguments(0, count);
  function.removeArgAttrsAttr();
  function.setType(
      b.getFunctionType(block.getArgumentTypes(), function.getResultTypes()));
  function.setAllArgAttrs(attributes);
}

/// `@k.run`: unpacks the words and calls the kernel.
void KernelEntry::addRunFunction() {
  OpBuilder b(kernel.getContext());
  Location loc = kernel.getLoc();
  b.setInsertionPointAfter(kernel);
  SmallVector<Type> types(4, abi.wordType());
  types[0] = abi.pointerType();
  auto run = func::FuncOp::create(b, loc, (kernel.getName() + ".run").str(),
                                  b.getFunctionType(types, {}));
  run.setPrivate();
  Block *body = run.addEntryBlock();
  b.setInsertionPointToStart(body);
  SmallVector<Value> operands;
  bool partitioned = kernel->hasAttr(kPartitioned);
  unsigned packed = kernel.getNumArguments() - (partitioned ? 3 : 0);
  for (unsigned i = 0; i < packed; ++i) {
    Type type = kernel.getArgumentTypes()[i];
    bool isIndex = type.isIndex();
    int64_t slot =
        i < header.size() ? header[i] : kernelHeaderWords + i - header.size();
    Value value = abi.load(b, loc, isIndex ? abi.wordType() : type,
                           body->getArgument(0), 8 * slot);
    operands.push_back(isIndex ? abi.toIndex(b, loc, value) : value);
  }
  for (unsigned i = 1; partitioned && i < 4; ++i) {
    operands.push_back(abi.toIndex(b, loc, body->getArgument(i)));
  }
  func::CallOp::create(b, loc, kernel, operands);
  func::ReturnOp::create(b, loc);
}

void KernelEntry::lower(function_ref<int64_t(StringRef)> message) {
  if (kernel->hasAttr(kHot)) {
    // A string attribute of the LLVM function; the emitter looks for it.
    Builder b(kernel.getContext());
    kernel->setAttr("passthrough",
                    b.getArrayAttr({b.getStringAttr(kHotFunction)}));
  }
  lowerChecks(message);
  lowerScratch();
  lowerViews();
  flattenArguments(kernel);
  auto module = kernel->getParentOfType<ModuleOp>();
  if (auto count =
          module.lookupSymbol<func::FuncOp>(countName(kernel.getName()))) {
    flattenArguments(count);
  }
  if (!gpu) {
    addRunFunction();
  }
}

} // namespace mlc::codegen
