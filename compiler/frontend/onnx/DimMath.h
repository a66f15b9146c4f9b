//===- DimMath.h - integer arithmetic of the importer -----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Arithmetic on the integers that shapes are made of. What is affine stays an
// expression; min, max, comparisons and divisions by symbols become `arith` ops
// whose result is a new symbol (the same one for the same question). Null
// expressions mean "overflow" and propagate.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_FRONTEND_ONNX_DIMMATH_H
#define MLC_COMPILER_FRONTEND_ONNX_DIMMATH_H

#include "dialects/mlc/Shapes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <map>
#include <optional>
#include <set>

namespace mlc::onnx {

/// An inclusive interval; the ends saturate.
struct Interval {
  int64_t low, high;
};

class DimMath {
public:
  DimMath(mlir::OpBuilder &b, ShapeScope &scope) : b(b), scope(scope) {}

  using Expr = mlir::AffineExpr;
  Expr constant(int64_t value) { return scope.constant(value); }
  Expr add(Expr a, Expr b);
  Expr sub(Expr a, Expr b);
  Expr mul(Expr a, Expr b);
  /// Quotients rounded down, up and toward zero; null for a divisor of 0.
  Expr floorDiv(Expr a, Expr b);
  Expr ceilDiv(Expr a, Expr b);
  Expr truncDiv(Expr a, Expr b);
  /// Remainder with the sign of the divisor (b > 0 when affine).
  Expr mod(Expr a, Expr b);
  Expr min(Expr a, Expr b);
  Expr max(Expr a, Expr b);
  /// 1 where `a predicate b` (signed), else 0.
  Expr compare(mlir::arith::CmpIPredicate predicate, Expr a, Expr b);
  /// `a` when `condition` is not zero, else `b`.
  Expr select(Expr condition, Expr a, Expr b);
  Expr product(llvm::ArrayRef<Expr> factors);

  /// The value of `expr` at run time, an `index`.
  mlir::Value value(Expr expr);
  /// An i1 that holds when `expr` (0 or 1) is 1.
  mlir::Value condition(Expr expr);
  /// An expression for an index value that may hold any integer in `range`.
  Expr symbol(mlir::Value index, Interval range);

  bool equal(Expr a, Expr b);
  Interval bounds(Expr expr);
  /// Declares the range of a symbol; dims are [0, INT64_MAX] otherwise.
  void setBounds(Expr symbol, Interval range);

  /// Records that two expressions are equal from here on (a check that ends the
  /// run otherwise stands at the insertion point). Whoever imports into a
  /// region that may not run holds a FactScope meanwhile.
  void learnEqual(Expr a, Expr b);
  /// Whether `a` is min(b, c) with a literal c >= 2: then a broadcasts with b
  /// only where both are equal.
  bool isCappedAt(Expr a, Expr b);

  /// Declares that a symbol came out of a tensor's data, so that it need not be
  /// an extent although its range allows it. What is computed from it counts
  /// as data, too.
  void markData(Expr symbol);
  bool dependsOnData(Expr expr) const;

  static std::optional<int64_t> literal(Expr expr);
  /// A short enough equivalent: past a size the value becomes a new symbol, so
  /// that no model can make expressions whose recursion exhausts the stack.
  Expr bounded(Expr expr);
  static bool isComplex(Expr expr);

  void setLocation(mlir::Location location) { loc = location; }

  /// Forgets at its end what was learned since its beginning.
  class FactScope {
  public:
    explicit FactScope(DimMath &math) : math(math), before(math.facts) {}
    ~FactScope() {
      if (!kept) {
        math.facts = std::move(before);
      }
    }
    FactScope(const FactScope &) = delete;
    /// The region turned out to run always.
    void keep() { kept = true; }

  private:
    DimMath &math;
    std::map<unsigned, Expr> before;
    bool kept = false;
  };

private:
  enum class Op { floorDiv, ceilDiv, truncDiv, mod, min, max, compare, select };
  template <typename Build>
  Expr memoized(Op op, int extra, Expr a, Expr b, Expr c, Interval range,
                Build build);
  bool isVisible(mlir::Value value);
  Expr canonical(Expr expr);

  mlir::OpBuilder &b;
  ShapeScope &scope;
  std::optional<mlir::Location> loc;
  std::map<unsigned, Interval> ranges;
  std::set<unsigned> data;
  /// Symbols that are known to equal an expression at the insertion point.
  std::map<unsigned, Expr> facts;
  /// Operands of the minimum that a symbol is.
  std::map<unsigned, std::pair<Expr, Expr>> minima;
  struct Key {
    Op op;
    int extra;
    const void *a, *b, *c;
    bool operator<(const Key &other) const {
      return std::tie(op, extra, a, b, c) <
             std::tie(other.op, other.extra, other.a, other.b, other.c);
    }
  };
  std::map<Key, std::pair<mlir::Value, Expr>> known;
};

} // namespace mlc::onnx

#endif // MLC_COMPILER_FRONTEND_ONNX_DIMMATH_H
