//===- Lowering.h - lowering rules of mlc ops -------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_LOWERING_LOWERING_H
#define MLC_COMPILER_LOWERING_LOWERING_H

#include "dialects/mlc/Element.h"

namespace mlc {

/// Only the overloads below exist; the template makes a missing one an error
/// that names the op.
template <typename OpT> void emitLoops(OpT op, LoopBuilder &l) = delete;

// One overload per op whose record says ByElement or ByLoops, written by hand
// in the file of the op's family.
#include "dialects/mlc/Lowering.h.inc"

/// The i32 sum of the products of both halves of two integers: pairs of
/// integers of half their width.
mlir::Value multiplyPairs(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x,
                          mlir::Value y);

/// Attaches the lowering rules of all ops to the context's mlc dialect.
void registerLoweringModels(mlir::DialectRegistry &registry);

} // namespace mlc

#endif // MLC_COMPILER_LOWERING_LOWERING_H
