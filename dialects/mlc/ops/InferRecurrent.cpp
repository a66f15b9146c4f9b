//===- InferRecurrent.cpp - shapes of recurrent layers ----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/mlc/Mlc.h"
#include "dialects/mlc/Recurrent.h"

using namespace mlir;
using namespace mlc;

static LogicalResult verifyActivations(Operation *op, ArrayAttr activations,
                                       ArrayRef<double> alpha,
                                       ArrayRef<double> beta,
                                       int64_t expected) {
  if (int64_t(activations.size()) != expected ||
      int64_t(alpha.size()) != expected || int64_t(beta.size()) != expected) {
    return op->emitOpError("expects ")
           << expected << " activations, alphas and betas, got "
           << activations.size() << ", " << alpha.size() << " and "
           << beta.size();
  }
  for (Attribute name : activations) {
    if (!isRecurrentActivation(cast<StringAttr>(name).getValue())) {
      return op->emitOpError("does not know activation ") << name;
    }
  }
  return success();
}

LogicalResult RecurrentOp::inferShapes(ShapeScope &scope,
                                       SmallVectorImpl<InferredType> &results) {
  for (Value tensor : {getX(), getW(), getR()}) {
    if (cast<ShapedType>(tensor.getType()).getRank() != 3) {
      return emitOpError("expects x, w and r of rank 3, got ")
             << tensor.getType();
    }
  }
  int64_t directions = getDirections();
  if (failed(verifyActivations(getOperation(), getActivations(), getAlpha(),
                               getBeta(), directions * getActivationCount()))) {
    return failure();
  }
  AffineExpr hidden = scope.dim(getR(), 2);
  auto rows = dyn_cast<AffineConstantExpr>(scope.dim(getR(), 1));
  auto width = dyn_cast<AffineConstantExpr>(hidden);
  if (rows && width && rows.getValue() != getGates() * width.getValue()) {
    return emitOpError("expects r with ")
           << getGates() << " rows per hidden unit, got " << rows.getValue()
           << " rows for " << width.getValue() << " units";
  }
  results.push_back({elementTypeOf(getX()),
                     {scope.dim(getX(), 0) + 3, scope.constant(directions),
                      scope.dim(getX(), 1), hidden}});
  return success();
}
