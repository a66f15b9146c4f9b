#!/usr/bin/env python3
"""Makes one-operator tests under build/numeric/<operator>/ in ONNX's layout: model.onnx, test_data_set_0/{input,output}_K.pb.

usage: build/venv/bin/python test/numeric/make_cases.py [--list] [REGEX]      all cases by default

What ONNX's own backend tests leave out: other shapes, attributes and element types, and the same node with symbolic dims (suffix
`_dynamic`) or with its parameters as constants (suffix `_constant`). The expected outputs are ONNX Runtime's; where it does not
know the operator, those of ONNX's reference evaluator.
"""
import argparse
import itertools
import os
import re
import shutil
import sys

import ml_dtypes
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OUT = os.path.join(ROOT, "build", "numeric")
onnxruntime.set_default_logger_severity(4)

RANDOM = np.random.default_rng(20261122)
CASES = {}


def normal(*shape):
    return RANDOM.standard_normal(shape).astype(np.float32)


def uniform(*shape):
    return RANDOM.random(shape).astype(np.float32)


def ints(low, high, *shape, dtype=np.int64):
    return RANDOM.integers(low, high, shape).astype(dtype)


def i64(*values):
    return np.array(values, np.int64)


def f32(*values):
    return np.array(values, np.float32)


class P:
    """A parameter: an input whose value decides about shapes or modes."""

    def __init__(self, value):
        self.value = np.asarray(value)


def case(name, op, inputs, outputs=1, opset=24, domain="", fixed=None, reference=False, **attributes):
    """`fixed`: input -> the axes whose extents mlc must know (... for all); `reference`: ONNX Runtime does not follow the standard."""
    if name in CASES:
        raise SystemExit(f"two cases named {name}")
    CASES[name] = (op, inputs, outputs, opset, domain, fixed or {}, reference, attributes)


def value_info(name, array, dynamic, fixed):
    known = range(array.ndim) if fixed is ... else [axis % array.ndim for axis in fixed]
    shape = [f"{name}_{i}" if dynamic and i not in known else d for i, d in enumerate(array.shape)]
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), shape)


def build(op, inputs, outputs, opset, domain, fixed, attributes, dynamic, constant):
    names, graph_inputs, constants, feeds = [], [], [], {}
    for k, value in enumerate(inputs):
        if value is None:
            names.append("")
            continue
        name = f"x{k}"
        names.append(name)
        parameter = isinstance(value, P)
        array = value.value if parameter else np.asarray(value)
        if parameter and constant:
            constants.append(numpy_helper.from_array(array, name))
        else:
            feeds[name] = array
            graph_inputs.append(value_info(name, array, dynamic and not parameter, fixed.get(k, ())))
    results = [f"y{k}" for k in range(outputs)]
    node = helper.make_node(op, names, results, name=op.lower(), domain=domain, **attributes)
    graph_outputs = [helper.make_empty_tensor_value_info(r) for r in results]
    graph = helper.make_graph([node], "case", graph_inputs, graph_outputs, constants)
    opsets = [helper.make_opsetid("", opset)] + ([helper.make_opsetid(domain, 1)] if domain else [])
    model = helper.make_model(graph, opset_imports=opsets, ir_version=10)
    return model, feeds


def expected(model, feeds, reference):
    """(values, who computed them)"""
    try:
        if reference:
            raise NotImplementedError
        session = onnxruntime.InferenceSession(model.SerializeToString())
        return session.run(None, feeds), "onnxruntime"
    except Exception:  # an operator, type or opset that it does not have
        return ReferenceEvaluator(model).run(None, feeds), "onnx"


def declare_outputs(model, values):
    del model.graph.output[:]
    for k, value in enumerate(values):
        dims = [None] * value.ndim
        model.graph.output.append(helper.make_tensor_value_info(f"y{k}", helper.np_dtype_to_tensor_dtype(value.dtype), dims))


