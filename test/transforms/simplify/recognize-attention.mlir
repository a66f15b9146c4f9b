// RUN: mlc-opt %s --mlc-simplify-graph --mlc-recognize-attention --mlc-simplify-graph --cse --canonicalize --split-input-file | FileCheck %s

// As torch exports it: the scale's root on both sides, keys transposed by way of
// three dims, a mask for all heads, NaN weights replaced.
// CHECK-LABEL: @exported
// CHECK-COUNT-3: mlc.transpose %{{.*}} {permutation = array<i64: 0, 2, 1, 3>} : (tensor<?x?x2x4xf32>)
// CHECK: %[[A:.*]] = mlc.attention %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} {nan_to_zero = true, scale = 2.500000e-01 : f64}
// CHECK: mlc.transpose %[[A]] {permutation = array<i64: 0, 2, 1, 3>}
// CHECK-NOT: mlc.softmax
func.func @exported(%q: tensor<?x?x8xf32>, %k: tensor<?x?x8xf32>, %v: tensor<?x?x8xf32>, %mask: tensor<?x1x?x?xf32>) -> tensor<?x?x8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %q, %c0 : tensor<?x?x8xf32>
  %s = tensor.dim %q, %c1 : tensor<?x?x8xf32>
  %n = affine.apply affine_map<()[s0] -> (s0 * 2)>()[%b]
  %root = mlc.constant dense<0.5> : tensor<f32> : tensor<f32>
  %zero = mlc.constant dense<0.0> : tensor<f32> : tensor<f32>
  %k1 = mlc.reshape %k [%b, %s, 8] : tensor<?x?x8xf32> -> tensor<?x?x8xf32>
  %v1 = mlc.reshape %v [%b, %s, 8] : tensor<?x?x8xf32> -> tensor<?x?x8xf32>
  %m1 = mlc.reshape %mask [%b, 1, %s, %s] : tensor<?x1x?x?xf32> -> tensor<?x1x?x?xf32>
  %q2 = mlc.reshape %q [%b, %s, 2, 4] : tensor<?x?x8xf32> -> tensor<?x?x2x4xf32>
  %q3 = mlc.transpose %q2 {permutation = array<i64: 0, 2, 1, 3>} : (tensor<?x?x2x4xf32>) -> tensor<?x2x?x4xf32>
  %k2 = mlc.reshape %k1 [%b, %s, 2, 4] : tensor<?x?x8xf32> -> tensor<?x?x2x4xf32>
  %k3 = mlc.transpose %k2 {permutation = array<i64: 0, 2, 1, 3>} : (tensor<?x?x2x4xf32>) -> tensor<?x2x?x4xf32>
  %v2 = mlc.reshape %v1 [%b, %s, 2, 4] : tensor<?x?x8xf32> -> tensor<?x?x2x4xf32>
  %v3 = mlc.transpose %v2 {permutation = array<i64: 0, 2, 1, 3>} : (tensor<?x?x2x4xf32>) -> tensor<?x2x?x4xf32>
  %k4 = mlc.reshape %k3 [%n, %s, 4] : tensor<?x2x?x4xf32> -> tensor<?x?x4xf32>
  %k5 = mlc.transpose %k4 {permutation = array<i64: 0, 2, 1>} : (tensor<?x?x4xf32>) -> tensor<?x4x?xf32>
  %k6 = mlc.reshape %k5 [%b, 2, 4, %s] : tensor<?x4x?xf32> -> tensor<?x2x4x?xf32>
  %q4 = mlc.mul %q3, %root : (tensor<?x2x?x4xf32>, tensor<f32>) -> tensor<?x2x?x4xf32>
  %k7 = mlc.mul %k6, %root : (tensor<?x2x4x?xf32>, tensor<f32>) -> tensor<?x2x4x?xf32>
  %0 = mlc.matmul %q4, %k7 : (tensor<?x2x?x4xf32>, tensor<?x2x4x?xf32>) -> tensor<?x2x?x?xf32>
  %1 = mlc.add %0, %m1 : (tensor<?x2x?x?xf32>, tensor<?x1x?x?xf32>) -> tensor<?x2x?x?xf32>
  %2 = mlc.softmax %1 {axis = 3 : i64} : (tensor<?x2x?x?xf32>) -> tensor<?x2x?x?xf32>
  %3 = mlc.isnan %2 : (tensor<?x2x?x?xf32>) -> tensor<?x2x?x?xi1>
  %4 = mlc.where %3, %zero, %2 : (tensor<?x2x?x?xi1>, tensor<f32>, tensor<?x2x?x?xf32>) -> tensor<?x2x?x?xf32>
  %5 = mlc.matmul %4, %v3 : (tensor<?x2x?x?xf32>, tensor<?x2x?x4xf32>) -> tensor<?x2x?x4xf32>
  %6 = mlc.transpose %5 {permutation = array<i64: 0, 2, 1, 3>} : (tensor<?x2x?x4xf32>) -> tensor<?x?x2x4xf32>
  %7 = mlc.reshape %6 [%b, %s, 8] : tensor<?x?x2x4xf32> -> tensor<?x?x8xf32>
  return %7 : tensor<?x?x8xf32>
}

