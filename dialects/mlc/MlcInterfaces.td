//===- MlcInterfaces.td - what an mlc op can be asked ------*- tablegen -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_INTERFACES_TD
#define MLC_INTERFACES_TD

include "mlir/IR/OpBase.td"

def MLC_ShapeInterface : OpInterface<"ShapeOpInterface"> {
  let cppNamespace = "::mlc";
  let description = [{
    The result types of an op as symbolic expressions of its operands' dims.
    One function serves type inference, the verifier, the proof that two dims
    are equal, and the computation of dynamic result dims at run time.
  }];
  let methods = [
    InterfaceMethod<
      /*desc=*/[{
        Appends one `InferredType` per result; on an invalid op emits an error
        on it and fails.
      }],
      "::llvm::LogicalResult", "inferShapes",
      (ins "::mlc::ShapeScope &":$scope,
           "::llvm::SmallVectorImpl<::mlc::InferredType> &":$results)>
  ];
  let verify = [{ return ::mlc::verifyInferredShapes($_op); }];
}

def MLC_ElementInterface : OpInterface<"ElementOpInterface"> {
  let cppNamespace = "::mlc";
  let description = [{
    The lowering rule of an op whose result elements can be computed one by one
    from elements of its operands. Promised here, attached by compiler/lowering.
  }];
  let methods = [
    InterfaceMethod<
      "The scalar at `indices` of result `result`.",
      "::mlir::Value", "emitElement",
      (ins "::mlc::ElementBuilder &":$e, "unsigned":$result,
           "::mlir::ValueRange":$indices)>
  ];
}

def MLC_LoopsInterface : OpInterface<"LoopsOpInterface"> {
  let cppNamespace = "::mlc";
  let description = [{
    The lowering rule of an op that fills its result buffers by loops of its
    own (sorting, scattering, running sums). Attached by compiler/lowering.
  }];
  let methods = [
    InterfaceMethod<
      "Emits the loops that read the input buffers and write the results.",
      "void", "emitLoops", (ins "::mlc::LoopBuilder &":$l)>
  ];
}

def MLC_WorkInterface : OpInterface<"WorkOpInterface"> {
  let cppNamespace = "::mlc";
  let description = [{
    How much an op computes, for `mlc bench --kernels`: see `flopsOf`, which
    also knows the ops that do not say. Defined in ops/CountFlops.cpp.
  }];
  let methods = [
    InterfaceMethod<
      "Floating-point operations as an expression of the dims.",
      "::mlir::AffineExpr", "countFlops", (ins "::mlc::ShapeScope &":$scope)>
  ];
}
def CountsFlops : DeclareOpInterfaceMethods<MLC_WorkInterface>;

#endif // MLC_INTERFACES_TD
