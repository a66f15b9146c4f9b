// RUN: mlc-opt %s --mlc-simplify-graph --mlc-fold-constants --cse --canonicalize --split-input-file | FileCheck %s

// The other operand gives the dims.
// CHECK-LABEL: @implicit
// CHECK-NOT: mlc.expand
// CHECK: mlc.add %{{.*}}, %{{.*}} : (tensor<?x4xf32>, tensor<1x4xf32>)
func.func @implicit(%x: tensor<?x4xf32>, %y: tensor<1x4xf32>) -> tensor<?x4xf32> {
  %c0 = arith.constant 0 : index
  %b = tensor.dim %x, %c0 : tensor<?x4xf32>
  %0 = mlc.expand %y [%b, 4] : tensor<1x4xf32> -> tensor<?x4xf32>
  %1 = mlc.add %x, %0 : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %1 : tensor<?x4xf32>
}

// -----

// A dim that may be 1 at run time is no dim of 1: the expansion stays.
// CHECK-LABEL: @unproven
// CHECK: mlc.expand
func.func @unproven(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x4xf32>
  %0 = mlc.expand %y [%n, 4] : tensor<?x4xf32> -> tensor<?x4xf32>
  %1 = mlc.add %x, %0 : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %1 : tensor<?x4xf32>
}

// -----

// A mask for all heads: computed once per batch entry, broadcast by the sum.
// CHECK-LABEL: @mask
// CHECK-NOT: mlc.expand
// CHECK: %[[W:.*]] = mlc.where {{.*}} -> tensor<1x1x?x1xf32>
// CHECK: %[[R:.*]] = mlc.reshape %[[W]]
// CHECK: mlc.add %{{.*}}, %[[R]]
func.func @mask(%scores: tensor<2x4x?x6xf32>, %visible: tensor<1x1x?x1xi1>) -> tensor<2x4x?x6xf32> {
  %c2 = arith.constant 2 : index
  %s = tensor.dim %scores, %c2 : tensor<2x4x?x6xf32>
  %v = mlc.reshape %visible [1, 1, %s, 1] : tensor<1x1x?x1xi1> -> tensor<1x1x?x1xi1>
  %zero = mlc.constant dense<0.0> : tensor<f32> : tensor<f32>
  %low = mlc.constant dense<-3.0e38> : tensor<f32> : tensor<f32>
  %0 = mlc.expand %v [2, 1, %s, 6] : tensor<1x1x?x1xi1> -> tensor<2x1x?x6xi1>
  %1 = mlc.where %0, %zero, %low : (tensor<2x1x?x6xi1>, tensor<f32>, tensor<f32>) -> tensor<2x1x?x6xf32>
  %2 = mlc.add %scores, %1 : (tensor<2x4x?x6xf32>, tensor<2x1x?x6xf32>) -> tensor<2x4x?x6xf32>
  return %2 : tensor<2x4x?x6xf32>
}

// -----

// CHECK-LABEL: @matmul_batch
// CHECK-NOT: mlc.expand
// CHECK: mlc.matmul %{{.*}}, %{{.*}} : (tensor<3x4x5xf32>, tensor<1x5x6xf32>)
func.func @matmul_batch(%x: tensor<3x4x5xf32>, %y: tensor<1x5x6xf32>) -> tensor<3x4x6xf32> {
  %0 = mlc.expand %y [3, 5, 6] : tensor<1x5x6xf32> -> tensor<3x5x6xf32>
  %1 = mlc.matmul %x, %0 : (tensor<3x4x5xf32>, tensor<3x5x6xf32>) -> tensor<3x4x6xf32>
  return %1 : tensor<3x4x6xf32>
}
