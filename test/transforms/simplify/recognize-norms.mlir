// RUN: mlc-opt %s --mlc-simplify-graph --mlc-recognize-norms --canonicalize --split-input-file | FileCheck %s

// CHECK-LABEL: @layer_norm
// CHECK-SAME: %[[X:.*]]: tensor<?x6xf32>
// CHECK-NEXT: %[[Y:.*]] = mlc.layer_norm %[[X]] {axis = 1 : i64, epsilon = 9.99{{.*}}E-6 : f64}
// CHECK-NEXT: return %[[Y]]
func.func @layer_norm(%x: tensor<?x6xf32>) -> tensor<?x6xf32> {
  %six = mlc.constant dense<6.0> : tensor<f32> : tensor<f32>
  %two = mlc.constant dense<2.0> : tensor<f32> : tensor<f32>
  %epsilon = mlc.constant dense<1.0e-5> : tensor<f32> : tensor<f32>
  %0 = mlc.reduce %x {axes = array<i64: 1>, kind = 0 : i32} : (tensor<?x6xf32>) -> tensor<?x1xf32>
  %1 = mlc.div %0, %six : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
  %2 = mlc.sub %x, %1 : (tensor<?x6xf32>, tensor<?x1xf32>) -> tensor<?x6xf32>
  %3 = mlc.pow %2, %two : (tensor<?x6xf32>, tensor<f32>) -> tensor<?x6xf32>
  %4 = mlc.reduce %3 {axes = array<i64: 1>, kind = 0 : i32} : (tensor<?x6xf32>) -> tensor<?x1xf32>
  %5 = mlc.div %4, %six : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
  %6 = mlc.add %5, %epsilon : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
  %7 = mlc.sqrt %6 : (tensor<?x1xf32>) -> tensor<?x1xf32>
  %8 = mlc.div %2, %7 : (tensor<?x6xf32>, tensor<?x1xf32>) -> tensor<?x6xf32>
  return %8 : tensor<?x6xf32>
}

// -----

// The count is known at run time only.
// CHECK-LABEL: @rms_norm
// CHECK: mlc.layer_norm %{{.*}} {axis = 1 : i64, {{.*}}rms = true}
// CHECK-NOT: mlc.rsqrt
func.func @rms_norm(%x: tensor<4x?xf32>) -> tensor<4x?xf32> {
  %c1 = arith.constant 1 : index
  %n = tensor.dim %x, %c1 : tensor<4x?xf32>
  %count = mlc.from_scalars %n : tensor<i64>
  %countf = mlc.cast %count {to = f32} : (tensor<i64>) -> tensor<f32>
  %one = mlc.constant dense<1.0> : tensor<f32> : tensor<f32>
  %epsilon = mlc.constant dense<1.0e-5> : tensor<f32> : tensor<f32>
  %0 = mlc.mul %x, %x : (tensor<4x?xf32>, tensor<4x?xf32>) -> tensor<4x?xf32>
  %1 = mlc.reduce %0 {axes = array<i64: 1>, kind = 0 : i32} : (tensor<4x?xf32>) -> tensor<4x1xf32>
  %2 = mlc.div %1, %countf : (tensor<4x1xf32>, tensor<f32>) -> tensor<4x1xf32>
  %3 = mlc.add %2, %epsilon : (tensor<4x1xf32>, tensor<f32>) -> tensor<4x1xf32>
  %4 = mlc.sqrt %3 : (tensor<4x1xf32>) -> tensor<4x1xf32>
  %5 = mlc.div %one, %4 : (tensor<f32>, tensor<4x1xf32>) -> tensor<4x1xf32>
  %6 = mlc.mul %5, %x : (tensor<4x1xf32>, tensor<4x?xf32>) -> tensor<4x?xf32>
  return %6 : tensor<4x?xf32>
}

// -----

// Not the mean: divided by something else.
// CHECK-LABEL: @other_count
// CHECK-NOT: mlc.layer_norm
func.func @other_count(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %seven = mlc.constant dense<7.0> : tensor<f32> : tensor<f32>
  %epsilon = mlc.constant dense<1.0e-5> : tensor<f32> : tensor<f32>
  %0 = mlc.mul %x, %x : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  %1 = mlc.reduce %0 {axes = array<i64: 1>, kind = 0 : i32} : (tensor<4x8xf32>) -> tensor<4x1xf32>
  %2 = mlc.div %1, %seven : (tensor<4x1xf32>, tensor<f32>) -> tensor<4x1xf32>
  %3 = mlc.add %2, %epsilon : (tensor<4x1xf32>, tensor<f32>) -> tensor<4x1xf32>
  %4 = mlc.rsqrt %3 : (tensor<4x1xf32>) -> tensor<4x1xf32>
  %5 = mlc.mul %x, %4 : (tensor<4x8xf32>, tensor<4x1xf32>) -> tensor<4x8xf32>
  return %5 : tensor<4x8xf32>
}

// -----

// Means of f16 are taken in f32, between casts.
// CHECK-LABEL: @narrow
// CHECK: %[[Y:.*]] = mlc.layer_norm %arg0 {axis = 1 : i64, epsilon = {{.*}}} : (tensor<2x8xf16>) -> tensor<2x8xf16>
// CHECK: return %[[Y]]
func.func @narrow(%x: tensor<2x8xf16>) -> tensor<2x8xf16> {
  %count = mlc.constant dense<8.0> : tensor<f32> : tensor<f32>
  %epsilon = mlc.constant dense<1.0e-3> : tensor<f16> : tensor<f16>
  %w = mlc.cast %x {to = f32} : (tensor<2x8xf16>) -> tensor<2x8xf32>
  %s = mlc.reduce %w {axes = array<i64: 1>, kind = 0 : i32} : (tensor<2x8xf32>) -> tensor<2x1xf32>
  %m = mlc.div %s, %count : (tensor<2x1xf32>, tensor<f32>) -> tensor<2x1xf32>
  %mean = mlc.cast %m {to = f16} : (tensor<2x1xf32>) -> tensor<2x1xf16>
  %c = mlc.sub %x, %mean : (tensor<2x8xf16>, tensor<2x1xf16>) -> tensor<2x8xf16>
  %p = mlc.mul %c, %c : (tensor<2x8xf16>, tensor<2x8xf16>) -> tensor<2x8xf16>
  %pw = mlc.cast %p {to = f32} : (tensor<2x8xf16>) -> tensor<2x8xf32>
  %ps = mlc.reduce %pw {axes = array<i64: 1>, kind = 0 : i32} : (tensor<2x8xf32>) -> tensor<2x1xf32>
  %pm = mlc.div %ps, %count : (tensor<2x1xf32>, tensor<f32>) -> tensor<2x1xf32>
  %v = mlc.cast %pm {to = f16} : (tensor<2x1xf32>) -> tensor<2x1xf16>
  %e = mlc.add %v, %epsilon : (tensor<2x1xf16>, tensor<f16>) -> tensor<2x1xf16>
  %r = mlc.sqrt %e : (tensor<2x1xf16>) -> tensor<2x1xf16>
  %y = mlc.div %c, %r : (tensor<2x8xf16>, tensor<2x1xf16>) -> tensor<2x8xf16>
  return %y : tensor<2x8xf16>
}
