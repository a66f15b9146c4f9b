//===- EmitFile.cpp - LLVM's back end to a buffer ---------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/common/EmitFile.h"

#include "llvm/IR/LegacyPassManager.h"
#include "llvm/Support/CommandLine.h"

#include <mutex>

namespace mlc::codegen {

/// Builds the pass list. Strength reduction has no switch but a global option,
/// which is read here; the lock keeps threads from changing it for each other.
static bool addPasses(llvm::TargetMachine &machine,
                      llvm::legacy::PassManager &passes,
                      llvm::raw_pwrite_stream &stream,
                      llvm::CodeGenFileType kind, bool strengthReduction) {
  static std::mutex lock;
  std::lock_guard<std::mutex> guard(lock);
  auto &options = llvm::cl::getRegisteredOptions();
  auto found = options.find("disable-lsr");
  auto *disable = found == options.end()
                      ? nullptr
                      : static_cast<llvm::cl::opt<bool> *>(found->second);
  bool before = disable && *disable;
  if (disable && !strengthReduction) {
    disable->setValue(true);
  }
  bool failed = machine.addPassesToEmitFile(passes, stream, nullptr, kind,
                                            /*DisableVerify=*/true);
  if (disable) {
    disable->setValue(before);
  }
  return !failed;
}

llvm::Error emitFile(llvm::Module &module, llvm::TargetMachine &machine,
                     llvm::CodeGenFileType kind, bool strengthReduction,
                     llvm::SmallVectorImpl<char> &output) {
  llvm::raw_svector_ostream stream(output);
  llvm::legacy::PassManager passes;
  if (!addPasses(machine, passes, stream, kind, strengthReduction)) {
    return llvm::createStringError("the back end cannot write this file type");
  }
  passes.run(module);
  return llvm::Error::success();
}

} // namespace mlc::codegen
