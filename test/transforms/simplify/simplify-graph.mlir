// RUN: mlc-opt %s --mlc-simplify-graph --mlc-fold-constants --mlc-simplify-graph --mlc-fold-constants --cse --canonicalize --split-input-file | FileCheck %s

// Elementwise algebra. Other families: simplify-graph-*.mlir.

// CHECK-LABEL: @neutral
// CHECK-SAME: %[[X:.*]]: tensor<?x4xf32>, %[[I:.*]]: tensor<4xi32>
// CHECK-NEXT: return %[[X]], %[[X]], %[[X]], %[[I]]
func.func @neutral(%x: tensor<?x4xf32>, %i: tensor<4xi32>) -> (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<4xi32>) {
  %one = mlc.constant dense<1.0> : tensor<1xf32> : tensor<1xf32>
  %negative_zero = mlc.constant dense<-0.0> : tensor<f32> : tensor<f32>
  %zero = mlc.constant dense<0.0> : tensor<f32> : tensor<f32>
  %zero_i = mlc.constant dense<0> : tensor<i32> : tensor<i32>
  %0 = mlc.mul %one, %x : (tensor<1xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %1 = mlc.add %x, %negative_zero : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %2 = mlc.sub %x, %zero : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %3 = mlc.add %zero_i, %i : (tensor<i32>, tensor<4xi32>) -> tensor<4xi32>
  return %0, %1, %2, %3 : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<4xi32>
}

// -----

// -0.0 + 0.0 is 0.0, and 1 broadcast is no neutral operand.
// CHECK-LABEL: @not_neutral
// CHECK: mlc.add
// CHECK: mlc.mul
func.func @not_neutral(%x: tensor<4xf32>, %y: tensor<1xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %zero = mlc.constant dense<0.0> : tensor<f32> : tensor<f32>
  %ones = mlc.constant dense<1.0> : tensor<4xf32> : tensor<4xf32>
  %0 = mlc.add %x, %zero : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = mlc.mul %y, %ones : (tensor<1xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}

// -----

// CHECK-LABEL: @chains
// CHECK-DAG: %[[C:.*]] = mlc.constant dense<6.000000e+00> : tensor<f32>
// CHECK-DAG: %[[D:.*]] = mlc.constant dense<-1.000000e+00> : tensor<f32>
// CHECK-DAG: mlc.mul %{{.*}}, %[[C]]
// CHECK-DAG: mlc.add %{{.*}}, %[[D]]
func.func @chains(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %two = mlc.constant dense<2.0> : tensor<f32> : tensor<f32>
  %three = mlc.constant dense<3.0> : tensor<f32> : tensor<f32>
  %0 = mlc.mul %x, %two : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = mlc.mul %three, %0 : (tensor<f32>, tensor<4xf32>) -> tensor<4xf32>
  %2 = mlc.sub %x, %three : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %3 = mlc.add %2, %two : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return %1, %3 : tensor<4xf32>, tensor<4xf32>
}

// -----

// Adding and subtracting a large constant rounds: it stays.
// CHECK-LABEL: @rounding_trick
// CHECK-COUNT-2: mlc.add
func.func @rounding_trick(%x: tensor<4xf32>) -> tensor<4xf32> {
  %big = mlc.constant dense<12582912.0> : tensor<f32> : tensor<f32>
  %0 = mlc.add %x, %big : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = mlc.sub %0, %big : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

// -----

// CHECK-LABEL: @powers
// CHECK-SAME: %[[X:[^:]*]]: tensor<4xf32>
// CHECK: %[[P:.*]] = mlc.mul %[[X]], %[[X]]
// CHECK: mlc.sqrt %[[P]]
// CHECK: mlc.rsqrt %[[P]]
// CHECK: mlc.pow %[[X]]
func.func @powers(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %two = mlc.constant dense<2.0> : tensor<f32> : tensor<f32>
  %half = mlc.constant dense<0.5> : tensor<f32> : tensor<f32>
  %one = mlc.constant dense<1.0> : tensor<f32> : tensor<f32>
  %0 = mlc.pow %x, %two : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = mlc.pow %0, %half : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %2 = mlc.div %one, %1 : (tensor<f32>, tensor<4xf32>) -> tensor<4xf32>
  %3 = mlc.pow %x, %half : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return %1, %2, %3 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----

// CHECK-LABEL: @divisions
// CHECK-DAG: %[[Q:.*]] = mlc.constant dense<2.500000e-01> : tensor<f32>
// CHECK-DAG: mlc.mul %{{.*}}, %[[Q]]
// CHECK-DAG: mlc.div
func.func @divisions(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %four = mlc.constant dense<4.0> : tensor<f32> : tensor<f32>
  %three = mlc.constant dense<3.0> : tensor<f32> : tensor<f32>
  %0 = mlc.div %x, %four : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = mlc.div %x, %three : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}

// -----

// CHECK-LABEL: @casts
// CHECK-SAME: %[[H:[^:]*]]: tensor<4xf16>, %[[F:[^:]*]]: tensor<4xf32>
// f32 to f16 loses values: both casts stay.
// CHECK: mlc.cast %[[F]] {{.*}}f16
// CHECK: mlc.cast
// CHECK: return %[[H]]
func.func @casts(%h: tensor<4xf16>, %f: tensor<4xf32>) -> (tensor<4xf16>, tensor<4xf32>) {
  %0 = mlc.cast %h {to = f32} : (tensor<4xf16>) -> tensor<4xf32>
  %1 = mlc.cast %0 {to = f16} : (tensor<4xf32>) -> tensor<4xf16>
  %2 = mlc.cast %f {to = f16} : (tensor<4xf32>) -> tensor<4xf16>
  %3 = mlc.cast %2 {to = f32} : (tensor<4xf16>) -> tensor<4xf32>
  return %1, %3 : tensor<4xf16>, tensor<4xf32>
}

// -----

// CHECK-LABEL: @selections
// CHECK-SAME: %[[C:[^:]*]]: tensor<4xi1>, %[[A:[^:]*]]: tensor<4xf32>, %[[B:[^:]*]]: tensor<4xf32>
// CHECK: %[[W:.*]] = mlc.where %[[C]], %[[B]], %[[A]]
// CHECK: %[[R:.*]] = mlc.relu %[[A]]
// CHECK: return %[[W]], %[[B]], %[[R]]
func.func @selections(%c: tensor<4xi1>, %a: tensor<4xf32>, %b: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %false = mlc.constant dense<false> : tensor<4xi1> : tensor<4xi1>
  %zero = mlc.constant dense<0.0> : tensor<f32> : tensor<f32>
  %n = mlc.not %c : (tensor<4xi1>) -> tensor<4xi1>
  %0 = mlc.where %n, %a, %b : (tensor<4xi1>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %1 = mlc.where %false, %a, %b : (tensor<4xi1>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %2 = mlc.max %zero, %a : (tensor<f32>, tensor<4xf32>) -> tensor<4xf32>
  return %0, %1, %2 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----

// From a float an integer saturates, from an integer it wraps around.
// CHECK-LABEL: @casts
// CHECK: mlc.cast %{{.*}} {to = f32}
// CHECK: mlc.cast %{{.*}} {to = i8}
// CHECK: mlc.cast %{{.*}} {to = i32} : (tensor<4xi16>)
func.func @casts(%x: tensor<4xi16>) -> (tensor<4xi8>, tensor<4xi32>) {
  %f = mlc.cast %x {to = f32} : (tensor<4xi16>) -> tensor<4xf32>
  %y = mlc.cast %f {to = i8} : (tensor<4xf32>) -> tensor<4xi8>
  %z = mlc.cast %f {to = i32} : (tensor<4xf32>) -> tensor<4xi32>
  return %y, %z : tensor<4xi8>, tensor<4xi32>
}
