//===- InferSample.cpp - shapes of sampling ops -----------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/mlc/Mlc.h"

using namespace mlir;
using namespace mlc;

static LogicalResult verifyRank(Operation *op, StringRef name, size_t rank,
                                size_t expected) {
  if (rank != expected) {
    return op->emitOpError("expects ")
           << name << " of rank " << expected << ", got " << rank;
  }
  return success();
}

LogicalResult ResampleOp::inferShapes(ShapeScope &scope,
                                      SmallVectorImpl<InferredType> &results) {
  DimExprs dims(scope.dims(getX()));
  FailureOr<DimExprs> size = mixedDims(*this, scope, getSize(), getSizeValue());
  if (failed(size)) {
    return failure();
  }
  int64_t axis = getAxis();
  if (size->size() != 1 || axis < 0 || axis >= int64_t(dims.size())) {
    return emitOpError("expects one size and an axis in [0, ")
           << dims.size() << "), got " << axis;
  }
  bool crops = getCoordinates() == CoordinateKind::crop_and_resize;
  if (!elementTypeOf(getScale()).isF64() ||
      (getRoi() && !elementTypeOf(getRoi()).isF64()) ||
      crops != bool(getRoi()) ||
      failed(verifyRank(*this, "scale", scope.dims(getScale()).size(), 1))) {
    return emitOpError("expects a scale and, to crop, a region of f64");
  }
  dims[axis] = size->front();
  results.push_back({elementTypeOf(getX()), dims});
  return success();
}

LogicalResult
GridSampleOp::inferShapes(ShapeScope &scope,
                          SmallVectorImpl<InferredType> &results) {
  DimExprs x(scope.dims(getX())), grid(scope.dims(getGrid()));
  if (x.size() < 3 || x.size() > 5) {
    return emitOpError("expects 1 to 3 spatial axes, got rank ") << x.size();
  }
  auto size =
      dyn_cast<AffineConstantExpr>(grid.empty() ? AffineExpr() : grid.back());
  if (grid.size() != x.size() || !size ||
      size.getValue() != int64_t(x.size()) - 2) {
    return emitOpError("expects a grid of x's rank that holds one coordinate "
                       "per spatial axis");
  }
  DimExprs dims{x[0], x[1]};
  dims.append(grid.begin() + 1, grid.end() - 1);
  results.push_back({elementTypeOf(getX()), dims});
  return success();
}

LogicalResult RoiAlignOp::inferShapes(ShapeScope &scope,
                                      SmallVectorImpl<InferredType> &results) {
  DimExprs x(scope.dims(getX())), rois(scope.dims(getRois()));
  if (failed(verifyRank(*this, "x", x.size(), 4)) ||
      failed(verifyRank(*this, "rois", rois.size(), 2))) {
    return failure();
  }
  if (getHeight() < 1 || getWidth() < 1 || getSamplingRatio() < 0 ||
      !isa<IntegerType>(elementTypeOf(getBatch()))) {
    return emitOpError("expects at least one bin per axis");
  }
  results.push_back({elementTypeOf(getX()),
                     {rois[0], x[1], scope.constant(getHeight()),
                      scope.constant(getWidth())}});
  return success();
}

LogicalResult
RoiMaxPoolOp::inferShapes(ShapeScope &scope,
                          SmallVectorImpl<InferredType> &results) {
  DimExprs x(scope.dims(getX())), rois(scope.dims(getRois()));
  if (failed(verifyRank(*this, "x", x.size(), 4)) ||
      failed(verifyRank(*this, "rois", rois.size(), 2))) {
    return failure();
  }
  if (getHeight() < 1 || getWidth() < 1) {
    return emitOpError("expects at least one bin per axis");
  }
  results.push_back({elementTypeOf(getX()),
                     {rois[0], x[1], scope.constant(getHeight()),
                      scope.constant(getWidth())}});
  return success();
}

LogicalResult
NonMaxSuppressionOp::inferShapes(ShapeScope &scope,
                                 SmallVectorImpl<InferredType> &results) {
  DimExprs boxes(scope.dims(getBoxes())), scores(scope.dims(getScores()));
  if (failed(verifyRank(*this, "boxes", boxes.size(), 3)) ||
      failed(verifyRank(*this, "scores", scores.size(), 3))) {
    return failure();
  }
  auto corners = dyn_cast<AffineConstantExpr>(boxes[2]);
  if (corners && corners.getValue() != 4) {
    return emitOpError("expects four numbers per box, got ")
           << corners.getValue();
  }
  Type i64 = IntegerType::get(getContext(), 64);
  results.push_back({i64, {scope.index(getRows()), scope.constant(3)}});
  results.push_back({i64, {scope.constant(1)}});
  results.push_back({i64, {boxes[1]}});
  return success();
}
