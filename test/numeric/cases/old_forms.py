"""Old forms: what moved from attributes to inputs, and meanings that changed."""
import itertools

import numpy as np
from onnx import TensorProto, helper

from case import P, case, cube, f32, i64, image, ints, normal, plane, ties, uniform

for op, since in itertools.product(("Softmax", "LogSoftmax", "Hardmax"), (7, 11)):
    for axis in (0, 1, 2):
        case(f"{op.lower()}_{since}_{axis}", op, [cube], opset=since, axis=axis)
    case(f"{op.lower()}_{since}", op, [cube], opset=since)
    case(f"{op.lower()}_13_as_{since}", op, [cube], opset=13 if since == 7 else 24)
case("softmax_11_negative", "Softmax", [cube], opset=11, axis=-2)
REDUCTIONS = ("Sum", "Mean", "Max", "Min", "Prod", "L1", "L2", "LogSum", "LogSumExp", "SumSquare")
for kind in REDUCTIONS:
    op, x = f"Reduce{kind}", np.abs(cube) + 0.1
    case(f"reduce_{kind.lower()}_7", op, [x], opset=7, axes=[0, 2], keepdims=0)
    case(f"reduce_{kind.lower()}_7_all", op, [x], opset=7)
    case(f"reduce_{kind.lower()}_11", op, [x], opset=11, axes=[-2])
    case(f"reduce_{kind.lower()}_18", op, [x, P(i64(-1, 0))], opset=18 if kind != "Sum" else 13, keepdims=0)
    case(f"reduce_{kind.lower()}_18_noop", op, [x, P(i64())], opset=18 if kind != "Sum" else 13, noop_with_empty_axes=1)
case("reduce_max_i8", "ReduceMax", [ints(-99, 99, 3, 5, dtype=np.int8)], opset=12, axes=[1])
case("reduce_sum_i32", "ReduceSum", [ints(-99, 99, 3, 5, dtype=np.int32), P(i64(0))], opset=13)
case("reduce_max_bool", "ReduceMax", [ints(0, 2, 3, 5).astype(bool), P(i64(0))], opset=20)

case("topk_9", "TopK", [normal(4, 9)], outputs=2, opset=9, k=3)
case("topk_10", "TopK", [normal(4, 9), P(i64(4))], outputs=2, opset=10, axis=0)
case("argmax_7", "ArgMax", [ties], opset=7, axis=1)
case("argmin_7", "ArgMin", [ties], opset=7, keepdims=0)
case("slice_7", "Slice", [plane], opset=7, starts=[1, -5], ends=[1000, 7], axes=[1, 3])
case("slice_7_all", "Slice", [cube], opset=7, starts=[0, 1, -3], ends=[2, -1, -1])
case("slice_10", "Slice", [plane, P(i64(1, -1)), P(i64(6, -100)), P(i64(2, 3)), P(i64(2, -3))], opset=10)
case("slice_11_i32", "Slice", [cube, P(np.array([-1], np.int32)), P(np.array([-9], np.int32)), P(np.array([-1], np.int32)), P(np.array([-1], np.int32))],
     opset=11)
case("slice_13_empty", "Slice", [cube, P(i64(3)), P(i64(1)), P(i64(2))], opset=13)
for mode in ("constant", "edge", "reflect"):
    extra = {"value": 1.5} if mode == "constant" else {}
    case(f"pad_7_{mode}", "Pad", [plane], opset=7, mode=mode, pads=[0, 0, 2, 1, 0, 0, 1, 3], **extra)
    case(f"pad_11_{mode}", "Pad", [plane, P(i64(0, 0, 2, 1, 0, 0, 1, 3)), np.float32(2.5)], opset=11, mode=mode)
    case(f"pad_18_{mode}", "Pad", [plane, P(i64(2, 1, 1, 3)), None, P(i64(-2, 3))], opset=18, mode=mode)
case("pad_7_negative", "Pad", [plane], opset=7, pads=[0, 0, -2, 1, 0, 0, 1, -3])
case("pad_13_negative", "Pad", [plane, P(i64(0, -1, -2, 1, 0, 0, 1, -3))], opset=13)
case("pad_19_wrap", "Pad", [plane, P(i64(0, 0, 2, 1, 0, 0, 1, 3))], opset=19, mode="wrap")
case("pad_i32", "Pad", [ints(0, 9, 3, 4, dtype=np.int32), P(i64(1, 0, 0, 2)), np.int32(7)], opset=13)
case("clip_7", "Clip", [cube], opset=7, min=-0.5, max=0.75)
case("clip_7_max", "Clip", [cube], opset=7, max=0.25)
case("clip_7_none", "Clip", [cube], opset=7)
case("clip_11", "Clip", [cube, np.float32(-0.3), np.float32(0.4)], opset=11)
case("clip_12_i32", "Clip", [ints(-9, 9, 3, 4, dtype=np.int32), None, np.int32(4)], opset=12)
case("clip_crossed", "Clip", [cube, np.float32(0.5), np.float32(-0.5)], opset=13)
statistics = [normal(3), normal(3), normal(3), uniform(3) + 0.1]
for since in (7, 9, 14, 15):
    case(f"batch_norm_{since}", "BatchNormalization", [plane, *statistics], opset=since, epsilon=1e-3)
    case(f"batch_norm_{since}_1d", "BatchNormalization", [normal(5, 3), *statistics], opset=since)
