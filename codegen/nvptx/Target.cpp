//===- Target.cpp - programs for NVIDIA GPUs --------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A program holds PTX for the chip asked for and, beside it, PTX for sm_80,
// which the driver compiles for any chip since. With ptxas in PATH the first
// is also there as machine code.
//
//===----------------------------------------------------------------------===//
#include "codegen/common/GpuPipeline.h"
#include "codegen/common/TiledMatMul.h"
#include "codegen/nvptx/Register.h"

#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/NVVM/NVVMToLLVMIRTranslation.h"
#include "llvm/IR/IntrinsicsNVPTX.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Transforms/Utils/Cloning.h"

#include <mutex>

using namespace mlir;

namespace mlc::codegen {
namespace {

constexpr unsigned oldestChip = 80;

/// The PTX version that first knows a chip; newer drivers read all of them.
const char *ptxVersion(unsigned chip) {
  return chip >= 100 ? "+ptx86" : chip >= 89 ? "+ptx78" : "+ptx74";
}

llvm::Triple deviceTriple() { return llvm::Triple("nvptx64-nvidia-cuda"); }

const llvm::Target *lookupBackend() {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeNVPTXTargetInfo();
    LLVMInitializeNVPTXTarget();
    LLVMInitializeNVPTXTargetMC();
    LLVMInitializeNVPTXAsmPrinter();
  });
  std::string error;
  return llvm::TargetRegistry::lookupTarget(deviceTriple(), error);
}

bool isKnownChip(unsigned chip) {
  const llvm::Target *backend = lookupBackend();
  std::unique_ptr<llvm::MCSubtargetInfo> info(
      backend ? backend->createMCSubtargetInfo(deviceTriple(), "", "")
              : nullptr);
  return chip >= oldestChip && info &&
         info->isCPUStringValid("sm_" + std::to_string(chip));
}

std::unique_ptr<llvm::TargetMachine> createMachine(unsigned chip) {
  const llvm::Target *backend = lookupBackend();
  if (!backend) {
    return nullptr;
  }
  return std::unique_ptr<llvm::TargetMachine>(backend->createTargetMachine(
      deviceTriple(), "sm_" + std::to_string(chip), ptxVersion(chip), {},
      std::nullopt, std::nullopt, llvm::CodeGenOptLevel::Aggressive));
}

DeviceAbi deviceAbi() {
  return {llvm::CallingConv::PTX_Kernel,
          /*globalAddressSpace=*/1,
          llvm::Intrinsic::nvvm_read_ptx_sreg_tid_x,
          llvm::Intrinsic::nvvm_read_ptx_sreg_ctaid_x,
          "nvvm.maxntid",
          [](int64_t block) { return std::to_string(block); },
          [](llvm::IRBuilder<> &b) -> llvm::Value * {
            return b.CreateIntrinsic(
                llvm::Intrinsic::nvvm_barrier_cta_sync_aligned_all, {},
                {b.getInt32(0)});
          }};
}

/// Machine code by ptxas; nothing when there is none or it fails (the driver
/// then compiles the PTX).
std::string assemble(const std::string &ptx, unsigned chip) {
  auto ptxas = llvm::sys::findProgramByName("ptxas");
  llvm::SmallString<128> source, object;
  if (!ptxas || llvm::sys::fs::createTemporaryFile("mlc", "ptx", source) ||
      llvm::sys::fs::createTemporaryFile("mlc", "cubin", object)) {
    return {};
  }
  llvm::Error error = writeOutput(
      source.str().str(), [&](llvm::raw_ostream &stream) { stream << ptx; });
  bool isWritten = !error;
  llvm::consumeError(std::move(error));
  std::string arch = "-arch=sm_" + std::to_string(chip);
  llvm::StringRef arguments[] = {*ptxas, arch, "-O3", source, "-o", object};
  std::optional<llvm::StringRef> quiet[] = {"", "", ""};
  std::string result;
  if (isWritten && llvm::sys::ExecuteAndWait(*ptxas, arguments, std::nullopt,
                                             quiet, 120) == 0) {
    if (auto buffer = llvm::MemoryBuffer::getFile(object)) {
      result = (*buffer)->getBuffer().str();
    }
  }
  llvm::sys::fs::remove(source);
  llvm::sys::fs::remove(object);
  return result;
}

