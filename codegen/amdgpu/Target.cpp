//===- Target.cpp - programs for AMD GPUs -----------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One code object per chip, linked in process. No device libraries: kernels
// take all sizes as arguments (no hidden ones) and bring their own math.
//
//===----------------------------------------------------------------------===//
#include "codegen/amdgpu/Register.h"
#include "codegen/common/GpuPipeline.h"
#include "codegen/common/Linker.h"
#include "codegen/common/TiledMatMul.h"

#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/ROCDL/ROCDLToLLVMIRTranslation.h"
#include "llvm/IR/IntrinsicsAMDGPU.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"

#include <mutex>

using namespace mlir;

namespace mlc::codegen {
namespace {

/// Code object version 5: ROCm 5.4 and later load it.
constexpr int codeObjectVersion = 500;

const llvm::Target *lookupBackend(const llvm::Triple &triple) {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeAMDGPUTargetInfo();
    LLVMInitializeAMDGPUTarget();
    LLVMInitializeAMDGPUTargetMC();
    LLVMInitializeAMDGPUAsmPrinter();
  });
  std::string error;
  return llvm::TargetRegistry::lookupTarget(triple, error);
}

llvm::Triple deviceTriple() { return llvm::Triple("amdgcn-amd-amdhsa"); }

DeviceAbi deviceAbi() {
  return {llvm::CallingConv::AMDGPU_KERNEL,
          /*globalAddressSpace=*/1,
          llvm::Intrinsic::amdgcn_workitem_id_x,
          llvm::Intrinsic::amdgcn_workgroup_id_x,
          "amdgpu-flat-work-group-size",
          [](int64_t block) {
            std::string size = std::to_string(block);
            return size + "," + size;
          },
          [](llvm::IRBuilder<> &b) -> llvm::Value * {
            auto scope = b.getContext().getOrInsertSyncScopeID("workgroup");
            b.CreateFence(llvm::AtomicOrdering::Release, scope);
            b.CreateIntrinsic(llvm::Intrinsic::amdgcn_s_barrier, {});
            return b.CreateFence(llvm::AtomicOrdering::Acquire, scope);
          }};
}

/// Links a relocatable object into a code object.
llvm::Expected<std::string> linkCodeObject(ArrayRef<char> object) {
  llvm::SmallString<128> input, output;
  if (std::error_code code =
          llvm::sys::fs::createTemporaryFile("mlc", "o", input)) {
    return llvm::createStringError(code, "cannot create a temporary file");
  }
  output = input;
  output += ".hsaco";
  llvm::Error error =
      writeOutput(input.str().str(), [&](llvm::raw_ostream &stream) {
        stream.write(object.data(), object.size());
      });
  if (!error) {
    error = runLinker({"-shared", "--build-id=none", "--threads=1", "-o",
                       output.str().str(), input.str().str()});
  }
  std::string result;
  if (!error) {
    if (auto buffer = llvm::MemoryBuffer::getFile(output)) {
      result = (*buffer)->getBuffer().str();
    } else {
      error = llvm::createStringError("the linker left no code object");
    }
  }
  llvm::sys::fs::remove(input);
  llvm::sys::fs::remove(output);
  if (error) {
    return std::move(error);
  }
  return result;
}

class AmdgpuTarget : public Target {
public:
  explicit AmdgpuTarget(StringRef chip)
      : Target(("amdgpu:" + chip).str(), Engine::hip), chip(chip.str()) {}

  void registerDialects(DialectRegistry &registry) const override {
    registerBuiltinDialectTranslation(registry);
    registerLLVMDialectTranslation(registry);
    registerROCDLDialectTranslation(registry);
  }

  bool hasText(TextKind kind) const override {
    return kind != TextKind::device;
  }

  FailureOr<bool> emitKernel(GroupOp group,
                             func::FuncOp kernel) const override {
    return emitTiledMatMul(group, kernel);
  }

  LogicalResult emitProgram(ModuleOp module, const EmitOptions &options,
                            Program &program) const override;

private:
  llvm::Error emitImage(llvm::Module &device, const EmitOptions &options,
                        Program &program) const;

  std::string chip;
};

llvm::Error AmdgpuTarget::emitImage(llvm::Module &device,
                                    const EmitOptions &options,
                                    Program &program) const {
  const llvm::Target *backend = lookupBackend(deviceTriple());
  if (!backend) {
    return llvm::createStringError("LLVM was built without AMDGPU");
  }
  std::unique_ptr<llvm::TargetMachine> machine(backend->createTargetMachine(
      deviceTriple(), chip, "", {}, llvm::Reloc::PIC_, std::nullopt,
      llvm::CodeGenOptLevel::Aggressive));
  device.addModuleFlag(llvm::Module::Error, "amdhsa_code_object_version",
                       codeObjectVersion);
  bool isText = options.text != TextKind::none;
  llvm::SmallVector<char, 0> output;
  if (llvm::Error error =
          emitDeviceModule(device, *machine, options,
                           isText ? llvm::CodeGenFileType::AssemblyFile
                                  : llvm::CodeGenFileType::ObjectFile,
                           output)) {
    return error;
  }
  if (isText) {
    program.text.assign(output.begin(), output.end());
    return llvm::Error::success();
  }
  llvm::Expected<std::string> image = linkCodeObject(output);
  if (!image) {
    return image.takeError();
  }
  program.images.push_back({chip, 2, std::move(*image)});
  return llvm::Error::success();
}

LogicalResult AmdgpuTarget::emitProgram(ModuleOp module,
                                        const EmitOptions &options,
                                        Program &program) const {
  program.engine = Engine::hip;
  program.target = name();
  auto emitImages = [&](llvm::Module &device, ArrayRef<DeviceKernel> kernels) {
    addDeviceEntries(device, kernels, deviceAbi());
    return emitImage(device, options, program);
  };
  return emitGpuProgram(module, options, emitImages, program);
}

} // namespace

void registerAmdgpuTargets(TargetRegistry &registry) {
  registry.add("amdgpu", [](StringRef chip) -> llvm::Expected<TargetList> {
    if (chip.empty()) {
      chip = "gfx942";
    }
    llvm::Triple triple = deviceTriple();
    const llvm::Target *backend = lookupBackend(triple);
    std::unique_ptr<llvm::MCSubtargetInfo> info(
        backend ? backend->createMCSubtargetInfo(triple, "", "") : nullptr);
    if (!info || !info->isCPUStringValid(chip)) {
      return llvm::createStringError("unknown AMD GPU '" + chip +
                                     "'; expected such as amdgpu:gfx942");
    }
    TargetList targets;
    targets.push_back(std::make_unique<AmdgpuTarget>(chip));
    return targets;
  });
}

} // namespace mlc::codegen
