//===- Heads.h - tensors of attention heads ---------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_FRONTEND_ONNX_HEADS_H
#define MLC_COMPILER_FRONTEND_ONNX_HEADS_H

#include "compiler/frontend/onnx/Node.h"

namespace mlc::onnx {

/// [B, S, heads * D] as [B, heads, S, D].
mlir::Value splitHeads(Node &n, mlir::Value x, int64_t heads);
/// The inverse of splitHeads.
mlir::Value mergeHeads(Node &n, mlir::Value x);
/// [B, H, T, D] with each head repeated for `heads` query heads.
mlir::Value repeatHeads(Node &n, mlir::Value x, mlir::AffineExpr heads);

} // namespace mlc::onnx

#endif // MLC_COMPILER_FRONTEND_ONNX_HEADS_H
