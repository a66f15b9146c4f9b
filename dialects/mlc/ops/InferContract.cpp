//===- InferContract.cpp - shapes of products and windows -------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/mlc/Mlc.h"
#include "dialects/mlc/ops/WindowShapes.h"

using namespace mlir;
using namespace mlc;

/// Whether two dims may be equal at run time: not two different constants.
static bool mayEqual(AffineExpr a, AffineExpr b) {
  auto constantA = dyn_cast<AffineConstantExpr>(a);
  auto constantB = dyn_cast<AffineConstantExpr>(b);
  return !constantA || !constantB || constantA == constantB;
}

LogicalResult MatMulOp::inferShapes(ShapeScope &scope,
                                    SmallVectorImpl<InferredType> &results) {
  DimExprs a(scope.dims(getA())), b(scope.dims(getB()));
  if (a.size() < 2 || b.size() < 2) {
    return emitOpError("expects operands of rank >= 2, got ")
           << a.size() << " and " << b.size();
  }
  AffineExpr m = a[a.size() - (getTransposeA() ? 1 : 2)];
  AffineExpr ka = a[a.size() - (getTransposeA() ? 2 : 1)];
  AffineExpr kb = b[b.size() - (getTransposeB() ? 1 : 2)];
  AffineExpr n = b[b.size() - (getTransposeB() ? 2 : 1)];
  if (!mayEqual(ka, kb)) {
    return emitOpError("expects inner dimensions to match, got ")
           << cast<AffineConstantExpr>(ka).getValue() << " and "
           << cast<AffineConstantExpr>(kb).getValue();
  }
  a.pop_back_n(2);
  b.pop_back_n(2);
  FailureOr<DimExprs> dims = broadcastDims(getOperation(), a, b);
  if (failed(dims)) {
    return failure();
  }
  dims->push_back(m);
  dims->push_back(n);
  results.push_back({elementTypeOf(getA()), *dims});
  return success();
}

LogicalResult mlc::verifyWindow(Operation *op, size_t rank,
                                ArrayRef<int64_t> strides,
                                ArrayRef<int64_t> pads,
                                ArrayRef<int64_t> dilations) {
  if (strides.size() != rank || dilations.size() != rank ||
      pads.size() != 2 * rank) {
    return op->emitOpError("expects ")
           << rank << " strides and dilations and " << 2 * rank << " pads, got "
           << strides.size() << ", " << dilations.size() << " and "
           << pads.size();
  }
  constexpr int64_t limit = int64_t(1) << 31;
  for (size_t i = 0; i < rank; ++i) {
    if (strides[i] < 1 || strides[i] >= limit || dilations[i] < 1 ||
        dilations[i] >= limit) {
      return op->emitOpError("expects positive strides and dilations, got ")
             << strides[i] << " and " << dilations[i];
    }
  }
  for (int64_t pad : pads) {
    if (pad <= -limit || pad >= limit) {
      return op->emitOpError("expects pads below 2^31, got ") << pad;
    }
  }
  return success();
}

/// Fails when a constant result dim is negative.
static LogicalResult verifyExtent(Operation *op, AffineExpr extent) {
  auto constant = dyn_cast<AffineConstantExpr>(extent);
  if (constant && constant.getValue() < 0) {
    return op->emitOpError("expects the window to fit, got output extent ")
           << constant.getValue();
  }
  return success();
}

LogicalResult ConvOp::inferShapes(ShapeScope &scope,
                                  SmallVectorImpl<InferredType> &results) {
  DimExprs x(scope.dims(getX())), w(scope.dims(getW()));
  if (x.size() < 3 || w.size() != x.size()) {
    return emitOpError("expects x and w of one rank >= 3, got ")
           << x.size() << " and " << w.size();
  }
  size_t spatial = x.size() - 2;
  if (failed(verifyWindow(*this, spatial, getStrides(), getPads(),
                          getDilations()))) {
    return failure();
  }
  int64_t group = getGroup();
  auto channels = dyn_cast<AffineConstantExpr>(x[1]);
  auto perGroup = dyn_cast<AffineConstantExpr>(w[1]);
  auto outputs = dyn_cast<AffineConstantExpr>(w[0]);
  if (group < 1 || (outputs && outputs.getValue() % group != 0) ||
      (channels && perGroup &&
       channels.getValue() != perGroup.getValue() * group)) {
    return emitOpError("expects channels to be the filter's times group, got ")
           << (channels ? channels.getValue() : -1) << " channels, filter "
           << (outputs ? outputs.getValue() : -1) << "x"
           << (perGroup ? perGroup.getValue() : -1) << " and group " << group;
  }
  DimExprs dims{x[0], w[0]};
  for (size_t i = 0; i < spatial; ++i) {
    AffineExpr span = (w[i + 2] - 1) * getDilations()[i] + 1;
    AffineExpr padded = x[i + 2] + getPads()[i] + getPads()[spatial + i];
    dims.push_back((padded - span).floorDiv(getStrides()[i]) + 1);
    if (failed(verifyExtent(*this, dims.back()))) {
      return failure();
    }
  }
  results.push_back({elementTypeOf(getX()), dims});
  return success();
}

