"""What the case files have in common: operands, and `case`, which enters one into CASES."""
import itertools
import re

import numpy as np
from onnx import TensorProto, helper

RANDOM = np.random.default_rng(20261122)
CASES = {}


def normal(*shape):
    return RANDOM.standard_normal(shape).astype(np.float32)


def uniform(*shape):
    return RANDOM.random(shape).astype(np.float32)


def ints(low, high, *shape, dtype=np.int64):
    return RANDOM.integers(low, high, shape).astype(dtype)


def i64(*values):
    return np.array(values, np.int64)


def f32(*values):
    return np.array(values, np.float32)


class P:
    """A parameter: an input whose value decides about shapes or modes."""

    def __init__(self, value):
        self.value = np.asarray(value)


def case(name, op, inputs, outputs=1, opset=24, domain="", fixed=None, reference=False, **attributes):
    """`fixed`: input -> the axes whose extents mlc must know (... for all); `reference`: ONNX Runtime does not follow the standard."""
    if name in CASES:
        raise SystemExit(f"two cases named {name}")
    CASES[name] = (op, inputs, outputs, opset, domain, fixed or {}, reference, attributes)


# Operands that many cases share.
x345 = normal(3, 4, 5)
ties = ints(0, 4, 5, 7).astype(np.float32)
image = normal(1, 2, 5, 6)
cube, plane = normal(2, 3, 4), normal(2, 3, 7, 8)
q, k, v = normal(2, 4, 3, 8), normal(2, 4, 6, 8), normal(2, 4, 6, 5)
