// An object to link into a program, and its header.
// RUN: mkdir -p %t && mlc-emit-lowered %s -o %t/tiny.o --emit=obj
// RUN: llvm-nm %t/tiny.o | FileCheck %s
// RUN: FileCheck %s --check-prefix=HEADER --input-file=%t/tiny.h

// CHECK-DAG: T mlc_model_tiny
// CHECK-DAG: U mlc_rt_api
// CHECK-NOT: mlc_model{{$}}
// HEADER: const mlc_model_t *mlc_model_tiny(void);
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
