"""Convolutions of every rank, transposed and grouped, with constant filters and without."""
import numpy as np

from case import P, case, normal


def conv(name, x, w, op="Conv", bias=True, fixed=(1,), **attributes):
    """Filters of unit gain, so that one tolerance serves all sizes."""
    filters = normal(*w) / np.float32(np.sqrt(np.prod(w[1:])))
    group = attributes.get("group", 1)
    outputs = w[0] if op == "Conv" else w[1] * group
    inputs = [normal(*x), P(filters)] + ([P(normal(outputs))] if bias else [])
    case(name, op, inputs, opset=22, fixed={0: list(fixed)}, **attributes)


# Lines: strides, dilations, one-sided pads, groups, auto_pad.
conv("conv_line", (2, 20, 33), (24, 20, 5), pads=[2, 1])
conv("conv_line_strided", (1, 17, 40), (33, 17, 3), strides=[2], pads=[0, 3], bias=False)
conv("conv_line_dilated", (2, 16, 50), (16, 16, 3), dilations=[4], pads=[4, 4])
conv("conv_line_causal", (1, 32, 37), (32, 32, 4), pads=[3, 0])
conv("conv_line_point", (2, 18, 21), (40, 18, 1))
conv("conv_line_depthwise", (1, 48, 60), (48, 1, 31), pads=[15, 15], group=48)
conv("conv_line_groups", (1, 48, 30), (96, 6, 8), pads=[4, 4], group=8)
conv("conv_line_stem", (2, 1, 200), (32, 1, 10), strides=[5])
conv("conv_line_same_upper", (1, 12, 31), (12, 12, 4), strides=[2], auto_pad="SAME_UPPER")
conv("conv_line_same_lower", (1, 12, 31), (12, 12, 4), strides=[3], auto_pad="SAME_LOWER")

# Volumes: all axes windowed, only the outer or inner ones, few and many channels.
conv("conv_volume", (2, 16, 5, 7, 9), (20, 16, 3, 3, 3), pads=[1] * 6)
conv("conv_volume_stem", (1, 3, 6, 12, 11), (18, 3, 3, 5, 5), strides=[1, 2, 2], pads=[1, 2, 2, 1, 2, 2])
conv("conv_volume_outer", (2, 20, 8, 5, 6), (24, 20, 3, 1, 1), strides=[2, 1, 1], pads=[1, 0, 0, 0, 0, 0])
conv("conv_volume_inner", (1, 32, 4, 9, 8), (32, 32, 1, 3, 3), pads=[0, 1, 1, 0, 1, 1])
conv("conv_volume_dilated", (1, 32, 9, 8, 8), (16, 32, 3, 2, 3), dilations=[3, 2, 1], pads=[2, 1, 1, 3, 0, 1], strides=[2, 1, 2])
conv("conv_volume_point", (2, 16, 3, 4, 5), (32, 16, 1, 1, 1))
conv("conv_volume_patches", (1, 3, 4, 16, 16), (24, 3, 2, 8, 8), strides=[2, 8, 8])
conv("conv_volume_groups", (1, 32, 5, 6, 6), (64, 16, 3, 3, 3), group=2, pads=[1] * 6)
conv("conv_volume_depthwise", (2, 20, 5, 6, 7), (20, 1, 3, 3, 3), group=20, pads=[1] * 6)
conv("conv_volume_same", (1, 4, 5, 7, 6), (6, 4, 2, 3, 4), strides=[2, 2, 2], auto_pad="SAME_UPPER")

# Groups whose channels and filters neither divide nor fill blocks of 16.
for group, channels, filters in ((6, 24, 24), (3, 40, 40), (5, 12, 20), (16, 3, 6), (4, 3, 5), (7, 5, 1), (2, 20, 4), (3, 16, 8), (4, 8, 2), (5, 1, 48)):
    conv(f"conv_groups_{group}_{channels}_{filters}", (2, group * channels, 7, 8), (group * filters, channels, 3, 3), group=group, pads=[1, 0, 1, 2],
         strides=[1, 2])
# A multiple of the channels, a few channels to more filters.
for group, channels, filters in ((20, 1, 2), (12, 1, 3), (24, 1, 16), (3, 1, 32), (10, 2, 4), (9, 2, 16), (6, 4, 8), (5, 8, 16), (3, 8, 32)):
    conv(f"conv_multiplied_{group}_{channels}_{filters}", (2, group * channels, 9, 7), (group * filters, channels, 3, 2), group=group, pads=[1, 1, 0, 0])

