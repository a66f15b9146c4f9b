#!/usr/bin/env bash
# mlc with its compiler: compile.sh MLC. Exit codes and messages that need no
# model; what the compiler does to models is tested in test/frontend and beyond.
set -uo pipefail
mlc=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0
expect() {
  local exit=$1 pattern=$2 found
  shift 2
  "$mlc" "$@" > out 2> err < /dev/null
  found=$?
  if [ "$found" != "$exit" ] || ! cat out err | grep -Eq -- "$pattern"; then
    echo "FAIL: mlc $*: exit $found, expected $exit and '$pattern'"
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
expect 2 "did you mean '--target'" compile text.onnx --tagret=cpu
expect 2 "MLC0002.*'--train'" compile text.onnx --train
expect 2 'MLC0901' compile text.onnx --target=toaster -o x.so
expect 0 'ok   self-test' doctor
[ "$failures" = 0 ] && echo 'all passed' || { echo "$failures failures"; exit 1; }
