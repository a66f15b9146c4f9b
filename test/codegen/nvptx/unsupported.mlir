// RUN: not mlc-emit-lowered %s -o %t.so --target=cuda:sm_90 2>&1 | FileCheck %s

// CHECK: unsupported: 'math.exp' on 'f64' in a GPU kernel
func.func @main(%x: memref<4xf64>) {
  %y = mlc.output 0() : memref<4xf64>
  mlc.dispatch @k(%x, %y) outputs 1 : memref<4xf64>, memref<4xf64>
  return
}
func.func private @k(%x: memref<4xf64>, %y: memref<4xf64>) {
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x : memref<4xf64>) outs(%y : memref<4xf64>) {
  ^bb0(%a: f64, %o: f64):
    %r = math.exp %a : f64
    linalg.yield %r : f64
  }
  return
}
