"""Sampling."""
import itertools

import numpy as np

from case import P, case, f32, i64, image, ints, normal, uniform

MODES = ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "half_pixel_symmetric")
for mode, place in itertools.product(("nearest", "linear", "cubic"), MODES):
    common = {"mode": mode, "coordinate_transformation_mode": place}
    # align_corners with a fractional extent is not defined alike everywhere.
    scales = f32(1, 1, 2, 0.5) if place == "align_corners" else f32(1, 1, 1.7, 0.6)
    case(f"resize_scales_{mode}_{place}", "Resize", [image, None, P(scales)], opset=19, **common)
    case(f"resize_sizes_{mode}_{place}", "Resize", [image, None, None, P(i64(1, 2, 8, 4))], opset=19, **common)
for mode in ("nearest", "linear", "cubic"):
    for nearest in ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil") if mode == "nearest" else ("",):
        extra = {"nearest_mode": nearest} if nearest else {}
        case(f"resize_up_{mode}_{nearest}", "Resize", [image, None, P(f32(1, 1, 2, 3))], opset=18, mode=mode, **extra)
        case(f"resize_down_{mode}_{nearest}", "Resize", [normal(2, 1, 9, 10), None, P(f32(1, 1, 0.5, 0.4))], opset=18, mode=mode, **extra)
case("resize_antialias_linear", "Resize", [normal(1, 1, 9, 10), None, P(f32(1, 1, 0.5, 0.6))], opset=18, mode="linear", antialias=1)
case("resize_antialias_cubic", "Resize", [normal(1, 1, 16, 15), None, None, P(i64(1, 1, 5, 7))], opset=18, mode="cubic", antialias=1)
case("resize_exclude_outside", "Resize", [image, None, P(f32(1, 1, 0.8, 1.4))], opset=18, mode="cubic", exclude_outside=1, cubic_coeff_a=-0.5)
case("resize_axes", "Resize", [image, None, None, P(i64(9, 7))], opset=18, mode="linear", axes=[3, 2])
for policy in ("not_larger", "not_smaller"):
    case(f"resize_{policy}", "Resize", [image, None, None, P(i64(8, 7))], opset=18, mode="linear", axes=[2, 3], keep_aspect_ratio_policy=policy)
case("resize_crop", "Resize", [image, P(f32(0, 0, 0.2, -0.3, 1, 1, 0.9, 1.2)), None, P(i64(1, 2, 4, 7))], opset=18, mode="linear",
     coordinate_transformation_mode="tf_crop_and_resize", extrapolation_value=5.0)
# ONNX Runtime truncates where the standard's own evaluator rounds.
case("resize_u8", "Resize", [ints(0, 255, 1, 1, 4, 5, dtype=np.uint8), None, P(f32(1, 1, 2, 2))], opset=18, mode="linear", reference=True)
for dtype in (np.uint8, np.int64, np.float16):
    case(f"resize_nearest_{np.dtype(dtype).name}", "Resize", [ints(0, 99, 3, 70, dtype=dtype), None, P(f32(1.5, 0.95))], opset=18, mode="nearest",
         reference=True)
case("resize_1d", "Resize", [normal(2, 3, 7), None, P(f32(1, 1, 2.5))], opset=18, mode="linear")
case("resize_3d", "Resize", [normal(1, 1, 3, 4, 5), None, P(f32(1, 1, 2, 1.5, 0.8))], opset=18, mode="linear")
case("resize_10", "Resize", [image, P(f32(1, 1, 2, 1.5))], opset=10, mode="linear")
case("upsample_9", "Upsample", [image, P(f32(1, 1, 2, 3))], opset=9, mode="nearest")
for mode, border, corners in itertools.product(("linear", "nearest", "cubic"), ("zeros", "border", "reflection"), (0, 1)):
    case(f"grid_sample_{mode}_{border}_{corners}", "GridSample", [image, (uniform(1, 4, 3, 2) * 3 - 1.5)], opset=20, mode=mode,
         padding_mode=border, align_corners=corners, reference=mode == "cubic" and border == "border")
case("grid_sample_3d", "GridSample", [normal(2, 1, 3, 4, 5), (uniform(2, 2, 3, 2, 3) * 2.4 - 1.2)], opset=20, mode="linear")
for corners in (0, 1):
    case(f"affine_grid_{corners}", "AffineGrid", [normal(2, 2, 3), P(i64(2, 1, 4, 5))], opset=20, align_corners=corners)
    case(f"affine_grid_3d_{corners}", "AffineGrid", [normal(1, 3, 4), P(i64(1, 2, 3, 4, 5))], opset=20, align_corners=corners)
rois = f32(0, 0, 4, 5, 1, 1.5, 6.5, 3, 2, 0.5, 3, 4.5).reshape(3, 4)
for mode, ratio, place in itertools.product(("avg", "max"), (0, 2), ("half_pixel", "output_half_pixel")):
    case(f"roi_align_{mode}_{ratio}_{place}", "RoiAlign", [normal(2, 3, 7, 8), rois, i64(0, 1, 0)], opset=16, mode=mode, sampling_ratio=ratio,
         coordinate_transformation_mode=place, output_height=3, output_width=2, spatial_scale=0.75)
# More channels than a block of the kernel, and regions that leave the image.
for mode, ratio in itertools.product(("avg", "max"), (0, 2)):
    case(f"roi_align_channels_{mode}_{ratio}", "RoiAlign", [normal(2, 19, 7, 8), rois * 2 - 3, i64(0, 1, 0)], opset=16, mode=mode, sampling_ratio=ratio,
         output_height=3, output_width=2)
case("max_roi_pool", "MaxRoiPool", [normal(2, 3, 7, 8), f32(0, 0, 0, 4, 5, 1, 1, 2, 6, 3).reshape(2, 5)], pooled_shape=[2, 3], spatial_scale=0.9,
     opset=21)
corner = uniform(2, 12, 2) * 8
boxes = np.concatenate([corner, corner + uniform(2, 12, 2) * 4 + 0.5], 2).astype(np.float32)
for center in (0, 1):
    case(f"nms_{center}", "NonMaxSuppression", [boxes, uniform(2, 3, 12), P(i64(4)), P(f32(0.3)), P(f32(0.2))], center_point_box=center, opset=11)
many = np.concatenate([k := uniform(2, 300, 2) * 10, k + uniform(2, 300, 2) * 3], 2)
for limit in (0, 20, 1000):
    case(f"nms_many_{limit}", "NonMaxSuppression", [many, uniform(2, 3, 300), P(i64(limit)), P(f32(0.4)), P(f32(0.2))], opset=11)
case("nms_no_score", "NonMaxSuppression", [boxes, uniform(2, 3, 12), P(i64(100)), P(f32(0.1))], opset=11)
case("nms_10", "NonMaxSuppression", [boxes, uniform(2, 3, 12), P(i64(4)), P(f32(0.3)), P(f32(0.2))], opset=10)
case("roi_align_10", "RoiAlign", [normal(2, 3, 7, 8), rois, i64(0, 1, 0)], opset=10, output_height=2, output_width=3, sampling_ratio=2)
