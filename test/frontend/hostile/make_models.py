#!/usr/bin/env python3
"""Makes the hostile models of this folder: one per way in which an ONNX loader has been broken, or could be.

usage: make_models.py [OUTDIR]      needs onnx and numpy (build/venv/bin/python has both)

Writes OUTDIR/models/NAME.onnx and OUTDIR/expected.tsv (name, error code that mlc must give or "-" for none, what the model does). Both are committed;
run.py checks them. What cannot be committed (links, pipes, large files) run.py makes itself.
"""
import os
import sys

import numpy as np
import onnx
from onnx import AttributeProto, ModelProto, TensorProto, helper, numpy_helper

HERE = os.path.dirname(os.path.abspath(__file__))
FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64
HUGE, LEAST = 2**63 - 1, -(2**63)
rows = []


def value(name, dims=(2, 3), kind=FLOAT):
    return helper.make_tensor_value_info(name, kind, dims)


def model(nodes, inputs=None, outputs=None, initializers=(), opset=21, functions=(), ir_version=10, **options):
    graph = helper.make_graph(nodes, "g", inputs if inputs is not None else [value("x")],
                              outputs if outputs is not None else [value("y", None)], list(initializers))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset), helper.make_opsetid("local", 1)],
                             functions=list(functions), ir_version=ir_version, **options)


def case(name, code, what, proto):
    data = proto if isinstance(proto, bytes) else proto.SerializeToString()
    rows.append((name, code, what, data))


def node(op, inputs=("x",), outputs=("y",), **attributes):
    return helper.make_node(op, list(inputs), list(outputs), name=f"the_{op}", **attributes)


def ints(name, values, dims=None):
    return helper.make_tensor(name, INT64, dims if dims is not None else [len(values)], values)


def external(name, location, dims=(4,), **keys):
    tensor = TensorProto(name=name, data_type=FLOAT, dims=dims, data_location=TensorProto.EXTERNAL)
    for key, text in {"location": location, **keys}.items():
        tensor.external_data.add(key=key, value=str(text))
    return tensor


def uses(tensor, sparse=False):
    """A model that adds the tensor to its input."""
    made = model([node("Add", ["x", "w"])], [value("x", (4,))], initializers=() if sparse else [tensor])
    if sparse:
        made.graph.sparse_initializer.append(tensor)
    return made


def external_data():
    refused = "MLC0110"
    case("external-parent", refused, "external data in ../../../etc (CVE-2022-25882)", uses(external("w", "../../../etc/passwd")))
    case("external-inner-parent", refused, "a/../../x: the prefix test is not enough (CVE-2024-27318)", uses(external("w", "a/../../x")))
    case("external-absolute", refused, "an absolute path", uses(external("w", "/etc/passwd")))
    case("external-dot", refused, "the model's folder itself", uses(external("w", ".")))
    case("external-empty", refused, "an empty location", uses(external("w", "")))
    case("external-nul", refused, "a NUL in the path", uses(external("w", "data.bin\0/../../x")))
    case("external-missing", refused, "a file that is not there", uses(external("w", "nowhere.bin")))
    case("external-unknown-key", refused, "a key that ONNX does not define (CVE-2026-34445)", uses(external("w", "data.bin", __class__="x")))
    case("external-wrapping", refused, "offset + length wraps round (CWE-190)", uses(external("w", "data.bin", offset=2**64 - 8, length=16)))
    case("external-negative", refused, "a negative offset", uses(external("w", "data.bin", offset=-16)))
    case("external-too-long", refused, "more bytes than the file has", uses(external("w", "data.bin", offset=56, length=16)))
    case("external-wrong-length", refused, "fewer bytes than the dims say", uses(external("w", "data.bin", length=8)))
    case("external-huge-dims", "MLC0110", "dims that no file could fill", uses(external("w", "data.bin", dims=(2**30, 2**10))))
    twice = external("w", "data.bin")
    twice.external_data.add(key="location", value="/etc/passwd")
    case("external-key-twice", refused, "a key given twice", uses(twice))
    # Sparse tensors have taken a way round the path check.
    indices = ints("", [0, 1, 2, 3])
    sparse = onnx.SparseTensorProto(values=external("w", "../../../etc/passwd"), indices=indices, dims=[4])
    case("external-sparse-initializer", refused, "external data of a sparse initializer", uses(sparse, sparse=True))
    constant = node("Constant", [], ["w"])
    constant.attribute.append(helper.make_attribute("sparse_value", sparse))
    case("external-sparse-constant", refused, "external data of a sparse constant",
         model([constant, node("Add", ["x", "w"])], [value("x", (4,))]))
    dense = node("Constant", [], ["w"], value=external("w", "../../../etc/passwd"))
    case("external-constant", refused, "external data of a Constant node", model([dense, node("Add", ["x", "w"])], [value("x", (4,))]))


