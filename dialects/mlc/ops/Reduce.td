//===- Reduce.td - reductions over axes --------------------*- tablegen -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_OPS_REDUCE_TD
#define MLC_OPS_REDUCE_TD

include "mlc/MlcBase.td"

def MLC_ReduceKind : I32EnumAttr<"ReduceKind", "how a reduction combines", [
    I32EnumAttrCase<"sum", 0>, I32EnumAttrCase<"prod", 1>,
    I32EnumAttrCase<"max", 2>, I32EnumAttrCase<"min", 3>]> {
  let cppNamespace = "::mlc";
}

def MLC_ReduceOp : MLC_ShapedOp<"reduce", [CountsFlops]> {
  let summary = "combines the elements along some axes; the axes stay with extent 1";
  let description = [{
    `axes` are ascending and not negative; empty axes reduce nothing. An empty
    range gives the neutral element (0, 1, -inf or the least value, +inf or the
    greatest value). Booleans: max is any, min is all. The other ONNX
    reductions (mean, L1, L2, log-sum, ...) are composed from this one.
  }];
  let arguments = (ins MLC_Tensor:$x, MLC_ReduceKind:$kind, DenseI64ArrayAttr:$axes);
  let results = (outs MLC_Tensor:$y);
  let precision = Widen;
  let example = "%y = mlc.reduce %x {axes = array<i64: 1>, kind = 0 : i32} : (tensor<2x3xf32>) -> tensor<2x1xf32>";
}

#endif // MLC_OPS_REDUCE_TD
