//===- CpuKernels.cpp - vector kernels for whole groups ---------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/CpuKernels.h"

using namespace mlir;

namespace mlc::codegen {

bool emitVectorKernel(GroupOp group, func::FuncOp kernel, CpuIsa isa) {
  return emitGemmKernel(group, kernel, isa) ||
         emitAttentionKernel(group, kernel, isa) ||
         emitRowKernel(group, kernel, isa) ||
         emitArgKernel(group, kernel, isa) ||
         emitRoiKernel(group, kernel, isa) ||
         emitResampleKernel(group, kernel, isa) ||
         emitRecurrentKernel(group, kernel, isa) ||
         emitConvKernel(group, kernel, isa) ||
         emitPoolKernel(group, kernel, isa) ||
         emitPackKernel(group, kernel, isa) ||
         emitTransposeKernel(group, kernel, isa) ||
         emitPlaneKernel(group, kernel, isa) ||
         // After pools, which know blocked activations.
         emitColumnKernel(group, kernel, isa);
}

} // namespace mlc::codegen
