//===- TiledMatMul.h - f32 matrix products by blocks of threads -*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_COMMON_TILEDMATMUL_H
#define MLC_CODEGEN_COMMON_TILEDMATMUL_H

#include "dialects/mlc/Mlc.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlc::codegen {

/// Functions that the device module defines: the thread's number in its block,
/// and a barrier for the block.
inline constexpr llvm::StringLiteral kThreadBuiltin = "mlc_thread";
inline constexpr llvm::StringLiteral kBarrierBuiltin = "mlc_barrier";

/// Fills `kernel` for a group that is one f32 mlc.matmul: a block of 256
/// threads computes a tile of the product through shared memory. False: the
/// group is something else.
bool emitTiledMatMul(GroupOp group, mlir::func::FuncOp kernel);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_COMMON_TILEDMATMUL_H