LogicalResult
ConvTransposeOp::inferShapes(ShapeScope &scope,
                             SmallVectorImpl<InferredType> &results) {
  DimExprs x(scope.dims(getX())), w(scope.dims(getW()));
  if (x.size() < 3 || w.size() != x.size()) {
    return emitOpError("expects x and w of one rank >= 3, got ")
           << x.size() << " and " << w.size();
  }
  size_t spatial = x.size() - 2;
  if (failed(verifyWindow(*this, spatial, getStrides(), getPads(),
                          getDilations())) ||
      getOutputPadding().size() != spatial) {
    return emitOpError("expects one output padding per spatial axis");
  }
  if (!mayEqual(x[1], w[0]) || getGroup() < 1) {
    return emitOpError("expects as many channels as the filter has inputs");
  }
  DimExprs dims{x[0], w[1] * getGroup()};
  for (size_t i = 0; i < spatial; ++i) {
    dims.push_back((x[i + 2] - 1) * getStrides()[i] + getOutputPadding()[i] +
                   (w[i + 2] - 1) * getDilations()[i] + 1 - getPads()[i] -
                   getPads()[spatial + i]);
    if (failed(verifyExtent(*this, dims.back()))) {
      return failure();
    }
  }
  results.push_back({elementTypeOf(getX()), dims});
  return success();
}

FailureOr<DimExprs>
mlc::pooledDims(Operation *op, ArrayRef<AffineExpr> x, ArrayRef<int64_t> kernel,
                ArrayRef<int64_t> strides, ArrayRef<int64_t> pads,
                ArrayRef<int64_t> dilations, bool ceilMode) {
  size_t spatial = kernel.size();
  if (x.size() != spatial + 2) {
    return op->emitOpError("expects one kernel extent per spatial axis, got ")
           << spatial << " for rank " << x.size();
  }
  if (failed(verifyWindow(op, spatial, strides, pads, dilations))) {
    return failure();
  }
  DimExprs dims{x[0], x[1]};
  for (size_t i = 0; i < spatial; ++i) {
    if (kernel[i] < 1 || kernel[i] >= int64_t(1) << 31) {
      return op->emitOpError("expects positive kernel extents, got ")
             << kernel[i];
    }
    int64_t span = (kernel[i] - 1) * dilations[i] + 1;
    int64_t end = pads[spatial + i];
    AffineExpr room = x[i + 2] + (pads[i] + end - span);
    AffineExpr extent = room.floorDiv(strides[i]) + 1;
    if (ceilMode) {
      // A last window that starts behind the input and its first padding does
      // not count. Which of the two bounds is the lower one does not depend on
      // the input's extent.
      AffineExpr starts =
          x[i + 2] + (pads[i] + std::max<int64_t>(end - span, 0));
      extent = end + strides[i] <= span ? room.ceilDiv(strides[i]) + 1
                                        : starts.ceilDiv(strides[i]);
    }
    dims.push_back(extent);
    if (failed(verifyExtent(op, extent))) {
      return failure();
    }
  }
  return dims;
}

LogicalResult PoolOp::inferShapes(ShapeScope &scope,
                                  SmallVectorImpl<InferredType> &results) {
  FailureOr<DimExprs> dims =
      pooledDims(*this, scope.dims(getX()), getKernel(), getStrides(),
                 getPads(), getDilations(), getCeilMode());
  if (failed(dims)) {
    return failure();
  }
  results.push_back({elementTypeOf(getX()), *dims});
  return success();
}
