//===- Sample.td - values between elements -----------------*- tablegen -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_OPS_SAMPLE_TD
#define MLC_OPS_SAMPLE_TD

include "mlc/MlcBase.td"

def MLC_SampleKind : I32EnumAttr<"SampleKind", "how values between elements arise", [
    I32EnumAttrCase<"nearest", 0>, I32EnumAttrCase<"linear", 1>,
    I32EnumAttrCase<"cubic", 2>]> {
  let cppNamespace = "::mlc";
}
def MLC_NearestKind : I32EnumAttr<"NearestKind", "which element is nearest", [
    I32EnumAttrCase<"round_prefer_floor", 0>, I32EnumAttrCase<"round_prefer_ceil", 1>,
    I32EnumAttrCase<"floor", 2>, I32EnumAttrCase<"ceil", 3>,
    I32EnumAttrCase<"ceil_when_shrinking", 4>]> {
  let cppNamespace = "::mlc";
}
def MLC_CoordinateKind : I32EnumAttr<"CoordinateKind", "how a result position maps to the operand", [
    I32EnumAttrCase<"half_pixel", 0>, I32EnumAttrCase<"half_pixel_symmetric", 1>,
    I32EnumAttrCase<"pytorch_half_pixel", 2>, I32EnumAttrCase<"align_corners", 3>,
    I32EnumAttrCase<"asymmetric", 4>, I32EnumAttrCase<"crop_and_resize", 5>,
    I32EnumAttrCase<"half_pixel_for_nearest", 6>]> {
  let cppNamespace = "::mlc";
}

def MLC_ResampleOp : MLC_ShapedOp<"resample", [AttrSizedOperandSegments]> {
  let summary = "x with another extent along one axis";
  let description = [{
    The extent is the one entry of `size` (kDynamic: the operand). The factor
    by which positions scale is `scale`, f64 [1]; `roi`, f64 [2], is the part of
    the axis that crop_and_resize shows (0 to 1 is all of it), beyond which the
    result is `extrapolation`. With `antialias` the filter widens when
    shrinking; with `exclude_outside` positions outside x have no weight, else
    the border element counts there. All in f64, as ONNX Resize-19 defines it.
    half_pixel_for_nearest (Resize-11) is half_pixel without the half subtracted
    at the end; ceil_when_shrinking (Resize-10) is floor where x grows.
  }];
  let arguments = (ins MLC_Tensor:$x, MLC_Tensor:$scale,
                       Optional<AnyRankedTensor>:$roi, Variadic<Index>:$size_value,
                       DenseI64ArrayAttr:$size, I64Attr:$axis,
                       MLC_SampleKind:$kind, MLC_CoordinateKind:$coordinates,
                       DefaultValuedAttr<MLC_NearestKind, "NearestKind::round_prefer_floor">:$nearest,
                       DefaultValuedAttr<F64Attr, "-0.75">:$cubic_a,
                       DefaultValuedAttr<BoolAttr, "false">:$antialias,
                       DefaultValuedAttr<BoolAttr, "false">:$exclude_outside,
                       DefaultValuedAttr<F64Attr, "0.0">:$extrapolation);
  let results = (outs MLC_Tensor:$y);
}

def MLC_BorderKind : I32EnumAttr<"BorderKind", "what lies beyond the border", [
    I32EnumAttrCase<"zeros", 0>, I32EnumAttrCase<"border", 1>,
    I32EnumAttrCase<"reflection", 2>]> {
  let cppNamespace = "::mlc";
}

def MLC_GridSampleOp : MLC_ShapedOp<"grid_sample"> {
  let summary = "x sampled at the positions of a grid";
  let description = [{
    x: [N, C, spatial...], grid: [N, out..., r], r = the number of spatial axes,
    last axis first, -1 to 1 spanning an axis; y: [N, C, out...]. With
    `align_corners` -1 and 1 are the centres of the border elements, else their
    outer edges. r <= 3.
  }];
  let arguments = (ins MLC_Tensor:$x, MLC_Tensor:$grid, MLC_SampleKind:$kind,
                       MLC_BorderKind:$border,
                       DefaultValuedAttr<BoolAttr, "false">:$align_corners);
  let results = (outs MLC_Tensor:$y);
}

def MLC_RoiAlignOp : MLC_ShapedOp<"roi_align"> {
  let summary = "regions of x sampled bilinearly into bins of fixed number";
  let description = [{
    x: [N, C, H, W], rois: [R, 4] (x1, y1, x2, y2), batch: integers [R]; y: [R, C,
    height, width]. A bin averages (or with `max` takes the greatest of)
    sampling_ratio^2 samples, by default as many as it has elements.
    `half_pixel` shifts positions by -0.5.
  }];
  let arguments = (ins MLC_Tensor:$x, MLC_Tensor:$rois, MLC_Tensor:$batch,
                       I64Attr:$height, I64Attr:$width, F64Attr:$spatial_scale,
                       DefaultValuedAttr<I64Attr, "0">:$sampling_ratio,
                       DefaultValuedAttr<BoolAttr, "false">:$max,
                       DefaultValuedAttr<BoolAttr, "true">:$half_pixel);
  let results = (outs MLC_Tensor:$y);
}

def MLC_RoiMaxPoolOp : MLC_ShapedOp<"roi_max_pool"> {
  let summary = "greatest elements of the bins of regions of x";
  let description = [{
    x: [N, C, H, W], rois: [R, 5] (batch, x1, y1, x2, y2); y: [R, C, height,
    width]; an empty bin gives 0.
  }];
  let arguments = (ins MLC_Tensor:$x, MLC_Tensor:$rois, I64Attr:$height,
                       I64Attr:$width, F64Attr:$spatial_scale);
  let results = (outs MLC_Tensor:$y);
}

def MLC_NonMaxSuppressionOp : MLC_ShapedOp<"non_max_suppression"> {
  let summary = "boxes in order of score that overlap no better one too much";
  let description = [{
    boxes: [N, B, 4], scores: [N, C, B], thresholds: f32 [2] (overlap, score);
    selected: i64 [rows, 3] (batch, class, box), of which the first count[0] rows
    are set; per batch and class at most `limit` boxes. `rows` must be N * C *
    min(limit, B). Boxes are corners (y1, x1, y2, x2) or with `center` (x, y,
    width, height). `heap`: [B], working memory.
  }];
  let arguments = (ins MLC_Tensor:$boxes, MLC_Tensor:$scores, MLC_Tensor:$thresholds,
                       Index:$limit, Index:$rows,
                       DefaultValuedAttr<BoolAttr, "false">:$center);
  let results = (outs MLC_Tensor:$selected, MLC_Tensor:$count, MLC_Tensor:$heap);
  let lowering = ByLoops;
  let gradient = NoGradient<"integer">;
}

#endif // MLC_OPS_SAMPLE_TD
