//===- CpuVersion.h - the CPUs a program can be compiled for ----*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_CPU_CPUVERSION_H
#define MLC_CODEGEN_CPU_CPUVERSION_H

#include "codegen/cpu/kernels/CpuIsa.h"

#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace mlc::codegen {

/// One CPU, by LLVM's names.
struct CpuVersion {
  std::string name;       ///< what the user and the artifact call it
  std::string machine;    ///< x86_64 or aarch64
  std::string cpu;        ///< LLVM -mcpu: what every machine has
  std::string tuning;     ///< LLVM -mtune: scheduling, no instructions
  std::string attributes; ///< LLVM -mattr
  std::string features;   ///< what the runtime checks, comma separated
  CpuIsa isa;
};

/// The versions behind `--target=cpu[:text]`, best first: nothing for the
/// default set, "native", "x86-64[-v3|-v4]", "aarch64", or an LLVM CPU name.
llvm::Expected<std::vector<CpuVersion>> parseCpuVersions(llvm::StringRef text);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_CPU_CPUVERSION_H
