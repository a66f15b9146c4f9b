//===- DeviceModule.cpp - kernels as device entry points --------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/common/DeviceModule.h"

#include "codegen/common/EmitFile.h"
#include "codegen/common/Kernel.h"
#include "codegen/common/TiledMatMul.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/Passes/PassBuilder.h"

using namespace mlir;

namespace mlc::codegen {

OwningOpRef<ModuleOp> takeDeviceModule(ModuleOp host,
                                       SmallVectorImpl<DeviceKernel> &kernels) {
  OwningOpRef<ModuleOp> device = ModuleOp::create(host.getLoc(), "device");
  auto table = host->getAttrOfType<ArrayAttr>(kKernelTable);
  for (Attribute row : table ? table.getValue() : ArrayRef<Attribute>()) {
    StringRef name =
        cast<StringAttr>(cast<ArrayAttr>(row).getValue()[0]).getValue();
    auto function = host.lookupSymbol<func::FuncOp>(name);
    DeviceKernel kernel;
    kernel.name = name.str();
    kernel.perThread = function->hasAttr(kThreads);
    kernel.perBlock = function->hasAttr(kBlocks);
    if (auto block = function->getAttrOfType<IntegerAttr>(kBlock)) {
      kernel.block = block.getInt();
    }
    kernels.push_back(kernel);
    function->remove();
    device->push_back(function);
  }
  // Shared memory and declarations of builtins go with the kernels.
  for (Operation &op : llvm::make_early_inc_range(*host.getBody())) {
    auto function = dyn_cast<func::FuncOp>(op);
    if (isa<memref::GlobalOp>(op) || (function && function.isExternal())) {
      op.remove();
      device->getBody()->push_front(&op);
    }
  }
  return device;
}

LogicalResult checkDeviceOperations(ModuleOp device) {
  bool failed = false;
  device.walk([&](Operation *op) {
    if (!isa_and_present<math::MathDialect>(op->getDialect()) ||
        isa<math::AbsFOp, math::AbsIOp, math::CeilOp, math::CopySignOp,
            math::FloorOp, math::FmaOp, math::RoundOp, math::RoundEvenOp,
            math::SqrtOp, math::TruncOp, math::CountLeadingZerosOp,
            math::CountTrailingZerosOp, math::CtPopOp, math::IsNaNOp,
            math::IsInfOp, math::IsFiniteOp>(op)) {
      return;
    }
    op->emitError("unsupported: '")
        << op->getName() << "' on " << op->getResult(0).getType()
        << " in a GPU kernel; supported are f32 and smaller floats";
    failed = true;
  });
  return failure(failed);
}

/// The global number of this thread.
static llvm::Value *threadNumber(llvm::IRBuilder<> &b, const DeviceAbi &abi,
                                 int64_t block) {
  llvm::Value *thread = b.CreateIntrinsic(abi.threadIndex, {});
  llvm::Value *group = b.CreateIntrinsic(abi.blockIndex, {});
  llvm::Value *first = b.CreateMul(b.CreateZExt(group, b.getInt64Ty()),
                                   b.getInt64(block), "", true, true);
  return b.CreateAdd(first, b.CreateZExt(thread, b.getInt64Ty()), "", true,
                     true);
}

static void addEntry(llvm::Function &body, const DeviceKernel &kernel,
                     const DeviceAbi &abi) {
  llvm::LLVMContext &context = body.getContext();
  llvm::SmallVector<llvm::Type *> types;
  for (llvm::Argument &argument : body.args()) {
    types.push_back(
        argument.getType()->isPointerTy()
            ? llvm::PointerType::get(context, abi.globalAddressSpace)
            : argument.getType());
  }
  bool numbered = kernel.perThread || kernel.perBlock;
  if (!numbered) {
    types.push_back(llvm::Type::getInt64Ty(context)); // the count, always 1
  }
  auto *type =
      llvm::FunctionType::get(llvm::Type::getVoidTy(context), types, false);
  auto *entry = llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage,
                                       kernel.name, body.getParent());
  entry->setCallingConv(abi.callingConvention);
  entry->addFnAttr(abi.blockSizeAttribute, abi.blockSizeValue(kernel.block));