def write(name, model, feeds, values):
    folder = os.path.join(OUT, name)
    shutil.rmtree(folder, ignore_errors=True)
    data = os.path.join(folder, "test_data_set_0")
    os.makedirs(data)
    onnx.save(model, os.path.join(folder, "model.onnx"))
    with open(os.path.join(folder, "tolerance.txt"), "w") as f:
        f.write("1e-3 1e-5\n")
    for kind, arrays in (("input", list(feeds.values())), ("output", values)):
        for k, array in enumerate(arrays):
            with open(os.path.join(data, f"{kind}_{k}.pb"), "wb") as f:
                f.write(numpy_helper.from_array(np.asarray(array)).SerializeToString())


# ---------------------------------------------------------------------------------------------------------------------------------
# Indices, order

x345, m57 = normal(3, 4, 5), normal(5, 7)
for axis in (-1, 0, 1):
    case(f"gather_elements_{axis}", "GatherElements", [x345, ints(-3, 3, 3, 4, 5)], axis=axis)
case("gather_elements_fewer", "GatherElements", [x345, ints(0, 5, 2, 3, 6)], axis=2)
case("gather_nd_slices", "GatherND", [x345, ints(0, 3, 2, 6, 1)], fixed={1: [-1]})
case("gather_nd_batch", "GatherND", [normal(3, 4, 5, 2), ints(-4, 4, 3, 6, 2)], fixed={1: [-1]}, batch_dims=1)
case("gather_nd_batch2", "GatherND", [normal(3, 4, 5, 2), ints(0, 5, 3, 4, 1)], fixed={1: [-1]}, batch_dims=2)
for reduction in ("none", "add", "mul", "max", "min"):
    indices = np.stack([RANDOM.permutation(4)[:3] for _ in range(3)])[:, :, None].repeat(5, 2) if reduction == "none" else ints(0, 4, 3, 3, 5)
    case(f"scatter_elements_{reduction}", "ScatterElements", [x345, indices, normal(3, 3, 5)], axis=1, reduction=reduction)
    tuples = np.array([[0, 1], [2, 3], [1, 1]] if reduction == "none" else [[0, 1], [2, 3], [0, 1]])
    case(f"scatter_nd_{reduction}", "ScatterND", [x345, tuples, normal(3, 5)], reduction=reduction)
case("scatter_elements_ints", "ScatterElements", [ints(0, 9, 6, dtype=np.int32), i64(-1, 2, -1), ints(0, 9, 3, dtype=np.int32)], reduction="add")
case("nonzero_3d", "NonZero", [ints(0, 2, 3, 4, 5)])
case("nonzero_none", "NonZero", [np.zeros((3, 2), np.float32)])
case("compress_axis", "Compress", [x345, ints(0, 2, 4, dtype=bool)], axis=1)
case("compress_short", "Compress", [x345, ints(0, 2, 3, dtype=bool)], axis=-1)
case("compress_flat", "Compress", [x345, ints(0, 2, 40, dtype=bool)])
case("onehot_mid", "OneHot", [ints(-4, 6, 3, 2), P(np.int64(6)), f32(-1, 2)], axis=1)
case("reverse_sequence", "ReverseSequence", [normal(6, 4, 3), ints(0, 7, 4)], time_axis=0, batch_axis=1)
case("reverse_sequence_batch_first", "ReverseSequence", [normal(4, 6, 3), ints(1, 7, 4)], time_axis=1, batch_axis=0)
ties = ints(0, 4, 5, 7).astype(np.float32)
for op, last, axis in itertools.product(("ArgMax", "ArgMin"), (0, 1), (0, -1)):
    case(f"{op.lower()}_{last}_{axis}", op, [ties], axis=axis, select_last_index=last, keepdims=0, opset=13)
case("argmax_i8", "ArgMax", [ints(-100, 100, 4, 9, dtype=np.int8)], axis=1)
for largest, axis in itertools.product((0, 1), (0, 1, 2)):
    case(f"topk_{largest}_{axis}", "TopK", [ints(-9, 9, 4, 5, 6).astype(np.float32), P(i64(3))], outputs=2, axis=axis, largest=largest)
