//===- CpuConv.td - convolution and pooling as CPU kernels take them ------===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Blocked activations: [N, ceil(C / 16), H, W, 16], so that one 64-byte line
// holds 16 channels of a pixel. The lanes of the last block past C hold
// unspecified values; no op lets them reach a real channel. The pass
// mlc-choose-layouts (codegen/cpu) makes these ops; no front end does.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_OPS_CPUCONV_TD
#define MLC_OPS_CPUCONV_TD

include "mlc/ops/Contract.td"

class MLC_CpuConvOp<string mnemonic, list<Trait> traits = []>
    : MLC_ShapedOp<mnemonic, traits> {
  let results = (outs MLC_Tensor:$y);
  let gradient = NoGradient<"made after differentiation">;
}

def MLC_PackOp : MLC_CpuConvOp<"pack"> {
  let summary = "[N, C, H, W] as blocks of 16 channels; missing channels are zero";
  let arguments = (ins MLC_Tensor:$x);
  let example = "%y = mlc.pack %x : (tensor<1x20x3x4xf32>) -> tensor<1x2x3x4x16xf32>";
}

def MLC_UnpackOp : MLC_CpuConvOp<"unpack"> {
  let summary = "the first `channels` channels of blocks of 16 as [N, C, H, W]";
  let arguments = (ins MLC_Tensor:$x, I64Attr:$channels);
  let example = "%y = mlc.unpack %x {channels = 20 : i64} : (tensor<1x2x3x4x16xf32>) -> tensor<1x20x3x4xf32>";
}

def MLC_ConvForm : I32EnumAttr<"ConvForm", "how a blocked convolution is computed", [
    I32EnumAttrCase<"direct", 0>, I32EnumAttrCase<"planar", 1>,
    I32EnumAttrCase<"winograd", 2>, I32EnumAttrCase<"transpose", 3>,
    I32EnumAttrCase<"depthwise", 4>]> {
  let cppNamespace = "::mlc";
}

def MLC_ConvBlockedOp : MLC_CpuConvOp<"conv_blocked",
    [SameElementTypes, CountsFlops]> {
  let summary = "2-d convolution of blocked activations with packed weights";
  let description = [{
    x: blocked, planar form: [N, C, H, W]; w: the filters in panels of 32 (I, O:
    channels and filters of a group):

      direct     [group, ceil(O/32), ceil(I/16), kh, kw, 16, 32]
      planar     [ceil(O/32), C, kh, kw, 32], for few channels, group 1
      winograd   [ceil(O/32), 16, ceil(I/16), 16, 32]: G g G^T of F(2x2, 3x3)
      transpose  [kh, kw, ceil(O/32), ceil(I/16), 16, 32]: mlc.conv_transpose
                 with stride = kernel, no pads, group 1
      depthwise  [ceil(filters/16), kh, kw, I, 16]: I divides 16 and is at most
                 O, which divides 16 or is a multiple; filters of a group lie
                 beside each other as its channels do

    y: blocked. Other attributes as mlc.conv, for two spatial axes. Elements of
    type i32 (direct form) are pairs as those of mlc.matmul_packed.
  }];
  let arguments = (ins MLC_Tensor:$x, MLC_Tensor:$w, MLC_ConvForm:$form,
                       I64Attr:$channels, I64Attr:$filters,
                       DefaultValuedAttr<I64Attr, "1">:$group,
                       DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$strides,
                       DenseI64ArrayAttr:$pads, DenseI64ArrayAttr:$dilations);
  let precision = Widen;
  let extraClassDeclaration = [{
    /// The dims of `w`.
    static ::llvm::SmallVector<int64_t>
    packedDims(ConvForm form, int64_t channels, int64_t filters, int64_t group,
               ::llvm::ArrayRef<int64_t> kernel);
    /// Whether groups of so many channels and filters have the depthwise form.
    static bool isLanewise(int64_t channels, int64_t filters);
  }];
  let example = "%y = mlc.conv_blocked %x, %w {channels = 20 : i64, dilations = array<i64: 1, 1>, filters = 40 : i64, form = 0 : i32, kernel = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>} : (tensor<1x2x8x8x16xf32>, tensor<1x2x2x3x3x16x32xf32>) -> tensor<1x3x8x8x16xf32>";
}

def MLC_PoolBlockedOp : MLC_CpuConvOp<"pool_blocked", [CountsFlops]> {
  let summary = "mlc.pool (max or average, two spatial axes) of blocked activations";
  let arguments = (ins MLC_Tensor:$x, MLC_PoolKind:$kind,
                       DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$strides,
                       DenseI64ArrayAttr:$pads, DenseI64ArrayAttr:$dilations,
                       DefaultValuedAttr<BoolAttr, "false">:$ceil_mode,
                       DefaultValuedAttr<BoolAttr, "false">:$count_include_pad);
  let example = "%y = mlc.pool_blocked %x {dilations = array<i64: 1, 1>, kernel = array<i64: 2, 2>, kind = 0 : i32, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : (tensor<1x2x8x8x16xf32>) -> tensor<1x2x4x4x16xf32>";
}

#endif // MLC_OPS_CPUCONV_TD
