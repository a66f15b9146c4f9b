// RUN: mlc-opt %s --mlc-fuse-groups --mlc-lower-groups --split-input-file | FileCheck %s

// The dims of a group's argument are those of its buffer; no tensor.dim of the
// argument, which is gone, is left in the kernel.
// CHECK-LABEL: @main
// CHECK: mlc.dispatch @[[K:[a-z0-9_]*]](
// CHECK: func.func private @[[K]](%[[X:[a-z0-9]*]]: memref<?xf32>, 
// CHECK-NOT: tensor.dim
// CHECK: memref.dim %[[X]]
// CHECK: scf.if
func.func @main(%x: tensor<?xf32>) -> tensor<?xf32> {
  %r = mlc.relu %x : (tensor<?xf32>) -> tensor<?xf32>
  %p = "mlc.pad"(%r) <{high = array<i64: 1>, kind = 0 : i32, low = array<i64: 1>, operandSegmentSizes = array<i32: 1, 0, 0, 0>}> : (tensor<?xf32>) -> tensor<?xf32>
  return %p : tensor<?xf32>
}

// -----

// Host scalars fill a buffer of any rank, row by row.
// CHECK-LABEL: @main
// CHECK: mlc.dispatch @store_i64_2_2(
// CHECK: func.func private @store_i64_2_2(%[[Y:[a-z0-9]*]]: memref<2x2xi64>
// CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
// CHECK-DAG: %[[C1:.*]] = arith.constant 1 : index
// CHECK: memref.store %{{.*}}, %[[Y]][
func.func @main(%x: tensor<?x3xf32>) -> tensor<2x2xi64> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x3xf32>
  %y = mlc.from_scalars %n, %n, %n, %n : tensor<2x2xi64>
  return %y : tensor<2x2xi64>
}

// -----

// An axis that may have no elements has perhaps no address either.
// CHECK-LABEL: @main
// CHECK: func.func private @
// CHECK: scf.if
// CHECK: memref.load %arg0
func.func @main(%x: tensor<?x3xf32>, %i: tensor<2xi64>) -> tensor<2x3xf32> {
  %y = mlc.gather %x, %i {axis = 0 : i64} : (tensor<?x3xf32>, tensor<2xi64>) -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// -----

// CHECK-LABEL: @main
// CHECK: func.func private @
// CHECK-NOT: scf.if
// CHECK: return
func.func @main(%x: tensor<4x3xf32>, %i: tensor<2xi64>) -> tensor<2x3xf32> {
  %y = mlc.gather %x, %i {axis = 0 : i64} : (tensor<4x3xf32>, tensor<2xi64>) -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}
