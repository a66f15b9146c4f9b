// RUN: mlc-emit-lowered %s -o %t.ptx --target=cuda:sm_90 --emit=ptx
// RUN: FileCheck %s --input-file=%t.ptx
// RUN: mlc-emit-lowered %s -o %t.so --target=cuda:sm_90 --target=cpu
// RUN: llvm-strings %t.so | FileCheck %s --check-prefix=IMAGES
// RUN: mlc-run-values %t.so 2x4xf32=1,2,3,4,-1,-1,1,0.5 | FileCheck %s --check-prefix=CPU

// CHECK: .target sm_90
// CHECK: .visible .entry k0(
// CHECK: .maxntid 256
// CHECK: ld.global.nc.b32
// CHECK: st.global.b32
// CHECK: .visible .entry k1(
// Beside it, code for any chip since.
// IMAGES-DAG: .target sm_90
// IMAGES-DAG: .target sm_80
// CPU: out0 2x3xf32: 70.5 79.5 0 7.5 6 0
module {
  func.func @main(%x: memref<?x4xf32> {mlc.name = "x"}) {
    %c0 = arith.constant 0 : index
    %n = memref.dim %x, %c0 : memref<?x4xf32>
    %w = "mlc.weight"() {value = dense<[[1.0,2.0,3.0],[4.0,5.0,6.0],[7.0,8.0,9.0],[10.0,11.0,12.0]]> : tensor<4x3xf32>} : () -> memref<4x3xf32>
    %b = "mlc.weight"() {value = dense<[0.5,-0.5,-100.0]> : tensor<3xf32>} : () -> memref<3xf32>
    %a = memref.alloc(%n) : memref<?x3xf32>
    mlc.dispatch @k0(%x, %w, %b, %a) outputs 1 : memref<?x4xf32>, memref<4x3xf32>, memref<3xf32>, memref<?x3xf32>
    %y = mlc.output 0(%n) : memref<?x3xf32>
    mlc.dispatch @k1(%a, %y) outputs 1 : memref<?x3xf32>, memref<?x3xf32>
    return
  }
  func.func private @k0(%x: memref<?x4xf32>, %w: memref<4x3xf32>, %b: memref<3xf32>, %y: memref<?x3xf32>) {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c4 = arith.constant 4 : index
    linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} outs(%y : memref<?x3xf32>) {
    ^bb0(%out: f32):
      %i = linalg.index 0 : index
      %j = linalg.index 1 : index
      %init = memref.load %b[%j] : memref<3xf32>
      %s = scf.for %k = %c0 to %c4 step %c1 iter_args(%acc = %init) -> f32 {
        %xv = memref.load %x[%i, %k] : memref<?x4xf32>
        %wv = memref.load %w[%k, %j] : memref<4x3xf32>
        %p = arith.mulf %xv, %wv : f32
        %n = arith.addf %acc, %p : f32
        scf.yield %n : f32
      }
      linalg.yield %s : f32
    }
    return
  }
  func.func private @k1(%x: memref<?x3xf32>, %y: memref<?x3xf32>) {
    linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} outs(%y : memref<?x3xf32>) {
    ^bb0(%out: f32):
      %z = arith.constant 0.0 : f32
      %i = linalg.index 0 : index
      %j = linalg.index 1 : index
      %v = memref.load %x[%i, %j] : memref<?x3xf32>
      %r = arith.maximumf %v, %z : f32
      linalg.yield %r : f32
    }
    return
  }
}
