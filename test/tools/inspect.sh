#!/usr/bin/env bash
# What mlc says of models and of itself is true: inspect.sh MLC ROOT. Checks inspect, doctor, explain, the kinds
# of --emit and the phases of --compile-to and --compile-from on the Fashion-MNIST CNN.
set -uo pipefail
mlc=$(realpath "$1") root=$(realpath "$2")
model=$root/models/fashion-mnist-cnn/model.onnx
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
export NO_COLOR=1
failures=0
fail() { echo "FAIL: $*"; failures=$((failures + 1)); }
# expect EXIT PATTERN ARGS...: the exit code, and a line of the output that matches.
expect() {
  local exit=$1 pattern=$2 found
  shift 2
  "$mlc" "$@" > out 2> err < /dev/null
  found=$?
  if [ "$found" != "$exit" ] || { [ -n "$pattern" ] && ! grep -Eq -- "$pattern" out err; }; then
    fail "mlc $*: exit $found, expected $exit and '$pattern'"
    sed 's/^/  /' out err | head -20
  fi
}

"$mlc" compile "$model" -o model.so --target=cpu --target=cuda:sm_90 --target=amdgpu:gfx942 || fail compile

# --ops counts what stands in the simplified graph.
"$mlc" compile "$model" --emit=mlc -o graph.mlir
grep -oE '(= |^ +)mlc\.[a-z0-9_]+' graph.mlir | grep -oE '[a-z0-9_]+$' | grep -vxE 'constant|yield' |
  sort | uniq -c | awk '{print $1, $2}' > wanted
"$mlc" inspect model.so --ops | awk 'NR > 1 {print $1, $2}' | sort -k2 > found
sort -k2 wanted | diff - found || fail 'inspect --ops'
grep -qx '3 conv' found || fail 'the CNN has three convolutions'

# --kernels names nodes of the file; --json says the same as the other forms and is JSON.
strings -n 3 "$model" > names
"$mlc" inspect model.so --kernels | awk 'NF == 3 && $1 != "kernel" {print $3}' | tr ';' '\n' | sort -u > nodes
[ -s nodes ] || fail 'inspect --kernels'
while read -r node; do
  grep -qF -- "$node" names || fail "kernel of a node '$node' that the model lacks"
done < nodes
"$mlc" inspect model.so --json > model.json
python3 - <<'PY' || fail 'inspect --json'
import json
model = json.load(open("model.json"))
ops = dict(reversed(line.split()) for line in open("found"))
assert model["metadata"]["ops"] == {name: int(count) for name, count in ops.items()}, ops
assert model["inputs"][0]["dims"] == ["batch", 1, 28, 28] and model["outputs"][0]["name"] == "logits", model
assert [p["engine"] for p in model["programs"]] == ["cpu", "cpu", "cuda", "hip"], model["programs"]
assert [i["kind"] for i in model["programs"][3]["images"]] == ["hsaco"]
assert model["file_bytes"] > model["weights_bytes"] > 0
PY

# --abi names the symbols that a program can link.
nm -D --defined-only model.so > exported
for symbol in $("$mlc" inspect model.so --abi | sed -n 's/^symbols *//p' | tr -d ,); do
  grep -q " $symbol\$" exported || fail "--abi names '$symbol', which is not exported"
done
# --memory grows with the batch.
one=$("$mlc" inspect model.so --memory --dim batch=1 | sed -n 's/^a run.*(\([0-9]*\) bytes.*/\1/p')
two=$("$mlc" inspect model.so --memory --dim batch=2 | sed -n 's/^a run.*(\([0-9]*\) bytes.*/\1/p')
[ "${one:-0}" -gt 0 ] && [ "${two:-0}" -gt "${one:-0}" ] || fail "--memory: '$one' and '$two' bytes"

# A file of another processor is read as data, and says the same but for the targets.
"$mlc" compile "$model" -o foreign.so --target=cpu:aarch64 || fail 'compile for aarch64'
expect 0 '^aarch64 +[0-9]+ +no$' inspect foreign.so
expect 0 '^a run +unknown' inspect foreign.so --memory
expect 0 '^input +0 +x +MLC_F32 +4 +batch, 1, 28, 28$' inspect foreign.so --abi
"$mlc" inspect foreign.so --ops | diff <("$mlc" inspect model.so --ops) - || fail 'inspect --ops of another processor'
"$mlc" inspect foreign.so --kernels | grep -q '^k1 .*node_Conv_53' || fail 'inspect --kernels of another processor'
expect 5 'MLC0503.*was compiled for aarch64' run foreign.so --input x=random
head -c 40960 foreign.so > cut.so
expect 3 'MLC0502.*cut short' inspect cut.so

