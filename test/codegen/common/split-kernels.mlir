// RUN: mlc-opt %s --mlc-split-kernels | FileCheck %s

// CHECK-DAG: #[[FOUR:.*]] = affine_map<() -> (4)>
// CHECK-DAG: #[[EIGHT:.*]] = affine_map<() -> (8)>
// CHECK-LABEL: func.func @main
// CHECK: mlc.dispatch @two(
// CHECK-NEXT: mlc.dispatch @two_1(
// CHECK-NEXT: mlc.dispatch @stores(
func.func @main(%x: memref<4xf32>) {
  %a = memref.alloc() : memref<4xf32>
  %b = memref.alloc() : memref<4xf32>
  mlc.dispatch @two(%x, %a, %b) outputs 2 : memref<4xf32>, memref<4xf32>, memref<4xf32>
  mlc.dispatch @stores(%x, %a) outputs 1 : memref<4xf32>, memref<4xf32>
  return
}

// The second nest reads what the first wrote. Each gets its own of the counts.
// CHECK-LABEL: func.func private @two(
// CHECK-SAME: mlc.flops = [#[[FOUR]]]
// CHECK: outs(%arg1
// CHECK-NOT: linalg.generic
// CHECK-LABEL: func.func private @two_1(
// CHECK-SAME: mlc.flops = [#[[EIGHT]]]
// CHECK: ins(%arg1 : {{.*}}outs(%arg2
// CHECK-NOT: linalg.generic
func.func private @two(%x: memref<4xf32>, %y: memref<4xf32>, %z: memref<4xf32>) attributes {mlc.flops = [affine_map<() -> (8)>, affine_map<() -> (4)>, affine_map<() -> (8)>]} {
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x : memref<4xf32>) outs(%y : memref<4xf32>) {
  ^bb0(%v: f32, %o: f32):
    %r = arith.addf %v, %v : f32
    linalg.yield %r : f32
  }
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%y : memref<4xf32>) outs(%z : memref<4xf32>) {
  ^bb0(%v: f32, %o: f32):
    %r = arith.mulf %v, %v : f32
    linalg.yield %r : f32
  }
  return
}

// Anything else with side effects runs once, as a whole.
// CHECK-LABEL: func.func private @stores(
// CHECK-SAME: mlc.serial
// CHECK-NOT: linalg.generic
// CHECK: scf.for
func.func private @stores(%x: memref<4xf32>, %y: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  %v = memref.load %x[%c0] : memref<4xf32>
  memref.store %v, %y[%c0] : memref<4xf32>
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x : memref<4xf32>) outs(%y : memref<4xf32>) {
  ^bb0(%w: f32, %o: f32):
    linalg.yield %w : f32
  }
  return
}
