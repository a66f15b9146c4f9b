//===- HostDispatch.cpp - kernels started by host code ----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/common/HostDispatch.h"

#include "codegen/common/Kernel.h"
#include "codegen/common/KernelEntry.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace mlc::codegen {

HostDispatch::HostDispatch(HostAbi &abi, func::FuncOp main,
                           ArrayRef<func::FuncOp> kernels, bool gpu)
    : abi(abi), main(main), gpu(gpu) {
  int64_t number = 0;
  for (func::FuncOp kernel : kernels) {
    numbers[kernel.getNameAttr()] = number++;
  }
}

HostDispatch::Launch HostDispatch::flatten(DispatchOp op) {
  auto module = op->getParentOfType<ModuleOp>();
  Location loc = op.getLoc();
  Launch launch{OpBuilder(op),
                loc,
                module.lookupSymbol<func::FuncOp>(op.getKernel()),
                {},
                {}};
  OpBuilder &b = launch.b;
  for (Value argument : op.getArguments()) {
    if (!isa<MemRefType>(argument.getType())) {
      launch.flat.push_back(argument);
      continue;
    }
    launch.flat.push_back(abi.addressOf(b, loc, argument));
    llvm::append_range(launch.flat, dynamicDims(b, loc, argument));
  }
  launch.count = abi.wordConstant(b, loc, 1);
  if (auto count =
          module.lookupSymbol<func::FuncOp>(countName(op.getKernel()))) {
    launch.count =
        func::CallOp::create(b, loc, count, launch.flat).getResult(0);
  }
  return launch;
}

Value HostDispatch::numberOf(OpBuilder &b, const Launch &launch) {
  func::FuncOp kernel = launch.kernel;
  return abi.wordConstant(b, launch.loc, numbers[kernel.getNameAttr()]);
}

/// Packs the arguments and lets the pool run `@k.run` over the range.
void HostDispatch::runOnPool(Launch &launch) {
  OpBuilder &b = launch.b;
  Location loc = launch.loc;
  Value arguments =
      abi.stack(main, loc, launch.flat.size() + kernelHeaderWords);
  abi.store(b, loc, exec, arguments, 0);
  if (scratch) {
    abi.store(b, loc, scratch, arguments, 8);
  }
  for (auto [i, value] : llvm::enumerate(launch.flat)) {
    abi.store(b, loc, value, arguments, 8 * (i + kernelHeaderWords));
  }
  auto grain = launch.kernel->getAttrOfType<IntegerAttr>(kGrain);
  auto run =
      launch.kernel->getParentOfType<ModuleOp>().lookupSymbol<func::FuncOp>(
          (launch.kernel.getName() + ".run").str());
  Value entry =
      func::ConstantOp::create(b, loc, run.getFunctionType(), run.getName());
  entry = UnrealizedConversionCastOp::create(b, loc, abi.pointerType(), entry)
              .getResult(0);
  abi.call(b, loc, exec, offsetof(mlc_exec_api_t, parallel), Type(),
           {numberOf(b, launch), entry, arguments, launch.count,
            abi.wordConstant(b, loc, grain ? grain.getInt() : 1)});
}

/// Where kernels on the device report; asked for at the top of @main, so that
/// it serves launches in any region.
Value HostDispatch::deviceReport() {
  if (!report) {
    OpBuilder b = OpBuilder::atBlockBegin(&main.front());
    report = abi.call(b, main.getLoc(), exec,
                      offsetof(mlc_exec_api_t, device_report),
                      abi.pointerType(), {});
  }
  return report;
}

/// Passes the addresses of all arguments, of which the count is the last. An
/// empty range launches nothing.
void HostDispatch::runOnDevice(Launch &launch) {
  Location loc = launch.loc;
  SmallVector<Value> words;
  if (launch.kernel->hasAttr(kReports)) {
    words.push_back(deviceReport());
  }
  llvm::append_range(words, launch.flat);
  words.push_back(launch.count);
  Value values = abi.stack(main, loc, words.size());
  Value addresses = abi.stack(main, loc, words.size());
  Value zero = abi.wordConstant(launch.b, loc, 0);
  Value count = abi.toWord(launch.b, loc, launch.count);
  Value some = arith::CmpIOp::create(launch.b, loc, arith::CmpIPredicate::sgt,
                                     count, zero);
  OpBuilder b = scf::IfOp::create(launch.b, loc, some).getThenBodyBuilder();
  for (auto [i, value] : llvm::enumerate(words)) {
    abi.store(b, loc, value, values, 8 * i);
    Value address =
        abi.advance(b, loc, values, abi.wordConstant(b, loc, 8 * i));
    abi.store(b, loc, address, addresses, 8 * i);
  }
  callLaunch(b, launch, addresses, words.size());
}

