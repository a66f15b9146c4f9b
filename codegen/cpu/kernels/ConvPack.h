//===- ConvPack.h - between planes and blocks of channels -------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_CPU_KERNELS_CONVPACK_H
#define MLC_CODEGEN_CPU_KERNELS_CONVPACK_H

#include "codegen/cpu/kernels/CpuIsa.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <cstdint>

namespace mlc::codegen {

enum class Packing { toBlocks, fromBlocks };

/// Fills `kernel`, whose arguments are the source and the result, with the
/// conversion of [N][channels][H][W] to blocks of 16 channels or back.
void emitChannelPacking(mlir::func::FuncOp kernel, const CpuIsa &isa,
                        int64_t channels, Packing packing);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_CPU_KERNELS_CONVPACK_H
