#!/usr/bin/env python3
"""Compares the versions in the op records' `onnx` fields with ONNX's own list of operator versions.

usage: versions.py OnnxTable.h.inc      needs onnx (build/venv/bin/python has it); the table is made by mlc-tblgen

A record covers all definitions from its first version on. One that ONNX has redefined since would be imported by the old
definition without a word: the version is missing in the record then.
"""
import re
import sys

import onnx.defs


def main():
    known = {}
    for schema in onnx.defs.get_all_schemas_with_history():
        if schema.domain == "":
            known.setdefault(schema.name, set()).add(schema.since_version)
    rows = re.findall(r'\{"(\w+)", \{([\d, ]+)\}', open(sys.argv[1]).read())
    wrong = 0
    for name, text in rows:
        versions = {int(v) for v in text.split(",")}
        expected = {v for v in known.get(name, ()) if v >= min(versions)}
        if versions != expected:
            print(f"{name}: the record lists {sorted(versions)}, ONNX {sorted(known.get(name, ()))}")
            wrong += 1
    print(f"{len(rows)} rows, {wrong} wrong")
    return 1 if wrong or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
