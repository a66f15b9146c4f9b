// RUN: mlc-opt %s -mlc-expand-pools -split-input-file --verify-each | FileCheck %s

// Padding never counts for max; the sizes of slices are those of the result.
// CHECK-LABEL: func.func @max
// CHECK: %[[LOW:.*]] = mlc.constant dense<0xFF800000>
// CHECK: %[[P:.*]] = mlc.pad %arg0, %[[LOW]] {{.*}}high = array<i64: 0, 0, 1>{{.*}}low = array<i64: 0, 0, 1>
// CHECK: %[[A:.*]] = mlc.slice %[[P]] [0, 0, 0] [2, 3, %{{.*}}] [1, 1, 2]
// CHECK: %[[B:.*]] = mlc.slice %[[P]] [0, 0, 1]
// CHECK: %[[AB:.*]] = mlc.max %[[A]], %[[B]]
// CHECK: %[[C:.*]] = mlc.slice %[[P]] [0, 0, 2]
// CHECK: %[[Y:.*]] = mlc.max %[[AB]], %[[C]]
// CHECK: return %[[Y]]
func.func @max(%x: tensor<2x3x?xf32>) -> tensor<2x3x?xf32> {
  %y = mlc.pool %x {dilations = array<i64: 1>, kernel = array<i64: 3>, kind = 0 : i32, pads = array<i64: 1, 1>, strides = array<i64: 2>} : (tensor<2x3x?xf32>) -> tensor<2x3x?xf32>
  return %y : tensor<2x3x?xf32>
}

// -----

// One axis after the other: 2 + 2 slices for 4 taps.
// CHECK-LABEL: func.func @average
// CHECK-COUNT-2: mlc.slice {{.*}}-> tensor<1x3x4x8xf32>
// CHECK: mlc.add
// CHECK-COUNT-2: mlc.slice {{.*}}-> tensor<1x3x4x4xf32>
// CHECK: mlc.add
// CHECK: mlc.constant dense<4.0
// CHECK: mlc.div
func.func @average(%x: tensor<1x3x8x8xf32>) -> tensor<1x3x4x4xf32> {
  %y = mlc.pool %x {dilations = array<i64: 1, 1>, kernel = array<i64: 2, 2>, kind = 1 : i32, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : (tensor<1x3x8x8xf32>) -> tensor<1x3x4x4xf32>
  return %y : tensor<1x3x4x4xf32>
}

// -----

// Windows at the border have fewer elements that count; others are too large.
// CHECK-LABEL: func.func @left
// CHECK: mlc.pool
// CHECK: mlc.pool
func.func @left(%x: tensor<1x3x40x40xf32>) -> (tensor<1x3x40x40xf32>, tensor<1x3x32x32xf32>) {
  %y = mlc.pool %x {dilations = array<i64: 1, 1>, kernel = array<i64: 3, 3>, kind = 1 : i32, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>} : (tensor<1x3x40x40xf32>) -> tensor<1x3x40x40xf32>
  %z = mlc.pool %x {dilations = array<i64: 1, 1>, kernel = array<i64: 9, 9>, kind = 0 : i32, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : (tensor<1x3x40x40xf32>) -> tensor<1x3x32x32xf32>
  return %y, %z : tensor<1x3x40x40xf32>, tensor<1x3x32x32xf32>
}
