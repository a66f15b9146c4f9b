// RUN: mlc-opt %s --mlc-fold-constants --split-input-file | FileCheck %s

// CHECK-LABEL: @scalar_bodies
func.func @scalar_bodies() -> (tensor<3xf32>, tensor<3xi1>, tensor<3xi32>, tensor<2xf16>) {
  %x = mlc.constant dense<[1.0, -4.0, 0.5]> : tensor<3xf32> : tensor<3xf32>
  %y = mlc.constant dense<2.0> : tensor<f32> : tensor<f32>
  // CHECK-DAG: mlc.constant dense<[2.000000e+00, -8.000000e+00, 1.000000e+00]> : tensor<3xf32> : tensor<3xf32>
  %0 = mlc.mul %x, %y : (tensor<3xf32>, tensor<f32>) -> tensor<3xf32>
  // CHECK-DAG: mlc.constant dense<true> : tensor<3xi1> : tensor<3xi1>
  %1 = mlc.less %x, %y : (tensor<3xf32>, tensor<f32>) -> tensor<3xi1>
  // Truncation toward zero.
  // CHECK-DAG: mlc.constant dense<[1, -4, 0]> : tensor<3xi32> : tensor<3xi32>
  %2 = mlc.cast %x {to = i32} : (tensor<3xf32>) -> tensor<3xi32>
  // 2049 is no f16: ties to even.
  %h = mlc.constant dense<[2.048000e+03, 2.000000e+00]> : tensor<2xf16> : tensor<2xf16>
  %one = mlc.constant dense<1.000000e+00> : tensor<f16> : tensor<f16>
  // CHECK-DAG: mlc.constant dense<[2.048000e+03, 3.000000e+00]> : tensor<2xf16> : tensor<2xf16>
  %3 = mlc.add %h, %one : (tensor<2xf16>, tensor<f16>) -> tensor<2xf16>
  return %0, %1, %2, %3 : tensor<3xf32>, tensor<3xi1>, tensor<3xi32>, tensor<2xf16>
}

// -----

// CHECK-LABEL: @movement
func.func @movement() -> (tensor<3x2xi32>, tensor<1x2xi32>, tensor<4x3xi32>, tensor<2x2x3xi32>, tensor<2x2xi32>) {
  %x = mlc.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi32> : tensor<2x3xi32>
  // CHECK-DAG: dense<{{\[}}[1, 4], [2, 5], [3, 6]]> : tensor<3x2xi32>
  %0 = mlc.transpose %x {permutation = array<i64: 1, 0>} : (tensor<2x3xi32>) -> tensor<3x2xi32>
  // Row 1, columns 2 and 0.
  // CHECK-DAG: dense<{{\[}}[6, 4]]> : tensor<1x2xi32>
  %1 = mlc.slice %x [1, 2] [1, 2] [1, -2] : tensor<2x3xi32> -> tensor<1x2xi32>
  // CHECK-DAG: dense<{{\[}}[1, 2, 3], [4, 5, 6], [1, 2, 3], [4, 5, 6]]> : tensor<4x3xi32>
  %2 = mlc.concat %x, %x {axis = 0 : i64} : (tensor<2x3xi32>, tensor<2x3xi32>) -> tensor<4x3xi32>
  // CHECK-DAG: tensor<2x2x3xi32>
  %3 = mlc.expand %x [2, 2, 3] : tensor<2x3xi32> -> tensor<2x2x3xi32>
  %i = mlc.constant dense<[-1, 0]> : tensor<2xi64> : tensor<2xi64>
  // CHECK-DAG: dense<{{\[}}[3, 1], [6, 4]]> : tensor<2x2xi32>
  %4 = mlc.gather %x, %i {axis = 1 : i64} : (tensor<2x3xi32>, tensor<2xi64>) -> tensor<2x2xi32>
  return %0, %1, %2, %3, %4 : tensor<3x2xi32>, tensor<1x2xi32>, tensor<4x3xi32>, tensor<2x2x3xi32>, tensor<2x2xi32>
}

// -----

// Loops in the rule: a product and a sum.
// CHECK-LABEL: @loops
func.func @loops() -> (tensor<2x2xf32>, tensor<1x3xf32>) {
  %x = mlc.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32> : tensor<2x3xf32>
  // CHECK-DAG: dense<{{\[}}[1.400000e+01, 3.200000e+01], [3.200000e+01, 7.700000e+01]]>
  %0 = mlc.matmul %x, %x {transpose_b = true} : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x2xf32>
  // CHECK-DAG: dense<{{\[}}[5.000000e+00, 7.000000e+00, 9.000000e+00]]>
  %1 = mlc.reduce %x {axes = array<i64: 0>, kind = 0 : i32} : (tensor<2x3xf32>) -> tensor<1x3xf32>
  return %0, %1 : tensor<2x2xf32>, tensor<1x3xf32>
}

// -----

// Data-dependent control flow, one element at a time: padding.
// CHECK-LABEL: @branches
func.func @branches() -> tensor<4xi32> {
  %x = mlc.constant dense<[1, 2]> : tensor<2xi32> : tensor<2xi32>
  %v = mlc.constant dense<7> : tensor<i32> : tensor<i32>
  // CHECK: dense<[7, 1, 2, 7]> : tensor<4xi32>
  %0 = "mlc.pad"(%x, %v) <{high = array<i64: 1>, kind = 0 : i32, low = array<i64: 1>, operandSegmentSizes = array<i32: 1, 1, 0, 0>}> : (tensor<2xi32>, tensor<i32>) -> tensor<4xi32>
  return %0 : tensor<4xi32>
}

// -----

// An index out of range is an error of the run, not of the compiler.
// CHECK-LABEL: @out_of_range
func.func @out_of_range() -> tensor<1xi32> {
  %x = mlc.constant dense<[1, 2]> : tensor<2xi32> : tensor<2xi32>
  %i = mlc.constant dense<[5]> : tensor<1xi64> : tensor<1xi64>
  // CHECK: mlc.gather
  %0 = mlc.gather %x, %i {axis = 0 : i64} : (tensor<2xi32>, tensor<1xi64>) -> tensor<1xi32>
  return %0 : tensor<1xi32>
}

// -----

// Too large to be worth it; a splat costs nothing.
// CHECK-LABEL: @growth
func.func @growth() -> (tensor<1000x1000xf32>, tensor<1000x1000xf32>) {
  %x = mlc.iota [1000] axis 0 : f32 -> tensor<1000xf32>
  %s = mlc.constant dense<1.0> : tensor<f32> : tensor<f32>
  // CHECK: mlc.expand
  // CHECK: mlc.constant dense<1.000000e+00> : tensor<1000x1000xf32> : tensor<1000x1000xf32>
  %0 = mlc.expand %x [1000, 1000] : tensor<1000xf32> -> tensor<1000x1000xf32>
  %1 = mlc.expand %s [1000, 1000] : tensor<f32> -> tensor<1000x1000xf32>
  return %0, %1 : tensor<1000x1000xf32>, tensor<1000x1000xf32>
}

// -----

// Nothing that runs too long.
// RUN: mlc-opt %s --mlc-fold-constants=max-steps=10 --split-input-file | FileCheck %s --check-prefix=SHORT
// SHORT-LABEL: @steps
func.func @steps() -> tensor<100xf32> {
  %x = mlc.iota [100] axis 0 : f32 -> tensor<100xf32>
  // SHORT: mlc.exp
  %0 = mlc.exp %x : (tensor<100xf32>) -> tensor<100xf32>
  return %0 : tensor<100xf32>
}
