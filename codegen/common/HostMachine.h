//===- HostMachine.h - LLVM back ends for host code -------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_COMMON_HOSTMACHINE_H
#define MLC_CODEGEN_COMMON_HOSTMACHINE_H

#include "llvm/MC/TargetRegistry.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Triple.h"

#include <memory>

namespace mlc::codegen {

/// The Linux triple of `machine`: x86_64 or aarch64.
llvm::Triple hostTriple(llvm::StringRef machine);

/// LLVM's back end for a host triple; initialised on first use. Null when LLVM
/// was built without it.
const llvm::Target *hostBackend(const llvm::Triple &triple);

/// Position-independent code for `cpu` with `attributes` (-mcpu, -mattr).
std::unique_ptr<llvm::TargetMachine>
createHostMachine(llvm::StringRef machine, llvm::StringRef cpu,
                  llvm::StringRef attributes, int optLevel);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_COMMON_HOSTMACHINE_H