case("topk_all", "TopK", [normal(2, 33), P(i64(33))], outputs=2)
case("topk_i32", "TopK", [ints(-9, 9, 50, dtype=np.int32), P(i64(7))], outputs=2)
case("topk_none", "TopK", [normal(3, 4), P(i64(0))], outputs=2)
for sorted_, axis in itertools.product((0, 1), (None, 0, 1)):
    attributes = {} if axis is None else {"axis": axis}
    case(f"unique_{sorted_}_{axis}", "Unique", [ints(0, 3, 6, 3).astype(np.float32)], outputs=4, sorted=sorted_, **attributes)
case("unique_i64", "Unique", [ints(0, 9, 40)], outputs=4)
for exclusive, reverse, axis in itertools.product((0, 1), (0, 1), (0, 1, -1)):
    case(f"cumsum_{exclusive}{reverse}_{axis}", "CumSum", [x345, P(np.int64(axis))], exclusive=exclusive, reverse=reverse)
case("cumsum_i32", "CumSum", [ints(-9, 9, 3, 7, dtype=np.int32), P(np.int32(1))])
case("cumprod", "CumProd", [normal(4, 6), P(np.int64(1))], opset=26, exclusive=1, reverse=1)
case("hardmax", "Hardmax", [ties], axis=0)
case("hardmax_11", "Hardmax", [normal(2, 3, 4)], axis=1, opset=11)
case("det_large", "Det", [normal(2, 7, 7)])
case("det_singular", "Det", [np.ones((3, 3), np.float32)])
case("trilu_lower", "Trilu", [normal(2, 4, 6), P(np.int64(-1))], upper=0)
case("trilu_upper_i64", "Trilu", [ints(0, 9, 5, 3), P(np.int64(2))])
case("eyelike", "EyeLike", [normal(4, 6)], k=-1, dtype=TensorProto.INT32)
case("range_i32", "Range", [P(np.int32(10)), P(np.int32(-7)), P(np.int32(-3))])
case("range_f32", "Range", [P(np.float32(0.5)), P(np.float32(9.7)), P(np.float32(0.7))])
case("range_f64", "Range", [P(np.float64(3)), P(np.float64(-4)), P(np.float64(-0.5))])
case("range_empty", "Range", [P(np.int64(3)), P(np.int64(1)), P(np.int64(1))])
case("tensor_scatter", "TensorScatter", [normal(2, 3, 6, 4), normal(2, 3, 2, 4), i64(1, 4)])
case("tensor_scatter_circular", "TensorScatter", [normal(2, 6, 4), normal(2, 3, 4), i64(4, 5)], axis=1, mode="circular")

# ---------------------------------------------------------------------------------------------------------------------------------
# Sampling

image = normal(1, 2, 5, 6)
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
case("max_roi_pool", "MaxRoiPool", [normal(2, 3, 7, 8), f32(0, 0, 0, 4, 5, 1, 1, 2, 6, 3).reshape(2, 5)], pooled_shape=[2, 3], spatial_scale=0.9)
corner = uniform(2, 12, 2) * 8
boxes = np.concatenate([corner, corner + uniform(2, 12, 2) * 4 + 0.5], 2).astype(np.float32)
for center in (0, 1):
    case(f"nms_{center}", "NonMaxSuppression", [boxes, uniform(2, 3, 12), P(i64(4)), P(f32(0.3)), P(f32(0.2))], center_point_box=center, opset=11)
case("nms_no_score", "NonMaxSuppression", [boxes, uniform(2, 3, 12), P(i64(100)), P(f32(0.1))], opset=11)

# ---------------------------------------------------------------------------------------------------------------------------------
# Windows, normalisation

