//===- Pipeline.h - a lowered module to the LLVM dialect --------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_CPU_PIPELINE_H
#define MLC_CODEGEN_CPU_PIPELINE_H

#include "codegen/cpu/CpuVersion.h"

#include "mlir/Pass/PassManager.h"

namespace mlc::codegen {

void buildCpuPipeline(mlir::OpPassManager &pm, const CpuIsa &isa);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_CPU_PIPELINE_H
