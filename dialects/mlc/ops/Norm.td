//===- Norm.td - softmax and normalisation over rows -------*- tablegen -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_OPS_NORM_TD
#define MLC_OPS_NORM_TD

include "mlc/MlcBase.td"

def MLC_AttentionOp : MLC_ShapedOp<"attention", [CountsFlops]> {
  let summary = "scaled dot-product attention";
  let description = [{
    q: [B, H, S, D], k: [B, Hk, T, D], v: [B, Hk, T, Dv], optional additive
    mask broadcastable to [B, H, S, T]; y: [B, H, S, Dv] =
    softmax(scale * q k^T + mask) v, H a multiple of Hk. With `causal`, key t
    is visible to query s only when t <= s + T - S. With `nan_to_zero`, a row
    whose weights are NaN (no visible key, or NaN in the scores) gives zeros.
  }];
  let arguments = (ins MLC_Tensor:$q, MLC_Tensor:$k, MLC_Tensor:$v,
                       Optional<AnyRankedTensor>:$mask, F64Attr:$scale,
                       DefaultValuedAttr<BoolAttr, "false">:$causal,
                       DefaultValuedAttr<BoolAttr, "false">:$nan_to_zero);
  let results = (outs MLC_Tensor:$y);
  let lowering = ByRewrite;
  let precision = KeepF32;
}

def MLC_SoftmaxOp : MLC_ShapedOp<"softmax", [CountsFlops]> {
  let summary = "exp(x - max) / sum along one axis, or its logarithm";
  let arguments = (ins MLC_FloatTensor:$x, I64Attr:$axis,
                       DefaultValuedAttr<BoolAttr, "false">:$log);
  let results = (outs MLC_Tensor:$y);
  let lowering = ByRewrite;
  let precision = KeepF32;
}

def MLC_LayerNormOp : MLC_ShapedOp<"layer_norm", [CountsFlops]> {
  let summary = "(x - mean) / sqrt(variance + epsilon) over the axes from `axis` on, in f32 or wider";
  let description = [{
    With `rms`, x / sqrt(mean(x^2) + epsilon) instead. Scale and bias follow as
    elementwise ops.
  }];
  let arguments = (ins MLC_FloatTensor:$x, I64Attr:$axis, F64Attr:$epsilon,
                       DefaultValuedAttr<BoolAttr, "false">:$rms);
  let results = (outs MLC_Tensor:$y);
  let lowering = ByRewrite;
  let precision = KeepF32;
}

#endif // MLC_OPS_NORM_TD