# Transposed: kernels above, at and below the strides, pads, output padding, dilation, groups.
TRANSPOSED = {
    "stride1": ((2, 20, 6, 7), (20, 24, 3, 3), dict(pads=[1, 1, 1, 1])),
    "stride1_dilated": ((1, 16, 6, 7), (16, 18, 3, 2), dict(dilations=[2, 3], pads=[0, 1, 2, 0])),
    "stride1_groups": ((1, 32, 5, 5), (32, 16, 3, 3), dict(group=2, pads=[2, 2, 0, 1])),
    "k4s2": ((2, 32, 5, 6), (32, 16, 4, 4), dict(strides=[2, 2], pads=[1, 1, 1, 1])),
    "k3s2": ((1, 20, 7, 5), (20, 48, 3, 3), dict(strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 1])),
    "k3s2_odd": ((1, 16, 5, 6), (16, 3, 3, 3), dict(strides=[2, 2], pads=[1, 0, 0, 1])),
    "k5s3": ((1, 18, 4, 5), (18, 32, 5, 5), dict(strides=[3, 3], pads=[1, 2, 2, 0], output_padding=[2, 0])),
    "k2s3": ((1, 16, 4, 4), (16, 16, 2, 2), dict(strides=[3, 3], output_padding=[1, 2])),
    "k2s2": ((2, 16, 4, 5), (16, 20, 2, 2), dict(strides=[2, 2])),
    "k2s2_groups": ((1, 32, 4, 4), (32, 8, 2, 2), dict(strides=[2, 2], group=4)),
    "mixed": ((1, 16, 6, 4), (16, 16, 3, 4), dict(strides=[1, 2], pads=[1, 1, 1, 1])),
    "dilated": ((1, 12, 5, 6), (12, 16, 3, 2), dict(strides=[2, 3], dilations=[2, 2], pads=[1, 0, 2, 1])),
    "depthwise": ((2, 20, 6, 5), (20, 1, 4, 4), dict(strides=[2, 2], pads=[1, 1, 1, 1], group=20)),
    "groups": ((1, 24, 5, 5), (24, 6, 4, 3), dict(strides=[2, 2], pads=[1, 1, 0, 0], group=3)),
    "cut": ((1, 16, 5, 6), (16, 16, 4, 4), dict(strides=[2, 2], pads=[5, 4, 3, 6])),
    "single": ((1, 40, 1, 1), (40, 32, 4, 4), {}),
    "same": ((1, 16, 4, 5), (16, 16, 4, 3), dict(strides=[2, 2], auto_pad="SAME_UPPER")),
    "sized": ((1, 16, 4, 5), (16, 16, 3, 3), dict(strides=[2, 2], output_shape=[8, 10], fixed=(1, 2, 3))),
    "line": ((2, 32, 9), (32, 20, 16), dict(strides=[8], pads=[4, 4])),
    "line_stride1": ((1, 16, 9), (16, 16, 7), dict(pads=[3, 3], dilations=[2])),
    "line_patches": ((1, 16, 9), (16, 24, 4), dict(strides=[4])),
    "volume": ((1, 16, 3, 4, 4), (16, 18, 4, 4, 4), dict(strides=[2, 2, 2], pads=[1] * 6)),
    "volume_patches": ((1, 16, 2, 3, 4), (16, 8, 2, 2, 2), dict(strides=[2, 2, 2])),
    "volume_stride1": ((1, 6, 4, 5, 4), (6, 8, 3, 3, 3), dict(pads=[1] * 6)),
    "sparse": ((1, 16, 3, 3), (16, 16, 1, 1), dict(strides=[5, 3])),
    # A stride and a dilation: phases in another order, moved, or without a tap.
    "s2d3": ((1, 16, 6, 5), (16, 20, 3, 3), dict(strides=[2, 2], dilations=[3, 3])),
    "s3d2": ((2, 17, 4, 5), (17, 5, 3, 4), dict(strides=[3, 3], dilations=[2, 2], pads=[0, 2, 3, 1], output_padding=[1, 2])),
    "s4d6": ((1, 16, 5, 4), (16, 12, 5, 2), dict(strides=[4, 4], dilations=[6, 3], pads=[3, 1, 5, 0])),
    "s5d3": ((1, 4, 3, 4), (4, 3, 2, 3), dict(strides=[5, 5], dilations=[3, 4], pads=[1, 2, 2, 3])),
    "s2d2_groups": ((1, 12, 5, 6), (12, 3, 3, 3), dict(strides=[2, 2], dilations=[2, 3], group=4, pads=[1, 1, 1, 1])),
    "multiplied_dilated": ((2, 8, 6, 5), (8, 2, 5, 3), dict(strides=[2, 3], dilations=[2, 3], group=8, pads=[3, 2, 0, 1], output_padding=[1, 0])),
    "far_tap": ((1, 3, 4, 3), (3, 2, 2, 2), dict(strides=[3, 2], dilations=[7, 9], pads=[5, 4, 3, 6])),
    "very_far_tap": ((1, 2, 3, 3), (2, 2, 2, 2), dict(strides=[2, 2], dilations=[141, 3], pads=[70, 0, 60, 0])),
    "point": ((2, 20, 4, 5), (20, 4, 1, 1), dict(strides=[2, 2], group=5, output_padding=[1, 0])),
    "point_cut": ((1, 16, 4, 5), (16, 3, 1, 1), dict(strides=[1, 3], pads=[1, 1, 0, 2])),
    "line_s3d2": ((2, 9, 7), (9, 20, 4), dict(strides=[3], dilations=[2], pads=[2, 3])),
    "line_depthwise": ((1, 20, 9), (20, 1, 5), dict(strides=[2], group=20, pads=[1, 2])),
    "volume_groups": ((2, 20, 3, 4, 3), (20, 2, 2, 3, 2), dict(strides=[2, 2, 3], dilations=[2, 1, 1], group=10)),
    "volume_point": ((1, 20, 2, 3, 4), (20, 4, 1, 1, 1), dict(strides=[2, 2, 2], group=5)),
    "many_phases": ((1, 2, 3, 2), (2, 2, 66, 1), dict(strides=[67, 1], dilations=[2, 1])),
    "transform": ((1, 10, 6), (10, 1, 130), dict(strides=[65])),
    "wide_stride": ((1, 3, 2, 2), (3, 2, 70, 2), dict(strides=[65, 2])),
}
for kind, (x, w, attributes) in TRANSPOSED.items():
    conv(f"conv_transpose_{kind}", x, w, op="ConvTranspose", **attributes)