// -----

// Heads joined with a batch of one: the transposes kernels look for come back.
// CHECK-LABEL: @one_batch
// CHECK: %[[Q:.*]] = mlc.reshape %{{.*}} [1, 5, 2, 4]
// CHECK: %[[T:.*]] = mlc.transpose %[[Q]] {permutation = array<i64: 0, 2, 1, 3>}
// CHECK: %[[A:.*]] = mlc.attention %[[T]], {{.*}} {scale = 5.000000e-01 : f64}
// CHECK: mlc.transpose %[[A]] {permutation = array<i64: 0, 2, 1, 3>}
func.func @one_batch(%q: tensor<1x5x8xf32>, %k: tensor<1x2x5x4xf32>, %v: tensor<1x2x5x4xf32>) -> tensor<1x5x8xf32> {
  %two = mlc.constant dense<2.0> : tensor<f32> : tensor<f32>
  %0 = mlc.reshape %q [1, 5, 2, 4] : tensor<1x5x8xf32> -> tensor<1x5x2x4xf32>
  %1 = mlc.transpose %0 {permutation = array<i64: 0, 2, 1, 3>} : (tensor<1x5x2x4xf32>) -> tensor<1x2x5x4xf32>
  %2 = mlc.matmul %1, %k {transpose_b = true} : (tensor<1x2x5x4xf32>, tensor<1x2x5x4xf32>) -> tensor<1x2x5x5xf32>
  %3 = mlc.div %2, %two : (tensor<1x2x5x5xf32>, tensor<f32>) -> tensor<1x2x5x5xf32>
  %4 = mlc.softmax %3 {axis = 3 : i64} : (tensor<1x2x5x5xf32>) -> tensor<1x2x5x5xf32>
  %5 = mlc.matmul %4, %v : (tensor<1x2x5x5xf32>, tensor<1x2x5x4xf32>) -> tensor<1x2x5x4xf32>
  %6 = mlc.transpose %5 {permutation = array<i64: 0, 2, 1, 3>} : (tensor<1x2x5x4xf32>) -> tensor<1x5x2x4xf32>
  %7 = mlc.reshape %6 [1, 5, 8] : tensor<1x5x2x4xf32> -> tensor<1x5x8xf32>
  return %7 : tensor<1x5x8xf32>
}

// -----

