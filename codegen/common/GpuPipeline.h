//===- GpuPipeline.h - what GPU targets have in common ----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_COMMON_GPUPIPELINE_H
#define MLC_CODEGEN_COMMON_GPUPIPELINE_H

#include "codegen/Target.h"
#include "codegen/common/DeviceModule.h"

namespace mlc::codegen {

/// Makes device images of `device`, the kernels as LLVM IR with `entries`.
using EmitImages = std::function<llvm::Error(
    llvm::Module &device, llvm::ArrayRef<DeviceKernel> entries)>;

/// Emits a GPU program: kernels to threads, memory plan, host code as an
/// object for x86-64, device code through `emitImages`, all into `program`
/// (whose engine and target are set).
mlir::LogicalResult emitGpuProgram(mlir::ModuleOp module,
                                   const EmitOptions &options,
                                   const EmitImages &emitImages,
                                   Program &program);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_COMMON_GPUPIPELINE_H
