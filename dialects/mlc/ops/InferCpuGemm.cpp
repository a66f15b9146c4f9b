//===- InferCpuGemm.cpp - shapes of packed products -------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/mlc/Mlc.h"

using namespace mlir;
using namespace mlc;

LogicalResult
MatMulPackedOp::inferShapes(ShapeScope &scope,
                            SmallVectorImpl<InferredType> &results) {
  DimExprs dims(scope.dims(getA()));
  auto panels = cast<RankedTensorType>(getPanels().getType());
  int64_t columns = getColumns();
  if (dims.size() < 2 || panels.getRank() != 3 || !panels.hasStaticShape()) {
    return emitOpError(
               "expects a of rank >= 2 and static panels of rank 3, got ")
           << getA().getType() << " and " << panels;
  }
  if (columns < 1 || panels.getDimSize(0) != (columns + 31) / 32 ||
      panels.getDimSize(2) != 32) {
    return emitOpError("expects ceil(columns / 32) panels of 32 columns, got ")
           << columns << " columns and " << panels;
  }
  auto depth = dyn_cast<AffineConstantExpr>(dims.back());
  if (depth && depth.getValue() != panels.getDimSize(1)) {
    return emitOpError("expects inner dimensions to match, got ")
           << depth.getValue() << " and " << panels.getDimSize(1);
  }
  dims.back() = scope.constant(columns);
  results.push_back({elementTypeOf(getA()), dims});
  return success();
}

LogicalResult
AttentionStridedOp::inferShapes(ShapeScope &scope,
                                SmallVectorImpl<InferredType> &results) {
  if (getHeadsInside().size() != 4) {
    return emitOpError("expects 4 flags in 'heads_inside', got ")
           << getHeadsInside().size();
  }
  for (Value tensor : {getQ(), getK(), getV()}) {
    if (cast<RankedTensorType>(tensor.getType()).getRank() != 4) {
      return emitOpError("expects q, k and v of rank 4, got ")
             << tensor.getType();
    }
  }
  DimExprs dims(scope.dims(getQ()));
  if (getHeadsInside()[0] != getHeadsInside()[3]) {
    std::swap(dims[1], dims[2]);
  }
  dims[3] = scope.dim(getV(), 3);
  results.push_back({elementTypeOf(getQ()), dims});
  return success();
}

LogicalResult
RecurrentPackedOp::inferShapes(ShapeScope &scope,
                               SmallVectorImpl<InferredType> &results) {
  int64_t directions = getReverse().size(), hidden = getHidden();
  auto panels = cast<RankedTensorType>(getPanels().getType());
  const int64_t expected[] = {directions, (hidden + 15) / 16, hidden,
                              getGateCount() * 16};
  if (panels.getShape() != ArrayRef<int64_t>(expected)) {
    return emitOpError(
               "expects panels of [directions, ceil(hidden / 16), hidden, "
               "gates * 16], got ")
           << panels << " for " << hidden << " units";
  }
  results.push_back({elementTypeOf(getGates()),
                     {scope.dim(getGates(), 0) + 3, scope.constant(directions),
                      scope.dim(getGates(), 1), scope.constant(hidden)}});
  return success();
}
