#!/usr/bin/env bash
# mlc with its compiler: compile.sh MLC. Exit codes and messages that need no
# model; what the compiler does to models is tested in test/frontend and beyond.
set -uo pipefail
mlc=$(realpath "$1")
cnn=$(realpath "$(dirname "$0")/../../models/fashion-mnist-cnn/model.onnx")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0
expect() {
  local exit=$1 pattern=$2 found
  shift 2
  "$mlc" "$@" > out 2> err < /dev/null
  found=$?
  if [ "$found" != "$exit" ] || ! grep -Eq -- "$pattern" out err; then
    echo "FAIL: mlc $*: exit $found, expected $exit and '$pattern'"
    sed 's/^/  /' out err
    failures=$((failures + 1))
  fi
}
works() {
  if ! "$mlc" "$@" > out 2> err < /dev/null; then
    echo "FAIL: mlc $*"
    sed 's/^/  /' out err
    failures=$((failures + 1))
  fi
}
expect 2 'error\[MLC0101\]' compile nowhere.onnx -o x.so
expect 2 'error\[MLC0101\]' compile "$work" -o x.so
expect 2 'error\[MLC0101\]' compile nowhere.mlir --compile-from=fuse -o x.so
expect 2 'error\[MLC01' check nowhere.onnx
expect 2 '"ok": false' check nowhere.onnx --json
expect 2 "MLC0115.*'nope'; they have 'batch'" compile "$cnn" --dim nope=3 -o x.so
expect 2 "MLC0115.*'--dim batch=abc'" check "$cnn" --dim batch=abc
expect 2 'help: for example --dim batch=8' check "$cnn" --dim batch=abc
expect 2 "MLC0115.*'--dim batch=5..2' is an empty range" check "$cnn" --dim batch=5..2
expect 2 "MLC0003.*'batch' is given twice, before as '5'" compile "$cnn" --dim batch=5 --dim batch=6 -o x.so
expect 2 "MLC0115.*with '--dim batch=99999999999999' input 'x' has too many elements" compile "$cnn" --dim batch=99999999999999 -o x.so
echo 'no model' > text.onnx
expect 3 'error\[MLC0102\]' compile text.onnx -o x.so
expect 3 'error\[MLC0102\]' check text.onnx
expect 3 'found: text' check text.onnx
# found CONTENT WHAT HELP: what is said of a file that is no model.
found() {
  printf "$1" > other.onnx
  expect 3 "found: $2" check other.onnx
  expect 3 "help: $3" check other.onnx
}
found 'module {}' 'text, perhaps MLIR' 'MLIR .*--compile-from=PHASE'
found '{"a": 1}' 'text, perhaps JSON' 'give the ONNX file'
found '<html>404' 'a web page' 'fetch the model again'
found '<ir_version: 10>\nopset_import' "a model in ONNX's textual syntax" 'encode it'
found '\x7fELF\x02' 'an ELF file' "run a compiled model with 'mlc run'"
found '\x93NUMPY\x01' 'a NumPy array' 'export or fetch'
[ ! -e x.so ] || { echo 'FAIL: a failure leaves an output'; failures=$((failures + 1)); }
expect 2 "is the model itself" compile text.onnx -o text.onnx
expect 2 "is the model itself" compile text.onnx -o ./text.onnx
expect 2 "is the model itself" compile text.onnx -o x.so --external-weights=$PWD/text.onnx
expect 2 "is the output itself" compile text.onnx -o x.so --external-weights=./x.so
expect 2 "help: for example --external-weights=w.bin" compile text.onnx -o x.so --external-weights=/tmp/w.bin
expect 2 "must lie beside the output" compile text.onnx -o x.so --external-weights=/tmp/w.safetensors
expect 2 "did you mean '--target'" compile text.onnx --tagret=cpu
expect 2 "MLC0002.*'--train'" compile text.onnx --train
expect 2 'MLC0901' compile text.onnx --target=toaster -o x.so
expect 2 'help: use cpu, cpu:native' compile text.onnx --target=toaster -o x.so
expect 2 'MLC0901.*different machines' compile text.onnx --target=cpu --target=cpu:aarch64 -o x.so
expect 2 'MLC0901.*different machines' compile text.onnx --target=cpu:aarch64 --target=cuda:sm_90 --emit=obj -o x.o
expect 2 'unknown NVIDIA GPU' compile text.onnx --target=cuda:sm_99 -o x.so
expect 2 "'x86-64-v4' has no --emit=ptx" compile text.onnx --emit=ptx -o x
expect 2 'help: PTX .*--target=cuda:sm_90' compile text.onnx --emit=ptx -o x
expect 2 "'amdgpu:gfx942' has no --emit=ptx" compile text.onnx --emit=ptx --target=amdgpu -o x
expect 2 'unsupported: --precision=bf16' compile text.onnx --precision=bf16 -o x.so
expect 2 "MLC0001.*no file 'nowhere'" compile text.onnx --tuning=nowhere -o x.so
expect 2 'unsupported: --tuning' compile text.onnx --tuning=text.onnx -o x.so
expect 0 'ok   self-test' doctor
expect 2 'expects MODEL.onnx' check
for operator in 'Conv +1' 'Relu +[0-9]+' 'ai.onnx.ml.Scaler +1'; do
  expect 0 "^$operator\$" check --operators
