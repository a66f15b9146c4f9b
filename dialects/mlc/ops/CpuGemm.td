//===- CpuGemm.td - products and attention as CPU kernels take them -------===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The CPU's layout passes (codegen/cpu) rewrite ops of Contract.td and Norm.td
// into these; no front end makes them.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_OPS_CPUGEMM_TD
#define MLC_OPS_CPUGEMM_TD

include "mlc/MlcBase.td"
include "mlc/ops/Recurrent.td"

def MLC_MatMulPackedOp : MLC_ShapedOp<"matmul_packed", [CountsFlops]> {
  let summary = "matrix product with weights packed in panels of 32 columns";
  let description = [{
    a: [batch..., M, K]; panels: [ceil(columns / 32), K, 32], where column n of
    the unpacked matrix is panels[n / 32, :, n % 32] and columns past the last
    are zero; y: [batch..., M, columns], of a's element type. The panels may have
    a narrower type that holds their values: a smaller float, i8 or i16.

    Elements of type i32 are pairs of signed 16-bit integers, the lower half
    first, and y is the sum of the products of both halves, modulo 2^32. Panels
    of type i16 are pairs of 8-bit integers then.
  }];
  let arguments = (ins MLC_Tensor:$a, MLC_Tensor:$panels, I64Attr:$columns);
  let results = (outs MLC_Tensor:$y);
  let precision = Widen;
  let gradient = NoGradient<"made after differentiation">;
  let example = "%y = mlc.matmul_packed %a, %panels {columns = 40 : i64} : (tensor<2x3x8xf32>, tensor<2x8x32xf32>) -> tensor<2x3x40xf32>";
}

def MLC_AttentionStridedOp : MLC_ShapedOp<"attention_strided", [CountsFlops]> {
  let summary = "mlc.attention whose tensors may keep the heads behind the sequence";
  let description = [{
    As mlc.attention, but each of q, k, v and y whose flag in `heads_inside` is
    set has the dims [B, S, H, D] (the transposed view of a projection's result)
    instead of [B, H, S, D].
  }];
  let arguments = (ins MLC_Tensor:$q, MLC_Tensor:$k, MLC_Tensor:$v,
                       Optional<AnyRankedTensor>:$mask, F64Attr:$scale,
                       DefaultValuedAttr<BoolAttr, "false">:$causal,
                       DefaultValuedAttr<BoolAttr, "false">:$nan_to_zero,
                       DenseBoolArrayAttr:$heads_inside);
  let results = (outs MLC_Tensor:$y);
  let lowering = ByLoops;
  let precision = KeepF32;
  let gradient = NoGradient<"made after differentiation">;
}

def MLC_RecurrentPackedOp
    : MLC_ShapedOp<"recurrent_packed", [AttrSizedOperandSegments, CountsFlops]> {
  let summary = "mlc.recurrent after the products with x, with packed weights";
  let description = [{
    gates: [T, B, D*G*H], the products of x with w plus all biases (but not
    `state_bias`); panels: [D, ceil(H / 16), H, G*16], where weight k of unit u
    for gate g is panels[d, u / 16, k, g*16 + u % 16]; state_bias: [D, H], added
    to the product of the GRU's candidate when it is linear before reset. The
    rest, and y, as in mlc.recurrent.
  }];
  let arguments = (ins MLC_Tensor:$gates, MLC_Tensor:$panels,
                       Optional<AnyRankedTensor>:$state_bias,
                       Optional<AnyRankedTensor>:$lengths,
                       Optional<AnyRankedTensor>:$h0,
                       Optional<AnyRankedTensor>:$c0,
                       Optional<AnyRankedTensor>:$peephole,
                       I64Attr:$hidden,
                       MLC_RecurrentKind:$kind, DenseBoolArrayAttr:$reverse,
                       StrArrayAttr:$activations, DenseF64ArrayAttr:$alpha,
                       DenseF64ArrayAttr:$beta, OptionalAttr<F64Attr>:$clip,
                       DefaultValuedAttr<BoolAttr, "false">:$input_forget,
                       DefaultValuedAttr<BoolAttr, "false">:$linear_before_reset);
  let results = (outs MLC_Tensor:$y);
  // The pass that makes it makes only what the CPU emitter takes.
  let lowering = ByRewrite;
  let precision = Widen;
  let gradient = NoGradient<"made after differentiation">;
  let extraClassDeclaration = [{
    int64_t getGateCount() {
      return getKind() == ::mlc::RecurrentKind::lstm  ? 4
             : getKind() == ::mlc::RecurrentKind::gru ? 3
                                                      : 1;
    }
    int64_t getActivationCount() {
      return getKind() == ::mlc::RecurrentKind::lstm  ? 3
             : getKind() == ::mlc::RecurrentKind::gru ? 2
                                                      : 1;
    }
  }];
}

#endif // MLC_OPS_CPUGEMM_TD
