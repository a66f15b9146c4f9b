//===- LowerHost.cpp - host code as calls of the runtime --------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// In: @main, @plan and partitioned or serial kernels on memrefs, memory
// planned, weights with offsets. Out:
//
//   func @main(%exec: !llvm.ptr)          mlc_abi_program_t::main
//   func @plan(%inputs: !llvm.ptr, %threads: i64) -> index
//   func private @k0, @k0.run             see KernelEntry.h
//
// and module attributes `mlc.kernels` and `mlc.messages`, the rows of the
// program's tables. Views of memrefs and scf stay for mlc-lower-to-llvm.
//
// A failing mlc.require ends the run.
//
//===----------------------------------------------------------------------===//
#include "codegen/common/HostAbi.h"
#include "codegen/common/HostDispatch.h"
#include "codegen/common/Kernel.h"
#include "codegen/common/KernelEntry.h"
#include "codegen/common/Passes.h"
#include "codegen/common/ProgramTables.h"
#include "dialects/mlc/Mlc.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace mlc::codegen {
#define GEN_PASS_DEF_LOWERHOSTPASS
#include "codegen/common/Passes.h.inc"

namespace {

class LowerHostPass : public impl::LowerHostPassBase<LowerHostPass> {
public:
  using Base::Base;

private:
  void runOnOperation() override;

  // Functions.
  void unpackInputs(func::FuncOp function, Value inputs, OpBuilder &b);
  void lowerMain(func::FuncOp main);
  void lowerPlan(func::FuncOp plan);

  // Operations of @main.
  LogicalResult lowerOperation(Operation *op);
  LogicalResult lowerWeight(WeightOp op, OpBuilder &b);
  void lowerAlloc(memref::AllocOp op, OpBuilder &b);
  void lowerRows(RowsOp op, OpBuilder &b);
  void lowerOutput(OutputOp op, OpBuilder &b);
  void lowerExtract(ExtractOp op, OpBuilder &b);
  void lowerCopy(memref::CopyOp op, OpBuilder &b);
  int64_t message(StringRef text);
  Value addScratch(OpBuilder &b, Location loc, Value bytes, Value threads);
  Value callArena(OpBuilder &b, Location loc, Value bytes);