def tensor_data():
    bad = "MLC0111"
    raw = lambda dims, data, kind=FLOAT: TensorProto(name="w", dims=dims, data_type=kind, raw_data=data)
    case("raw-short", bad, "raw_data shorter than the dims (onnx#8109)", uses(raw([4], b"1234")))
    case("raw-long", bad, "raw_data longer than the dims", uses(raw([4], b"1" * 64)))
    case("raw-int4", bad, "packed 4-bit data of the wrong size (onnx#7879)", uses(raw([9], b"1234", TensorProto.INT4)))
    case("raw-int2", bad, "packed 2-bit data of the wrong size", uses(raw([9], b"12", TensorProto.INT2)))
    case("typed-short", bad, "fewer typed values than the dims", uses(TensorProto(name="w", dims=[4], data_type=FLOAT, float_data=[1])))
    case("typed-other", bad, "values in another type's field", uses(TensorProto(name="w", dims=[4], data_type=FLOAT, int64_data=[1, 2, 3, 4])))
    case("dims-overflow", bad, "dims whose product wraps to a small number (CVE-2026-27940)", uses(raw([2**32, 2**32, 1], b"")))
    case("dims-overflow-zero", bad, "absurd dims hidden behind a zero", uses(raw([2**62, 2**62, 0], b"")))
    case("dims-negative", bad, "a negative dim", uses(raw([-4], b"")))
    case("dims-many", "MLC0103", "more dims than any tensor has", uses(raw([1] * 100, b"1234")))
    case("type-unknown", "MLC0109", "an element type that ONNX does not define", uses(raw([4], b"1234", 99)))
    case("type-string", "MLC0109", "a string tensor", uses(helper.make_tensor("w", TensorProto.STRING, [1], [b"text"])))
    values = helper.make_tensor("w", FLOAT, [2], [1, 2])
    case("sparse-index", bad, "a sparse index outside the dims", uses(onnx.SparseTensorProto(values=values, indices=ints("", [0, 4]), dims=[4]), True))
    case("sparse-negative", bad, "a negative sparse index", uses(onnx.SparseTensorProto(values=values, indices=ints("", [0, -1]), dims=[4]), True))
    case("sparse-rank", bad, "index tuples of the wrong length", uses(onnx.SparseTensorProto(values=values, indices=ints("", [0, 1, 2], [1, 3]), dims=[4]), True))
    case("sparse-huge", "MLC0103", "two values that would fill the memory when written out",
         uses(onnx.SparseTensorProto(values=values, indices=ints("", [0, 1]), dims=[2**20, 2**19]), True))


