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

def MLC_MatMulPackedOp : MLC_ShapedOp<"matmul_packed", [SameElementTypes]> {
  let summary = "matrix product with weights packed in panels of 32 columns";
  let description = [{
    a: [batch..., M, K]; panels: [ceil(columns / 32), K, 32], where column n of
    the unpacked matrix is panels[n / 32, :, n % 32] and columns past the last
    are zero; y: [batch..., M, columns].
  }];
  let arguments = (ins MLC_Tensor:$a, MLC_Tensor:$panels, I64Attr:$columns);
  let results = (outs MLC_Tensor:$y);
  let precision = Widen;
  let gradient = NoGradient<"made after differentiation">;
  let example = "%y = mlc.matmul_packed %a, %panels {columns = 40 : i64} : (tensor<2x3x8xf32>, tensor<2x8x32xf32>) -> tensor<2x3x40xf32>";
}

def MLC_AttentionStridedOp : MLC_ShapedOp<"attention_strided"> {
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

#endif // MLC_OPS_CPUGEMM_TD
