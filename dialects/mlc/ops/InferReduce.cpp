//===- InferReduce.cpp - shapes of reductions and normalisations -*- C++
//-*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/mlc/Mlc.h"

using namespace mlir;
using namespace mlc;

LogicalResult ReduceOp::inferShapes(ShapeScope &scope,
                                    SmallVectorImpl<InferredType> &results) {
  DimExprs dims(scope.dims(getX()));
  int64_t last = -1;
  for (int64_t axis : getAxes()) {
    if (axis <= last || axis >= int64_t(dims.size())) {
      return emitOpError("expects ascending axes in [0, ")
             << dims.size() << "), got " << axis;
    }
    last = axis;
    dims[axis] = scope.constant(1);
  }
  results.push_back({elementTypeOf(getX()), dims});
  return success();
}

/// An op over `axis` whose result has the operand's type.
static LogicalResult inferSame(Operation *op, Value x, int64_t axis,
                               ShapeScope &scope,
                               SmallVectorImpl<InferredType> &results) {
  DimExprs dims(scope.dims(x));
  if (axis < 0 || axis > int64_t(dims.size()) ||
      (axis == int64_t(dims.size()) && axis != 0)) {
    return op->emitOpError("expects an axis in [0, ")
           << dims.size() << "), got " << axis;
  }
  results.push_back({elementTypeOf(x), DimExprs(dims)});
  return success();
}

LogicalResult SoftmaxOp::inferShapes(ShapeScope &scope,
                                     SmallVectorImpl<InferredType> &results) {
  return inferSame(*this, getX(), getAxis(), scope, results);
}

LogicalResult LayerNormOp::inferShapes(ShapeScope &scope,
                                       SmallVectorImpl<InferredType> &results) {
  return inferSame(*this, getX(), getAxis(), scope, results);
}

LogicalResult AttentionOp::inferShapes(ShapeScope &scope,
                                       SmallVectorImpl<InferredType> &results) {
  DimExprs q(scope.dims(getQ())), k(scope.dims(getK())), v(scope.dims(getV()));
  if (q.size() != 4 || k.size() != 4 || v.size() != 4) {
    return emitOpError("expects q, k and v of rank 4, got ")
           << q.size() << ", " << k.size() << " and " << v.size();
  }
  results.push_back({elementTypeOf(getQ()), DimExprs{q[0], q[1], q[2], v[3]}});
  return success();
}
