//===- ConvImages.h - tensors of other ranks as pictures --------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_CPU_CONVIMAGES_H
#define MLC_CODEGEN_CPU_CONVIMAGES_H

#include "codegen/cpu/ShapedBuilder.h"

namespace mlc::codegen {

enum class ImageForm {
  line,   ///< [N, C, T] as [N, C, 1, T]
  plane,  ///< [N, C, D, H, W] as [N, C, D, H * W]
  frames, ///< [N, C, D, H, W] as [N * D, C, H, W]
};

/// A tensor of rank 3, or of 5 or more, in a rank closer to 4; null when there
/// is none.
struct Image {
  ImageForm form = ImageForm::line;
  mlir::Value value;
};

/// `tensor` in a form; `known` is the image that it has already, or null.
mlir::Value makeImage(ShapedBuilder &b, mlir::Value tensor, Image known,
                      ImageForm form);

/// What is `image` for the users of `tensor`.
mlir::Value fromImage(ShapedBuilder &b, Image image, mlir::Value tensor);

/// The dims in an image of an operand with other dims (1, or fewer) than the
/// result of rank `wholeRank`; nothing when it does not broadcast there.
std::optional<DimExprs> imageOfBroadcast(ShapedBuilder &b, mlir::Value operand,
                                         int64_t wholeRank, ImageForm form);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_CPU_CONVIMAGES_H
