// Each phase is a pipeline of mlc-opt; together they do what mlc compile does before machine code.
// RUN: mlc-opt %s --mlc-phase-simplify | FileCheck %s --check-prefix=SIMPLIFY
// RUN: mlc-opt %s --mlc-phase-simplify --mlc-phase-fuse=target=cpu:x86-64-v3 | FileCheck %s --check-prefix=FUSE
// RUN: mlc-opt %s --mlc-phase-simplify --mlc-phase-fuse=target=cpu:x86-64-v3 --mlc-phase-lower=target=cpu:x86-64-v3 | FileCheck %s --check-prefix=LOWER
// RUN: mlc-opt %s --mlc-phase-simplify --mlc-phase-fuse --mlc-phase-lower | FileCheck %s --check-prefix=GENERIC

// SIMPLIFY: %[[T:.*]] = mlc.tanh
// SIMPLIFY-NEXT: return %[[T]]
// FUSE: mlc.group "map"
// LOWER: mlc.dispatch @[[K:.*]](
// LOWER: func.func private @[[K]](
// GENERIC: linalg.generic
func.func @main(%x: tensor<?x4xf32> {mlc.name = "x"}) -> (tensor<?x4xf32> {mlc.name = "y"}) {
  %one = mlc.constant dense<1.0> : tensor<f32> : tensor<f32>
  %a = mlc.mul %x, %one : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
  %dead = mlc.exp %a : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %y = mlc.tanh %a : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
