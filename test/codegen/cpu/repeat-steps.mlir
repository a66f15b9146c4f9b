// RUN: mlc-opt %s -mlc-repeat-steps -split-input-file | FileCheck %s

// The number of steps is computed where the dispatch stood; the step is the
// last argument. Other dispatches stay as they are.
// CHECK-LABEL: func.func @main
// CHECK: %[[D:.*]] = memref.dim %arg0
// CHECK: scf.for %[[S:.*]] = %{{.*}} to %[[D]] step
// CHECK-NEXT: mlc.dispatch @layer(%arg0, %arg1, %[[S]]) outputs 1 {mlc.step} : memref<?x4xf32>, memref<?x4xf32>, index
// CHECK: mlc.dispatch @other(%arg1, %arg0) outputs 1
// CHECK-NOT: @layer.steps
func.func @main(%x: memref<?x4xf32>, %y: memref<?x4xf32>) {
  mlc.dispatch @layer(%x, %y) outputs 1 : memref<?x4xf32>, memref<?x4xf32>
  mlc.dispatch @other(%y, %x) outputs 1 : memref<?x4xf32>, memref<?x4xf32>
  return
}
func.func private @layer(%x: memref<?x4xf32>, %y: memref<?x4xf32>, %step: index, %begin: index, %end: index, %thread: index) attributes {mlc.partitioned, mlc.stepped} {
  return
}
func.func private @layer.steps(%x: memref<?x4xf32>, %y: memref<?x4xf32>) -> index {
  %zero = arith.constant 0 : index
  %steps = memref.dim %x, %zero : memref<?x4xf32>
  return %steps : index
}
func.func private @other(%x: memref<?x4xf32>, %y: memref<?x4xf32>, %begin: index, %end: index, %thread: index) attributes {mlc.partitioned} {
  return
}
