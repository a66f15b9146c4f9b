#!/usr/bin/env python3
"""Makes whole-model tests under build/zoo/<model>/ in ONNX's layout: model.onnx, test_data_set_K/{input,output}_0.pb, tolerance.txt.

usage: build/venv/bin/python test/models/make_cases.py [--list] [MODEL...]      all models by default

The models are those of models/zoo, filled, and models/fashion-mnist-cnn. Inputs are random but the same everywhere; the expected
outputs are ONNX Runtime's. A model whose graph, fill rules, shapes and ONNX Runtime version have not changed is skipped.
"""
import argparse
import hashlib
import os
import shutil
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ZOO = os.path.join(ROOT, "models", "zoo")
OUT = os.path.join(ROOT, "build", "zoo")
sys.path.insert(0, ZOO)
sys.dont_write_bytecode = True
import fill  # noqa: E402

# One data set per shape. Token models get a sequence length that no tile size divides, too.
IMAGE = lambda channels, size: [(batch, channels, size, size) for batch in (1, 8)]
TEXT = [(1, 128), (8, 128), (3, 37)]
SHAPES = {
    "bert_base": TEXT,
    "fashion-mnist-cnn": IMAGE(1, 28),
    "gpt2": TEXT,
    "lstm_512x2": [(1, 64, 512), (8, 64, 512)],
    "mobilenet_v3_large": IMAGE(3, 224),
    "resnet50": IMAGE(3, 224),
    "unet": IMAGE(3, 256),
    "vit_b_16": IMAGE(3, 224),
}
VOCABULARY = {"bert_base": 30522, "gpt2": 50257}


def source(model):
    """The committed file that the case is made from."""
    trained = os.path.join(ROOT, "models", model, "model.onnx")
    return trained if os.path.exists(trained) else os.path.join(ZOO, model + ".onnx")


def stamp(model):
    digest = hashlib.sha256(onnxruntime.__version__.encode())
    for path in (source(model), fill.__file__, __file__):
        with open(path, "rb") as f:
            digest.update(f.read())
    return digest.hexdigest()


def make_model(model, folder):
    """Writes folder/model.onnx."""
    path = os.path.join(folder, "model.onnx")
    if source(model).startswith(ZOO):
        os.rename(fill.fill(model, folder), path)
    else:
        shutil.copyfile(source(model), path)
    return path


def make_input(model, index, shape):
    """Token ids, pixels in [0,1) for the trained classifier, else standard normal values."""
    generator = np.random.default_rng([index, *shape])
    if model in VOCABULARY:
        return generator.integers(0, VOCABULARY[model], shape)
    if model == "fashion-mnist-cnn":
        return generator.random(shape, np.float32)
    return generator.standard_normal(shape, np.float32)


def check_telling(model, y):
    """A test proves nothing when its expected values are not finite, nearly constant, or the same for each input of the batch."""
    spread = y.std()
    across = y.std(axis=0).mean() if len(y) > 1 else spread
    if not np.isfinite(y).all() or spread < 1e-3 or across < 1e-2 * spread:
        sys.exit(f"{model}: degenerate output: finite {np.isfinite(y).all()}, spread {spread:g}, across the batch {across:g}")
    return f"std {spread:.3g}, across the batch {across:.3g}"


def save_tensor(array, name, path):
    onnx.save_tensor(numpy_helper.from_array(array, name), path)


def make(model):
    folder, wanted = os.path.join(OUT, model), stamp(model)
    stamp_path = os.path.join(OUT, model + ".stamp")
    if os.path.isdir(folder) and os.path.exists(stamp_path):
        with open(stamp_path) as f:
            if f.read() == wanted:
                print(f"{model}: up to date")
                return
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    session = onnxruntime.InferenceSession(make_model(model, folder), options, providers=["CPUExecutionProvider"])
    (input_,), (output,) = session.get_inputs(), session.get_outputs()
    spreads = []
    for index, shape in enumerate(SHAPES[model]):
        x = make_input(model, index, shape)
        y = session.run(None, {input_.name: x})[0]
        data_set = os.path.join(folder, f"test_data_set_{index}")
        os.mkdir(data_set)
        save_tensor(x, input_.name, os.path.join(data_set, "input_0.pb"))
        save_tensor(y, output.name, os.path.join(data_set, "output_0.pb"))
        print(f"{model} {list(shape)} -> {list(y.shape)}: {check_telling(model, y)}", flush=True)
        spreads.append(y.std())
    # 1e-4 relative. Sums of thousands of f32 terms in another order: an error is to be judged against the output's spread, not
    # against the one value that happens to lie near zero. OpenVINO and unoptimised ONNX Runtime stay within 7e-5 of that spread.
    with open(os.path.join(folder, "tolerance.txt"), "w") as f:
        f.write(f"1e-4 {1e-4 * min(spreads):.2g}\n")
    with open(stamp_path, "w") as f:
        f.write(wanted)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", action="store_true", help="print the names of the models and stop")
    parser.add_argument("models", nargs="*", metavar="MODEL")
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.models) - set(SHAPES))
    if unknown:
        parser.error(f"unknown model {', '.join(unknown)}; there are {', '.join(SHAPES)}")
    if arguments.list:
        print("\n".join(SHAPES))
        sys.exit()
    os.makedirs(OUT, exist_ok=True)
    for name in arguments.models or SHAPES:
        make(name)
