//===- SpecialEinsum.cpp - Einstein summation -------------------*- C++ -*-===//
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

namespace {
/// Axes are named by their letter; those of an ellipsis by -1, -2, ... from the
/// last one on.
using Labels = SmallVector<int, 8>;

struct Operand {
  Value x;
  Labels labels;
};

/// Contracts operands from left to right. An axis is summed as soon as no
/// operand to come and not the result needs it.
class Einsum {
public:
  explicit Einsum(Node &n) : n(n) {}

  void run(StringRef equation) {
    std::string text;
    llvm::copy_if(equation, std::back_inserter(text),
                  [](char c) { return c != ' '; });
    auto [left, right] = StringRef(text).split("->");
    bool isExplicit = StringRef(text).contains("->");
    if (!readOperands(left)) {
      return;
    }
    auto labels = isExplicit ? parse(right, ellipsis) : implicitResult(left);
    if (!labels) {
      return;
    }
    result = *labels;
    for (int label : result) {
      if (llvm::count(result, label) != 1 || !appears(label)) {
        return n.badAttribute("the result names an axis that no operand has, "
                              "or twice");
      }
    }
    Operand sum = finishAlone(operands[0], 1);
    for (size_t i = 1; i < operands.size() && sum.x; ++i) {
      sum = contract(sum, finishAlone(operands[i], i + 1), i + 1);
    }
    n.setResult(0, arrange(sum, result));
  }

private:
  bool readOperands(StringRef left) {
    SmallVector<StringRef> terms;
    left.split(terms, ',');
    if (terms.size() != n.inputCount()) {
      n.badAttribute("the equation has " + Twine(terms.size()) + " terms for " +
                     Twine(n.inputCount()) + " inputs");
      return false;
    }
    for (auto [i, term] : llvm::enumerate(terms)) {
      Value x = n.value(i);
      if (!x) {
        return false;
      }
      size_t named = llvm::count_if(term, [](char c) { return c != '.'; });
      bool open = term.contains("...");
      int64_t extra = n.rank(x) - int64_t(named);
      if (extra < 0 || (extra > 0 && !open)) {
        n.badShape("term '" + term + "' does not fit rank " + Twine(n.rank(x)));
        return false;
      }
      auto labels = parse(term, extra);
      if (!labels) {
        return false;
      }
      ellipsis = std::max(ellipsis, extra);
      operands.push_back(diagonal({x, *labels}));
    }
    return true;
  }

  /// Labels of a term whose ellipsis stands for `extra` axes.
  std::optional<Labels> parse(StringRef term, int64_t extra) {
    Labels labels;
    if (term.count("...") > 1) {
      n.badAttribute("a term of the equation has two ellipses");
      return std::nullopt;
    }
    while (!term.empty()) {
      if (term.consume_front("...")) {
        for (int64_t i = extra; i > 0; --i) {
          labels.push_back(int(-i));
        }
        continue;
      }
      if (!llvm::isAlpha(term.front())) {
        n.badAttribute("the equation has an unexpected '" + term.take_front(1) +
                       "'");
        return std::nullopt;
      }
      labels.push_back(term.front());
      term = term.drop_front();
    }
    return labels;
  }

  /// The ellipsis, then all letters that appear once, in alphabetical order.
  std::optional<Labels> implicitResult(StringRef left) {
    Labels labels = *parse("...", ellipsis);
    for (char c = 'A'; c <= 'z'; ++c) {
      if (llvm::isAlpha(c) && left.count(c) == 1) {
        labels.push_back(c);
      }
    }
    return labels;
  }

  bool appears(int label) {
    return llvm::any_of(operands, [&](const Operand &operand) {
      return llvm::is_contained(operand.labels, label);
    });
  }

  /// Whether the result or an operand from `next` on has the axis.
  bool isNeeded(int label, size_t next) {
    return llvm::is_contained(result, label) ||
           llvm::any_of(ArrayRef(operands).drop_front(next),
                        [&](const Operand &operand) {
                          return llvm::is_contained(operand.labels, label);
                        });
  }

  /// Axes with one name become one: off-diagonal elements count as 0.
  Operand diagonal(Operand operand) {
    Type i64 = n.b.getI64Type();
    for (size_t i = 0; i < operand.labels.size() && operand.x; ++i) {
      for (size_t j = operand.labels.size() - 1; j > i && operand.x; --j) {
        if (operand.labels[i] != operand.labels[j]) {
          continue;
        }
        DimExprs dims = n.dims(operand.x);
        int64_t rank = dims.size();
        n.requireEqual(dims[j], dims[i], "axes of one name must be equal");
        Value same =
            n.elementwise<EqualOp>({iotaAlong(n, i64, dims[i], i, rank),
                                    iotaAlong(n, i64, dims[j], j, rank)});
        Value kept = select(n, same, operand.x, n.scalarLike(operand.x, 0));
        operand.x = n.reduce(kept, ReduceKind::sum, {int64_t(j)}, false);
        operand.labels.erase(operand.labels.begin() + j);
      }
    }
    return operand;
  }

