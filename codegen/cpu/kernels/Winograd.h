//===- Winograd.h - 3x3 convolution by F(2x2, 3x3) --------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_CPU_KERNELS_WINOGRAD_H
#define MLC_CODEGEN_CPU_KERNELS_WINOGRAD_H

#include "codegen/cpu/kernels/ConvTile.h"

namespace mlc::codegen {

/// Whether a convolution that could be written in the direct form is faster in
/// the Winograd form: dense, 3x3, stride 1, static extents, enough channels.
bool prefersWinograd(const ConvShape &shape);

/// Fills `kernel` with a convolution of form winograd.
void emitWinogradConv(mlir::func::FuncOp kernel, const CpuIsa &isa,
                      const ConvShape &shape, BindBuffers bind);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_CPU_KERNELS_WINOGRAD_H
