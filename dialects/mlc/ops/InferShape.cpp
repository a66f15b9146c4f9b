//===- InferShape.cpp - shapes of ops that move elements --------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/mlc/Mlc.h"

using namespace mlir;
using namespace mlc;

FailureOr<DimExprs> mlc::mixedDims(Operation *op, ShapeScope &scope,
                                   ArrayRef<int64_t> fixed,
                                   OperandRange dynamic) {
  DimExprs dims;
  auto next = dynamic.begin();
  for (int64_t size : fixed) {
    if (!ShapedType::isDynamic(size)) {
      dims.push_back(scope.constant(size));
    } else if (next == dynamic.end()) {
      return op->emitOpError("expects one operand per dynamic size, got ")
             << dynamic.size();
    } else {
      dims.push_back(scope.index(*next++));
    }
  }
  if (next != dynamic.end()) {
    return op->emitOpError("expects one operand per dynamic size, got ")
           << dynamic.size();
  }
  return dims;
}

/// mixedDims for extents: constants must not be negative.
static FailureOr<DimExprs> mixedExtents(Operation *op, ShapeScope &scope,
                                        ArrayRef<int64_t> fixed,
                                        OperandRange dynamic) {
  FailureOr<DimExprs> dims = mixedDims(op, scope, fixed, dynamic);
  if (failed(dims)) {
    return failure();
  }
  for (AffineExpr dim : *dims) {
    auto constant = dyn_cast<AffineConstantExpr>(dim);
    if (constant && constant.getValue() < 0) {
      return op->emitOpError("expects sizes >= 0, got ") << constant.getValue();
    }
  }
  return dims;
}

LogicalResult ReshapeOp::inferShapes(ShapeScope &scope,
                                     SmallVectorImpl<InferredType> &results) {
  FailureOr<DimExprs> dims = mixedExtents(*this, scope, getSizes(), getDims());
  if (failed(dims)) {
    return failure();
  }
  // Element counts that are both known must agree (in 128 bits: no overflow).
  auto count = [](ArrayRef<AffineExpr> all) -> std::optional<__int128> {
    __int128 product = 1;
    for (AffineExpr dim : all) {
      auto constant = dyn_cast<AffineConstantExpr>(dim);
      if (!constant || product > (__int128(1) << 62)) {
        return std::nullopt;
      }
      product *= constant.getValue();
    }
    return product;
  };
  auto before = count(scope.dims(getX())), after = count(*dims);
  if (before && after && *before != *after) {
    return emitOpError("expects equal element counts, got ")
           << int64_t(*before) << " and " << int64_t(*after);
  }
  results.push_back({elementTypeOf(getX()), *dims});
  return success();
}

LogicalResult EmptyOp::inferShapes(ShapeScope &scope,
                                   SmallVectorImpl<InferredType> &results) {
  FailureOr<DimExprs> dims = mixedExtents(*this, scope, getSizes(), getDims());
  if (failed(dims)) {
    return failure();
  }
  results.push_back({getTo(), *dims});
  return success();
}

LogicalResult InsertOp::inferShapes(ShapeScope &scope,
                                    SmallVectorImpl<InferredType> &results) {
  DimExprs rows(scope.dims(getRows())), x(scope.dims(getX()));
  if (rows.empty() || rows.size() != x.size()) {
    return emitOpError("expects rows of rank ")
           << x.size() << ", got rank " << rows.size();
  }
  for (size_t i = 1; i < x.size(); ++i) {
    auto from = dyn_cast<AffineConstantExpr>(rows[i]);
    auto to = dyn_cast<AffineConstantExpr>(x[i]);
    if (from && to && from != to) {
      return emitOpError("expects rows of extent ")
             << to.getValue() << ", got " << from.getValue();
    }
  }
  results.push_back({elementTypeOf(getX()), x});
  return success();
}

