//===- Passes.td - layout passes of the CPU target ---------*- tablegen -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_CPU_PASSES_TD
#define MLC_CODEGEN_CPU_PASSES_TD

include "mlir/Pass/PassBase.td"

def WidenContractionsPass : Pass<"mlc-widen-contractions", "::mlir::ModuleOp"> {
  let summary = "compute products, windows and reductions of small floats in f32";
  let description = [{
    f16 and bf16 operands of mlc.matmul, mlc.conv, mlc.pool, mlc.reduce,
    mlc.attention and mlc.recurrent are cast to f32 and the result is cast back,
    which is what the ops' rules do element by element.
  }];
  let dependentDialects = ["::mlc::MlcDialect"];
}

def SplitReductionsPass : Pass<"mlc-split-reductions", "::mlir::ModuleOp"> {
  let summary = "reduce axes that are no neighbours one run after the other";
  let description = [{
    mlc.reduce of f32 or f64 over axes that lie apart becomes one over each run of
    neighbours, the last run first: for these the vector kernels are made.
  }];
  let dependentDialects = ["::mlc::MlcDialect"];
}

def PairIntegerProductsPass
    : Pass<"mlc-pair-integer-products", "::mlir::ModuleOp"> {
  let summary = "compute i32 products of 16-bit integers with constants by pairs";
  let description = [{
    i32 mlc.matmul and 2-d mlc.conv of one group, whose operands are known to fit
    in 16 bits and whose right one is constant, become mlc.matmul_packed and
    mlc.conv_blocked of pairs of integers, as CPUs have instructions for.
  }];
  let dependentDialects = ["::mlc::MlcDialect", "::mlir::tensor::TensorDialect"];
}

def SplitPoolsPass : Pass<"mlc-split-pools", "::mlir::ModuleOp"> {
  let summary = "find the maxima of large windows one axis after the other";
  let description = [{
    mlc.pool for maxima over windows of two axes and many taps becomes one over
    each axis, the last one first.
  }];
  let dependentDialects = ["::mlc::MlcDialect"];
}

def ConvertIntegerProductsPass
    : Pass<"mlc-convert-integer-products", "::mlir::ModuleOp"> {
  let summary = "compute i32 products of small integers in f32, exactly";
  let description = [{
    i32 mlc.matmul and mlc.conv whose operands are known to be small become f32
    ones, in as many parts of the depth as no sum of which exceeds 2^24.
  }];
  let dependentDialects = ["::mlc::MlcDialect", "::mlir::tensor::TensorDialect"];
}

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

def PackRecurrentPass : Pass<"mlc-pack-recurrent", "::mlir::ModuleOp"> {
  let summary = "take the input products of recurrent layers out of the time loop";
  let description = [{
    f32 mlc.recurrent with constant weights becomes one mlc.matmul_packed over
    all times and an mlc.recurrent_packed.
  }];
  let dependentDialects = ["::mlc::MlcDialect"];
}

def RepeatStepsPass : Pass<"mlc-repeat-steps", "::mlir::ModuleOp"> {
  let summary = "dispatch stepped kernels once per step";
  let description = [{
    The dispatch of a kernel marked `mlc.stepped` moves into a loop over the
    number of steps that `@kernel.steps` computes, and gets the step as its last
    argument. Runs on lowered modules, before memory is planned.
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect", "::mlir::arith::ArithDialect",
                           "::mlir::memref::MemRefDialect"];
}

def ArrangeConvolutionsPass : Pass<"mlc-arrange-convolutions", "::mlir::ModuleOp"> {
  let summary = "state convolutions of every kind as 2-d ones that have a blocked form";
  let description = [{
    f32 convolutions with filters of static shape: lines become pictures of one row,
    outer axes join the batch and their taps the channels, transposed
    convolutions become ordinary ones for all phases of their strides, and
    groups get sizes that kernels take. What follows elementwise goes along.
  }];
  let dependentDialects = ["::mlc::MlcDialect", "::mlir::affine::AffineDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::tensor::TensorDialect"];
}

def ChooseLayoutsPass : Pass<"mlc-choose-layouts", "::mlir::ModuleOp"> {
  let summary = "keep activations in blocks of 16 channels around convolutions";
  let description = [{
    f32 2-d convolutions with filters of static shape, and the pooling, elementwise ops,
    concatenations and reductions of pixels that follow them, work on blocked
    activations (CpuConv.td). mlc.pack and mlc.unpack stay at the edges.
  }];
  let dependentDialects = ["::mlc::MlcDialect", "::mlir::tensor::TensorDialect"];
}

def ExpandPoolsPass : Pass<"mlc-expand-pools", "::mlir::ModuleOp"> {
  let summary = "windows of few taps as elementwise ops on slices";
  let description = [{
    mlc.pool for maxima, and for averages over windows of one size, of what has
    no blocked layout becomes a padded tensor and the maximum or sum of its
    slices, one axis after the other.
  }];
  let dependentDialects = ["::mlc::MlcDialect", "::mlir::affine::AffineDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::tensor::TensorDialect"];
}

#endif // MLC_CODEGEN_CPU_PASSES_TD
