//===- Pool.h - pooling of blocked activations ------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_CPU_KERNELS_POOL_H
#define MLC_CODEGEN_CPU_KERNELS_POOL_H

#include "codegen/cpu/kernels/ConvTile.h"

namespace mlc::codegen {

enum class PoolForm {
  max,               ///< NaN wins
  average,           ///< over the pixels of the window inside the image
  averageWithPadding ///< over those inside the padded image
};

/// Fills `kernel` with a pooling; of `shape` only the windows count. The
/// output extents may exceed what the windows give without ceil mode.
void emitPool(mlir::func::FuncOp kernel, const CpuIsa &isa,
              const ConvShape &shape, PoolForm form, BindBuffers bind);

enum class PlaneReduction { sum, max, min };

/// What a reduction over all pixels reads and writes.
struct PlaneBuffers {
  mlir::Value extents; ///< a buffer with the dims of what is reduced
  mlir::Value output;  ///< [N][blocks][1][1][16]
  /// The vector at a point.
  std::function<mlir::Value(const OutputPoint &)> load;
};

/// Fills `kernel` with a reduction over all pixels.
void emitPlaneReduction(
    mlir::func::FuncOp kernel, const CpuIsa &isa, PlaneReduction form,
    llvm::function_ref<PlaneBuffers(KernelBuilder &, mlir::ValueRange)> bind);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_CPU_KERNELS_POOL_H
