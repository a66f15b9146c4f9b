//===- Broadcast.cpp - dims that may or may not be 1 ------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The dialect broadcasts dims that are statically 1. Where only the running
// model knows, the importer computes the common dim, checks each operand's
// against it, and expands:
//
//   x : [a]   y : [b]   ==>   d = a == 1 ? b : a
//                             require a == 1 or a == d; require b == 1 or b ==
//                             d expand x to [d]; expand y to [d]
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Emitter.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;
using Predicate = arith::CmpIPredicate;

/// The common dim of `candidates`, none of which is statically 1.
std::optional<AffineExpr>
Emitter::broadcastDim(ArrayRef<AffineExpr> candidates) {
  SmallVector<AffineExpr> distinct;
  for (AffineExpr dim : candidates) {
    for (AffineExpr other : candidates) {
      // A table cut to the sequence's length: one check, no expansion.
      if (!math.equal(dim, other) && math.isCappedAt(dim, other)) {
        requireEqual(dim, other, "operands must broadcast");
      }
    }
    if (llvm::none_of(distinct,
                      [&](AffineExpr seen) { return math.equal(seen, dim); })) {
      distinct.push_back(dim);
    }
  }
  if (distinct.empty()) {
    return math.constant(1);
  }
  // A constant other than 1 decides at once.
  AffineExpr common;
  for (AffineExpr dim : distinct) {
    if (auto literal = DimMath::literal(dim)) {
      if (common && common != dim) {
        problem(ErrorCode::badShape, "operands do not broadcast, got dims " +
                                         Twine(*DimMath::literal(common)) +
                                         " and " + Twine(*literal));
        return std::nullopt;
      }
      common = dim;
    }
  }
  AffineExpr one = math.constant(1);
  if (!common) {
    common = distinct[0];
    for (AffineExpr dim : ArrayRef<AffineExpr>(distinct).drop_front()) {
      common =
          math.select(math.compare(Predicate::eq, common, one), dim, common);
    }
  }
  for (AffineExpr dim : distinct) {
    if (!math.equal(dim, common)) {
      require(math.max(math.compare(Predicate::eq, dim, one),
                       math.compare(Predicate::eq, dim, common)),
              dim, common, "operands must broadcast");
    }
  }
  return failed() ? std::nullopt : std::optional<AffineExpr>(common);
}

std::optional<DimExprs> Emitter::broadcastDims(ArrayRef<DimExprs> shapes) {
  size_t rank = 0;
  for (const DimExprs &shape : shapes) {
    rank = std::max(rank, shape.size());
  }
  DimExprs result(rank);
  for (size_t i = 1; i <= rank; ++i) {
    SmallVector<AffineExpr> candidates;
    for (const DimExprs &shape : shapes) {
      if (i <= shape.size() && DimMath::literal(shape[shape.size() - i]) != 1) {
        candidates.push_back(shape[shape.size() - i]);
      }
    }
    std::optional<AffineExpr> dim = broadcastDim(candidates);
    if (!dim) {
      return std::nullopt;
    }
    result[rank - i] = *dim;
  }
  return result;
}

SmallVector<Value> Emitter::broadcast(ArrayRef<Value> values) {
  SmallVector<DimExprs> shapes;
  for (Value value : values) {
    if (!value) {
      return {};
    }
    shapes.push_back(dims(value));
  }
  std::optional<DimExprs> common = broadcastDims(shapes);
  if (!common) {
    return {};
  }
  SmallVector<Value> result;
  for (Value value : values) {
    result.push_back(expandUnproved(value, *common));
    if (!result.back()) {
      return {};
    }
  }
  return result;
}

Value Emitter::expandUnproved(Value x, ArrayRef<AffineExpr> full) {
  DimExprs wanted = dims(x);
  for (size_t i = 1, e = wanted.size(); i <= e; ++i) {
    AffineExpr &mine = wanted[e - i];
    AffineExpr wide = full[full.size() - i];
    if (DimMath::literal(mine) != 1 && !math.equal(mine, wide)) {
      mine = wide;
    }
  }
  return expand(x, wanted);
}

Value Emitter::broadcastInto(Value x, ArrayRef<AffineExpr> to) {
  if (!x) {
    return {};
  }
  DimExprs from = dims(x);
  if (from.size() > to.size()) {
    problem(ErrorCode::badShape, "expects rank <= " + Twine(to.size()) +
                                     ", got " + Twine(from.size()));
    return {};
  }
  AffineExpr one = math.constant(1);
  for (size_t i = 1; i <= from.size() && !failed(); ++i) {
    AffineExpr mine = from[from.size() - i], full = to[to.size() - i];
    if (DimMath::literal(mine) != 1 && !math.equal(mine, full)) {
      require(math.max(math.compare(Predicate::eq, mine, one),
                       math.compare(Predicate::eq, mine, full)),
              mine, full, "the operand must broadcast");
    }
  }
  return failed() ? Value() : expandUnproved(x, to);
}

Value Emitter::matmul(Value x, Value y, bool transposeX, bool transposeY) {
  if (!x || !y) {
    return {};
  }
  DimExprs a = dims(x), c = dims(y);
  if (a.size() >= 2 && c.size() >= 2) {
    requireEqual(a[a.size() - (transposeX ? 2 : 1)],
                 c[c.size() - (transposeY ? 1 : 2)],
                 "inner dimensions must match");
    // Batch dims that may be 1 at run time become explicit.
    auto batch = broadcastDims({DimExprs(ArrayRef(a).drop_back(2)),
                                DimExprs(ArrayRef(c).drop_back(2))});
    if (!batch) {
      return {};
    }
    auto spread = [&](Value operand, ArrayRef<AffineExpr> own) {
      DimExprs wanted = *batch;
      wanted.append(own.end() - 2, own.end());
      return expandUnproved(operand, wanted);
    };
    x = spread(x, a);
    y = spread(y, c);
  }
  return failed() ? Value() : create<MatMulOp>(x, y, transposeX, transposeY);
}

Value Emitter::matmulAnyRank(Value x, Value y) {
  if (!x || !y) {
    return {};
  }
  bool vectorX = dims(x).size() == 1, vectorY = dims(y).size() == 1;
  if (dims(x).empty() || dims(y).empty()) {
    problem(ErrorCode::badShape, "operands must not be scalars");
    return {};
  }
  Value product =
      matmul(vectorX ? unsqueeze(x, {0}) : x, vectorY ? unsqueeze(y, {1}) : y);
  if (!product || (!vectorX && !vectorY)) {
    return product;
  }
  DimExprs to = dims(product);
  if (vectorY) {
    to.pop_back();
  }
  if (vectorX) {
    to.erase(to.end() - (vectorY ? 1 : 2));
  }
  return reshape(product, to);
}
