"""Losses, spectra, sums."""
import re

import numpy as np

from case import P, case, i64, ints, k, normal, uniform

for reduction in ("none", "mean", "sum"):
    case(f"nll_{reduction}", "NegativeLogLikelihoodLoss", [normal(3, 5, 4), ints(0, 5, 3, 4), uniform(5)], opset=13, reduction=reduction, ignore_index=2)
    case(f"sce_{reduction}", "SoftmaxCrossEntropyLoss", [normal(3, 5, 4, 2), ints(0, 5, 3, 4, 2)], outputs=2, opset=13, reduction=reduction)
case("sce_weighted", "SoftmaxCrossEntropyLoss", [normal(6, 5), ints(0, 5, 6), uniform(5)], opset=13, ignore_index=-1)
for equation, shapes in {
    "ij,jk->ik": [(3, 4), (4, 5)], "bij,bkj->bik": [(2, 3, 4), (2, 5, 4)], "...ij,...jk": [(2, 3, 4), (2, 4, 5)],
    "bhqd,bhkd->bhqk": [(2, 3, 4, 5), (2, 3, 6, 5)], "ij->ji": [(3, 4)], "ij->": [(3, 4)], "ii->i": [(4, 4)], "ii": [(4, 4)],
    "i,j->ij": [(3,), (4,)], "ijk,k->ij": [(2, 3, 4), (4,)], "ab,bc,cd->ad": [(2, 3), (3, 4), (4, 5)], "abc,cd,b->ad": [(2, 3, 4), (4, 5), (3,)],
    "...d,...d->...": [(2, 3, 4), (3, 4)], "bn,anm,bm->ba": [(2, 3), (4, 3, 5), (2, 5)], "abcd->dbca": [(2, 3, 4, 5)], "a b , b c": [(2, 3), (3, 4)],
}.items():
    case("einsum_" + re.sub(r"\W", lambda m: {"-": "", ">": "_to_", ",": "_", ".": "e", " ": ""}[m.group()], equation), "Einsum",
         [normal(*shape) for shape in shapes], opset=12, equation=equation)
case("dft", "DFT", [normal(2, 9, 3, 1), None, P(np.int64(1))], fixed={0: [-1]}, opset=20)
case("dft_complex", "DFT", [normal(2, 8, 2), P(np.int64(11)), P(np.int64(-2))], fixed={0: [-1]}, opset=20)
case("dft_onesided", "DFT", [normal(3, 10, 1), P(np.int64(7))], fixed={0: [-1]}, opset=20, onesided=1)
case("dft_inverse", "DFT", [normal(2, 8, 2)], fixed={0: [-1]}, opset=20, inverse=1)
case("dft_17", "DFT", [normal(2, 8, 5, 1)], fixed={0: [-1]}, opset=17, axis=2)
# Lengths of small factors, with a rest for a matrix (11, 97), and for a convolution (131). For other lengths than powers of two ONNX
# Runtime is off by up to 7e-5: at 262 it finds -3e-5 for the imaginary part of the middle bin of real numbers, which has none.
for length in (1, 2, 3, 4, 6, 35, 36, 60, 88, 97, 128, 131, 262):
    real, whole = normal(3, length, 2, 1) / 16, normal(3, length, 2) / 16
    known = dict(fixed={0: [-1]}, opset=20, reference=length & (length - 1) != 0)
    case(f"dft_real_{length}", "DFT", [real, None, P(np.int64(1))], **known)
    case(f"dft_half_{length}", "DFT", [real, None, P(np.int64(1))], onesided=1, **known)
    for inverse in (0, 1):
        case(f"dft_{length}_{inverse}", "DFT", [whole, None, P(np.int64(1))], inverse=inverse, **known)
for axis in (1, -2):
    case(f"dft_axis_of_the_run_{axis}", "DFT", [normal(2, 12, 5, 2), None, np.int64(axis)], fixed={0: [0, 1, 2, 3]}, opset=20, reference=True)
case("dft_half_axis_of_the_run", "DFT", [normal(1, 12, 5, 2), None, np.int64(1)], fixed={0: [0, 1, 2, 3]}, opset=20, inverse=1, onesided=1)
case("dft_f64", "DFT", [normal(2, 30, 2).astype(np.float64), None, P(np.int64(1))], fixed={0: [-1]}, opset=20)
case("stft", "STFT", [normal(2, 40, 1), P(np.int64(6)), uniform(12)], fixed={0: [-1]}, opset=17)
case("stft_of_rows", "STFT", [normal(2, 40), P(np.int64(6)), uniform(12)], opset=17)
case("stft_two_sided", "STFT", [normal(1, 30, 1), P(np.int64(5)), None, P(np.int64(10))], fixed={0: [-1]}, opset=17, onesided=0)
for op in ("HannWindow", "HammingWindow", "BlackmanWindow"):
    for periodic in (0, 1):
        case(f"{op.lower()}_{periodic}", op, [P(np.int64(11))], opset=17, periodic=periodic)
case("mel_weights", "MelWeightMatrix", [P(np.int64(20)), P(np.int64(256)), P(np.int64(16000)), P(np.float32(80)), P(np.float32(7600))], opset=17)

# Reductions over each kind of axes: what follows them, what lies between them, and no element at all.
for op in ("ReduceMax", "ReduceMin", "ReduceSum", "ReduceMean", "ReduceProd", "ReduceL2", "ReduceLogSumExp"):
    for name, axes in {"first": [0], "inner": [1], "two": [1, 2], "last": [3], "around": [0, 2, 3], "ends": [0, 3]}.items():
        case(f"{op.lower()}_{name}", op, [normal(3, 5, 2, 41), P(i64(*axes))], opset=18)
    case(f"{op.lower()}_double", op, [normal(7, 37).astype(np.float64), P(i64(-1))], opset=18, keepdims=0)
    case(f"{op.lower()}_double_first", op, [normal(7, 37).astype(np.float64), P(i64(0))], opset=18, keepdims=0)
for op in ("Softmax", "LogSoftmax"):
    for axis in range(4):
        case(f"{op.lower()}_axis_{axis}", op, [normal(2, 5, 3, 23)], opset=13, axis=axis)
    case(f"{op.lower()}_f16_axis_1", op, [normal(2, 5, 3, 23).astype(np.float16)], opset=13, axis=1)
for op in ("ArgMax", "ArgMin"):
    for last in (0, 1):
        case(f"{op.lower()}_long_row_{last}", op, [ints(0, 9, 3, 301).astype(np.float32)], opset=13, axis=1, select_last_index=last)
        case(f"{op.lower()}_wide_columns_{last}", op, [ints(0, 4, 6, 301).astype(np.float64)], opset=13, axis=0, select_last_index=last)
    for axis in range(3):
        for last in (0, 1):
            case(f"{op.lower()}_ties_{axis}_{last}", op, [ints(0, 4, 5, 7, 37).astype(np.float32)], opset=13, axis=axis, select_last_index=last)