/// ceil(count / block) blocks when the kernel counts threads, else one each.
void HostDispatch::callLaunch(OpBuilder &b, const Launch &launch,
                              Value addresses, int64_t slots) {
  Location loc = launch.loc;
  func::FuncOp kernel = launch.kernel;
  auto blockAttr = kernel->getAttrOfType<IntegerAttr>(kBlock);
  Value threads = abi.wordConstant(b, loc, blockAttr ? blockAttr.getInt() : 1);
  Value one = abi.wordConstant(b, loc, 1);
  Value blocks = abi.toWord(b, loc, launch.count);
  if (kernel->hasAttr(kThreads)) {
    blocks = arith::CeilDivUIOp::create(b, loc, blocks, threads);
  }
  Value shape = abi.stack(main, loc, 6); // grid, block
  Value extents[] = {blocks, one, one, threads, one, one};
  for (auto [i, extent] : llvm::enumerate(extents)) {
    abi.store(b, loc, extent, shape, 8 * i);
  }
  Value blockShape =
      abi.advance(b, loc, shape, abi.wordConstant(b, loc, 3 * 8));
  abi.call(b, loc, exec, offsetof(mlc_exec_api_t, launch), Type(),
           {numberOf(b, launch), shape, blockShape, abi.wordConstant(b, loc, 0),
            addresses, abi.wordConstant(b, loc, slots)});
}

/// The kernel's formula for the dims and scalars among `arguments`.
static Value flopsOf(OpBuilder &b, Location loc, func::FuncOp kernel,
                     ValueRange arguments) {
  auto maps = kernel->getAttrOfType<ArrayAttr>(kFlops);
  if (!maps) {
    return arith::ConstantIndexOp::create(b, loc, 0);
  }
  SmallVector<Value> symbols;
  for (Value argument : arguments) {
    if (isa<MemRefType>(argument.getType())) {
      llvm::append_range(symbols, dynamicDims(b, loc, argument));
    } else {
      symbols.push_back(argument);
    }
  }
  AffineMap map = cast<AffineMapAttr>(maps[0]).getValue();
  return affine::AffineApplyOp::create(
      b, loc, map, ArrayRef(symbols).take_front(map.getNumSymbols()));
}

/// Tells a profiled run what the kernel computes and moves, each buffer once;
/// of a kernel that is repeated for steps, all at once.
void HostDispatch::recordWork(DispatchOp op) {
  Location loc = op.getLoc();
  OpBuilder b(op->hasAttr(kStep) ? op->getParentOp() : op);
  Value counts =
      abi.load(b, loc, abi.wordType(), exec, offsetof(mlc_exec_t, counts_work));
  Value isCounted = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne,
                                          counts, abi.wordConstant(b, loc, 0));
  b = scf::IfOp::create(b, loc, isCounted).getThenBodyBuilder();
  auto arguments = op.getArguments();
  if (op->hasAttr(kStep)) {
    arguments = arguments.drop_back();
  }
  auto module = op->getParentOfType<ModuleOp>();
  auto kernel = module.lookupSymbol<func::FuncOp>(op.getKernel());
  Value bytes = abi.wordConstant(b, loc, 0);
  for (Value buffer :
       llvm::SetVector<Value>(arguments.begin(), arguments.end())) {
    if (auto type = dyn_cast<MemRefType>(buffer.getType())) {
      bytes = arith::AddIOp::create(
          b, loc, bytes, abi.bytes(b, loc, type, dynamicDims(b, loc, buffer)));
    }
  }
  abi.call(b, loc, exec, offsetof(mlc_exec_api_t, work), Type(),
           {abi.wordConstant(b, loc, numbers[kernel.getNameAttr()]),
            flopsOf(b, loc, kernel, arguments), bytes});
}

void HostDispatch::lower(DispatchOp op, Value execArgument,
                         Value scratchMemory) {
  exec = execArgument;
  scratch = scratchMemory;
  recordWork(op);
  Launch launch = flatten(op);
  if (gpu) {
    runOnDevice(launch);
  } else {
    runOnPool(launch);
  }
}

} // namespace mlc::codegen
