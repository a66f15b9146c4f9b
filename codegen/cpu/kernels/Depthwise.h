//===- Depthwise.h - filters over a few channels ----------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_CPU_KERNELS_DEPTHWISE_H
#define MLC_CODEGEN_CPU_KERNELS_DEPTHWISE_H

#include "codegen/cpu/kernels/ConvTile.h"

namespace mlc::codegen {

/// Fills `kernel` with a convolution of form depthwise (as many filters as
/// channels, in groups that divide a block), any window, spatial extents static
/// or not.
void emitDepthwiseConv(mlir::func::FuncOp kernel, const CpuIsa &isa,
                       const ConvShape &shape, BindBuffers bind);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_CPU_KERNELS_DEPTHWISE_H
