//===- DimMath.cpp - integer arithmetic of the importer ---------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/DimMath.h"

#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

static constexpr int64_t least = std::numeric_limits<int64_t>::min();
static constexpr int64_t greatest = std::numeric_limits<int64_t>::max();

DimMath::Expr DimMath::bounded(Expr expr) {
  if (!expr || !isComplex(expr)) {
    return expr;
  }
  Interval range = bounds(expr);
  Value whole = value(expr);
  // ShapeScope sees through affine.apply but not through max.
  Expr result = symbol(arith::MaxSIOp::create(b, *loc, whole, whole), range);
  if (dependsOnData(expr)) {
    markData(result);
  }
  return result;
}

DimMath::Expr DimMath::add(Expr a, Expr b) {
  if (!a || !b) {
    return {};
  }
  auto x = literal(a), y = literal(b);
  int64_t sum;
  if (x && y) {
    return llvm::AddOverflow(*x, *y, sum) ? Expr() : constant(sum);
  }
  return bounded(a + b);
}

/// `expr` in canonical form. The flattener works on one column per symbol, so
/// the few symbols that occur are renumbered for it.
static AffineExpr simplify(AffineExpr expr) {
  SmallVector<AffineExpr> symbols;
  expr.walk([&](AffineExpr part) {
    if (isa<AffineSymbolExpr>(part) && !llvm::is_contained(symbols, part)) {
      symbols.push_back(part);
    }
  });
  llvm::DenseMap<AffineExpr, AffineExpr> there, back;
  for (auto [i, symbol] : llvm::enumerate(symbols)) {
    AffineExpr small = getAffineSymbolExpr(i, expr.getContext());
    there[symbol] = small;
    back[small] = symbol;
  }
  return simplifyAffineExpr(expr.replace(there), 0, symbols.size())
      .replace(back);
}

DimMath::Expr DimMath::sub(Expr a, Expr b) {
  auto y = literal(b);
  if (!a || !b || (y && *y == least)) {
    return {};
  }
  return y ? add(a, constant(-*y)) : bounded(simplify(a - b));
}

DimMath::Expr DimMath::mul(Expr a, Expr b) {
  if (!a || !b) {
    return {};
  }
  auto x = literal(a), y = literal(b);
  int64_t product;
  if (x && y) {
    return llvm::MulOverflow(*x, *y, product) ? Expr() : constant(product);
  }
  return bounded(a * b);
}

DimMath::Expr DimMath::product(ArrayRef<Expr> factors) {
  Expr all = constant(1);
  for (Expr factor : factors) {
    all = mul(all, factor);
  }
  return all;
}

bool DimMath::isVisible(Value value) {
  return value.getParentRegion()->isAncestor(
      b.getInsertionBlock()->getParent());
}

template <typename Build>
DimMath::Expr DimMath::memoized(Op op, int extra, Expr a, Expr b, Expr c,
                                Interval range, Build build) {
  auto pointer = [](Expr e) { return e ? e.getAsOpaquePointer() : nullptr; };
  Key key{op, extra, pointer(a), pointer(b), pointer(c)};
  auto it = known.find(key);
  if (it != known.end() && isVisible(it->second.first)) {
    return it->second.second;
  }
  Value result = build();
  Expr expr = symbol(result, range);
  for (Expr operand : {a, b, c}) {
    if (operand && dependsOnData(operand)) {
      markData(expr);
    }
  }
  known[key] = {result, expr};
  return expr;
}

DimMath::Expr DimMath::floorDiv(Expr x, Expr y) {
  if (!x || !y || literal(y) == 0) {
    return {};
  }
  auto a = literal(x), c = literal(y);
  if (a && c && !(*a == least && *c == -1)) {
    return constant(llvm::divideFloorSigned(*a, *c));
  }
  if (c && *c > 0) {
    return bounded(x.floorDiv(y));
  }
  return memoized(Op::floorDiv, 0, x, y, {}, {least, greatest}, [&] {
    return arith::FloorDivSIOp::create(b, *loc, value(x), value(y));
  });
}

DimMath::Expr DimMath::ceilDiv(Expr x, Expr y) {
  if (!x || !y || literal(y) == 0) {
    return {};
  }
  auto a = literal(x), c = literal(y);
  if (a && c && !(*a == least && *c == -1)) {
    return constant(llvm::divideCeilSigned(*a, *c));
  }
  if (c && *c > 0) {
    return bounded(x.ceilDiv(y));
  }
  return memoized(Op::ceilDiv, 0, x, y, {}, {least, greatest}, [&] {
    return arith::CeilDivSIOp::create(b, *loc, value(x), value(y));
  });
}

DimMath::Expr DimMath::truncDiv(Expr x, Expr y) {
  if (!x || !y || literal(y) == 0) {
    return {};
  }
  auto a = literal(x), c = literal(y);
  if (a && c && !(*a == least && *c == -1)) {
    return constant(*a / *c);
  }
  if (bounds(x).low >= 0 && bounds(y).low > 0) {
    return floorDiv(x, y);
  }
  return memoized(Op::truncDiv, 0, x, y, {}, {least, greatest}, [&] {
    return arith::DivSIOp::create(b, *loc, value(x), value(y));
  });
}

