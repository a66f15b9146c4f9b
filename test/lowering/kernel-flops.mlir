// RUN: mlc-opt %s --mlc-fuse-groups --mlc-lower-groups --split-input-file | FileCheck %s

// Two for each of M x N x 64 multiply-adds; the symbols are the dynamic dims of
// the kernel's arguments in order.
// CHECK: #[[MATMUL:.*]] = affine_map<()[s0, s1, s2, s3] -> ((s0 * s1) * 128)>
// CHECK: @k0(%{{.*}}: memref<?x64xf32>, %{{.*}}: memref<64x?xf32>, {{.*}}mlc.flops = [#[[MATMUL]], #[[MATMUL]]]
func.func @main(%a: tensor<?x64xf32>, %b: tensor<64x?xf32>) -> tensor<?x?xf32> {
  %y = "mlc.matmul"(%a, %b) : (tensor<?x64xf32>, tensor<64x?xf32>) -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// -----

// The group, then what each of its outputs needs: views and casts do not count.
// CHECK-DAG: #[[TWO:.*]] = affine_map<()[s0, s1, s2] -> (s0 * 16)>
// CHECK-DAG: #[[ONE:.*]] = affine_map<()[s0, s1, s2] -> (s0 * 8)>
// CHECK: mlc.flops = [#[[TWO]], #[[ONE]], #[[TWO]]]
func.func @main(%x: tensor<?x8xf32>) -> (tensor<?x8xf32>, tensor<?x8xf16>) {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x8xf32>
  %0:2 = mlc.group "map"(%x) dims(%n, %n) : (tensor<?x8xf32>) -> (tensor<?x8xf32>, tensor<?x8xf16>) {
  ^bb0(%a: tensor<?x8xf32>):
    %e = mlc.exp %a : (tensor<?x8xf32>) -> tensor<?x8xf32>
    %r = mlc.relu %e : (tensor<?x8xf32>) -> tensor<?x8xf32>
    %c = mlc.cast %r {to = f16} : (tensor<?x8xf32>) -> tensor<?x8xf16>
    mlc.yield %e, %c : tensor<?x8xf32>, tensor<?x8xf16>
  }
  return %0#0, %0#1 : tensor<?x8xf32>, tensor<?x8xf16>
}
