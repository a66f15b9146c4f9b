// RUN: mlc-opt %s --mlc-split-pools | FileCheck %s

// CHECK-LABEL: @large
// CHECK: %[[ROWS:.*]] = mlc.pool %arg0 {ceil_mode = true, dilations = array<i64: 1, 2>, kernel = array<i64: 1, 7>, kind = 0 : i32, pads = array<i64: 0, 3, 0, 4>, strides = array<i64: 1, 3>}
// CHECK: %[[Y:.*]] = mlc.pool %[[ROWS]] {ceil_mode = true, dilations = array<i64: 1, 1>, kernel = array<i64: 5, 1>, kind = 0 : i32, pads = array<i64: 2, 0, 1, 0>, strides = array<i64: 2, 1>}
// CHECK: return %[[Y]]
func.func @large(%x: tensor<?x16x40x40xf32>) -> tensor<?x16x20x13xf32> {
  %y = mlc.pool %x {ceil_mode = true, dilations = array<i64: 1, 2>, kernel = array<i64: 5, 7>, kind = 0 : i32, pads = array<i64: 2, 3, 1, 4>, strides = array<i64: 2, 3>} : (tensor<?x16x40x40xf32>) -> tensor<?x16x20x13xf32>
  return %y : tensor<?x16x20x13xf32>
}

// Few taps, one axis that has them all, and averages stay.
// CHECK-LABEL: @others
// CHECK-COUNT-3: mlc.pool
// CHECK-NOT: mlc.pool
func.func @others(%x: tensor<1x16x40x40xf32>) -> (tensor<1x16x38x38xf32>, tensor<1x16x40x31xf32>, tensor<1x16x36x36xf32>) {
  %0 = mlc.pool %x {dilations = array<i64: 1, 1>, kernel = array<i64: 3, 3>, kind = 0 : i32, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : (tensor<1x16x40x40xf32>) -> tensor<1x16x38x38xf32>
  %1 = mlc.pool %x {dilations = array<i64: 1, 1>, kernel = array<i64: 1, 10>, kind = 0 : i32, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : (tensor<1x16x40x40xf32>) -> tensor<1x16x40x31xf32>
  %2 = mlc.pool %x {dilations = array<i64: 1, 1>, kernel = array<i64: 5, 5>, kind = 1 : i32, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : (tensor<1x16x40x40xf32>) -> tensor<1x16x36x36xf32>
  return %0, %1, %2 : tensor<1x16x38x38xf32>, tensor<1x16x40x31xf32>, tensor<1x16x36x36xf32>
}
