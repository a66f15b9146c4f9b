//===- CountFlops.cpp - how much ops compute --------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/mlc/Mlc.h"

#include <numeric>

using namespace mlir;
using namespace mlc;

// Of one element, as the definitions in Norm.td spell them: maximum,
// difference, exponential, sum, quotient; sum, difference, square, sum,
// product.
static constexpr int64_t softmaxFlops = 5, layerNormFlops = 5;

static AffineExpr product(ShapeScope &scope, ArrayRef<AffineExpr> dims) {
  AffineExpr result = scope.constant(1);
  for (AffineExpr dim : dims) {
    result = result * dim;
  }
  return result;
}

static AffineExpr elements(ShapeScope &scope, Value tensor) {
  return product(scope, scope.dims(tensor));
}

static int64_t product(ArrayRef<int64_t> extents) {
  return std::accumulate(extents.begin(), extents.end(), int64_t(1),
                         std::multiplies<>());
}

AffineExpr mlc::flopsOf(Operation *op, ShapeScope &scope) {
  if (auto work = dyn_cast<WorkOpInterface>(op)) {
    return work.countFlops(scope);
  }
  bool computes = op->hasTrait<ScalarBody>() && !isa<CastOp, WhereOp>(op) &&
                  isa<FloatType>(elementTypeOf(op->getResult(0)));
  return computes ? elements(scope, op->getResult(0)) : scope.constant(0);
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

AffineExpr MatMulOp::countFlops(ShapeScope &scope) {
  AffineExpr depth = scope.dims(getA()).take_back(2)[getTransposeA() ? 0 : 1];
  return elements(scope, getY()) * depth * 2;
}

/// Of one element of a packed factor: integers are pairs.
static int64_t packedFlops(Value factor) {
  return elementTypeOf(factor).isInteger() ? 4 : 2;
}

AffineExpr MatMulPackedOp::countFlops(ShapeScope &scope) {
  return elements(scope, getY()) * scope.dims(getA()).back() *
         packedFlops(getA());
}

/// w: [M, C/group, kernel...]; each element of y takes one filter.
static AffineExpr filterFlops(ShapeScope &scope, Value y, Value w) {
  AffineExpr filter = product(scope, scope.dims(w).drop_front());
  return elements(scope, y) * filter * 2;
}

AffineExpr ConvOp::countFlops(ShapeScope &scope) {
  return filterFlops(scope, getY(), getW());
}

/// w: [C, M/group, kernel...]; each element of x takes one filter.
AffineExpr ConvTransposeOp::countFlops(ShapeScope &scope) {
  return filterFlops(scope, getX(), getW());
}

/// Without the lanes that only fill blocks, and as if computed directly.
AffineExpr ConvBlockedOp::countFlops(ShapeScope &scope) {
  bool transposed = getForm() == ConvForm::transpose;
  DimExprs dims(scope.dims(transposed ? getX() : getY()));
  int64_t perPixel =
      getFilters() * (getChannels() / getGroup()) * product(getKernel());
  return dims[0] * dims[2] * dims[3] * (packedFlops(getX()) * perPixel);
}

/// Products with the state in each step; those with x where they are not apart.
static AffineExpr recurrentFlops(ShapeScope &scope, Value x, int64_t gates,
                                 AffineExpr depth) {
  return scope.dim(x, 0) * scope.dim(x, 1) * depth * (2 * gates);
}

AffineExpr RecurrentOp::countFlops(ShapeScope &scope) {
  AffineExpr hidden = scope.dims(getR()).back();
  return recurrentFlops(scope, getX(), getDirections() * getGates(),
                        hidden * (hidden + scope.dims(getX()).back()));
}

AffineExpr RecurrentPackedOp::countFlops(ShapeScope &scope) {
  int64_t gates = getGateCount() * int64_t(getReverse().size());
  return recurrentFlops(scope, getGates(), gates,
                        scope.constant(getHidden() * getHidden()));
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

/// Scores, softmax and the weighted sum for all pairs; a mask saves nothing.
static AffineExpr attentionFlops(ShapeScope &scope, Value q, Value v,
                                 AffineExpr keys) {
  AffineExpr depths = scope.dims(q).back() + scope.dims(v).back();
  AffineExpr queries = product(scope, scope.dims(q).drop_back());
  return queries * keys * (depths * 2 + softmaxFlops);
}

AffineExpr AttentionOp::countFlops(ShapeScope &scope) {
  return attentionFlops(scope, getQ(), getV(), scope.dim(getK(), 2));
}

AffineExpr AttentionStridedOp::countFlops(ShapeScope &scope) {
  return attentionFlops(scope, getQ(), getV(),
                        scope.dim(getK(), getHeadsInside()[1] ? 1 : 2));
}

/// Update and reading of the state: two multiply-adds for each of its elements.
AffineExpr LinearAttentionOp::countFlops(ShapeScope &scope) {
  return elements(scope, getQ()) * scope.dims(getV()).back() * 4;
}

//===----------------------------------------------------------------------===//
// Windows and rows
//===----------------------------------------------------------------------===//

AffineExpr PoolOp::countFlops(ShapeScope &scope) {
  return elements(scope, getY()) * product(getKernel());
}

AffineExpr PoolBlockedOp::countFlops(ShapeScope &scope) {
  return elements(scope, getY()) * product(getKernel());
}

AffineExpr ReduceOp::countFlops(ShapeScope &scope) {
  return elements(scope, getX());
}

AffineExpr ScanOp::countFlops(ShapeScope &scope) {
  return elements(scope, getX());
}

AffineExpr ReduceWindowOp::countFlops(ShapeScope &scope) {
  FailureOr<DimExprs> box =
      mixedDims(getOperation(), scope, getExtents(), getExtentValues());
  return succeeded(box) ? elements(scope, getY()) * product(scope, *box)
                        : scope.constant(0);
}

AffineExpr SoftmaxOp::countFlops(ShapeScope &scope) {
  return elements(scope, getX()) * softmaxFlops;
}

AffineExpr LayerNormOp::countFlops(ShapeScope &scope) {
  return elements(scope, getX()) * layerNormFlops;
}