case("maxpool_indices", "MaxPool", [normal(2, 3, 7, 8)], outputs=2, kernel_shape=[3, 2], strides=[2, 1], pads=[1, 0, 1, 1], opset=12)
case("maxpool_indices_ceil", "MaxPool", [normal(1, 2, 7, 6)], outputs=2, kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1, opset=12)
case("maxpool_indices_dilated_1d", "MaxPool", [normal(2, 2, 11)], outputs=2, kernel_shape=[3], dilations=[2], opset=12)
flat = np.stack([RANDOM.choice(30, 6, replace=False) for _ in range(4)]).reshape(1, 4, 2, 3) + np.arange(4).reshape(1, 4, 1, 1) * 24
case("max_unpool", "MaxUnpool", [normal(1, 4, 2, 3), np.minimum(flat, 95)], kernel_shape=[2, 2], strides=[2, 2], opset=11)
case("lrn", "LRN", [normal(2, 7, 3, 4)], size=5, alpha=0.3, beta=0.6, bias=2.0)
# ONNX Runtime refuses an even size; the reference is right only for as many samples as channels.
case("lrn_even", "LRN", [normal(7, 7, 3, 4)], size=4, alpha=0.3, beta=0.6, bias=2.0)
case("col2im", "Col2Im", [normal(2, 12, 20), P(i64(5, 6)), P(i64(2, 2))], opset=18)
case("col2im_strided", "Col2Im", [normal(1, 8, 9), P(i64(6, 6)), P(i64(2, 2))], opset=18, strides=[2, 2])
case("col2im_1d", "Col2Im", [normal(1, 6, 5), P(i64(9)), P(i64(3))], opset=18, dilations=[2], pads=[0, 0], reference=True)
case("deform_conv", "DeformConv", [normal(1, 4, 6, 7), normal(6, 2, 3, 2), normal(1, 24, 4, 6) * 0.5, normal(6), uniform(1, 12, 4, 6)],
     opset=19, fixed={1: ...}, kernel_shape=[3, 2], group=2, offset_group=2)
case("deform_conv_strided", "DeformConv", [normal(2, 2, 7, 7), normal(3, 2, 3, 3), normal(2, 18, 4, 4)], opset=19, fixed={1: ...}, kernel_shape=[3, 3],
     strides=[2, 2], pads=[1, 1, 1, 1])
case("instance_norm", "InstanceNormalization", [normal(2, 3, 4, 5), normal(3), normal(3)], epsilon=1e-3)
case("instance_norm_1d", "InstanceNormalization", [normal(2, 3, 9), normal(3), normal(3)])
case("group_norm_18", "GroupNormalization", [normal(2, 6, 3, 4), normal(3), normal(3)], num_groups=3, opset=18)
case("group_norm_21", "GroupNormalization", [normal(2, 6, 5), normal(6), normal(6)], num_groups=2, opset=21)
case("mvn_axes", "MeanVarianceNormalization", [normal(3, 4, 5)], axes=[0, 2])
for p in (1, 2):
    case(f"lp_norm_{p}", "LpNormalization", [np.concatenate([normal(3, 4), np.zeros((1, 4), np.float32)])], p=p, axis=1)

# ---------------------------------------------------------------------------------------------------------------------------------
# Quantisation

scale, point = f32(0.07), np.array([3], np.uint8)
case("quantize_u8", "QuantizeLinear", [normal(4, 5) * 9, np.float32(0.07), np.uint8(128)], opset=13)
case("quantize_i8_axis", "QuantizeLinear", [normal(3, 4, 5) * 9, uniform(4) + 0.05, ints(-9, 9, 4, dtype=np.int8)], opset=13, axis=1)
case("quantize_block", "QuantizeLinear", [normal(3, 7) * 9, uniform(3, 3) + 0.05, ints(0, 9, 3, 3, dtype=np.uint8)], opset=21, axis=1, block_size=3)
case("quantize_u16", "QuantizeLinear", [normal(4, 5) * 900, np.float32(0.07), np.uint16(1280)], opset=21)
case("dequantize_block", "DequantizeLinear", [ints(0, 255, 6, 5, dtype=np.uint8), uniform(3, 5), ints(0, 9, 3, 5, dtype=np.uint8)], opset=21, axis=0, block_size=2)
case("dequantize_i32", "DequantizeLinear", [ints(-900, 900, 4, 5, dtype=np.int32), np.float32(0.02)], opset=13)
case("dequantize_axis", "DequantizeLinear", [ints(-99, 99, 4, 5, dtype=np.int8), uniform(5), ints(-9, 9, 5, dtype=np.int8)], opset=13, axis=-1)
case("dynamic_quantize", "DynamicQuantizeLinear", [normal(5, 6) * 3 + 1], outputs=3, opset=11)
case("dynamic_quantize_positive", "DynamicQuantizeLinear", [uniform(3, 4) + 2], outputs=3, opset=11)
a8, b8 = ints(0, 255, 2, 3, 8, dtype=np.uint8), ints(-99, 99, 8, 5, dtype=np.int8)
case("matmul_integer", "MatMulInteger", [a8, b8, np.uint8(7), ints(-9, 9, 5, dtype=np.int8)], opset=10)
case("matmul_integer_plain", "MatMulInteger", [a8, b8], opset=10)
case("conv_integer", "ConvInteger", [ints(0, 255, 1, 4, 6, 7, dtype=np.uint8), ints(0, 255, 6, 2, 3, 3, dtype=np.uint8), np.uint8(100), np.uint8(90)],
     opset=10, fixed={1: ...}, group=2, pads=[1, 1, 1, 1], strides=[2, 1])