DimMath::Expr DimMath::mod(Expr x, Expr y) {
  if (!x || !y || literal(y) == 0) {
    return {};
  }
  auto a = literal(x), c = literal(y);
  if (a && c) {
    int64_t rest = *c == -1 ? 0 : *a % *c;
    return constant(rest != 0 && (rest < 0) != (*c < 0) ? rest + *c : rest);
  }
  if (c && *c > 0) {
    return bounded(x % y);
  }
  return sub(x, mul(floorDiv(x, y), y));
}

DimMath::Expr DimMath::min(Expr x, Expr y) {
  if (!x || !y) {
    return {};
  }
  Interval a = bounds(x), c = bounds(y);
  if (x == y || a.high <= c.low) {
    return x;
  }
  if (c.high <= a.low) {
    return y;
  }
  Interval range{std::min(a.low, c.low), std::min(a.high, c.high)};
  Expr least = memoized(Op::min, 0, x, y, {}, range, [&] {
    return arith::MinSIOp::create(b, *loc, value(x), value(y));
  });
  if (auto symbol = dyn_cast<AffineSymbolExpr>(least)) {
    minima[symbol.getPosition()] = {x, y};
  }
  return least;
}

DimMath::Expr DimMath::max(Expr x, Expr y) {
  if (!x || !y) {
    return {};
  }
  Interval a = bounds(x), c = bounds(y);
  if (x == y || a.low >= c.high) {
    return x;
  }
  if (c.low >= a.high) {
    return y;
  }
  Interval range{std::max(a.low, c.low), std::max(a.high, c.high)};
  return memoized(Op::max, 0, x, y, {}, range, [&] {
    return arith::MaxSIOp::create(b, *loc, value(x), value(y));
  });
}

/// What a comparison gives for all values in the ranges, if that is one thing.
static std::optional<bool> decide(arith::CmpIPredicate predicate, Interval a,
                                  Interval b, bool same) {
  using P = arith::CmpIPredicate;
  switch (predicate) {
  case P::eq:
    if (same) {
      return true;
    }
    return a.high < b.low || b.high < a.low ? std::optional<bool>(false)
                                            : std::nullopt;
  case P::slt:
    if (same || a.low >= b.high) {
      return false;
    }
    return a.high < b.low ? std::optional<bool>(true) : std::nullopt;
  case P::sle:
    if (same || a.high <= b.low) {
      return true;
    }
    return a.low > b.high ? std::optional<bool>(false) : std::nullopt;
  default:
    return std::nullopt;
  }
}

DimMath::Expr DimMath::compare(arith::CmpIPredicate predicate, Expr x, Expr y) {
  using P = arith::CmpIPredicate;
  if (!x || !y) {
    return {};
  }
  switch (predicate) { // reduced to eq, slt, sle
  case P::ne:
    return sub(constant(1), compare(P::eq, x, y));
  case P::sgt:
    return compare(P::slt, y, x);
  case P::sge:
    return compare(P::sle, y, x);
  default:
    break;
  }
  bool same = equal(x, y);
  if (auto known = decide(predicate, bounds(x), bounds(y), same)) {
    return constant(*known);
  }
  // A difference that is constant or bounded decides as well.
  if (Expr difference = sub(x, y)) {
    if (auto known =
            decide(predicate, bounds(difference), Interval{0, 0}, false)) {
      return constant(*known);
    }
  }
  return memoized(Op::compare, int(predicate), x, y, {}, {0, 1}, [&] {
    Value holds = arith::CmpIOp::create(b, *loc, predicate, value(x), value(y));
    return arith::IndexCastUIOp::create(b, *loc, b.getIndexType(), holds);
  });
}

DimMath::Expr DimMath::select(Expr condition, Expr x, Expr y) {
  if (!condition || !x || !y) {
    return {};
  }
  if (auto known = literal(condition)) {
    return *known ? x : y;
  }
  if (equal(x, y)) {
    return x;
  }
  Interval a = bounds(x), c = bounds(y);
  Interval range{std::min(a.low, c.low), std::max(a.high, c.high)};
  return memoized(Op::select, 0, condition, x, y, range, [&] {
    return arith::SelectOp::create(b, *loc, this->condition(condition),
                                   value(x), value(y));
  });
}

Value DimMath::value(Expr expr) {
  return getValueOrCreateConstantIndexOp(b, *loc,
                                         scope.materialize(b, *loc, expr));
}

Value DimMath::condition(Expr expr) {
  if (auto known = literal(expr)) {
    return arith::ConstantOp::create(b, *loc, b.getBoolAttr(*known != 0));
  }
  Value zero = arith::ConstantIndexOp::create(b, *loc, 0);
  return arith::CmpIOp::create(b, *loc, arith::CmpIPredicate::ne, value(expr),
                               zero);
}

DimMath::Expr DimMath::symbol(Value index, Interval range) {
  Expr expr = scope.index(index);
  setBounds(expr, range);
  return expr;
}
