// RUN: mlc-opt %s -mlc-choose-layouts -cse -split-input-file | FileCheck %s

// A residual block: one packing at the input, one unpacking at the output; bias
// becomes a constant in blocks, the 3x3 convolution takes Winograd's form.
// CHECK-LABEL: func.func @residual
// CHECK-SAME: (%[[X:.*]]: tensor<?x32x8x8xf32>)
// CHECK: %[[B:.*]] = mlc.pack %[[X]] : (tensor<?x32x8x8xf32>) -> tensor<?x2x8x8x16xf32>
// CHECK: %[[C:.*]] = mlc.conv_blocked %[[B]], %{{.*}} {{.*}}form = 2 : i32{{.*}} tensor<1x16x2x16x32xf32>) -> tensor<?x2x8x8x16xf32>
// CHECK: %[[S:.*]] = mlc.add %[[C]], %{{.*}} : (tensor<?x2x8x8x16xf32>, tensor<2x1x1x16xf32>)
// CHECK: %[[A:.*]] = mlc.add %[[S]], %[[B]]
// CHECK: %[[R:.*]] = mlc.relu %[[A]]
// CHECK: %[[P:.*]] = mlc.pool_blocked %[[R]]
// CHECK: %[[U:.*]] = mlc.unpack %[[P]] {channels = 32 : i64}
// CHECK-NOT: mlc.unpack
// CHECK: return %[[U]]
func.func @residual(%x: tensor<?x32x8x8xf32>) -> tensor<?x32x4x4xf32> {
  %w = mlc.constant dense<1.0> : tensor<32x32x3x3xf32> : tensor<32x32x3x3xf32>
  %b = mlc.constant dense<2.0> : tensor<32x1x1xf32> : tensor<32x1x1xf32>
  %0 = mlc.conv %x, %w {dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>} : (tensor<?x32x8x8xf32>, tensor<32x32x3x3xf32>) -> tensor<?x32x8x8xf32>
  %1 = mlc.add %0, %b : (tensor<?x32x8x8xf32>, tensor<32x1x1xf32>) -> tensor<?x32x8x8xf32>
  %2 = mlc.add %1, %x : (tensor<?x32x8x8xf32>, tensor<?x32x8x8xf32>) -> tensor<?x32x8x8xf32>
  %3 = mlc.relu %2 : (tensor<?x32x8x8xf32>) -> tensor<?x32x8x8xf32>
  %4 = mlc.pool %3 {dilations = array<i64: 1, 1>, kernel = array<i64: 2, 2>, kind = 0 : i32, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : (tensor<?x32x8x8xf32>) -> tensor<?x32x4x4xf32>
  return %4 : tensor<?x32x4x4xf32>
}

// -----

// Few channels are read as planes; single pixels of whole blocks are views.
// CHECK-LABEL: func.func @stem
// CHECK: mlc.conv_blocked %arg0, %{{.*}} form = 1 : i32{{.*}} (tensor<?x3x8x8xf32>, tensor<1x3x3x3x32xf32>) -> tensor<?x1x4x4x16xf32>
// CHECK: mlc.reduce %{{.*}} -> tensor<?x1x1x1x16xf32>
// CHECK: mlc.reshape %{{.*}} : tensor<?x1x1x1x16xf32> -> tensor<?x16x1x1xf32>
// CHECK-NOT: mlc.unpack
func.func @stem(%x: tensor<?x3x8x8xf32>) -> tensor<?x16x1x1xf32> {
  %w = mlc.constant dense<1.0> : tensor<16x3x3x3xf32> : tensor<16x3x3x3xf32>
  %0 = mlc.conv %x, %w {dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 2, 2>} : (tensor<?x3x8x8xf32>, tensor<16x3x3x3xf32>) -> tensor<?x16x4x4xf32>
  %1 = mlc.reduce %0 {axes = array<i64: 2, 3>, kind = 0 : i32} : (tensor<?x16x4x4xf32>) -> tensor<?x16x1x1xf32>
  return %1 : tensor<?x16x1x1xf32>
}

// -----

// Groups: depthwise, whole blocks, narrow ones by lane, neither.
// CHECK-LABEL: func.func @groups
// CHECK: mlc.conv_blocked {{.*}}form = 4 : i32, group = 32 : i64
// CHECK: mlc.conv_blocked {{.*}}form = 0 : i32, group = 2 : i64
// CHECK: mlc.conv_blocked {{.*}}form = 4 : i32, group = 8 : i64
// CHECK: mlc.unpack
// CHECK: mlc.conv {{.*}}group = 2 : i64
func.func @groups(%x: tensor<1x32x8x8xf32>) -> tensor<1x6x6x6xf32> {
  %w0 = mlc.constant dense<1.0> : tensor<32x1x1x1xf32> : tensor<32x1x1x1xf32>
  %w1 = mlc.constant dense<1.0> : tensor<32x16x1x1xf32> : tensor<32x16x1x1xf32>
  %w2 = mlc.constant dense<1.0> : tensor<32x4x3x3xf32> : tensor<32x4x3x3xf32>
  %w3 = mlc.constant dense<1.0> : tensor<6x16x1x1xf32> : tensor<6x16x1x1xf32>
  %0 = mlc.conv %x, %w0 {dilations = array<i64: 1, 1>, group = 32 : i64, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : (tensor<1x32x8x8xf32>, tensor<32x1x1x1xf32>) -> tensor<1x32x8x8xf32>
  %1 = mlc.conv %0, %w1 {dilations = array<i64: 1, 1>, group = 2 : i64, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : (tensor<1x32x8x8xf32>, tensor<32x16x1x1xf32>) -> tensor<1x32x8x8xf32>
  %2 = mlc.conv %1, %w2 {dilations = array<i64: 1, 1>, group = 8 : i64, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : (tensor<1x32x8x8xf32>, tensor<32x4x3x3xf32>) -> tensor<1x32x6x6xf32>
  %3 = mlc.conv %2, %w3 {dilations = array<i64: 1, 1>, group = 2 : i64, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : (tensor<1x32x6x6xf32>, tensor<6x16x1x1xf32>) -> tensor<1x6x6x6xf32>
  return %3 : tensor<1x6x6x6xf32>
}

// -----

// Per-image scales, channel concatenation, the upsampling of a U-Net.
// CHECK-LABEL: func.func @unet
// CHECK: %[[T:.*]] = mlc.conv_blocked {{.*}}form = 3 : i32
// CHECK: %[[M:.*]] = mlc.mul %[[T]], %{{.*}} : (tensor<1x1x4x4x16xf32>, tensor<1x1x1x1x16xf32>)
// CHECK: mlc.concat %[[M]], %{{.*}} {axis = 1 : i64} : (tensor<1x1x4x4x16xf32>, tensor<1x2x4x4x16xf32>) -> tensor<1x3x4x4x16xf32>
// CHECK: mlc.unpack %{{.*}} {channels = 36 : i64}
func.func @unet(%x: tensor<1x16x2x2xf32>, %s: tensor<1x16x1x1xf32>, %y: tensor<1x20x4x4xf32>) -> tensor<1x36x4x4xf32> {
  %w = mlc.constant dense<1.0> : tensor<16x16x2x2xf32> : tensor<16x16x2x2xf32>
  %0 = mlc.conv_transpose %x, %w {dilations = array<i64: 1, 1>, output_padding = array<i64: 0, 0>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : (tensor<1x16x2x2xf32>, tensor<16x16x2x2xf32>) -> tensor<1x16x4x4xf32>
  %1 = mlc.mul %0, %s : (tensor<1x16x4x4xf32>, tensor<1x16x1x1xf32>) -> tensor<1x16x4x4xf32>
  %2 = mlc.concat %1, %y {axis = 1 : i64} : (tensor<1x16x4x4xf32>, tensor<1x20x4x4xf32>) -> tensor<1x36x4x4xf32>
  return %2 : tensor<1x36x4x4xf32>
}

// -----

// Filters that are no constants are packed by the run, to whole blocks.
// CHECK-LABEL: func.func @dynamicFilters
// CHECK: mlc.pad %{{.*}} tensor<1x32x32x3x3xf32>
// CHECK: %[[W:.*]] = mlc.transpose %{{.*}} -> tensor<1x1x2x3x3x16x32xf32>
// CHECK: mlc.conv_blocked %{{.*}}, %[[W]] {{.*}}form = 0 : i32
func.func @dynamicFilters(%x: tensor<1x20x8x8xf32>, %w: tensor<24x20x3x3xf32>) -> tensor<1x24x6x6xf32> {
  %0 = mlc.conv %x, %w {dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : (tensor<1x20x8x8xf32>, tensor<24x20x3x3xf32>) -> tensor<1x24x6x6xf32>
  return %0 : tensor<1x24x6x6xf32>
}

// -----

// So are those of one channel each.
// CHECK-LABEL: func.func @dynamicDepthwise
// CHECK: %[[P:.*]] = mlc.pad %arg1 {{.*}} -> tensor<32x1x3x2xf32>
// CHECK: %[[S:.*]] = mlc.reshape %[[P]] [2, 16, 1, 3, 2]
// CHECK: %[[W:.*]] = mlc.transpose %[[S]] {permutation = array<i64: 0, 3, 4, 2, 1>}
// CHECK: mlc.conv_blocked %{{.*}}, %[[W]] {{.*}}form = 4 : i32
func.func @dynamicDepthwise(%x: tensor<1x20x8x8xf32>, %w: tensor<20x1x3x2xf32>) -> tensor<1x20x6x7xf32> {
  %0 = mlc.conv %x, %w {dilations = array<i64: 1, 1>, group = 20 : i64, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : (tensor<1x20x8x8xf32>, tensor<20x1x3x2xf32>) -> tensor<1x20x6x7xf32>
  return %0 : tensor<1x20x6x7xf32>
}

// -----

// Filters of a shape that only the run knows keep their form.
// CHECK-LABEL: func.func @unknownFilters
// CHECK: mlc.conv %
// CHECK-NOT: mlc.pack
func.func @unknownFilters(%x: tensor<1x32x8x8xf32>, %w: tensor<32x32x?x1xf32>) -> tensor<1x32x?x8xf32> {
  %0 = mlc.conv %x, %w {dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : (tensor<1x32x8x8xf32>, tensor<32x32x?x1xf32>) -> tensor<1x32x?x8xf32>
  return %0 : tensor<1x32x?x8xf32>
}

// -----

// A border of a picture in blocks is one in blocks, whatever fills it.
// CHECK-LABEL: func.func @border
// CHECK: mlc.conv_blocked
// CHECK: mlc.pad %{{.*}} {high = array<i64: 0, 0, 1, 1, 0>, kind = 1 : i32, low = array<i64: 0, 0, 1, 1, 0>{{.*}} -> tensor<1x2x10x10x16xf32>
// CHECK: mlc.conv_blocked
func.func @border(%x: tensor<1x32x8x8xf32>) -> tensor<1x32x8x8xf32> {
  %w = mlc.constant dense<1.0> : tensor<32x32x3x3xf32> : tensor<32x32x3x3xf32>
  %0 = mlc.conv %x, %w {dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>} : (tensor<1x32x8x8xf32>, tensor<32x32x3x3xf32>) -> tensor<1x32x8x8xf32>
  %1 = mlc.pad %0 {high = array<i64: 0, 0, 1, 1>, kind = 1 : i32, low = array<i64: 0, 0, 1, 1>, operandSegmentSizes = array<i32: 1, 0, 0, 0>} : (tensor<1x32x8x8xf32>) -> tensor<1x32x10x10xf32>
  %2 = mlc.conv %1, %w {dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : (tensor<1x32x10x10xf32>, tensor<32x32x3x3xf32>) -> tensor<1x32x8x8xf32>
  return %2 : tensor<1x32x8x8xf32>
}
