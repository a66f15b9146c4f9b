//===- InferOrder.cpp - shapes of ops of order and scans --------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/mlc/ops/Infer.h"

using namespace mlir;
using namespace mlc;

LogicalResult ArgReduceOp::inferShapes(ShapeScope &scope,
                                       SmallVectorImpl<InferredType> &results) {
  DimExprs dims(scope.dims(getX()));
  if (failed(verifyAxis(*this, getAxis(), dims.size()))) {
    return failure();
  }
  dims[getAxis()] = scope.constant(1);
  results.push_back({IntegerType::get(getContext(), 64), dims});
  return success();
}

LogicalResult
ReduceWindowOp::inferShapes(ShapeScope &scope,
                            SmallVectorImpl<InferredType> &results) {
  DimExprs dims(scope.dims(getX()));
  FailureOr<DimExprs> extents =
      mixedDims(*this, scope, getExtents(), getExtentValues());
  if (failed(extents)) {
    return failure();
  }
  if (extents->size() != dims.size()) {
    return emitOpError("expects an extent for each of ")
           << dims.size() << " axes, got " << extents->size();
  }
  for (auto [dim, extent] : llvm::zip_equal(dims, *extents)) {
    dim = dim - extent + 1;
    auto constant = dyn_cast<AffineConstantExpr>(dim);
    auto box = dyn_cast<AffineConstantExpr>(extent);
    if ((constant && constant.getValue() < 0) || (box && box.getValue() < 0)) {
      return emitOpError("expects the box to fit into x");
    }
  }
  results.push_back({elementTypeOf(getX()), dims});
  return success();
}

LogicalResult ScanOp::inferShapes(ShapeScope &scope,
                                  SmallVectorImpl<InferredType> &results) {
  DimExprs dims(scope.dims(getX()));
  FailureOr<DimExprs> axis = mixedDims(*this, scope, getAxis(), getAxisValue());
  if (failed(axis)) {
    return failure();
  }
  if (axis->size() != 1) {
    return emitOpError("expects one axis, got ") << axis->size();
  }
  auto constant = dyn_cast<AffineConstantExpr>(axis->front());
  if (constant && failed(verifyAxis(*this, constant.getValue(), dims.size()))) {
    return failure();
  }
  results.push_back({elementTypeOf(getX()), dims});
  return success();
}

LogicalResult ArgSortOp::inferShapes(ShapeScope &scope,
                                     SmallVectorImpl<InferredType> &results) {
  DimExprs dims(scope.dims(getX()));
  FailureOr<DimExprs> count =
      mixedDims(*this, scope, getCount(), getCountValue());
  if (failed(count) || failed(verifyAxis(*this, getAxis(), dims.size()))) {
    return failure();
  }
  if (count->size() != 1) {
    return emitOpError("expects one count, got ") << count->size();
  }
  Type i64 = IntegerType::get(getContext(), 64);
  DimExprs heap{dims[getAxis()]};
  dims[getAxis()] = count->front();
  results.push_back({i64, dims});
  results.push_back({i64, heap});
  return success();
}

LogicalResult
ArgSortRowsOp::inferShapes(ShapeScope &scope,
                           SmallVectorImpl<InferredType> &results) {
  DimExprs dims(scope.dims(getX()));
  if (dims.size() != 2) {
    return emitOpError("expects a matrix, got rank ") << dims.size();
  }
  Type i64 = IntegerType::get(getContext(), 64);
  results.push_back({i64, {dims[0]}});
  results.push_back({i64, {dims[0]}});
  return success();
}

LogicalResult DetOp::inferShapes(ShapeScope &scope,
                                 SmallVectorImpl<InferredType> &results) {
  DimExprs dims(scope.dims(getX()));
  Type type = elementTypeOf(getX());
  if (dims.size() < 2 || !isa<FloatType>(type)) {
    return emitOpError("expects floating-point matrices, got rank ")
           << dims.size() << " of " << type;
  }
  DimExprs matrix(ArrayRef<AffineExpr>(dims).take_back(2));
  if (isa<AffineConstantExpr>(matrix[0]) &&
      isa<AffineConstantExpr>(matrix[1]) && matrix[0] != matrix[1]) {
    return emitOpError("expects square matrices, got ")
           << cast<AffineConstantExpr>(matrix[0]).getValue() << "x"
           << cast<AffineConstantExpr>(matrix[1]).getValue();
  }
  dims.pop_back_n(2);
  results.push_back({type, dims});
  bool isDouble = type.isF64();
  results.push_back({isDouble ? type : Float32Type::get(getContext()), matrix});
  return success();
}
