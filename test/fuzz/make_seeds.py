#!/usr/bin/env python3
"""Makes the small valid models of seeds/, which import_mutants.py breaks: together they reach most of the front end.

usage: make_seeds.py      needs onnx and numpy (build/venv/bin/python has both)
"""
import os

import numpy as np
import onnx
import onnx.parser
from onnx import TensorProto, helper, numpy_helper

SEEDS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "seeds")
HEADER = '<ir_version: 10, opset_import: ["" : 21, "local" : 1]>\n'

TEXTS = {
    "shapes": """g (float[n, s, 64] x) => (float[n, 4, s, 16] y) <int64[1] zero = {0}, int64[1] one = {1}, int64[1] two = {2}, int64[2] tail = {4, -1}> {
        d = Shape (x) b = Gather <axis = 0> (d, zero) q = Slice (d, one, two, zero, one) w = Concat <axis = 0> (b, q, tail)
        h = Reshape (x, w) y = Transpose <perm = [0, 2, 1, 3]> (h) }""",
    "data-dependent": """g (float[n, 8] x, int64[2] shape, int64[1] starts, int64[1] ends, int64[1] axes) => (float[a, b] y, float[c, d] z, float[e] r) {
        y = Reshape (x, shape) z = Slice (x, starts, ends, axes) r = ReduceSum <keepdims = 0> (x, axes) }""",
    "broadcast": "g (float[n, 8] a, float[m, 8] b, float[1] c) => (float[d, 8] y) { t = Add (a, b) u = Mul (t, c) y = Where (k, t, u) k = Less (t, u) }",
    "control": """g (float[n, 4] x, bool c, int64 trips) => (float[n, 4] a, float[n, 4] last, float[t, n, 4] all, float[4] sum, float[n, 4] sums)
        <float[4] zeros = {0, 0, 0, 0}> {
        a = If (c) <then_branch = yes () => (float[n, 4] r) { r = Relu (x) }, else_branch = no () => (float[n, 4] s) { s = Neg (x) }>
        last, all = Loop (trips, , x) <body = step (int64 i, bool go, float[n, 4] acc) => (bool on, float[n, 4] next, float[n, 4] each)
          { on = Identity (go) next = Add (acc, x) each = Mul (next, next) }>
        sum, sums = Scan <num_scan_inputs = 1, body = cell (float[4] state, float[4] row) => (float[4] out, float[4] copy)
          { out = Add (state, row) copy = Identity (out) }> (zeros, x) }""",
    "sequences": """g (float[6, 4] x) => (float[2, 4] y, int64 n) <int64[3] parts = {2, 2, 2}, int64 one = {1}> {
        s = SplitToSequence <axis = 0> (x, parts) y = SequenceAt (s, one) n = SequenceLength (s) }""",
    "elementwise": """g (float[2, 3] x) => (float[2, 3] y) { a = Clip (x, low, high) b = Gelu (a) c = Softmax <axis = -1> (b) d = HardSigmoid <alpha = 0.3> (c)
        e = Cast <to = 10> (d) f = Cast <to = 1> (e) y = Max (f, x, a) low = Constant <value_float = -1.0> () high = Constant <value_float = 1.0> () }""",
    "windows": """g (float[n, 4, 9, 9] x) => (float[n, c, h, w] y, float[n, 4, p, q] z) <float[4, 2, 3, 3] k, float[4] bias> {
        a = Conv <group = 2, strides = [2, 2], auto_pad = "SAME_UPPER"> (x, k, bias) b = MaxPool <kernel_shape = [2, 2], ceil_mode = 1> (a)
        y = ConvTranspose <strides = [2, 2], output_padding = [1, 1]> (b, t) z = AveragePool <kernel_shape = [3, 3], pads = [1, 1, 1, 1], count_include_pad = 1> (x)
        t = ConstantOfShape <value = float[1] {0.5}> (ts) ts = Constant <value_ints = [4, 2, 3, 3]> () }""",
    "norms": """g (float[n, 4, 6] x) => (float[n, 4, 6] y) <float[4] c, float[6] s> {
        a = BatchNormalization (x, c, c, c, c) b = LayerNormalization <axis = -1> (a, s, s) y = LogSoftmax <axis = 1> (b) }""",
    "indices": """g (float[n, 5] x, int64[n, 2] i) => (float[n, 2] y, int64[n, 3] p, float[n, 3] v, float[n, 5] c) <int64[1] k = {3}, int64 axis = {1}> {
        y = GatherElements <axis = 1> (x, i) v, p = TopK <axis = 1> (x, k) c = CumSum (x, axis) }""",
    "products": """g (float[n, 2, 3] x, float[3, 4] w) => (float[n, 2, 4] y, float[n, 4] z) { y = MatMul (x, w) z = Einsum <equation = "nij,jk->nk"> (x, w) }""",
    "resize": """g (float[n, 3, 4, 4] x) => (float[n, 3, 8, 8] y) <float[4] scales = {1, 1, 2, 2}> { y = Resize <mode = "linear"> (x, , scales) }""",
    "pad-tile": """g (float[2, n] x) => (float[a, b] y) <int64[4] pads = {0, 1, 0, 2}, int64[2] repeats = {2, 1}> {
        p = Pad <mode = "reflect"> (x, pads) y = Tile (p, repeats) }""",
    "split": """g (float[n, 8] x) => (float[n, 2] a, float[n, 6] b) <int64[2] sizes = {2, 6}> { a, b = Split <axis = 1> (x, sizes) }""",
}

