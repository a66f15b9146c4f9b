"""Windows, normalisation."""
import numpy as np

from case import RANDOM, P, case, i64, normal, uniform

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
