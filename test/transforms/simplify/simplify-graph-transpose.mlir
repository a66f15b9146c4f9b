// RUN: mlc-opt %s --mlc-simplify-graph --mlc-fold-constants --cse --canonicalize --split-input-file | FileCheck %s

// CHECK-LABEL: @merged
// CHECK-SAME: %[[X:[^:]*]]: tensor<2x3x4xf32>
// CHECK: %[[Y:.*]] = mlc.transpose %[[X]] {permutation = array<i64: 2, 1, 0>}
// CHECK: return %[[X]], %[[Y]]
func.func @merged(%x: tensor<2x3x4xf32>) -> (tensor<2x3x4xf32>, tensor<4x3x2xf32>) {
  %0 = mlc.transpose %x {permutation = array<i64: 1, 0, 2>} : (tensor<2x3x4xf32>) -> tensor<3x2x4xf32>
  %1 = mlc.transpose %0 {permutation = array<i64: 1, 0, 2>} : (tensor<3x2x4xf32>) -> tensor<2x3x4xf32>
  %2 = mlc.transpose %0 {permutation = array<i64: 2, 0, 1>} : (tensor<3x2x4xf32>) -> tensor<4x3x2xf32>
  return %1, %2 : tensor<2x3x4xf32>, tensor<4x3x2xf32>
}

// -----

// CHECK-LABEL: @unit_dims
// CHECK-NOT: mlc.transpose
// CHECK: mlc.reshape %{{.*}} [4, 1, 8]
func.func @unit_dims(%x: tensor<1x4x8xf32>) -> tensor<4x1x8xf32> {
  %0 = mlc.transpose %x {permutation = array<i64: 1, 0, 2>} : (tensor<1x4x8xf32>) -> tensor<4x1x8xf32>
  return %0 : tensor<4x1x8xf32>
}

// -----

// CHECK-LABEL: @through_elementwise
// CHECK-NOT: mlc.transpose
// CHECK: %[[B:.*]] = mlc.constant dense<{{.*}}> : tensor<3x1xf32>
// CHECK: mlc.add %{{.*}}, %[[B]]
// CHECK-NOT: mlc.transpose
func.func @through_elementwise(%x: tensor<3x?xf32>) -> tensor<3x?xf32> {
  %b = mlc.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32> : tensor<3xf32>
  %0 = mlc.transpose %x {permutation = array<i64: 1, 0>} : (tensor<3x?xf32>) -> tensor<?x3xf32>
  %1 = mlc.add %0, %b : (tensor<?x3xf32>, tensor<3xf32>) -> tensor<?x3xf32>
  %2 = mlc.exp %1 : (tensor<?x3xf32>) -> tensor<?x3xf32>
  %3 = mlc.transpose %2 {permutation = array<i64: 1, 0>} : (tensor<?x3xf32>) -> tensor<3x?xf32>
  return %3 : tensor<3x?xf32>
}

// -----

// A transpose that something else reads too would be done twice.
// CHECK-LABEL: @shared
// CHECK: %[[T:.*]] = mlc.transpose
// CHECK: mlc.exp %[[T]]
func.func @shared(%x: tensor<3x4xf32>) -> (tensor<4x3xf32>, tensor<4x3xf32>) {
  %0 = mlc.transpose %x {permutation = array<i64: 1, 0>} : (tensor<3x4xf32>) -> tensor<4x3xf32>
  %1 = mlc.exp %0 : (tensor<4x3xf32>) -> tensor<4x3xf32>
  return %0, %1 : tensor<4x3xf32>, tensor<4x3xf32>
}

// -----

// CHECK-LABEL: @into_matmul
// CHECK-NOT: mlc.transpose
// CHECK: mlc.matmul %{{.*}}, %{{.*}} {transpose_a = true, transpose_b = true}
func.func @into_matmul(%x: tensor<8x4xf32>, %y: tensor<3x8xf32>) -> tensor<4x3xf32> {
  %0 = mlc.transpose %x {permutation = array<i64: 1, 0>} : (tensor<8x4xf32>) -> tensor<4x8xf32>
  %1 = mlc.transpose %y {permutation = array<i64: 1, 0>} : (tensor<3x8xf32>) -> tensor<8x3xf32>
  %2 = mlc.matmul %0, %1 : (tensor<4x8xf32>, tensor<8x3xf32>) -> tensor<4x3xf32>
  return %2 : tensor<4x3xf32>
}

// -----

// Keys [B, S, H, D] read as [B, H, D, S]: the heads move, the product transposes.
// CHECK-LABEL: @keys
// CHECK: %[[K:.*]] = mlc.transpose %{{.*}} {permutation = array<i64: 0, 2, 1, 3>}
// CHECK: mlc.matmul %{{.*}}, %[[K]] {transpose_b = true}
func.func @keys(%q: tensor<2x4x5x8xf32>, %k: tensor<2x6x4x8xf32>) -> tensor<2x4x5x6xf32> {
  %0 = mlc.transpose %k {permutation = array<i64: 0, 2, 3, 1>} : (tensor<2x6x4x8xf32>) -> tensor<2x4x8x6xf32>
  %1 = mlc.matmul %q, %0 : (tensor<2x4x5x8xf32>, tensor<2x4x8x6xf32>) -> tensor<2x4x5x6xf32>
  return %1 : tensor<2x4x5x6xf32>
}

// -----

