//===- InferIndex.cpp - shapes of ops by index ------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/mlc/ops/Infer.h"

using namespace mlir;
using namespace mlc;

LogicalResult mlc::verifyAxis(Operation *op, int64_t axis, size_t rank) {
  if (axis < 0 || axis >= int64_t(rank)) {
    return op->emitOpError("expects an axis in [0, ")
           << rank << "), got " << axis;
  }
  return success();
}

static LogicalResult verifyIndices(Operation *op, Value indices) {
  if (!isa<IntegerType>(elementTypeOf(indices))) {
    return op->emitOpError("expects integer indices, got ")
           << elementTypeOf(indices);
  }
  return success();
}

LogicalResult
GatherElementsOp::inferShapes(ShapeScope &scope,
                              SmallVectorImpl<InferredType> &results) {
  size_t rank = scope.dims(getX()).size();
  DimExprs indices(scope.dims(getIndices()));
  if (failed(verifyAxis(*this, getAxis(), rank)) ||
      failed(verifyIndices(*this, getIndices()))) {
    return failure();
  }
  if (indices.size() != rank) {
    return emitOpError("expects indices of x's rank, got ")
           << indices.size() << " and " << rank;
  }
  results.push_back({elementTypeOf(getX()), indices});
  return success();
}

/// The static last dim of an index tensor: how many dims a tuple indexes.
static FailureOr<int64_t> tupleSize(Operation *op, ArrayRef<AffineExpr> indices,
                                    int64_t most) {
  auto size = indices.empty() ? AffineConstantExpr()
                              : dyn_cast<AffineConstantExpr>(indices.back());
  if (!size || size.getValue() < 0 || size.getValue() > most) {
    return op->emitOpError("expects index tuples of static size at most ")
           << most << ", got "
           << (size ? size.getValue() : ShapedType::kDynamic);
  }
  return size.getValue();
}

LogicalResult GatherNDOp::inferShapes(ShapeScope &scope,
                                      SmallVectorImpl<InferredType> &results) {
  DimExprs x(scope.dims(getX())), indices(scope.dims(getIndices()));
  int64_t batch = getBatchDims();
  if (batch < 0 || batch >= int64_t(indices.size()) ||
      batch > int64_t(x.size()) || failed(verifyIndices(*this, getIndices()))) {
    return emitOpError("expects batch dims below the operands' ranks, got ")
           << batch;
  }
  FailureOr<int64_t> size =
      tupleSize(*this, indices, int64_t(x.size()) - batch);
  if (failed(size)) {
    return failure();
  }
  DimExprs dims(ArrayRef<AffineExpr>(indices).drop_back());
  dims.append(x.begin() + batch + *size, x.end());
  results.push_back({elementTypeOf(getX()), dims});
  return success();
}

/// Whether two dims are different constants.
static bool differ(AffineExpr a, AffineExpr b) {
  return isa<AffineConstantExpr>(a) && isa<AffineConstantExpr>(b) && a != b;
}

LogicalResult
ScatterElementsOp::inferShapes(ShapeScope &scope,
                               SmallVectorImpl<InferredType> &results) {
  DimExprs x(scope.dims(getX())), indices(scope.dims(getIndices()));
  DimExprs updates(scope.dims(getUpdates()));
  if (failed(verifyAxis(*this, getAxis(), x.size())) ||
      failed(verifyIndices(*this, getIndices()))) {
    return failure();
  }
  if (indices.size() != x.size() || updates.size() != x.size() ||
      llvm::any_of(llvm::zip(indices, updates),
                   [](auto pair) { return std::apply(differ, pair); }) ||
      elementTypeOf(getUpdates()) != elementTypeOf(getX())) {
    return emitOpError(
        "expects updates of x's rank and type with the dims of indices");
  }
  results.push_back({elementTypeOf(getX()), x});
  return success();
}

LogicalResult ScatterNDOp::inferShapes(ShapeScope &scope,
                                       SmallVectorImpl<InferredType> &results) {
  DimExprs x(scope.dims(getX())), indices(scope.dims(getIndices()));
  DimExprs updates(scope.dims(getUpdates()));
  FailureOr<int64_t> size = tupleSize(*this, indices, x.size());
  if (failed(size) || failed(verifyIndices(*this, getIndices()))) {
    return failure();
  }
  DimExprs expected(ArrayRef<AffineExpr>(indices).drop_back());
  expected.append(x.begin() + *size, x.end());
  if (expected.size() != updates.size() ||
      llvm::any_of(llvm::zip(expected, updates),
                   [](auto pair) { return std::apply(differ, pair); }) ||
      elementTypeOf(getUpdates()) != elementTypeOf(getX())) {
    return emitOpError("expects updates of x's type, one slice per tuple");
  }
  results.push_back({elementTypeOf(getX()), x});
  return success();
}

LogicalResult NonZeroOp::inferShapes(ShapeScope &scope,
                                     SmallVectorImpl<InferredType> &results) {
  FailureOr<DimExprs> count =
      mixedDims(*this, scope, getCount(), getCountValue());
  if (failed(count) || count->size() != 1) {
    return failed(count)
               ? failure()
               : emitOpError("expects one count, got ") << getCount().size();
  }
  int64_t rank = scope.dims(getX()).size();
  results.push_back({IntegerType::get(getContext(), 64),
                     {scope.constant(rank), count->front()}});
  return success();
}