// A lower triangle of visible keys is an attribute.
// CHECK-LABEL: @causal
// CHECK: mlc.attention %{{[^,]*}}, %{{[^,]*}}, %{{[^,]*}} {causal = true, scale = 1.000000e+00 : f64}
func.func @causal(%q: tensor<2x3x4xf32>, %k: tensor<2x3x4xf32>, %v: tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  %visible = mlc.constant dense<[[true, false, false], [true, true, false], [true, true, true]]> : tensor<3x3xi1> : tensor<3x3xi1>
  %low = mlc.constant dense<-1.0e4> : tensor<f32> : tensor<f32>
  %0 = mlc.matmul %q, %k {transpose_b = true} : (tensor<2x3x4xf32>, tensor<2x3x4xf32>) -> tensor<2x3x3xf32>
  %1 = mlc.where %visible, %0, %low : (tensor<3x3xi1>, tensor<2x3x3xf32>, tensor<f32>) -> tensor<2x3x3xf32>
  %2 = mlc.softmax %1 {axis = 2 : i64} : (tensor<2x3x3xf32>) -> tensor<2x3x3xf32>
  %3 = mlc.matmul %2, %v : (tensor<2x3x3xf32>, tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
  return %3 : tensor<2x3x4xf32>
}

// -----

// -1e4 hides nothing when all keys of a row are hidden: it stays as written.
// CHECK-LABEL: @weak_mask
// CHECK: mlc.softmax
func.func @weak_mask(%q: tensor<2x3x4xf32>, %k: tensor<2x3x4xf32>, %v: tensor<2x3x4xf32>, %visible: tensor<3x3xi1>) -> tensor<2x3x4xf32> {
  %low = mlc.constant dense<-1.0e4> : tensor<f32> : tensor<f32>
  %0 = mlc.matmul %q, %k {transpose_b = true} : (tensor<2x3x4xf32>, tensor<2x3x4xf32>) -> tensor<2x3x3xf32>
  %1 = mlc.where %visible, %0, %low : (tensor<3x3xi1>, tensor<2x3x3xf32>, tensor<f32>) -> tensor<2x3x3xf32>
  %2 = mlc.softmax %1 {axis = 2 : i64} : (tensor<2x3x3xf32>) -> tensor<2x3x3xf32>
  %3 = mlc.matmul %2, %v : (tensor<2x3x3xf32>, tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
  return %3 : tensor<2x3x4xf32>
}

// -----

// Two key heads, each for two query heads.
// CHECK-LABEL: @repeated_heads
// CHECK-NOT: mlc.expand
// CHECK: mlc.attention %{{.*}} : (tensor<1x4x3x8xf32>, tensor<1x2x5x8xf32>, tensor<1x2x5x8xf32>)
func.func @repeated_heads(%q: tensor<1x4x3x8xf32>, %k: tensor<1x2x5x8xf32>, %v: tensor<1x2x5x8xf32>) -> tensor<1x4x3x8xf32> {
  %k1 = mlc.reshape %k [1, 2, 1, 5, 8] : tensor<1x2x5x8xf32> -> tensor<1x2x1x5x8xf32>
  %k2 = mlc.expand %k1 [1, 2, 2, 5, 8] : tensor<1x2x1x5x8xf32> -> tensor<1x2x2x5x8xf32>
  %k3 = mlc.reshape %k2 [1, 4, 5, 8] : tensor<1x2x2x5x8xf32> -> tensor<1x4x5x8xf32>
  %v1 = mlc.reshape %v [1, 2, 1, 5, 8] : tensor<1x2x5x8xf32> -> tensor<1x2x1x5x8xf32>
  %v2 = mlc.expand %v1 [1, 2, 2, 5, 8] : tensor<1x2x1x5x8xf32> -> tensor<1x2x2x5x8xf32>
  %v3 = mlc.reshape %v2 [1, 4, 5, 8] : tensor<1x2x2x5x8xf32> -> tensor<1x4x5x8xf32>
  %0 = mlc.matmul %q, %k3 {transpose_b = true} : (tensor<1x4x3x8xf32>, tensor<1x4x5x8xf32>) -> tensor<1x4x3x5xf32>
  %1 = mlc.softmax %0 {axis = 3 : i64} : (tensor<1x4x3x5xf32>) -> tensor<1x4x3x5xf32>
  %2 = mlc.matmul %1, %v3 : (tensor<1x4x3x5xf32>, tensor<1x4x5x8xf32>) -> tensor<1x4x3x8xf32>
  return %2 : tensor<1x4x3x8xf32>
}

// -----

// Values of another type than the queries: the op has one type.
// CHECK-LABEL: @two_types
// CHECK-NOT: mlc.attention
func.func @two_types(%q: tensor<2x3x4xf32>, %k: tensor<2x5x4xf32>, %v: tensor<2x5x4xf16>) -> tensor<2x3x4xf16> {
  %s = mlc.matmul %q, %k {transpose_b = true} : (tensor<2x3x4xf32>, tensor<2x5x4xf32>) -> tensor<2x3x5xf32>
  %w = mlc.softmax %s {axis = 2 : i64} : (tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %c = mlc.cast %w {to = f16} : (tensor<2x3x5xf32>) -> tensor<2x3x5xf16>
  %y = mlc.matmul %c, %v : (tensor<2x3x5xf16>, tensor<2x5x4xf16>) -> tensor<2x3x4xf16>
  return %y : tensor<2x3x4xf16>
}

// -----

// What hides a score in f32 would be -inf in f16, and a row of those NaN.
// CHECK-LABEL: @hidden_in_f32
// CHECK: mlc.constant dense<-9.99999968E+37> : tensor<f32>
// CHECK: %[[MASK:.*]] = mlc.where %{{.*}} -> tensor<2x3x5xf32>
// CHECK: mlc.attention {{.*}} tensor<{{.*}}f16>, tensor<{{.*}}3x5xf32>) -> tensor<1x2x3x4xf16>
func.func @hidden_in_f32(%q: tensor<2x3x4xf16>, %k: tensor<2x5x4xf16>, %v: tensor<2x5x4xf16>, %visible: tensor<2x3x5xi1>) -> tensor<2x3x4xf16> {
  %hidden = mlc.constant dense<-1.0e38> : tensor<f32> : tensor<f32>
  %s = mlc.matmul %q, %k {transpose_b = true} : (tensor<2x3x4xf16>, tensor<2x5x4xf16>) -> tensor<2x3x5xf16>
  %f = mlc.cast %s {to = f32} : (tensor<2x3x5xf16>) -> tensor<2x3x5xf32>
  %m = mlc.where %visible, %f, %hidden : (tensor<2x3x5xi1>, tensor<2x3x5xf32>, tensor<f32>) -> tensor<2x3x5xf32>
  %w = mlc.softmax %m {axis = 2 : i64} : (tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %c = mlc.cast %w {to = f16} : (tensor<2x3x5xf32>) -> tensor<2x3x5xf16>
  %y = mlc.matmul %c, %v : (tensor<2x3x5xf16>, tensor<2x5x4xf16>) -> tensor<2x3x4xf16>
  return %y : tensor<2x3x4xf16>
}

// -----

// With a batch of one the keys come transposed by a matrix of three dims; one
// transpose of four dims is left, as kernels read it.
// CHECK-LABEL: @batch_of_one
// CHECK: %[[K:.*]] = mlc.transpose %arg1 {permutation = array<i64: 0, 2, 1, 3>}
// CHECK: mlc.attention %arg0, %[[K]], %arg2
func.func @batch_of_one(%q: tensor<1x2x5x8xf32>, %k: tensor<1x5x2x8xf32>, %v: tensor<1x2x5x8xf32>) -> tensor<1x2x5x8xf32> {
  %0 = mlc.transpose %k {permutation = array<i64: 0, 2, 1, 3>} : (tensor<1x5x2x8xf32>) -> tensor<1x2x5x8xf32>
  %1 = mlc.reshape %0 [2, 5, 8] : tensor<1x2x5x8xf32> -> tensor<2x5x8xf32>
  %2 = mlc.transpose %1 {permutation = array<i64: 0, 2, 1>} : (tensor<2x5x8xf32>) -> tensor<2x8x5xf32>
  %3 = mlc.reshape %2 [1, 2, 8, 5] : tensor<2x8x5xf32> -> tensor<1x2x8x5xf32>
  %4 = mlc.matmul %q, %3 : (tensor<1x2x5x8xf32>, tensor<1x2x8x5xf32>) -> tensor<1x2x5x5xf32>
  %5 = mlc.softmax %4 {axis = 3 : i64} : (tensor<1x2x5x5xf32>) -> tensor<1x2x5x5xf32>
  %6 = mlc.matmul %5, %v : (tensor<1x2x5x5xf32>, tensor<1x2x5x8xf32>) -> tensor<1x2x5x8xf32>
  return %6 : tensor<1x2x5x8xf32>
}

// -----

// The same triangle for each element of the batch is one; two different ones
// are a mask.
// CHECK-LABEL: @causal_batch
// CHECK: mlc.attention %{{[^,]*}}, %{{[^,]*}}, %{{[^,]*}} {causal = true
// CHECK-LABEL: @causal_once
// CHECK-NOT: causal
// CHECK: return
func.func @causal_batch(%q: tensor<2x1x2x4xf32>, %k: tensor<2x1x2x4xf32>, %v: tensor<2x1x2x4xf32>) -> tensor<2x1x2x4xf32> {
  %mask = mlc.constant dense<[[[[0.0, 0xFF800000], [0.0, 0.0]]], [[[0.0, 0xFF800000], [0.0, 0.0]]]]> : tensor<2x1x2x2xf32> : tensor<2x1x2x2xf32>
  %0 = mlc.matmul %q, %k {transpose_b = true} : (tensor<2x1x2x4xf32>, tensor<2x1x2x4xf32>) -> tensor<2x1x2x2xf32>
  %1 = mlc.add %0, %mask : (tensor<2x1x2x2xf32>, tensor<2x1x2x2xf32>) -> tensor<2x1x2x2xf32>
  %2 = mlc.softmax %1 {axis = 3 : i64} : (tensor<2x1x2x2xf32>) -> tensor<2x1x2x2xf32>
  %3 = mlc.matmul %2, %v : (tensor<2x1x2x2xf32>, tensor<2x1x2x4xf32>) -> tensor<2x1x2x4xf32>
  return %3 : tensor<2x1x2x4xf32>
}
func.func @causal_once(%q: tensor<2x1x2x4xf32>, %k: tensor<2x1x2x4xf32>, %v: tensor<2x1x2x4xf32>) -> tensor<2x1x2x4xf32> {
  %mask = mlc.constant dense<[[[[0.0, 0xFF800000], [0.0, 0.0]]], [[[0.0, 0.0], [0.0, 0.0]]]]> : tensor<2x1x2x2xf32> : tensor<2x1x2x2xf32>
  %0 = mlc.matmul %q, %k {transpose_b = true} : (tensor<2x1x2x4xf32>, tensor<2x1x2x4xf32>) -> tensor<2x1x2x2xf32>
  %1 = mlc.add %0, %mask : (tensor<2x1x2x2xf32>, tensor<2x1x2x2xf32>) -> tensor<2x1x2x2xf32>
  %2 = mlc.softmax %1 {axis = 3 : i64} : (tensor<2x1x2x2xf32>) -> tensor<2x1x2x2xf32>
  %3 = mlc.matmul %2, %v : (tensor<2x1x2x2xf32>, tensor<2x1x2x4xf32>) -> tensor<2x1x2x4xf32>
  return %3 : tensor<2x1x2x4xf32>
}
