//===- LinearAttention.td - attention with a running state -*- tablegen -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_OPS_LINEARATTENTION_TD
#define MLC_OPS_LINEARATTENTION_TD

include "mlc/MlcBase.td"

def MLC_LinearAttentionOp : MLC_ShapedOp<"linear_attention",
    [AttrSizedOperandSegments, CountsFlops]> {
  let summary = "attention whose keys and values are folded into a state step by step";
  let description = [{
    q: [B, Hq, T, D], k: [B, H, T, D], v: [B, H, T, Dv], state: [B, H, D, Dv],
    decay: [B, H, T, D] or [B, H, T, 1], beta: [B, H, T, 1]; Hq is a multiple of
    H. For each step t the state S becomes exp(decay_t) S + k_t w_t', with w_t =
    v_t or, with beta, beta_t (v_t - S' k_t) after the decay; y_t = scale S' q_t
    of the head's group. y: [B, Hq, T, Dv]; present is the last state.
  }];
  let arguments = (ins MLC_Tensor:$q, MLC_Tensor:$k, MLC_Tensor:$v,
                       MLC_Tensor:$state, Optional<AnyRankedTensor>:$decay,
                       Optional<AnyRankedTensor>:$beta, F64Attr:$scale);
  let results = (outs MLC_Tensor:$y, MLC_Tensor:$present);
  let lowering = ByLoops;
  let precision = KeepF32;
}

#endif // MLC_OPS_LINEARATTENTION_TD
