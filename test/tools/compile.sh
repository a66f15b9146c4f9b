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
expect 3 'error\[MLC0101\]' compile nowhere.onnx -o x.so
expect 3 'error\[MLC01' check nowhere.onnx
expect 3 '"ok": false' check nowhere.onnx --json
echo 'no model' > text.onnx
expect 3 'error\[MLC0102\]' compile text.onnx -o x.so
expect 3 'error\[MLC0102\]' check text.onnx
[ ! -e x.so ] || { echo 'FAIL: a failure leaves an output'; failures=$((failures + 1)); }
expect 2 "is the model itself" compile text.onnx -o text.onnx
expect 2 "is the model itself" compile text.onnx -o ./text.onnx
expect 2 "is the model itself" compile text.onnx -o x.so --external-weights=$PWD/text.onnx
expect 2 "is the output itself" compile text.onnx -o x.so --external-weights=./x.so
expect 2 "must lie beside the output" compile text.onnx -o x.so --external-weights=/tmp/w.safetensors
expect 2 "did you mean '--target'" compile text.onnx --tagret=cpu
expect 2 "MLC0002.*'--train'" compile text.onnx --train
expect 2 'MLC0901' compile text.onnx --target=toaster -o x.so
expect 2 'unknown NVIDIA GPU' compile text.onnx --target=cuda:sm_99 -o x.so
expect 2 "'x86-64-v4' has no --emit=ptx" compile text.onnx --emit=ptx -o x
expect 2 "'amdgpu:gfx942' has no --emit=ptx" compile text.onnx --emit=ptx --target=amdgpu -o x
expect 2 'unsupported: --precision=bf16' compile text.onnx --precision=bf16 -o x.so
expect 2 "no file 'nowhere'" compile text.onnx --tuning=nowhere -o x.so
expect 2 'unsupported: --tuning' compile text.onnx --tuning=text.onnx -o x.so
expect 0 'ok   self-test' doctor

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

# NumPy's raw bytes are what the model declares, in every command.
unary bf16.onnx 16 Relu relu
works compile bf16.onnx --target=cpu:x86-64-v3 -o bf16.so
printf "\x93NUMPY\x01\x00\x40\x00%-63s\n\x80\x3f\x80\xbf\x00\x40\x00\x00" \
  "{'descr': '<V2', 'fortran_order': False, 'shape': (4,)}" > bf16.npy
expect 0 '= \[1, 0, 2, 0\]' run bf16.so --input x=@bf16.npy
works bench bf16.so --input x=@bf16.npy --iterations 3

[ "$failures" = 0 ] && echo 'all passed' || { echo "$failures failures"; exit 1; }
