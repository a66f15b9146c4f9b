// RUN: mlc-opt %s --mlc-simplify-graph --mlc-fold-constants --cse --canonicalize --split-input-file | FileCheck %s

// CHECK-LABEL: @slices
// CHECK-SAME: %[[X:[^:]*]]: tensor<?x8xf32>
// CHECK: %[[S:.*]] = mlc.slice %[[X]] [0, 3] [%{{.*}}, 2] [1, 2]
// CHECK: return %[[X]], %[[S]]
func.func @slices(%x: tensor<?x8xf32>) -> (tensor<?x8xf32>, tensor<?x2xf32>) {
  %c0 = arith.constant 0 : index
  %b = tensor.dim %x, %c0 : tensor<?x8xf32>
  %0 = mlc.slice %x [0, 0] [%b, 8] [1, 1] : tensor<?x8xf32> -> tensor<?x8xf32>
  %1 = mlc.slice %x [0, 1] [%b, 6] [1, 1] : tensor<?x8xf32> -> tensor<?x6xf32>
  %2 = mlc.slice %1 [0, 2] [%b, 2] [1, 2] : tensor<?x6xf32> -> tensor<?x2xf32>
  return %0, %2 : tensor<?x8xf32>, tensor<?x2xf32>
}

// -----

// CHECK-LABEL: @above_reshape
// CHECK: %[[S:.*]] = mlc.slice %{{.*}} [0, 4] [%{{.*}}, 4] [1, 1] : tensor<?x12xf32>
// CHECK: mlc.reshape %[[S]] [%{{.*}}, 1, 4]
func.func @above_reshape(%x: tensor<?x12xf32>) -> tensor<?x1x4xf32> {
  %c0 = arith.constant 0 : index
  %b = tensor.dim %x, %c0 : tensor<?x12xf32>
  %0 = mlc.reshape %x [%b, 3, 4] : tensor<?x12xf32> -> tensor<?x3x4xf32>
  %1 = mlc.slice %0 [0, 1, 0] [%b, 1, 4] [1, 1, 1] : tensor<?x3x4xf32> -> tensor<?x1x4xf32>
  return %1 : tensor<?x1x4xf32>
}

// -----

// Inner dims of a split are no run.
// CHECK-LABEL: @inner_dim
// CHECK: mlc.reshape
// CHECK: mlc.slice
func.func @inner_dim(%x: tensor<12xf32>) -> tensor<3x2xf32> {
  %0 = mlc.reshape %x [3, 4] : tensor<12xf32> -> tensor<3x4xf32>
  %1 = mlc.slice %0 [0, 1] [3, 2] [1, 1] : tensor<3x4xf32> -> tensor<3x2xf32>
  return %1 : tensor<3x2xf32>
}

// -----

// CHECK-LABEL: @gathers
// CHECK-SAME: %[[X:[^:]*]]: tensor<4x8xf32>
// CHECK: %[[S:.*]] = mlc.slice %[[X]] [3, 0] [1, 8]
// CHECK: mlc.reshape %[[S]] [8]
// CHECK: mlc.slice %[[X]] [0, 2] [4, 3]
// CHECK: mlc.gather
func.func @gathers(%x: tensor<4x8xf32>) -> (tensor<8xf32>, tensor<4x3xf32>, tensor<8xf32>) {
  %last = mlc.constant dense<-1> : tensor<i64> : tensor<i64>
  %range = mlc.constant dense<[2, 3, 4]> : tensor<3xi64> : tensor<3xi64>
  %outside = mlc.constant dense<4> : tensor<i64> : tensor<i64>
  %0 = mlc.gather %x, %last {axis = 0 : i64} : (tensor<4x8xf32>, tensor<i64>) -> tensor<8xf32>
  %1 = mlc.gather %x, %range {axis = 1 : i64} : (tensor<4x8xf32>, tensor<3xi64>) -> tensor<4x3xf32>
  %2 = mlc.gather %x, %outside {axis = 0 : i64} : (tensor<4x8xf32>, tensor<i64>) -> tensor<8xf32>
  return %0, %1, %2 : tensor<8xf32>, tensor<4x3xf32>, tensor<8xf32>
}

// -----