# With other operator sets than HEADER's.
MORE = {
    "quantised": """<ir_version: 10, opset_import: ["" : 21]>
        g (uint8[n, 3, 4] a, uint8[1, 2, 5, 5] x, float[6] f) => (uint8[n, 3, 5] y, int32[n, 3, 5] i, uint8[1, 4, h, w] c, uint8[6] q, float[6] d)
        <uint8[4, 5] b, uint8[4, 2, 3, 3] k, float s = {0.1}, float[4] ks = {0.1, 0.2, 0.3, 0.4}, uint8 z = {3}, uint8[4] kz = {1, 2, 3, 4}> {
        y = QLinearMatMul (a, s, z, b, s, z, s, z) i = MatMulInteger (a, b, z, z)
        c = QLinearConv <pads = [1, 1, 1, 1]> (x, s, z, k, ks, kz, s, z) q, qs, qz = DynamicQuantizeLinear (f) d = DequantizeLinear (q, qs, qz) }""",
    "optimizer": """<ir_version: 10, opset_import: ["" : 21, "ai.onnx.preview.training" : 1]>
        g (float r, int64 t, float[3] x, float[3] g1, float[3] h, float[3] v) => (float[3] a, float[3] ah, float[3] m, float[3] mv, float[3] d, float[3] dv, float[3] dh) {
        a, ah = ai.onnx.preview.training.Adagrad <decay_factor = 0.1, epsilon = 0.01> (r, t, x, g1, h)
        m, mv = ai.onnx.preview.training.Momentum <alpha = 0.9, beta = 0.8, mode = "nesterov", norm_coefficient = 0.01> (r, t, x, g1, v)
        d, dv, dh = ai.onnx.preview.training.Adam <norm_coefficient_post = 0.1> (r, t, x, g1, v, h) }""",
    "attention": """<ir_version: 10, opset_import: ["" : 24]>
        g (float[n, 3, 8] x, float[n, 4, s, 8] q, float[n, 2, t, 8] k, float[n, 4, s, t] m, float[n, 3] c) => (float[n, 4, s, 8] y, float[n, 3, 8] z, float[n, 3, 8] e) {
        y = Attention <is_causal = 1, softcap = 3.0> (q, k, k, m) z = Attention <q_num_heads = 4, kv_num_heads = 2> (x, h, h)
        h = Slice (x, zero, four, two) zero = Constant <value_ints = [0]> () four = Constant <value_ints = [4]> () two = Constant <value_ints = [2]> ()
        e = RotaryEmbedding <num_heads = 2> (x, a, a) a = Expand (o, l) o = Constant <value_float = 0.5> () l = Constant <value_ints = [1, 3, 2]> () }""",
    "einsum": """<ir_version: 10, opset_import: ["" : 21]>
        g (float[n, i, j] x, float[n, j, k] y, float[4, 4] d) => (float[a, b, c] z, float t, float[p, q] u) {
        z = Einsum <equation = "...ij,...jk->...ik"> (x, y) t = Einsum <equation = "ii->"> (d) u = Einsum <equation = "bij,bjk,bik->ki"> (x, y, z) }""",
    "short-loops": """<ir_version: 10, opset_import: ["" : 21]>
        g (float[n] x) => (float[n] y, float[n] z, float[k, n] all) <int64 four = {4}, int64 two = {2}> {
        y = Loop (four, , x) <body = data (int64 i, bool c, float[n] v) => (bool on, float[n] w)
          { w = Exp (v) s = ReduceSum <keepdims = 0> (w) l = Constant <value_float = 9.0> () on = Less (s, l) }>
        z, all = Loop (four, , x) <body = count (int64 i, bool c, float[n] v) => (bool on, float[n] w, float[n] u)
          { w = Neg (v) u = Identity (w) on = Less (i, two) }> }""",
}

