"""Where a narrow type, a broadcast or a last window is easily got wrong."""
import numpy as np

from case import P, case, f32, i64, ints, normal

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
