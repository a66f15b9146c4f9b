//===- Recurrent.td - LSTM, GRU and RNN --------------------*- tablegen -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_OPS_RECURRENT_TD
#define MLC_OPS_RECURRENT_TD

include "mlc/MlcBase.td"

def MLC_RecurrentKind : I32EnumAttr<"RecurrentKind", "which recurrent cell", [
    I32EnumAttrCase<"lstm", 0>, I32EnumAttrCase<"gru", 1>,
    I32EnumAttrCase<"rnn", 2>]> {
  let cppNamespace = "::mlc";
}

def MLC_RecurrentOp : MLC_ShapedOp<"recurrent",
    [AttrSizedOperandSegments, CountsFlops]> {
  let summary = "a recurrent layer over a sequence (ONNX LSTM, GRU, RNN)";
  let description = [{
    Operands as ONNX has them with layout 0: x [T, B, I], w [D, G*H, I],
    r [D, G*H, H], bias [D, 2*G*H], lengths [B] (integers), h0 and c0 [D, B, H],
    peephole [D, 3*H]; G is 4 (gates i, o, f, c), 3 (z, r, h) or 1. There are D
    directions, `reverse` says for each whether it runs backwards.

    y is [T + 3, D, B, H]: rows 0 to T-1 are ONNX's Y, row T is Y_h, row T + 1
    is Y_c (LSTM), and row T + 2 is working space without meaning.

    `activations` has 3 (LSTM), 2 (GRU) or 1 names in lower case per direction;
    `alpha` and `beta` have one entry per activation (0 where unused).
  }];
  let arguments = (ins MLC_Tensor:$x, MLC_Tensor:$w, MLC_Tensor:$r,
                       Optional<AnyRankedTensor>:$bias,
                       Optional<AnyRankedTensor>:$lengths,
                       Optional<AnyRankedTensor>:$h0,
                       Optional<AnyRankedTensor>:$c0,
                       Optional<AnyRankedTensor>:$peephole,
                       MLC_RecurrentKind:$kind, DenseBoolArrayAttr:$reverse,
                       StrArrayAttr:$activations, DenseF64ArrayAttr:$alpha,
                       DenseF64ArrayAttr:$beta, OptionalAttr<F64Attr>:$clip,
                       DefaultValuedAttr<BoolAttr, "false">:$input_forget,
                       DefaultValuedAttr<BoolAttr, "false">:$linear_before_reset);
  let results = (outs MLC_Tensor:$y);
  let lowering = ByLoops;
  let precision = Widen;
  let extraClassDeclaration = [{
    int64_t getGates() {
      return getKind() == ::mlc::RecurrentKind::lstm  ? 4
             : getKind() == ::mlc::RecurrentKind::gru ? 3
                                                      : 1;
    }
    int64_t getDirections() { return getReverse().size(); }
    /// Activations per direction.
    int64_t getActivationCount() {
      return getKind() == ::mlc::RecurrentKind::lstm  ? 3
             : getKind() == ::mlc::RecurrentKind::gru ? 2
                                                      : 1;
    }
  }];
}

#endif // MLC_OPS_RECURRENT_TD
