#!/usr/bin/env bash
# mlc-suite end to end without a compiler: suite.sh SUITE DOUBLER.so CONVERT
# runs tests that are laid out here against precompiled models.
set -uo pipefail
suite=$(realpath "$1") model=$(realpath "$2") convert=$(realpath "$3")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
export TMPDIR=$work/tmp
mkdir "$TMPDIR"
failures=0
fail() { echo "FAIL: $*"; failures=$((failures + 1)); }

# npy VALUES...: a 1x3 array of floats.
npy() {
  python3 - "$@" <<'PY'
import struct, sys
header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }"
header = header.ljust(117) + "\n"
out = b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header.encode()
sys.stdout.buffer.write(out + struct.pack("<3f", *map(float, sys.argv[1:])))
PY
}
# lay NAME SET IN.. OUT..: a data set of a test.
lay() {
  local folder=suite/$1/test_data_set_$2
  mkdir -p "$folder" && touch "suite/$1/model.onnx"
  npy "$3" "$4" "$5" > in.npy
  npy "$6" "$7" "$8" > out.npy
  printf 'in.npy %s - -\nout.npy %s - -\n' "$folder/input_0.pb" "$folder/output_0.pb" | "$convert" || fail convert
}
compiled() { mkdir -p "bin/$1" && cp "$model" "bin/$1/model.so"; }

lay node/right 0 1 2 3 2 4 6; compiled node/right
lay node/right 1 nan inf 0 nan inf 0
lay node/wrong 0 1 2 3 2 4 7; compiled node/wrong
lay node/second_wrong 0 1 2 3 2 4 6; compiled node/second_wrong
lay node/second_wrong 1 1 2 3 2 4 7
lay node/loose 0 1 2 3 2 4 6.5; compiled node/loose
echo '0.2 1e-7' > suite/node/loose/tolerance.txt
lay node/refused 0 1 2 3 2 4 6; mkdir -p bin/node/refused
printf "MLC0107 'n' (Foo): operator 'Foo' is not supported" > bin/node/refused/refused.txt
lay node/error 0 -1000 2 3 2 4 6; compiled node/error
lay node/lost 0 1 2 3 2 4 6
# A model.onnx in protobuf's wire format: model NAME TEXT, where TEXT is Python.
model() {
  python3 - "suite/$1/model.onnx" "$2" <<'PY'
import sys
def field(number, *parts):
    body = b"".join(part if isinstance(part, bytes) else part.encode() for part in parts)
    key = number << 3 | 2
    return (bytes([key]) if key < 128 else bytes([key & 127 | 128, key >> 7])) + bytes([len(body)]) + body
def node(kind, *more): return field(1, field(4, kind), *more)
def graph(*nodes): return field(7, *nodes)
zero = field(5, field(8, "t"), bytes([0x10, 9]), field(9, b"\0"))
dropout = lambda: node("Dropout", field(1, "x"), field(1, ""), field(1, "t"))
with open(sys.argv[1], "wb") as f:
    f.write(eval(sys.argv[2]))
PY
}
for kind in bernoulli branch function trains; do
  lay node/random_$kind 0 1 2 3 9 9 9; compiled node/random_$kind
done
model node/random_bernoulli 'graph(node("Relu"), node("Bernoulli"))'
model node/random_branch 'graph(node("If", field(5, field(6, node("RandomNormal")))))'
model node/random_function 'graph(node("Foo")) + field(25, field(7, field(4, "Multinomial")))'
model node/random_trains 'graph(dropout())'
lay node/dropout_off 0 1 2 3 2 4 7; compiled node/dropout_off
model node/dropout_off 'graph(dropout(), zero)'
lay node/other_shape 0 1 2 3 2 4 6; compiled node/other_shape
npy 2 4 6 | sed 's/(1, 3)/(3, 1)/' > out.npy
echo "out.npy suite/node/other_shape/test_data_set_0/output_0.pb - -" | "$convert" || fail convert
model node/other_shape 'graph(node("Bernoulli"))'
mkdir -p suite/no_data && touch suite/no_data/model.onnx
cat > crash.c <<'C'
__attribute__((constructor)) static void start(void) { *(volatile int *)0 = 1; }
C
cat > hang.c <<'C'
__attribute__((constructor)) static void start(void) { for (;;) __asm__ volatile(""); }
C
for kind in crash hang; do
  lay node/$kind 0 1 2 3 2 4 6; mkdir -p bin/node/$kind
  "${CC:-clang-22}" -shared -fPIC $kind.c -o bin/node/$kind/model.so || fail "no compiler"
