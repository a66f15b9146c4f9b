// RUN: mlc-opt %s -mlc-pack-mat-mul -split-input-file | FileCheck %s

// Columns past the last are zero and bytes hold the values; both orders of the factor give one panel.
// CHECK-LABEL: func.func @panels
// CHECK-COUNT-3: mlc.matmul_packed %arg0, %{{.*}} {columns = 3 : i64} : (tensor<?x2xf32>, tensor<1x2x32xi8>) -> tensor<?x3xf32>
// CHECK-NOT: mlc.matmul %
func.func @panels(%a: tensor<?x2xf32>) -> (tensor<?x3xf32>, tensor<?x3xf32>, tensor<?x3xf32>) {
  %w = mlc.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32> : tensor<2x3xf32>
  %t = mlc.constant dense<[[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]> : tensor<3x2xf32> : tensor<3x2xf32>
  %0 = mlc.matmul %a, %w : (tensor<?x2xf32>, tensor<2x3xf32>) -> tensor<?x3xf32>
  %1 = mlc.matmul %a, %t {transpose_b = true} : (tensor<?x2xf32>, tensor<3x2xf32>) -> tensor<?x3xf32>
  %2 = mlc.transpose %t {permutation = array<i64: 1, 0>} : (tensor<3x2xf32>) -> tensor<2x3xf32>
  %3 = mlc.matmul %a, %2 : (tensor<?x2xf32>, tensor<2x3xf32>) -> tensor<?x3xf32>
  return %0, %1, %3 : tensor<?x3xf32>, tensor<?x3xf32>, tensor<?x3xf32>
}

// -----

// CHECK-LABEL: func.func @batched
// CHECK: mlc.matmul_packed %arg0, %{{.*}} {columns = 33 : i64} : (tensor<4x?x2xf32>, tensor<2x2x32xi8>) -> tensor<4x?x33xf32>
func.func @batched(%a: tensor<4x?x2xf32>) -> tensor<4x?x33xf32> {
  %w = mlc.constant dense<1.0> : tensor<1x2x33xf32> : tensor<1x2x33xf32>
  %0 = mlc.matmul %a, %w : (tensor<4x?x2xf32>, tensor<1x2x33xf32>) -> tensor<4x?x33xf32>
  return %0 : tensor<4x?x33xf32>
}

// -----

// Left alone: other types, factors that are no constants or have batch dims,
// left factors that are transposed.
// CHECK-LABEL: func.func @declined
// CHECK-COUNT-4: mlc.matmul %
// CHECK-NOT: mlc.matmul_packed
func.func @declined(%a: tensor<2x2xf32>, %b: tensor<2x2xf64>) -> (tensor<2x2xf32>, tensor<2x2xf64>, tensor<3x2x2xf32>, tensor<2x2xf32>) {
  %w = mlc.constant dense<1.0> : tensor<2x2xf32> : tensor<2x2xf32>
  %wide = mlc.constant dense<1.0> : tensor<2x2xf64> : tensor<2x2xf64>
  %many = mlc.constant dense<1.0> : tensor<3x2x2xf32> : tensor<3x2x2xf32>
  %0 = mlc.matmul %a, %a : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %1 = mlc.matmul %b, %wide : (tensor<2x2xf64>, tensor<2x2xf64>) -> tensor<2x2xf64>
  %2 = mlc.matmul %a, %many : (tensor<2x2xf32>, tensor<3x2x2xf32>) -> tensor<3x2x2xf32>
  %3 = mlc.matmul %a, %w {transpose_a = true} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  return %0, %1, %2, %3 : tensor<2x2xf32>, tensor<2x2xf64>, tensor<3x2x2xf32>, tensor<2x2xf32>
}

// -----

// The narrowest type that holds all values, of floats that round to none f32.
// CHECK-LABEL: func.func @types
// CHECK: tensor<1x1x32xf16>
// CHECK: tensor<1x1x32xbf16>
// CHECK: tensor<1x1x32xi16>
// CHECK: tensor<1x1x32xf32>
// CHECK: tensor<1x1x32xf16>
func.func @types(%a: tensor<4x1xf32>) -> (tensor<4x2xf32>, tensor<4x2xf32>, tensor<4x2xf32>, tensor<4x2xf32>, tensor<4x2xf32>) {
  %half = mlc.constant dense<[[0.5, 0x7F800000]]> : tensor<1x2xf32> : tensor<1x2xf32>
  %brain = mlc.constant dense<[[0x60AD0000, -0.0]]> : tensor<1x2xf32> : tensor<1x2xf32>
  %short = mlc.constant dense<[[2049.0, -32768.0]]> : tensor<1x2xf32> : tensor<1x2xf32>
  %single = mlc.constant dense<[[0.1, 1.0]]> : tensor<1x2xf32> : tensor<1x2xf32>
  %tiny = mlc.constant dense<[[0x33800000, -0.0]]> : tensor<1x2xf32> : tensor<1x2xf32>
  %0 = mlc.matmul %a, %half : (tensor<4x1xf32>, tensor<1x2xf32>) -> tensor<4x2xf32>
  %1 = mlc.matmul %a, %brain : (tensor<4x1xf32>, tensor<1x2xf32>) -> tensor<4x2xf32>
  %2 = mlc.matmul %a, %short : (tensor<4x1xf32>, tensor<1x2xf32>) -> tensor<4x2xf32>
  %3 = mlc.matmul %a, %single : (tensor<4x1xf32>, tensor<1x2xf32>) -> tensor<4x2xf32>
  %4 = mlc.matmul %a, %tiny : (tensor<4x1xf32>, tensor<1x2xf32>) -> tensor<4x2xf32>
  return %0, %1, %2, %3, %4 : tensor<4x2xf32>, tensor<4x2xf32>, tensor<4x2xf32>, tensor<4x2xf32>, tensor<4x2xf32>
}

// -----

// One resource under two types: each has panels of its own.
// CHECK-LABEL: func.func @shared
// CHECK-DAG: %[[SQUARE:.*]] = mlc.constant dense_resource<{{.*}}2x32xf32{{.*}}> : tensor<1x2x32xi8>
// CHECK-DAG: %[[LONG:.*]] = mlc.constant dense_resource<{{.*}}1x64xf32{{.*}}> : tensor<2x1x32xi8>
// CHECK-DAG: mlc.matmul_packed %arg0, %[[SQUARE]]
// CHECK-DAG: mlc.matmul_packed %arg1, %[[LONG]]
func.func @shared(%a: tensor<4x2xf32>, %b: tensor<4x1xf32>) -> (tensor<4x32xf32>, tensor<4x64xf32>) {
  %w = mlc.constant dense_resource<w> : tensor<2x32xf32> : tensor<2x32xf32>
  %v = mlc.constant dense_resource<w> : tensor<1x64xf32> : tensor<1x64xf32>
  %0 = mlc.matmul %a, %w : (tensor<4x2xf32>, tensor<2x32xf32>) -> tensor<4x32xf32>
  %1 = mlc.matmul %b, %v : (tensor<4x1xf32>, tensor<1x64xf32>) -> tensor<4x64xf32>
  return %0, %1 : tensor<4x32xf32>, tensor<4x64xf32>
}

{-# dialect_resources: { builtin: { w: "0x40000000000000000000803F0000004000004040000080400000A0400000C0400000E0400000004100001041000020410000304100004041000050410000604100007041000080410000884100009041000098410000A0410000A8410000B0410000B8410000C0410000C8410000D0410000D8410000E0410000E8410000F0410000F84100000042000004420000084200000C4200001042000014420000184200001C4200002042000024420000284200002C4200003042000034420000384200003C4200004042000044420000484200004C4200005042000054420000584200005C4200006042000064420000684200006C4200007042000074420000784200007C42" } } #-}
