"""Quantisation."""
import numpy as np

from case import case, f32, ints, normal, uniform

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
