//===- ConvImages.cpp - tensors of other ranks as pictures ------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/ConvImages.h"

#include "codegen/cpu/kernels/ConvShape.h"

#include "mlir/Dialect/Utils/IndexingUtils.h"

using namespace mlir;

namespace mlc::codegen {

/// [N, C, D, ...] to [N, D, C, ...], and back.
static SmallVector<int64_t> swapFrames(int64_t rank) {
  auto permutation = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  std::swap(permutation[1], permutation[2]);
  return permutation;
}

static AffineExpr productOf(ShapedBuilder &b, ArrayRef<AffineExpr> dims) {
  AffineExpr product = b.constant(1);
  for (AffineExpr dim : dims) {
    product = product * dim;
  }
  return product;
}

/// The dims of the image of a tensor with dims `dims`.
static DimExprs imageDims(ShapedBuilder &b, ArrayRef<AffineExpr> dims,
                          ImageForm form) {
  switch (form) {
  case ImageForm::line:
    return {dims[0], dims[1], b.constant(1), dims[2]};
  case ImageForm::plane:
    return {dims[0], dims[1], dims[2], productOf(b, dims.drop_front(3))};
  case ImageForm::frames:
    break;
  }
  DimExprs frames{dims[0] * dims[2], dims[1]};
  llvm::append_range(frames, dims.drop_front(3));
  return frames;
}

/// Between the plane and the frames of a tensor of whole channel blocks.
static Value changeForm(ShapedBuilder &b, Image image,
                        ArrayRef<AffineExpr> dims, int64_t channels) {
  AffineExpr blocks = b.constant(channels / kBlock);
  AffineExpr lanes = b.constant(kBlock);
  AffineExpr pixels = dims[3] * dims[4];
  bool isPlane = image.form == ImageForm::plane;
  Value packed = b.make<PackOp>(image.value);
  if (!isPlane) {
    packed = b.reshape(packed, {dims[0], dims[2], blocks, pixels, lanes});
  }
  packed = b.transpose(packed, swapFrames(5));
  if (isPlane) {
    packed =
        b.reshape(packed, {dims[0] * dims[2], blocks, dims[3], dims[4], lanes});
  }
  return b.make<UnpackOp>(packed, channels);
}

Value makeImage(ShapedBuilder &b, Value tensor, Image known, ImageForm form) {
  if (known.value && known.form == form) {
    return known.value;
  }
  DimExprs dims = b.dims(tensor);
  RankedTensorType type = tensorTypeOf(tensor);
  if (known.value && type.getRank() == 5 && !type.isDynamicDim(1) &&
      type.getDimSize(1) % kBlock == 0 && type.getElementType().isF32()) {
    return changeForm(b, known, dims, type.getDimSize(1));
  }
  Value source = form == ImageForm::frames
                     ? b.transpose(tensor, swapFrames(dims.size()))
                     : tensor;
  return b.reshape(source, imageDims(b, dims, form));
}

Value fromImage(ShapedBuilder &b, Image image, Value tensor) {
  DimExprs dims = b.dims(tensor);
  if (image.form != ImageForm::frames) {
    return b.reshape(image.value, dims);
  }
  SmallVector<int64_t> permutation = swapFrames(dims.size());
  return b.transpose(
      b.reshape(image.value, applyPermutation<AffineExpr>(dims, permutation)),
      permutation);
}

std::optional<DimExprs> imageOfBroadcast(ShapedBuilder &b, Value operand,
                                         int64_t wholeRank, ImageForm form) {
  DimExprs dims = b.dims(operand);
  if (form == ImageForm::line) {
    if (dims.size() > 1) {
      dims.insert(dims.end() - 1, b.constant(1));
    }
    return dims;
  }
  // Batch and outermost axis, or the inner ones, are not dims of their own.
  auto isOne = [&](AffineExpr dim) { return dim == b.constant(1); };
  int64_t inner = wholeRank - 3, outer = dims.size() - inner;
  if (outer < 1) {
    return std::nullopt;
  }
  if (form == ImageForm::plane) {
    bool isTaken = llvm::all_of(ArrayRef(dims).take_back(inner), isOne);
    dims.truncate(outer);
    dims.push_back(b.constant(1));
    return isTaken ? std::optional(dims) : std::nullopt;
  }
  if (!isOne(dims[outer - 1]) || (outer == 3 && !isOne(dims[0]))) {
    return std::nullopt;
  }
  dims.erase(dims.begin() + outer - 1);
  if (outer == 3) {
    dims.erase(dims.begin());
  }
  return dims;
}

} // namespace mlc::codegen
