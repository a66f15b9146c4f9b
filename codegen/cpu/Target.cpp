//===- Target.cpp - CPU programs --------------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/Target.h"

#include "codegen/common/Kernel.h"
#include "codegen/common/ProgramTables.h"
#include "codegen/cpu/CpuVersion.h"
#include "codegen/cpu/EmitObject.h"
#include "codegen/cpu/Pipeline.h"
#include "codegen/cpu/Register.h"
#include "codegen/cpu/kernels/CpuKernels.h"

#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"

using namespace mlir;

namespace mlc::codegen {
namespace {

class CpuTarget : public Target {
public:
  explicit CpuTarget(CpuVersion version)
      : Target(version.name, Engine::cpu), version(std::move(version)) {}

  void registerDialects(DialectRegistry &registry) const override {
    registerBuiltinDialectTranslation(registry);
    registerLLVMDialectTranslation(registry);
  }

  int rank() const override {
    int features = StringRef(version.features).count(',');
    return version.isa.vectorBits * 1000 + features;
  }

  std::string machine() const override { return version.machine; }

  bool hasText(TextKind kind) const override {
    return kind != TextKind::device;
  }

  void buildLayoutPipeline(OpPassManager &pm) const override {
    buildCpuLayoutPipeline(pm);
  }

  FailureOr<bool> emitKernel(GroupOp group, func::FuncOp kernel) const override;

  LogicalResult emitProgram(ModuleOp module, const EmitOptions &options,
                            Program &program) const override;

private:
  CpuVersion version;
};

/// Vector emitters look at the group and decline what they cannot do.
FailureOr<bool> CpuTarget::emitKernel(GroupOp group,
                                      func::FuncOp kernel) const {
  return emitVectorKernel(group, kernel, version.isa);
}

LogicalResult CpuTarget::emitProgram(ModuleOp module,
                                     const EmitOptions &options,
                                     Program &program) const {
  PassManager pm(module->getName(), PassManager::Nesting::Explicit);
  pm.enableVerifier(options.verifyEach);
  buildCpuPipeline(pm, version.isa);
  if (failed(pm.run(module))) {
    return failure();
  }
  program.engine = Engine::cpu;
  program.target = name();
  program.features = version.features;
  program.machine = machine();
  program.mainSymbol = options.symbolPrefix + kMain.str();
  program.planSymbol = options.symbolPrefix + kPlan.str();
  takeTables(module, program);

  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> code =
      translateModuleToLLVMIR(module, context, name());
  if (!code) {
    return failure();
  }
  if (llvm::Error error =
          emitObjects(std::move(code), version, options, program)) {
    return module.emitError(llvm::toString(std::move(error)));
  }
  return success();
}

} // namespace

void registerCpuTargets(TargetRegistry &registry) {
  registry.add("cpu", [](StringRef text) -> llvm::Expected<TargetList> {
    auto versions = parseCpuVersions(text);
    if (!versions) {
      return versions.takeError();
    }
    TargetList targets;
    for (CpuVersion &version : *versions) {
      targets.push_back(std::make_unique<CpuTarget>(std::move(version)));
    }
    return targets;
  });
}

} // namespace mlc::codegen
