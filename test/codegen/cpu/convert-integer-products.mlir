// RUN: mlc-opt %s --mlc-convert-integer-products --split-input-file | FileCheck %s
// RUN: mlc-opt %s --mlc-phase-fuse=target=cpu:x86-64-v4 --split-input-file | FileCheck %s --check-prefix=FUSE

// 255 * 255 * 258 <= 2^24 < 255 * 255 * 259: a depth of 300 takes two parts,
// whose sums are added as integers.
// CHECK-LABEL: @run_time
// CHECK-DAG: %[[A:.*]] = mlc.cast %{{.*}} {to = f32} : (tensor<?x300xi32>)
// CHECK-DAG: %[[B:.*]] = mlc.cast %{{.*}} {to = f32} : (tensor<300x7xi32>)
// CHECK: mlc.matmul %{{.*}} : (tensor<?x160xf32>, tensor<160x7xf32>) -> tensor<?x7xf32>
// CHECK: mlc.matmul %{{.*}} : (tensor<?x140xf32>, tensor<140x7xf32>) -> tensor<?x7xf32>
// CHECK: %[[P:.*]] = mlc.cast %{{.*}} {to = i32}
// CHECK: %[[Q:.*]] = mlc.cast %{{.*}} {to = i32}
// CHECK: mlc.add %[[P]], %[[Q]] : (tensor<?x7xi32>, tensor<?x7xi32>)
func.func @run_time(%a: tensor<?x300xui8>, %b: tensor<300x7xui8>) -> tensor<?x7xi32> {
  %0 = mlc.cast %a {to = i32} : (tensor<?x300xui8>) -> tensor<?x300xi32>
  %1 = mlc.cast %b {to = i32} : (tensor<300x7xui8>) -> tensor<300x7xi32>
  %2 = mlc.matmul %0, %1 : (tensor<?x300xi32>, tensor<300x7xi32>) -> tensor<?x7xi32>
  return %2 : tensor<?x7xi32>
}

// -----

// Of constant weights their sum counts: these are small, so one part does. A
// zero point at run time makes |a| 255.
// CHECK-LABEL: @weights
// CHECK: mlc.matmul %{{.*}} : (tensor<?x3000xf32>, tensor<3000x7xf32>) -> tensor<?x7xf32>
// CHECK-NEXT: mlc.cast %{{.*}} {to = i32}
// CHECK-NOT: mlc.matmul
func.func @weights(%a: tensor<?x3000xui8>, %z: tensor<ui8>) -> tensor<?x7xi32> {
  %w = mlc.constant dense<20> : tensor<3000x7xi8> : tensor<3000x7xi8>
  %0 = mlc.cast %a {to = i32} : (tensor<?x3000xui8>) -> tensor<?x3000xi32>
  %1 = mlc.cast %z {to = i32} : (tensor<ui8>) -> tensor<i32>
  %2 = mlc.sub %0, %1 : (tensor<?x3000xi32>, tensor<i32>) -> tensor<?x3000xi32>
  %3 = mlc.cast %w {to = i32} : (tensor<3000x7xi8>) -> tensor<3000x7xi32>
  %4 = mlc.matmul %2, %3 : (tensor<?x3000xi32>, tensor<3000x7xi32>) -> tensor<?x7xi32>
  return %4 : tensor<?x7xi32>
}

// -----

// A zero point per column is subtracted now.
// CHECK-LABEL: @zero_points
// CHECK: mlc.constant dense{{.*}} : tensor<3x2xf32>
// CHECK-NOT: mlc.sub
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

// Convolutions are cut by channels and never transformed by Winograd.
// CHECK-LABEL: @conv
// CHECK-COUNT-2: mlc.conv %{{.*}}exact = true{{.*}} : (tensor<1x32x9x9xf32>, tensor<32x32x3x3xf32>)
func.func @conv(%x: tensor<1x64x9x9xui8>) -> tensor<1x32x9x9xi32> {
  %w = mlc.constant dense<127> : tensor<32x64x3x3xi32> : tensor<32x64x3x3xi32>
  %0 = mlc.cast %x {to = i32} : (tensor<1x64x9x9xui8>) -> tensor<1x64x9x9xi32>
  %1 = mlc.conv %0, %w {dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>} : (tensor<1x64x9x9xi32>, tensor<32x64x3x3xi32>) -> tensor<1x32x9x9xi32>
  return %1 : tensor<1x32x9x9xi32>
}

// -----

// The depth is known when one factor knows it.
// CHECK-LABEL: @known_by_one
// CHECK: mlc.matmul %{{.*}} : (tensor<2x?xf32>, tensor<3x2xf32>) -> tensor<2x2xf32>
// FUSE-LABEL: @known_by_one
func.func @known_by_one(%a: tensor<2x?xi8>) -> tensor<2x2xi32> {
  %w = mlc.constant dense<-7> : tensor<3x2xi32> : tensor<3x2xi32>
  %0 = mlc.cast %a {to = i32} : (tensor<2x?xi8>) -> tensor<2x?xi32>
  %1 = mlc.matmul %0, %w : (tensor<2x?xi32>, tensor<3x2xi32>) -> tensor<2x2xi32>
  return %1 : tensor<2x2xi32>
}

// -----

// Unknown or large values stay integers.
// CHECK-LABEL: @large
// FUSE-LABEL: @large
// CHECK-NOT: f32
func.func @large(%a: tensor<4x4xi32>, %b: tensor<4x40xi16>) -> (tensor<4x4xi32>, tensor<4x4xi32>) {
  %0 = mlc.matmul %a, %a : (tensor<4x4xi32>, tensor<4x4xi32>) -> tensor<4x4xi32>
  %1 = mlc.cast %b {to = i32} : (tensor<4x40xi16>) -> tensor<4x40xi32>
  %2 = mlc.matmul %1, %1 {transpose_b = true} : (tensor<4x40xi32>, tensor<4x40xi32>) -> tensor<4x4xi32>
  return %0, %2 : tensor<4x4xi32>, tensor<4x4xi32>
}