done

"$suite" suite --precompiled bin --table table.tsv --jobs 3 --timeout 5 > out 2> err
[ $? = 1 ] || fail 'exit code with failures'
[ "$(tail -n 1 out)" = '2 passed, 6 failed, 1 unsupported, 2 crashed' ] || fail "summary: $(tail -n 1 out)"
[ "$(grep -c ' passed, ' out)" = 1 ] || fail 'one closing line'
LC_ALL=C sort -c table.tsv || fail 'the table is not sorted'
grep -qx '4 random: compared by type and shape only' out || fail 'counts the random tests'
[ "$(wc -l < table.tsv)" = 15 ] || fail 'rows of the table'
row() { grep -Pq "^node/$1\t$2\t$3" table.tsv || fail "row of $1: $(grep "^node/$1" table.tsv)"; }
row right passed '$'
row loose passed '$'
row wrong failed "output 'y': 1 of 3 elements differ, worst at \[0, 2\]: found 6, expected 7"
row second_wrong failed "output 'y'"
row refused unsupported "MLC0107 'n' \(Foo\)"
row error failed 'run: MLC0506.*index -1000'
row random_bernoulli random 'values not compared: Bernoulli$'
row random_branch random 'values not compared: RandomNormal$'
row random_function random 'values not compared: Multinomial$'
row random_trains random 'values not compared: Dropout$'
row dropout_off failed "output 'y': 1 of 3"
row other_shape failed "output 'y': found 1x3xf32, expected 3x1xf32"
row lost failed 'there is neither'
# A sanitizer turns the signal into an exit of its own.
if [ -z "${MLC_SANITIZED:-}" ]; then row crash crashed 'Segmentation fault'; else row crash crashed 'ends with exit code 99'; fi
row hang crashed 'not done after 5 s'

# Comparing with what passed before.
"$suite" suite --precompiled bin --timeout 5 --compare table.tsv > out || fail 'nothing has changed'
sed 's/^node\/wrong\tfailed.*/node\/wrong\tpassed\t/' table.tsv > better.tsv
"$suite" suite --precompiled bin --timeout 5 --compare better.tsv > out
[ $? = 1 ] || fail 'exit code of a loss'
grep -q '^no longer passed: node/wrong: failed, ' out || fail 'names the loss'
sed 's/^node\/crash\tcrashed.*/node\/crash\tunsupported\t/' table.tsv > refused.tsv
"$suite" suite --precompiled bin --timeout 5 --compare refused.tsv > out
[ $? = 1 ] || fail 'exit code of a new crash'
grep -q '^no longer unsupported: node/crash: crashed, ' out || fail 'names the new crash'
"$suite" suite --precompiled bin --filter 'node/(right|loose)' > out || fail 'all pass'
[ "$(cat out)" = '2 passed, 0 failed, 0 unsupported, 0 crashed' ] || fail "filter: $(cat out)"
"$suite" suite/node/right --precompiled bin > out || fail 'a test itself as the folder'
"$suite" suite > out 2> err; [ $? = 2 ] || fail 'the runner needs --precompiled'
"$suite" nowhere --precompiled bin > out 2> err; [ $? = 2 ] || fail 'no test'
ls -d "$TMPDIR"/mlc-suite-?????? > /dev/null 2>&1 && fail 'temporary folders are left'

[ "$failures" = 0 ] && echo 'all passed' || { echo "$failures failures"; exit 1; }