case("qlinear_matmul", "QLinearMatMul", [a8, np.float32(0.02), np.uint8(110), b8, np.float32(0.03), np.int8(3), np.float32(0.05), np.uint8(99)], opset=10)
case("qlinear_conv", "QLinearConv", [ints(0, 255, 1, 4, 6, 7, dtype=np.uint8), np.float32(0.02), np.uint8(120), ints(-99, 99, 6, 2, 3, 3, dtype=np.int8),
     uniform(6) * 0.02 + 0.01, np.zeros(6, np.int8), np.float32(0.3), np.uint8(128), ints(-999, 999, 6, dtype=np.int32)], opset=10, fixed={3: ...}, group=2)

# ---------------------------------------------------------------------------------------------------------------------------------
# Losses, spectra, sums

for reduction in ("none", "mean", "sum"):
    case(f"nll_{reduction}", "NegativeLogLikelihoodLoss", [normal(3, 5, 4), ints(0, 5, 3, 4), uniform(5)], opset=13, reduction=reduction, ignore_index=2)
    case(f"sce_{reduction}", "SoftmaxCrossEntropyLoss", [normal(3, 5, 4, 2), ints(0, 5, 3, 4, 2)], outputs=2, opset=13, reduction=reduction)
case("sce_weighted", "SoftmaxCrossEntropyLoss", [normal(6, 5), ints(0, 5, 6), uniform(5)], opset=13, ignore_index=-1)
for equation, shapes in {
    "ij,jk->ik": [(3, 4), (4, 5)], "bij,bkj->bik": [(2, 3, 4), (2, 5, 4)], "...ij,...jk": [(2, 3, 4), (2, 4, 5)],
    "bhqd,bhkd->bhqk": [(2, 3, 4, 5), (2, 3, 6, 5)], "ij->ji": [(3, 4)], "ij->": [(3, 4)], "ii->i": [(4, 4)], "ii": [(4, 4)],
    "i,j->ij": [(3,), (4,)], "ijk,k->ij": [(2, 3, 4), (4,)], "ab,bc,cd->ad": [(2, 3), (3, 4), (4, 5)], "abc,cd,b->ad": [(2, 3, 4), (4, 5), (3,)],
    "...d,...d->...": [(2, 3, 4), (3, 4)], "bn,anm,bm->ba": [(2, 3), (4, 3, 5), (2, 5)], "abcd->dbca": [(2, 3, 4, 5)], "a b , b c": [(2, 3), (3, 4)],
}.items():
    case("einsum_" + re.sub(r"\W", lambda m: {"-": "", ">": "_to_", ",": "_", ".": "e", " ": ""}[m.group()], equation), "Einsum",
         [normal(*shape) for shape in shapes], opset=12, equation=equation)