  /// Sums the axes that only this operand has.
  Operand finishAlone(Operand operand, size_t next) {
    SmallVector<int64_t> summed;
    Labels kept;
    for (size_t axis = 0; axis < operand.labels.size(); ++axis) {
      int label = operand.labels[axis];
      bool before = llvm::any_of(
          ArrayRef(operands).take_front(next - 1), [&](const Operand &other) {
            return llvm::is_contained(other.labels, label);
          });
      if (isNeeded(label, next) || before) {
        kept.push_back(label);
      } else {
        summed.push_back(axis);
      }
    }
    return {n.reduce(operand.x, ReduceKind::sum, summed, false), kept};
  }

  /// The product of two operands, summed over the axes that only they have.
  Operand contract(Operand a, Operand b, size_t next) {
    if (!a.x || !b.x) {
      return {};
    }
    Labels batch, onlyA, onlyB, summed;
    for (int label : a.labels) {
      bool shared = llvm::is_contained(b.labels, label);
      bool needed = isNeeded(label, next);
      // An axis of the first operands alone was summed with them.
      (!needed ? summed : shared ? batch : onlyA).push_back(label);
    }
    for (int label : b.labels) {
      if (!llvm::is_contained(a.labels, label)) {
        onlyB.push_back(label);
      }
    }
    if (summed.empty()) {
      return multiply(a, b, batch, onlyA, onlyB);
    }
    for (int label : summed) {
      if (!llvm::is_contained(b.labels, label)) {
        // Summed on its own side before the product.
        auto at = llvm::find(a.labels, label) - a.labels.begin();
        a.x = n.reduce(a.x, ReduceKind::sum, {int64_t(at)}, false);
        a.labels.erase(a.labels.begin() + at);
        return contract(a, b, next);
      }
    }
    return product(a, b, batch, onlyA, onlyB, summed);
  }

  Operand multiply(Operand a, Operand b, const Labels &batch,
                   const Labels &onlyA, const Labels &onlyB) {
    Labels all = batch;
    all.append(onlyA);
    all.append(onlyB);
    return {n.mul(spread(a, all), spread(b, all)), all};
  }

  Operand product(Operand a, Operand b, const Labels &batch,
                  const Labels &onlyA, const Labels &onlyB,
                  const Labels &summed) {
    Labels left = batch, right = batch;
    left.append(onlyA);
    left.append(summed);
    right.append(summed);
    right.append(onlyB);
    Value x = arrange(a, left), y = arrange(b, right);
    if (!x || !y) {
      return {};
    }
    DimExprs ofX = n.dims(x), ofY = n.dims(y);
    // Shared axes broadcast; a matrix product wants them equal.
    DimExprs common(batch.size() + summed.size());
    for (size_t i = 0; i < common.size(); ++i) {
      bool inBatch = i < batch.size();
      AffineExpr &p = ofX[inBatch ? i : i + onlyA.size()], &q = ofY[i];
      auto both = n.broadcastDims({DimExprs{p}, DimExprs{q}});
      if (!both) {
        return {};
      }
      p = q = common[i] = (*both)[0];
    }
    x = n.expand(x, ofX);
    y = n.expand(y, ofY);
    ArrayRef<AffineExpr> dx(ofX), dy(ofY);
    size_t nb = batch.size(), ns = summed.size(), na = onlyA.size();
    AffineExpr outer = n.math.product(dx.take_front(nb));
    AffineExpr inner = n.math.product(dx.take_back(ns));
    AffineExpr rows = n.math.product(dx.slice(nb, na));
    AffineExpr columns = n.math.product(dy.drop_front(nb + ns));
    Value z = n.matmul(n.reshape(x, {outer, rows, inner}),
                       n.reshape(y, {outer, inner, columns}));
    DimExprs dims(dx.take_front(nb + na));
    dims.append(dy.begin() + nb + ns, dy.end());
    Labels labels = batch;
    labels.append(onlyA);
    labels.append(onlyB);
    return {n.reshape(z, dims), labels};
  }

  /// The operand with its axes in the order of `labels`.
  Value arrange(const Operand &operand, const Labels &labels) {
    if (!operand.x) {
      return {};
    }
    SmallVector<int64_t> permutation;
    for (int label : labels) {
      permutation.push_back(llvm::find(operand.labels, label) -
                            operand.labels.begin());
    }
    return n.transpose(operand.x, permutation);
  }

  /// The same with dims of 1 for the axes it lacks.
  Value spread(const Operand &operand, const Labels &labels) {
    Labels mine;
    SmallVector<int64_t> added;
    for (auto [axis, label] : llvm::enumerate(labels)) {
      if (llvm::is_contained(operand.labels, label)) {
        mine.push_back(label);
      } else {
        added.push_back(axis);
      }
    }
    return n.unsqueeze(arrange(operand, mine), added);
  }

  Node &n;
  SmallVector<Operand> operands;
  Labels result;
  int64_t ellipsis = 0;
};
} // namespace

static void importEinsum(Node &n) {
  std::string equation = n.stringAttr("equation", "");
  if (n.inputCount() == 0) {
    return n.badShape("expects at least one input");
  }
  Einsum(n).run(equation);
}

void mlc::onnx::addEinsumRules(RuleTable &table) {
  table.add("Einsum", 12, importEinsum);
}
