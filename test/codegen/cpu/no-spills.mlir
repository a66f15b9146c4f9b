// The register tile of a product fills the vector registers to the last but
// two; a single spill in its loop would cost more than any other mistake. The
// second target has half as many registers.
// RUN: mlc-emit-lowered %s -o %t4.s --target=cpu:x86-64-v4 --emit=asm
// RUN: mlc-emit-lowered %s -o %t3.s --target=cpu:x86-64-v3 --emit=asm
// RUN: FileCheck %s --input-file=%t4.s
// RUN: FileCheck %s --input-file=%t3.s --check-prefix=AVX2

// CHECK-LABEL: mlc_p0_k:
// CHECK-NOT: {{(32|64)}}-byte {{(Folded )?}}{{Spill|Reload}}
// CHECK: vfmadd{{.*}}zmm31
// CHECK-NOT: {{(32|64)}}-byte {{(Folded )?}}{{Spill|Reload}}
// CHECK-LABEL: mlc_p0_k.run:
// AVX2-LABEL: mlc_p0_k:
// AVX2-NOT: 32-byte {{(Folded )?}}{{Spill|Reload}}
// AVX2: vfmadd{{.*}}ymm
// AVX2-NOT: 32-byte {{(Folded )?}}{{Spill|Reload}}
// AVX2-LABEL: mlc_p0_k.run:
func.func @main(%a: memref<140x256xf32>, %b: memref<256x128xf32>) {
  %y = mlc.output 0() : memref<140x128xf32>
  mlc.dispatch @k(%a, %b, %y) outputs 1 : memref<140x256xf32>, memref<256x128xf32>, memref<140x128xf32>
  return
}
func.func private @k(%a: memref<140x256xf32>, %b: memref<256x128xf32>, %y: memref<140x128xf32>)
func.func private @k.group(%a: tensor<140x256xf32>, %b: tensor<256x128xf32>) {
  %y = mlc.group "contract"(%a, %b) dims() : (tensor<140x256xf32>, tensor<256x128xf32>) -> tensor<140x128xf32> {
  ^bb0(%x: tensor<140x256xf32>, %w: tensor<256x128xf32>):
    %p = mlc.matmul %x, %w : (tensor<140x256xf32>, tensor<256x128xf32>) -> tensor<140x128xf32>
    mlc.yield %p : tensor<140x128xf32>
  }
  return
}
