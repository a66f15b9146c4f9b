#!/usr/bin/env bash
# The command line end to end: cli.sh MLC DOUBLER.so, where MLC is mlc or
# mlc-runner and DOUBLER.so is made from Doubler.c (y = x + x on rows of three).
set -uo pipefail
mlc=$(realpath "$1") model=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
export NO_COLOR=1
failures=0

# expect EXIT STREAM PATTERN ARGS...: runs mlc; the exit code must be EXIT and
# STREAM (out or err) must have a line that matches PATTERN.
expect() {
  local exit=$1 stream=$2 pattern=$3 found
  shift 3
  "$mlc" "$@" > out 2> err < /dev/null
  found=$?
  if [ "$found" != "$exit" ] || ! { [ -z "$pattern" ] || grep -Eq -- "$pattern" "$stream"; }; then
    echo "FAIL: mlc $*: exit $found, expected $exit and '$pattern' on std$stream"
    sed 's/^/  out: /' out; sed 's/^/  err: /' err
    failures=$((failures + 1))
  fi
  if [ "$stream" = err ] && [ "$exit" != 0 ] && ! grep -q '^error\[MLC[0-9]\{4\}\]: ' err; then
    echo "FAIL: mlc $*: no error code"; failures=$((failures + 1))
  fi
}

# Help and usage errors.
expect 0 out '^Usage: mlc COMMAND'
expect 0 out '^Usage: mlc run MODEL.so \[options\]' run --help
expect 0 out '^  mlc run model.so --data-set' help run
expect 0 out '^mlc [0-9]+\.[0-9]+\.[0-9]+$' --version
expect 0 out '^mlc [0-9]' version
expect 2 err "unknown command 'rnu'" rnu
expect 2 err "did you mean 'mlc bench'" bnech
expect 2 err "unknown option '--inptu'" run m.so --inptu x=1
expect 2 err "did you mean '--input'" run m.so --inptu x=1
expect 2 err "unknown option '--frob'" --frob
expect 2 err "expects MODEL.so" run
for planned in train tune serve verify; do
  expect 2 err "error\[MLC0002\]: 'mlc $planned' is not in this release" $planned
  expect 2 err "error\[MLC0002\]: 'mlc $planned' is not in this release" help $planned
done

# What cannot be printed is no success, in any command.
for words in '' --version version help 'help run' 'run --help' explain 'explain MLC0501' doctor \
    "inspect $model" "inspect $model --json" "run $model --input x=1" "bench $model --iterations 1" \
    '--generate-completion bash'; do
  "$mlc" $words > /dev/full 2> err < /dev/null
  found=$?
  [ $found = 5 ] && grep -q 'MLC0004.*cannot write to the standard output' err ||
    { echo "FAIL: mlc $words > /dev/full: exit $found"; failures=$((failures + 1)); }
done

# What does not fit into memory.
truncate -s 900G huge.npy
if [ -z "${MLC_SANITIZED:-}" ]; then # a sanitizer's own operator new ends the process
  expect 5 err 'MLC0508.*not enough memory' run "$model" --input x=@huge.npy
  expect 5 err 'MLC0508.*not enough memory' run "$model" --input x=1000000x1000000xf32
fi

# Loading.
expect 2 err 'MLC0501' run nowhere.so
echo 'not a model' > text.so
expect 3 err 'MLC0502' run text.so
: > empty.so
expect 3 err 'MLC0502.*is empty' inspect empty.so
mkdir folder.so && mkfifo fifo.so
expect 2 err 'MLC0501.*found a folder' run folder.so
expect 3 err 'MLC0502.*a program, expected a shared object' inspect "$(command -v ls)"
expect 2 err 'MLC0501.*found a FIFO' run fifo.so
bytes=$(stat -c %s "$model")
for ((size = 4096; size < bytes; size += 4096)); do
  head -c $size "$model" > cut.so
  expect 3 err "MLC0502.*'cut.so': cut short or damaged: .* the file has $size\$" inspect cut.so
done