def structure():
    bad = "MLC0106"
    case("cycle", bad, "a cycle of nodes", model([node("Add", ["x", "b"], ["a"]), node("Relu", ["a"], ["b"]), node("Relu", ["b"])]))
    case("self-use", bad, "a node that uses its own result", model([node("Add", ["x", "y"])]))
    case("order", bad, "a use before the definition", model([node("Relu", ["a"]), node("Relu", ["x"], ["a"])]))
    case("defined-twice", bad, "a name defined twice", model([node("Relu"), node("Abs")]))
    case("shadows-input", bad, "a node that defines a graph input's name", model([node("Relu", ["x"], ["x"])], outputs=[value("x")]))
    case("undefined-output", bad, "an output that nothing defines", model([node("Relu")], outputs=[value("z")]))
    case("output-twice", bad, "an output listed twice", model([node("Relu")], outputs=[value("y"), value("y")]))
    case("no-outputs", bad, "a graph without outputs", model([node("Relu")], outputs=[]))
    case("missing-input", bad, "a node without its required input", model([node("Relu", [])]))
    case("extra-input", bad, "a node with more inputs than its operator has", model([node("Relu", ["x", "x"])]))
    case("no-graph", "MLC0102", "a model without a graph", ModelProto(ir_version=10))
    case("ir-version", "MLC0104", "an IR version of the far future", model([node("Relu")], ir_version=2**40))
    case("opset-future", "MLC0104", "an opset of the far future", model([node("Relu")], opset=2**40))
    case("opset-zero", "MLC0104", "opset 0", model([node("Relu")], opset=0))
    case("domain-unknown", "MLC0105", "an operator of an unknown domain", model([helper.make_node("Relu", ["x"], ["y"], domain="com.example")]))
    case("op-unknown", "MLC0107", "an operator that does not exist", model([node("NoSuchOperator")]))
    case("attribute-unknown", "MLC0108", "an attribute that the operator does not have", model([node("Relu", alpha=1.0)]))
    case("attribute-type", "MLC0108", "a list where a number is expected", model([node("Softmax", axis=[1])]))
    case("attribute-reference", "MLC0108", "a function's attribute outside a function",
         model([helper.make_node("Softmax", ["x"], ["y"])]))
    rows[-1] = (*rows[-1][:3], reference_outside())
    case("control-characters", bad, "escape sequences in names", model([node("Relu", ["\x1b[2Jx\n"])]))
    case("input-no-shape", "MLC0109", "an input of unknown rank", model([node("Relu")], [value("x", None)]))
    case("input-no-type", "MLC0109", "an input without a type", model([node("Relu")], [onnx.ValueInfoProto(name="x")]))
    case("input-negative", "MLC0109", "a negative extent of an input", model([node("Relu")], [value("x", (-1, 3))]))
    case("input-huge", "MLC0103", "an input of 2^80 elements", model([node("Relu")], [value("x", (2**40, 2**40))]))
    case("output-type", "MLC0109", "an output declared with another type", model([node("Relu")], outputs=[value("y", None, INT64)]))
    case("type-deep", "MLC0103", "a sequence of sequences of ... (depth 1,000)", nested_type(1000))


def reference_outside():
    made = model([helper.make_node("Softmax", ["x"], ["y"])])
    made.graph.node[0].attribute.add(name="axis", ref_attr_name="axis", type=AttributeProto.INT)
    return made.SerializeToString()


def field(number, data):
    """A length-delimited field in protobuf's wire format; for what the onnx package refuses to build."""
    def varint(n):
        return bytes([n & 127 | (128 if n > 127 else 0)]) + (varint(n >> 7) if n > 127 else b"")
    return varint(number << 3 | 2) + varint(len(data)) + data


def nested_if(depth):
    """An encoded model with graphs inside graphs: If in the then_branch of If in ..."""
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["r"])], "inner", [], [value("r")]).SerializeToString()
    output = field(12, value("r").SerializeToString())
    for _ in range(depth):
        branches = b"".join(field(5, field(1, name) + field(6, graph if name == b"then_branch" else b"")) for name in (b"then_branch", b"else_branch"))
        graph = field(1, field(1, b"c") + field(2, b"r") + field(4, b"If") + branches) + output
    outer = model([], [value("x"), value("c", (), TensorProto.BOOL)], outputs=[]).SerializeToString()
    return outer + field(7, graph)


def nested_type(depth):
    kind = helper.make_tensor_type_proto(FLOAT, [1]).SerializeToString()
    for _ in range(depth):
        kind = field(4, field(1, kind))
    return model([node("Relu")]).SerializeToString() + field(7, field(11, field(1, b"z") + field(2, kind)))