class NvptxTarget : public Target {
public:
  explicit NvptxTarget(unsigned chip)
      : Target("cuda:sm_" + std::to_string(chip), Engine::cuda), chip(chip) {}

  void registerDialects(DialectRegistry &registry) const override {
    registerBuiltinDialectTranslation(registry);
    registerLLVMDialectTranslation(registry);
    registerNVVMDialectTranslation(registry);
  }

  bool hasText(TextKind) const override { return true; }

  FailureOr<bool> emitKernel(GroupOp group,
                             func::FuncOp kernel) const override {
    return emitTiledMatMul(group, kernel);
  }

  LogicalResult emitProgram(ModuleOp module, const EmitOptions &options,
                            Program &program) const override;

private:
  /// PTX for `chip`, or LLVM IR when the options ask for that.
  static llvm::Expected<std::string>
  emitText(llvm::Module &device, unsigned chip, const EmitOptions &options);
  llvm::Error emitImages(llvm::Module &device, const EmitOptions &options,
                         Program &program) const;

  unsigned chip;
};

llvm::Expected<std::string> NvptxTarget::emitText(llvm::Module &device,
                                                  unsigned chip,
                                                  const EmitOptions &options) {
  std::unique_ptr<llvm::TargetMachine> machine = createMachine(chip);
  if (!machine) {
    return llvm::createStringError("LLVM was built without NVPTX");
  }
  llvm::SmallVector<char, 0> text;
  if (llvm::Error error =
          emitDeviceModule(device, *machine, options,
                           llvm::CodeGenFileType::AssemblyFile, text)) {
    return std::move(error);
  }
  return std::string(text.begin(), text.end());
}

/// Best first: machine code, PTX for the chip, PTX for all chips.
llvm::Error NvptxTarget::emitImages(llvm::Module &device,
                                    const EmitOptions &options,
                                    Program &program) const {
  llvm::SmallVector<unsigned, 2> chips = {chip};
  if (chip != oldestChip) {
    chips.push_back(oldestChip);
  }
  for (unsigned each : chips) {
    std::unique_ptr<llvm::Module> copy = llvm::CloneModule(device);
    llvm::Expected<std::string> ptx = emitText(*copy, each, options);
    if (!ptx) {
      return ptx.takeError();
    }
    std::string arch = "sm_" + std::to_string(each);
    std::string code = each != oldestChip ? assemble(*ptx, each) : "";
    if (!code.empty()) {
      program.images.push_back({arch, 1, std::move(code)});
    }
    program.images.push_back({arch, 0, std::move(*ptx)});
  }
  return llvm::Error::success();
}

LogicalResult NvptxTarget::emitProgram(ModuleOp module,
                                       const EmitOptions &options,
                                       Program &program) const {
  program.engine = Engine::cuda;
  program.target = name();
  std::string text;
  auto emit = [&](llvm::Module &device,
                  ArrayRef<DeviceKernel> kernels) -> llvm::Error {
    addDeviceEntries(device, kernels, deviceAbi());
    if (options.text == TextKind::none) {
      return emitImages(device, options, program);
    }
    return emitText(device, chip, options).moveInto(text);
  };
  if (failed(emitGpuProgram(module, options, emit, program))) {
    return failure();
  }
  program.text = std::move(text);
  return success();
}

} // namespace

void registerNvptxTargets(TargetRegistry &registry) {
  registry.add("cuda", [](StringRef text) -> llvm::Expected<TargetList> {
    unsigned chip = oldestChip;
    if (!text.empty() && (!text.consume_front("sm_") ||
                          text.getAsInteger(10, chip) || !isKnownChip(chip))) {
      return llvm::createStringError(
          "unknown NVIDIA GPU; expected cuda:sm_80 or later, such as "
          "cuda:sm_90");
    }
    TargetList targets;
    targets.push_back(std::make_unique<NvptxTarget>(chip));
    return targets;
  });
}

} // namespace mlc::codegen