// The attention block of torchvision's ViT: sequence first, heads joined with
// the batch, one matrix for queries and keys.
// CHECK-LABEL: @projections
// CHECK: %[[M:.*]] = mlc.matmul %{{.*}}, %{{.*}} : (tensor<?x5x8xf32>, tensor<8x16xf32>)
// CHECK: %[[K:.*]] = mlc.slice %[[M]] [0, 0, 8] [%{{.*}}, 5, 8]
// CHECK: %[[R:.*]] = mlc.reshape %[[K]] [%{{.*}}, 5, 2, 4]
// CHECK: mlc.transpose %[[R]] {permutation = array<i64: 0, 2, 3, 1>}
// CHECK-NEXT: return
func.func @projections(%x: tensor<?x5x8xf32>, %w: tensor<8x16xf32>) -> tensor<?x2x4x5xf32> {
  %c0 = arith.constant 0 : index
  %b = tensor.dim %x, %c0 : tensor<?x5x8xf32>
  %n = affine.apply affine_map<()[s0] -> (s0 * 2)>()[%b]
  %i = mlc.constant dense<1> : tensor<i64> : tensor<i64>
  %0 = mlc.transpose %x {permutation = array<i64: 1, 0, 2>} : (tensor<?x5x8xf32>) -> tensor<5x?x8xf32>
  %1 = mlc.matmul %0, %w : (tensor<5x?x8xf32>, tensor<8x16xf32>) -> tensor<5x?x16xf32>
  %2 = mlc.reshape %1 [1, 5, %b, 2, 8] : tensor<5x?x16xf32> -> tensor<1x5x?x2x8xf32>
  %3 = mlc.transpose %2 {permutation = array<i64: 3, 1, 2, 0, 4>} : (tensor<1x5x?x2x8xf32>) -> tensor<2x5x?x1x8xf32>
  %4 = mlc.reshape %3 [2, 5, %b, 8] : tensor<2x5x?x1x8xf32> -> tensor<2x5x?x8xf32>
  %5 = mlc.gather %4, %i {axis = 0 : i64} : (tensor<2x5x?x8xf32>, tensor<i64>) -> tensor<5x?x8xf32>
  %6 = mlc.reshape %5 [5, %n, 4] : tensor<5x?x8xf32> -> tensor<5x?x4xf32>
  %7 = mlc.transpose %6 {permutation = array<i64: 1, 2, 0>} : (tensor<5x?x4xf32>) -> tensor<?x4x5xf32>
  %8 = mlc.reshape %7 [%b, 2, 4, 5] : tensor<?x4x5xf32> -> tensor<?x2x4x5xf32>
  return %8 : tensor<?x2x4x5xf32>
}

// -----

// And its way back: only the heads are joined before the product.
// CHECK-LABEL: @joined_heads
// CHECK-NOT: 2, 0, 1, 3
// CHECK: %[[T:.*]] = mlc.transpose %{{.*}} {permutation = array<i64: 0, 2, 1, 3>}
// CHECK: %[[R:.*]] = mlc.reshape %[[T]] [%{{.*}}, 5, 8]
// CHECK: %[[M:.*]] = mlc.matmul %[[R]]
// CHECK: mlc.add %[[M]]
func.func @joined_heads(%a: tensor<?x2x5x4xf32>, %r: tensor<?x5x8xf32>, %w: tensor<8x8xf32>) -> tensor<?x5x8xf32> {
  %c0 = arith.constant 0 : index
  %b = tensor.dim %r, %c0 : tensor<?x5x8xf32>
  %b2 = tensor.dim %a, %c0 : tensor<?x2x5x4xf32>
  %n = affine.apply affine_map<()[s0] -> (s0 * 5)>()[%b2]
  %0 = mlc.transpose %a {permutation = array<i64: 2, 0, 1, 3>} : (tensor<?x2x5x4xf32>) -> tensor<5x?x2x4xf32>
  %1 = mlc.reshape %0 [%n, 8] : tensor<5x?x2x4xf32> -> tensor<?x8xf32>
  %2 = mlc.matmul %1, %w : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32>
  %3 = mlc.reshape %2 [5, %b2, 8] : tensor<?x8xf32> -> tensor<5x?x8xf32>
  %4 = mlc.transpose %3 {permutation = array<i64: 1, 0, 2>} : (tensor<5x?x8xf32>) -> tensor<?x5x8xf32>
  %5 = mlc.add %4, %r : (tensor<?x5x8xf32>, tensor<?x5x8xf32>) -> tensor<?x5x8xf32>
  return %5 : tensor<?x5x8xf32>
}

// -----

// Pixel shuffle needs its transpose: the joined dims are not in order.
// CHECK-LABEL: @pixel_shuffle
// CHECK: mlc.reshape
// CHECK: mlc.transpose %{{.*}} {permutation = array<i64: 0, 3, 1, 4, 2>}
// CHECK: mlc.reshape
func.func @pixel_shuffle(%x: tensor<2x12x5x7xf32>) -> tensor<2x3x10x14xf32> {
  %0 = mlc.reshape %x [6, 2, 2, 5, 7] : tensor<2x12x5x7xf32> -> tensor<6x2x2x5x7xf32>
  %1 = mlc.transpose %0 {permutation = array<i64: 0, 3, 1, 4, 2>} : (tensor<6x2x2x5x7xf32>) -> tensor<6x5x2x7x2xf32>
  %2 = mlc.reshape %1 [2, 3, 10, 14] : tensor<6x5x2x7x2xf32> -> tensor<2x3x10x14xf32>
  return %2 : tensor<2x3x10x14xf32>
}
