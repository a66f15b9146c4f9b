//===- CpuKernels.h - vector kernels for whole groups -----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Each function fills `kernel` (signature set, body empty) with vector code for
// `group` and adds its companions (`.count`, `.steps`); or returns false and
// leaves it alone, when the group is outside of what the emitter takes.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_CPU_KERNELS_CPUKERNELS_H
#define MLC_CODEGEN_CPU_KERNELS_CPUKERNELS_H

#include "codegen/cpu/kernels/CpuIsa.h"
#include "dialects/mlc/Mlc.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlc::codegen {

/// Tries all emitters below on the group, whatever its archetype says.
bool emitVectorKernel(GroupOp group, mlir::func::FuncOp kernel, CpuIsa isa);

/// mlc.matmul_packed or mlc.matmul (f32, any batch dims) followed by
/// elementwise ops and casts on results of the product's shape; mlc.matmul of
/// f64 alone.
bool emitGemmKernel(GroupOp group, mlir::func::FuncOp kernel, CpuIsa isa);

/// One mlc.attention_strided (f32).
bool emitAttentionKernel(GroupOp group, mlir::func::FuncOp kernel, CpuIsa isa);

/// Elementwise ops, casts, and mlc.reduce over the last dim(s) of f32 or f64
/// tensors.
bool emitRowKernel(GroupOp group, mlir::func::FuncOp kernel, CpuIsa isa);

/// The same with mlc.reduce over dims that are followed by others.
bool emitColumnKernel(GroupOp group, mlir::func::FuncOp kernel, CpuIsa isa);

/// One mlc.arg_reduce of floats.
bool emitArgKernel(GroupOp group, mlir::func::FuncOp kernel, CpuIsa isa);

/// One mlc.roi_align of f32 or f64.
bool emitRoiKernel(GroupOp group, mlir::func::FuncOp kernel, CpuIsa isa);

/// One mlc.resample that does not crop (nearest of any numbers, linear and
/// cubic of f32 or f64) and elementwise ops on its result.
bool emitResampleKernel(GroupOp group, mlir::func::FuncOp kernel, CpuIsa isa);

/// One mlc.recurrent_packed (f32).
bool emitRecurrentKernel(GroupOp group, mlir::func::FuncOp kernel, CpuIsa isa);

/// One mlc.conv_blocked (f32) followed by elementwise ops and casts in its
/// result's shape.
bool emitConvKernel(GroupOp group, mlir::func::FuncOp kernel, CpuIsa isa);

/// One mlc.pool_blocked (f32) followed by elementwise ops, or mlc.reduce over
/// the pixels of elementwise ops on blocked activations.
bool emitPoolKernel(GroupOp group, mlir::func::FuncOp kernel, CpuIsa isa);

/// One mlc.pack or mlc.unpack, alone.
bool emitPackKernel(GroupOp group, mlir::func::FuncOp kernel, CpuIsa isa);

/// One mlc.transpose that moves the last dim, between elementwise ops and casts
/// (elements of up to 32 bits).
bool emitTransposeKernel(GroupOp group, mlir::func::FuncOp kernel, CpuIsa isa);

/// One mlc.concat or mlc.gather of operands of the group, along any axis but
/// the last, followed by elementwise ops and casts.
bool emitPlaneKernel(GroupOp group, mlir::func::FuncOp kernel, CpuIsa isa);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_CPU_KERNELS_CPUKERNELS_H
