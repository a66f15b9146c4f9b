// RUN: mlc-opt %s --mlc-fuse-groups --mlc-lower-groups --split-input-file --verify-diagnostics | FileCheck %s

// What is filled row by row is the caller's buffer, which no turn exchanges.
// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[X:[a-z0-9]*]]: memref<4xf32>
// CHECK-SAME: %[[N:[a-z0-9]*]]: memref<i64>
// CHECK: %[[COUNT:.*]] = mlc.extract %[[N]]
// CHECK: %[[ALL:.*]] = mlc.output 0(%[[COUNT]]) : memref<?x4xf32>
// CHECK: scf.while (%{{.*}} = %{{.*}}) : (index) -> index {
// CHECK: ^bb0(%[[I:.*]]: index):
// CHECK: mlc.dispatch @{{.*}}(%[[X]], %[[ONE:.*]]) outputs 1
// CHECK: %[[ROW:.*]] = mlc.reshape %[[ONE]]
// CHECK: %[[PLACE:.*]] = mlc.rows %[[ALL]] at %[[I]]() : memref<?x4xf32> -> memref<1x4xf32>
// CHECK: memref.copy %[[ROW]], %[[PLACE]]
// CHECK: return
func.func @main(%x: tensor<4xf32>, %n: tensor<i64>) -> tensor<?x4xf32> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %count = mlc.extract %n[] : tensor<i64> -> index
  %room = mlc.empty [%count, 4] : f32 -> tensor<?x4xf32>
  %all:2 = scf.while (%i = %zero, %rows = %room) : (index, tensor<?x4xf32>) -> (index, tensor<?x4xf32>) {
    %goesOn = arith.cmpi slt, %i, %count : index
    scf.condition(%goesOn) %i, %rows : index, tensor<?x4xf32>
  } do {
  ^bb0(%i: index, %rows: tensor<?x4xf32>):
    %y = mlc.relu %x : (tensor<4xf32>) -> tensor<4xf32>
    %row = mlc.reshape %y [1, 4] : tensor<4xf32> -> tensor<1x4xf32>
    %more = mlc.insert %row into %rows at %i : tensor<1x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
    %next = arith.addi %i, %one : index
    scf.yield %next, %more : index, tensor<?x4xf32>
  }
  return %all#1 : tensor<?x4xf32>
}

// -----

// Two tensors of the same dims are two pieces of memory, which nobody else reads.
func.func @main(%x: tensor<1x4xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>) {
  %zero = arith.constant 0 : index
  %room = mlc.empty [2, 4] : f32 -> tensor<2x4xf32>
  // expected-error @+1 {{expects to be the only use of what it writes to}}
  %y = mlc.insert %x into %room at %zero : tensor<1x4xf32>, tensor<2x4xf32> -> tensor<2x4xf32>
  return %y, %room : tensor<2x4xf32>, tensor<2x4xf32>
}
