//===- Passes.h - passes on mlc graphs --------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every pass of Passes.td has create<Name>() (with its options structure) here;
// registerTransformPasses() makes them known by name.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_TRANSFORMS_PASSES_H
#define MLC_COMPILER_TRANSFORMS_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace mlc::codegen {
class Target;
}

namespace mlc {

#define GEN_PASS_DECL
#include "compiler/transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "compiler/transforms/Passes.h.inc"

std::unique_ptr<mlir::Pass>
createSplitGroupsPass(const codegen::Target *target);

} // namespace mlc

#endif // MLC_COMPILER_TRANSFORMS_PASSES_H
