// RUN: mlc-opt %s --mlc-split-reductions | FileCheck %s

// CHECK-LABEL: @statistics
// CHECK: %[[A:.*]] = mlc.reduce %arg0 {axes = array<i64: 4>, kind = 2 : i32} : (tensor<?x3x?x5x7xf32>) -> tensor<?x3x?x5x1xf32>
// CHECK: %[[B:.*]] = mlc.reduce %[[A]] {axes = array<i64: 2>, kind = 2 : i32} : (tensor<?x3x?x5x1xf32>) -> tensor<?x3x1x5x1xf32>
// CHECK: %[[C:.*]] = mlc.reduce %[[B]] {axes = array<i64: 0>, kind = 2 : i32} : (tensor<?x3x1x5x1xf32>) -> tensor<1x3x1x5x1xf32>
// CHECK: return %[[C]]
func.func @statistics(%x: tensor<?x3x?x5x7xf32>) -> tensor<1x3x1x5x1xf32> {
  %y = mlc.reduce %x {axes = array<i64: 0, 2, 4>, kind = 2 : i32} : (tensor<?x3x?x5x7xf32>) -> tensor<1x3x1x5x1xf32>
  return %y : tensor<1x3x1x5x1xf32>
}

// Neighbours stay together, and so do integers and the axes of nothing.
// CHECK-LABEL: @others
// CHECK-COUNT-3: mlc.reduce
// CHECK-NOT: mlc.reduce
func.func @others(%x: tensor<2x3x4xf64>, %i: tensor<2x3x4xsi32>) -> (tensor<2x1x1xf64>, tensor<1x3x1xsi32>, tensor<2x3x4xf64>) {
  %0 = mlc.reduce %x {axes = array<i64: 1, 2>, kind = 0 : i32} : (tensor<2x3x4xf64>) -> tensor<2x1x1xf64>
  %1 = mlc.reduce %i {axes = array<i64: 0, 2>, kind = 0 : i32} : (tensor<2x3x4xsi32>) -> tensor<1x3x1xsi32>
  %2 = mlc.reduce %x {axes = array<i64>, kind = 0 : i32} : (tensor<2x3x4xf64>) -> tensor<2x3x4xf64>
  return %0, %1, %2 : tensor<2x1x1xf64>, tensor<1x3x1xsi32>, tensor<2x3x4xf64>
}