  HostAbi *abi = nullptr;
  HostDispatch *dispatcher = nullptr;
  func::FuncOp main;
  Value exec;
  int64_t scratchBytes = 0; // of the kernel that needs most, per thread
  Value scratch;
  llvm::MapVector<StringRef, int64_t> messages;
};

int64_t LowerHostPass::message(StringRef text) {
  return messages.insert({text, int64_t(messages.size())}).first->second;
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

/// Replaces the memref arguments (all arguments but `inputs`, the last) by
/// what mlc_exec_input_t says of them.
void LowerHostPass::unpackInputs(func::FuncOp function, Value inputs,
                                 OpBuilder &b) {
  Location loc = function.getLoc();
  Block &block = function.front();
  int64_t count = function.getNumArguments() - 1;
  for (int64_t i = 0; i < count; ++i) {
    Value argument = block.getArgument(i);
    int64_t row = i * sizeof(mlc_exec_input_t);
    auto type = cast<MemRefType>(argument.getType());
    Value data = abi->load(b, loc, abi->pointerType(), inputs,
                           row + offsetof(mlc_exec_input_t, data));
    Value dims = abi->load(b, loc, abi->pointerType(), inputs,
                           row + offsetof(mlc_exec_input_t, dims));
    SmallVector<Value> sizes;
    for (int64_t d = 0; d < type.getRank(); ++d) {
      if (type.isDynamicDim(d)) {
        sizes.push_back(abi->toIndex(
            b, loc, abi->load(b, loc, abi->wordType(), dims, d * 8)));
      }
    }
    argument.replaceAllUsesWith(abi->buffer(b, loc, type, data, sizes));
  }
  block.eraseArguments(0, count);
  SmallVector<Type> results(function.getResultTypes());
  function.removeArgAttrsAttr();
  function.setType(b.getFunctionType({abi->pointerType()}, results));
  function.setPublic();
}

void LowerHostPass::lowerMain(func::FuncOp function) {
  main = function;
  OpBuilder b(main.getContext());
  Block &block = main.front();
  Operation *first = &block.front();
  exec = block.addArgument(abi->pointerType(), main.getLoc());
  b.setInsertionPoint(first);
  Value inputs = abi->load(b, main.getLoc(), abi->pointerType(), exec,
                           offsetof(mlc_exec_t, inputs));
  main.setType(b.getFunctionType(block.getArgumentTypes(), {}));
  unpackInputs(main, inputs, b);
  bool hasArena = !main.getOps<ArenaOp>().empty();
  if (scratchBytes > 0 && !hasArena) {
    Location loc = main.getLoc();
    Value zero = abi->wordConstant(b, loc, 0);
    scratch = callArena(b, loc, zero);
  }
}

/// `bytes` of the arena's buffers and what the threads need behind them.
Value LowerHostPass::addScratch(OpBuilder &b, Location loc, Value bytes,
                                Value threads) {
  Value each = abi->wordConstant(b, loc, scratchBytes);
  Value all = arith::MulIOp::create(b, loc, threads, each);
  Value sum = arith::AddIOp::create(b, loc, abi->toWord(b, loc, bytes), all);
  // Saturated as the planned sizes are.
  Value isWrapped = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt,
                                          sum, abi->wordConstant(b, loc, 0));
  return arith::SelectOp::create(b, loc, isWrapped,
                                 abi->wordConstant(b, loc, INT64_MAX), sum);
}

/// The arena of `bytes` for buffers, and the threads' scratch behind them.
Value LowerHostPass::callArena(OpBuilder &b, Location loc, Value bytes) {
  Value all = bytes;
  if (scratchBytes > 0) {
    Value threads = abi->load(b, loc, abi->wordType(), exec,
                              offsetof(mlc_exec_t, max_threads));
    all = addScratch(b, loc, bytes, threads);
  }
  Value data = abi->call(b, loc, exec, offsetof(mlc_exec_api_t, arena),
                         abi->pointerType(), {all});
  if (scratchBytes > 0) {
    scratch = abi->advance(b, loc, data, bytes);
  }
  return data;
}

void LowerHostPass::lowerPlan(func::FuncOp plan) {
  Block &block = plan.front();
  Value inputs = block.addArgument(abi->pointerType(), plan.getLoc());
  OpBuilder b(plan.getContext());
  b.setInsertionPointToStart(&block);
  plan.setType(
      b.getFunctionType(block.getArgumentTypes(), plan.getResultTypes()));
  unpackInputs(plan, inputs, b);
  Value threads = block.addArgument(abi->wordType(), plan.getLoc());
  plan.setType(
      b.getFunctionType(block.getArgumentTypes(), plan.getResultTypes()));
  if (scratchBytes > 0) {
    Operation *end = block.getTerminator();
    b.setInsertionPoint(end);
    Value bytes = addScratch(b, plan.getLoc(), end->getOperand(0), threads);
    end->setOperand(0, abi->toIndex(b, plan.getLoc(), bytes));
  }
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

void LowerHostPass::lowerRows(RowsOp op, OpBuilder &b) {
  Location loc = op.getLoc();
  auto type = cast<MemRefType>(op.getX().getType());
  SmallVector<Value> dims = dynamicDims(b, loc, op.getX());
  auto row =
      MemRefType::get(type.getShape().drop_front(), type.getElementType());
  Value bytes = abi->bytes(
      b, loc, row, ArrayRef(dims).drop_front(type.isDynamicDim(0) ? 1 : 0));
  Value offset =
      arith::MulIOp::create(b, loc, abi->toWord(b, loc, op.getAt()), bytes);
  Value data = abi->advance(b, loc, abi->addressOf(b, loc, op.getX()), offset);
  op.replaceAllUsesWith(
      abi->buffer(b, loc, cast<MemRefType>(op.getType()), data, op.getDims()));
}

void LowerHostPass::lowerOutput(OutputOp op, OpBuilder &b) {
  Location loc = op.getLoc();
  auto type = cast<MemRefType>(op.getType());
  Value dims = abi->stack(main, loc, type.getRank());
  unsigned dynamic = 0;
  for (int64_t d = 0; d < type.getRank(); ++d) {
    Value size = type.isDynamicDim(d)
                     ? op.getDims()[dynamic++]
                     : abi->wordConstant(b, loc, type.getDimSize(d));
    abi->store(b, loc, size, dims, 8 * d);
  }
  Value data = abi->call(b, loc, exec, offsetof(mlc_exec_api_t, output),
                         abi->pointerType(),
                         {abi->wordConstant(b, loc, op.getIndex()),
                          abi->wordConstant(b, loc, type.getRank()), dims});
  op.replaceAllUsesWith(abi->buffer(b, loc, type, data, op.getDims()));
}

void LowerHostPass::lowerExtract(ExtractOp op, OpBuilder &b) {
  Location loc = op.getLoc();
  auto type = cast<MemRefType>(op.getX().getType());
  Type element = type.getElementType();
  Value linear = arith::ConstantIndexOp::create(b, loc, 0);
  for (auto [d, index] : llvm::enumerate(op.getIndices())) {
    Value size = memref::DimOp::create(b, loc, op.getX(), d);
    linear = arith::AddIOp::create(
        b, loc, arith::MulIOp::create(b, loc, linear, size), index);
  }
  int64_t bytes = elementBytes(element);
  Value offset = arith::MulIOp::create(
      b, loc, linear, arith::ConstantIndexOp::create(b, loc, bytes));
  Value address =
      abi->advance(b, loc, abi->addressOf(b, loc, op.getX()), offset);
  if (gpu) {
    address = abi->call(b, loc, exec, offsetof(mlc_exec_api_t, read_back),
                        abi->pointerType(),
                        {address, abi->wordConstant(b, loc, bytes)});
  }
  Type stored =
      isa<IntegerType>(element) ? b.getIntegerType(8 * bytes) : element;
  Value value = LLVM::LoadOp::create(b, loc, stored, address, /*alignment=*/1);
  if (element.isInteger(1)) {
    Value zero = arith::ConstantIntOp::create(b, loc, 0, 8);
    value =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, value, zero);
  }
  if (op.getType().isIndex()) {
    bool isUnsigned = op->hasAttr(kUnsigned) || element.isInteger(1);
    value = isUnsigned
                ? arith::IndexCastUIOp::create(b, loc, b.getIndexType(), value)
                      .getResult()
                : abi->toIndex(b, loc, value);
  }
  op.replaceAllUsesWith(value);
}

void LowerHostPass::lowerCopy(memref::CopyOp op, OpBuilder &b) {
  Location loc = op.getLoc();
  Value from = op.getSource();
  Value bytes = abi->bytes(b, loc, cast<MemRefType>(from.getType()),
                           dynamicDims(b, loc, from));
  abi->call(b, loc, exec, offsetof(mlc_exec_api_t, copy), Type(),
            {abi->addressOf(b, loc, op.getTarget()),
             abi->addressOf(b, loc, from), bytes});
}

LogicalResult LowerHostPass::lowerWeight(WeightOp op, OpBuilder &b) {
  if (int64_t(op.getOffset()) < 0) {
    return op.emitOpError("has no place in the weights blob");
  }
  Location loc = op.getLoc();
  Value blob = abi->load(b, loc, abi->pointerType(), exec,
                         offsetof(mlc_exec_t, weights));
  Value data =
      abi->advance(b, loc, blob, abi->wordConstant(b, loc, op.getOffset()));
  auto type = cast<MemRefType>(op.getType());
  op.replaceAllUsesWith(abi->buffer(b, loc, type, data, {}));
  return success();
}

void LowerHostPass::lowerAlloc(memref::AllocOp op, OpBuilder &b) {
  Location loc = op.getLoc();
  Value bytes = abi->bytes(b, loc, op.getType(), op.getDynamicSizes());
  Value data = abi->call(b, loc, exec, offsetof(mlc_exec_api_t, alloc),
                         abi->pointerType(), {bytes});
  op.replaceAllUsesWith(
      abi->buffer(b, loc, op.getType(), data, op.getDynamicSizes()));
}

LogicalResult LowerHostPass::lowerOperation(Operation *op) {
  OpBuilder b(op);
  Location loc = op->getLoc();
  if (auto weight = dyn_cast<WeightOp>(op)) {
    if (failed(lowerWeight(weight, b))) {
      return failure();
    }
  } else if (auto arena = dyn_cast<ArenaOp>(op)) {
    Value data = callArena(b, loc, arena.getBytes());
    arena.replaceAllUsesWith(abi->buffer(
        b, loc, cast<MemRefType>(arena.getType()), data, arena.getBytes()));
  } else if (auto alloc = dyn_cast<memref::AllocOp>(op)) {
    lowerAlloc(alloc, b);
  } else if (auto dealloc = dyn_cast<memref::DeallocOp>(op)) {
    abi->call(b, loc, exec, offsetof(mlc_exec_api_t, release), Type(),
              {abi->addressOf(b, loc, dealloc.getMemref())});
  } else if (auto reshape = dyn_cast<ReshapeOp>(op)) {
    Value data = abi->addressOf(b, loc, reshape.getX());
    reshape.replaceAllUsesWith(abi->buffer(
        b, loc, cast<MemRefType>(reshape.getType()), data, reshape.getDims()));
  } else if (auto rows = dyn_cast<RowsOp>(op)) {
    lowerRows(rows, b);
  } else if (auto output = dyn_cast<OutputOp>(op)) {
    lowerOutput(output, b);
  } else if (auto extract = dyn_cast<ExtractOp>(op)) {
    lowerExtract(extract, b);
  } else if (auto require = dyn_cast<RequireOp>(op)) {
    abi->callUnless(b, loc, exec, offsetof(mlc_exec_api_t, fail),
                    message(require.getMessage()), require);
  } else if (auto copy = dyn_cast<memref::CopyOp>(op)) {
    lowerCopy(copy, b);
  } else if (auto dispatch = dyn_cast<DispatchOp>(op)) {
    dispatcher->lower(dispatch, exec, scratch);
  } else {
    return success();
  }
  op->erase();
  return success();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

void LowerHostPass::runOnOperation() {
  ModuleOp module = getOperation();
  HostAbi hostAbi(&getContext());
  abi = &hostAbi;
  messages.clear();
  SmallVector<func::FuncOp> kernels = kernelsOf(module);
  scratchBytes = 0;
  for (func::FuncOp kernel : kernels) {
    KernelEntry entry(kernel, *abi, gpu);
    entry.lower([&](StringRef text) { return message(text); });
    scratchBytes = std::max(scratchBytes, entry.scratchBytes());
  }
  if (auto function = module.lookupSymbol<func::FuncOp>(kMain)) {
    lowerMain(function);
    HostDispatch dispatch(hostAbi, function, kernels, gpu);
    dispatcher = &dispatch;
    SmallVector<Operation *> operations;
    function.walk([&](Operation *op) { operations.push_back(op); });
    for (Operation *op : operations) {
      if (failed(lowerOperation(op))) {
        return signalPassFailure();
      }
    }
  }
  if (auto plan = module.lookupSymbol<func::FuncOp>(kPlan)) {
    lowerPlan(plan);
  }
  setTables(module, kernels, llvm::to_vector(llvm::make_first_range(messages)));
}

} // namespace
} // namespace mlc::codegen
