//===- Shape.td - moving elements --------------------------*- tablegen -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_OPS_SHAPE_TD
#define MLC_OPS_SHAPE_TD

include "mlc/MlcBase.td"

def MLC_TransposeOp : MLC_ShapedOp<"transpose"> {
  let summary = "axes permuted: result axis i is operand axis permutation[i]";
  let arguments = (ins MLC_Tensor:$x, DenseI64ArrayAttr:$permutation);
  let results = (outs MLC_Tensor:$y);
  let hasFolder = 1;
  let example = "%y = mlc.transpose %x {permutation = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<3x2xf32>";
}

def MLC_ExpandOp : MLC_ShapedOp<"expand"> {
  let summary = "broadcast to given dims";
  let description = [{
    `sizes` has one entry per result dim; kDynamic entries take the next operand
    of `dims`. Each operand dim equals the result dim or is 1, at run time too:
    what is not provable the importer checks with `mlc.require`.
  }];
  let arguments = (ins MLC_Tensor:$x, Variadic<Index>:$dims, DenseI64ArrayAttr:$sizes);
  let results = (outs MLC_Tensor:$y);
  let assemblyFormat = [{
    $x custom<MixedSizes>($dims, $sizes) attr-dict `:` type($x) `->` type($y)
  }];
}

def MLC_SliceOp : MLC_ShapedOp<"slice", [AttrSizedOperandSegments]> {
  let summary = "a strided box: y[i] = x[start + i * step] along each axis";
  let description = [{
    One static entry per axis in `starts` and `sizes`, kDynamic entries take the
    next operand of `start_values`, `size_values`. Steps are static, not zero,
    and may be negative. The box lies inside x (clamping happened at import).
  }];
  let arguments = (ins MLC_Tensor:$x, Variadic<Index>:$start_values,
                       Variadic<Index>:$size_values, DenseI64ArrayAttr:$starts,
                       DenseI64ArrayAttr:$sizes, DenseI64ArrayAttr:$steps);
  let results = (outs MLC_Tensor:$y);
  let assemblyFormat = [{
    $x custom<MixedSizes>($start_values, $starts)
    custom<MixedSizes>($size_values, $sizes) $steps attr-dict
    `:` type($x) `->` type($y)
  }];
}

def MLC_ConcatOp : MLC_ShapedOp<"concat", [SameElementTypes]> {
  let summary = "operands joined along an axis";
  let arguments = (ins Variadic<AnyRankedTensor>:$xs, I64Attr:$axis);
  let results = (outs MLC_Tensor:$y);
}

def MLC_PadKind : I32EnumAttr<"PadKind", "what fills the border", [
    I32EnumAttrCase<"constant", 0>, I32EnumAttrCase<"reflect", 1>,
    I32EnumAttrCase<"edge", 2>, I32EnumAttrCase<"wrap", 3>]> {
  let cppNamespace = "::mlc";
}

def MLC_PadOp : MLC_ShapedOp<"pad", [AttrSizedOperandSegments]> {
  let summary = "elements added (or, with negative amounts, removed) at both ends of axes";
  let description = [{
    `low` and `high` hold one entry per axis, kDynamic entries take the next
    operand of `low_values`, `high_values`. `value` (rank 0) fills for the
    constant kind and is absent otherwise.
  }];
  let arguments = (ins MLC_Tensor:$x, Optional<AnyRankedTensor>:$value,
                       Variadic<Index>:$low_values, Variadic<Index>:$high_values,
                       DenseI64ArrayAttr:$low, DenseI64ArrayAttr:$high,
                       MLC_PadKind:$kind);
  let results = (outs MLC_Tensor:$y);
}

def MLC_GatherOp : MLC_ShapedOp<"gather"> {
  let summary = "slices of x along an axis, chosen by indices";
  let description = [{
    y has x's dims with `axis` replaced by the dims of `indices`. Negative
    indices count from the end; an index out of range ends the run with an error.
  }];
  let arguments = (ins MLC_Tensor:$x, MLC_Tensor:$indices, I64Attr:$axis);
  let results = (outs MLC_Tensor:$y);
}

def MLC_IotaOp : MLC_ShapedOp<"iota"> {
  let summary = "each element is its own index along one axis: 0, 1, 2, ...";
  let description = [{
    `sizes` has one entry per result dim; kDynamic entries take the next operand
    of `dims`. `to` is an integer or floating-point element type.
  }];
  let arguments = (ins Variadic<Index>:$dims, DenseI64ArrayAttr:$sizes,
                       TypeAttr:$to, I64Attr:$axis);
  let results = (outs MLC_Tensor:$y);
  let gradient = NoGradient<"no differentiable operand">;
  let assemblyFormat = [{
    custom<MixedSizes>($dims, $sizes) `axis` $axis attr-dict `:` $to `->` type($y)
  }];
  let example = "%y = mlc.iota [2, 3] axis 1 : i64 -> tensor<2x3xi64>";
}

#endif // MLC_OPS_SHAPE_TD
