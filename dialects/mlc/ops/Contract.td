//===- Contract.td - matrix products and convolutions ------*- tablegen -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_OPS_CONTRACT_TD
#define MLC_OPS_CONTRACT_TD

include "mlc/MlcBase.td"

def MLC_MatMulOp : MLC_ShapedOp<"matmul", [SameElementTypes, CountsFlops]> {
  let summary = "batched matrix product of the last two dims";
  let description = [{
    a: [batch..., M, K] (or [batch..., K, M] with transpose_a), b: [batch..., K, N]
    (or [batch..., N, K] with transpose_b), y: [batch..., M, N]. Both have rank
    >= 2; batch dims broadcast like elementwise operands.
  }];
  let arguments = (ins MLC_Tensor:$a, MLC_Tensor:$b,
                       DefaultValuedAttr<BoolAttr, "false">:$transpose_a,
                       DefaultValuedAttr<BoolAttr, "false">:$transpose_b);
  let results = (outs MLC_Tensor:$y);
  let precision = Widen;
  let example = "%y = mlc.matmul %a, %b : (tensor<2x4x8xf32>, tensor<8x3xf32>) -> tensor<2x4x3xf32>";
}

def MLC_ConvOp : MLC_ShapedOp<"conv", [SameElementTypes, CountsFlops]> {
  let summary = "grouped N-d convolution without bias";
  let description = [{
    x: [N, C, spatial...], w: [M, C/group, kernel...], y: [N, M, out...] with
    out = floor((in + pad_begin + pad_end - dilation*(kernel-1) - 1) / stride) + 1.
    `pads` lists all begins, then all ends (ONNX order). With `exact` no partial
    sum of products rounds, which forbids forms that transform x or w first.
  }];
  let arguments = (ins MLC_Tensor:$x, MLC_Tensor:$w,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads,
                       DenseI64ArrayAttr:$dilations,
                       DefaultValuedAttr<I64Attr, "1">:$group,
                       DefaultValuedAttr<BoolAttr, "false">:$exact);
  let results = (outs MLC_Tensor:$y);
  let precision = Widen;
  let example = "%y = mlc.conv %x, %w {dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>} : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x8x8xf32>";
}

def MLC_ConvTransposeOp : MLC_ShapedOp<"conv_transpose",
    [SameElementTypes, CountsFlops]> {
  let summary = "grouped N-d transposed convolution without bias";
  let description = [{
    x: [N, C, spatial...], w: [C, M/group, kernel...], y: [N, M, out...] with
    out = (in-1)*stride + output_padding + dilation*(kernel-1) + 1 - pads.
  }];
  let arguments = (ins MLC_Tensor:$x, MLC_Tensor:$w,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads,
                       DenseI64ArrayAttr:$dilations,
                       DenseI64ArrayAttr:$output_padding,
                       DefaultValuedAttr<I64Attr, "1">:$group);
  let results = (outs MLC_Tensor:$y);
  let precision = Widen;
}

def MLC_PoolKind : I32EnumAttr<"PoolKind", "what a pooling window computes", [
    I32EnumAttrCase<"max", 0>, I32EnumAttrCase<"average", 1>,
    I32EnumAttrCase<"lp", 2>]> {
  let cppNamespace = "::mlc";
  let genSpecializedAttr = 1;
}

def MLC_PoolOp : MLC_ShapedOp<"pool", [CountsFlops]> {
  let summary = "N-d window pooling";
  let description = [{
    x: [N, C, spatial...]. Windows may reach over the border by `pads` (all
    begins, then all ends) and, with ceil_mode, by the last partial stride;
    padding never counts for max; for average only with count_include_pad.
  }];
  let arguments = (ins MLC_Tensor:$x, MLC_PoolKind:$kind,
                       DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$strides,
                       DenseI64ArrayAttr:$pads, DenseI64ArrayAttr:$dilations,
                       DefaultValuedAttr<BoolAttr, "false">:$ceil_mode,
                       DefaultValuedAttr<BoolAttr, "false">:$count_include_pad,
                       DefaultValuedAttr<I64Attr, "2">:$p);
  let results = (outs MLC_Tensor:$y);
}

#endif // MLC_OPS_CONTRACT_TD