done
works check --operators --json
python3 -c 'import json; rows = json.load(open("out"))["operators"]; assert {"name": "Conv", "since_opset": 1} in rows' ||
  { echo 'FAIL: check --operators --json'; failures=$((failures + 1)); }

# Where nothing can be written: found before the work where possible, and nothing is left.
expect 5 "MLC0902.*'/nowhere/x.so'" compile text.onnx -o /nowhere/x.so
expect 5 'MLC0902.*is a folder' compile text.onnx -o "$work"
expect 5 'MLC0902' compile "$cnn" --dump-phases-to=text.onnx/dump -o x.so
for kind in mlc linalg llvm asm obj so; do
  expect 5 "MLC0902.*'/dev/full'" compile "$cnn" --target=cpu:x86-64-v3 --emit=$kind -o /dev/full
done
expect 5 "MLC0902.*'/dev/full'" compile "$cnn" --compile-to=fuse -o /dev/full
mkdir full
for output in x.so x.o x.ll x.mlir; do # files of at most 8 kB
  for before in '' old; do
    rm -f full/*
    [ -z "$before" ] || echo "$before" > full/$output
    (trap '' XFSZ; ulimit -f 8; exec "$mlc" compile "$cnn" --target=cpu:x86-64-v3 -o full/$output \
      $(case $output in *.o) echo --emit=obj ;; *.ll) echo --emit=llvm ;; *.mlir) echo --compile-to=fuse ;; esac)) > out 2> err
    found=$?
    [ $found = 5 ] && grep -q 'MLC0902' err && [ "$(cat full/$output 2> /dev/null)" = "$before" ] &&
      [ "$(ls -A full)" = "${before:+$output}" ] ||
      { echo "FAIL: $output on a full disk: exit $found"; cat err; ls -lA full; failures=$((failures + 1)); }
  done
done
works compile "$cnn" --emit=mlc -o graph.mlir
"$mlc" compile "$cnn" --emit=mlc -o /dev/stdout | cmp - graph.mlir || { echo 'FAIL: -o /dev/stdout'; failures=$((failures + 1)); }
echo first > stdout.mlir
"$mlc" compile "$cnn" --emit=mlc -o /dev/stdout >> stdout.mlir
{ echo first; cat graph.mlir; } | cmp - stdout.mlir && [ -L /dev/stdout ] || { echo 'FAIL: -o /dev/stdout, a file'; failures=$((failures + 1)); }

# Something that is no file is written into, not replaced.
mkfifo pipe
cat pipe > copy &
works compile "$cnn" --target=cpu:x86-64-v3 -o pipe
wait
works compile "$cnn" --target=cpu:x86-64-v3 -o plain.so
[ -p pipe ] && cmp plain.so copy || failures=$((failures + 1))

# The best program comes first, whatever the order of the targets.
works compile "$cnn" --target=cpu:x86-64 --target=cpu:x86-64-v3 --target=cpu:x86-64-v4 -o order.so
works inspect order.so
[ "$(grep -o '^x86-64[-v0-9]*' out | tr '\n' ' ')" = 'x86-64-v4 x86-64-v3 x86-64 ' ] || failures=$((failures + 1))

# A program uses no instruction that the runtime does not test for: bdver4 has FMA4 and XOP.
works compile "$cnn" --emit=llvm --target=cpu:bdver4 -o bdver4.ll
{ grep -q '"target-cpu"="x86-64"' bdver4.ll && grep -q '"tune-cpu"="bdver4"' bdver4.ll &&
  grep -q '+avx2' bdver4.ll && ! grep -Eq '\+(xop|fma4|tbm)' bdver4.ll; } || failures=$((failures + 1))

# Weights in a file of their own, which is missed by name.
works compile "$cnn" --target=cpu:x86-64-v3 --external-weights=w.safetensors -o external.so
works run external.so --input x=1x1x28x28xf32=random:3
mv w.safetensors moved
expect 5 "MLC0511.*'w.safetensors' beside the model" run external.so --input x=1x1x28x28xf32=random:3
expect 5 "help: copy the file" run external.so --input x=1x1x28x28xf32=random:3

# Nothing of a batch is a batch, too.
works compile "$cnn" --target=cpu:x86-64-v3 --dim batch=0 -o empty.so
expect 0 'logits: 0x10xf32 = \[\]' run empty.so --input x=random

# What one phase writes, the next can read.
works compile "$cnn" --compile-to=simplify -o simplified.mlir
works compile simplified.mlir --compile-from=simplify --target=cpu:x86-64-v3 -o resumed.so
for model in plain resumed; do
  works run $model.so --input x=1x1x28x28xf32=random:3 --output logits=@$model.npy
done
cmp plain.npy resumed.npy || failures=$((failures + 1))

# Models of one node: unary FILE ELEMENT_TYPE OP NAME, on four elements.
unary() {
  python3 - "$@" << 'END'
import os, sys
def field(number, payload):
    return bytes([number << 3 | 2, len(payload)]) + payload
file, element, op, name = sys.argv[1], int(sys.argv[2]), sys.argv[3].encode(), os.fsencode(sys.argv[4])
tensor = field(1, bytes([8, element]) + field(2, field(1, bytes([8, 4]))))
value = lambda name: field(1, name) + field(2, tensor)
node = field(1, b"x") + field(2, b"y") + field(3, name) + field(4, op)
graph = field(1, node) + field(2, b"g") + field(11, value(b"x")) + field(12, value(b"y"))
open(file, "wb").write(bytes([8, 10]) + field(7, graph) + field(8, bytes([16, 22])))
END
}

# What a target cannot compute is named by its node, whose name is no danger to the terminal.
unary exp64.onnx 11 Exp $'the_exp\xc2\x9b\xff'
expect 3 "node 'the_exp\?\?'" compile exp64.onnx --target=cuda -o exp64.so

# An index that only the run knows to be wrong is reported with its node, or with all that share a kernel.
python3 - << 'END'
def field(number, payload):
    return bytes([number << 3 | 2, len(payload)]) + payload
def value(name, element, *dims):
    dims = b"".join(field(1, field(2, d) if isinstance(d, bytes) else bytes([8, d])) for d in dims)
    return field(1, name) + field(2, field(1, bytes([8, element]) + field(2, dims)))
def node(table, i, y, name, op=b"Gather"):
    return field(1, table) + field(1, i) + field(2, y) + field(3, name) + field(4, op)
def model(file, *parts):
    open(file, "wb").write(bytes([8, 10]) + bytes([58, len(g := b"".join(parts)) & 127 | 128, len(g) >> 7]) + g + field(8, bytes([16, 22])))
t, i, j = field(11, value(b"t", 1, 3, 4)), field(11, value(b"i", 7, 2)), field(11, value(b"j", 7, 2))
y, z = field(12, value(b"y", 1, 2, 4)), field(12, value(b"z", 1, 2, 4))
model("gather.onnx", field(1, node(b"t", b"i", b"y", b"/a/%lld")), field(2, b"g"), t, i, y)
model("gathers.onnx", field(1, node(b"t", b"i", b"y", b"/a/Gather")), field(1, node(b"t", b"j", b"z", b"/b/Gather")), field(2, b"g"), t, i, j, y, z)
a, b, c = (value(name, 1, b"batch", 3) for name in (b"a", b"b", b"c"))
u, k = field(11, value(b"u", 1, 1, 4)), field(11, value(b"k", 7, 16))
model("narrow.onnx", field(1, node(b"u", b"k", b"y", b"/n/Gather")), field(2, b"g"), u, k, field(12, value(b"y", 1, 16, 4)))
batched = lambda name, *dims: value(name, 1, b"batch", *dims)
model("work.onnx", field(1, node(b"x", b"w", b"p", b"product", b"MatMul")), field(1, node(b"i", b"f", b"q", b"window", b"Conv")),
      field(1, field(1, b"x") + field(2, b"r") + field(3, b"map") + field(4, b"Exp")), field(2, b"g"),
      field(11, batched(b"x", 64)), field(11, value(b"w", 1, 64, 32)), field(11, batched(b"i", 3, 10, 10)), field(11, value(b"f", 1, 5, 3, 3, 3)),
      field(12, batched(b"p", 32)), field(12, batched(b"q", 5, 8, 8)), field(12, batched(b"r", 64)))
model("add.onnx", field(1, node(b"a", b"b", b"c", b"sum", b"Add")), field(2, b"g"), field(11, a), field(11, b), field(12, c))
END
works compile gather.onnx --target=cpu:x86-64-v3 -o gather.so
expect 2 "MLC0506.*node '/a/_lld': index 5 is out of range for extent 3" run gather.so --input t=1 --input i=0,5
works compile gathers.onnx --target=cpu:x86-64-v3 -o gathers.so
expect 2 "MLC0506.*one of the nodes '/a/Gather', '/b/Gather': index 7" run gathers.so --input t=1 --input i=0,1 --input j=7,1
expect 0 '^k0 +map +/a/Gather;/b/Gather$' inspect gathers.so --kernels

# Random numbers that are no indices: help says what to do.
works compile narrow.onnx --target=cpu:x86-64-v3 -o narrow.so
expect 2 "help: inputs that are not given are random, here 'k': give" bench narrow.so --input u=1
works bench narrow.so --input k=0 --iterations 3

# What kernels compute and move, by hand, for a batch of 4: 2*4*32*64 in the product and (4*64 + 64*32 + 4*32) floats;
# 2*4*5*8*8*27 in the convolution, whose layout is its own; 4*64 in the map, read once and written once.
works compile work.onnx --target=cpu:x86-64-v3 -o work.so
works bench work.so --kernels --json --dim batch=4 --iterations 3
python3 - << 'END' || { cat out; failures=$((failures + 1)); }
import json
kernels = json.load(open("out"))["kernels"]
def work(node):
    return max((k["flops_per_run"], k["bytes_per_run"]) for k in kernels if node in k["nodes"].split(";"))
assert work("product") == (16384, 9728), work("product")
assert work("window")[0] == 69120, work("window")
assert work("map") == (256, 2048), work("map")
END

# The shape of one input binds the dims that the others share with it.
works compile add.onnx --target=cpu:x86-64-v3 -o add.so
expect 0 'c: 2x3xf32 = \[3, 3, 3, 3, 3, 3\]' run add.so --input a=2x3=1 --input b=2
expect 0 'c: 2x3xf32 = \[3, 3, 3, 3, 3, 3\]' run add.so --input a=2 --input b=2x3=1
works bench add.so --input b=5x3=1 --iterations 3
expect 2 "MLC0506.: input 'b': dimension 'batch' is 3, but input 'a' makes it 2" run add.so --input a=2x3=1 --input b=3x3=1
expect 2 "MLC0506.: input 'b': .* but '--dim batch=4' makes it 4" bench add.so --input b=3x3=1 --dim batch=4

# NumPy's raw bytes are what the model declares, in every command.
unary bf16.onnx 16 Relu relu
works compile bf16.onnx --target=cpu:x86-64-v3 -o bf16.so
printf "\x93NUMPY\x01\x00\x40\x00%-63s\n\x80\x3f\x80\xbf\x00\x40\x00\x00" \
  "{'descr': '<V2', 'fortran_order': False, 'shape': (4,)}" > bf16.npy
expect 0 '= \[1, 0, 2, 0\]' run bf16.so --input x=@bf16.npy
works bench bf16.so --input x=@bf16.npy --iterations 3

[ "$failures" = 0 ] && echo 'all passed' || { echo "$failures failures"; exit 1; }