# Running.
expect 0 out '^y: 2x3xf32 = \[3, 3, 3, 3, 3, 3\]$' run "$model" --input x=2x3xf32=1.5
expect 0 out '^y: 1x3xf32 = \[2, 4, 6\]$' run "$model" --input x=1,2,3
expect 0 out '^y: 0x3xf32 = \[\]$' run "$model" --input x=0x3xf32
expect 0 out '^y: 4x3xf32 = ' run "$model" --input x=random --dim rows=4
expect 2 err 'MLC0504.*x \(f32\[rows, 3\]\)' run "$model"
expect 0 out '^y: 2x3xf32 = \[3, 3, 3, 3, 3, 3\]$' run "$model" --input x=2x3=1.5
expect 0 out '^y: 2x3xf32 = ' run "$model" --input x=2x3
expect 0 out '^y: 4x3xf32 = ' run "$model" --input x=4x3=1 --dim rows=4
expect 2 err "MLC0506.: input 'x': dimension 'rows' is 2, but '--dim rows=4' makes it 4" run "$model" --input x=2x3=1 --dim rows=4
expect 2 err "MLC0003.: '--dim rows=5': 'rows' is given twice, before as '4'" run "$model" --input x=1 --dim rows=4 --dim rows=5
expect 2 err "MLC0003.*given twice" run "$model" --input x=1 --dim rows=4 --dim rows=4
expect 0 err "^note: dimension 'rows' is 1; --dim rows=SIZE sets it$" run "$model" --input x=random
expect 2 err "MLC0505.*no input 'z'" run "$model" --input z=1
expect 2 err "MLC0505.*no output 'z'" run "$model" --input x=1 --output z=@z.npy
expect 2 err "MLC0505.*no symbolic dimension 'cols'" run "$model" --input x=1 --dim cols=1
expect 2 err "MLC0003" run "$model" --input x=2x3xf99
expect 2 err "MLC0003.*given twice" run "$model" --input x=1 --input x=2
expect 2 err "MLC0506.*'x'" run "$model" --input x=2x4xf32=1
expect 2 err "MLC0506.*'x'" run "$model" --input x=5000x3xf32=1
expect 2 err "MLC0506.*'x': expected dtype f32, got i64" run "$model" --input x=2x3xi64=1
expect 2 err "help: give it as f32; in NumPy: x.astype\('float32'\)" run "$model" --input x=2x3xf64=1
expect 2 err "MLC0506.*'/block/Add': index -1000" run "$model" --input x=-1000
expect 2 err 'MLC0001.*expects cpu, cuda:N or hip:N, found .tpu' run "$model" --input x=1 --device=tpu
expect 2 err "help: 'mlc doctor' lists" run "$model" --input x=1 --device gpu
expect 5 err 'MLC05(03|07)' run "$model" --input x=1 --device=cuda:0
expect 2 err 'MLC0004' run "$model" --input x=@nowhere.npy

# Files.
expect 0 out '' run "$model" --input x=1,2,3 --output y=@y.npy
[ -s y.npy ] && [ ! -s out ] || { echo 'FAIL: --output'; failures=$((failures + 1)); }
expect 0 out '= \[4, 8, 12\]$' run "$model" --input x=@y.npy
expect 0 out '' run "$model" --input x=1,2,3 --output y=@y.npz
expect 0 out '' run "$model" --input x=1,2,3 --output y=@y.pb
expect 0 out '= \[4, 8, 12\]$' run "$model" --input x=@y.npz
expect 0 out '= \[4, 8, 12\]$' run "$model" --input x=@y.pb
expect 5 err 'MLC0004' run "$model" --input x=1 --output y=@/nowhere/y.npy
for name in y.txt ./y.npyz .npy.gz; do
  expect 2 err "MLC0003.*the format of '$name'" run "$model" --input x=1 --output y=@$name
done
expect 2 err 'help: .@/dev/stdout' run "$model" --input x=1 --output y=@-
expect 0 out '' run "$model" --input x=1,2,3 --output y=@plain
cmp y.npy plain || { echo 'FAIL: no ending is .npy'; failures=$((failures + 1)); }
"$mlc" run "$model" --input x=1,2,3 --output y=@/dev/stdout | cmp - y.npy || { echo 'FAIL: @/dev/stdout'; failures=$((failures + 1)); }
{ echo first; "$mlc" run "$model" --input x=1,2,3 --output y=@/dev/stdout; } > stdout.npy
{ echo first; cat y.npy; } | cmp - stdout.npy || { echo 'FAIL: @/dev/stdout, a file'; failures=$((failures + 1)); }
expect 5 err 'MLC0004.*No space left' run "$model" --input x=1 --output y=@/dev/full
head -c 100 y.npy > cut.npy
expect 2 err "MLC0004.*'cut.npy'" run "$model" --input x=@cut.npy

# Comparing.
expect 0 out '^y: matches y.npy' run "$model" --input x=1,2,3 --expected y=@y.npy
expect 0 out '^y: matches y.npz' run "$model" --input x=1,2,3 --expected y=@y.npz
expect 1 err 'MLC0601.*1 of 3 elements differ, worst at \[0, 2\]: found 6.2, expected 6 ' \
  run "$model" --input x=1,2,3.1 --expected y=@y.npy
expect 0 out 'matches' run "$model" --input x=1,2,3.1 --expected y=@y.npy --rtol 0.1
mkdir set && cp y.pb set/output_0.pb
"$mlc" run "$model" --input x=0.5,1,1.5 --output y=@set/input_0.pb
expect 0 out '^y: matches set/output_0.pb' run "$model" --data-set set
cp set/input_0.pb set/output_0.pb
expect 1 err 'MLC0601.*3 of 3' run "$model" --data-set set
expect 2 err "MLC0602.*no folder 'nowhere'" run "$model" --data-set nowhere
expect 2 err "MLC0602.*'y.npy' is no folder" run "$model" --data-set y.npy
expect 2 err "help: a data set is a folder with input_0.pb" run "$model" --data-set folder.so
expect 2 err 'MLC0001' run "$model" --data-set set --input x=1

