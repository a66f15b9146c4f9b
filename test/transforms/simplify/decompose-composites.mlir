// RUN: mlc-opt %s --mlc-decompose-composites --split-input-file | FileCheck %s
// RUN: mlc-opt %s --mlc-decompose-composites=keep=mlc.softmax,mlc.attention --split-input-file | FileCheck %s --check-prefix=KEEP

// CHECK-LABEL: @softmax
// KEEP-LABEL: @softmax
// CHECK-SAME: %[[X:.*]]: tensor<?x4x5xf32>
func.func @softmax(%x: tensor<?x4x5xf32>) -> tensor<?x4x5xf32> {
  // CHECK: %[[M:.*]] = mlc.reduce %[[X]] {{{.*}}axes = array<i64: 1>, kind = 2
  // CHECK: %[[S:.*]] = mlc.sub %[[X]], %[[M]]
  // CHECK: %[[E:.*]] = mlc.exp %[[S]]
  // CHECK: %[[Z:.*]] = mlc.reduce %[[E]] {{{.*}}axes = array<i64: 1>, kind = 0
  // CHECK: mlc.div %[[E]], %[[Z]]
  // KEEP: mlc.softmax
  %y = mlc.softmax %x {axis = 1 : i64} : (tensor<?x4x5xf32>) -> tensor<?x4x5xf32>
  return %y : tensor<?x4x5xf32>
}

// -----

// CHECK-LABEL: @log_softmax_half
func.func @log_softmax_half(%x: tensor<2x3xf16>) -> tensor<2x3xf16> {
  // CHECK: mlc.cast {{.*}}to = f32
  // CHECK: mlc.exp {{.*}} tensor<2x3xf32>
  // CHECK: %[[L:.*]] = mlc.log
  // CHECK: mlc.sub {{.*}}, %[[L]]
  // CHECK: mlc.cast {{.*}}to = f16
  %y = mlc.softmax %x {axis = 1 : i64, log = true} : (tensor<2x3xf16>) -> tensor<2x3xf16>
  return %y : tensor<2x3xf16>
}

// -----

// CHECK-LABEL: @layer_norm
func.func @layer_norm(%x: tensor<?x?x8xf32>) -> tensor<?x?x8xf32> {
  // The count is known at run time only: dim 1 times 8.
  // CHECK: affine.apply
  // CHECK: mlc.from_scalars
  // CHECK: %[[C:.*]] = mlc.sub
  // CHECK: mlc.mul %[[C]], %[[C]]
  // CHECK: mlc.rsqrt
  %y = mlc.layer_norm %x {axis = 1 : i64, epsilon = 1.0e-5 : f64} : (tensor<?x?x8xf32>) -> tensor<?x?x8xf32>
  return %y : tensor<?x?x8xf32>
}

// -----

// CHECK-LABEL: @rms_norm
func.func @rms_norm(%x: tensor<2x8xf32>) -> tensor<2x8xf32> {
  // CHECK-NOT: mlc.sub
  // CHECK: dense<8.000000e+00>
  // CHECK-NOT: mlc.sub
  %y = mlc.layer_norm %x {axis = 1 : i64, epsilon = 1.0e-5 : f64, rms = true} : (tensor<2x8xf32>) -> tensor<2x8xf32>
  return %y : tensor<2x8xf32>
}

// -----

// CHECK-LABEL: @attention
// KEEP-LABEL: @attention
func.func @attention(%q: tensor<?x4x?x8xf32>, %k: tensor<?x4x?x8xf32>, %v: tensor<?x4x?x8xf32>, %m: tensor<?x1x?x?xf32>) -> tensor<?x4x?x8xf32> {
  // CHECK: mlc.matmul {{.*}}transpose_b = true
  // CHECK: mlc.add
  // CHECK: mlc.isnan
  // CHECK: mlc.where
  // CHECK: mlc.matmul
  // KEEP: mlc.attention
  // KEEP-NOT: mlc.matmul
  %y = mlc.attention %q, %k, %v, %m {scale = 0.5 : f64, nan_to_zero = true} : (tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x1x?x?xf32>) -> tensor<?x4x?x8xf32>
  return %y : tensor<?x4x?x8xf32>
}

// -----

// Eight query heads share two key heads: they become rows.
// CHECK-LABEL: @grouped_causal
func.func @grouped_causal(%q: tensor<1x8x5x4xf32>, %k: tensor<1x2x6x4xf32>, %v: tensor<1x2x6x3xf32>) -> tensor<1x8x5x3xf32> {
  // CHECK: mlc.reshape {{.*}} [1, 2, 20, 4]
  // CHECK: mlc.matmul {{.*}} -> tensor<1x2x20x6xf32>
  // CHECK: mlc.reshape {{.*}} [1, 8, 5, 6]
  // CHECK: mlc.iota [5] axis 0
  // CHECK: mlc.iota [6] axis 0
  // CHECK: mlc.greater
  // CHECK: mlc.reshape {{.*}} [1, 2, 20, 6]
  // CHECK: mlc.matmul {{.*}} -> tensor<1x2x20x3xf32>
  // CHECK: mlc.reshape {{.*}} [1, 8, 5, 3]
  %y = mlc.attention %q, %k, %v {scale = 0.5 : f64, causal = true} : (tensor<1x8x5x4xf32>, tensor<1x2x6x4xf32>, tensor<1x2x6x3xf32>) -> tensor<1x8x5x3xf32>
  return %y : tensor<1x8x5x3xf32>
}
