//===- SpecialGenerate.cpp - tensors made from positions --------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Indices.h"
#include "compiler/frontend/onnx/Rules.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;
using Predicate = arith::CmpIPredicate;

//===----------------------------------------------------------------------===//
// Range
//===----------------------------------------------------------------------===//

/// The element count of an integer range; checks that the step is not 0.
static AffineExpr integerCount(Node &n) {
  AffineExpr start = n.integer(0), limit = n.integer(1), delta = n.integer(2);
  AffineExpr zero = n.math.constant(0);
  if (!start || !limit || !delta) {
    return {};
  }
  AffineExpr isZero = n.math.compare(Predicate::eq, delta, zero);
  n.require(n.math.sub(n.math.constant(1), isZero), delta, zero,
            "delta must not be 0");
  if (n.failed()) {
    return {};
  }
  AffineExpr count = n.math.ceilDiv(n.math.sub(limit, start), delta);
  return n.math.max(count, zero);
}

/// The same for floats: max(ceil((limit - start) / delta), 0), in f64.
static AffineExpr realCount(Node &n) {
  auto start = n.fixedFloats(0), limit = n.fixedFloats(1),
       delta = n.fixedFloats(2);
  if (start && limit && delta && start->size() == 1 && limit->size() == 1 &&
      delta->size() == 1) {
    double count = std::ceil(((*limit)[0] - (*start)[0]) / (*delta)[0]);
    if (!(std::abs(count) < 0x1p40)) {
      n.badShape("the range has no end");
      return {};
    }
    return n.math.constant(std::max<int64_t>(int64_t(count), 0));
  }
  Type f64 = n.b.getF64Type();
  auto wide = [&](unsigned i) { return n.cast(n.value(i), f64); };
  Value span = n.div(n.sub(wide(1), wide(0)), wide(2));
  Value count =
      n.elementwise<MaxOp>({n.create<CeilOp>(span), n.scalar(f64, 0)});
  return extractInteger(n, count, {0, int64_t(1) << 40});
}

static void importRange(Node &n) {
  Value start = n.value(0), limit = n.value(1), delta = n.value(2);
  if (!start || !limit || !delta) {
    return;
  }
  Type type = n.elementType(start);
  AffineExpr count = isa<FloatType>(type) ? realCount(n) : integerCount(n);
  if (!count) {
    return;
  }
  Type wide = isa<FloatType>(type) && type.getIntOrFloatBitWidth() < 32
                  ? Type(n.b.getF32Type())
                  : type;
  auto scalar = [&](Value x) { return n.cast(n.reshape(x, {}), wide); };
  Value steps = n.mul(iotaAlong(n, wide, count, 0, 1), scalar(delta));
  n.setResult(0, n.cast(n.add(scalar(start), steps), type));
}

//===----------------------------------------------------------------------===//
// Diagonals
//===----------------------------------------------------------------------===//

/// Column minus row for the last two dims of a tensor of `dims`.
static Value diagonals(Node &n, ArrayRef<AffineExpr> dims) {
  int64_t rank = dims.size();
  Type i64 = n.b.getI64Type();
  return n.sub(iotaAlong(n, i64, dims[rank - 1], rank - 1, rank),
               iotaAlong(n, i64, dims[rank - 2], rank - 2, rank));
}

static void importEyeLike(Node &n) {
  Value x = n.value(0);
  int64_t k = n.intAttr("k", 0);
  if (!x) {
    return;
  }
  Type type = n.hasAttr("dtype") ? n.typeAttr("dtype", 0) : n.elementType(x);
  if (n.rank(x) != 2 || !type) {
    return n.failed() ? void() : n.badShape("expects a matrix");
  }
  Value shift = n.constant(DenseElementsAttr::get(
      RankedTensorType::get({}, n.b.getI64Type()), ArrayRef<int64_t>(k)));
  Value onDiagonal = n.elementwise<EqualOp>({diagonals(n, n.dims(x)), shift});
  n.setResult(0, n.cast(onDiagonal, type));
}

static void importTrilu(Node &n) {
  Value x = n.value(0), k = n.optionalValue(1);
  bool upper = n.intAttr("upper", 1) != 0;
  if (!x || n.rank(x) < 2) {
    return n.failed() ? void() : n.badShape("expects matrices");
  }
  k = k ? n.reshape(k, {}) : n.scalar(n.b.getI64Type(), 0);
  Value diagonal = diagonals(n, n.dims(x));
  Value keeps = upper ? n.elementwise<GreaterEqualOp>({diagonal, k})
                      : n.elementwise<LessEqualOp>({diagonal, k});
  n.setResult(0, select(n, keeps, x, n.scalarLike(x, 0)));
}

void mlc::onnx::addGenerateRules(RuleTable &table) {
  table.add("Range", 11, importRange);
  table.add("EyeLike", 9, importEyeLike);
  table.add("Trilu", 14, importTrilu);
}
