// RUN: mlc-opt %s --mlc-widen-contractions --split-input-file | FileCheck %s
// RUN: mlc-opt %s --mlc-widen-contractions --mlc-pack-mat-mul --split-input-file | FileCheck %s --check-prefix=PACK
// RUN: mlc-opt %s --mlc-phase-fuse=target=cpu:x86-64-v4 --split-input-file | FileCheck %s --check-prefix=FUSE

// The product is rounded once, as before; the sum and the activation after it
// stay f16. The factor is packed in its own type.
// CHECK-LABEL: @product
// CHECK: %[[A:.*]] = mlc.cast %arg0 {to = f32}
// CHECK: %[[W:.*]] = mlc.cast %{{.*}} {to = f32} : (tensor<8x40xf16>)
// CHECK: %[[Y:.*]] = mlc.matmul %[[A]], %[[W]] : (tensor<?x8xf32>, tensor<8x40xf32>) -> tensor<?x40xf32>
// CHECK: %[[R:.*]] = mlc.cast %[[Y]] {to = f16}
// CHECK: mlc.add %[[R]], %{{.*}} : (tensor<?x40xf16>, tensor<40xf16>)
// PACK-LABEL: @product
// PACK: mlc.matmul_packed %{{.*}} {columns = 40 : i64} : (tensor<?x8xf32>, tensor<2x8x32xf16>) -> tensor<?x40xf32>
// All of it is one kernel behind that of the cast.
// FUSE-LABEL: @product
// FUSE: mlc.group "map"
// FUSE: mlc.group "matmul_packed"
// FUSE: mlc.matmul_packed
// FUSE: mlc.cast
// FUSE: mlc.add
// FUSE: mlc.gelu
// FUSE-NOT: mlc.group
func.func @product(%a: tensor<?x8xf16>, %b: tensor<40xf16>) -> tensor<?x40xf16> {
  %w = mlc.constant dense<0.1> : tensor<8x40xf16> : tensor<8x40xf16>
  %0 = mlc.matmul %a, %w : (tensor<?x8xf16>, tensor<8x40xf16>) -> tensor<?x40xf16>
  %1 = mlc.add %0, %b : (tensor<?x40xf16>, tensor<40xf16>) -> tensor<?x40xf16>
  %2 = mlc.gelu %1 : (tensor<?x40xf16>) -> tensor<?x40xf16>
  return %2 : tensor<?x40xf16>
}

// -----

// Convolutions keep blocked activations across the f16 ops between them.
// CHECK-LABEL: @convolutions
// CHECK-COUNT-2: mlc.conv %{{.*}} : (tensor<1x32x8x8xf32>, tensor<32x32x1x1xf32>)
// FUSE-LABEL: @convolutions
// FUSE: mlc.pack
// FUSE: mlc.conv_blocked
// FUSE-NOT: mlc.unpack
// FUSE: mlc.relu %{{.*}} : (tensor<1x2x8x8x16xf16>)
// FUSE: mlc.conv_blocked
// FUSE: mlc.unpack
func.func @convolutions(%x: tensor<1x32x8x8xf16>) -> tensor<1x32x8x8xf16> {
  %w = mlc.constant dense<0.1> : tensor<32x32x1x1xf16> : tensor<32x32x1x1xf16>
  %0 = mlc.conv %x, %w {dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : (tensor<1x32x8x8xf16>, tensor<32x32x1x1xf16>) -> tensor<1x32x8x8xf16>
  %1 = mlc.relu %0 : (tensor<1x32x8x8xf16>) -> tensor<1x32x8x8xf16>
  %2 = mlc.conv %1, %w {dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : (tensor<1x32x8x8xf16>, tensor<32x32x1x1xf16>) -> tensor<1x32x8x8xf16>
  return %2 : tensor<1x32x8x8xf16>
}

// -----

// A softmax of bf16 is one group of rows, casts and all.
// FUSE-LABEL: @softmax
// FUSE: mlc.group "row"
// FUSE-COUNT-2: mlc.reduce
// FUSE: mlc.cast {{.*}} -> tensor<4x64xbf16>
// FUSE-NOT: mlc.group
func.func @softmax(%x: tensor<4x64xbf16>) -> tensor<4x64xbf16> {
  %y = mlc.softmax %x {axis = 1 : i64} : (tensor<4x64xbf16>) -> tensor<4x64xbf16>
  return %y : tensor<4x64xbf16>
}

// -----

// Others are left alone.
// FUSE-LABEL: @others
// CHECK-LABEL: @others
// CHECK-NOT: mlc.cast
func.func @others(%a: tensor<4x4xf32>, %b: tensor<4x4xf64>, %c: tensor<4x4xf16>) -> (tensor<4x4xf32>, tensor<4x4xf64>, tensor<4x4xf16>) {
  %0 = mlc.matmul %a, %a : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %1 = mlc.matmul %b, %b : (tensor<4x4xf64>, tensor<4x4xf64>) -> tensor<4x4xf64>
  %2 = mlc.exp %c : (tensor<4x4xf16>) -> tensor<4x4xf16>
  return %0, %1, %2 : tensor<4x4xf32>, tensor<4x4xf64>, tensor<4x4xf16>
}
