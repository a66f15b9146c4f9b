// RUN: mlc-opt %s -mlc-arrange-convolutions -cse -split-input-file | FileCheck %s
// RUN: mlc-opt %s -mlc-arrange-convolutions -mlc-choose-layouts -cse -split-input-file | FileCheck %s --check-prefix=BLOCKED

// Lines are pictures of one row, and so is what follows elementwise: the views
// stand at the ends, blocks are packed and unpacked once.
// CHECK-LABEL: func.func @lines
// CHECK: %[[X:.*]] = mlc.reshape %arg0 [%{{.*}}, 20, 1, %{{.*}}]
// CHECK: %[[A:.*]] = mlc.conv %[[X]], %{{.*}} {dilations = array<i64: 1, 2>, pads = array<i64: 0, 4, 0, 0>, strides = array<i64: 1, 1>} : (tensor<?x20x1x?xf32>, tensor<32x20x1x3xf32>)
// CHECK: %[[B:.*]] = mlc.add %[[A]], %{{.*}} : (tensor<?x32x1x?xf32>, tensor<32x1x1xf32>)
// CHECK: %[[P:.*]] = mlc.pool %[[B]] {{.*}}kernel = array<i64: 1, 2>
// CHECK: %[[Y:.*]] = mlc.reshape %[[P]]
// CHECK: return %[[Y]]
// BLOCKED-LABEL: func.func @lines
// BLOCKED: mlc.pack
// BLOCKED: mlc.conv_blocked
// BLOCKED-NOT: mlc.{{pack|unpack|reshape}}
// BLOCKED: mlc.pool_blocked
// BLOCKED: mlc.unpack
func.func @lines(%x: tensor<?x20x?xf32>) -> tensor<?x32x?xf32> {
  %w = mlc.constant dense<1.0> : tensor<32x20x3xf32> : tensor<32x20x3xf32>
  %b = mlc.constant dense<2.0> : tensor<32x1xf32> : tensor<32x1xf32>
  %0 = mlc.conv %x, %w {dilations = array<i64: 2>, pads = array<i64: 4, 0>, strides = array<i64: 1>} : (tensor<?x20x?xf32>, tensor<32x20x3xf32>) -> tensor<?x32x?xf32>
  %1 = mlc.add %0, %b : (tensor<?x32x?xf32>, tensor<32x1xf32>) -> tensor<?x32x?xf32>
  %2 = mlc.pool %1 {dilations = array<i64: 1>, kernel = array<i64: 2>, kind = 0 : i32, pads = array<i64: 0, 0>, strides = array<i64: 2>} : (tensor<?x32x?xf32>) -> tensor<?x32x?xf32>
  return %2 : tensor<?x32x?xf32>
}

// -----

// The taps of the outermost of three axes become channels; two convolutions
// meet without leaving the blocks.
// CHECK-LABEL: func.func @volumes
// CHECK: mlc.transpose %arg0 {permutation = array<i64: 0, 2, 1, 3, 4>}
// CHECK: mlc.pad
// CHECK-COUNT-3: mlc.slice
// CHECK: mlc.concat
// CHECK: mlc.conv %{{.*}} : (tensor<4x96x6x6xf32>, tensor<16x96x3x3xf32>)
// CHECK: mlc.relu %{{.*}} : (tensor<4x16x6x6xf32>)
// CHECK-NOT: mlc.transpose
// CHECK: mlc.conv %{{.*}} : (tensor<4x16x6x6xf32>, tensor<16x16x1x1xf32>)
// BLOCKED-LABEL: func.func @volumes
// BLOCKED: mlc.conv_blocked
// BLOCKED-NOT: mlc.{{pack|unpack}}
// BLOCKED: mlc.conv_blocked
func.func @volumes(%x: tensor<1x32x4x6x6xf32>) -> tensor<1x16x4x6x6xf32> {
  %w = mlc.constant dense<1.0> : tensor<16x32x3x3x3xf32> : tensor<16x32x3x3x3xf32>
  %v = mlc.constant dense<1.0> : tensor<16x16x1x1x1xf32> : tensor<16x16x1x1x1xf32>
  %0 = mlc.conv %x, %w {dilations = array<i64: 1, 1, 1>, pads = array<i64: 1, 1, 1, 1, 1, 1>, strides = array<i64: 1, 1, 1>} : (tensor<1x32x4x6x6xf32>, tensor<16x32x3x3x3xf32>) -> tensor<1x16x4x6x6xf32>
  %1 = mlc.relu %0 : (tensor<1x16x4x6x6xf32>) -> tensor<1x16x4x6x6xf32>
  %2 = mlc.conv %1, %v {dilations = array<i64: 1, 1, 1>, pads = array<i64: 0, 0, 0, 0, 0, 0>, strides = array<i64: 1, 1, 1>} : (tensor<1x16x4x6x6xf32>, tensor<16x16x1x1x1xf32>) -> tensor<1x16x4x6x6xf32>
  return %2 : tensor<1x16x4x6x6xf32>
}

