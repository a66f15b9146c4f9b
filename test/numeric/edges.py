#!/usr/bin/env python3
"""usage: edges.py MLC [REGEX]: small models at the edges of what kernels and plans assume, each compiled, run and compared.

Each case was a wrong value or a crash once. Expected outputs are those of ONNX's reference evaluator.
"""
import os
import re
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnx.parser
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

MLC = os.path.abspath(sys.argv[1])
PATTERN = re.compile(sys.argv[2] if len(sys.argv) > 2 else "")
RANDOM = np.random.default_rng(7)
CASES = []


def normal(*shape):
    return RANDOM.standard_normal(shape).astype(np.float32)


def case(function):
    CASES.append(function)
    return function


def graph(nodes, inputs, outputs, **constants):
    """A model; inputs and outputs are name=(type, dims) pairs."""
    values = lambda pairs: [helper.make_tensor_value_info(name, *type_and_dims) for name, type_and_dims in pairs.items()]
    body = helper.make_graph(nodes, "edges", values(inputs), values(outputs),
                             [numpy_helper.from_array(array, name) for name, array in constants.items()])
    return helper.make_model(body, opset_imports=[helper.make_opsetid("", 22)], ir_version=10)


F32 = TensorProto.FLOAT


@case
def concat_of_one_value_twice():
    """28 channels fill no block: only the last part of a concatenation may end inside one."""
    for channels in (24, 28):
        nodes = [helper.make_node("Conv", ["x", "w"], ["y"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
                 helper.make_node("Concat", ["y", "y"], ["z"], axis=1)]
        yield graph(nodes, {"x": (F32, [1, 16, 8, 8])}, {"z": (F32, None)}, w=normal(channels, 16, 3, 3)), {"x": normal(1, 16, 8, 8)}


@case
def booleans_whose_last_dim_moves():
    """17 and 33 count as one dim of a transpose; booleans, a byte in memory and a bit in a vector, come one by one."""
    nodes = [helper.make_node("Transpose", ["x"], ["t"], perm=[2, 0, 1]), helper.make_node("Cast", ["t"], ["y"], to=F32)]
    yield (graph(nodes, {"x": (TensorProto.BOOL, [7, 17, 33])}, {"y": (F32, None)}),
           {"x": RANDOM.integers(0, 2, (7, 17, 33)).astype(bool)})


@case
def values_that_many_slices_read():
    """A kernel that computes them anew for each reader takes 2^n steps, or 25^n for a chain of pools."""
    nodes, last = [], "x"
    for i in range(40):
        nodes += [helper.make_node("Slice", [last, "one", "end", "axis"], [f"a{i}"]), helper.make_node("Slice", [last, "zero", "back", "axis"], [f"b{i}"]),
                  helper.make_node("Mul", [f"a{i}", f"b{i}"], [f"m{i}"]), helper.make_node("Tanh", [f"m{i}"], [f"y{i}"])]
        last = f"y{i}"
    integers = {name: np.array([value]) for name, value in dict(one=1, zero=0, end=1000, back=-1, axis=0).items()}
    yield graph(nodes, {"x": (F32, [60])}, {last: (F32, None)}, **integers), {"x": normal(60)}
    pools = [helper.make_node("MaxPool", [f"p{i}"], [f"p{i + 1}"], kernel_shape=[5, 5], pads=[2, 2, 2, 2]) for i in range(4)]
    yield graph(pools, {"p0": (F32, [1, 3, 20, 24])}, {"p4": (F32, None)}), {"p0": normal(1, 3, 20, 24)}


@case
def rows_of_values_used_twice():
    """The stages of a row kernel are found in one walk over the values, not one per path."""
    for axis in (0, 1):
        nodes = [helper.make_node("Add", [f"y{i}", f"y{i}"], [f"y{i + 1}"]) for i in range(30)]
        nodes = [helper.make_node("Mul", ["x", "small"], ["y0"])] + nodes + [helper.make_node("Softmax", ["y30"], ["z"], axis=axis)]
        yield graph(nodes, {"x": (F32, [9, 20])}, {"z": (F32, None)}, small=np.float32(2.0 ** -30)), {"x": normal(9, 20)}


@case
def pointwise_convolution_of_one_channel():
    nodes = [helper.make_node("Conv", ["x", "v"], ["y"]), helper.make_node("Conv", ["y", "w"], ["z"])]
    yield graph(nodes, {"x": (F32, [1, 16, "h", "k"])}, {"z": (F32, None)}, v=normal(1, 16, 1, 1),
                w=normal(16, 1, 1, 1)), {"x": normal(1, 16, 9, 7)}


@case
def products_without_rows():
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"])]
    yield graph(nodes, {"x": (F32, [0, 4])}, {"y": (F32, None)}, w=normal(4, 8)), {"x": normal(0, 4)}
    yield graph(nodes, {"x": (F32, [4, 0])}, {"y": (F32, None)}, w=normal(0, 8)), {"x": normal(4, 0)}
    yield graph(nodes, {"x": (F32, [2, 0, 4]), "w": (F32, [2, 4, 8])}, {"y": (F32, None)}), {"x": normal(2, 0, 4),
                                                                                          "w": normal(2, 4, 8)}


@case
def recurrence_without_batch():
    for op, gates in (("LSTM", 4), ("GRU", 3)):
        nodes = [helper.make_node(op, ["x", "w", "r"], ["y"], hidden_size=8)]
        model = graph(nodes, {"x": (F32, [3, 0, 5])}, {"y": (F32, [3, 1, 0, 8])}, w=normal(1, 8 * gates, 5),
                      r=normal(1, 8 * gates, 8))
        yield model, {"x": normal(3, 0, 5)}, [np.zeros((3, 1, 0, 8), np.float32)]


@case
def weights_of_equal_storage_and_other_type():
    """`true` repeated and 255 repeated are the same bytes in the compiler, and not in the file."""
    bits, numbers = np.ones((4, 64), bool), np.full((4, 64), 255, np.uint8)
    nodes = [helper.make_node("Identity", ["a"], ["y"]), helper.make_node("Identity", ["b"], ["z"]),
             helper.make_node("Relu", ["x"], ["w"])]
    for a, b in ((bits, numbers), (numbers, bits)):
        outputs = {"y": (helper.np_dtype_to_tensor_dtype(a.dtype), [4, 64]),
                   "z": (helper.np_dtype_to_tensor_dtype(b.dtype), [4, 64]), "w": (F32, [4])}
        yield graph(nodes, {"x": (F32, [4])}, outputs, a=a, b=b), {"x": normal(4)}


@case
def padding_lanes_are_no_values():
    """28 channels lie in blocks with four more, where 1 / y is infinite: no op that follows may look."""
    w3, w1, wd, wt = (normal(*shape) / 16 for shape in ((16, 28, 3, 3), (16, 28, 1, 1), (28, 1, 3, 3), (28, 16, 2, 2)))
    followers = [helper.make_node("Conv", ["r", "w3"], ["y"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
                 helper.make_node("Conv", ["r", "w1"], ["y"], kernel_shape=[1, 1]),
                 helper.make_node("Conv", ["r", "wd"], ["y"], kernel_shape=[3, 3], group=28),
                 helper.make_node("ConvTranspose", ["r", "wt"], ["y"], kernel_shape=[2, 2], strides=[2, 2]),
                 helper.make_node("GlobalAveragePool", ["r"], ["y"]), helper.make_node("Concat", ["r", "r"], ["y"], axis=1),
                 helper.make_node("ReduceSum", ["r"], ["y"]), helper.make_node("Softmax", ["r"], ["y"], axis=1)]
    for follower in followers:
        nodes = [helper.make_node("Conv", ["x", "w"], ["c"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
                 helper.make_node("Abs", ["c"], ["a"]), helper.make_node("Add", ["a", "bias"], ["b"]),
                 helper.make_node("Reciprocal", ["b"], ["r"]), follower]
        constants = {"w3": w3, "w1": w1, "wd": wd, "wt": wt}
        used = {name: array for name, array in constants.items() if name in follower.input}
        bias = np.full((28, 1, 1), 0.5, np.float32)
        yield graph(nodes, {"x": (F32, [2, 16, 12, 12])}, {"y": (F32, None)}, w=normal(28, 16, 3, 3), bias=bias,
                    **used), {"x": normal(2, 16, 12, 12)}


@case
def infinities_stay_in_their_group():
    for width in (2, 4, 8, 16):
        nodes = [helper.make_node("Conv", ["x", "w"], ["y"], kernel_shape=[3, 3], pads=[1, 1, 1, 1], group=32 // width)]
        x = normal(1, 32, 6, 7)
        x[0, 5, 2, 3], x[0, 20, 1, 1] = np.inf, np.nan
        yield graph(nodes, {"x": (F32, [1, 32, 6, 7])}, {"y": (F32, None)}, w=normal(32, width, 3, 3)), {"x": x}



@case
def softmax_of_masked_rows():
    """Booleans in a row kernel: rows shorter and longer than a vector; as slow as t^3 once, as they were left to loops per element."""
    nodes = [helper.make_node("Where", ["m", "low", "x"], ["z"]), helper.make_node("Softmax", ["z"], ["y"], axis=-1)]
    for mask in ([1, 1, 1, "t"], ["b", 3, "t", "t"], ["b", 1, "t", 1]):
        model = graph(nodes, {"x": (F32, ["b", 3, "t", "t"]), "m": (TensorProto.BOOL, mask)}, {"y": (F32, None)},
                      low=np.float32(-1e30))
        for t in (1, 7, 21, 64):
            dims = [{"b": 2, "t": t}.get(dim, dim) for dim in mask]
            yield model, {"x": normal(2, 3, t, t), "m": RANDOM.random(dims) < 0.4}


@case
def chosen_rows_and_what_is_done_with_them():
    """Operands that have a row's place, its columns, or both, beside rows that are chosen by an index."""
    for columns, kind in ((3, None), (16, "n"), (37, None), (37, "n")):
        nodes = [helper.make_node("Gather", ["x", "i"], ["g"]), helper.make_node("Mul", ["g", "s"], ["m"]), helper.make_node("Add", ["m", "w"], ["a"]),
                 helper.make_node("Sub", ["a", "p"], ["d"]), helper.make_node("Relu", ["d"], ["y"])]
        dims = lambda *known: [kind and f"{kind}{k}" for k in known] if kind else [*known]
        yield (graph(nodes, {"x": (F32, dims(9, columns)), "i": (TensorProto.INT64, dims(5, 4)), "s": (F32, [*dims(5, 4), 1]), "p": (F32, dims(5, 4, columns))},
                     {"y": (F32, None)}, w=normal(columns)),
               {"x": normal(9, columns), "i": RANDOM.integers(-9, 9, (5, 4)), "s": normal(5, 4, 1), "p": normal(5, 4, columns)})


@case
def transpose_of_nothing():
    """A square of no lanes."""
    for shape in ([0, 3], [3, 0], [2, 0, 3]):
        nodes = [helper.make_node("Transpose", ["x"], ["y"], perm=[*range(len(shape) - 2), len(shape) - 1, len(shape) - 2])]
        yield graph(nodes, {"x": (F32, shape)}, {"y": (F32, None)}), {"x": normal(*shape)}


@case
def scan_of_nothing():
    """No turn, so that only the shapes of what is gathered are left; ONNX Runtime refuses it."""
    body = onnx.parser.parse_graph("cell (float[3] s, float[3] r) => (float[3] t, float[3] u, float v) "
                                   "{ t = Add(s, r)  u = Neg(t)  v = ReduceSum<keepdims=0>(r) }")
    nodes = [helper.make_node("Scan", ["s", "x"], ["t", "u", "v"], body=body, num_scan_inputs=1, scan_output_axes=[1, 0])]
    for rows in (0, "n"):
        yield (graph(nodes, {"s": (F32, [3]), "x": (F32, [rows, 3])}, {"t": (F32, [3]), "u": (F32, None), "v": (F32, None)}),
               {"s": np.ones(3, np.float32), "x": normal(0, 3)}, [np.ones(3, np.float32), np.zeros((3, 0), np.float32), np.zeros(0, np.float32)])


@case
def concat_of_parts_that_share_a_value():
    """The branch of one part does not see what that of another computed."""
    nodes = [helper.make_node("Add", ["s", "t"], ["e"]), helper.make_node("Add", ["x", "e"], ["a"]), helper.make_node("Add", ["z", "e"], ["b"]),
             helper.make_node("Concat", ["a", "b"], ["y"], axis=0)]
    yield graph(nodes, {"x": (F32, ["n", 4]), "z": (F32, ["m", 4]), "s": (F32, [4]), "t": (F32, [4])}, {"y": (F32, None)}), {
        "x": normal(3, 4), "z": normal(5, 4), "s": normal(4), "t": normal(4)}


@case
def transform_of_many_axes():
    nodes = [helper.make_node("DFT", ["x", "", "axis"], ["y"])]
    model = graph(nodes, {"x": (F32, [2, 3, 1, 4, 3, 2])}, {"y": (F32, None)}, axis=np.array(3))
    yield model, {"x": normal(2, 3, 1, 4, 3, 2)}


@case
def products_with_casts_that_wrap():
    """A constant that stays beside its casts, larger than constant folding makes one: 200 is not -56, 16,777,217 is not 16,777,216."""
    def products(weights, types, point):
        chain = [helper.make_node("Cast", ["w" if i == 0 else f"w{i - 1}"], [f"w{i}"], to=to) for i, to in enumerate(types)]
        last = f"w{len(types) - 1}" if types else "w"
        nodes = chain + [helper.make_node("Sub", [last, "point"], ["v"]), helper.make_node("Cast", ["x"], ["wide"], to=TensorProto.INT32),
                         helper.make_node("MatMul", ["wide", "v"], ["y"]), helper.make_node("Gather", ["w", "row"], ["r"], axis=0)]
        x = np.arange(-768, 768).astype(np.int8).reshape(1, 1536)
        kept = weights
        for to in types:
            kept = kept.astype(helper.tensor_dtype_to_np_dtype(to))
        expected = [x.astype(np.int32) @ (kept.astype(np.int32) - np.int32(point)), weights[3]]
        model = graph(nodes, {"x": (TensorProto.INT8, ["n", 1536]), "row": (TensorProto.INT64, [])}, {
            "y": (TensorProto.INT32, None), "r": (helper.np_dtype_to_tensor_dtype(weights.dtype), None)}, w=weights, point=np.int32(point))
        return model, {"x": x, "row": np.array(3)}, expected
    bytes_ = (np.arange(1536 * 1024) % 256).reshape(1536, 1024)
    yield products(bytes_.astype(np.uint8), [TensorProto.INT8, TensorProto.INT32], 3)
    yield products(bytes_.astype(np.int32), [TensorProto.INT8, TensorProto.INT32], 3)
    yield products(bytes_.astype(np.int32), [TensorProto.BOOL, TensorProto.INT32], 0)
    yield products(np.full((1536, 1024), 2**24 + 1, np.int32), [], 2**24)


def run(*command):
    return subprocess.run([MLC, *command], capture_output=True, text=True, timeout=300)


def check(model, feeds, expected, folder):
    path = os.path.join(folder, "model.onnx")
    onnx.save(model, path)
    done = run("compile", path, "-o", folder + "/model.so")
    if done.returncode:
        return f"compile: exit {done.returncode}: {done.stderr}"
    if expected is None:
        expected = ReferenceEvaluator(model).run(None, feeds)
    command = ["run", folder + "/model.so", "--rtol", "1e-4", "--atol", "1e-5"]
    for name, array in feeds.items():
        np.save(f"{folder}/{name}.npy", array)
        command += ["--input", f"{name}=@{folder}/{name}.npy"]
    for output, array in zip(model.graph.output, expected):
        np.save(f"{folder}/expected-{output.name}.npy", array)
        command += ["--expected", f"{output.name}=@{folder}/expected-{output.name}.npy"]
    done = run(*command)
    return None if done.returncode == 0 else f"run: exit {done.returncode}: {done.stdout}{done.stderr}"


# Sizes that no 64-bit count holds: an error, not a small buffer.
ENDLESS = onnx.parser.parse_graph("turn (int64 i, bool c) => (bool d, float[1000] r) { d = Identity(c)  k = Constant<value_ints=[1000]>()  "
                                  "z = Cast<to=1>(i)  r = Expand(z, k) }")
HUGE = [
    ("product_of_outer_dims", [helper.make_node("MatMul", ["a", "b"], ["y"])],
     {"a": (F32, ["n", 0]), "b": (F32, [0, "m"])}, ["a=8589934593x0xf32", "b=0x8589934592xf32"]),
    ("intermediate_buffers", [helper.make_node("MatMul", ["a", "b"], ["p"]), helper.make_node("Softmax", ["p"], ["q"]),
                              helper.make_node("MatMul", ["q", "p"], ["y"])],
     {"a": (F32, ["n", 0]), "b": (F32, [0, "m"])}, ["a=2147483648x0xf32", "b=0x2147483648xf32"]),
    ("gathered_results", [helper.make_node("Loop", ["n", ""], ["y"], body=ENDLESS)], {"n": (TensorProto.INT64, [])}, ["n=9223372036854775807"]),
]


def check_huge(nodes, inputs, specs, folder):
    path = os.path.join(folder, "model.onnx")
    onnx.save(graph(nodes, inputs, {"y": (F32, ["p", "q"])}), path)
    done = run("compile", path, "-o", folder + "/model.so")
    if done.returncode:
        return f"compile: exit {done.returncode}: {done.stderr}"
    done = run("run", folder + "/model.so", *(f"--input={spec}" for spec in specs))
    good = done.returncode in (2, 5) and "error" in done.stderr
    return None if good else f"run: exit {done.returncode}: {done.stdout}{done.stderr}"


def main():
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        def report(name, problem):
            nonlocal failures
            failures += bool(problem)
            print(f"{'FAILED' if problem else 'passed'} {name}" + (f": {problem.strip()}" if problem else ""))

        for function in CASES:
            if PATTERN.search(function.__name__):
                for model, feeds, *expected in function():
                    report(function.__name__, check(model, feeds, expected[0] if expected else None, folder))
        for name, *arguments in HUGE:
            if PATTERN.search(name):
                report(name, check_huge(*arguments, folder))
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