# Every kind of output is what its name says; a kind that a target does not have is refused.
expect 0 '' compile "$model" --emit=linalg -o kernels.mlir && grep -q linalg.generic kernels.mlir || fail 'emit linalg'
for target in cpu:x86-64-v3 cuda:sm_90 amdgpu:gfx942; do
  expect 0 '' compile "$model" --emit=llvm --target=$target -o code.ll
  grep -q '^define ' code.ll || fail "--emit=llvm for $target"
  expect 0 '' compile "$model" --emit=asm --target=$target -o code.s
  grep -qE '^\s*\.(text|visible|amdgcn_target)' code.s || fail "--emit=asm for $target"
done
expect 0 '' compile "$model" --emit=ptx --target=cuda:sm_90 -o code.ptx
[ "$(grep -c '^.target sm_90' code.ptx)" = 1 ] || fail '--emit=ptx'
expect 2 'has no --emit=ptx' compile "$model" --emit=ptx -o none.ptx
[ ! -e none.ptx ] || fail '--emit=ptx leaves a file'
expect 0 '' compile "$model" --emit=obj -o object.o && [ -s object.h ] || fail '--emit=obj'

# Each phase's output leads to the same model.
"$mlc" compile "$model" -o whole.so --target=cpu:x86-64-v3
"$mlc" inspect whole.so --kernels | tail -n +2 > whole.kernels
"$mlc" run whole.so --input x=2x1x28x28xf32=random:3 > whole.txt
for phase in import simplify differentiate precision fuse tile lower; do
  expect 0 '' compile "$model" --compile-to=$phase -o phase.mlir --target=cpu:x86-64-v3
  expect 0 '' compile phase.mlir --compile-from=$phase -o phase.so --target=cpu:x86-64-v3
  "$mlc" inspect phase.so --kernels | tail -n +2 | diff whole.kernels - || fail "kernels from $phase on"
  "$mlc" run phase.so --input x=2x1x28x28xf32=random:3 | diff whole.txt - || fail "values from $phase on"
done
for level in 0 1 2 3; do
  expect 0 '' compile "$model" -O$level -o level.so --target=cpu:x86-64-v3
  "$mlc" run level.so --input x=2x1x28x28xf32=random:3 | diff whole.txt - || fail "values with -O$level"
done
echo 'module {}' > empty.mlir
expect 3 "expected a function '@main'" compile empty.mlir --compile-from=import -o x.so

# Nothing that is asked for is left out silently.
expect 2 'MLC0905.*--precision=bf16' compile "$model" --precision=bf16 -o x.so
expect 2 'MLC0905.*--tuning' compile "$model" --tuning="$model" -o x.so
expect 2 'MLC0001.*(--tuning)' compile "$model" --tuning=t -o x.so

# check looks as far as compiling would.
expect 0 'no problems' check "$model" --target=cpu --target=cuda:sm_90 --target=amdgpu:gfx942
expect 2 'MLC0901' check "$model" --target=toaster

# doctor tells a whole installation from half of one.
"$mlc" doctor --json | python3 -c 'import json, sys
checks = {c["name"]: c for c in json.load(sys.stdin)["checks"]}
assert set(checks) >= {"processor", "NVIDIA driver", "AMD driver", "ptxas", "temporary folder", "runtime archive", "self-test"}, checks
assert checks["runtime archive"]["verdict"] == checks["self-test"]["verdict"] == "ok", checks' || fail 'doctor'
mkdir alone && cp "$mlc" alone/mlc
alone/mlc doctor > out 2>&1
[ $? = 5 ] && grep -q '^FAIL runtime archive' out && grep -q '^FAIL self-test' out || fail 'doctor finds half an installation healthy'

# explain knows every code that the sources use, and they use every code that it knows.
grep -rhoE '"MLC[0-9]{4}"' "$root"/compiler "$root"/codegen "$root"/tools --include='*.cpp' --include='*.def' |
  tr -d '"' | sort -u > used
"$mlc" explain | grep -oE '^MLC[0-9]{4}' > known
comm -23 used <(sort known) | while read -r code; do echo "unexplained: $code"; done | grep . && fail 'explain'
for code in $(cat known); do
  expect 0 '^help: ' explain "$code"
done

[ "$failures" = 0 ] && echo 'all passed' || { echo "$failures failures"; exit 1; }
