//===- GpuPipeline.cpp - what GPU targets have in common --------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/common/GpuPipeline.h"

#include "codegen/common/EmitFile.h"
#include "codegen/common/HostMachine.h"
#include "codegen/common/Kernel.h"
#include "codegen/common/Passes.h"
#include "codegen/common/ProgramTables.h"

#include "mlir/Conversion/ReconcileUnrealizedCasts/ReconcileUnrealizedCasts.h"
#include "mlir/Target/LLVMIR/Export.h"

using namespace mlir;

namespace mlc::codegen {

/// Up to functions over pointers and words, host and kernels together.
static void buildSharedPipeline(OpPassManager &pm) {
  pm.addPass(createSplitKernelsPass());
  pm.addPass(createMapToThreadsPass());
  pm.addPass(createExpandSmallFloatsPass({/*nativeF16=*/true}));
  pm.addPass(createExpandMathPass({/*fma=*/true, /*device=*/true}));
  pm.addPass(createPlanMemoryPass());
  // After the plan: what shapes must hold is asked in front of the arena.
  pm.addPass(createCheckExtentsPass());
  pm.addPass(createLowerHostPass({/*gpu=*/true}));
}

static void buildLLVMPipeline(OpPassManager &pm) {
  pm.addPass(createLowerToLLVMPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
}

static LogicalResult run(ModuleOp module, bool verify,
                         function_ref<void(OpPassManager &)> build) {
  PassManager pm(module->getName(), PassManager::Nesting::Explicit);
  pm.enableVerifier(verify);
  build(pm);
  return pm.run(module);
}

/// Host code: an x86-64 object without further optimisation; it packs
/// arguments and calls the runtime.
static llvm::Error emitHost(llvm::Module &module, const EmitOptions &options,
                            Program &program) {
  auto machine = createHostMachine(program.machine, "x86-64", "", 1);
  module.setTargetTriple(machine->getTargetTriple());
  module.setDataLayout(machine->createDataLayout());
  for (llvm::Function &function : module) {
    if (function.isDeclaration()) {
      continue;
    }
    bool isEntry = function.getName() == kMain || function.getName() == kPlan;
    function.setName(options.symbolPrefix + function.getName());
    function.addFnAttr(llvm::Attribute::NoUnwind);
    if (isEntry) {
      function.setVisibility(llvm::GlobalValue::HiddenVisibility);
    } else {
      function.setLinkage(llvm::GlobalValue::InternalLinkage);
    }
  }
  return emitFile(module, *machine, llvm::CodeGenFileType::ObjectFile,
                  /*strengthReduction=*/false, program.objects.emplace_back());
}

LogicalResult emitGpuProgram(ModuleOp module, const EmitOptions &options,
                             const EmitImages &emitImages, Program &program) {
  bool verify = options.verifyEach;
  if (failed(run(module, verify, buildSharedPipeline))) {
    return failure();
  }
  SmallVector<DeviceKernel> kernels;
  OwningOpRef<ModuleOp> device = takeDeviceModule(module, kernels);
  program.machine = "x86_64";
  program.mainSymbol = options.symbolPrefix + kMain.str();
  program.planSymbol = options.symbolPrefix + kPlan.str();
  takeTables(module, program);
  Program unused;
  takeTables(*device, unused);
  if (failed(checkDeviceOperations(*device)) ||
      failed(run(module, verify, buildLLVMPipeline)) ||
      failed(run(*device, verify, buildLLVMPipeline))) {
    return failure();
  }
  llvm::LLVMContext context;
  auto hostCode = translateModuleToLLVMIR(module, context, "host");
  auto deviceCode = translateModuleToLLVMIR(*device, context, "device");
  if (!hostCode || !deviceCode) {
    return failure();
  }
  llvm::Error error = emitImages(*deviceCode, kernels);
  if (!error) {
    error = emitHost(*hostCode, options, program);
  }
  if (error) {
    return module.emitError(llvm::toString(std::move(error)));
  }
  return success();
}

} // namespace mlc::codegen
