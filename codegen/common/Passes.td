//===- Passes.td - passes that all targets share -----------*- tablegen -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_COMMON_PASSES_TD
#define MLC_CODEGEN_COMMON_PASSES_TD

include "mlir/Pass/PassBase.td"

def SplitKernelsPass : Pass<"mlc-split-kernels", "::mlir::ModuleOp"> {
  let summary = "give every loop nest of a generic kernel a kernel of its own";
  let description = [{
    A kernel function with N > 1 `linalg.generic` becomes N kernels and N
    dispatches, because one may read what another wrote. Kernels with side
    effects outside of a `linalg.generic` are marked `mlc.serial`.
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect"];
}

def PartitionKernelsPass : Pass<"mlc-partition-kernels", "::mlir::ModuleOp"> {
  let summary = "turn generic kernels into loops over a part of their elements";
  let description = [{
    Each kernel with one `linalg.generic` gets three trailing index arguments
    (begin, end, thread), attribute `mlc.partitioned` and a companion
    `@kernel.count` that returns the number of elements. Dims that are
    contiguous in every access become one unit-stride inner loop.
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect", "::mlir::arith::ArithDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::func::FuncDialect"];
}

def MapToThreadsPass : Pass<"mlc-map-to-threads", "::mlir::ModuleOp"> {
  let summary = "turn generic kernels into the code of one GPU thread";
  let description = [{
    Each kernel with one `linalg.generic` computes the one element whose number
    is a new last argument, and has a companion `@kernel.count`.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::func::FuncDialect"];
}

def PlanMemoryPass : Pass<"mlc-plan-memory", "::mlir::ModuleOp"> {
  let summary = "place the buffers of @main in one arena";
  let description = [{
    Every `memref.alloc` of @main whose size follows from the input dims becomes
    a view of `mlc.arena`; buffers with disjoint lives share memory. Makes
    `@plan`, which returns the arena's bytes from the same dims. Other buffers
    stay `memref.alloc` and get a `memref.dealloc` where nothing can refer to
    them any more.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::func::FuncDialect"];
}

def CheckExtentsPass : Pass<"mlc-check-extents", "::mlir::ModuleOp"> {
  let summary = "end a run whose shapes do not fit before memory is asked for";
  let description = [{
    Each `mlc.require` of @main that follows from the input dims moves to its
    start. Extents of buffers that may be negative get a check of their own.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::memref::MemRefDialect"];
}

def ExpandMathPass : Pass<"mlc-expand-math"> {
  let summary = "replace f32 functions by polynomials that loops vectorise";
  let description = [{
    Accurate to 4 units in the last place, branch-free, with IEEE special
    values; works on scalars and vectors.
  }];
  let options = [
    Option<"fma", "fma", "bool", "true",
           "fused multiply-add is an instruction">,
    Option<"device", "device", "bool", "false",
           "there is no C library: also expand asinh, acosh and atanh">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
}

def ExpandSmallFloatsPass : Pass<"mlc-expand-small-floats"> {
  let summary = "compute 16-, 8- and 4-bit floats in f32";
  let options = [
    Option<"nativeF16", "native-f16", "bool", "true",
           "conversions between f16 and f32 are instructions">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
}

def LowerHostPass : Pass<"mlc-lower-host", "::mlir::ModuleOp"> {
  let summary = "turn @main, @plan and the kernel entries into calls of the runtime";
  let description = [{
    @main takes the runtime's `mlc_exec_t *`; inputs, outputs, weights and
    dispatches become loads and indirect calls through it. Kernel functions get
    bare pointers and dynamic dims for their memrefs and an entry `@kN.run` with
    the runtime's kernel signature. What is left is for `mlc-lower-to-llvm`.
  }];
  let options = [
    Option<"gpu", "gpu", "bool", "false", "kernels run on a GPU">
  ];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::scf::SCFDialect",
                           "::mlir::affine::AffineDialect", "::mlir::memref::MemRefDialect"];
}

def LowerToLLVMPass : Pass<"mlc-lower-to-llvm", "::mlir::ModuleOp"> {
  let summary = "convert what is left of a program to the LLVM dialect";
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::arith::ArithDialect",
                           "::mlir::cf::ControlFlowDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::affine::AffineDialect", "::mlir::tensor::TensorDialect",
                           "::mlir::vector::VectorDialect"];
}

#endif // MLC_CODEGEN_COMMON_PASSES_TD
