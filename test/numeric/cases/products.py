"""Products, windows and rows of element types other than f32. Small integers as floats make every sum exact, in whatever order."""
import ml_dtypes
import numpy as np

from case import P, case, f32, i64

RANDOM = np.random.default_rng(18)
HALF, BRAIN = np.float16, ml_dtypes.bfloat16


def small(dtype, *shape, high=3):
    """Integers in [-high, high]."""
    return RANDOM.integers(-high, high + 1, shape).astype(dtype)


def every(dtype, *shape):
    """All values of an 8-bit type."""
    limits = np.iinfo(dtype)
    return RANDOM.integers(limits.min, limits.max + 1, shape).astype(dtype)


for name, dtype in (("f16", HALF), ("bf16", BRAIN)):
    high = 3 if dtype is HALF else 1
    case(f"matmul_{name}", "MatMul", [small(dtype, 35, 70, high=high), P(small(dtype, 70, 45, high=high))])
    case(f"max_pool_{name}", "MaxPool", [small(dtype, 1, 20, 9, 11)], opset=22, kernel_shape=[3, 2], strides=[2, 1], pads=[1, 0, 1, 1])
    case(f"reduce_sum_{name}", "ReduceSum", [small(dtype, 4, 7, 50), P(i64(-1))])
case("matmul_f16_batch", "MatMul", [small(HALF, 3, 1, 9, 20), small(HALF, 2, 20, 33)])
case("gemm_f16", "Gemm", [small(HALF, 40, 9), P(small(HALF, 50, 40)), P(small(HALF, 50))], transA=1, transB=1)
case("einsum_f16", "Einsum", [small(HALF, 2, 3, 17, 5), small(HALF, 2, 3, 40, 5)], opset=12, equation="bhqd,bhkd->bhqk")
case("conv_f16", "Conv", [small(HALF, 2, 24, 9, 11), P(small(HALF, 40, 24, 3, 3)), P(small(HALF, 40))], opset=11, fixed={1: ...}, pads=[1, 1, 1, 1])
case("conv_f16_depthwise", "Conv", [small(HALF, 1, 32, 8, 7), P(small(HALF, 32, 1, 3, 3))], opset=11, fixed={1: ...}, group=32, strides=[2, 2])
case("conv_transpose_f16", "ConvTranspose", [small(HALF, 1, 8, 5, 4), P(small(HALF, 8, 6, 2, 2))], opset=11, fixed={1: ...}, strides=[2, 2])
case("average_pool_f16", "AveragePool", [small(HALF, 1, 20, 8, 8)], opset=22, kernel_shape=[2, 2], strides=[2, 2])
case("layer_norm_f16", "LayerNormalization", [small(HALF, 6, 70), np.ones(70, HALF)], opset=17)
case("softmax_f16", "Softmax", [small(HALF, 3, 5, 77)])
real = RANDOM.standard_normal((2, 3, 37, 300)), RANDOM.standard_normal((3, 300, 21))
case("matmul_f64", "MatMul", [*real])
case("matmul_f64_weights", "MatMul", [real[0], P(real[1][0])])
case("gemm_f64", "Gemm", [real[0][0, 0], real[1][0].T.copy(), RANDOM.standard_normal(21)], transB=1, alpha=0.5)
case("softmax_f64", "Softmax", [small(np.float64, 3, 5, 77)])
case("lstm_f16", "LSTM", [small(HALF, 5, 2, 6, high=1), P(small(HALF, 1, 28, 6, high=1)), P(small(HALF, 1, 28, 7, high=1))], opset=14, outputs=3,
     fixed={1: ..., 2: ...}, hidden_size=7)

# Sums that just pass what f32 holds exactly, or far: each must come out to the last bit.
full = np.full
case("matmul_integer_full", "MatMulInteger", [full((9, 1000), 255, np.uint8), P(full((1000, 40), 255, np.uint8))], opset=10)
case("matmul_integer_low", "MatMulInteger", [full((9, 1000), 0, np.uint8), P(full((1000, 40), -128, np.int8)), np.uint8(255), P(np.int8(127))], opset=10)
case("matmul_integer_signed", "MatMulInteger", [full((9, 1030), -128, np.int8), P(full((1030, 40), -128, np.int8))], opset=10)
case("matmul_integer_every", "MatMulInteger",
     [every(np.uint8, 2, 1, 21, 530), every(np.int8, 3, 530, 37), every(np.uint8, 1)[0], every(np.int8, 1)[0]], opset=10)
case("matmul_integer_points", "MatMulInteger",
     [every(np.uint8, 21, 530), P(every(np.uint8, 530, 37)), np.uint8(3), P(every(np.uint8, 37))], opset=10)
for point in (0, 1, 128, 255):
    case(f"matmul_integer_point_{point}", "MatMulInteger", [every(np.uint8, 8, 300), P(every(np.uint8, 300, 33)), np.uint8(point), P(np.uint8(255 - point))], opset=10)
case("qlinear_matmul_long", "QLinearMatMul", [every(np.uint8, 9, 700), f32(0.01)[0], np.uint8(110), P(every(np.int8, 700, 40)), P(f32(0.003)[0]), P(np.int8(-3)),
     f32(0.9)[0], np.uint8(99)], opset=10)
case("conv_integer_full", "ConvInteger", [full((1, 64, 6, 7), 255, np.uint8), P(full((20, 64, 3, 3), 255, np.uint8))], opset=10, fixed={1: ...}, pads=[1, 1, 1, 1])
case("conv_integer_every", "ConvInteger", [every(np.uint8, 1, 32, 6, 7), P(every(np.uint8, 40, 32, 3, 3)), np.uint8(255), P(np.uint8(0))],
     opset=10, fixed={1: ...}, pads=[1, 0, 1, 2], strides=[2, 1])
case("qlinear_conv_wide", "QLinearConv", [every(np.uint8, 1, 40, 8, 9), f32(0.02)[0], np.uint8(120), P(every(np.int8, 24, 40, 3, 3)), P(np.full(24, 0.01, np.float32)),
     P(np.zeros(24, np.int8)), f32(0.7)[0], np.uint8(128), P(RANDOM.integers(-9999, 9999, 24).astype(np.int32))], opset=10, fixed={3: ...}, pads=[1, 1, 1, 1])
# Pairs of integers: depths and blocks of channels without a partner.
for depth in (1, 2, 3):
    case(f"matmul_integer_depth_{depth}", "MatMulInteger", [every(np.uint8, 5, depth), P(every(np.int8, depth, 34)), np.uint8(7)], opset=10)
for channels in (16, 17, 33, 49, 80):
    case(f"conv_integer_channels_{channels}", "ConvInteger", [every(np.uint8, 1, channels, 5, 6), P(every(np.uint8, 19, channels, 2, 2)), np.uint8(99), P(np.uint8(3))],
         opset=10, fixed={1: ...}, pads=[1, 1, 0, 0])
