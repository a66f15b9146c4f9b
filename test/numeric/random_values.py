#!/usr/bin/env python3
"""Random operators by their statistics: random_values.py MLC

ONNX leaves the generator open, so no other implementation has our numbers. All nodes are in one model, which is compiled and run
once; the same seed must give the same numbers in two nodes, other seeds and nodes without a seed must give others.
"""
import os
import subprocess
import sys
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper

SIZE = 1 << 17
FAILURES = []
NODES, INPUTS, OUTPUTS, FEEDS = [], [], [], {}


def add(op, name, inputs=(), outputs=1, domain="", **attributes):
    """A node whose first output has its name, further ones NAME_1 and so on."""
    names = [name] + [f"{name}_{k}" for k in range(1, outputs)]
    NODES.append(helper.make_node(op, list(inputs), names, name=name + "_node", domain=domain, **attributes))
    OUTPUTS.extend(names)


def feed(name, array):
    array = np.asarray(array)
    FEEDS[name] = array
    INPUTS.append(helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape))


def expect(condition, text):
    if not condition:
        FAILURES.append(text)


def expect_moments(values, mean, variance, name, kurtosis):
    """Mean and variance within 5 standard errors."""
    values = values.astype(np.float64).ravel()
    count = values.size
    error = np.sqrt(variance / count)
    expect(abs(values.mean() - mean) < 5 * error, f"{name}: mean {values.mean()}, expected {mean} within {5 * error}")
    error = variance * np.sqrt((kurtosis - 1) / count)
    expect(abs(values.var() - variance) < 5 * error, f"{name}: variance {values.var()}, expected {variance} within {5 * error}")


def expect_uniform(unit, name):
    """Numbers of [0, 1): 64 bins by chi-square, pairs of neighbours in 8 x 8 bins, range."""
    unit = unit.astype(np.float64).ravel()
    expect(unit.min() >= 0 and unit.max() < 1, f"{name}: found {unit.min()} to {unit.max()}, expected [0, 1)")
    cells = np.minimum((unit * 64).astype(int), 63)
    pairs = cells[0::2] // 8 * 8 + cells[1::2] // 8
    for kind, bins in (("values", cells), ("pairs", pairs)):
        found = np.bincount(bins, minlength=64)
        each = bins.size / 64
        chi = ((found - each) ** 2 / each).sum()
        # 63 degrees of freedom: mean 63, standard deviation 11.2.
        expect(chi < 63 + 6 * 11.2, f"{name}: chi-square of the {kind} is {chi:.0f}, expected about 63")


def expect_share(hits, share, name):
    error = np.sqrt(share * (1 - share) / hits.size)
    expect(abs(hits.mean() - share) <= 5 * error, f"{name}: share {hits.mean()}, expected {share} within {5 * error}")