case("dft", "DFT", [normal(2, 9, 3, 1), None, P(np.int64(1))], fixed={0: [-1]}, opset=20)
case("dft_complex", "DFT", [normal(2, 8, 2), P(np.int64(11)), P(np.int64(-2))], fixed={0: [-1]}, opset=20)
case("dft_onesided", "DFT", [normal(3, 10, 1), P(np.int64(7))], fixed={0: [-1]}, opset=20, onesided=1)
case("dft_inverse", "DFT", [normal(2, 8, 2)], fixed={0: [-1]}, opset=20, inverse=1)
case("dft_17", "DFT", [normal(2, 8, 5, 1)], fixed={0: [-1]}, opset=17, axis=2)
case("stft", "STFT", [normal(2, 40, 1), P(np.int64(6)), uniform(12)], fixed={0: [-1]}, opset=17)
case("stft_two_sided", "STFT", [normal(1, 30, 1), P(np.int64(5)), None, P(np.int64(10))], fixed={0: [-1]}, opset=17, onesided=0)
for op in ("HannWindow", "HammingWindow", "BlackmanWindow"):
    for periodic in (0, 1):
        case(f"{op.lower()}_{periodic}", op, [P(np.int64(11))], opset=17, periodic=periodic)
case("mel_weights", "MelWeightMatrix", [P(np.int64(20)), P(np.int64(256)), P(np.int64(16000)), P(np.float32(80)), P(np.float32(7600))], opset=17)

# ---------------------------------------------------------------------------------------------------------------------------------
# Attention

q, k, v = normal(2, 4, 3, 8), normal(2, 4, 6, 8), normal(2, 4, 6, 5)
case("attention", "Attention", [q, k, v])
case("attention_causal", "Attention", [q, k, v], is_causal=1)
case("attention_mask", "Attention", [q, k, v, normal(2, 1, 3, 6)], scale=0.3)
case("attention_bool", "Attention", [q, k, v, ints(0, 3, 3, 6).astype(bool) | np.eye(3, 6, dtype=bool)])
case("attention_gqa", "Attention", [normal(2, 6, 3, 8), normal(2, 2, 6, 8), normal(2, 2, 6, 8)])
case("attention_softcap", "Attention", [q, k, v], softcap=1.5)
case("attention_past", "Attention", [q, normal(2, 4, 3, 8), normal(2, 4, 3, 5), None, normal(2, 4, 5, 8), normal(2, 4, 5, 5)], outputs=3, is_causal=1)
case("attention_3d", "Attention", [normal(2, 3, 24), normal(2, 5, 12), normal(2, 5, 20)], q_num_heads=4, kv_num_heads=2)
for mode in range(4):
    case(f"attention_qk_{mode}", "Attention", [q, k, v, normal(3, 6)], outputs=4, qk_matmul_output_mode=mode)
case("rotary", "RotaryEmbedding", [normal(2, 4, 3, 8), normal(50, 4), normal(50, 4), ints(0, 50, 2, 3)], opset=23)
case("rotary_interleaved", "RotaryEmbedding", [normal(2, 3, 32), normal(2, 3, 3), normal(2, 3, 3)], opset=23, interleaved=1, num_heads=4, rotary_embedding_dim=6)

# ---------------------------------------------------------------------------------------------------------------------------------
# Others

case("center_crop_pad", "CenterCropPad", [normal(5, 8, 3), P(i64(8, 3))], opset=18, axes=[0, 1])
case("tfidf", "TfIdfVectorizer", [ints(0, 4, 3, 9, dtype=np.int32)], opset=9, mode="TFIDF", min_gram_length=1, max_gram_length=3, max_skip_count=1,
     ngram_counts=[0, 3, 7], ngram_indexes=[0, 1, 2, 4, 3, 5], pool_int64s=[0, 2, 3, 1, 2, 3, 3, 0, 1, 2], weights=[1.0, 2.0, 3.0, 0.5, 0.25, 4.0])
case("asinh_wide", "Asinh", [f32(-1e20, -3, -1e-4, -0.0, 0, 2e-7, 0.5, 7, 3e15)])
case("acosh_wide", "Acosh", [f32(1, 1.00001, 1.5, 40, 1e20)])
case("atanh_wide", "Atanh", [f32(-1, -0.99999, -1e-6, 0, 0.3, 0.999, 1)])

