//===- Pipeline.h - the passes of the CPU target ----------------*- C++ -*-===//
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

/// On the mlc level, before fusion: what the vector emitters want to read.
void buildCpuLayoutPipeline(mlir::OpPassManager &pm);

/// A lowered module to the LLVM dialect.
void buildCpuPipeline(mlir::OpPassManager &pm, const CpuIsa &isa);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_CPU_PIPELINE_H