// CHECK-LABEL: @concats
// CHECK-SAME: %[[X:[^:]*]]: tensor<4xf32>, %[[Y:[^:]*]]: tensor<2xf32>
// CHECK: mlc.concat %[[X]], %[[Y]], %[[X]] {axis = 0
// CHECK: %[[S:.*]] = mlc.slice %[[Y]] [1] [1]
// CHECK: return %[[X]], %{{.*}}, %[[S]], %[[X]]
func.func @concats(%x: tensor<4xf32>, %y: tensor<2xf32>) -> (tensor<4xf32>, tensor<10xf32>, tensor<1xf32>, tensor<4xf32>) {
  %0 = mlc.concat %x {axis = 0 : i64} : (tensor<4xf32>) -> tensor<4xf32>
  %1 = mlc.concat %x, %y {axis = 0 : i64} : (tensor<4xf32>, tensor<2xf32>) -> tensor<6xf32>
  %2 = mlc.concat %1, %x {axis = 0 : i64} : (tensor<6xf32>, tensor<4xf32>) -> tensor<10xf32>
  %3 = mlc.concat %x, %y {axis = 0 : i64} : (tensor<4xf32>, tensor<2xf32>) -> tensor<6xf32>
  %4 = mlc.slice %3 [5] [1] [1] : tensor<6xf32> -> tensor<1xf32>
  %5 = mlc.slice %x [0] [1] [1] : tensor<4xf32> -> tensor<1xf32>
  %6 = mlc.slice %x [1] [3] [1] : tensor<4xf32> -> tensor<3xf32>
  %7 = mlc.concat %5, %6 {axis = 0 : i64} : (tensor<1xf32>, tensor<3xf32>) -> tensor<4xf32>
  return %0, %2, %4, %7 : tensor<4xf32>, tensor<10xf32>, tensor<1xf32>, tensor<4xf32>
}

// -----

// CHECK-LABEL: @pads
// CHECK-NOT: mlc.pad
// CHECK: mlc.conv {{.*}}pads = array<i64: 2, 1, 1, 1>
func.func @pads(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x3x3xf32>) -> tensor<1x4x9x8xf32> {
  %0 = "mlc.pad"(%x) <{high = array<i64: 0, 0, 0, 0>, kind = 0 : i32, low = array<i64: 0, 0, 0, 0>, operandSegmentSizes = array<i32: 1, 0, 0, 0>}> : (tensor<1x3x8x8xf32>) -> tensor<1x3x8x8xf32>
  %1 = "mlc.pad"(%0) <{high = array<i64: 0, 0, 0, 0>, kind = 0 : i32, low = array<i64: 0, 0, 1, 0>, operandSegmentSizes = array<i32: 1, 0, 0, 0>}> : (tensor<1x3x8x8xf32>) -> tensor<1x3x9x8xf32>
  %2 = mlc.conv %1, %w {dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>} : (tensor<1x3x9x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x9x8xf32>
  return %2 : tensor<1x4x9x8xf32>
}

// -----

// The product of the steps has no i64.
// CHECK-LABEL: @long_steps
// CHECK-COUNT-2: mlc.slice
func.func @long_steps(%x: tensor<4xf32>) -> tensor<1xf32> {
  %a = mlc.slice %x [1] [1] [4611686018427387904] : tensor<4xf32> -> tensor<1xf32>
  %b = mlc.slice %a [0] [1] [4] : tensor<1xf32> -> tensor<1xf32>
  return %b : tensor<1xf32>
}

// -----

// CHECK-LABEL: @wide_pad
// CHECK: mlc.pad
// CHECK: mlc.conv
func.func @wide_pad(%x: tensor<1x1x?x4xf32>, %w: tensor<1x1x1x1xf32>) -> tensor<1x1x?x4xf32> {
  %p = "mlc.pad"(%x) <{high = array<i64: 0, 0, 0, 0>, kind = 0 : i32, low = array<i64: 0, 0, 2147483647, 0>, operandSegmentSizes = array<i32: 1, 0, 0, 0>}> : (tensor<1x1x?x4xf32>) -> tensor<1x1x?x4xf32>
  %y = mlc.conv %p, %w {dilations = array<i64: 1, 1>, pads = array<i64: 1, 0, 0, 0>, strides = array<i64: 1, 1>} : (tensor<1x1x?x4xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x?x4xf32>
  return %y : tensor<1x1x?x4xf32>
}
