//===- InferNumeric.cpp - shapes of ops on bits -----------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/mlc/Mlc.h"

using namespace mlir;
using namespace mlc;

LogicalResult BitcastOp::inferShapes(ShapeScope &scope,
                                     SmallVectorImpl<InferredType> &results) {
  Type from = elementTypeOf(getX());
  if (!getTo().isIntOrFloat() ||
      from.getIntOrFloatBitWidth() != getTo().getIntOrFloatBitWidth()) {
    return emitOpError("expects types of one width, got ")
           << from << " and " << getTo();
  }
  results.push_back({getTo(), DimExprs(scope.dims(getX()))});
  return success();
}

LogicalResult
UnpackBitsOp::inferShapes(ShapeScope &scope,
                          SmallVectorImpl<InferredType> &results) {
  if (!getTo().isIntOrFloat() || getTo().getIntOrFloatBitWidth() >= 8) {
    return emitOpError("expects a type narrower than a byte, got ") << getTo();
  }
  results.push_back({getTo(), DimExprs(scope.dims(getX()))});
  return success();
}

LogicalResult PackBitsOp::inferShapes(ShapeScope &scope,
                                      SmallVectorImpl<InferredType> &results) {
  Type from = elementTypeOf(getX());
  if (!from.isIntOrFloat() || from.getIntOrFloatBitWidth() >= 8) {
    return emitOpError("expects elements narrower than a byte, got ") << from;
  }
  Type byte = IntegerType::get(getContext(), 8, IntegerType::Unsigned);
  results.push_back({byte, DimExprs(scope.dims(getX()))});
  return success();
}

LogicalResult RandomOp::inferShapes(ShapeScope &scope,
                                    SmallVectorImpl<InferredType> &results) {
  FailureOr<DimExprs> dims = mixedDims(*this, scope, getSizes(), getDims());
  if (failed(dims)) {
    return failure();
  }
  if (!getTo().isF32() && !getTo().isF64()) {
    return emitOpError("expects f32 or f64, got ") << getTo();
  }
  results.push_back({getTo(), *dims});
  return success();
}
