//===- Numeric.td - bits and random numbers ----------------*- tablegen -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_OPS_NUMERIC_TD
#define MLC_OPS_NUMERIC_TD

include "mlc/MlcBase.td"

def MLC_BitcastOp : MLC_ShapedOp<"bitcast"> {
  let summary = "the same bits as another element type of that width";
  let arguments = (ins MLC_Tensor:$x, TypeAttr:$to);
  let results = (outs MLC_Tensor:$y);
  let gradient = NoGradient<"bits">;
  let example = "%y = mlc.bitcast %x {to = i32} : (tensor<4xf32>) -> tensor<4xi32>";
}

def MLC_UnpackBitsOp : MLC_ShapedOp<"unpack_bits"> {
  let summary = "elements narrower than a byte out of packed bytes";
  let description = [{
    A caller's tensor of such a type is packed, first element in the low bits;
    inside a program each element has a byte. x: ui8, with y's dims, stands for
    the caller's buffer: only its first count * bits / 8 bytes exist.
  }];
  let arguments = (ins MLC_Tensor:$x, TypeAttr:$to);
  let results = (outs MLC_Tensor:$y);
  let gradient = NoGradient<"bits">;
  let example = "%y = mlc.unpack_bits %x {to = i4} : (tensor<3xui8>) -> tensor<3xi4>";
}

def MLC_PackBitsOp : MLC_ShapedOp<"pack_bits"> {
  let summary = "packed bytes of elements narrower than a byte";
  let description = [{
    The inverse of `mlc.unpack_bits`, for result number `output` of the program: it
    writes into the caller's buffer, so nothing else may use y.
  }];
  let arguments = (ins MLC_Tensor:$x, I64Attr:$output);
  let results = (outs MLC_Tensor:$y);
  let lowering = ByLoops;
  let gradient = NoGradient<"bits">;
}

def MLC_RandomOp : MLC_ShapedOp<"random"> {
  let summary = "uniform random numbers in [0, 1)";
  let description = [{
    Element i in row-major order is a hash of i and `seed` (the i-th number of
    the generator SplitMix64): the same on every device, for any number of
    threads, and in every run. f32 has 24 random bits, f64 53.
  }];
  let arguments = (ins Variadic<Index>:$dims, DenseI64ArrayAttr:$sizes,
                       I64Attr:$seed, TypeAttr:$to);
  let results = (outs MLC_Tensor:$y);
  let gradient = NoGradient<"no differentiable operand">;
  let precision = KeepF32;
}

#endif // MLC_OPS_NUMERIC_TD
