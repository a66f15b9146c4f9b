"""Rows that are chosen by indices, as wholes."""
import numpy as np

from case import case

random = np.random.default_rng(6)  # its own: the values of files behind this one stay what they are


def indices(extent, *shape, dtype=np.int64):
    return random.integers(-extent, extent, shape).astype(dtype)


for columns in (1, 3, 16, 37, 130):
    table = random.standard_normal((4, 9, 2, columns)).astype(np.float32)
    for axis in (0, 1, 2):
        case(f"gather_rows_{columns}_{axis}", "Gather", [table, indices(table.shape[axis], 3, 5)], axis=axis)
case("gather_row", "Gather", [table, np.array(-2)], axis=1)
case("gather_no_rows", "Gather", [table, np.zeros((0, 2), np.int64)], axis=1)
case("gather_empty_rows", "Gather", [np.zeros((5, 0), np.float32), indices(5, 4)])
for dtype in (np.float16, np.float64, np.int8, np.uint8, np.int16, np.int32, np.int64, np.uint32, np.bool_):
    case(f"gather_rows_{np.dtype(dtype).name}", "Gather", [random.integers(0, 100, (6, 19)).astype(dtype), indices(6, 8, dtype=np.int32)])

lengths = np.array([0, 7, 1, 4])
for columns in ((), (1,), (5,), (2, 33)):
    name = "x".join(map(str, columns)) or "scalars"
    case(f"reverse_sequence_{name}", "ReverseSequence", [random.standard_normal((7, 4, *columns)).astype(np.float32), lengths], time_axis=0, batch_axis=1)
    case(f"reverse_sequence_batch_{name}", "ReverseSequence", [random.standard_normal((4, 7, *columns)).astype(np.float32), lengths], time_axis=1,
         batch_axis=0)
