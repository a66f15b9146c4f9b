//===- Order.td - order, extremes, running sums ------------*- tablegen -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_OPS_ORDER_TD
#define MLC_OPS_ORDER_TD

include "mlc/ops/Reduce.td"

def MLC_ArgReduceOp : MLC_ShapedOp<"arg_reduce"> {
  let summary = "position of the greatest or least element along an axis";
  let description = [{
    The axis stays with extent 1. Among equals the first, or with `last` the last,
    counts; NaN is more extreme than any number.
  }];
  let arguments = (ins MLC_Tensor:$x, I64Attr:$axis,
                       DefaultValuedAttr<BoolAttr, "false">:$least,
                       DefaultValuedAttr<BoolAttr, "false">:$last);
  let results = (outs MLC_Tensor:$y);
  let gradient = NoGradient<"integer">;
  let example = "%y = mlc.arg_reduce %x {axis = 1 : i64} : (tensor<2x3xf32>) -> tensor<2x1xi64>";
}

def MLC_ReduceWindowOp : MLC_ShapedOp<"reduce_window", [CountsFlops]> {
  let summary = "combines the elements of a box that slides over x in steps of 1";
  let description = [{
    `extents` has one entry per axis, kDynamic entries take the next operand of
    `extent_values`; the result's extent is x's minus the box's plus 1. A box of
    extent 1 leaves an axis as it is, one of x's extent reduces it: so which axes
    are reduced may depend on data.
  }];
  let arguments = (ins MLC_Tensor:$x, Variadic<Index>:$extent_values,
                       DenseI64ArrayAttr:$extents, MLC_ReduceKind:$kind);
  let results = (outs MLC_Tensor:$y);
  let precision = Widen;
}

def MLC_ScanOp : MLC_ShapedOp<"scan", [CountsFlops]> {
  let summary = "running sum or product (or maximum, minimum) along an axis";
  let description = [{
    `axis` has one entry; kDynamic takes the operand `axis_value`. With
    `exclusive` the element itself does not count; with `reverse` it runs from
    the end.
  }];
  let arguments = (ins MLC_Tensor:$x, Variadic<Index>:$axis_value,
                       DenseI64ArrayAttr:$axis, MLC_ReduceKind:$kind,
                       DefaultValuedAttr<BoolAttr, "false">:$exclusive,
                       DefaultValuedAttr<BoolAttr, "false">:$reverse);
  let results = (outs MLC_Tensor:$y);
  let lowering = ByLoops;
  let precision = Widen;
}

def MLC_ArgSortOp : MLC_ShapedOp<"arg_sort"> {
  let summary = "positions of the first elements in sorted order along an axis";
  let description = [{
    order: i64, x's dims with the axis' extent replaced by `count` (one entry;
    kDynamic takes the operand), which is at most x's extent. Equal elements stay
    in order of position; NaN counts as greater than any number. `heap` is
    working memory.
  }];
  let arguments = (ins MLC_Tensor:$x, Variadic<Index>:$count_value,
                       DenseI64ArrayAttr:$count, I64Attr:$axis,
                       DefaultValuedAttr<BoolAttr, "false">:$descending);
  let results = (outs MLC_Tensor:$order, MLC_Tensor:$heap);
  let lowering = ByLoops;
  let gradient = NoGradient<"integer">;
}

def MLC_ArgSortRowsOp : MLC_ShapedOp<"arg_sort_rows"> {
  let summary = "positions of the rows of a matrix in ascending lexicographic order";
  let description = [{
    x: [n, m], order: i64 [n]. Equal rows stay in order of position. `heap` is
    working memory.
  }];
  let arguments = (ins MLC_Tensor:$x);
  let results = (outs MLC_Tensor:$order, MLC_Tensor:$heap);
  let lowering = ByLoops;
  let gradient = NoGradient<"integer">;
}

def MLC_DetOp : MLC_ShapedOp<"det"> {
  let summary = "determinants of the matrices in the last two dims";
  let description = [{ By elimination with row pivots in `lu`, working memory. }];
  let arguments = (ins MLC_Tensor:$x);
  let results = (outs MLC_Tensor:$y, MLC_Tensor:$lu);
  let lowering = ByLoops;
  let precision = KeepF32;
}

#endif // MLC_OPS_ORDER_TD
