"""Attention."""
import numpy as np

from case import case, ints, k, normal, q, v

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
