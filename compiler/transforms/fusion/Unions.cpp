//===- Unions.cpp - groups that emitters take ----------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/transforms/fusion/Unions.h"

#include "dialects/mlc/Scalar.h"

using namespace mlir;

namespace mlc {

static bool reducesTrailingAxes(ReduceOp op) {
  int64_t rank = cast<ShapedType>(op.getX().getType()).getRank();
  int64_t first = rank - op.getAxes().size();
  for (auto [i, axis] : llvm::enumerate(op.getAxes())) {
    if (axis != first + int64_t(i)) {
      return false;
    }
  }
  return !op.getAxes().empty();
}

static bool reducesInnerAxes(ReduceOp op) {
  ArrayRef<int64_t> axes = op.getAxes();
  return !axes.empty() &&
         axes.back() - axes.front() + 1 == int64_t(axes.size()) &&
         !reducesTrailingAxes(op);
}

static bool isRowFloat(ReduceOp op) {
  Type element = elementTypeOf(op.getX());
  return element.isF32() || element.isF64();
}

bool reducesRows(ReduceOp op) {
  return reducesTrailingAxes(op) && isRowFloat(op);
}

bool reducesColumns(ReduceOp op) {
  return reducesInnerAxes(op) && isRowFloat(op);
}

/// Elements whose vectors are computed on beside those of f32.
static bool isNarrowElement(Type element) {
  return isVectorElement(element) && element.getIntOrFloatBitWidth() <= 32;
}

/// Ops that compute vectors from vectors, lane by lane.
static bool isLanewise(Operation *op) {
  auto conversion = dyn_cast<CastOp>(op);
  return hasScalarBody(op) ||
         (conversion && isNarrowElement(elementTypeOf(conversion.getX())));
}

/// Whether an operand that the group reads has the last `count` dims of
/// `space`, or one element there.
static bool hasColumnsOrOne(Value operand, ArrayRef<int64_t> space,
                            size_t count) {
  auto type = dyn_cast<RankedTensorType>(operand.getType());
  if (!type) {
    return true;
  }
  ArrayRef<int64_t> columns = type.getShape().take_back(count);
  bool single = llvm::all_of(columns, [](int64_t dim) { return dim == 1; });
  return isVectorElement(type.getElementType()) &&
         (single || columns == space.take_back(count));
}

/// The reduction that all others of `ops` are like; null when one is not, or an
/// op is neither a reduction nor elementwise.
static ReduceOp commonReduction(ArrayRef<Operation *> ops) {
  ReduceOp first;
  for (Operation *op : ops) {
    auto reduce = dyn_cast<ReduceOp>(op);
    if (!reduce && !isLanewise(op)) {
      return nullptr;
    }
    first = first ? first : reduce;
    if (reduce && (reduce.getX().getType() != first.getX().getType() ||
                   reduce.getAxes() != first.getAxes())) {
      return nullptr;
    }
  }
  return first;
}

bool isRowUnion(ArrayRef<Operation *> ops) {
  ReduceOp reduce = commonReduction(ops);
  if (!reduce) {
    return false;
  }
  bool isRow = reducesRows(reduce);
  if (isRow ? reduce.getAxes().size() != 1 : !reducesColumns(reduce)) {
    return false;
  }
  // Every value has the shape of what is reduced, or of a result of that.
  auto space = cast<RankedTensorType>(reduce.getX().getType()).getShape();
  auto row = cast<RankedTensorType>(reduce.getY().getType()).getShape();
  size_t columns = space.size() - 1 - reduce.getAxes().back();
  return llvm::all_of(ops, [&](Operation *op) {
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    return isVectorElement(type.getElementType()) &&
           (type.getShape() == space || type.getShape() == row) &&
           (isRow || llvm::all_of(op->getOperands(), [&](Value operand) {
              return hasColumnsOrOne(operand, space, columns);
            }));
  });
}

bool isEpilogueUnion(Operation *heavy, ArrayRef<Operation *> ops) {
  auto type = cast<RankedTensorType>(heavy->getResult(0).getType());
  if (!isa<ElementOpInterface>(heavy) || !type.getElementType().isF32()) {
    return false;
  }
  return llvm::all_of(ops, [&](Operation *op) {
    auto result = cast<RankedTensorType>(op->getResult(0).getType());
    return isLanewise(op) && result.getShape() == type.getShape() &&
           isNarrowElement(result.getElementType()) &&
           llvm::all_of(op->getOperands(), [](Value operand) {
             return isNarrowElement(elementTypeOf(operand));
           });
  });
}

} // namespace mlc