def nesting():
    condition = value("c", (), TensorProto.BOOL)
    other = helper.make_graph([helper.make_node("Identity", ["x"], ["e"])], "other", [], [value("e")])
    case("graphs-deep", "MLC0103", "60 graphs inside each other", nested_if(60))
    case("graphs-very-deep", "MLC0103", "1,500 graphs inside each other", nested_if(1500))
    functions = [helper.make_function("local", "f", ["a"], ["b"], [helper.make_node("f", ["a"], ["b"], domain="local")],
                                      [helper.make_opsetid("", 21), helper.make_opsetid("local", 1)])]
    call = lambda name: [helper.make_node(name, ["x"], ["y"], domain="local", name="call")]
    case("function-self", "MLC0114", "a function that calls itself (GHSA-7w46-vvrh-m8q5)", model(call("f"), functions=functions))
    imports = [helper.make_opsetid("", 21), helper.make_opsetid("local", 1)]
    chain = [helper.make_function("local", f"f{i}", ["a"], ["b"], [helper.make_node(f"f{(i + 1) % 50}", ["a"], ["b"], domain="local")], imports)
             for i in range(50)]
    case("function-ring", "MLC0114", "a ring of 50 functions", model(call("f0"), functions=chain))
    double = lambda i: helper.make_function("local", f"f{i}", ["a"], ["b"], [
        helper.make_node(f"f{i - 1}", ["a"], ["t"], domain="local"), helper.make_node(f"f{i - 1}", ["t"], ["b"], domain="local")], imports)
    leaf = helper.make_function("local", "f0", ["a"], ["b"], [helper.make_node("Relu", ["a"], ["b"])], imports)
    case("function-bomb", "MLC0103", "functions that double 30 times", model(call("f30"), functions=[leaf] + [double(i) for i in range(1, 31)]))
    nested = [leaf] + [helper.make_function("local", f"f{i}", ["a"], ["b"], [helper.make_node(f"f{i - 1}", ["a"], ["b"], domain="local")], imports)
                       for i in range(1, 60)]
    case("function-deep", "MLC0114", "60 functions inside each other", model(call("f59"), functions=nested))
    # A function may not see its caller's names, a graph no later ones (use after scope, onnx#8334).
    peek = helper.make_function("local", "f", ["a"], ["b"], [helper.make_node("Add", ["a", "x"], ["b"])], imports)
    case("function-scope", "MLC0106", "a function that uses its caller's names", model(call("f"), functions=[peek]))
    inner = helper.make_graph([helper.make_node("Relu", ["x"], ["hidden"])], "inner", [], [value("hidden")])
    case("graph-scope", "MLC0106", "a use of a name that only a subgraph has",
         model([helper.make_node("If", ["c"], ["a"], then_branch=inner, else_branch=other), helper.make_node("Add", ["a", "hidden"], ["y"])],
               [value("x"), condition]))
    body = helper.make_graph([helper.make_node("Identity", ["c0"], ["c1"])], "body", [value("i", (), INT64), value("c0", (), TensorProto.BOOL)],
                             [value("c1", (), TensorProto.BOOL)])
    case("loop-inputs", "MLC0112", "a loop whose body takes too few inputs",
         model([helper.make_node("Loop", ["n", "", "x"], ["y"], body=body)], [value("x"), value("n", (), INT64)]))
    case("scan-inputs", "MLC0108", "more scan inputs than inputs", model([helper.make_node("Scan", ["x"], ["y"], body=body, num_scan_inputs=HUGE)]))


