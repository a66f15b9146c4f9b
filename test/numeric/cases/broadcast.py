"""Dims that are 1 only at run time."""
import numpy as np

from case import P, case, i64, ints, k, normal, q, v

case("add_1", "Add", [normal(3, 1, 5), normal(1, 4, 1)])
case("where_1", "Where", [ints(0, 2, 3, 1).astype(bool), normal(1, 4), normal(3, 1)])
case("matmul_1", "MatMul", [normal(1, 3, 4, 5), normal(2, 1, 5, 6)])
case("matmul_vector", "MatMul", [normal(5), normal(2, 5, 6)])
case("matmul_integer_1", "MatMulInteger", [ints(0, 255, 1, 3, 4, dtype=np.uint8), ints(0, 255, 2, 4, 5, dtype=np.uint8)], opset=10)
case("gemm_1", "Gemm", [normal(3, 4), normal(4, 5), normal(1, 5)], opset=13)
case("clip_1", "Max", [normal(3, 1), normal(1, 4), normal(4)])
case("layer_norm_1", "LayerNormalization", [normal(2, 3, 4), normal(1, 4), normal(4)], opset=17)
case("rms_norm_1", "RMSNormalization", [normal(2, 3, 4), normal(1)], opset=23)
case("layer_norm_axis", "LayerNormalization", [normal(2, 3, 4), normal(3, 4), normal(3, 4)], opset=17, outputs=3, axis=1)
case("concat_0", "Concat", [normal(2, 0, 3), normal(2, 4, 3)], axis=1)
case("expand_1", "Expand", [normal(3, 1), P(i64(2, 1, 6))])
case("reduce_0", "ReduceSum", [normal(2, 0, 3), P(i64(1))], opset=13)
case("einsum_1", "Einsum", [normal(1, 3, 4), normal(2, 4, 5)], opset=12, equation="...ij,...jk->...ik")
case("attention_1", "Attention", [q, k, v, normal(1, 4, 1, 6)])
case("attention_3", "Attention", [q, k, v, normal(4, 3, 6)])
