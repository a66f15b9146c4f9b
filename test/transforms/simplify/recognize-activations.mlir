// RUN: mlc-opt %s --mlc-simplify-graph --mlc-recognize-activations --canonicalize --split-input-file | FileCheck %s

// CHECK-LABEL: @gelu
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>
// CHECK-NEXT: %[[Y:.*]] = mlc.gelu %[[X]]
// CHECK-NEXT: return %[[Y]]
func.func @gelu(%x: tensor<4xf32>) -> tensor<4xf32> {
  %root = mlc.constant dense<1.41421354> : tensor<f32> : tensor<f32>
  %one = mlc.constant dense<1.0> : tensor<f32> : tensor<f32>
  %half = mlc.constant dense<0.5> : tensor<f32> : tensor<f32>
  %0 = mlc.div %x, %root : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = mlc.erf %0 : (tensor<4xf32>) -> tensor<4xf32>
  %2 = mlc.add %1, %one : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %3 = mlc.mul %x, %2 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %4 = mlc.mul %3, %half : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return %4 : tensor<4xf32>
}

// -----

// As GPT-2 writes it.
// CHECK-LABEL: @gelu_tanh
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>
// CHECK-NEXT: %[[Y:.*]] = mlc.gelu_tanh %[[X]]
// CHECK-NEXT: return %[[Y]]
func.func @gelu_tanh(%x: tensor<4xf32>) -> tensor<4xf32> {
  %half = mlc.constant dense<0.5> : tensor<f32> : tensor<f32>
  %three = mlc.constant dense<3.0> : tensor<f32> : tensor<f32>
  %c = mlc.constant dense<0.044714998> : tensor<f32> : tensor<f32>
  %d = mlc.constant dense<0.797884583> : tensor<f32> : tensor<f32>
  %one = mlc.constant dense<1.0> : tensor<f32> : tensor<f32>
  %0 = mlc.mul %x, %half : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = mlc.pow %x, %three : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %2 = mlc.mul %1, %c : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %3 = mlc.add %x, %2 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %4 = mlc.mul %3, %d : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %5 = mlc.tanh %4 : (tensor<4xf32>) -> tensor<4xf32>
  %6 = mlc.add %5, %one : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %7 = mlc.mul %0, %6 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %7 : tensor<4xf32>
}

// -----

// CHECK-LABEL: @swish
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>
// CHECK: mlc.swish %[[X]] {alpha = 1.7020000219345093 : f64}
// CHECK: mlc.swish %[[X]]
// CHECK-NOT: mlc.exp
func.func @swish(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %alpha = mlc.constant dense<1.702> : tensor<f32> : tensor<f32>
  %one = mlc.constant dense<1.0> : tensor<f32> : tensor<f32>
  %0 = mlc.mul %x, %alpha : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = mlc.sigmoid %0 : (tensor<4xf32>) -> tensor<4xf32>
  %2 = mlc.mul %x, %1 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %3 = mlc.neg %x : (tensor<4xf32>) -> tensor<4xf32>
  %4 = mlc.exp %3 : (tensor<4xf32>) -> tensor<4xf32>
  %5 = mlc.add %4, %one : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %6 = mlc.div %one, %5 : (tensor<f32>, tensor<4xf32>) -> tensor<4xf32>
  %7 = mlc.mul %6, %x : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %2, %7 : tensor<4xf32>, tensor<4xf32>
}

// -----

// CHECK-LABEL: @hard
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>
// CHECK: mlc.hard_swish %[[X]]
// CHECK: mlc.hard_sigmoid %[[X]] {alpha = 0.1666
// CHECK-NOT: mlc.relu
func.func @hard(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %three = mlc.constant dense<3.0> : tensor<f32> : tensor<f32>
  %zero = mlc.constant dense<0.0> : tensor<f32> : tensor<f32>
  %six = mlc.constant dense<6.0> : tensor<f32> : tensor<f32>
  %0 = mlc.add %x, %three : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = mlc.max %0, %zero : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %2 = mlc.min %1, %six : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %3 = mlc.mul %x, %2 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %4 = mlc.div %3, %six : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %5 = mlc.div %2, %six : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return %4, %5 : tensor<4xf32>, tensor<4xf32>
}

// -----

// log(1 + exp(x)) overflows where softplus does not: it stays.
// CHECK-LABEL: @overflowing_softplus
// CHECK: mlc.log
func.func @overflowing_softplus(%x: tensor<4xf32>) -> tensor<4xf32> {
  %one = mlc.constant dense<1.0> : tensor<f32> : tensor<f32>
  %0 = mlc.exp %x : (tensor<4xf32>) -> tensor<4xf32>
  %1 = mlc.add %0, %one : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %2 = mlc.log %1 : (tensor<4xf32>) -> tensor<4xf32>
  return %2 : tensor<4xf32>
}