LogicalResult ExpandOp::inferShapes(ShapeScope &scope,
                                    SmallVectorImpl<InferredType> &results) {
  FailureOr<DimExprs> dims = mixedExtents(*this, scope, getSizes(), getDims());
  if (failed(dims)) {
    return failure();
  }
  DimExprs x(scope.dims(getX()));
  if (x.size() > dims->size()) {
    return emitOpError("expects at least rank ")
           << x.size() << ", got " << dims->size();
  }
  for (size_t i = 0; i < x.size(); ++i) {
    auto from = dyn_cast<AffineConstantExpr>(x[x.size() - 1 - i]);
    auto to = dyn_cast<AffineConstantExpr>((*dims)[dims->size() - 1 - i]);
    if (from && to && from.getValue() != 1 && from != to) {
      return emitOpError("expects dims that broadcast, got ")
             << from.getValue() << " to " << to.getValue();
    }
  }
  results.push_back({elementTypeOf(getX()), *dims});
  return success();
}

LogicalResult TransposeOp::inferShapes(ShapeScope &scope,
                                       SmallVectorImpl<InferredType> &results) {
  DimExprs x(scope.dims(getX()));
  SmallVector<bool> seen(x.size(), false);
  DimExprs dims;
  for (int64_t axis : getPermutation()) {
    if (axis < 0 || axis >= int64_t(x.size()) || seen[axis]) {
      return emitOpError("expects a permutation of the axes of rank ")
             << x.size();
    }
    seen[axis] = true;
    dims.push_back(x[axis]);
  }
  if (dims.size() != x.size()) {
    return emitOpError("expects a permutation of the axes of rank ")
           << x.size();
  }
  results.push_back({elementTypeOf(getX()), dims});
  return success();
}

LogicalResult SliceOp::inferShapes(ShapeScope &scope,
                                   SmallVectorImpl<InferredType> &results) {
  size_t rank = scope.dims(getX()).size();
  if (getStarts().size() != rank || getSizes().size() != rank ||
      getSteps().size() != rank || llvm::is_contained(getSteps(), 0)) {
    return emitOpError("expects a start, size and nonzero step for each of ")
           << rank << " axes";
  }
  FailureOr<DimExprs> starts =
      mixedDims(*this, scope, getStarts(), getStartValues());
  FailureOr<DimExprs> dims =
      mixedExtents(*this, scope, getSizes(), getSizeValues());
  if (failed(starts) || failed(dims)) {
    return failure();
  }
  results.push_back({elementTypeOf(getX()), *dims});
  return success();
}

LogicalResult ConcatOp::inferShapes(ShapeScope &scope,
                                    SmallVectorImpl<InferredType> &results) {
  if (getXs().empty()) {
    return emitOpError("expects at least one operand");
  }
  DimExprs dims(scope.dims(getXs()[0]));
  int64_t axis = getAxis();
  if (axis < 0 || axis >= int64_t(dims.size())) {
    return emitOpError("expects an axis in [0, ")
           << dims.size() << "), got " << axis;
  }
  for (Value x : getXs().drop_front()) {
    DimExprs other(scope.dims(x));
    if (other.size() != dims.size()) {
      return emitOpError("expects operands of one rank, got ")
             << dims.size() << " and " << other.size();
    }
    for (int64_t i = 0; i < int64_t(dims.size()); ++i) {
      if (i == axis) {
        dims[i] = dims[i] + other[i];
      } else if (isa<AffineConstantExpr>(other[i])) {
        if (isa<AffineConstantExpr>(dims[i]) && dims[i] != other[i]) {
          return emitOpError("expects equal dims off the axis, got ")
                 << cast<AffineConstantExpr>(dims[i]).getValue() << " and "
                 << cast<AffineConstantExpr>(other[i]).getValue();
        }
        dims[i] = other[i];
      }
    }
  }
  results.push_back({elementTypeOf(getXs()[0]), dims});
  return success();
}

