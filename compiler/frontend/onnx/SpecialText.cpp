//===- SpecialText.cpp - counting n-grams -----------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Rules.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;
using Predicate = arith::CmpIPredicate;

namespace {
/// TfIdfVectorizer on integers: how often each n-gram of a pool occurs in a
/// row, at distances 1 to max_skip_count + 1 between its items.
class GramCounter {
public:
  explicit GramCounter(Node &n) : n(n), i64(n.b.getI64Type()) {}

  void run() {
    Value x = n.value(0);
    if (!readAttributes() || !x) {
      return;
    }
    DimExprs dims = n.dims(x);
    if (dims.size() > 2 || !isa<IntegerType>(n.elementType(x))) {
      return n.unsupported("other than integers of rank at most 2");
    }
    AffineExpr one = n.math.constant(1);
    rows = dims.size() == 2 ? dims[0] : one;
    length = dims.empty() ? one : dims.back();
    x = n.reshape(n.cast(x, i64), {rows, length});
    SmallVector<Value> parts{n.fill(n.b.getF32Type(), 0, {rows, one})};
    for (size_t size = 1; size <= starts.size(); ++size) {
      if (Value counts = countGrams(x, size)) {
        parts.push_back(counts);
      }
    }
    Value y = weigh(n.gather(n.concat(parts, 1), columns(), 1));
    AffineExpr width = n.math.constant(outputs);
    n.setResult(0, dims.size() == 2 ? y : n.reshape(y, {width}));
  }

private:
  bool readAttributes() {
    auto pool = n.intsAttr("pool_int64s"), counts = n.intsAttr("ngram_counts");
    auto indexes = n.intsAttr("ngram_indexes");
    shortest = n.intAttr("min_gram_length", 1);
    longest = n.intAttr("max_gram_length", 1);
    skips = n.intAttr("max_skip_count", 0);
    mode = n.stringAttr("mode", "TF");
    weights = n.floatsAttr("weights");
    if (n.failed() || !pool || !counts || !indexes || indexes->empty()) {
      n.failed() ? void() : n.unsupported("a pool of strings");
      return false;
    }
    items = *pool;
    starts = *counts;
    targets = *indexes;
    outputs = *llvm::max_element(targets) + 1;
    bool valid = llvm::is_sorted(starts) && !starts.empty() &&
                 starts.front() >= 0 && starts.back() <= int64_t(items.size());
    constexpr int64_t most = 1 << 20;
    valid &=
        llvm::all_of(targets, [](int64_t t) { return t >= 0 && t < most; });
    valid &= !weights || weights->size() >= targets.size();
    if (!valid || skips < 0 ||
        (mode != "TF" && mode != "IDF" && mode != "TFIDF")) {
      n.badAttribute("the pool's attributes do not fit each other");
      return false;
    }
    if (skips > 64 || starts.size() > 64) {
      n.unsupported("more than 64 skips or items in an n-gram");
      return false;
    }
    return true;
  }

  /// [rows, grams of that size] in f32; null when the pool has none.
  Value countGrams(Value x, size_t size) {
    size_t end = size < starts.size() ? starts[size] : items.size();
    size_t grams = (end - starts[size - 1]) / size, first = known;
    known += grams;
    if (grams == 0 || int64_t(size) < shortest || int64_t(size) > longest) {
      return {};
    }
    for (size_t i = 0; i < grams; ++i) {
      counted.push_back(first + i);
    }
    int64_t distances = size == 1 ? 1 : skips + 1;
    Value sum;
    for (int64_t distance = 1; distance <= distances; ++distance) {
      Value here = countAt(x, size, starts[size - 1], grams, distance);
      sum = sum ? n.add(sum, here) : here;
    }
    return sum;
  }

  Value countAt(Value x, int64_t size, int64_t from, size_t grams,
                int64_t distance) {
    AffineExpr reach = n.math.constant(distance * (size - 1));
    AffineExpr zero = n.math.constant(0);
    AffineExpr places = n.math.max(n.math.sub(length, reach), zero);
    if (DimMath::literal(places) == 0) {
      return n.fill(n.b.getF32Type(), 0, {rows, n.math.constant(grams)});
    }
    Value all;
    for (int64_t j = 0; j < size; ++j) {
      // A row that is too short has no place, wherever the slice begins.
      AffineExpr start =
          n.math.min(n.math.constant(j * distance), n.math.sub(length, places));
      Value part = n.unsqueeze(n.slice(x, 1, start, places), {2});
      SmallVector<int64_t> column;
      for (size_t gram = 0; gram < grams; ++gram) {
        column.push_back(items[from + gram * size + j]);
      }
      Value same = n.elementwise<EqualOp>({part, n.constant(column)});
      all = all ? n.elementwise<AndOp>({all, same}) : same;
    }
    return n.reduce(n.cast(all, n.b.getF32Type()), ReduceKind::sum, {1}, false);
  }

  /// For each result column the position of its count; 0 is a column of zeros.
  Value columns() {
    SmallVector<int64_t> positions(outputs, 0);
    for (auto [position, gram] : llvm::enumerate(counted)) {
      if (gram < targets.size()) {
        positions[targets[gram]] = position + 1;
      }
    }
    return n.constant(positions);
  }

  Value weigh(Value counts) {
    if (!counts || mode == "TF") {
      return counts;
    }
    Type f32 = n.b.getF32Type();
    Value y = counts;
    if (mode == "IDF") {
      y = n.cast(n.elementwise<GreaterOp>({counts, n.scalar(f32, 0)}), f32);
    }
    if (!weights) {
      return y;
    }
    // A weight belongs to an n-gram of the pool, wherever its count goes.
    SmallVector<float> values(outputs, 1);
    for (auto [target, weight] : llvm::zip_first(targets, *weights)) {
      values[target] = float(weight);
    }
    auto type = RankedTensorType::get({outputs}, f32);
    return n.mul(
        y, n.constant(DenseElementsAttr::get(type, ArrayRef<float>(values))));
  }

  Node &n;
  Type i64;
  AffineExpr rows, length;
  SmallVector<int64_t> items, starts, targets;
  SmallVector<size_t> counted;
  std::optional<SmallVector<double>> weights;
  int64_t shortest = 1, longest = 1, skips = 0, outputs = 0;
  size_t known = 0;
  std::string mode;
};
} // namespace

static void importTfIdf(Node &n) { GramCounter(n).run(); }

void mlc::onnx::addTextRules(RuleTable &table) {
  table.add("TfIdfVectorizer", 9, importTfIdf);
}
