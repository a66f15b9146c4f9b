//===- Passes.h - from groups to kernels ------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_LOWERING_PASSES_H
#define MLC_COMPILER_LOWERING_PASSES_H

#include "mlir/Pass/Pass.h"

namespace mlc::codegen {
class Target;
}

namespace mlc {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "compiler/lowering/Passes.h.inc"

/// The pass for `target`, whose emitters it asks first; the target outlives the
/// pass. Null: generic kernels only.
std::unique_ptr<mlir::Pass>
createLowerGroupsPass(const codegen::Target *target);

} // namespace mlc

#endif // MLC_COMPILER_LOWERING_PASSES_H
