// RUN: mlc-opt %s -mlc-pack-recurrent -split-input-file | FileCheck %s

// The product with x leaves the time loop with both biases; the state's
// weights become panels of 16 units.
// CHECK-LABEL: func.func @lstm
// CHECK: %[[P:.*]] = mlc.matmul_packed %arg0, %{{.*}} {columns = 80 : i64} : (tensor<?x2x3xf32>, tensor<3x3x32xi8>) -> tensor<?x2x80xf32>
// CHECK: %[[B:.*]] = mlc.constant dense<3.000000e+00> : tensor<80xf32> : tensor<80xf32>
// CHECK: %[[S:.*]] = mlc.add %[[P]], %[[B]]
// CHECK: mlc.recurrent_packed %[[S]], %{{[0-9]+}} {{.*}}hidden = 20 : i64{{.*}} : (tensor<?x2x80xf32>, tensor<1x2x20x64xf32>) -> tensor<?x1x2x20xf32>
func.func @lstm(%x: tensor<?x2x3xf32>) -> tensor<?x1x2x20xf32> {
  %w = mlc.constant dense<1.0> : tensor<1x80x3xf32> : tensor<1x80x3xf32>
  %r = mlc.constant dense<1.0> : tensor<1x80x20xf32> : tensor<1x80x20xf32>
  %b = mlc.constant dense<1.5> : tensor<1x160xf32> : tensor<1x160xf32>
  %y = "mlc.recurrent"(%x, %w, %r, %b) <{activations = ["sigmoid", "tanh", "tanh"], alpha = array<f64: 0.0, 0.0, 0.0>, beta = array<f64: 0.0, 0.0, 0.0>, kind = 0 : i32, operandSegmentSizes = array<i32: 1, 1, 1, 1, 0, 0, 0, 0>, reverse = array<i1: false>}> : (tensor<?x2x3xf32>, tensor<1x80x3xf32>, tensor<1x80x20xf32>, tensor<1x160xf32>) -> tensor<?x1x2x20xf32>
  return %y : tensor<?x1x2x20xf32>
}

// -----

// The bias inside of a GRU's reset stays an operand of its own.
// CHECK-LABEL: func.func @linearBeforeReset
// CHECK: %[[B:.*]] = mlc.constant dense<[3.000000e+00, 3.000000e+00, 3.000000e+00, 3.000000e+00, 1.500000e+00, 1.500000e+00]> : tensor<6xf32> : tensor<6xf32>
// CHECK: %[[S:.*]] = mlc.add %{{.*}}, %[[B]]
// CHECK: %[[C:.*]] = mlc.constant dense<1.500000e+00> : tensor<1x2xf32> : tensor<1x2xf32>
// CHECK: mlc.recurrent_packed %[[S]], %{{[0-9]+}}, %[[C]]
func.func @linearBeforeReset(%x: tensor<4x1x3xf32>) -> tensor<7x1x1x2xf32> {
  %w = mlc.constant dense<1.0> : tensor<1x6x3xf32> : tensor<1x6x3xf32>
  %r = mlc.constant dense<1.0> : tensor<1x6x2xf32> : tensor<1x6x2xf32>
  %b = mlc.constant dense<1.5> : tensor<1x12xf32> : tensor<1x12xf32>
  %y = "mlc.recurrent"(%x, %w, %r, %b) <{activations = ["sigmoid", "tanh"], alpha = array<f64: 0.0, 0.0>, beta = array<f64: 0.0, 0.0>, kind = 1 : i32, linear_before_reset = true, operandSegmentSizes = array<i32: 1, 1, 1, 1, 0, 0, 0, 0>, reverse = array<i1: false>}> : (tensor<4x1x3xf32>, tensor<1x6x3xf32>, tensor<1x6x2xf32>, tensor<1x12xf32>) -> tensor<7x1x1x2xf32>
  return %y : tensor<7x1x1x2xf32>
}

// -----

// Weights that are no constants stay where they are.
// CHECK-LABEL: func.func @runTimeWeights
// CHECK: mlc.recurrent %
// CHECK-NOT: mlc.recurrent_packed
func.func @runTimeWeights(%x: tensor<4x1x3xf32>, %w: tensor<1x2x3xf32>) -> tensor<7x1x1x2xf32> {
  %r = mlc.constant dense<1.0> : tensor<1x2x2xf32> : tensor<1x2x2xf32>
  %y = "mlc.recurrent"(%x, %w, %r) <{activations = ["tanh"], alpha = array<f64: 0.0>, beta = array<f64: 0.0>, kind = 2 : i32, operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0>, reverse = array<i1: false>}> : (tensor<4x1x3xf32>, tensor<1x2x3xf32>, tensor<1x2x2xf32>) -> tensor<7x1x1x2xf32>
  return %y : tensor<7x1x1x2xf32>
}
