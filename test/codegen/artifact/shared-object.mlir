// RUN: mlc-emit-lowered %s -o %t.so
// RUN: llvm-readelf -dW --dyn-syms -S %t.so | FileCheck %s
// RUN: mlc-run-values %t.so 4xf32=1,1,1,1 | FileCheck %s --check-prefix=RUN-VALUES

// Equal inputs give equal files, whatever the threads.
// RUN: cp %t.so %t.first
// RUN: mlc-emit-lowered %s -o %t.so --emit-threads=1
// RUN: cmp %t.so %t.first

// The weights outside.
// RUN: mlc-emit-lowered %s -o %t-ext.so --external-weights=%t-ext.bin
// RUN: mlc-run-values %t-ext.so 4xf32=1,1,1,1 | FileCheck %s --check-prefix=RUN-VALUES
// RUN: od -An -v -t x1 -w16 %t-ext.bin | FileCheck %s --check-prefix=BLOB

// Two equal tensors are one; splats and booleans take their full size. The end
// is the content's identity.
// BLOB: 00 00 80 3f 00 00 00 40 00 00 40 40 00 00 80 40
// BLOB-COUNT-3: 00 00 00 00 00 00 00 00
// BLOB: 00 00 00 3f 00 00 00 3f 00 00 00 3f 00 00 00 3f
// BLOB: {{^}} 01 00 01 01 00 00 00 00{{[0-9a-f ]+$}}

// CHECK-DAG: .mlc.weights
// CHECK-NOT: .symtab
// CHECK-NOT: build-id
// CHECK: NEEDED{{.*}}[libc.so.6]
// CHECK-NOT: {{RPATH|RUNPATH|TEXTREL}}
// CHECK-NOT: NEEDED{{.*}}{{stdc|gcc|LLVM|pthread}}
// CHECK: GLOBAL DEFAULT {{ *[0-9]+}} mlc_model_
// CHECK-NEXT: GLOBAL DEFAULT {{ *[0-9]+}} mlc_model{{$}}
// CHECK-NOT: GLOBAL DEFAULT {{ *[0-9]+}}
// RUN-VALUES: out0 4xf32: 2.5 1 6.5 8.5
func.func @main(%x: memref<4xf32>) {
  %w = "mlc.weight"() {value = dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>} : () -> memref<4xf32>
  %v = "mlc.weight"() {value = dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>} : () -> memref<4xf32>
  %s = "mlc.weight"() {value = dense<0.5> : tensor<4xf32>} : () -> memref<4xf32>
  %b = "mlc.weight"() {value = dense<[true, false, true, true]> : tensor<4xi1>} : () -> memref<4xi1>
  %y = mlc.output 0() : memref<4xf32>
  mlc.dispatch @k(%x, %w, %v, %s, %b, %y) outputs 1 : memref<4xf32>, memref<4xf32>, memref<4xf32>, memref<4xf32>, memref<4xi1>, memref<4xf32>
  return
}
func.func private @k(%x: memref<4xf32>, %w: memref<4xf32>, %v: memref<4xf32>, %s: memref<4xf32>, %b: memref<4xi1>, %y: memref<4xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x, %w, %v, %s, %b : memref<4xf32>, memref<4xf32>, memref<4xf32>, memref<4xf32>, memref<4xi1>) outs(%y : memref<4xf32>) {
  ^bb0(%a: f32, %c: f32, %d: f32, %e: f32, %f: i1, %o: f32):
    %p = arith.mulf %a, %c : f32
    %q = arith.addf %p, %d : f32
    %t = arith.addf %q, %e : f32
    %r = arith.select %f, %t, %a : f32
    linalg.yield %r : f32
  }
  return
}
