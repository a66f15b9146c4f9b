//===- Window.td - window ops beside conv and pool ---------*- tablegen -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_OPS_WINDOW_TD
#define MLC_OPS_WINDOW_TD

include "mlc/MlcBase.td"

def MLC_PoolIndicesOp : MLC_ShapedOp<"pool_indices"> {
  let summary = "where in x the maximum of each pooling window lies";
  let description = [{
    i64 indices into the flattened x, row-major, or with `column_major` with the
    spatial dims in reverse order. Attributes as `mlc.pool`.
  }];
  let arguments = (ins MLC_Tensor:$x, DenseI64ArrayAttr:$kernel,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads,
                       DenseI64ArrayAttr:$dilations,
                       DefaultValuedAttr<BoolAttr, "false">:$ceil_mode,
                       DefaultValuedAttr<BoolAttr, "false">:$column_major);
  let results = (outs MLC_Tensor:$y);
  let gradient = NoGradient<"integer">;
}

def MLC_Col2ImOp : MLC_ShapedOp<"col2im", [AttrSizedOperandSegments]> {
  let summary = "sums of overlapping blocks, the transpose of taking them out";
  let description = [{
    x: [N, C * product(block), L], y: [N, C, image...]; `image` and `block` have
    one entry per spatial axis, kDynamic entries take the next operand.
  }];
  let arguments = (ins MLC_Tensor:$x, Variadic<Index>:$image_values,
                       Variadic<Index>:$block_values, DenseI64ArrayAttr:$image,
                       DenseI64ArrayAttr:$block, DenseI64ArrayAttr:$strides,
                       DenseI64ArrayAttr:$pads, DenseI64ArrayAttr:$dilations);
  let results = (outs MLC_Tensor:$y);
  let precision = Widen;
}

def MLC_DeformColumnsOp : MLC_ShapedOp<"deform_columns"> {
  let summary = "what a convolution whose kernel positions are moved sees of x";
  let description = [{
    x: [N, H, W, C], offset: [N, offset_group * kh * kw * 2, oh, ow] moves each
    kernel position (rows, then columns) and mask: [N, offset_group * kh * kw,
    oh, ow], if given, weighs it; y: [N, oh, ow, kh * kw, offset_group, C /
    offset_group]. Values between elements are bilinear, zero outside x.
    Channels are last because all of an offset group lie at one position.
  }];
  let arguments = (ins MLC_Tensor:$x, MLC_Tensor:$offset,
                       Optional<AnyRankedTensor>:$mask,
                       DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$strides,
                       DenseI64ArrayAttr:$pads, DenseI64ArrayAttr:$dilations,
                       DefaultValuedAttr<I64Attr, "1">:$offset_group);
  let results = (outs MLC_Tensor:$y);
}

#endif // MLC_OPS_WINDOW_TD