FUNCTION = HEADER + """g (float[n] x) => (float[n] y) { y = local.scaled <factor = 2.0> (x) }
<opset_import: ["" : 21], domain: "local"> scaled <factor> (a) => (b) { f = Constant <value_float: float = @factor> () g = Mul (a, f) b = Relu (g) }"""


def fill(model):
    """Makes initializers of what is declared (`float[4] c`) and that no node defines."""
    defined = {o for n in model.graph.node for o in n.output}
    for info in model.graph.value_info:
        if info.name not in defined:
            dims = [d.dim_value for d in info.type.tensor_type.shape.dim]
            values = np.linspace(0.1, 1, int(np.prod(dims)), dtype=np.float32).reshape(dims)
            values = values.astype(helper.tensor_dtype_to_np_dtype(info.type.tensor_type.elem_type))
            model.graph.initializer.append(numpy_helper.from_array(values, info.name))
    del model.graph.value_info[:]
    return model


def sort(model):
    """The textual models above may name nodes in any order; ONNX wants uses after definitions."""
    known = {v.name for v in [*model.graph.input, *model.graph.initializer]} | {""}
    pending, ordered = list(model.graph.node), []
    while pending:
        ready = [n for n in pending if all(i in known for i in n.input)]
        assert ready, [n.op_type for n in pending]
        ordered += ready
        known |= {o for n in ready for o in n.output}
        pending = [n for n in pending if n not in ready]
    del model.graph.node[:]
    model.graph.node.extend(ordered)
    return model


def storage_forms():
    """One initializer in each form of storage."""
    tensors = [helper.make_tensor(f"t{kind}", kind, [4], [0, 1, 2, 3]) for kind in
               (TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.BFLOAT16, TensorProto.INT8, TensorProto.UINT8, TensorProto.INT16,
                TensorProto.INT32, TensorProto.INT64, TensorProto.UINT64, TensorProto.BOOL, TensorProto.INT4, TensorProto.UINT4, TensorProto.FLOAT8E4M3FN)]
    tensors += [numpy_helper.from_array(np.arange(4, dtype=np.float32), "raw")]
    nodes = [helper.make_node("Cast", [t.name], [t.name + "f"], to=TensorProto.FLOAT) for t in tensors]
    nodes.append(helper.make_node("Sum", ["x"] + [t.name + "f" for t in tensors], ["y"]))
    value = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, [4])
    graph = helper.make_graph(nodes, "g", [value("x")], [value("y")], tensors)
    values, indices = helper.make_tensor("sp", TensorProto.FLOAT, [2], [1, 2]), helper.make_tensor("", TensorProto.INT64, [2], [0, 3])
    graph.sparse_initializer.append(onnx.SparseTensorProto(values=values, indices=indices, dims=[4]))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def recurrent():
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["t", "n", 3])
    tensors = [numpy_helper.from_array(np.full(dims, 0.1, np.float32), name) for name, dims in (("w", (2, 16, 3)), ("r", (2, 16, 4)), ("b", (2, 32)))]
    node = helper.make_node("LSTM", ["x", "w", "r", "b"], ["y", "h"], hidden_size=4, direction="bidirectional")
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("y", "h")]
    return helper.make_model(helper.make_graph([node], "g", [x], outputs, tensors), opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def main():
    os.makedirs(SEEDS, exist_ok=True)
    models = {name: sort(fill(onnx.parser.parse_model(HEADER + text))) for name, text in TEXTS.items()}
    models |= {name: sort(fill(onnx.parser.parse_model(text))) for name, text in MORE.items()}
    models["function"] = onnx.parser.parse_model(FUNCTION)
    models["storage"] = storage_forms()
    models["recurrent"] = recurrent()
    for name, model in models.items():
        onnx.save(model, os.path.join(SEEDS, name + ".onnx"))
    print(f"{len(models)} seeds, {sum(m.ByteSize() for m in models.values())} bytes")


if __name__ == "__main__":
    main()