  auto *start = llvm::BasicBlock::Create(context, "", entry);
  auto *work = llvm::BasicBlock::Create(context, "work", entry);
  auto *done = llvm::BasicBlock::Create(context, "done", entry);
  llvm::IRBuilder<> b(start);
  llvm::Argument *count = entry->getArg(types.size() - 1);
  llvm::Value *number = nullptr;
  if (kernel.perThread) {
    number = threadNumber(b, abi, kernel.block);
    b.CreateCondBr(b.CreateICmpULT(number, count), work, done);
  } else {
    if (kernel.perBlock) {
      number =
          b.CreateZExt(b.CreateIntrinsic(abi.blockIndex, {}), b.getInt64Ty());
    }
    b.CreateBr(work);
  }
  b.SetInsertPoint(work);
  llvm::SmallVector<llvm::Value *> arguments;
  for (llvm::Argument &argument : body.args()) {
    unsigned i = argument.getArgNo();
    llvm::Argument *given = entry->getArg(i);
    bool isNumber = numbered && i + 1 == body.arg_size();
    if (argument.hasNoAliasAttr()) {
      given->addAttr(llvm::Attribute::NoAlias);
    }
    arguments.push_back(isNumber ? number
                        : argument.getType()->isPointerTy()
                            ? b.CreateAddrSpaceCast(given, argument.getType())
                            : static_cast<llvm::Value *>(given));
  }
  b.CreateCall(&body, arguments);
  b.CreateBr(done);
  b.SetInsertPoint(done);
  b.CreateRetVoid();
}

/// Gives a builtin that the kernels call a body.
static void
defineBuiltin(llvm::Module &module, StringRef name,
              function_ref<llvm::Value *(llvm::IRBuilder<> &)> body) {
  llvm::Function *function = module.getFunction(name);
  if (!function) {
    return;
  }
  llvm::IRBuilder<> b(
      llvm::BasicBlock::Create(module.getContext(), "", function));
  llvm::Value *result = body(b);
  if (function->getReturnType()->isVoidTy()) {
    b.CreateRetVoid();
  } else {
    b.CreateRet(b.CreateZExt(result, function->getReturnType()));
  }
}

void addDeviceEntries(llvm::Module &module, ArrayRef<DeviceKernel> kernels,
                      const DeviceAbi &abi) {
  defineBuiltin(module, kThreadBuiltin, [&](llvm::IRBuilder<> &b) {
    return b.CreateIntrinsic(abi.threadIndex, {});
  });
  defineBuiltin(module, kBarrierBuiltin, abi.barrier);
  for (llvm::Function &function : module) {
    if (!function.isDeclaration()) {
      function.setLinkage(llvm::GlobalValue::InternalLinkage);
      function.addFnAttr(llvm::Attribute::AlwaysInline);
      function.addFnAttr(llvm::Attribute::NoUnwind);
    }
  }
  for (const DeviceKernel &kernel : kernels) {
    llvm::Function *body = module.getFunction(kernel.name);
    body->setName(kernel.name + "_body");
    addEntry(*body, kernel, abi);
  }
}

llvm::Error emitDeviceModule(llvm::Module &module, llvm::TargetMachine &machine,
                             const EmitOptions &options,
                             llvm::CodeGenFileType kind,
                             SmallVectorImpl<char> &output) {
  module.setTargetTriple(machine.getTargetTriple());
  module.setDataLayout(machine.createDataLayout());
  for (llvm::Function &function : module) {
    if (!function.isDeclaration()) {
      function.addFnAttr("target-cpu", machine.getTargetCPU());
      function.addFnAttr("target-features", machine.getTargetFeatureString());
    }
  }
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager sccs;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(sccs);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, sccs, modules);
  auto level = options.optLevel <= 1   ? llvm::OptimizationLevel::O1
               : options.optLevel == 2 ? llvm::OptimizationLevel::O2
                                       : llvm::OptimizationLevel::O3;
  builder.buildPerModuleDefaultPipeline(level).run(module, modules);

  if (options.text == TextKind::llvm) {
    llvm::raw_svector_ostream stream(output);
    module.print(stream, nullptr);
    return llvm::Error::success();
  }
  return emitFile(module, machine, kind, /*strengthReduction=*/true, output);
}

} // namespace mlc::codegen
