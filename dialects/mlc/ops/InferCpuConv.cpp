//===- InferCpuConv.cpp - shapes of blocked convolutions --------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/mlc/Mlc.h"
#include "dialects/mlc/ops/WindowShapes.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlc;

static constexpr int64_t kBlock = 16, kPanel = 32;

/// Fails unless `dims` are those of blocked activations.
static LogicalResult verifyBlocked(Operation *op, ArrayRef<AffineExpr> dims) {
  auto lanes = dims.size() == 5 ? dyn_cast<AffineConstantExpr>(dims[4])
                                : AffineConstantExpr();
  if (!lanes || lanes.getValue() != kBlock) {
    return op->emitOpError("expects blocked activations [N, blocks, H, W, 16], "
                           "got rank ")
           << dims.size();
  }
  return success();
}

LogicalResult PackOp::inferShapes(ShapeScope &scope,
                                  SmallVectorImpl<InferredType> &results) {
  DimExprs dims(scope.dims(getX()));
  if (dims.size() != 4) {
    return emitOpError("expects rank 4, got ") << dims.size();
  }
  dims[1] = dims[1].ceilDiv(kBlock);
  dims.push_back(scope.constant(kBlock));
  results.push_back({elementTypeOf(getX()), dims});
  return success();
}

LogicalResult UnpackOp::inferShapes(ShapeScope &scope,
                                    SmallVectorImpl<InferredType> &results) {
  DimExprs dims(scope.dims(getX()));
  if (failed(verifyBlocked(*this, dims))) {
    return failure();
  }
  auto blocks = dyn_cast<AffineConstantExpr>(dims[1]);
  int64_t channels = getChannels();
  if (channels < 1 || (blocks && blocks.getValue() != int64_t(llvm::divideCeil(
                                                          channels, kBlock)))) {
    return emitOpError("expects ceil(channels / 16) blocks, got ")
           << channels << " channels and " << getX().getType();
  }
  dims[1] = scope.constant(channels);
  dims.pop_back();
  results.push_back({elementTypeOf(getX()), dims});
  return success();
}

SmallVector<int64_t> ConvBlockedOp::packedDims(ConvForm form, int64_t channels,
                                               int64_t filters, int64_t group,
                                               ArrayRef<int64_t> kernel) {
  int64_t panels = llvm::divideCeil(filters / group, kPanel);
  int64_t blocks = llvm::divideCeil(channels / group, kBlock);
  int64_t kh = kernel[0], kw = kernel[1];
  switch (form) {
  case ConvForm::direct:
    return {group, panels, blocks, kh, kw, kBlock, kPanel};
  case ConvForm::planar:
    return {panels, channels, kh, kw, kPanel};
  case ConvForm::winograd:
    return {panels, 16, blocks, kBlock, kPanel};
  case ConvForm::transpose:
    return {kh, kw, panels, blocks, kBlock, kPanel};
  case ConvForm::depthwise:
    return {int64_t(llvm::divideCeil(filters, kBlock)), kh, kw,
            channels / group, kBlock};
  }
  llvm_unreachable("unknown form");
}

bool ConvBlockedOp::isLanewise(int64_t channels, int64_t filters) {
  return kBlock % channels == 0 && channels <= filters &&
         (kBlock % filters == 0 || filters % kBlock == 0);
}

/// Whether the attributes suit the form.
static LogicalResult verifyForm(ConvBlockedOp op) {
  int64_t channels = op.getChannels(), filters = op.getFilters();
  int64_t group = op.getGroup();
  auto isAll = [](ArrayRef<int64_t> values, int64_t value) {
    return llvm::all_of(values, [=](int64_t v) { return v == value; });
  };
  bool fits = false;
  switch (op.getForm()) {
  case ConvForm::direct:
    fits = group == 1 || (channels % (group * kBlock) == 0 &&
                          filters % (group * kBlock) == 0);
    break;
  case ConvForm::planar:
    fits = group == 1;
    break;
  case ConvForm::winograd:
    fits = group == 1 && isAll(op.getKernel(), 3) &&
           isAll(op.getStrides(), 1) && isAll(op.getDilations(), 1);
    break;
  case ConvForm::transpose:
    fits = group == 1 && op.getKernel() == op.getStrides() &&
           isAll(op.getPads(), 0) && isAll(op.getDilations(), 1);
    break;
  case ConvForm::depthwise:
    fits = ConvBlockedOp::isLanewise(channels / group, filters / group);
    break;
  }
  if (!fits) {
    return op.emitOpError("expects group, kernel, strides and pads that its "
                          "form allows");
  }
  return success();
}

LogicalResult
ConvBlockedOp::inferShapes(ShapeScope &scope,
                           SmallVectorImpl<InferredType> &results) {
  DimExprs x(scope.dims(getX()));
  bool isPlanar = getForm() == ConvForm::planar;
  if (isPlanar ? x.size() != 4 : failed(verifyBlocked(*this, x))) {
    return isPlanar ? emitOpError("expects x of rank 4, got ") << x.size()
                    : LogicalResult(failure());
  }
  if (getKernel().size() != 2 ||
      failed(verifyWindow(*this, 2, getStrides(), getPads(), getDilations()))) {
    return emitOpError("expects two kernel extents, got ")
           << getKernel().size();
  }
  int64_t group = getGroup();
  if (getKernel()[0] < 1 || getKernel()[1] < 1 || getChannels() < 1 ||
      getFilters() < 1 || group < 1 || getChannels() % group != 0 ||
      getFilters() % group != 0) {
    return emitOpError("expects positive extents, and channels and filters "
                       "that are multiples of group");
  }
  if (failed(verifyForm(*this))) {
    return failure();
  }
  auto w = cast<RankedTensorType>(getW().getType());
  if (w.getShape() != ArrayRef(packedDims(getForm(), getChannels(),
                                          getFilters(), group, getKernel()))) {
    return emitOpError("expects weights as its form packs them, got ") << w;
  }
  DimExprs dims{x[0], scope.constant(llvm::divideCeil(getFilters(), kBlock))};
  for (size_t i = 0; i < 2; ++i) {
    if (getForm() == ConvForm::transpose) {
      dims.push_back(x[i + 2] * getKernel()[i]);
      continue;
    }
    int64_t span = (getKernel()[i] - 1) * getDilations()[i] + 1;
    AffineExpr room = x[i + 2] + (getPads()[i] + getPads()[i + 2] - span);
    dims.push_back(room.floorDiv(getStrides()[i]) + 1);
  }
  dims.push_back(scope.constant(kBlock));
  results.push_back({elementTypeOf(getX()), dims});
  return success();
}

LogicalResult
PoolBlockedOp::inferShapes(ShapeScope &scope,
                           SmallVectorImpl<InferredType> &results) {
  DimExprs x(scope.dims(getX()));
  if (failed(verifyBlocked(*this, x)) || getKind() == PoolKind::lp) {
    return failure();
  }
  x.pop_back();
  FailureOr<DimExprs> dims =
      pooledDims(*this, x, getKernel(), getStrides(), getPads(), getDilations(),
                 getCeilMode());
  if (failed(dims)) {
    return failure();
  }
  dims->push_back(scope.constant(kBlock));
  results.push_back({elementTypeOf(getX()), *dims});
  return success();
}