def operators():
    """Attributes and shapes that contradict the operator: every shape function is attack surface."""
    shape = lambda *dims: [value("x", dims)]
    weights = lambda dims, name="w": numpy_helper.from_array(np.zeros(dims, np.float32), name)

    def op(name, code, what, nodes, inputs, *initializers, opset=21):
        case("op-" + name, code, what, model(nodes if isinstance(nodes, list) else [nodes], inputs, initializers=initializers, opset=opset))

    conv = lambda **a: node("Conv", ["x", "w"], **a)
    image, filters = shape(1, 3, 8, 8), weights((4, 3, 3, 3))
    op("conv-strides", "MLC0108", "strides of 0", conv(strides=[0, 0]), image, filters)
    op("conv-pads", "MLC0108", "pads of 2^63 - 1", conv(pads=[HUGE] * 4), image, filters)
    op("conv-dilations", "MLC0108", "dilations of 2^62", conv(dilations=[2**62, 2**62]), image, filters)
    op("conv-group", "MLC0112", "a negative group", conv(group=-1), image, filters)
    op("conv-kernel", "MLC0108", "a kernel_shape that is not the filter's", conv(kernel_shape=[HUGE, 1]), image, filters)
    op("conv-rank", "MLC0112", "a matrix as filter", conv(), image, weights((4, 3)))
    op("conv-channels", "MLC0112", "a filter for more channels", conv(), image, weights((4, 64, 3, 3)))
    op("conv-too-large", "MLC0112", "a filter larger than the image", conv(), image, weights((4, 3, 30, 30)))
    op("convtranspose-output-padding", "MLC0108", "output padding of 2^62", node("ConvTranspose", ["x", "w"], output_padding=[2**62, 0]),
       shape(1, 4, 8, 8), filters)
    op("pool-kernel", "MLC0108", "a pooling window of 0", node("MaxPool", kernel_shape=[0, 0]), image)
    op("pool-kernel-rank", "MLC0112", "a window of too many dims", node("MaxPool", kernel_shape=[1] * 9), image)
    op("gemm-inner", "MLC0112", "matrices that do not fit", node("Gemm", ["x", "w"]), shape(2, 3), weights((4, 5)))
    op("matmul-scalar", "MLC0112", "a scalar as matrix", node("MatMul", ["x", "w"]), shape(2, 3), weights(()))
    op("broadcast", "MLC0112", "operands that do not broadcast", node("Add", ["x", "w"]), shape(2, 3), weights((4,)))
    op("types", "MLC0112", "operands of two types", node("Add", ["x", "w"]), shape(2, 3), ints("w", [1, 2, 3]))
    op("softmax-axis", "MLC0108", "an axis outside the rank", node("Softmax", axis=LEAST), shape(2, 3))
    op("transpose-perm", "MLC0112", "a permutation with an axis twice", node("Transpose", perm=[0, 0]), shape(2, 3))
    op("transpose-range", "MLC0108", "a permutation out of range", node("Transpose", perm=[0, HUGE]), shape(2, 3))
    op("concat-axis", "MLC0108", "Concat along an axis that is not there", node("Concat", ["x", "x"], axis=7), shape(2, 3))
    op("concat-rank", "MLC0112", "Concat of two ranks", node("Concat", ["x", "w"], axis=0), shape(2, 3), weights((2,)))
    op("reshape-count", "MLC0112", "Reshape to another number of elements", node("Reshape", ["x", "s"]), shape(2, 3), ints("s", [5]))
    op("reshape-twice", "MLC0112", "Reshape with -1 twice", node("Reshape", ["x", "s"]), shape(2, 3), ints("s", [-1, -1]))
    op("reshape-huge", "MLC0112", "Reshape to dims whose product wraps to 6", node("Reshape", ["x", "s"]), shape(2, 3), ints("s", [2**32, 2**32, 6]))
    op("reshape-negative", "MLC0112", "Reshape to a negative dim", node("Reshape", ["x", "s"]), shape(2, 3), ints("s", [LEAST, 3]))
    op("expand-huge", "MLC0103", "Expand to 2^80 elements", node("Expand", ["x", "s"]), shape(1, 1), ints("s", [2**40, 2**40]))
    op("tile-huge", "MLC0103", "Tile to 2^80 elements", node("Tile", ["x", "s"]), shape(1, 1), ints("s", [2**40, 2**40]))
    op("tile-negative", "MLC0112", "negative repeats", node("Tile", ["x", "s"]), shape(2, 3), ints("s", [-1, 1]))
    op("constantofshape-huge", "MLC0103", "a constant of 2^80 elements", node("ConstantOfShape", ["s"]), shape(1), ints("s", [2**40, 2**40]))
    op("constantofshape-negative", "MLC0112", "a constant of negative extent", node("ConstantOfShape", ["s"]), shape(1), ints("s", [LEAST]))
    slice_of = lambda: node("Slice", ["x", "a", "b", "c", "d"])
    op("slice-step", "MLC0108", "a step of 0", slice_of(), shape(2, 3), ints("a", [0]), ints("b", [1]), ints("c", [0]), ints("d", [0]))
    op("slice-axes", "MLC0108", "an axis twice", slice_of(), shape(2, 3), ints("a", [0, 0]), ints("b", [1, 1]), ints("c", [0, -2]), ints("d", [1, 1]))
    op("slice-lengths", "MLC0108", "lists of different lengths", slice_of(), shape(2, 3), ints("a", [0]), ints("b", [1, 1]), ints("c", [0]), ints("d", [1]))
    op("split-sizes", "MLC0112", "split sizes that overflow to the extent", node("Split", ["x", "s"], ["y", "z"]), shape(2, 3), ints("s", [HUGE, 3]))
    op("split-negative", "MLC0112", "negative split sizes", node("Split", ["x", "s"], ["y", "z"]), shape(2, 3), ints("s", [5, -3]))
    op("unsqueeze-axes", "MLC0108", "an axis twice", node("Unsqueeze", ["x", "a"]), shape(2, 3), ints("a", [0, 0]))
    op("unsqueeze-many", "MLC0113", "a thousand axes", node("Unsqueeze", ["x", "a"]), shape(2, 3), ints("a", list(range(1000))))
    op("squeeze", "MLC0112", "Squeeze of an extent that is not 1", node("Squeeze", ["x", "a"]), shape(2, 3), ints("a", [1]))
    op("gather-axis", "MLC0108", "an axis outside the rank", node("Gather", ["x", "i"], axis=99), shape(2, 3), ints("i", [0]))
    op("gather-type", "MLC0112", "floats as indices", node("Gather", ["x", "w"]), shape(2, 3), weights((2,)))
    op("pad-huge", "MLC0108", "pads of 2^62", node("Pad", ["x", "p"]), shape(2, 3), ints("p", [2**62, 0, 2**62, 0]))
    op("pad-negative", "MLC0112", "more taken away than there is", node("Pad", ["x", "p"]), shape(2, 3), ints("p", [-9, 0, 0, 0]))
    op("pad-count", "MLC0108", "too few pads", node("Pad", ["x", "p"]), shape(2, 3), ints("p", [1]))
    op("reduce-axes", "MLC0108", "axes outside the rank", node("ReduceSum", ["x", "a"]), shape(2, 3), ints("a", [HUGE]))
    op("flatten-axis", "MLC0108", "an axis outside the rank", node("Flatten", axis=LEAST), shape(2, 3))
    op("depthtospace", "MLC0108", "a blocksize of 0", node("DepthToSpace", blocksize=0), image)
    op("depthtospace-huge", "MLC0108", "a blocksize whose square wraps", node("DepthToSpace", blocksize=2**32), image)
    op("batchnorm", "MLC0112", "parameters shorter than the channels", node("BatchNormalization", ["x", "s", "s", "s", "s"]), image, weights((2,), "s"))
    op("layernorm-axis", "MLC0108", "an axis outside the rank", node("LayerNormalization", ["x", "w"], axis=HUGE), shape(2, 3), weights((3,)))
    op("cast-type", "MLC0113", "a cast to type 2^60", node("Cast", to=2**60), shape(2, 3))
    op("cast-string", "MLC0113", "a cast to strings", node("Cast", to=TensorProto.STRING), shape(2, 3))
    op("shape-arithmetic", "-", "shape arithmetic that wraps round as int64 does (a valid model; the check is left to the run)",
       [node("Mul", ["s", "s"], ["t"]), node("Reshape", ["x", "t"])], shape(2, 3), ints("s", [2**62, 2**62]))
    op("lstm-rows", "MLC0112", "gates that are not four", node("LSTM", ["x", "w", "r"], hidden_size=4), shape(5, 2, 3), weights((1, 7, 3)), weights((1, 7, 4), "r"))