# Of f64, which ONNX Runtime does not have; as products of matrices.
DOUBLE = {
    "conv": ((2, 5, 7, 8), (6, 5, 3, 2), dict(strides=[1, 2], pads=[1, 0, 2, 1], dilations=[2, 1])),
    "conv_line": ((2, 5, 17), (3, 5, 4), dict(pads=[3, 0], dilations=[2])),
    "conv_point": ((2, 6, 4, 5), (7, 6, 1, 1), dict(strides=[2, 1])),
    "conv_groups": ((2, 6, 7, 6), (9, 2, 3, 3), dict(group=3, pads=[1, 1, 0, 0])),
    "conv_depthwise": ((2, 6, 7, 6), (6, 1, 3, 2), dict(group=6, pads=[1, 0, 2, 1], strides=[2, 1], dilations=[1, 2])),
    "conv_many_to_one": ((1, 6, 7, 6), (2, 3, 3, 3), dict(group=2)),
    "conv_volume": ((1, 3, 4, 5, 6), (4, 3, 2, 3, 2), dict(pads=[1, 0, 1, 0, 2, 1], strides=[1, 2, 1])),
    "transpose": ((1, 5, 4, 3), (5, 6, 3, 3), dict(strides=[2, 2], pads=[1, 0, 0, 1], output_padding=[1, 0])),
    "transpose_line": ((2, 4, 5), (4, 3, 4), dict(strides=[3], dilations=[2], pads=[2, 3])),
}
for kind, (x, w, attributes) in DOUBLE.items():
    op = "ConvTranspose" if kind.startswith("transpose") else "Conv"
    case(f"{op.lower()}_f64_{kind}", op, [normal(*x).astype(np.float64), P(normal(*w).astype(np.float64))], opset=22, fixed={0: [1]}, **attributes)

# Filters whose number only the run knows.
for kind, x, w, attributes in (("plane", (2, 5, 7, 8), (6, 5, 3, 2), dict(pads=[1, 0, 2, 1], strides=[2, 1])), ("line", (1, 16, 20), (33, 16, 5), dict(pads=[2, 2])),
                               ("groups", (2, 6, 7, 6), (9, 2, 3, 3), dict(group=3, dilations=[2, 1]))):
    case(f"conv_counted_{kind}", "Conv", [normal(*x), normal(*w)], opset=22, fixed={0: [1], 1: range(1, len(w))}, **attributes)

for kind in ("MaxPool", "AveragePool"):
    case(f"{kind.lower()}_line", kind, [normal(2, 24, 31)], fixed={0: [1]}, kernel_shape=[3], strides=[2], pads=[1, 0])
    case(f"{kind.lower()}_line_ceil", kind, [normal(1, 24, 30)], fixed={0: [1]}, kernel_shape=[4], strides=[3], ceil_mode=1)
case("conv_integer_line", "ConvInteger", [np.arange(30, dtype=np.uint8).reshape(1, 3, 10), P(np.arange(12, dtype=np.uint8).reshape(2, 3, 2))])
