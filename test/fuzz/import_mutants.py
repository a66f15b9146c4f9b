#!/usr/bin/env python3
"""Truncates and bit-flips models and gives the variants to the front end: exit code 0 or 3, never a signal, a hang or another code.

usage: import_mutants.py MLC_IMPORT [--count N] [--seed S] [--keep DIR] MODEL...

Variants are made from a fixed seed, so a failure repeats. Each batch of variants runs in one process under RLIMIT_AS 2 GiB and 10 s per
model; a batch that fails is run again one by one, and the culprits are kept in DIR.
"""
import argparse
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile

SANITIZED = bool(os.environ.get("MLC_SANITIZED"))
MEMORY, SECONDS, BATCH = 2 << 30, 60 if SANITIZED else 10, 40


def mutate(data, rng):
    """One variant: cut off, bits flipped, bytes overwritten with extreme values, or a piece moved."""
    data = bytearray(data)
    kind = rng.random()
    if kind < 0.2 or not data:
        return bytes(data[:rng.randrange(len(data) + 1)])
    if kind < 0.6:
        for _ in range(rng.choice([1, 1, 2, 8, 32])):
            i = rng.randrange(len(data))
            data[i] ^= 1 << rng.randrange(8)
    elif kind < 0.85:
        for _ in range(rng.choice([1, 2, 4])):
            i = rng.randrange(len(data))
            data[i] = rng.choice([0, 1, 0x7F, 0x80, 0xFF])
    else:
        i, j = sorted(rng.randrange(len(data)) for _ in range(2))
        piece = data[i:min(j, i + 64)]
        k = rng.randrange(len(data))
        data[k:k] = piece
    return bytes(data)


def run(tool, paths):
    # Sanitizers reserve terabytes of address space and take their time.
    limit = None if SANITIZED else lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        done = subprocess.run([tool, "--batch", *paths], capture_output=True, timeout=SECONDS * len(paths), preexec_fn=limit)
    except subprocess.TimeoutExpired:
        return "timeout"
    return None if done.returncode in (0, 3) else f"exit code {done.returncode}: {done.stderr.decode(errors='replace')[-300:]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tool")
    parser.add_argument("models", nargs="+")
    parser.add_argument("--count", type=int, default=1200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", default="")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    seeds = [open(path, "rb").read() for path in sorted(options.models)]
    folder = tempfile.mkdtemp(prefix="mlc-mutants-")
    failures = []
    for start in range(0, options.count, BATCH):
        paths = []
        for i in range(start, min(start + BATCH, options.count)):
            paths.append(os.path.join(folder, f"{i}.onnx"))
            with open(paths[-1], "wb") as file:
                file.write(mutate(rng.choice(seeds), rng))
        if run(options.tool, paths):
            failures += [(path, problem) for path in paths for problem in [run(options.tool, [path])] if problem]
    for path, problem in failures:
        print(f"FAIL {os.path.basename(path)}: {problem}")
        if options.keep:
            os.makedirs(options.keep, exist_ok=True)
            shutil.copy(path, options.keep)
    print(f"{options.count} mutants of {len(seeds)} models, {len(failures)} failed")
    shutil.rmtree(folder)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
