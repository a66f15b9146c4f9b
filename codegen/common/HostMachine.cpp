//===- HostMachine.cpp - LLVM back ends for host code -----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/common/HostMachine.h"

#include "llvm/Support/TargetSelect.h"

#include <mutex>

namespace mlc::codegen {

llvm::Triple hostTriple(llvm::StringRef machine) {
  return llvm::Triple(machine + "-unknown-linux-gnu");
}

const llvm::Target *hostBackend(const llvm::Triple &triple) {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeAArch64TargetInfo();
    LLVMInitializeAArch64Target();
    LLVMInitializeAArch64TargetMC();
    LLVMInitializeAArch64AsmPrinter();
  });
  std::string error;
  return llvm::TargetRegistry::lookupTarget(triple, error);
}

std::unique_ptr<llvm::TargetMachine>
createHostMachine(llvm::StringRef machine, llvm::StringRef cpu,
                  llvm::StringRef attributes, int optLevel) {
  llvm::Triple triple = hostTriple(machine);
  const llvm::Target *backend = hostBackend(triple);
  if (!backend) {
    return nullptr;
  }
  llvm::TargetOptions options;
  options.NoTrappingFPMath = true;
  options.EmitAddrsig = false;
  options.MCOptions.AsmVerbose = true; // --emit=asm says what is a spill
  auto level = optLevel == 0   ? llvm::CodeGenOptLevel::None
               : optLevel == 1 ? llvm::CodeGenOptLevel::Less
                               : llvm::CodeGenOptLevel::Aggressive;
  return std::unique_ptr<llvm::TargetMachine>(
      backend->createTargetMachine(triple, cpu, attributes, options,
                                   llvm::Reloc::PIC_, std::nullopt, level));
}

} // namespace mlc::codegen