def make_model():
    shape = [SIZE]
    add("RandomUniform", "u", shape=shape, low=-2.0, high=3.0, seed=1.0)
    add("RandomUniform", "u_same", shape=shape, low=-2.0, high=3.0, seed=1.0)
    add("RandomUniform", "u_other", shape=shape, low=-2.0, high=3.0, seed=2.0)
    add("RandomUniform", "u_free", shape=shape, low=-2.0, high=3.0)
    add("RandomUniform", "u_free_other", shape=shape, low=-2.0, high=3.0)
    add("RandomUniform", "u_double", shape=shape, dtype=TensorProto.DOUBLE, seed=3.0)
    add("RandomNormal", "n", shape=shape, mean=1.5, scale=2.0, seed=1.0)
    add("RandomNormal", "n_same", shape=shape, mean=1.5, scale=2.0, seed=1.0)
    add("RandomNormal", "n_other", shape=shape, mean=1.5, scale=2.0, seed=2.0)
    add("RandomNormal", "n_half", shape=shape, dtype=TensorProto.FLOAT16, seed=5.0)
    feed("x", np.random.default_rng(1).standard_normal((256, SIZE // 256)).astype(np.float32) + 4)
    add("RandomUniformLike", "ul", ["x"], seed=7.0)
    add("RandomNormalLike", "nl", ["x"], seed=7.0, dtype=TensorProto.DOUBLE)
    shares = np.array([0, 0.01, 0.25, 0.5, 0.9, 1], np.float32)
    feed("p", np.repeat(shares[:, None], SIZE // 4, 1))
    add("Bernoulli", "b", ["p"], seed=11.0, dtype=TensorProto.BOOL)
    add("Bernoulli", "b_same", ["p"], seed=11.0)
    add("Bernoulli", "b_other", ["p"], seed=12.0)
    feed("classes", np.log(np.array([[0.1, 0.2, 0.7], [0.5, 0.5, 1e-30]], np.float32)))
    add("Multinomial", "m", ["classes"], sample_size=SIZE // 4, seed=13.0)
    for name, ratio, trains in (("d", 0.3, True), ("d_none", 0, True), ("d_off", 0.3, False)):
        feed(name + "_ratio", np.float32(ratio))
        feed(name + "_mode", np.bool_(trains))
        add("Dropout", name, ["x", name + "_ratio", name + "_mode"], outputs=2, seed=17)
    # A function that is called twice draws anew in each call.
    body = [helper.make_node("RandomUniformLike", ["a"], ["r"])]
    draw = helper.make_function("test", "Draw", ["a"], ["r"], body, [helper.make_opsetid("", 22)])
    add("Draw", "call", ["x"], domain="test")
    add("Draw", "call_again", ["x"], domain="test")
    outputs = [helper.make_empty_tensor_value_info(name) for name in OUTPUTS]
    graph = helper.make_graph(NODES, "random", INPUTS, outputs)
    opsets = [helper.make_opsetid("", 22), helper.make_opsetid("test", 1)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=10, functions=[draw])
    return onnx.shape_inference.infer_shapes(model)


def run(mlc, folder):
    """The outputs of two processes, which must be equal."""
    model = os.path.join(folder, "random.onnx")
    binary = os.path.join(folder, "random.so")
    onnx.save(make_model(), model)
    subprocess.run([mlc, "compile", model, "-o", binary], check=True)
    words = [mlc, "run", binary]
    for name, array in FEEDS.items():
        np.save(os.path.join(folder, name + ".npy"), array)
        words += ["--input", f"{name}=@{folder}/{name}.npy"]
    results = []
    for turn in range(2):
        files = [f"{folder}/{turn}.{name}.npy" for name in OUTPUTS]
        targets = [word for name, file in zip(OUTPUTS, files) for word in ("--output", f"{name}=@{file}")]
        subprocess.run(words + targets, check=True, stdout=subprocess.DEVNULL)
        results.append({name: np.load(file) for name, file in zip(OUTPUTS, files)})
    for name in OUTPUTS:
        expect(np.array_equal(results[0][name], results[1][name]), f"{name}: two runs differ")
    return results[0]


def check_distributions(y):
    expect_uniform((y["u"] + 2) / 5, "u")
    expect_moments(y["u"], 0.5, 25 / 12, "u", 1.8)
    for name in ("u_double", "ul", "call"):
        expect_uniform(y[name], name)
    for name, mean, variance in (("n", 1.5, 4), ("n_half", 0, 1), ("nl", 0, 1)):
        expect_moments(y[name], mean, variance, name, 3)
        below = [(y[name].astype(np.float64) < mean + k * np.sqrt(variance)) for k in (-2, -1, 0, 1, 2)]
        for hits, share in zip(below, (0.0227501, 0.1586553, 0.5, 0.8413447, 0.9772499)):
            expect_share(hits, share, name + " quantile")
    for row, share in zip(y["b"], FEEDS["p"][:, 0]):
        expect_share(row, float(share), f"Bernoulli of {share}")
    for row, shares in zip(y["m"], ((0.1, 0.2, 0.7), (0.5, 0.5, 0))):
        for k, share in enumerate(shares):
            expect_share(row == k, share, f"class {k} of {shares}")
    expect(y["u_double"].dtype == np.float64 and np.unique(y["u_double"]).size > SIZE - 8, "u_double: has too few different numbers")


def check_seeds(y):
    for one, same, other in (("u", "u_same", "u_other"), ("n", "n_same", "n_other"), ("b", "b_same", "b_other")):
        expect(np.array_equal(y[one], y[same].astype(y[one].dtype)), f"{one}: the same seed gives other numbers")
        expect(not np.array_equal(y[one], y[other].astype(y[one].dtype)), f"{one}: another seed gives the same numbers")
    for one, other in (("u", "u_other"), ("u", "u_free"), ("u_free", "u_free_other"), ("n", "n_other"), ("call", "call_again")):
        correlation = np.corrcoef(y[one].ravel(), y[other].ravel())[0, 1]
        expect(abs(correlation) < 5 / np.sqrt(SIZE), f"{one} and {other}: correlation {correlation}, expected none")


def check_dropout(y):
    x, mask = FEEDS["x"], y["d_1"]
    expect_share(mask, 0.7, "kept by dropout")
    expect(np.allclose(y["d"], np.where(mask, x / np.float32(0.7), 0), rtol=1e-6), "dropout: y is not x * mask / (1 - ratio)")
    for name in ("d_none", "d_off"):
        expect(np.array_equal(y[name], x) and y[name + "_1"].all(), f"{name}: expected x as it is and a mask of ones")


def main():
    with tempfile.TemporaryDirectory() as folder:
        y = run(sys.argv[1], folder)
    check_distributions(y)
    check_seeds(y)
    check_dropout(y)
    for text in FAILURES:
        print("FAIL:", text)
    print(f"{len(OUTPUTS)} outputs, {len(FAILURES)} failures")
    return 1 if FAILURES else 0


if __name__ == "__main__":
    sys.exit(main())
