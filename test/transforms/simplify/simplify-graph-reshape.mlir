// RUN: mlc-opt %s --mlc-simplify-graph --mlc-fold-constants --cse --canonicalize --split-input-file | FileCheck %s

// Rows flattened around a product, as exporters write linear layers: the
// reshapes meet and cancel although both dims are dynamic.
// CHECK-LABEL: @rows
// CHECK-NOT: mlc.reshape
// CHECK: %[[M:.*]] = mlc.matmul %{{.*}}, %{{.*}} -> tensor<?x?x4xf32>
// CHECK: %[[A:.*]] = mlc.add %[[M]]
// CHECK: mlc.relu %[[A]]
// CHECK-NOT: mlc.reshape
func.func @rows(%x: tensor<?x?x8xf32>, %w: tensor<8x4xf32>) -> tensor<?x?x4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %x, %c0 : tensor<?x?x8xf32>
  %s = tensor.dim %x, %c1 : tensor<?x?x8xf32>
  %n = affine.apply affine_map<()[s0, s1] -> (s0 * s1)>()[%b, %s]
  %bias = mlc.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32> : tensor<4xf32>
  %0 = mlc.reshape %x [%n, 8] : tensor<?x?x8xf32> -> tensor<?x8xf32>
  %1 = mlc.matmul %0, %w : (tensor<?x8xf32>, tensor<8x4xf32>) -> tensor<?x4xf32>
  %2 = mlc.add %1, %bias : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  %3 = mlc.reshape %2 [%b, %s, 4] : tensor<?x4xf32> -> tensor<?x?x4xf32>
  %4 = mlc.relu %3 : (tensor<?x?x4xf32>) -> tensor<?x?x4xf32>
  return %4 : tensor<?x?x4xf32>
}

// -----

// Heads joined, then rows joined: only the heads must be joined first.
// CHECK-LABEL: @joined_columns
// CHECK: %[[J:.*]] = mlc.reshape %{{.*}} [%{{.*}}, 5, 8] : tensor<?x5x2x4xf32>
// CHECK: mlc.matmul %[[J]], %{{.*}} -> tensor<?x5x3xf32>
// CHECK-NOT: mlc.reshape
func.func @joined_columns(%x: tensor<?x5x2x4xf32>, %w: tensor<8x3xf32>) -> tensor<?x5x3xf32> {
  %c0 = arith.constant 0 : index
  %b = tensor.dim %x, %c0 : tensor<?x5x2x4xf32>
  %n = affine.apply affine_map<()[s0] -> (s0 * 5)>()[%b]
  %0 = mlc.reshape %x [%n, 8] : tensor<?x5x2x4xf32> -> tensor<?x8xf32>
  %1 = mlc.matmul %0, %w : (tensor<?x8xf32>, tensor<8x3xf32>) -> tensor<?x3xf32>
  %2 = mlc.reshape %1 [%b, 5, 3] : tensor<?x3xf32> -> tensor<?x5x3xf32>
  return %2 : tensor<?x5x3xf32>
}

// -----

// Batched products over joined heads.
// CHECK-LABEL: @joined_batch
// CHECK: mlc.matmul %{{.*}}, %{{.*}} : (tensor<?x4x5x8xf32>, tensor<?x4x8x6xf32>) -> tensor<?x4x5x6xf32>
// CHECK-NOT: mlc.reshape
func.func @joined_batch(%x: tensor<?x4x5x8xf32>, %y: tensor<?x4x8x6xf32>) -> tensor<?x4x5x6xf32> {
  %c0 = arith.constant 0 : index
  %b = tensor.dim %x, %c0 : tensor<?x4x5x8xf32>
  %n = affine.apply affine_map<()[s0] -> (s0 * 4)>()[%b]
  %y1 = mlc.reshape %y [%b, 4, 8, 6] : tensor<?x4x8x6xf32> -> tensor<?x4x8x6xf32>
  %0 = mlc.reshape %x [%n, 5, 8] : tensor<?x4x5x8xf32> -> tensor<?x5x8xf32>
  %1 = mlc.reshape %y1 [%n, 8, 6] : tensor<?x4x8x6xf32> -> tensor<?x8x6xf32>
  %2 = mlc.matmul %0, %1 : (tensor<?x5x8xf32>, tensor<?x8x6xf32>) -> tensor<?x5x6xf32>
  %3 = mlc.reshape %2 [%b, 4, 5, 6] : tensor<?x5x6xf32> -> tensor<?x4x5x6xf32>
  return %3 : tensor<?x4x5x6xf32>
}

// -----

// CHECK-LABEL: @rows_of_norm
// CHECK: mlc.layer_norm %{{.*}} {axis = 2 : i64
// CHECK-NOT: mlc.reshape
func.func @rows_of_norm(%x: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %0 = mlc.reshape %x [6, 8] : tensor<2x3x8xf32> -> tensor<6x8xf32>
  %1 = mlc.layer_norm %0 {axis = 1 : i64, epsilon = 1.0e-5 : f64} : (tensor<6x8xf32>) -> tensor<6x8xf32>
  %2 = mlc.reshape %1 [2, 3, 8] : tensor<6x8xf32> -> tensor<2x3x8xf32>
  return %2 : tensor<2x3x8xf32>
}

// -----

// A dim of a result is no use of it.
// CHECK-LABEL: @dims
// CHECK-SAME: %[[X:[^:]*]]: tensor<?x?xf32>
// CHECK: %[[C:.*]] = arith.constant 1
// CHECK-NEXT: %[[D:.*]] = tensor.dim %[[X]], %[[C]]
// CHECK-NEXT: return %[[D]]
func.func @dims(%x: tensor<?x?xf32>) -> index {
  %c0 = arith.constant 0 : index
  %0 = mlc.transpose %x {permutation = array<i64: 1, 0>} : (tensor<?x?xf32>) -> tensor<?x?xf32>
  %d = tensor.dim %0, %c0 : tensor<?x?xf32>
  return %d : index
}

// -----

// A batch of one, whose rows are flattened for a product: the residual is added
// under the product's dims, and so is a value that is used twice.
// CHECK-LABEL: @batch_of_one
// CHECK-NOT: mlc.reshape
// CHECK: return
func.func @batch_of_one(%x: tensor<1x5x8xf32>, %residual: tensor<1x5x4xf32>, %w: tensor<8x4xf32>) -> tensor<1x5x4xf32> {
  %bias = mlc.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32> : tensor<4xf32>
  %0 = mlc.reshape %x [5, 8] : tensor<1x5x8xf32> -> tensor<5x8xf32>
  %1 = mlc.matmul %0, %w : (tensor<5x8xf32>, tensor<8x4xf32>) -> tensor<5x4xf32>
  %2 = mlc.add %1, %bias : (tensor<5x4xf32>, tensor<4xf32>) -> tensor<5x4xf32>
  %3 = mlc.reshape %2 [1, 5, 4] : tensor<5x4xf32> -> tensor<1x5x4xf32>
  %4 = mlc.add %3, %residual : (tensor<1x5x4xf32>, tensor<1x5x4xf32>) -> tensor<1x5x4xf32>
  %5 = mlc.tanh %4 : (tensor<1x5x4xf32>) -> tensor<1x5x4xf32>
  %6 = mlc.mul %4, %5 : (tensor<1x5x4xf32>, tensor<1x5x4xf32>) -> tensor<1x5x4xf32>
  return %6 : tensor<1x5x4xf32>
}
