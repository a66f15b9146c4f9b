//===- Contracts.h - what holds after a phase -------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_PIPELINE_CONTRACTS_H
#define MLC_COMPILER_PIPELINE_CONTRACTS_H

#include "compiler/pipeline/Pipeline.h"

namespace mlc {

/// Whether a module is what `phase` promises (see Phases.def); an error on the
/// first op that is not. Beyond what MLIR's verifier knows of single ops.
llvm::LogicalResult verifyContract(mlir::ModuleOp module, Phase phase);

} // namespace mlc

#endif // MLC_COMPILER_PIPELINE_CONTRACTS_H
