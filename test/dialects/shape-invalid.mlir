// RUN: mlc-opt %s --split-input-file --verify-diagnostics

func.func @reshape(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{expects equal element counts, got 6 and 5}}
  %y = mlc.reshape %x [5] : tensor<2x3xf32> -> tensor<5xf32>
  return
}

// -----

func.func @transpose(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{expects a permutation of the axes of rank 2}}
  %y = mlc.transpose %x {permutation = array<i64: 0, 0>} : (tensor<2x3xf32>) -> tensor<2x2xf32>
  return
}

// -----

func.func @concat(%x: tensor<2x3xf32>, %y: tensor<4x4xf32>) {
  // expected-error @+1 {{expects equal dims off the axis, got 3 and 4}}
  %z = mlc.concat %x, %y {axis = 0 : i64} : (tensor<2x3xf32>, tensor<4x4xf32>) -> tensor<6x3xf32>
  return
}

// -----

func.func @gather_axis(%x: tensor<2x3xf32>, %i: tensor<1xi64>) {
  // expected-error @+1 {{expects an axis in [0, 2), got 2}}
  %y = mlc.gather %x, %i {axis = 2 : i64} : (tensor<2x3xf32>, tensor<1xi64>) -> tensor<2x3xf32>
  return
}

// -----

func.func @gather_type(%x: tensor<2x3xf32>, %i: tensor<1xf32>) {
  // expected-error @+1 {{expects integer indices, got 'f32'}}
  %y = mlc.gather %x, %i {axis = 0 : i64} : (tensor<2x3xf32>, tensor<1xf32>) -> tensor<1x3xf32>
  return
}

// -----

func.func @slice(%x: tensor<4xf32>) {
  // expected-error @+1 {{expects a start, size and nonzero step for each of 1 axes}}
  %y = mlc.slice %x [0] [2] [0] : tensor<4xf32> -> tensor<2xf32>
  return
}

// -----

func.func @expand(%x: tensor<3xf32>) {
  // expected-error @+1 {{expects dims that broadcast, got 3 to 2}}
  %y = mlc.expand %x [2] : tensor<3xf32> -> tensor<2xf32>
  return
}

// -----

func.func @insert_rank(%rows: tensor<4xf32>, %x: tensor<2x4xf32>, %at: index) {
  // expected-error @+1 {{expects rows of rank 2, got rank 1}}
  %y = mlc.insert %rows into %x at %at : tensor<4xf32>, tensor<2x4xf32> -> tensor<2x4xf32>
  return
}

// -----

func.func @insert_extent(%rows: tensor<1x3xf32>, %x: tensor<2x4xf32>, %at: index) {
  // expected-error @+1 {{expects rows of extent 4, got 3}}
  %y = mlc.insert %rows into %x at %at : tensor<1x3xf32>, tensor<2x4xf32> -> tensor<2x4xf32>
  return
}