case("batch_norm_15_training", "BatchNormalization", [plane, *statistics], outputs=3, opset=15, training_mode=1, momentum=0.8)
for since in (7, 10, 12):
    case(f"dropout_{since}", "Dropout", [cube], opset=since, **({"ratio": 0.3} if since < 12 else {}))
# The mask of a Dropout that does nothing: ones by ONNX's reference, zeros by ONNX Runtime before opset 12.
case("dropout_10_mask", "Dropout", [cube], outputs=2, opset=10, reference=True)
case("upsample_7", "Upsample", [image], opset=7, mode="nearest", scales=[1.0, 1.0, 2.0, 3.0])
case("upsample_7_linear", "Upsample", [image], opset=7, mode="linear", scales=[1.0, 1.0, 2.0, 1.5])
case("upsample_9_linear", "Upsample", [image, P(f32(1, 1, 2, 2))], opset=9, mode="linear")
case("resize_10_nearest", "Resize", [image, P(f32(1, 1, 0.6, 1.5))], opset=10, mode="nearest")
case("resize_10_down", "Resize", [image, P(f32(1, 1, 0.6, 0.5))], opset=10, mode="linear")
for place, mode in itertools.product(("half_pixel", "asymmetric", "align_corners", "tf_half_pixel_for_nn"), ("nearest", "linear")):
    case(f"resize_11_{mode}_{place}", "Resize", [image, P(f32()), P(f32(1, 1, 2, 1.5))], opset=11, mode=mode, coordinate_transformation_mode=place)
case("resize_11_sizes", "Resize", [image, P(f32()), P(f32()), P(i64(1, 2, 7, 9))], opset=11, mode="cubic")
case("resize_13_none", "Resize", [image, None, P(f32(1, 1, 3, 2))], opset=13, mode="nearest", nearest_mode="floor")
case("squeeze_7", "Squeeze", [normal(1, 3, 1, 2)], opset=7, fixed={0: [0, 2]}, axes=[0, 2])
case("squeeze_7_all", "Squeeze", [normal(1, 3, 1, 2)], opset=7, fixed={0: ...})
case("squeeze_11", "Squeeze", [normal(1, 3, 1, 2)], opset=11, fixed={0: [2]}, axes=[-2])
case("squeeze_13", "Squeeze", [normal(1, 3, 1, 2), P(i64(-4))], opset=13, fixed={0: [0]})
case("unsqueeze_7", "Unsqueeze", [cube], opset=7, axes=[0, 3])
case("unsqueeze_11", "Unsqueeze", [cube], opset=11, axes=[-1, 1])
case("unsqueeze_13", "Unsqueeze", [cube, P(i64(0, -1))], opset=13)
case("split_7", "Split", [normal(6, 4)], outputs=2, opset=7, split=[2, 4])
case("split_7_even", "Split", [normal(4, 6)], outputs=3, opset=7, axis=1)
case("split_11", "Split", [normal(4, 6)], outputs=2, opset=11, axis=-1, split=[5, 1])
case("split_13", "Split", [normal(4, 6), P(i64(1, 5))], outputs=2, opset=13, axis=1)
case("split_18_uneven", "Split", [normal(7, 3)], outputs=3, opset=18, num_outputs=3)
case("reshape_7", "Reshape", [cube, P(i64(0, -1, 2))], opset=7)
case("reshape_14_zero", "Reshape", [normal(0, 3, 4), P(i64(3, 0, 7))], opset=14, allowzero=1)
for axis in (0, 1, 2, 3):
    case(f"flatten_7_{axis}", "Flatten", [cube], opset=7, axis=axis)
case("flatten_11", "Flatten", [cube], opset=11, axis=-1)
case("gather_7", "Gather", [cube, ints(0, 3, 2, 2)], opset=7, axis=1)
case("gather_11_negative", "Gather", [cube, ints(-3, 3, 2, 2, dtype=np.int32)], opset=11, axis=-2)
case("scatter_9", "Scatter", [normal(5, 6), np.argsort(uniform(5, 6), 0)[:3], normal(3, 6)], opset=9)
case("expand_8", "Expand", [normal(3, 1), P(i64(2, 1, 6))], opset=8, fixed={0: [1]})
case("tile_7", "Tile", [cube, P(i64(1, 2, 3))], opset=7)
case("constant_of_shape_9", "ConstantOfShape", [P(i64(3, 2))], opset=9, value=helper.make_tensor("v", TensorProto.INT32, [1], [-3]))
case("shape_7", "Shape", [cube], opset=7)
case("shape_15", "Shape", [plane], opset=15, start=-3, end=-1)
case("cast_7", "Cast", [cube * 3], opset=7, to=TensorProto.INT32)
case("cast_9_bool", "Cast", [ints(0, 2, 3, 4).astype(bool)], opset=9, to=TensorProto.DOUBLE)
case("cast_13_wide", "Cast", [f32(-300.7, -1.5, -0.5, 0.5, 2.5, 127.9)], opset=13, to=TensorProto.INT64)
for op, since in itertools.product(("Max", "Min", "Sum", "Mean"), (7, 8)):
    case(f"{op.lower()}_{since}", op, [normal(3, 4), normal(3, 4), normal(3, 4) if since == 7 else normal(1, 4)], opset=since,
         fixed={} if since == 7 else {2: [0]})
