// RUN: mlc-emit-lowered %s -o %t.ptx --target=cuda:sm_90 --emit=ptx
// RUN: FileCheck %s --input-file=%t.ptx
// RUN: mlc-emit-lowered %s -o %t.s --target=amdgpu:gfx942 --emit=asm
// RUN: FileCheck %s --input-file=%t.s --check-prefix=AMD
// RUN: mlc-emit-lowered %s -o %t.so --target=cuda:sm_90 --target=amdgpu:gfx942

// CHECK-DAG: .shared .align 16 .b8 k_a[2048]
// CHECK-DAG: .visible .entry k(
// CHECK: bar.sync
// CHECK: ld.shared.v4.b32
// CHECK: fma.rn.f32
// CHECK-NOT: ld.local
// AMD-LABEL: k:
// AMD: s_barrier
// AMD: ds_read_b128
// AMD: v_{{(pk_)?}}fma{{c?}}_f32
// AMD: .vgpr_spill_count: 0
func.func @main(%a: memref<?x3x5xf32>, %b: memref<7x5xf32>) {
  %c0 = arith.constant 0 : index
  %n = memref.dim %a, %c0 : memref<?x3x5xf32>
  %y = mlc.output 0(%n) : memref<?x3x7xf32>
  mlc.dispatch @k(%a, %b, %y) outputs 1 : memref<?x3x5xf32>, memref<7x5xf32>, memref<?x3x7xf32>
  return
}
func.func private @k(%a: memref<?x3x5xf32>, %b: memref<7x5xf32>, %y: memref<?x3x7xf32>)
func.func private @k.group(%a: tensor<?x3x5xf32>, %b: tensor<7x5xf32>, %n: index) {
  %y = mlc.group "contract"(%a, %b) dims(%n) : (tensor<?x3x5xf32>, tensor<7x5xf32>) -> tensor<?x3x7xf32> {
  ^bb0(%x: tensor<?x3x5xf32>, %w: tensor<7x5xf32>):
    %p = mlc.matmul %x, %w {transpose_b = true} : (tensor<?x3x5xf32>, tensor<7x5xf32>) -> tensor<?x3x7xf32>
    mlc.yield %p : tensor<?x3x7xf32>
  }
  return
}
