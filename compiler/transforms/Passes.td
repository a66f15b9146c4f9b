//===- Passes.td - passes on mlc graphs --------------------*- tablegen -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `def VerbObjectPass : Pass<"mlc-verb-object">` is <folder>/VerbObject.cpp and
// test/transforms/<folder>/verb-object.mlir.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_TRANSFORMS_PASSES_TD
#define MLC_COMPILER_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

//===----------------------------------------------------------------------===//
// simplify
//===----------------------------------------------------------------------===//

def FoldConstantsPass : Pass<"mlc-fold-constants"> {
  let summary = "compute what depends on constants only";
  let description = [{
    Evaluates pure ops whose operands are constants, by moving bytes or by
    interpreting the op's lowering rule. A result may be larger than its
    operands only up to `max-growth` bytes, and evaluation stops after a number
    of interpreted steps, so that the pass stays fast on any input.
  }];
  let options = [
    Option<"maxGrowth", "max-growth", "int64_t", "1 << 20",
           "bytes by which a folded constant may exceed the operands that die">,
    Option<"maxSteps", "max-steps", "int64_t", "400000000",
           "interpreted operations per run of the pass">
  ];
  let dependentDialects = [
    "::mlir::func::FuncDialect", "::mlir::scf::SCFDialect",
    "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect"
  ];
}

def SimplifyGraphPass : Pass<"mlc-simplify-graph"> {
  let summary = "apply the algebra of mlc ops until nothing changes";
  let description = [{
    Drops what has no effect, merges chains, moves reshapes and transposes down
    to where they cancel or are taken over, folds constant scales into weights.
    Results differ by rounding at most; see Patterns.h.
  }];
}

def RecognizeActivationsPass : Pass<"mlc-recognize-activations"> {
  let summary = "find gelu, swish and their kin in the ops that exporters write";
}

def RecognizeNormsPass : Pass<"mlc-recognize-norms"> {
  let summary = "find layer and RMS normalisation in the ops that exporters write";
}

def RecognizeAttentionPass : Pass<"mlc-recognize-attention"> {
  let summary = "find scaled dot-product attention in products and softmax";
  let description = [{
    Takes scales, masks (causal ones become an attribute), the guard against
    NaN weights and repeated heads into mlc.attention.
  }];
}

def MergeProductsPass : Pass<"mlc-merge-products"> {
  let summary = "join products of one value with several constant matrices";
}

def DecomposeCompositesPass : Pass<"mlc-decompose-composites"> {
  let summary = "write softmax, layer norm and attention as primitives";
  let description = [{
    Types narrower than f32 are computed in f32. Ops named in `keep` stay.
  }];
  let options = [
    ListOption<"keep", "keep", "std::string",
               "op names that stay as they are: mlc.attention, ...">
  ];
}

//===----------------------------------------------------------------------===//
// fusion
//===----------------------------------------------------------------------===//

def FuseGroupsPass : Pass<"mlc-fuse-groups", "::mlir::func::FuncOp"> {
  let summary = "put every computation into the group that becomes its kernel";
  let description = [{
    Merges producers into consumers where nothing expensive is computed twice
    and an emitter takes the union. Afterwards only host ops stand outside of
    `mlc.group`.
  }];
  let options = [
    Option<"rowGroups", "row-groups", "bool", "false",
           "the target emits row reductions with their elementwise ops">,
    Option<"contractEpilogues", "contract-epilogues", "bool", "false",
           "the target emits elementwise ops after products and windows">
  ];
}

def SplitGroupsPass : Pass<"mlc-split-groups", "::mlir::ModuleOp"> {
  let summary = "split groups of rows that the target has no emitter for";
  let description = [{
    The generic kernel computes an element of the result at a time, and with it
    every reduction that the element uses: quadratic work in the length of a row.
    Groups in which a reduction's result is used, and whose emitter declines
    them, become several groups in which reductions are last.
  }];
  let dependentDialects = [
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::math::MathDialect", "::mlir::vector::VectorDialect"
  ];
}

#endif // MLC_COMPILER_TRANSFORMS_PASSES_TD
