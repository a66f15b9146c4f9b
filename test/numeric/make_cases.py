#!/usr/bin/env python3
"""Makes one-operator tests under build/numeric/<operator>/ in ONNX's layout: model.onnx, test_data_set_0/{input,output}_K.pb.

usage: build/venv/bin/python test/numeric/make_cases.py [--list] [REGEX]      all cases by default

What ONNX's own backend tests leave out: other shapes, attributes, element types and old opsets, and the same node with symbolic dims
(suffix `_dynamic`) or with its parameters as constants (suffix `_constant`). The expected outputs are ONNX Runtime's; where it does
not know the operator, those of ONNX's reference evaluator.
"""
import argparse
import importlib
import os
import re
import shutil
import sys

import ml_dtypes  # noqa: F401, registers the small float types with NumPy
import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from case import CASES, P

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OUT = os.path.join(ROOT, "build", "numeric")
onnxruntime.set_default_logger_severity(4)


def load_cases():
    """Imports every file under cases/, in order of their names, so that the random numbers are the same each time."""
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "cases")
    sys.path.insert(0, folder)
    for name in sorted(os.listdir(folder)):
        if name.endswith(".py"):
            importlib.import_module(name[:-3])


def value_info(name, array, dynamic, fixed):
    known = range(array.ndim) if fixed is ... else [axis % array.ndim for axis in fixed]
    shape = [f"{name}_{i}" if dynamic and i not in known else d for i, d in enumerate(array.shape)]
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), shape)


def build(op, inputs, outputs, opset, domain, fixed, attributes, dynamic, constant):
    names, graph_inputs, constants, feeds = [], [], [], {}
    for k, value in enumerate(inputs):
        if value is None:
            names.append("")
            continue
        name = f"x{k}"
        names.append(name)
        parameter = isinstance(value, P)
        array = value.value if parameter else np.asarray(value)
        if parameter and constant:
            constants.append(numpy_helper.from_array(array, name))
        else:
            feeds[name] = array
            graph_inputs.append(value_info(name, array, dynamic and not parameter, fixed.get(k, ())))
    results = [f"y{k}" for k in range(outputs)]
    node = helper.make_node(op, names, results, name=op.lower(), domain=domain, **attributes)
    graph_outputs = [helper.make_empty_tensor_value_info(r) for r in results]
    graph = helper.make_graph([node], "case", graph_inputs, graph_outputs, constants)
    opsets = [helper.make_opsetid("", opset)] + ([helper.make_opsetid(domain, 3)] if domain else [])
    model = helper.make_model(graph, opset_imports=opsets, ir_version=10)
    return model, feeds


def expected(model, feeds, reference):
    """(values, who computed them)"""
    try:
        if reference:
            raise NotImplementedError
        session = onnxruntime.InferenceSession(model.SerializeToString())
        return session.run(None, feeds), "onnxruntime"
    except Exception:  # an operator, type or opset that it does not have
        return ReferenceEvaluator(model).run(None, feeds), "onnx"


def declare_outputs(model, values):
    del model.graph.output[:]
    for k, value in enumerate(values):
        dims = [None] * value.ndim
        model.graph.output.append(helper.make_tensor_value_info(f"y{k}", helper.np_dtype_to_tensor_dtype(value.dtype), dims))


def write(name, model, feeds, values):
    folder = os.path.join(OUT, name)
    shutil.rmtree(folder, ignore_errors=True)
    data = os.path.join(folder, "test_data_set_0")
    os.makedirs(data)
    onnx.save(model, os.path.join(folder, "model.onnx"))
    with open(os.path.join(folder, "tolerance.txt"), "w") as f:
        f.write("1e-3 1e-5\n")
    for kind, arrays in (("input", list(feeds.values())), ("output", values)):
        for k, array in enumerate(arrays):
            with open(os.path.join(data, f"{kind}_{k}.pb"), "wb") as f:
                f.write(numpy_helper.from_array(np.asarray(array)).SerializeToString())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("regex", nargs="?", default="")
    parser.add_argument("--list", action="store_true")
    arguments = parser.parse_args()
    load_cases()
    if not arguments.regex and not arguments.list:
        shutil.rmtree(OUT, ignore_errors=True)  # no cases of an older version
    count = {"onnxruntime": 0, "onnx": 0}
    for name, (op, inputs, outputs, opset, domain, fixed, reference, attributes) in CASES.items():
        if not re.search(arguments.regex, name):
            continue
        if arguments.list:
            print(name)
            continue
        variants = [("", False, False), ("_dynamic", True, False)]
        if any(isinstance(value, P) for value in inputs):
            variants = [("_dynamic", True, False), ("_constant", False, True), ("_dynamic_constant", True, True)]
        for suffix, dynamic, constant in variants:
            model, feeds = build(op, inputs, outputs, opset, domain, fixed, attributes, dynamic, constant)
            try:
                values, oracle = expected(model, feeds, reference)
            except Exception as error:
                print(f"{name}: no oracle: {str(error)[:200]}", file=sys.stderr)
                break
            values = [np.asarray(value) for value in values]
            declare_outputs(model, values)
            write(name + suffix, model, feeds, values)
            count[oracle] += 1
    if not arguments.list:
        print(f"{sum(count.values())} cases under {OUT}: {count['onnxruntime']} by ONNX Runtime, {count['onnx']} by ONNX's reference")


if __name__ == "__main__":
    main()
