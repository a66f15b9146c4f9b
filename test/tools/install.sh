#!/usr/bin/env bash
# The install tree: install.sh BUILD MODEL.onnx. Installs into a new folder, moves it, and uses it as a
# stranger would: mlc from another folder, find_package, pkg-config, manual pages, completion.
set -euo pipefail
here=$(realpath "$(dirname "$0")") build=$(realpath "$1") model=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "install.sh: $*" >&2; exit 1; }

cmake --install "$build" --prefix "$work/first" > "$work/install.log"
mv "$work/first" "$work/prefix" # nothing may depend on where it was
prefix=$work/prefix
cp "$model" "$work/model.onnx"

expected="bin/mlc bin/mlc-lsp-server bin/mlc-opt bin/mlc-runner bin/mlc-suite bin/mlc-suite-runner
include/mlc/runtime.h lib/mlc/$(uname -m)/libmlc_rt_core.a lib/mlc/$(uname -m)/libc.so.6
share/man/man1/mlc.1 share/man/man1/mlc-compile.1 share/man/man1/mlc-explain.1 share/bash-completion/completions/mlc share/zsh/site-functions/_mlc"
for file in $expected; do
  [ -f "$prefix/$file" ] || fail "$file is not installed"
done
for name in libmlc_runtime.a mlcConfig.cmake mlcConfigVersion.cmake MlcAddModel.cmake mlc-runtime.pc; do
  [ -n "$(find "$prefix/lib" -name $name)" ] || fail "$name is not installed"
done
for tool in "$prefix"/bin/*; do
  case " $expected " in *[[:space:]]bin/$(basename "$tool")[[:space:]]*) ;; *) fail "$tool is no tool of a user" ;; esac
done
if grep -rlF -e "$build" -e "$work/first" "$prefix" --include='*.cmake' --include='*.pc' --include='*.h'; then
  fail 'the files above name the folder of the build'
fi

# From an empty environment and another folder.
cd /
bare=(env -i "PATH=/usr/bin:/bin" "HOME=$work" "TMPDIR=$work" ${ASAN_OPTIONS:+"ASAN_OPTIONS=$ASAN_OPTIONS"}
  ${LSAN_OPTIONS:+"LSAN_OPTIONS=$LSAN_OPTIONS"} ${UBSAN_OPTIONS:+"UBSAN_OPTIONS=$UBSAN_OPTIONS"})
"${bare[@]}" "$prefix/bin/mlc" compile "$work/model.onnx" -o "$work/model.so"
"${bare[@]}" "$prefix/bin/mlc" doctor > "$work/doctor" || fail "$(cat "$work/doctor")"
grep -q "runtime archive: $prefix/lib/mlc" "$work/doctor" || fail 'mlc takes another runtime archive'
"${bare[@]}" "$prefix/bin/mlc" run "$work/model.so" --input x=1x1x28x28xf32=0.5 > "$work/logits"
"${bare[@]}" "$prefix/bin/mlc-opt" --version > /dev/null
"${bare[@]}" "$prefix/bin/mlc-lsp-server" --help > /dev/null

# CMake.
cmake -S "$here/consumer" -B "$work/consumer" -G Ninja -DCMAKE_C_COMPILER="${CC:-clang-22}" \
  -DCMAKE_PREFIX_PATH="$prefix" -DMODEL="$work/model.onnx" > "$work/cmake.log" || fail "$(cat "$work/cmake.log")"
cmake --build "$work/consumer" > "$work/cmake.log" || fail "$(cat "$work/cmake.log")"
loaded=$("$work/consumer/loads" "$work/consumer/digits.so")
[ "$loaded" = "$("$work/consumer/holds")" ] || fail 'the two programs differ'

# The example of runtime/cmake/README.md as it is printed.
block() { awk -v fence="\`\`\`$1" '$0 == fence { on = 1; next } /^```/ { on = 0 } on' "$here/../../runtime/cmake/README.md"; }
mkdir "$work/app" && cp "$model" "$work/app/net.onnx"
block cmake > "$work/app/CMakeLists.txt"
block c > "$work/app/main.c"
ln -s "$prefix" "$work/.local" # HOME is where the example has its prefix
(cd "$work/app" && HOME=$work CC="${CC:-clang-22}" CMAKE_GENERATOR=Ninja bash -euc "$(block sh)") > "$work/app.log" 2>&1 || fail "$(cat "$work/app.log")"
[ "$(tail -n 1 "$work/app.log")" = 'net: 1 inputs' ] && [ -f "$work/app/build/plugin.so" ] || fail "$(cat "$work/app.log")"

# pkg-config.
flags=$(PKG_CONFIG_PATH=$(dirname "$(find "$prefix/lib" -name mlc-runtime.pc)") pkg-config --cflags --libs mlc-runtime)
# shellcheck disable=SC2086 # words
"${CC:-clang-22}" -std=c99 "$here/consumer/main.c" $flags -o "$work/packaged"
[ "$loaded" = "$("$work/packaged" "$work/model.so")" ] || fail 'the program of pkg-config differs'

# Manual pages have no warning.
for page in "$prefix"/share/man/man1/*.1; do
  LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l "$page" > "$work/page" 2> "$work/warnings"
  [ ! -s "$work/warnings" ] || fail "$page: $(cat "$work/warnings")"
  grep -q '^NAME' "$work/page" || fail "$page shows nothing"
done

# Completion, as bash-completion would load it.
completed=$(bash -c 'source "$1"; complete -p mlc > /dev/null; COMP_WORDS=(mlc compile --targ) COMP_CWORD=2
  compopt() { :; }; _mlc; echo "${COMPREPLY[*]}"' - "$prefix/share/bash-completion/completions/mlc")
[ "$completed" = --target= ] || fail "'mlc compile --targ' completes to '$completed'"
echo "install.sh: $loaded from $(find "$prefix" -type f | wc -l) files"
