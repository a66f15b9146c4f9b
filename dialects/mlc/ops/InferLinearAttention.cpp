//===- InferLinearAttention.cpp - shapes of linear attention ----*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/mlc/Mlc.h"

using namespace mlir;
using namespace mlc;

LogicalResult
LinearAttentionOp::inferShapes(ShapeScope &scope,
                               SmallVectorImpl<InferredType> &results) {
  DimExprs q(scope.dims(getQ())), k(scope.dims(getK())), v(scope.dims(getV()));
  for (Value operand : getOperands()) {
    if (scope.dims(operand).size() != 4) {
      return emitOpError("expects operands of rank 4, got ")
             << scope.dims(operand).size();
    }
    if (elementTypeOf(operand) != elementTypeOf(getQ())) {
      return emitOpError("expects operands of one element type, got ")
             << elementTypeOf(operand) << " and " << elementTypeOf(getQ());
    }
  }
  Type type = elementTypeOf(getQ());
  results.push_back({type, {q[0], q[1], q[2], v[3]}});
  results.push_back({type, {k[0], k[1], k[3], v[3]}});
  return success();
}
