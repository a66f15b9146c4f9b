// Panels of a narrower type are converted in the loop of the product, which must
// not push a sum out of the registers (see no-spills.mlir).
// RUN: mlc-emit-lowered %s -o %t4.s --target=cpu:x86-64-v4 --emit=asm
// RUN: mlc-emit-lowered %s -o %t3.s --target=cpu:x86-64-v3 --emit=asm
// RUN: sed -n "/Inner Loop Header: Depth=4/,/^.LBB/p" %t4.s | FileCheck %s --implicit-check-not="{{(16|32|64)-byte (Folded )?(Spill|Reload)}}"
// RUN: sed -n "/Inner Loop Header: Depth=4/,/^.LBB/p" %t3.s | FileCheck %s --check-prefix=AVX2 --implicit-check-not="{{(16|32)-byte (Folded )?(Spill|Reload)}}"

// CHECK: vcvtph2ps
// CHECK-COUNT-112: vfmadd{{.*}}zmm
// CHECK: Inner Loop Header
// CHECK: vpmovsxbd
// CHECK-COUNT-112: vfmadd{{.*}}zmm
// AVX2: vcvtph2ps
// AVX2-COUNT-48: vfmadd{{.*}}ymm
// AVX2: Inner Loop Header
// AVX2: vpmovsxbd
// AVX2-COUNT-48: vfmadd{{.*}}ymm
func.func @main(%a: memref<210x256xf32>, %h: memref<4x256x32xf16>, %b: memref<4x256x32xi8>) {
  %y = mlc.output 0() : memref<210x128xf32>
  %z = mlc.output 1() : memref<210x128xf32>
  mlc.dispatch @half(%a, %h, %y) outputs 1 : memref<210x256xf32>, memref<4x256x32xf16>, memref<210x128xf32>
  mlc.dispatch @byte(%a, %b, %z) outputs 1 : memref<210x256xf32>, memref<4x256x32xi8>, memref<210x128xf32>
  return
}
func.func private @half(%a: memref<210x256xf32>, %h: memref<4x256x32xf16>, %y: memref<210x128xf32>)
func.func private @half.group(%a: tensor<210x256xf32>, %h: tensor<4x256x32xf16>) {
  %y = mlc.group "contract"(%a, %h) dims() : (tensor<210x256xf32>, tensor<4x256x32xf16>) -> tensor<210x128xf32> {
  ^bb0(%x: tensor<210x256xf32>, %w: tensor<4x256x32xf16>):
    %p = mlc.matmul_packed %x, %w {columns = 128 : i64} : (tensor<210x256xf32>, tensor<4x256x32xf16>) -> tensor<210x128xf32>
    mlc.yield %p : tensor<210x128xf32>
  }
  return
}
func.func private @byte(%a: memref<210x256xf32>, %b: memref<4x256x32xi8>, %y: memref<210x128xf32>)
func.func private @byte.group(%a: tensor<210x256xf32>, %b: tensor<4x256x32xi8>) {
  %y = mlc.group "contract"(%a, %b) dims() : (tensor<210x256xf32>, tensor<4x256x32xi8>) -> tensor<210x128xf32> {
  ^bb0(%x: tensor<210x256xf32>, %w: tensor<4x256x32xi8>):
    %p = mlc.matmul_packed %x, %w {columns = 128 : i64} : (tensor<210x256xf32>, tensor<4x256x32xi8>) -> tensor<210x128xf32>
    mlc.yield %p : tensor<210x128xf32>
  }
  return
}