for op in ("Less", "Greater", "Equal"):
    case(f"{op.lower()}_7", op, [ints(0, 3, 4, 5).astype(np.float32 if op != "Equal" else np.int32), ints(0, 3, 5).astype(np.float32 if op != "Equal" else np.int32)],
         opset=7)
case("pow_7", "Pow", [uniform(3, 4) + 0.1, normal(4)], opset=7)
case("pow_12_i32", "Pow", [ints(-4, 5, 3, 4, dtype=np.int32), ints(0, 4, 4, dtype=np.int32)], opset=12)
case("pow_13_mixed", "Pow", [uniform(3, 4) + 0.1, ints(-2, 4, 4)], opset=13)
case("div_7_i32", "Div", [ints(-90, 90, 4, 5, dtype=np.int32), np.where(ints(0, 2, 5) > 0, 7, -4).astype(np.int32)], opset=7)
case("mod_10", "Mod", [ints(-90, 90, 4, 5, dtype=np.int32), np.where(ints(0, 2, 5) > 0, 7, -4).astype(np.int32)], opset=10)
case("mod_10_fmod", "Mod", [normal(4, 5) * 9, normal(5)], opset=10, fmod=1)
case("prelu_7", "PRelu", [plane, normal(3, 1, 1)], opset=7, fixed={1: [1, 2]})
case("prelu_9", "PRelu", [plane, normal(8)], opset=9)
case("gemm_7", "Gemm", [normal(4, 3), normal(5, 4), normal(5)], opset=7, transA=1, transB=1, alpha=0.5, beta=2.0)
case("gemm_9", "Gemm", [normal(3, 4), normal(4, 5), normal(3, 1)], opset=9, fixed={2: [1]})
case("gemm_11_no_bias", "Gemm", [normal(3, 4), normal(4, 5)], opset=11)
case("depth_to_space_7", "DepthToSpace", [normal(2, 8, 3, 4)], opset=7, blocksize=2)
case("depth_to_space_11", "DepthToSpace", [normal(2, 8, 3, 4)], opset=11, blocksize=2, mode="CRD")
case("space_to_depth_7", "SpaceToDepth", [normal(2, 3, 4, 6)], opset=7, blocksize=2)
case("instance_norm_7", "InstanceNormalization", [plane, normal(3), normal(3)], opset=7)
case("thresholded_relu_10", "ThresholdedRelu", [cube], opset=10, alpha=0.4)
case("eyelike_9", "EyeLike", [normal(4, 4)], opset=9, k=1)
case("onehot_9", "OneHot", [ints(0, 5, 3), P(np.int64(5)), f32(0, 1)], opset=9)
case("where_9", "Where", [ints(0, 2, 3, 4).astype(bool), cube, normal(4)], opset=9)
case("isnan_9", "IsNaN", [f32(0, np.nan, np.inf)], opset=9)
case("isinf_10", "IsInf", [f32(-np.inf, np.nan, np.inf, 1)], opset=10, detect_negative=0)
case("shrink_9", "Shrink", [cube], opset=9, lambd=0.3, bias=0.1)
case("mvn_9", "MeanVarianceNormalization", [normal(2, 3, 4, 5)], opset=9)
case("celu_12", "Celu", [cube], opset=12, alpha=1.7)
case("bitshift_11", "BitShift", [ints(0, 200, 4, dtype=np.uint8), ints(0, 7, 4, dtype=np.uint8)], opset=11, direction="LEFT")
case("quantize_10", "QuantizeLinear", [normal(4, 5) * 9, np.float32(0.07), np.int8(-5)], opset=10)
case("dequantize_10", "DequantizeLinear", [ints(0, 255, 4, 5, dtype=np.uint8), np.float32(0.07), np.uint8(128)], opset=10)
case("global_lp_pool_7", "GlobalLpPool", [plane], opset=7, p=3)
case("lp_pool_7", "LpPool", [plane], opset=7, p=3, kernel_shape=[2, 3], strides=[2, 1], pads=[1, 0, 1, 2])
case("lp_pool_18", "LpPool", [plane], opset=18, kernel_shape=[2, 3], dilations=[2, 1], ceil_mode=1, strides=[2, 2])
