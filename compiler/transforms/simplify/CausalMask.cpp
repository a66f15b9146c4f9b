//===- CausalMask.cpp - masks that hide later keys --------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/transforms/simplify/CausalMask.h"
#include "compiler/transforms/simplify/Patterns.h"
#include "compiler/transforms/simplify/TensorBuilder.h"

using namespace mlir;

namespace mlc {

/// Larger triangles are not looked through.
static constexpr int64_t maxTriangle = int64_t(1) << 26;

CausalMask::CausalMask(DimFacts &facts, Type scores) : facts(facts) {
  auto type = dyn_cast_or_null<RankedTensorType>(scores);
  if (type && type.getRank() >= 2 && type.hasStaticShape()) {
    MLIRContext *context = type.getContext();
    queries =
        getAffineConstantExpr(type.getDimSize(type.getRank() - 2), context);
    keys = getAffineConstantExpr(type.getDimSize(type.getRank() - 1), context);
  }
}

void CausalMask::setDims(ArrayRef<AffineExpr> q, ArrayRef<AffineExpr> k,
                         bool keysTransposed) {
  queries = q[q.size() - 2];
  keys = keysTransposed ? k[k.size() - 1] : k[k.size() - 2];
}

/// Whether rows [rowStart, rowStart + rows) and the first `columns` columns of
/// each matrix are visible for column <= rowStart + row exactly. (A batch that
/// is known leaves a constant mask for each of its elements.)
bool CausalMask::isTriangle(const ConstantData &data, int64_t rowStart,
                            int64_t rows, int64_t columns,
                            std::optional<double> hidden) {
  ArrayRef<int64_t> shape = data.type().getShape();
  if (shape.size() < 2 || data.isSplat() || data.count() == 0 ||
      data.count() > maxTriangle) {
    return false;
  }
  int64_t height = shape[shape.size() - 2], width = shape.back();
  if (rowStart < 0 || rowStart + rows > height || columns > width) {
    return false;
  }
  for (int64_t first = 0; first < data.count(); first += height * width) {
    for (int64_t row = rowStart; row < rowStart + rows; ++row) {
      for (int64_t column = 0; column < columns; ++column) {
        double element = data.number(first + row * width + column);
        bool visible = hidden ? element == 0 : element != 0;
        bool wanted = column <= row;
        if (visible != wanted || (hidden && !visible && element > *hidden)) {
          return false;
        }
      }
    }
  }
  return true;
}

/// triangle[..., T - S : T, 0 : T] of a square triangle.
bool CausalMask::isTriangleSlice(SliceOp slice, std::optional<double> hidden) {
  std::optional<ConstantData> data = ConstantData::of(slice.getX());
  int64_t rank = rankOf(slice);
  if (!data || rank < 2 || !queries ||
      llvm::any_of(slice.getSteps(), [](int64_t step) { return step != 1; })) {
    return false;
  }
  DimExprs dims(facts.dims(slice));
  OpBuilder b(slice.getContext());
  auto starts = mixedSizes(b, slice.getStarts(), slice.getStartValues());
  AffineExpr row = facts.index(starts[rank - 2]);
  AffineExpr column = facts.index(starts[rank - 1]);
  auto first = dyn_cast<AffineConstantExpr>(column);
  int64_t height = data->type().getDimSize(rank - 2);
  int64_t width = data->type().getDimSize(rank - 1);
  return dims[rank - 2] == queries && dims[rank - 1] == keys && first &&
         first.getValue() == 0 && row == keys - queries && height == width &&
         isTriangle(*data, 0, height, width, hidden);
}

/// 0, 1, 2, ... along the keys (or the queries) of [..., S, T].
bool CausalMask::isPosition(Value value, bool ofKeys) {
  DimExprs dims(facts.dims(value));
  size_t axis = ofKeys ? 1 : 2; // from the end
  for (size_t i = 1; i <= dims.size(); ++i) {
    AffineExpr wanted = ofKeys ? keys : queries;
    if (i == axis ? dims[dims.size() - i] != wanted
                  : !isOne(dims[dims.size() - i])) {
      return false;
    }
  }
  while (auto reshape = value.getDefiningOp<ReshapeOp>()) {
    value = reshape.getX();
  }
  auto iota = value.getDefiningOp<IotaOp>();
  return dims.size() >= axis && iota && rankOf(iota) == 1;
}

bool CausalMask::isCondition(Value condition) {
  if (!queries) {
    return false;
  }
  if (std::optional<ConstantData> data = ConstantData::of(condition)) {
    auto s = dyn_cast<AffineConstantExpr>(queries);
    auto t = dyn_cast<AffineConstantExpr>(keys);
    ArrayRef<int64_t> shape = data->type().getShape();
    return s && t && shape.size() >= 2 && s == t &&
           shape[shape.size() - 2] == s.getValue() &&
           shape.back() == t.getValue() &&
           isTriangle(*data, 0, s.getValue(), t.getValue(), std::nullopt);
  }
  if (auto slice = condition.getDefiningOp<SliceOp>()) {
    return isTriangleSlice(slice, std::nullopt);
  }
  if (queries != keys) {
    return false;
  }
  if (auto compare = condition.getDefiningOp<LessEqualOp>()) {
    return isPosition(compare.getA(), true) &&
           isPosition(compare.getB(), false);
  }
  if (auto compare = condition.getDefiningOp<GreaterEqualOp>()) {
    return isPosition(compare.getA(), false) &&
           isPosition(compare.getB(), true);
  }
  return false;
}

bool CausalMask::isAdditive(Value mask, double hidden) {
  if (!queries) {
    return false;
  }
  if (auto where = mask.getDefiningOp<WhereOp>()) {
    std::optional<double> low = splatNumber(where.getB());
    return splatNumber(where.getA()) == 0.0 && low && *low <= hidden &&
           isCondition(where.getCondition());
  }
  if (auto slice = mask.getDefiningOp<SliceOp>()) {
    return isTriangleSlice(slice, hidden);
  }
  std::optional<ConstantData> data = ConstantData::of(mask);
  auto s = dyn_cast<AffineConstantExpr>(queries);
  auto t = dyn_cast<AffineConstantExpr>(keys);
  if (!data || !s || s != t || data->type().getRank() < 2) {
    return false;
  }
  ArrayRef<int64_t> shape = data->type().getShape();
  return shape[shape.size() - 2] == s.getValue() &&
         shape.back() == t.getValue() &&
         isTriangle(*data, 0, s.getValue(), t.getValue(), hidden);
}

} // namespace mlc
