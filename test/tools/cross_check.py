"""Checks the tools' readers and writers against NumPy and onnx.

cross_check.py CONVERT ONNX_SUITE: every tensor file of the ONNX suite is
converted .pb -> .npy and -> .pb, and arrays of every type, order and byte order
that NumPy writes are converted to .pb and .npz; the values must be the same.
"""

import os
import subprocess
import sys
import tempfile

try:
    import ml_dtypes
    import numpy as np
    import onnx
    from onnx import numpy_helper
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

CONVERT, SUITE = sys.argv[1:3]
ONNX_NAMES = {  # the types that .npy cannot name
    "bfloat16": "bf16", "float8_e4m3fn": "f8e4m3fn", "float8_e4m3fnuz": "f8e4m3fnuz", "float8_e5m2": "f8e5m2",
    "float8_e5m2fnuz": "f8e5m2fnuz", "float8_e8m0fnu": "f8e8m0", "float4_e2m1fn": "f4e2m1", "int4": "i4",
    "uint4": "u4", "int2": "i2", "uint2": "u2",
}


def convert(rows):
    text = "".join(" ".join(row) + "\n" for row in rows)
    done = subprocess.run([CONVERT], input=text, capture_output=True, text=True)
    return done.stdout.splitlines()


def load_npy(path, dtype):
    array = np.load(path)
    return array.view(dtype) if array.dtype != dtype and array.dtype.kind in "Vf" else array


def same(a, b):
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    return np.ascontiguousarray(a).tobytes() == np.ascontiguousarray(b).tobytes()


def load_proto(path):
    """The array in `path`, or None for sequences, optionals and strings."""
    with open(path, "rb") as f:
        data = f.read()
    tensor = onnx.TensorProto()
    try:
        tensor.ParseFromString(data)
        if tensor.data_type == onnx.TensorProto.STRING or tensor.HasField("segment"):
            return None
        return numpy_helper.to_array(tensor)
    except Exception:
        return None


def check_suite(work):
    paths = [os.path.join(d, f) for d, _, files in os.walk(SUITE) for f in sorted(files) if f.endswith(".pb")]
    rows, checks = [], []
    for i, path in enumerate(paths):
        rows += [(path, f"{work}/{i}.npy", "-", "-"), (path, f"{work}/{i}.pb", "-", "-")]
        checks.append((path, f"{work}/{i}.npy", f"{work}/{i}.pb"))
    errors = convert(rows)
    bad, refused = [], 0
    for path, npy, pb in checks:
        expected = load_proto(path)
        if expected is None:
            message = next((e for e in errors if e.startswith(path + ":")), "")
            refused += 1
            if "unsupported: " not in message or os.path.exists(npy):
                bad.append(f"{path}: expected 'unsupported: ...', found '{message}'")
        elif not os.path.exists(npy):
            bad.append(next((e for e in errors if e.startswith(path + ":")), path))
        elif not same(load_npy(npy, expected.dtype), expected) or not same(load_proto(pb), expected):
            bad.append(f"{path}: other values")
    print(f"{len(paths)} files of the suite, {refused} of them sequences, optionals or strings")
    return bad


def check_numpy(work):
    rng = np.random.default_rng(0)
    dtypes = ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"] + list(ONNX_NAMES)
    rows, checks = [], []
    for name in dtypes:
        custom = hasattr(ml_dtypes, name)
        dtype = np.dtype(getattr(ml_dtypes, name) if custom else name)
        for shape in [(), (5,), (3, 4), (2, 3, 4), (0, 3)]:
            array = rng.integers(0, 2, shape).astype(dtype)
            orders = ["C"] if custom else ["C", "F", "big"]
            for order in orders:
                stored = np.asarray(array, order="F" if order == "F" else "C")
                stored = stored.astype(dtype.newbyteorder(">")) if order == "big" else stored
                stem = f"{work}/n{len(checks)}"
                np.save(stem + ".npy", stored)
                np.savez_compressed(stem + ".npz", other=np.zeros(3), x=stored)
                rows += [(stem + ".npy", stem + ".pb", ONNX_NAMES.get(name, "-"), "-"),
                         (stem + ".npz", stem + ".out.npz", ONNX_NAMES.get(name, "-"), "x")]
                checks.append((f"{name} {shape} {order}", stem, array))
    bad = convert(rows)
    for what, stem, array in checks:
        if not same(load_proto(stem + ".pb"), array):
            bad.append(f"{what}: .npy to .pb")
        found = np.load(stem + ".out.npz")
        found = found[found.files[0]]
        found = found.view(array.dtype) if found.dtype != array.dtype else found
        if not same(found, array):
            bad.append(f"{what}: .npz to .npz")
    print(f"{len(checks)} arrays of NumPy")
    return bad


def main():
    with tempfile.TemporaryDirectory() as work:
        bad = check_numpy(work)
        bad += check_suite(work) if os.path.isdir(SUITE) else []
    print("\n".join(bad) if bad else "all the same")
    sys.exit(1 if bad else 0)


main()
