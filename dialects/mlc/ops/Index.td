//===- Index.td - elements by index ------------------------*- tablegen -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Index tensors are integers; negative indices count from the end, and an index
// out of range ends the run with an error.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_OPS_INDEX_TD
#define MLC_OPS_INDEX_TD

include "mlc/MlcBase.td"

def MLC_GatherElementsOp : MLC_ShapedOp<"gather_elements"> {
  let summary = "elements of x whose index along an axis comes from a tensor";
  let description = [{
    y has the dims of `indices`; y[i, j, k] = x[i, indices[i, j, k], k] for axis 1.
    Off the axis the dims of `indices` are at most x's.
  }];
  let arguments = (ins MLC_Tensor:$x, MLC_Tensor:$indices, I64Attr:$axis);
  let results = (outs MLC_Tensor:$y);
}

def MLC_GatherNDOp : MLC_ShapedOp<"gather_nd"> {
  let summary = "slices of x at index tuples";
  let description = [{
    The first `batch_dims` dims of x and `indices` correspond; the last dim of
    `indices`, static, holds tuples that index the dims of x after those.
  }];
  let arguments = (ins MLC_Tensor:$x, MLC_Tensor:$indices,
                       DefaultValuedAttr<I64Attr, "0">:$batch_dims);
  let results = (outs MLC_Tensor:$y);
}

def MLC_ScatterKind : I32EnumAttr<"ScatterKind", "what a scattered element does", [
    I32EnumAttrCase<"replace", 0>, I32EnumAttrCase<"sum", 1>,
    I32EnumAttrCase<"prod", 2>, I32EnumAttrCase<"max", 3>,
    I32EnumAttrCase<"min", 4>]> {
  let cppNamespace = "::mlc";
}

def MLC_ScatterElementsOp : MLC_ShapedOp<"scatter_elements"> {
  let summary = "a copy of x with elements replaced at indices along an axis";
  let description = [{
    y[i, indices[i, j, k], k] takes updates[i, j, k] for axis 1, in row-major
    order of `updates`, whose dims are those of `indices`. Kinds other than
    `replace` combine with the element that is there.
  }];
  let arguments = (ins MLC_Tensor:$x, MLC_Tensor:$indices, MLC_Tensor:$updates,
                       I64Attr:$axis, MLC_ScatterKind:$kind);
  let results = (outs MLC_Tensor:$y);
  let lowering = ByLoops;
}

def MLC_ScatterNDOp : MLC_ShapedOp<"scatter_nd"> {
  let summary = "a copy of x with slices replaced at index tuples";
  let description = [{
    `indices` [i..., k] holds tuples over the first k (static) dims of x;
    `updates` has the dims i... and then x's dims from k on.
  }];
  let arguments = (ins MLC_Tensor:$x, MLC_Tensor:$indices, MLC_Tensor:$updates,
                       MLC_ScatterKind:$kind);
  let results = (outs MLC_Tensor:$y);
  let lowering = ByLoops;
}

def MLC_NonZeroOp : MLC_ShapedOp<"nonzero"> {
  let summary = "index tuples of the elements that are not zero, row-major";
  let description = [{
    y: i64 [rank, count]. `count` is at most the number of such elements; where
    it is more, the rest of y is zero.
  }];
  let arguments = (ins MLC_Tensor:$x, Variadic<Index>:$count_value,
                       DenseI64ArrayAttr:$count);
  let results = (outs MLC_Tensor:$y);
  let lowering = ByLoops;
  let gradient = NoGradient<"integer">;
}

#endif // MLC_OPS_INDEX_TD
