// RUN: mlc-opt %s --mlc-simplify-graph --mlc-fold-constants --mlc-simplify-graph --mlc-fold-constants --canonicalize --split-input-file | FileCheck %s

// Batch normalisation after a convolution with bias.
// CHECK-LABEL: @conv_norm
// CHECK-DAG: %[[W:.*]] = mlc.constant dense<{{\[}}{{\[}}{{\[}}[2.000000e+00]]], {{\[}}{{\[}}[6.000000e+00]]]]> : tensor<2x1x1x1xf32>
// CHECK-DAG: %[[B:.*]] = mlc.constant dense<{{.*}}1.200000e+01{{.*}}1.800000e+01{{.*}}> : tensor<1x2x1x1xf32>
// CHECK: %[[C:.*]] = mlc.conv %{{.*}}, %[[W]]
// CHECK: mlc.add %[[C]], %[[B]]
// CHECK-NOT: mlc.mul
func.func @conv_norm(%x: tensor<?x1x8x8xf32>) -> tensor<?x2x8x8xf32> {
  %w = mlc.constant dense<[[[[1.0]]], [[[2.0]]]]> : tensor<2x1x1x1xf32> : tensor<2x1x1x1xf32>
  %b = mlc.constant dense<[[[[1.0]], [[1.0]]]]> : tensor<1x2x1x1xf32> : tensor<1x2x1x1xf32>
  %s = mlc.constant dense<[[[[2.0]], [[3.0]]]]> : tensor<1x2x1x1xf32> : tensor<1x2x1x1xf32>
  %t = mlc.constant dense<[[[[10.0]], [[15.0]]]]> : tensor<1x2x1x1xf32> : tensor<1x2x1x1xf32>
  %0 = mlc.conv %x, %w {dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : (tensor<?x1x8x8xf32>, tensor<2x1x1x1xf32>) -> tensor<?x2x8x8xf32>
  %1 = mlc.add %0, %b : (tensor<?x2x8x8xf32>, tensor<1x2x1x1xf32>) -> tensor<?x2x8x8xf32>
  %2 = mlc.mul %1, %s : (tensor<?x2x8x8xf32>, tensor<1x2x1x1xf32>) -> tensor<?x2x8x8xf32>
  %3 = mlc.add %2, %t : (tensor<?x2x8x8xf32>, tensor<1x2x1x1xf32>) -> tensor<?x2x8x8xf32>
  return %3 : tensor<?x2x8x8xf32>
}

// -----

// CHECK-LABEL: @matmul_scales
// CHECK: mlc.constant dense<{{\[}}[2.000000e+00, 4.000000e+00], [6.000000e+00, 8.000000e+00]]>
// CHECK-NOT: mlc.mul
func.func @matmul_scales(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = mlc.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32> : tensor<2x2xf32>
  %c = mlc.constant dense<4.0> : tensor<f32> : tensor<f32>
  %d = mlc.constant dense<0.5> : tensor<f32> : tensor<f32>
  %0 = mlc.mul %x, %c : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xf32>
  %1 = mlc.matmul %0, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %2 = mlc.mul %1, %d : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xf32>
  return %2 : tensor<?x2xf32>
}

// -----

// An infinite scale is not for the weights: 0 * inf is NaN where w is 0.
// CHECK-LABEL: @infinite_scale
// CHECK: mlc.mul
func.func @infinite_scale(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = mlc.constant dense<[[1.0, 2.0], [0.0, 4.0]]> : tensor<2x2xf32> : tensor<2x2xf32>
  %c = mlc.constant dense<0x7F800000> : tensor<f32> : tensor<f32>
  %0 = mlc.matmul %x, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %1 = mlc.mul %0, %c : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}