# Measuring.
expect 0 out 'p50 +p90 +p99' bench "$model" --iterations 20
expect 0 out '^ *100.0 %.*k0_add.*/block/Add;/block/Identity' bench "$model" --iterations 20 --kernels --dim rows=64
expect 0 out 'time +GFLOP/s +GB/s' bench "$model" --iterations 20 --kernels --dim rows=64
for line in '"flops_per_run": 192,' '"bytes_per_run": 1536,' '"gflop_per_s": [0-9.e-]*[1-9]' '"gb_per_s": [0-9.e-]*[1-9]'; do
  expect 0 out "$line" bench "$model" --iterations 20 --kernels --dim rows=64 --json
done
expect 0 out '"p50_ms": [0-9]' bench "$model" --iterations 20 --json
for key in p90_ms p99_ms mean_ms min_ms iterations threads device; do
  grep -q "\"$key\": " out || { echo "FAIL: bench lacks $key"; failures=$((failures + 1)); }
done
expect 2 err 'exclude each other' bench "$model" --iterations 1 --duration 1
expect 2 err "expects a whole number" bench "$model" --iterations -1
expect 2 err "MLC0001.*'--iterations' expects a whole number from 1 on" bench "$model" --iterations 0
expect 2 err "MLC0003.*expects a size" bench "$model" --dim rows=1..4
"$mlc" bench --help | grep -A2 -e '--dim' | grep -q range && { echo 'FAIL: bench takes no ranges'; failures=$((failures + 1)); }
expect 0 out '"threads": 1' bench "$model" --iterations 20 --json --threads 1

# Looking.
expect 0 out '^x +f32\[rows, 3\]$' inspect "$model"
expect 0 out '^k0_add +map +/block/Add' inspect "$model" --kernels
expect 0 out '^a run +84 B' inspect "$model" --memory --dim rows=7
expect 0 out '^input +0 +x +MLC_F32 +2 +rows, 3$' inspect "$model" --abi
expect 0 out '^ +1 +Identity$' inspect "$model" --ops
expect 0 out 'no GPU program' inspect "$model" --images=images
expect 0 out '"name": "doubler"' inspect "$model" --json
expect 0 out '^MLC0107: ' explain MLC0107
expect 0 out '^MLC0601: ' explain 601
expect 0 out '^MLC0506 ' explain
expect 2 err "no error code 'XYZ'" explain XYZ
"$mlc" doctor --json > doctor.json
grep -q '"name": "processor"' doctor.json || { echo 'FAIL: doctor'; failures=$((failures + 1)); }

# What is generated from the option table.
"$mlc" --generate-man man || failures=$((failures + 1))
for page in mlc mlc-run mlc-explain; do
  [ -s man/$page.1 ] || { echo "FAIL: no man/$page.1"; failures=$((failures + 1)); }
done
for page in man/*.1; do
  if command -v man > /dev/null; then
    LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" > /dev/null 2> warnings
    [ ! -s warnings ] || { echo "FAIL: $page"; cat warnings; failures=$((failures + 1)); }
  fi
done
"$mlc" --generate-completion bash > mlc.bash && bash -n mlc.bash || { echo 'FAIL: bash -n'; failures=$((failures + 1)); }
"$mlc" --generate-completion zsh > _mlc || failures=$((failures + 1))
if command -v zsh > /dev/null; then zsh -n _mlc || failures=$((failures + 1)); fi
expect 2 err "expects 'bash' or 'zsh'" --generate-completion fish

# completes WORDS...: what the bash completion offers for the last word.
touch a.onnx b.so
completes() {
  ( source ./mlc.bash
    compopt() { :; }
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _mlc
    printf '%s\n' "${COMPREPLY[@]}" )
}
check() {
  local wanted=$1
  shift
  # Not a pipe: grep -q leaves at its match, and a writer that still writes
  # then fails the pipe.
  completes "$@" > offered
  grep -Fxq -- "$wanted" offered || {
    echo "FAIL: completion of '$*' lacks '$wanted'"; failures=$((failures + 1)); }
}
check compile mlc com
check --target= mlc compile --tar
check cuda:sm_90 mlc compile --target = cuda
check a.onnx mlc compile a
check b.so mlc run ''
check fuse mlc compile --compile-to = f

# Data on the standard output only, no escape codes off a terminal.
unset NO_COLOR
"$mlc" run "$model" --input zz=1 > out 2> err
if [ -s out ] || grep -q $'\x1b' err; then echo 'FAIL: streams'; failures=$((failures + 1)); fi

[ "$failures" = 0 ] && echo 'all passed' || { echo "$failures failures"; exit 1; }
