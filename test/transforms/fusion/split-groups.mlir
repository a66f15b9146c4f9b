// RUN: mlc-opt %s --mlc-split-groups --split-input-file | FileCheck %s

// No emitter takes this softmax: each reduction gets a kernel of its own, and
// none is computed again for every element that reads it.
// CHECK-LABEL: @main
// CHECK: %[[M:.*]] = mlc.group "row"
// CHECK-NEXT: ^bb0
// CHECK-NEXT: mlc.reduce
// CHECK-NEXT: mlc.yield
// CHECK: %[[E:.*]] = mlc.group "map"(%arg0, %[[M]])
// CHECK: mlc.exp
// CHECK: %[[S:.*]] = mlc.group "row"(%[[E]])
// CHECK: mlc.reduce
// CHECK-NEXT: mlc.yield
// CHECK: %[[Y:.*]] = mlc.group "map"(%[[E]], %[[S]])
// CHECK-NEXT: ^bb0
// CHECK-NEXT: mlc.div
// CHECK: return %[[Y]]
func.func @main(%x: tensor<?x8xf64>) -> tensor<?x8xf64> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x8xf64>
  %y = mlc.group "row"(%x) dims(%n) : (tensor<?x8xf64>) -> tensor<?x8xf64> {
  ^bb0(%a: tensor<?x8xf64>):
    %m = mlc.reduce %a {axes = array<i64: 1>, kind = 2 : i32} : (tensor<?x8xf64>) -> tensor<?x1xf64>
    %d = mlc.sub %a, %m : (tensor<?x8xf64>, tensor<?x1xf64>) -> tensor<?x8xf64>
    %e = mlc.exp %d : (tensor<?x8xf64>) -> tensor<?x8xf64>
    %s = mlc.reduce %e {axes = array<i64: 1>, kind = 0 : i32} : (tensor<?x8xf64>) -> tensor<?x1xf64>
    %q = mlc.div %e, %s : (tensor<?x8xf64>, tensor<?x1xf64>) -> tensor<?x8xf64>
    mlc.yield %q : tensor<?x8xf64>
  }
  return %y : tensor<?x8xf64>
}

// -----

// A reduction that comes last stays where it is.
// CHECK-LABEL: @main
// CHECK: mlc.group "row"
// CHECK-NOT: mlc.group
func.func @main(%x: tensor<4x8xf64>) -> tensor<4x1xf64> {
  %y = mlc.group "row"(%x) dims() : (tensor<4x8xf64>) -> tensor<4x1xf64> {
  ^bb0(%a: tensor<4x8xf64>):
    %e = mlc.exp %a : (tensor<4x8xf64>) -> tensor<4x8xf64>
    %s = mlc.reduce %e {axes = array<i64: 1>, kind = 0 : i32} : (tensor<4x8xf64>) -> tensor<4x1xf64>
    mlc.yield %s : tensor<4x1xf64>
  }
  return %y : tensor<4x1xf64>
}
