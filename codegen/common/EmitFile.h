//===- EmitFile.h - LLVM's back end to a buffer -----------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_COMMON_EMITFILE_H
#define MLC_CODEGEN_COMMON_EMITFILE_H

#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"
#include "llvm/Target/TargetMachine.h"

namespace mlc::codegen {

/// Runs the code generator of `machine` on `module` and appends what it writes
/// to `output`. `strengthReduction`: whether LLVM may rewrite the addresses in
/// loops. A register tile gives that pass dozens of addresses to weigh against
/// each other: half of all code generation, and nothing gained on a CPU.
llvm::Error emitFile(llvm::Module &module, llvm::TargetMachine &machine,
                     llvm::CodeGenFileType kind, bool strengthReduction,
                     llvm::SmallVectorImpl<char> &output);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_COMMON_EMITFILE_H
