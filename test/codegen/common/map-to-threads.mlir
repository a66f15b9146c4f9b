// RUN: mlc-opt %s --mlc-map-to-threads --canonicalize | FileCheck %s

func.func @main(%x: memref<?x8xf32>, %y: memref<8x?xf32>) {
  mlc.dispatch @transpose(%x, %y) outputs 1 : memref<?x8xf32>, memref<8x?xf32>
  return
}

// CHECK-LABEL: func.func private @transpose(
// CHECK-SAME: %[[X:[a-z0-9]+]]: memref<?x8xf32>, %[[Y:[a-z0-9]+]]: memref<8x?xf32>, %[[E:[a-z0-9]+]]: index)
// CHECK-SAME: mlc.block = 256 : i64, mlc.threads
// CHECK-DAG: %[[ROW:.*]] = arith.divui %[[E]], %[[N:.*]] : index
// CHECK-DAG: %[[COLUMN:.*]] = arith.remui %[[E]], %[[N]]
// CHECK: %[[V:.*]] = memref.load %[[X]][%[[COLUMN]], %[[ROW]]]
// CHECK: memref.store %[[V]], %[[Y]][%[[ROW]], %[[COLUMN]]]
// CHECK-NOT: scf.for
// CHECK-LABEL: func.func private @transpose.count(
func.func private @transpose(%x: memref<?x8xf32>, %y: memref<8x?xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%x : memref<?x8xf32>) outs(%y : memref<8x?xf32>) {
  ^bb0(%v: f32, %o: f32):
    linalg.yield %v : f32
  }
  return
}
