//===- HostToBuffers.h - @main on buffers -----------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_LOWERING_HOSTTOBUFFERS_H
#define MLC_COMPILER_LOWERING_HOSTTOBUFFERS_H

#include "dialects/mlc/Mlc.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace mlc {

/// The dense row-major buffer of a tensor, with signless elements.
mlir::MemRefType bufferType(mlir::RankedTensorType tensor);

/// The signature of a group's kernel: buffers of inputs and outputs, indices.
mlir::FunctionType kernelType(GroupOp group);

/// Turns every tensor of @main into a buffer and every group (which must carry
/// its `kernel`) into a dispatch; graph results are written to `mlc.output`.
llvm::LogicalResult convertHostToBuffers(mlir::ModuleOp module);

} // namespace mlc

#endif // MLC_COMPILER_LOWERING_HOSTTOBUFFERS_H
