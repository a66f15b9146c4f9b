#!/usr/bin/env python3
"""Gives a graph of this folder its weights: random, but the same on every machine, and such that activations stay sane.

usage: fill.py [--external] MODEL OUTDIR      needs numpy and onnx (build/venv/bin/python has both)

Writes OUTDIR/MODEL.onnx with the weights inside; with --external OUTDIR/MODEL.onnx and OUTDIR/MODEL.weights beside it.
"""
import argparse
import hashlib
import os

import numpy as np
import onnx

HERE = os.path.dirname(os.path.abspath(__file__))


def models():
    """The names of all graphs in this folder."""
    return sorted(f[:-len(".onnx")] for f in os.listdir(HERE) if f.endswith(".onnx"))


def draw(model, tensor, rule):
    """The values of one tensor; each has a generator of its own, so that no tensor depends on the order of the others."""
    digest = hashlib.sha256(f"{model}/{tensor.name}".encode()).digest()
    generator = np.random.default_rng(int.from_bytes(digest[:8], "little"))
    kind, *numbers = rule.split()
    numbers = [np.float32(n) for n in numbers]
    shape = tuple(tensor.dims)
    if kind == "normal":
        mean, std = numbers
        return mean + std * generator.standard_normal(shape, np.float32)
    if kind == "centered":
        values = generator.standard_normal(shape, np.float32)
        values -= values.mean(1, keepdims=True)
        return numbers[0] / values.std() * values
    if kind == "uniform":
        low, high = numbers
        return low + (high - low) * generator.random(shape, np.float32)
    raise ValueError(f"{model}: tensor '{tensor.name}' has an unknown fill rule '{rule}'")


def fill(model, out_dir, external=False):
    """Writes the filled model into out_dir and returns the path of its .onnx file."""
    proto = onnx.load(os.path.join(HERE, model + ".onnx"), load_external_data=False)
    os.makedirs(out_dir, exist_ok=True)
    weights = open(os.path.join(out_dir, model + ".weights"), "wb") if external else None
    for tensor in proto.graph.initializer:
        rules = [entry.value for entry in tensor.metadata_props if entry.key == "fill"]
        if not rules:
            continue
        data = draw(model, tensor, rules[0]).astype("<f4").tobytes()
        if weights:
            weights.seek(int(next(e.value for e in tensor.external_data if e.key == "offset")))
            weights.write(data)
        else:
            tensor.ClearField("external_data")
            tensor.ClearField("data_location")
            tensor.raw_data = data
    if weights:
        weights.close()
    path = os.path.join(out_dir, model + ".onnx")
    onnx.save(proto, path)
    return path


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--external", action="store_true", help="write the weights into a file of their own")
    parser.add_argument("model", choices=models())
    parser.add_argument("out_dir")
    arguments = parser.parse_args()
    print(fill(arguments.model, arguments.out_dir, arguments.external))
