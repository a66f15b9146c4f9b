//===- Passes.td - layout passes of the CPU target ---------*- tablegen -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_CPU_PASSES_TD
#define MLC_CODEGEN_CPU_PASSES_TD

include "mlir/Pass/PassBase.td"

def PackMatMulPass : Pass<"mlc-pack-mat-mul", "::mlir::ModuleOp"> {
  let summary = "store the constant factor of f32 products as panels of 32 columns";
  let description = [{
    mlc.matmul with a constant right factor becomes mlc.matmul_packed. The
    panels are the same for every CPU version, so that one blob serves all.
  }];
  let dependentDialects = ["::mlc::MlcDialect"];
}

def ArrangeAttentionPass : Pass<"mlc-arrange-attention", "::mlir::ModuleOp"> {
  let summary = "let attention read and write the transposed tensors around it";
  let description = [{
    f32 mlc.attention becomes mlc.attention_strided; transposes that only move
    heads past the sequence disappear into its flags.
  }];
  let dependentDialects = ["::mlc::MlcDialect"];
}

#endif // MLC_CODEGEN_CPU_PASSES_TD
