//===- ShapedBuilder.cpp - moving elements in layout passes -----*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/ShapedBuilder.h"

#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;

namespace mlc::codegen {

namespace {
/// Sizes as ops take them: kDynamic entries take the next of `dims`.
struct MixedSizes {
  SmallVector<int64_t> sizes;
  SmallVector<Value> dims;

  void push(OpFoldResult size) {
    std::optional<int64_t> fixed = getConstantIntValue(size);
    sizes.push_back(fixed.value_or(ShapedType::kDynamic));
    if (!fixed) {
      dims.push_back(cast<Value>(size));
    }
  }
};
} // namespace

/// The bytes of a constant under other dims; null when they are not at hand.
static ElementsAttr reshapeConstant(ConstantOp op, ArrayRef<int64_t> shape) {
  auto type = RankedTensorType::get(shape, elementTypeOf(op.getY()));
  if (auto dense = dyn_cast<DenseElementsAttr>(op.getValue())) {
    return dense.reshape(type);
  }
  auto resource = dyn_cast<DenseResourceElementsAttr>(op.getValue());
  return resource
             ? DenseResourceElementsAttr::get(type, resource.getRawHandle())
             : ElementsAttr();
}

Value ShapedBuilder::reshape(Value x, ArrayRef<int64_t> to) {
  DimExprs dims;
  for (int64_t extent : to) {
    dims.push_back(constant(extent));
  }
  return reshape(x, dims);
}

Value ShapedBuilder::reshape(Value x, ArrayRef<AffineExpr> to) {
  if (scope.dims(x) == to) {
    return x;
  }
  MixedSizes mixed;
  for (AffineExpr dim : to) {
    mixed.push(scope.materialize(b, loc, dim));
  }
  auto constant = x.getDefiningOp<ConstantOp>();
  if (ElementsAttr value =
          constant ? reshapeConstant(constant, mixed.sizes) : ElementsAttr()) {
    return ConstantOp::create(b, x.getLoc(), value);
  }
  return make<ReshapeOp>(x, mixed.dims, mixed.sizes);
}

Value ShapedBuilder::pad(Value x, int64_t axis, int64_t low, int64_t high) {
  if (low == 0 && high == 0) {
    return x;
  }
  size_t rank = scope.dims(x).size();
  SmallVector<int64_t> lows(rank, 0), highs(rank, 0);
  lows[axis] = low;
  highs[axis] = high;
  return make<PadOp>(x, Value(), ValueRange(), ValueRange(), lows, highs,
                     PadKind::constant);
}

Value ShapedBuilder::slice(Value x, int64_t axis, int64_t start,
                           AffineExpr size, int64_t step) {
  DimExprs dims = this->dims(x);
  if (start == 0 && step == 1 && dims[axis] == size) {
    return x;
  }
  SmallVector<int64_t> starts(dims.size(), 0), steps(dims.size(), 1);
  starts[axis] = start;
  steps[axis] = step;
  dims[axis] = size;
  MixedSizes mixed;
  for (AffineExpr dim : dims) {
    mixed.push(scope.materialize(b, loc, dim));
  }
  return make<SliceOp>(x, ValueRange(), mixed.dims, starts, mixed.sizes, steps);
}

} // namespace mlc::codegen
