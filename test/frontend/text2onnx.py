#!/usr/bin/env python3
"""Turns a test written in ONNX's textual syntax into a model file; lines that start with // are the test's comments.

usage: text2onnx.py TEST.onnxtxt -o MODEL.onnx      needs onnx (build/venv/bin/python has it)
"""
import sys

import onnx.parser

source, flag, target = sys.argv[1:]
assert flag == "-o"
lines = [line for line in open(source) if not line.startswith("//")]
with open(target, "wb") as file:
    file.write(onnx.parser.parse_model("".join(lines)).SerializeToString())
