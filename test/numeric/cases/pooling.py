"""Windows: padding, strides, dilation, rounding up."""
import numpy as np

from case import case, ints, normal, plane

for since in (7, 10, 11, 19):
    case(f"average_pool_{since}", "AveragePool", [plane], opset=since, kernel_shape=[3, 2], strides=[2, 3], pads=[1, 0, 1, 1])
    case(f"average_pool_{since}_include", "AveragePool", [plane], opset=since, kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1)
for include in (0, 1):
    case(f"average_pool_ceil_{include}", "AveragePool", [plane], opset=19, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], ceil_mode=1,
         count_include_pad=include)
    case(f"average_pool_dilated_{include}", "AveragePool", [plane], opset=19, kernel_shape=[2, 3], dilations=[3, 2], pads=[1, 2, 2, 1],
         count_include_pad=include)
for pads in ("SAME_UPPER", "SAME_LOWER", "VALID"):
    case(f"average_pool_{pads}", "AveragePool", [plane], opset=11, kernel_shape=[3, 2], strides=[2, 2], auto_pad=pads)
    case(f"max_pool_{pads}", "MaxPool", [plane], opset=12, kernel_shape=[3, 4], strides=[2, 3], auto_pad=pads)
    case(f"conv_{pads}", "Conv", [plane, normal(4, 3, 3, 2)], opset=11, fixed={1: ...}, strides=[2, 2], auto_pad=pads)
    case(f"conv_transpose_{pads}", "ConvTranspose", [plane, normal(3, 4, 3, 2)], opset=11, fixed={1: ...}, strides=[2, 2], auto_pad=pads)
case("max_pool_7", "MaxPool", [plane], opset=7, kernel_shape=[2, 2], strides=[2, 2])
case("max_pool_10_ceil", "MaxPool", [plane], opset=10, kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1, dilations=[1, 2])
case("max_pool_12_u8", "MaxPool", [ints(0, 255, 1, 2, 5, 6, dtype=np.uint8)], opset=12, kernel_shape=[2, 3])
case("max_pool_3d", "MaxPool", [normal(1, 2, 5, 4, 6)], opset=12, kernel_shape=[2, 2, 3], strides=[2, 1, 2], pads=[1, 0, 0, 0, 1, 1])
case("conv_7_group", "Conv", [normal(2, 6, 9), normal(4, 3, 3), normal(4)], opset=7, fixed={1: ...}, group=2, dilations=[2], pads=[1, 2])
case("conv_3d", "Conv", [normal(1, 2, 5, 6, 4), normal(3, 2, 2, 3, 2)], opset=11, fixed={1: ...}, strides=[2, 1, 1], pads=[1, 0, 1, 0, 2, 0])
case("conv_depthwise", "Conv", [normal(2, 6, 7, 7), normal(12, 1, 3, 3), normal(12)], opset=11, fixed={1: ...}, group=6, pads=[1, 1, 1, 1], strides=[2, 1])
case("conv_transpose_7", "ConvTranspose", [plane, normal(3, 4, 3, 2), normal(4)], opset=7, fixed={1: ...}, strides=[2, 3], pads=[1, 0, 0, 1],
     output_padding=[1, 2])
case("conv_transpose_shape", "ConvTranspose", [plane, normal(3, 4, 3, 2)], opset=11, fixed={0: [2, 3], 1: ...}, strides=[2, 2], output_shape=[15, 17])
case("conv_transpose_group", "ConvTranspose", [normal(2, 6, 5), normal(6, 2, 4)], opset=11, fixed={1: ...}, group=3, dilations=[2], strides=[2])
