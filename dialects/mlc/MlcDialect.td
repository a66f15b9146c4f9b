//===- MlcDialect.td - the mlc dialect ---------------------*- tablegen -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_DIALECT_TD
#define MLC_DIALECT_TD

include "mlir/IR/OpBase.td"

def MlcDialect : Dialect {
  let name = "mlc";
  let cppNamespace = "::mlc";
  let summary = "value-semantics graphs of tensor operations";
  let description = [{
    A graph on ranked tensors whose dims are static or symbolic. All ONNX
    operators decompose into the operations of this dialect; autodiff, mixed
    precision and fusion work on it. Unsigned integer tensors use MLIR's
    unsigned types (`ui8`), signed ones the signless types (`i8`), booleans
    `i1`. Shapes that only the running model knows are `index` operands, never
    tensors.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::tensor::TensorDialect",
    "::mlir::affine::AffineDialect"
  ];
  let hasConstantMaterializer = 1;
}

#endif // MLC_DIALECT_TD
