//===- TensorBuilder.cpp - mlc ops built by passes --------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/transforms/simplify/TensorBuilder.h"

#include "mlir/Dialect/Arith/Utils/Utils.h"

using namespace mlir;

namespace mlc {

void MixedSizes::push(OpFoldResult size) {
  if (std::optional<int64_t> fixed = getConstantIntValue(size)) {
    sizes.push_back(*fixed);
  } else {
    sizes.push_back(ShapedType::kDynamic);
    dims.push_back(cast<Value>(size));
  }
}

Value TensorBuilder::scalar(Type elementType, double value) {
  auto type = RankedTensorType::get({}, elementType);
  Attribute element;
  if (auto real = dyn_cast<FloatType>(elementType)) {
    element = FloatAttr::get(real, value);
  } else {
    element = IntegerAttr::get(elementType, int64_t(value));
  }
  return ConstantOp::create(b, loc,
                            DenseElementsAttr::get(type, ArrayRef(element)));
}

Value TensorBuilder::cast(Value x, Type elementType) {
  if (elementTypeOf(x) == elementType) {
    return x;
  }
  return make<CastOp>(x, elementType);
}

OpFoldResult TensorBuilder::dim(Value x, int64_t i) {
  auto type = mlir::cast<RankedTensorType>(x.getType());
  if (!type.isDynamicDim(i)) {
    return b.getIndexAttr(type.getDimSize(i));
  }
  return tensor::DimOp::create(b, loc, x, i).getResult();
}

OpFoldResult TensorBuilder::product(ArrayRef<OpFoldResult> factors) {
  AffineExpr result = b.getAffineConstantExpr(1);
  for (unsigned i = 0; i < factors.size(); ++i) {
    result = result * b.getAffineSymbolExpr(i);
  }
  return affine::makeComposedFoldedAffineApply(
      b, loc, AffineMap::get(0, factors.size(), result), factors);
}

Value TensorBuilder::fromIndex(OpFoldResult index, Type elementType) {
  if (std::optional<int64_t> fixed = getConstantIntValue(index)) {
    return scalar(elementType, double(*fixed));
  }
  auto type = RankedTensorType::get({}, b.getI64Type());
  Value count =
      FromScalarsOp::create(b, loc, type, mlir::cast<Value>(index)).getResult();
  return cast(count, elementType);
}

int64_t rankOf(Value value) {
  return cast<ShapedType>(value.getType()).getRank();
}

SmallVector<int64_t> axesFrom(int64_t first, int64_t rank) {
  SmallVector<int64_t> axes;
  for (int64_t i = first; i < rank; ++i) {
    axes.push_back(i);
  }
  return axes;
}

} // namespace mlc