def rules():
    """Models that reach what an import rule does after something went wrong, or before it looked."""
    def graph(name, code, what, nodes, inputs, *initializers, outputs=None, opset=21, extra=()):
        made = model(nodes if isinstance(nodes, list) else [nodes], inputs, outputs, initializers, opset=opset)
        made.opset_import.extend(helper.make_opsetid(*pair) for pair in extra)
        case("rule-" + name, code, what, made)

    array = lambda name, dims, kind=np.float32: numpy_helper.from_array(np.ones(dims, kind), name)
    byte = TensorProto.UINT8
    scales = [array("s", ()), array("z", (), np.uint8)]
    quantised = ["x", "s", "z", "w", "s", "z", "s", "z"]
    graph("qlinearmatmul", "MLC0112", "quantised matrices that do not fit", node("QLinearMatMul", quantised), [value("x", (2, 3), byte)],
          array("w", (4, 5), np.uint8), *scales)
    graph("qlinearconv", "MLC0112", "a quantised filter for more channels", node("QLinearConv", quantised), [value("x", (1, 3, 8, 8), byte)],
          array("w", (4, 64, 3, 3), np.uint8), *scales)
    graph("dynamicquantize", "MLC0112", "DynamicQuantizeLinear of float16",
          node("DynamicQuantizeLinear", outputs=("y", "ys", "yz")), [value("x", (2, 3), TensorProto.FLOAT16)])

    body = helper.make_graph([helper.make_node("Identity", ["c0"], ["c1"])], "body", [
        value("i", (), INT64), value("c0", (), TensorProto.BOOL), value("v", (2, 3))], [value("c1", (), TensorProto.BOOL)])
    graph("loop-outputs", "MLC0112", "an unrolled loop whose body gives too few outputs", node("Loop", ["n", "", "x"], body=body),
          [value("x")], ints("n", [3], []))
    empty = helper.make_graph([], "body", [value("v", (3,))], [])
    graph("scan-outputs", "MLC0112", "a scan whose body gives nothing", node("Scan", num_scan_inputs=1, body=empty), [value("x")])

    absent = ["a", "", "b"]
    graph("concat-absent", "MLC0106", "Concat of constants with one left out", node("Concat", absent, axis=0), [value("x")],
          ints("a", [1]), ints("b", [2]))
    graph("max-absent", "MLC0106", "Max of constants with one left out", node("Max", absent), [value("x")], ints("a", [1]), ints("b", [2]))
    for name, kinds in (("Adagrad", 3), ("Momentum", 3), ("Adam", 4)):
        step = helper.make_node(name, ["r", "t"] + [""] * kinds, ["y"], domain="ai.onnx.preview.training", name="step")
        if name == "Momentum":
            step.attribute.extend([helper.make_attribute("mode", "standard")])
        graph(name.lower() + "-absent", "MLC0106", f"{name} without its tensors", step, [value("r", ()), value("t", (), INT64)],
              extra=[("ai.onnx.preview.training", 1)])

    graph("einsum-ellipses", "MLC0108", "two ellipses in one term", node("Einsum", equation="...i...->i"), [value("x", (2, 3, 4))])
    graph("einsum-result", "MLC0108", "two ellipses in the result", node("Einsum", equation="...i->...i..."), [value("x", (2, 3, 4))])
    pair = node("SequenceConstruct", ["x", "w"], ["s"])
    graph("concat-sequence", "MLC0112", "a new axis beyond the rank of an element",
          [pair, node("ConcatFromSequence", ["s"], axis=3, new_axis=1)], [value("x", (2, 3, 4))], array("w", (2,)))
    graph("tensorscatter", "MLC0112", "write_indices of rank 0", node("TensorScatter", ["x", "u", "i"]), [value("x", (1, 4, 3)), value("u", (1, 2, 3))],
          ints("i", [1], []), opset=24)
    graph("causalconv-bias", "MLC0112", "a scalar bias", node("CausalConvWithState", ["x", "w", "b"], ["y", "st"]), [value("x", (1, 2, 8))],
          array("w", (2, 1, 3)), array("b", ()), opset=27)
    graph("deformconv-bias", "MLC0112", "a scalar bias", node("DeformConv", ["x", "w", "o", "b"]),
          [value("x", (1, 1, 4, 4)), value("o", (1, 8, 3, 3))], array("w", (1, 1, 2, 2)), array("b", ()), opset=19)
    graph("split-to-sequence", "MLC0112", "negative sizes that sum to the extent",
          [node("SplitToSequence", ["x", "n"], ["s"], axis=0), node("SequenceAt", ["s", "i"])], [value("x", (4, 3))], ints("n", [-2, 6]),
          ints("i", [1], []))


def main():
    out = sys.argv[1] if len(sys.argv) > 1 else HERE
    os.makedirs(os.path.join(out, "models"), exist_ok=True)
    for family in (external_data, tensor_data, structure, nesting, operators, rules):
        family()
    assert len({name for name, *_ in rows}) == len(rows)
    with open(os.path.join(out, "expected.tsv"), "w") as table:
        for name, code, what, data in rows:
            table.write(f"{name}\t{code}\t{what}\n")
            with open(os.path.join(out, "models", name + ".onnx"), "wb") as file:
                file.write(data)
    print(f"{len(rows)} models, {sum(len(r[3]) for r in rows)} bytes")


if __name__ == "__main__":
    main()
