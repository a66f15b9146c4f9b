//===- DimKnowledge.cpp - what is known of expressions -----------*- C++
//-*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/DimMath.h"

#include "llvm/Support/MathExtras.h"

#include <algorithm>

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

static constexpr int64_t least = std::numeric_limits<int64_t>::min();
static constexpr int64_t greatest = std::numeric_limits<int64_t>::max();

static int64_t saturate(__int128 value) {
  return int64_t(std::clamp<__int128>(value, least, greatest));
}

std::optional<int64_t> DimMath::literal(Expr expr) {
  auto constant = dyn_cast_or_null<AffineConstantExpr>(expr);
  return constant ? std::optional<int64_t>(constant.getValue()) : std::nullopt;
}

static Interval rangeOfBinary(AffineExprKind kind, Interval a, Interval b) {
  using Wide = __int128;
  auto spread = [](std::initializer_list<Wide> ends) {
    return Interval{saturate(std::min(ends)), saturate(std::max(ends))};
  };
  switch (kind) {
  case AffineExprKind::Add:
    return {saturate(Wide(a.low) + b.low), saturate(Wide(a.high) + b.high)};
  case AffineExprKind::Mul:
    return spread({Wide(a.low) * b.low, Wide(a.low) * b.high,
                   Wide(a.high) * b.low, Wide(a.high) * b.high});
  case AffineExprKind::Mod:
    return {0, b.high > 0 ? b.high - 1 : 0};
  default: // divisions; divisors are positive constants
    if (b.low != b.high || b.low <= 0) {
      return {least, greatest};
    }
    return {saturate(Wide(llvm::divideFloorSigned(a.low, b.low))),
            saturate(Wide(llvm::divideFloorSigned(a.high, b.low)) +
                     (kind == AffineExprKind::CeilDiv && a.high < greatest))};
  }
}

Interval DimMath::bounds(Expr expr) {
  if (auto constant = literal(expr)) {
    return {*constant, *constant};
  }
  if (auto symbol = dyn_cast_or_null<AffineSymbolExpr>(expr)) {
    auto it = ranges.find(symbol.getPosition());
    return it == ranges.end() ? Interval{0, greatest} : it->second;
  }
  if (auto binary = dyn_cast_or_null<AffineBinaryOpExpr>(expr)) {
    return rangeOfBinary(expr.getKind(), bounds(binary.getLHS()),
                         bounds(binary.getRHS()));
  }
  return {least, greatest};
}

void DimMath::setBounds(Expr symbol, Interval range) {
  if (auto expr = dyn_cast<AffineSymbolExpr>(symbol)) {
    ranges[expr.getPosition()] = range;
  }
}

void DimMath::markData(Expr symbol) {
  if (auto expr = dyn_cast<AffineSymbolExpr>(symbol)) {
    data.insert(expr.getPosition());
  }
}

bool DimMath::dependsOnData(Expr expr) const {
  bool depends = false;
  expr.walk([&](AffineExpr part) {
    auto symbol = dyn_cast<AffineSymbolExpr>(part);
    depends |= symbol && data.count(symbol.getPosition());
  });
  return depends;
}

bool DimMath::isComplex(Expr expr) {
  int nodes = 0;
  // Expressions grow by one bounded step at a time, so this walk is shallow.
  expr.walk([&](AffineExpr) { ++nodes; });
  return nodes > 48;
}

DimMath::Expr DimMath::canonical(Expr expr) {
  llvm::DenseMap<AffineExpr, AffineExpr> known;
  expr.walk([&](AffineExpr part) {
    auto symbol = dyn_cast<AffineSymbolExpr>(part);
    auto fact = symbol ? facts.find(symbol.getPosition()) : facts.end();
    if (fact != facts.end()) {
      known[part] = fact->second;
    }
  });
  return known.empty() ? expr : expr.replace(known);
}

bool DimMath::equal(Expr a, Expr b) {
  if (!a || !b || a == b) {
    return a && b;
  }
  Expr difference = sub(canonical(a), canonical(b));
  return literal(difference) == 0;
}

void DimMath::learnEqual(Expr x, Expr y) {
  x = canonical(x);
  y = canonical(y);
  auto a = dyn_cast<AffineSymbolExpr>(x), c = dyn_cast<AffineSymbolExpr>(y);
  // The younger symbol gives way; a fact never mentions the symbol itself.
  if (!a || (c && c.getPosition() > a.getPosition())) {
    std::swap(x, y);
    std::swap(a, c);
  }
  if (a && !y.isFunctionOfSymbol(a.getPosition())) {
    // Older facts may mention the symbol: one replacement must be enough.
    for (auto &[position, expr] : facts) {
      expr = expr.replace(x, y);
    }
    facts[a.getPosition()] = y;
  }
}

bool DimMath::isCappedAt(Expr a, Expr b) {
  auto symbol = dyn_cast<AffineSymbolExpr>(a);
  auto it = symbol ? minima.find(symbol.getPosition()) : minima.end();
  if (it == minima.end()) {
    return false;
  }
  auto [x, y] = it->second;
  auto capped = [&](Expr value, Expr cap) {
    return literal(cap) && *literal(cap) >= 2 && equal(value, b);
  };
  return capped(x, y) || capped(y, x);
}
