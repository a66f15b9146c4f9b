//===- InferWindow.cpp - shapes of window ops -------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/mlc/Mlc.h"
#include "dialects/mlc/ops/WindowShapes.h"

using namespace mlir;
using namespace mlc;

LogicalResult
PoolIndicesOp::inferShapes(ShapeScope &scope,
                           SmallVectorImpl<InferredType> &results) {
  FailureOr<DimExprs> dims =
      pooledDims(*this, scope.dims(getX()), getKernel(), getStrides(),
                 getPads(), getDilations(), getCeilMode());
  if (failed(dims)) {
    return failure();
  }
  results.push_back({IntegerType::get(getContext(), 64), *dims});
  return success();
}

LogicalResult Col2ImOp::inferShapes(ShapeScope &scope,
                                    SmallVectorImpl<InferredType> &results) {
  DimExprs x(scope.dims(getX()));
  FailureOr<DimExprs> image =
      mixedDims(*this, scope, getImage(), getImageValues());
  FailureOr<DimExprs> block =
      mixedDims(*this, scope, getBlock(), getBlockValues());
  if (failed(image) || failed(block)) {
    return failure();
  }
  if (x.size() != 3 || block->size() != image->size() ||
      failed(verifyWindow(*this, image->size(), getStrides(), getPads(),
                          getDilations()))) {
    return emitOpError("expects x of rank 3 and one block extent per image "
                       "axis, got rank ")
           << x.size();
  }
  AffineExpr positions = scope.constant(1);
  for (AffineExpr extent : *block) {
    auto constant = dyn_cast<AffineConstantExpr>(extent);
    if (constant && constant.getValue() < 1) {
      return emitOpError("expects positive block extents, got ")
             << constant.getValue();
    }
    positions = positions * extent;
  }
  DimExprs dims{x[0], x[1].floorDiv(positions)};
  llvm::append_range(dims, *image);
  results.push_back({elementTypeOf(getX()), dims});
  return success();
}

LogicalResult
DeformColumnsOp::inferShapes(ShapeScope &scope,
                             SmallVectorImpl<InferredType> &results) {
  DimExprs x(scope.dims(getX())), offset(scope.dims(getOffset()));
  if (x.size() != 4 || offset.size() != 4 ||
      (getMask() && scope.dims(getMask()).size() != 4)) {
    return emitOpError("expects operands of rank 4, got ")
           << x.size() << " and " << offset.size();
  }
  ArrayRef<int64_t> kernel = getKernel();
  if (getOffsetGroup() < 1 || kernel.size() != 2 || kernel[0] < 1 ||
      kernel[1] < 1 ||
      failed(verifyWindow(*this, 2, getStrides(), getPads(), getDilations()))) {
    return emitOpError("expects a positive kernel and positive groups");
  }
  results.push_back(
      {elementTypeOf(getX()),
       {x[0], offset[2], offset[3], scope.constant(kernel[0] * kernel[1]),
        scope.constant(getOffsetGroup()), x[3].floorDiv(getOffsetGroup())}});
  return success();
}