// -----

// Windows along the outermost axis alone need no taps beside each other: the
// inner axes are the columns of a picture.
// CHECK-LABEL: func.func @planes
// CHECK: mlc.reshape %arg0 [1, 32, 4, 36]
// CHECK: mlc.conv %{{.*}} {dilations = array<i64: 1, 1>, pads = array<i64: 1, 0, 1, 0>, strides = array<i64: 2, 1>} : (tensor<1x32x4x36xf32>, tensor<32x32x3x1xf32>) -> tensor<1x32x2x36xf32>
// CHECK: mlc.add %{{.*}} : (tensor<1x32x2x36xf32>, tensor<32x1x1xf32>)
// CHECK: mlc.conv %{{.*}} : (tensor<2x32x6x6xf32>, tensor<16x32x3x3xf32>)
// BLOCKED-LABEL: func.func @planes
// BLOCKED: mlc.conv_blocked
// BLOCKED-NOT: mlc.{{pack|unpack}}
// BLOCKED: mlc.transpose {{.*}} : (tensor<1x2x2x36x16xf32>)
// BLOCKED: mlc.conv_blocked
func.func @planes(%x: tensor<1x32x4x6x6xf32>) -> tensor<1x16x2x6x6xf32> {
  %w = mlc.constant dense<1.0> : tensor<32x32x3x1x1xf32> : tensor<32x32x3x1x1xf32>
  %v = mlc.constant dense<1.0> : tensor<16x32x1x3x3xf32> : tensor<16x32x1x3x3xf32>
  %b = mlc.constant dense<1.0> : tensor<32x1x1x1xf32> : tensor<32x1x1x1xf32>
  %0 = mlc.conv %x, %w {dilations = array<i64: 1, 1, 1>, pads = array<i64: 1, 0, 0, 1, 0, 0>, strides = array<i64: 2, 1, 1>} : (tensor<1x32x4x6x6xf32>, tensor<32x32x3x1x1xf32>) -> tensor<1x32x2x6x6xf32>
  %1 = mlc.add %0, %b : (tensor<1x32x2x6x6xf32>, tensor<32x1x1x1xf32>) -> tensor<1x32x2x6x6xf32>
  %2 = mlc.conv %1, %v {dilations = array<i64: 1, 1, 1>, pads = array<i64: 0, 1, 1, 0, 1, 1>, strides = array<i64: 1, 1, 1>} : (tensor<1x32x2x6x6xf32>, tensor<16x32x1x3x3xf32>) -> tensor<1x16x2x6x6xf32>
  return %2 : tensor<1x16x2x6x6xf32>
}

// -----

// Four phases of two by two taps, interleaved in blocks; a stride of one is an
// ordinary convolution.
// CHECK-LABEL: func.func @transposed
// CHECK: mlc.conv %arg0, %{{.*}} {{.*}}pads = array<i64: 1, 1, 1, 1>{{.*}} : (tensor<?x16x5x6xf32>, tensor<64x16x2x2xf32>) -> tensor<?x64x6x7xf32>
// CHECK: mlc.transpose %{{.*}} {permutation = array<i64: 0, 3, 4, 1, 5, 2, 6>}
// CHECK: mlc.slice {{.*}} tensor<?x1x12x14x16xf32> -> tensor<?x1x10x14x16xf32>
// CHECK: mlc.slice {{.*}} tensor<?x1x10x12x16xf32>
// CHECK: mlc.unpack
// CHECK: mlc.conv %{{.*}} {{.*}}dilations = array<i64: 2, 1>, pads = array<i64: 4, 1, 0, 1>
// CHECK-NOT: mlc.slice
func.func @transposed(%x: tensor<?x16x5x6xf32>) -> tensor<?x16x10x12xf32> {
  %w = mlc.constant dense<1.0> : tensor<16x16x4x4xf32> : tensor<16x16x4x4xf32>
  %v = mlc.constant dense<1.0> : tensor<16x16x3x3xf32> : tensor<16x16x3x3xf32>
  %0 = mlc.conv_transpose %x, %w {dilations = array<i64: 1, 1>, output_padding = array<i64: 0, 0>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 2, 2>} : (tensor<?x16x5x6xf32>, tensor<16x16x4x4xf32>) -> tensor<?x16x10x12xf32>
  %1 = mlc.conv_transpose %0, %v {dilations = array<i64: 2, 1>, output_padding = array<i64: 0, 0>, pads = array<i64: 0, 1, 4, 1>, strides = array<i64: 1, 1>} : (tensor<?x16x10x12xf32>, tensor<16x16x3x3xf32>) -> tensor<?x16x10x12xf32>
  return %1 : tensor<?x16x10x12xf32>
}

