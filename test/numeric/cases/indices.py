"""Indices, order."""
import itertools

import numpy as np
from onnx import TensorProto

from case import RANDOM, P, case, f32, i64, ints, normal, ties, x345

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
case("hardmax_11_wide", "Hardmax", [normal(2, 3, 4)], axis=1, opset=11)
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
