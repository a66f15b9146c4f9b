// RUN: mlc-opt %s --mlc-merge-products --mlc-fold-constants --canonicalize --split-input-file | FileCheck %s

// CHECK-LABEL: @projections
// CHECK-DAG: %[[W:.*]] = mlc.constant dense<{{\[}}[1.000000e+00, 2.000000e+00, 5.000000e+00], [3.000000e+00, 4.000000e+00, 6.000000e+00]]>
// CHECK-DAG: %[[B:.*]] = mlc.constant dense<[7.000000e+00, 8.000000e+00, 9.000000e+00]>
// CHECK: %[[M:.*]] = mlc.matmul %{{.*}}, %[[W]]
// CHECK: %[[Y:.*]] = mlc.add %[[M]], %[[B]]
// CHECK: %[[Q:.*]] = mlc.slice %[[Y]] [0, 0, 0] [%{{.*}}, 3, 2]
// CHECK: %[[K:.*]] = mlc.slice %[[Y]] [0, 0, 2] [%{{.*}}, 3, 1]
// CHECK: return %[[Q]], %[[K]]
func.func @projections(%x: tensor<?x3x2xf32>) -> (tensor<?x3x2xf32>, tensor<?x3x1xf32>) {
  %w = mlc.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32> : tensor<2x2xf32>
  %v = mlc.constant dense<[[5.0], [6.0]]> : tensor<2x1xf32> : tensor<2x1xf32>
  %b = mlc.constant dense<[7.0, 8.0]> : tensor<2xf32> : tensor<2xf32>
  %c = mlc.constant dense<[9.0]> : tensor<1xf32> : tensor<1xf32>
  %0 = mlc.matmul %x, %w : (tensor<?x3x2xf32>, tensor<2x2xf32>) -> tensor<?x3x2xf32>
  %1 = mlc.add %0, %b : (tensor<?x3x2xf32>, tensor<2xf32>) -> tensor<?x3x2xf32>
  %2 = mlc.matmul %x, %v : (tensor<?x3x2xf32>, tensor<2x1xf32>) -> tensor<?x3x1xf32>
  %3 = mlc.add %2, %c : (tensor<?x3x1xf32>, tensor<1xf32>) -> tensor<?x3x1xf32>
  return %1, %3 : tensor<?x3x2xf32>, tensor<?x3x1xf32>
}

// -----

// Weights that something else reads would be stored twice.
// CHECK-LABEL: @shared_weights
// CHECK-COUNT-2: mlc.matmul
func.func @shared_weights(%x: tensor<3x2xf32>) -> (tensor<3x2xf32>, tensor<3x2xf32>, tensor<2x2xf32>) {
  %w = mlc.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32> : tensor<2x2xf32>
  %v = mlc.constant dense<[[5.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32> : tensor<2x2xf32>
  %0 = mlc.matmul %x, %w : (tensor<3x2xf32>, tensor<2x2xf32>) -> tensor<3x2xf32>
  %1 = mlc.matmul %x, %v : (tensor<3x2xf32>, tensor<2x2xf32>) -> tensor<3x2xf32>
  return %0, %1, %w : tensor<3x2xf32>, tensor<3x2xf32>, tensor<2x2xf32>
}
