//===- ConvDirect.h - convolution as it is written --------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_CPU_KERNELS_CONVDIRECT_H
#define MLC_CODEGEN_CPU_KERNELS_CONVDIRECT_H

#include "codegen/cpu/kernels/ConvTile.h"

namespace mlc::codegen {

/// Fills `kernel` with a convolution of form direct, planar or transpose. Dense
/// groups need multiples of 16 channels and filters each. Any window, spatial
/// extents static or not; the batch is always dynamic.
void emitDirectConv(mlir::func::FuncOp kernel, const CpuIsa &isa,
                    const ConvShape &shape, BindBuffers bind);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_CPU_KERNELS_CONVDIRECT_H
