// RUN: mlc-opt %s --split-input-file --verify-diagnostics

func.func @integer_function(%x: tensor<2xi32>) {
  // expected-error @+1 {{operand #0 must be ranked tensor of floating-point values, but got 'tensor<2xi32>'}}
  %y = mlc.erf %x : (tensor<2xi32>) -> tensor<2xi32>
  return
}

// -----

func.func @float_bits(%x: tensor<2xf32>) {
  // expected-error @+1 {{operand #0 must be ranked tensor of integer values, but got 'tensor<2xf32>'}}
  %y = mlc.and %x, %x : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @condition(%c: tensor<2xi8>, %x: tensor<2xf32>) {
  // expected-error @+1 {{operand #0 must be ranked tensor of 1-bit signless integer values, but got 'tensor<2xi8>'}}
  %y = mlc.where %c, %x, %x : (tensor<2xi8>, tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @two_types(%x: tensor<2xf32>, %y: tensor<2xf16>) {
  // expected-error @+1 {{expects operands of one element type}}
  %z = mlc.add %x, %y : (tensor<2xf32>, tensor<2xf16>) -> tensor<2xf32>
  return
}

// -----

func.func @dims(%x: tensor<2xf32>, %y: tensor<3xf32>) {
  // expected-error @+1 {{expects operands that broadcast, got dims 2 and 3}}
  %z = mlc.add %x, %y : (tensor<2xf32>, tensor<3xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @result(%x: tensor<2xf32>) {
  // expected-error @+1 {{expects result type 'tensor<2xf32>', got 'tensor<3xf32>'}}
  %z = mlc.neg %x : (tensor<2xf32>) -> tensor<3xf32>
  return
}
