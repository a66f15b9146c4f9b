// The register tile of a product fills the vector registers to the last few; a
// single spill in its loop would cost more than any other mistake. The second
// target has half as many registers. What is kept on the stack around the
// innermost loops (of depth 4) costs nothing, and the rows are a multiple of
// both tiles' heights, so that there is one product loop.
// RUN: mlc-emit-lowered %s -o %t4.s --target=cpu:x86-64-v4 --emit=asm
// RUN: mlc-emit-lowered %s -o %t3.s --target=cpu:x86-64-v3 --emit=asm
// RUN: sed -n "/Inner Loop Header: Depth=4/,/^.LBB/p" %t4.s | FileCheck %s --implicit-check-not="{{(16|32|64)-byte (Folded )?(Spill|Reload)}}"
// RUN: sed -n "/Inner Loop Header: Depth=4/,/^.LBB/p" %t3.s | FileCheck %s --check-prefix=AVX2 --implicit-check-not="{{(16|32)-byte (Folded )?(Spill|Reload)}}"

// CHECK: Inner Loop Header
// CHECK-COUNT-104: vfmadd{{.*}}zmm
// AVX2: Inner Loop Header
// AVX2-COUNT-40: vfmadd{{.*}}ymm
func.func @main(%a: memref<195x256xf32>, %b: memref<256x128xf32>) {
  %y = mlc.output 0() : memref<195x128xf32>
  mlc.dispatch @k(%a, %b, %y) outputs 1 : memref<195x256xf32>, memref<256x128xf32>, memref<195x128xf32>
  return
}
func.func private @k(%a: memref<195x256xf32>, %b: memref<256x128xf32>, %y: memref<195x128xf32>)
func.func private @k.group(%a: tensor<195x256xf32>, %b: tensor<256x128xf32>) {
  %y = mlc.group "contract"(%a, %b) dims() : (tensor<195x256xf32>, tensor<256x128xf32>) -> tensor<195x128xf32> {
  ^bb0(%x: tensor<195x256xf32>, %w: tensor<256x128xf32>):
    %p = mlc.matmul %x, %w : (tensor<195x256xf32>, tensor<256x128xf32>) -> tensor<195x128xf32>
    mlc.yield %p : tensor<195x128xf32>
  }
  return
}
