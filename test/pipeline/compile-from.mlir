// What callers see of a model is said once, before phases change @main: types of 4 bits are not bytes, buffers are no reason to crash.
// RUN: mlc compile %s --compile-from=import --compile-to=fuse --target=cpu:x86-64-v3 -o %t.fuse.mlir
// RUN: FileCheck %s < %t.fuse.mlir
// RUN: mlc compile %t.fuse.mlir --compile-from=fuse --compile-to=lower --target=cpu:x86-64-v3 -o %t.lower.mlir
// RUN: FileCheck %s < %t.lower.mlir --check-prefixes=CHECK,LOWER
// RUN: not mlc compile %S/Inputs/no-main.mlir --compile-from=import -o %t.so 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not mlc compile %S/Inputs/buffers.mlir --compile-from=lower -o %t.so 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not mlc compile %S/Inputs/mixed.mlir --compile-from=import --verify-each -o %t.so 2>&1 | FileCheck %s --check-prefix=CONTRACT

// CHECK: module attributes {mlc.inputs = [{mlc.dims = ["n"], mlc.name = "x", mlc.type = tensor<?xi4>}], mlc.outputs = [{mlc.dims = ["n"], mlc.name = "y", mlc.type = tensor<?xi4>}]}
// LOWER: func.func @main(%{{.*}}: memref<?xi8>
// NONE: error[MLC0900]: {{expected a function '@main'|expected tensors as arguments}}
// CONTRACT: expects tensors, not buffers, in this phase
func.func @main(%x: tensor<?xi4> {mlc.name = "x", mlc.dims = ["n"]}) -> (tensor<?xi4> {mlc.name = "y", mlc.dims = ["n"]})
    attributes {mlc.symbols = {n = array<i64: 0, 100>}} {
  %y = mlc.add %x, %x : (tensor<?xi4>, tensor<?xi4>) -> tensor<?xi4>
  return %y : tensor<?xi4>
}