LogicalResult PadOp::inferShapes(ShapeScope &scope,
                                 SmallVectorImpl<InferredType> &results) {
  DimExprs x(scope.dims(getX()));
  if (getLow().size() != x.size() || getHigh().size() != x.size()) {
    return emitOpError("expects amounts for each of ") << x.size() << " axes";
  }
  FailureOr<DimExprs> low = mixedDims(*this, scope, getLow(), getLowValues());
  FailureOr<DimExprs> high =
      mixedDims(*this, scope, getHigh(), getHighValues());
  if (failed(low) || failed(high)) {
    return failure();
  }
  DimExprs dims;
  for (size_t i = 0; i < x.size(); ++i) {
    dims.push_back(x[i] + (*low)[i] + (*high)[i]);
    auto constant = dyn_cast<AffineConstantExpr>(dims.back());
    if (constant && constant.getValue() < 0) {
      return emitOpError("expects extents >= 0, got ") << constant.getValue();
    }
  }
  results.push_back({elementTypeOf(getX()), dims});
  return success();
}

LogicalResult GatherOp::inferShapes(ShapeScope &scope,
                                    SmallVectorImpl<InferredType> &results) {
  DimExprs x(scope.dims(getX())), indices(scope.dims(getIndices()));
  int64_t axis = getAxis();
  if (axis < 0 || axis >= int64_t(x.size())) {
    return emitOpError("expects an axis in [0, ")
           << x.size() << "), got " << axis;
  }
  if (!elementTypeOf(getIndices()).isIntOrIndex()) {
    return emitOpError("expects integer indices, got ")
           << elementTypeOf(getIndices());
  }
  DimExprs dims(x.begin(), x.begin() + axis);
  llvm::append_range(dims, indices);
  dims.append(x.begin() + axis + 1, x.end());
  results.push_back({elementTypeOf(getX()), dims});
  return success();
}

LogicalResult IotaOp::inferShapes(ShapeScope &scope,
                                  SmallVectorImpl<InferredType> &results) {
  FailureOr<DimExprs> dims = mixedExtents(*this, scope, getSizes(), getDims());
  if (failed(dims)) {
    return failure();
  }
  int64_t axis = getAxis();
  if (axis < 0 || axis >= int64_t(dims->size())) {
    return emitOpError("expects an axis in [0, ")
           << dims->size() << "), got " << axis;
  }
  if (!getTo().isIntOrFloat()) {
    return emitOpError("expects an integer or floating-point type, got ")
           << getTo();
  }
  results.push_back({getTo(), *dims});
  return success();
}

LogicalResult CastOp::inferShapes(ShapeScope &scope,
                                  SmallVectorImpl<InferredType> &results) {
  results.push_back({getTo(), DimExprs(scope.dims(getX()))});
  return success();
}

OpFoldResult ReshapeOp::fold(FoldAdaptor) {
  auto from = dyn_cast<RankedTensorType>(getX().getType());
  if (from && from == getType() && from.hasStaticShape()) {
    return getX();
  }
  return {};
}

namespace {
/// reshape(reshape(x)) ==> reshape(x)
struct MergeReshapes : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReshapeOp op,
                                PatternRewriter &rewriter) const override {
    auto inner = op.getX().getDefiningOp<ReshapeOp>();
    if (!inner) {
      return rewriter.notifyMatchFailure(op, "operand is no reshape");
    }
    rewriter.modifyOpInPlace(op,
                             [&] { op.getXMutable().assign(inner.getX()); });
    return success();
  }
};
} // namespace

void ReshapeOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                            MLIRContext *context) {
  patterns.add<MergeReshapes>(context);
}

OpFoldResult TransposeOp::fold(FoldAdaptor) {
  for (auto [i, axis] : llvm::enumerate(getPermutation())) {
    if (int64_t(i) != axis) {
      return {};
    }
  }
  return getX();
}