// -----

// Five taps of dilation 3 and stride 2: the even ones serve the even outputs,
// the odd ones the odd, one input further on. Of the columns every other is zero.
// CHECK-LABEL: func.func @residues
// CHECK: %[[U:.*]] = mlc.conv %arg0, %{{.*}} {dilations = array<i64: 3, 1>, pads = array<i64: 7, 0, 6, 0>{{.*}} : (tensor<1x16x6x5xf32>, tensor<32x16x3x1xf32>) -> tensor<1x32x13x5xf32>
// CHECK: mlc.pack %[[U]]
// CHECK: mlc.slice %{{.*}} [0, 0, 0, 0, 1, 0, 0] [1, 1, 1, 1, 12, 5, 16]
// CHECK: mlc.slice %{{.*}} [0, 0, 0, 0, 0, 0, 0] [1, 1, 1, 1, 12, 5, 16]
// CHECK: mlc.concat {{.*}} -> tensor<1x2x1x1x12x5x16xf32>
// CHECK: mlc.pad {{.*}} -> tensor<1x2x2x1x12x5x16xf32>
// CHECK: mlc.transpose {{.*}} -> tensor<1x1x12x2x5x2x16xf32>
func.func @residues(%x: tensor<1x16x6x5xf32>) -> tensor<1x16x23x9xf32> {
  %w = mlc.constant dense<1.0> : tensor<16x16x5x1xf32> : tensor<16x16x5x1xf32>
  %0 = mlc.conv_transpose %x, %w {dilations = array<i64: 3, 1>, output_padding = array<i64: 0, 0>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : (tensor<1x16x6x5xf32>, tensor<16x16x5x1xf32>) -> tensor<1x16x23x9xf32>
  return %0 : tensor<1x16x23x9xf32>
}

// -----

// One tap below the strides: zeros between the columns in blocks, between the
// rows outside of them.
// CHECK-LABEL: func.func @sparse
// CHECK: mlc.conv %arg0, {{.*}} -> tensor<1x16x3x3xf32>
// CHECK: mlc.pack
// CHECK: mlc.pad {{.*}} -> tensor<1x1x3x3x5x16xf32>
// CHECK: mlc.unpack {{.*}} -> tensor<1x16x3x11xf32>
// CHECK: mlc.pad {{.*}} -> tensor<1x16x3x5x11xf32>
// CHECK: mlc.slice {{.*}} -> tensor<1x16x11x11xf32>
func.func @sparse(%x: tensor<1x16x3x3xf32>) -> tensor<1x16x11x11xf32> {
  %w = mlc.constant dense<1.0> : tensor<16x16x1x1xf32> : tensor<16x16x1x1xf32>
  %0 = mlc.conv_transpose %x, %w {dilations = array<i64: 1, 1>, output_padding = array<i64: 0, 0>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 5, 5>} : (tensor<1x16x3x3xf32>, tensor<16x16x1x1xf32>) -> tensor<1x16x11x11xf32>
  return %0 : tensor<1x16x11x11xf32>
}

// -----

// Strides that would make mostly zeros are left alone.
// CHECK-LABEL: func.func @far
// CHECK: mlc.conv_transpose
func.func @far(%x: tensor<1x16x3x3xf32>) -> tensor<1x16x131x3xf32> {
  %w = mlc.constant dense<1.0> : tensor<16x16x1x1xf32> : tensor<16x16x1x1xf32>
  %0 = mlc.conv_transpose %x, %w {dilations = array<i64: 1, 1>, output_padding = array<i64: 0, 0>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 65, 1>} : (tensor<1x16x3x3xf32>, tensor<16x16x1x1xf32>) -> tensor<1x16x131x3xf32>
  return %0 : tensor<1x16x131x3xf32>
}

// -----

// Filters that a run computes are rearranged by it: the phases of a transposed
// convolution, then two groups of three channels that become one.
// CHECK-LABEL: func.func @computedFilters
// CHECK-SAME: %[[X:.*]]: tensor<1x8x5x5xf32>, %[[W:.*]]: tensor<8x4x3x3xf32>, %[[V:.*]]: tensor<8x3x3x3xf32>
// CHECK: mlc.reshape %[[W]] [2, 4, 4, 3, 3]
// CHECK: mlc.slice %{{.*}} [0, 0, 0, 1, 0, 0] [2, 4, 4, 2, 2, 3] [1, 1, 1, -1, 1, 1]
// CHECK: %[[P:.*]] = mlc.reshape {{.*}} -> tensor<32x4x2x2xf32>
// CHECK: mlc.conv %[[X]], %[[P]] {{.*}}group = 2 : i64
// CHECK: %[[M:.*]] = mlc.transpose {{.*}} -> tensor<1x4x2x4x6x6xf32>
// CHECK: mlc.reshape %[[M]]
// CHECK: mlc.pack {{.*}} -> tensor<4x1x6x6x16xf32>
// CHECK: mlc.reshape %[[V]]
// CHECK: mlc.pad {{.*}} -> tensor<1x2x3x108xf32>
// CHECK: %[[D:.*]] = mlc.reshape {{.*}} -> tensor<8x6x3x3xf32>
// CHECK: mlc.conv %{{.*}}, %[[D]] {dilations
// CHECK-NOT: group
func.func @computedFilters(%x: tensor<1x8x5x5xf32>, %w: tensor<8x4x3x3xf32>, %v: tensor<8x3x3x3xf32>) -> tensor<1x8x9x9xf32> {
  %0 = mlc.conv_transpose %x, %w {dilations = array<i64: 1, 1>, group = 2 : i64, output_padding = array<i64: 0, 0>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : (tensor<1x8x5x5xf32>, tensor<8x4x3x3xf32>) -> tensor<1x8x11x11xf32>
  %1 = mlc.slice %0 [0, 0, 0, 0] [1, 6, 11, 11] [1, 1, 1, 1] : tensor<1x8x11x11xf32> -> tensor<1x6x11x11xf32>
  %2 = mlc.conv %1, %v {dilations = array<i64: 1, 1>, group = 2 : i64, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : (tensor<1x6x11x11xf32>, tensor<8x3x3x3xf32>) -> tensor<1x8x9x9xf32>
  return %2 : tensor<1x8x9x9xf32>
}

// -----

// Two groups of 24 fill blocks; small odd ones get channels of zeros.
// CHECK-LABEL: func.func @groups
// CHECK: %[[J:.*]] = mlc.conv %arg0, %{{.*}} {{.*}}group = 3 : i64{{.*}} : (tensor<1x144x8x8xf32>, tensor<144x48x3x3xf32>)
// CHECK: %[[P:.*]] = mlc.pad %{{.*}} tensor<1x48x4x8x8xf32>
// CHECK: mlc.conv %{{.*}} {{.*}}group = 48 : i64{{.*}} : (tensor<1x192x8x8xf32>, tensor<384x4x3x3xf32>)
// CHECK: mlc.slice {{.*}} tensor<1x48x8x8x8xf32> -> tensor<1x48x6x8x8xf32>
// BLOCKED-LABEL: func.func @groups
// BLOCKED: mlc.conv_blocked {{.*}}form = 0 : i32, group = 3 : i64
// BLOCKED: mlc.conv_blocked {{.*}}form = 4 : i32, group = 48 : i64
func.func @groups(%x: tensor<1x144x8x8xf32>) -> tensor<1x288x8x8xf32> {
  %w = mlc.constant dense<1.0> : tensor<144x24x3x3xf32> : tensor<144x24x3x3xf32>
  %v = mlc.constant dense<1.0> : tensor<288x3x3x3xf32> : tensor<288x3x3x3xf32>
  %0 = mlc.conv %x, %w {dilations = array<i64: 1, 1>, group = 6 : i64, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>} : (tensor<1x144x8x8xf32>, tensor<144x24x3x3xf32>) -> tensor<1x144x8x8xf32>
  %1 = mlc.conv %0, %v {dilations = array<i64: 1, 1>, group = 48 : i64, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>} : (tensor<1x144x8x8xf32>, tensor<288x3x3x3xf32>) -> tensor<1x288x8x8xf32>
  return %1 : tensor<1x288x8x8xf32>
}

// -----

// Convolutions of f64, and of filters that only the run counts, are products of
// the filters and of what lies under their taps, gathered axis by axis.
// CHECK-LABEL: func.func @products
// CHECK: %[[P:.*]] = mlc.pad %arg0 {high = array<i64: 0, 0, 0, 1>
// CHECK: mlc.reshape %[[P]] {{.*}} -> tensor<1x1x4x1x1x6x9xf64>
// CHECK-COUNT-3: mlc.slice
// CHECK: mlc.concat {{.*}} -> tensor<1x1x4x3x1x6x4xf64>
// CHECK: mlc.reshape {{.*}} -> tensor<1x1x4x1x3x6x4xf64>
// CHECK-COUNT-2: mlc.slice
// CHECK: mlc.concat {{.*}} -> tensor<1x1x4x2x3x5x4xf64>
// CHECK: %[[B:.*]] = mlc.reshape {{.*}} -> tensor<1x1x24x20xf64>
// CHECK: %[[A:.*]] = mlc.reshape %arg1 {{.*}} -> tensor<1x8x24xf64>
// CHECK: mlc.matmul %[[A]], %[[B]]
// CHECK: mlc.matmul {{.*}} : (tensor<2x?x3xf32>, tensor<1x2x3x20xf32>) -> tensor<1x2x?x20xf32>
func.func @products(%x: tensor<1x4x6x8xf64>, %w: tensor<8x4x2x3xf64>, %v: tensor<?x3x1x1xf32>) -> (tensor<1x8x5x4xf64>, tensor<1x?x5x4xf32>) {
  %0 = mlc.conv %x, %w {dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 1>, strides = array<i64: 1, 2>} : (tensor<1x4x6x8xf64>, tensor<8x4x2x3xf64>) -> tensor<1x8x5x4xf64>
  %z = mlc.constant dense<1.0> : tensor<1x6x5x4xf32> : tensor<1x6x5x4xf32>
  %1 = mlc.conv %z, %v {dilations = array<i64: 1, 1>, group = 2 : i64, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : (tensor<1x6x5x4xf32>, tensor<?x3x1x1xf32>) -> tensor<1x?x5x4xf32>
  return %0, %1 : tensor<1x8x5x4xf64>, tensor<1x?x5x4xf32>
}

// -----

// A row of one filter does not repay that: each tap is an elementwise product.
// CHECK-LABEL: func.func @wideDepthwise
// CHECK: %[[X:.*]] = mlc.reshape %arg0 {{.*}} -> tensor<1x4x1x6x8xf64>
// CHECK: %[[W:.*]] = mlc.reshape %arg1 {{.*}} -> tensor<4x6x1x1xf64>
// CHECK: %[[P:.*]] = mlc.mul %{{.*}} : (tensor<1x4x1x5x6xf64>, tensor<4x1x1x1xf64>)
// CHECK: %[[Q:.*]] = mlc.mul
// CHECK: mlc.add %[[P]], %[[Q]]
// CHECK-COUNT-4: mlc.mul
func.func @wideDepthwise(%x: tensor<1x4x6x8xf64>, %w: tensor<4x1x2x3xf64>) -> tensor<1x4x5x6xf64> {
  %0 = mlc.conv %x, %w {dilations = array<i64: 1, 1>, group = 4 : i64, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : (tensor<1x4x6x8xf64>, tensor<4x1x2x3xf64>) -> tensor<1x4x5x6xf64>
  return %0 : tensor<1x4x5x6xf64>
}

// -----

// What would take more than a GiB to gather is not gathered.
// CHECK-LABEL: func.func @large
// CHECK: mlc.conv %
func.func @large(%x: tensor<8x64x512x512xf64>, %w: tensor<4x64x3x3xf64>) -> tensor<8x4x510x510xf64> {
  %0 = mlc.conv %x, %w {dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : (tensor<8x64x512x512xf64>, tensor<4x64x3x3xf64>) -> tensor<8x4x510x510xf64>
  return %0 : tensor<8x4x510x510xf64>
}
