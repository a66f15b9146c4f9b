#!/usr/bin/env python3
"""Gives the hostile models to the front end; each must be refused with its error code, in bounded time and memory.

usage: run.py MLC_IMPORT

Every model runs in a process of its own with 2 GiB of memory and 10 s of processor time; a minute on the clock tells a hang from a
busy machine. Besides the committed models this makes what git cannot hold:
links, pipes, directories, a message bomb. Exit code 1 when one is accepted, crashes, hangs or gets another code.
"""
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SANITIZED = bool(os.environ.get("MLC_SANITIZED"))
MEMORY, SECONDS, WAIT = 2 << 30, 10, 60


def limit():
    # Sanitizers reserve terabytes of address space and take their time.
    if not SANITIZED:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def run(command, cwd):
    """(exit code, error codes, output); exit code None after a timeout."""
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, timeout=WAIT, preexec_fn=limit)
    except subprocess.TimeoutExpired:
        return None, [], "no answer within %d s" % WAIT
    text = done.stderr.decode(errors="replace")
    return done.returncode, re.findall(r"error\[(MLC\d+)\]", text), text


def varint(n):
    return bytes([n & 127 | (128 if n > 127 else 0)]) + (varint(n >> 7) if n > 127 else b"")


def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def model_with_external(location):
    """An encoded model that adds the external tensor w (f32 [4]) to its input."""
    entry = field(1, b"location") + field(2, location)
    tensor = b"\x08\x04\x10\x01" + field(8, b"w") + field(13, entry) + b"\x70\x01"
    dims = field(2, field(1, b"\x08\x04"))
    info = lambda name: field(1, name) + field(2, field(1, b"\x08\x01" + dims))
    node = field(1, b"x") + field(1, b"w") + field(2, b"y") + field(4, b"Add")
    graph = field(1, node) + field(5, tensor) + field(11, info(b"x")) + field(12, info(b"y"))
    return b"\x08\x0a" + field(7, graph) + field(8, b"\x10\x15")


def made_here(folder):
    """(name, path, expected code) of what this script makes in `folder`; None expects success."""
    def write(name, data):
        path = os.path.join(folder, name)
        with open(path, "wb") as file:
            file.write(data)
        return path

    secret = folder + ".secret"
    with open(secret, "wb") as file:
        file.write(b"s" * 16)
    os.symlink(secret, os.path.join(folder, "link.bin"))
    os.symlink(os.path.dirname(folder), os.path.join(folder, "linked"))
    write("plain.bin", b"d" * 16)
    write("first-name.bin", b"d" * 16)
    os.link(os.path.join(folder, "first-name.bin"), os.path.join(folder, "hard.bin"))
    os.mkfifo(os.path.join(folder, "pipe.bin"))
    os.mkdir(os.path.join(folder, "folder.bin"))
    external = lambda name, code: (f"external-{name}", write(f"external-{name}.onnx", model_with_external(name.encode())), code)
    cases = [external("plain.bin", None), external("link.bin", "MLC0110"), external("hard.bin", "MLC0110"),
             external("pipe.bin", "MLC0110"), external("folder.bin", "MLC0110"),
             ("external-through-link", write("through-link.onnx", model_with_external(b"linked/" + os.path.basename(secret).encode())), "MLC0110")]
    os.mkfifo(os.path.join(folder, "pipe.onnx"))
    bomb = field(7, field(1, b"") * 7_000_000)  # 14 MB that would be 1.5 GB of empty nodes
    names = field(7, field(1, field(1, b"") * 7_000_000))
    cases += [
        ("file-missing", os.path.join(folder, "nowhere.onnx"), "MLC0101"),
        ("file-directory", folder, "MLC0101"),
        ("file-pipe", os.path.join(folder, "pipe.onnx"), "MLC0101"),
        ("file-device", "/dev/zero", "MLC0101"),
        ("file-empty", write("empty.onnx", b""), "MLC0102"),
        ("file-text", write("text.onnx", b"not a model\n" * 10), "MLC0102"),
        ("file-lfs", write("lfs.onnx", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n"), "MLC0102"),
        ("file-zip", write("zip.onnx", b"PK\x03\x04" + bytes(100)), "MLC0102"),
        ("bomb-nodes", write("bomb.onnx", bomb), "MLC0103"),
        ("bomb-names", write("names.onnx", names), "MLC0103"),
        ("long-name", write("long.onnx", b"\x08\x0a" + field(7, field(1, field(1, b"n" * 10_000_000) + field(4, b"Relu"))) + field(8, b"\x10\x15")), "MLC0106"),
    ]
    return cases, secret


def check(tool, name, path, code):
    status, codes, text = run([tool, "--quiet", path], HERE)
    if code is None:
        problem = None if status == 0 else f"expected success, got exit code {status}"
    elif status is None or status < 0:
        problem = f"expected {code}, got {'a timeout' if status is None else 'signal %d' % -status}"
    elif status != 3 or code not in codes:
        problem = f"expected exit code 3 with {code}, got {status} with {codes}"
    elif any(ord(c) < 32 and c != "\n" for c in text):
        problem = "control characters reach the terminal"
    else:
        problem = None
    if problem:
        print(f"FAIL {name}: {problem}\n    " + text.strip().replace("\n", "\n    ")[:1000])
    return problem is None


def main():
    tool = os.path.abspath(sys.argv[1])
    data = os.path.join(HERE, "models", "data.bin")  # what the external-* models name
    with open(data, "wb") as file:
        file.write(bytes(64))
    with open(os.path.join(HERE, "expected.tsv")) as table:
        cases = [line.rstrip("\n").split("\t")[:2] for line in table]
    cases = [(name, os.path.join("models", name + ".onnx"), None if code == "-" else code) for name, code in cases]
    folder = tempfile.mkdtemp(prefix="mlc-hostile-")
    secret = None
    try:
        extra, secret = made_here(folder)
        failed = sum(not check(tool, *case) for case in cases + extra)
        print(f"{len(cases) + len(extra)} hostile models, {failed} failed")
    finally:
        shutil.rmtree(folder)
        os.remove(data)
        if secret:
            os.remove(secret)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
