// RUN: mlc-opt %s --mlc-pair-integer-products --split-input-file | FileCheck %s
// RUN: mlc-opt %s --mlc-phase-fuse=target=cpu:x86-64-v4 --split-input-file | FileCheck %s --check-prefix=FUSE

// Element i of the depth is paired with element i + 2, the third one twice but
// with a weight of zero: (1, 0), (2, 4), (3, 5). Bytes stay bytes in the panels.
// The size is the argument's, so that one kernel makes the pairs.
// CHECK-LABEL: @odd
// CHECK-DAG: %[[LOW:.*]] = mlc.slice %[[A:.*]] [0, 0] [%{{.*}}, 3] [1, 1]
// CHECK-DAG: %[[HIGH:.*]] = mlc.slice %[[A]] [0, 2] [%{{.*}}, 3] [1, 1]
// CHECK-DAG: %[[L:.*]] = mlc.and %[[LOW]]
// CHECK-DAG: %[[H:.*]] = mlc.mul %[[HIGH]]
// CHECK: %[[P:.*]] = mlc.or %[[L]], %[[H]]
// CHECK: %[[W:.*]] = mlc.constant dense_resource<{{.*}}> : tensor<1x3x32xi16>
// CHECK: mlc.matmul_packed %[[P]], %[[W]] {columns = 1 : i64} : (tensor<?x3xi32>, tensor<1x3x32xi16>) -> tensor<?x1xi32>
// FUSE-LABEL: @odd
// FUSE-COUNT-2: mlc.group "
// FUSE-NOT: mlc.group "
// FUSE: return
// CHECK: panels_i8{{.*}}"0x40000000010000000000{{.*}}0204{{.*}}0305
func.func @odd(%a: tensor<?x5xui8>, %z: tensor<ui8>) -> tensor<?x1xi32> {
  %w = mlc.constant dense<[[1], [2], [3], [4], [5]]> : tensor<5x1xi8> : tensor<5x1xi8>
  %0 = mlc.cast %a {to = i32} : (tensor<?x5xui8>) -> tensor<?x5xi32>
  %1 = mlc.cast %z {to = i32} : (tensor<ui8>) -> tensor<i32>
  %2 = mlc.sub %0, %1 : (tensor<?x5xi32>, tensor<i32>) -> tensor<?x5xi32>
  %3 = mlc.cast %w {to = i32} : (tensor<5x1xi8>) -> tensor<5x1xi32>
  %4 = mlc.matmul %2, %3 : (tensor<?x5xi32>, tensor<5x1xi32>) -> tensor<?x1xi32>
  return %4 : tensor<?x1xi32>
}

// -----

// A zero point per column is subtracted now; 127 + 128 does not fit in a byte.
// CHECK-LABEL: @zero_points
// CHECK: mlc.matmul_packed {{.*}} : (tensor<2x2xi32>, tensor<1x2x32xi32>) -> tensor<2x2xi32>
func.func @zero_points(%a: tensor<2x3xui8>) -> tensor<2x2xi32> {
  %w = mlc.constant dense<[[127, 1], [2, 3], [4, 5]]> : tensor<3x2xi8> : tensor<3x2xi8>
  %z = mlc.constant dense<[-128, 3]> : tensor<2xi8> : tensor<2xi8>
  %0 = mlc.cast %a {to = i32} : (tensor<2x3xui8>) -> tensor<2x3xi32>
  %1 = mlc.cast %w {to = i32} : (tensor<3x2xi8>) -> tensor<3x2xi32>
  %2 = mlc.cast %z {to = i32} : (tensor<2xi8>) -> tensor<2xi32>
  %3 = mlc.sub %1, %2 : (tensor<3x2xi32>, tensor<2xi32>) -> tensor<3x2xi32>
  %4 = mlc.matmul %0, %3 : (tensor<2x3xi32>, tensor<3x2xi32>) -> tensor<2x2xi32>
  return %4 : tensor<2x2xi32>
}

// -----

// Blocks of channels are paired; what is packed is bytes. Three blocks make two
// pairs of blocks.
// CHECK-LABEL: @conv
// CHECK: mlc.pack %{{.*}} : (tensor<1x48x?x9xui8>) -> tensor<1x3x?x9x16xui8>
// CHECK: mlc.conv_blocked {{.*}}channels = 32 : i64{{.*}} : (tensor<1x2x?x9x16xi32>, tensor<1x1x2x3x3x16x32xi32>)
// CHECK: mlc.unpack {{.*}} -> tensor<1x32x?x9xi32>
// FUSE-LABEL: @conv
// FUSE: mlc.group "pack"
// FUSE: mlc.group "map"
// FUSE: mlc.group "conv_blocked"
// FUSE: mlc.group "unpack"
func.func @conv(%x: tensor<1x48x?x9xui8>) -> tensor<1x32x?x9xi32> {
  %w = mlc.constant dense<127> : tensor<32x48x3x3xi32> : tensor<32x48x3x3xi32>
  %0 = mlc.cast %x {to = i32} : (tensor<1x48x?x9xui8>) -> tensor<1x48x?x9xi32>
  %1 = mlc.conv %0, %w {dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>} : (tensor<1x48x?x9xi32>, tensor<32x48x3x3xi32>) -> tensor<1x32x?x9xi32>
  return %1 : tensor<1x32x?x9xi32>
}

// -----

// Left alone: values beyond 16 bits, a factor of the run, few channels, groups.
// CHECK-LABEL: @others
// CHECK-NOT: mlc.or
func.func @others(%a: tensor<4x4xui16>, %b: tensor<4x4xi8>, %x: tensor<1x16x9x9xui8>, %y: tensor<1x64x9x9xui8>)
    -> (tensor<4x4xi32>, tensor<4x4xi32>, tensor<1x32x9x9xi32>, tensor<1x64x9x9xi32>) {
  %c = mlc.constant dense<3> : tensor<4x4xi32> : tensor<4x4xi32>
  %0 = mlc.cast %a {to = i32} : (tensor<4x4xui16>) -> tensor<4x4xi32>
  %1 = mlc.matmul %0, %c : (tensor<4x4xi32>, tensor<4x4xi32>) -> tensor<4x4xi32>
  %2 = mlc.cast %b {to = i32} : (tensor<4x4xi8>) -> tensor<4x4xi32>
  %3 = mlc.matmul %2, %2 : (tensor<4x4xi32>, tensor<4x4xi32>) -> tensor<4x4xi32>
  %w = mlc.constant dense<127> : tensor<32x16x1x1xi32> : tensor<32x16x1x1xi32>
  %4 = mlc.cast %x {to = i32} : (tensor<1x16x9x9xui8>) -> tensor<1x16x9x9xi32>
  %5 = mlc.conv %4, %w {dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : (tensor<1x16x9x9xi32>, tensor<32x16x1x1xi32>) -> tensor<1x32x9x9xi32>
  %v = mlc.constant dense<127> : tensor<64x32x1x1xi32> : tensor<64x32x1x1xi32>
  %6 = mlc.cast %y {to = i32} : (tensor<1x64x9x9xui8>) -> tensor<1x64x9x9xi32>
  %7 = mlc.conv %6, %v {dilations = array<i64: 1, 1>, group = 2 : i64, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : (tensor<1x64x9x9xi32>, tensor<64x32x1x1xi32>) -> tensor<1x64x9x9xi32>
  return %1, %3, %5, %7 : tensor<4x4xi32>, tensor<4x4xi32>, tensor<1x32x9x9xi32>, tensor<1x64x9x9xi32>
}