# Sums that have no f16 although the result has one; means of many elements.
large = np.full((3, 2000), 100, np.float16)
case("reduce_mean_f16_large", "ReduceMean", [large, P(i64(1))])
case("reduce_l2_f16_large", "ReduceL2", [large, P(i64(1))])
case("reduce_log_sum_f16_large", "ReduceLogSum", [large, P(i64(1))])
case("global_average_pool_f16_large", "GlobalAveragePool", [large.reshape(3, 1, 40, 50)])
case("mean_f16_large", "Mean", [np.full((4,), 60000, np.float16)] * 3)
case("lp_normalization_f16_large", "LpNormalization", [np.full((2, 3), 300, np.float16)], opset=22, axis=1, p=2)
# Integers where the way goes through real numbers.
case("reduce_l2_i64", "ReduceL2", [ints(-9, 9, 3, 4), P(i64(1))])
case("reduce_log_sum_exp_i32", "ReduceLogSumExp", [ints(1, 9, 3, 4, dtype=np.int32), P(i64(0))])
case("pow_i32_f32", "Pow", [np.array([2, 3, 9, 7], np.int32), f32(2.5, 0.5, 0.5, 2)])
case("shrink_i32", "Shrink", [np.arange(-4, 5, dtype=np.int32)], opset=9, lambd=1.5, bias=1.0)
# Batch dims of products and masks that only the running model knows.
case("matmul_integer_batch", "MatMulInteger", [ints(0, 255, 1, 3, 4, dtype=np.uint8), ints(0, 255, 2, 4, 5, dtype=np.uint8)], opset=10)
case("matmul_batch", "MatMul", [normal(2, 1, 3, 4), normal(5, 4, 2)])
case("attention_mask_shared", "Attention", [normal(2, 2, 3, 4), normal(2, 2, 5, 4), normal(2, 2, 5, 4), normal(2, 1, 3, 5)])
case("attention_mask_row", "Attention", [normal(2, 2, 3, 4), normal(2, 2, 5, 4), normal(2, 2, 5, 4), normal(1, 5)])
# A last window that would start in the padding behind the input.
for extent in (5, 6, 7):
    case(f"max_pool_ceil_{extent}", "MaxPool", [normal(1, 2, extent, extent)], opset=22, kernel_shape=[2, 2], strides=[3, 3], pads=[0, 0, 1, 1], ceil_mode=1)
    case(f"average_pool_ceil_{extent}", "AveragePool", [normal(1, 2, extent)], opset=22, kernel_shape=[3], strides=[2], pads=[1, 1], ceil_mode=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("regex", nargs="?", default="")
    parser.add_argument("--list", action="store_true")
    arguments = parser.parse_args()
    count = {"onnxruntime": 0, "onnx": 0}
    for name, (op, inputs, outputs, opset, domain, fixed, reference, attributes) in CASES.items():
        if not re.search(arguments.regex, name):
            continue
        if arguments.list:
            print(name)
            continue
        variants = [("", False, False), ("_dynamic", True, False)]
        if any(isinstance(value, P) for value in inputs):
            variants += [("_constant", False, True), ("_dynamic_constant", True, True)]
        for suffix, dynamic, constant in variants:
            model, feeds = build(op, inputs, outputs, opset, domain, fixed, attributes, dynamic, constant)
            try:
                values, oracle = expected(model, feeds, reference)
            except Exception as error:
                print(f"{name}: no oracle: {str(error)[:200]}", file=sys.stderr)
                break
            values = [np.asarray(value) for value in values]
            declare_outputs(model, values)
            write(name + suffix, model, feeds, values)
            count[oracle] += 1
    if not arguments.list:
        print(f"{sum(count.values())} cases under {OUT}: {count['onnxruntime']} by ONNX Runtime, {count['onnx']} by ONNX's reference")


if __name__ == "__main__":
    main()
