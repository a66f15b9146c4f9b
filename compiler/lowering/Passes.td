//===- Passes.td - from groups to kernels ------------------*- tablegen -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_LOWERING_PASSES_TD
#define MLC_COMPILER_LOWERING_PASSES_TD

include "mlir/Pass/PassBase.td"

def LowerGroupsPass : Pass<"mlc-lower-groups", "::mlir::ModuleOp"> {
  let summary = "turn groups into kernel functions and @main into host code on buffers";
  let description = [{
    Each distinct group becomes a private function over buffers, emitted by the
    target where it has an emitter for the archetype, else as `linalg.generic`
    operations composed from the ops' element rules. Groups that differ only in
    their locations share a kernel. @main then allocates, dispatches and views.
  }];
  let dependentDialects = [
    "::mlir::linalg::LinalgDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect", "::mlir::math::MathDialect",
    "::mlir::func::FuncDialect", "::mlir::vector::VectorDialect"
  ];
}

def PackInterfacePass : Pass<"mlc-pack-interface", "::mlir::ModuleOp"> {
  let summary = "unpack and pack what @main exchanges of types narrower than a byte";
}

#endif // MLC_COMPILER_LOWERING_PASSES_TD
