// RUN: mlc-opt %s -mlc-arrange-attention -split-input-file | FileCheck %s

// The transposes around the heads become flags; a mask of zeros goes.
// CHECK-LABEL: func.func @around
// CHECK-SAME: (%[[Q:.*]]: tensor<?x7x2x16xf32>, %[[K:.*]]: tensor<?x9x2x16xf32>, %[[V:.*]]: tensor<?x2x9x16xf32>)
// CHECK: %[[Y:.*]] = mlc.attention_strided
// CHECK-SAME: %[[Q]], %[[K]], %[[V]]
// CHECK-SAME: heads_inside = array<i1: true, true, false, true>
// CHECK-SAME: -> tensor<?x7x2x16xf32>
// CHECK: return %[[Y]]
func.func @around(%q: tensor<?x7x2x16xf32>, %k: tensor<?x9x2x16xf32>, %v: tensor<?x2x9x16xf32>) -> tensor<?x7x2x16xf32> {
  %m = mlc.constant dense<0.0> : tensor<7x9xf32> : tensor<7x9xf32>
  %0 = mlc.transpose %q {permutation = array<i64: 0, 2, 1, 3>} : (tensor<?x7x2x16xf32>) -> tensor<?x2x7x16xf32>
  %1 = mlc.transpose %k {permutation = array<i64: 0, 2, 1, 3>} : (tensor<?x9x2x16xf32>) -> tensor<?x2x9x16xf32>
  %2 = mlc.attention %0, %1, %v, %m {scale = 0.25 : f64} : (tensor<?x2x7x16xf32>, tensor<?x2x9x16xf32>, tensor<?x2x9x16xf32>, tensor<7x9xf32>) -> tensor<?x2x7x16xf32>
  %3 = mlc.transpose %2 {permutation = array<i64: 0, 2, 1, 3>} : (tensor<?x2x7x16xf32>) -> tensor<?x7x2x16xf32>
  return %3 : tensor<?x7x2x16xf32>
}

// -----

// One user that wants the heads outside keeps the result as it is; other
// transposes stay.
// CHECK-LABEL: func.func @mixedUsers
// CHECK: %[[T:.*]] = mlc.transpose %arg0 {permutation = array<i64: 0, 2, 3, 1>}
// CHECK: mlc.attention_strided %[[T]], %arg1, %arg1, %arg2 {{.*}}causal = true, heads_inside = array<i1: false, false, false, false>
// CHECK: mlc.transpose
// CHECK: mlc.relu
func.func @mixedUsers(%q: tensor<1x16x2x7xf32>, %k: tensor<1x2x7x16xf32>, %m: tensor<7x7xf32>) -> (tensor<1x7x2x16xf32>, tensor<1x2x7x16xf32>) {
  %0 = mlc.transpose %q {permutation = array<i64: 0, 2, 3, 1>} : (tensor<1x16x2x7xf32>) -> tensor<1x2x7x16xf32>
  %1 = mlc.attention %0, %k, %k, %m {causal = true, scale = 1.0 : f64} : (tensor<1x2x7x16xf32>, tensor<1x2x7x16xf32>, tensor<1x2x7x16xf32>, tensor<7x7xf32>) -> tensor<1x2x7x16xf32>
  %2 = mlc.transpose %1 {permutation = array<i64: 0, 2, 1, 3>} : (tensor<1x2x7x16xf32>) -> tensor<1x7x2x16xf32>
  %3 = mlc.relu %1 : (tensor<1x2x7x16xf32>) -> tensor<1x2x7x16xf32>
  return %2, %3 : tensor<1x7x2x16xf32>, tensor<1x2x7x16xf32>
}

// -----

// What the kernel cannot take stays: other types, head dims that only the run
// knows, a mask without a dim of keys.
// CHECK-LABEL: func.func @declined
// CHECK-COUNT-3: mlc.attention %
// CHECK-NOT: attention_strided
func.func @declined(%a: tensor<1x2x7x16xf64>, %b: tensor<1x2x7x?xf32>, %c: tensor<1x2x7x16xf32>, %m: tensor<7x1xf32>) -> (tensor<1x2x7x16xf64>, tensor<1x2x7x?xf32>, tensor<1x2x7x16xf32>) {
  %0 = mlc.attention %a, %a, %a {scale = 1.0 : f64} : (tensor<1x2x7x16xf64>, tensor<1x2x7x16xf64>, tensor<1x2x7x16xf64>) -> tensor<1x2x7x16xf64>
  %1 = mlc.attention %b, %b, %b {scale = 1.0 : f64} : (tensor<1x2x7x?xf32>, tensor<1x2x7x?xf32>, tensor<1x2x7x?xf32>) -> tensor<1x2x7x?xf32>
  %2 = mlc.attention %c, %c, %c, %m {scale = 1.0 : f64} : (tensor<1x2x7x16xf32>, tensor<1x2x7x16xf32>, tensor<1x2x7x16xf32>, tensor<7x1xf32>) -> tensor<1x2x7x16xf32>
  return %0, %1, %2 : tensor<1x2x7x16xf64>, tensor<1x2x7x?xf32>, tensor<1x2x7x16xf32>
}
