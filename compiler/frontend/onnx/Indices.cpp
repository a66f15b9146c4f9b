//===- Indices.cpp - index tensors and counts in import rules ---*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Indices.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;
using Predicate = arith::CmpIPredicate;

Value onnx::iotaAlong(Emitter &n, Type elementType, AffineExpr count,
                      int64_t axis, int64_t rank) {
  if (!count) {
    n.problem(ErrorCode::badShape, "the extents overflow");
    return {};
  }
  DimExprs to(rank, n.math.constant(1));
  to[axis] = count;
  MixedIndices sizes = n.mixed(to);
  return n.create<IotaOp>(sizes.values, sizes.fixed, elementType, axis);
}

Value onnx::along(Emitter &n, Value x, int64_t axis, int64_t rank) {
  return n.perChannel(x, rank, axis);
}

static constexpr Interval anyInteger{std::numeric_limits<int64_t>::min(),
                                     std::numeric_limits<int64_t>::max()};

AffineExpr onnx::extractInteger(Emitter &n, Value x, Interval range) {
  if (!x) {
    return {};
  }
  Value scalar = n.cast(n.reshape(x, {}), n.b.getI64Type());
  if (!scalar) {
    return {};
  }
  Value index =
      ExtractOp::create(n.b, n.loc, n.b.getIndexType(), scalar, ValueRange{});
  AffineExpr value = n.math.symbol(index, anyInteger);
  AffineExpr low = n.math.constant(range.low),
             high = n.math.constant(range.high);
  AffineExpr fits = n.math.min(n.math.compare(Predicate::sle, low, value),
                               n.math.compare(Predicate::sle, value, high));
  n.require(fits, value, high, "an integer must be in range");
  n.math.setBounds(value, range);
  return value;
}

AffineExpr onnx::integerInput(Node &n, unsigned i) {
  Tensor *tensor = n.tensor(i);
  if (!tensor) {
    return {};
  }
  if (isa<IntegerType>(tensor->elementType)) {
    return n.integer(i);
  }
  if (auto known = n.fixedFloats(i); known && known->size() == 1) {
    return n.math.constant(
        int64_t(std::clamp(known->front(), -0x1p62, 0x1p62)));
  }
  return extractInteger(n, n.value(i), anyInteger);
}

AffineExpr onnx::countNonZero(Emitter &n, Value x) {
  if (!x) {
    return {};
  }
  Value flags = n.cast(x, n.b.getI1Type());
  Value ones = n.cast(flags, n.b.getI64Type());
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, n.rank(x)));
  AffineExpr most = n.math.product(n.dims(x));
  int64_t high =
      most ? n.math.bounds(most).high : std::numeric_limits<int64_t>::max();
  return extractInteger(n, n.reduce(ones, ReduceKind::sum, axes, false),
                        {0, high});
}

Value onnx::nonZero(Emitter &n, Value x, AffineExpr count) {
  if (!x || !count) {
    return {};
  }
  MixedIndices extent = n.mixed(count);
  return n.create<NonZeroOp>(x, extent.values, extent.fixed);
}

AffineExpr onnx::axisInput(Node &n, unsigned i, int64_t rank) {
  AffineExpr axis = integerInput(n, i);
  if (!axis) {
    return {};
  }
  if (auto literal = DimMath::literal(axis)) {
    auto normal = n.normalizeAxis(*literal, rank);
    return normal ? n.math.constant(*normal) : AffineExpr();
  }
  AffineExpr zero = n.math.constant(0), extent = n.math.constant(rank);
  AffineExpr normal = n.math.select(n.math.compare(Predicate::slt, axis, zero),
                                    n.math.add(axis, extent), axis);
  AffineExpr fits = n.math.min(n.math.compare(Predicate::sle, zero, normal),
                               n.math.compare(Predicate::slt, normal, extent));
  n.require(fits, axis, extent, "the axis must be below the rank");
  return n.failed() ? AffineExpr() : normal;
}

Value onnx::argSort(Emitter &n, Value x, AffineExpr count, int64_t axis,
                    bool descending) {
  if (!x || !count) {
    return {};
  }
  MixedIndices extent = n.mixed(count);
  SmallVector<Value> operands{x};
  llvm::append_range(operands, extent.values);
  Operation *op = n.createMany(
      ArgSortOp::getOperationName(), 2, operands,
      {n.b.getNamedAttr("count", n.b.getDenseI64ArrayAttr(extent.fixed)),
       n.b.getNamedAttr("axis", n.b.getI64IntegerAttr(axis)),
       n.b.getNamedAttr("descending", n.b.getBoolAttr(descending))});
  return op ? op->getResult(0) : Value();
}

Value onnx::gatherElements(Emitter &n, Value x, Value indices, int64_t axis) {
  if (!x || !indices) {
    return {};
  }
  DimExprs from = n.dims(x), to = n.dims(indices);
  for (size_t i = 0; from.size() == to.size() && i < from.size(); ++i) {
    if (int64_t(i) != axis && !n.math.equal(to[i], from[i])) {
      n.require(n.math.compare(Predicate::sle, to[i], from[i]), to[i], from[i],
                "indices must not exceed the data off the axis");
    }
  }
  return n.failed() ? Value() : n.create<GatherElementsOp>(x, indices, axis);
}

Value onnx::scan(Emitter &n, Value x, AffineExpr axis, ReduceKind kind,
                 bool exclusive, bool reverse) {
  if (!x || !axis) {
    return {};
  }
  MixedIndices which = n.mixed(axis);
  return n.create<ScanOp>(x, which.values, which.fixed, kind, exclusive,
                          reverse);
}

Value onnx::select(Emitter &n, Value condition, Value a, Value b) {
  return n.elementwise<WhereOp>({condition, a, b});
}
