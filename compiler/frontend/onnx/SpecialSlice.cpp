//===- SpecialSlice.cpp - parts of tensors ----------------------*- C++ -*-===//
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
/// What one axis of a Slice asks for.
struct AxisSlice {
  AffineExpr start, size;
  int64_t step;
};
} // namespace

/// A position counted from the end when negative, clamped to [low, high].
static AffineExpr clampPosition(Node &n, AffineExpr position, AffineExpr extent,
                                AffineExpr low, AffineExpr high) {
  AffineExpr zero = n.math.constant(0);
  // Literals like INT64_MAX mean "to the end"; nothing may overflow on them.
  if (auto literal = DimMath::literal(position)) {
    constexpr int64_t far = int64_t(1) << 40;
    position = n.math.constant(std::clamp(*literal, -far, far));
  }
  AffineExpr fromEnd = n.math.add(position, extent);
  AffineExpr normal = n.math.select(
      n.math.compare(Predicate::slt, position, zero), fromEnd, position);
  return n.math.min(n.math.max(normal, low), high);
}

static AxisSlice sliceAxis(Node &n, AffineExpr start, AffineExpr end,
                           int64_t step, AffineExpr extent) {
  AffineExpr zero = n.math.constant(0);
  constexpr int64_t far = int64_t(1) << 40;
  step = std::clamp(step, -far, far);
  AxisSlice result{{}, {}, step};
  AffineExpr span;
  if (step > 0) {
    result.start = clampPosition(n, start, extent, zero, extent);
    span =
        n.math.sub(clampPosition(n, end, extent, zero, extent), result.start);
  } else {
    AffineExpr last = n.math.sub(extent, n.math.constant(1));
    result.start = clampPosition(n, start, extent, zero, last);
    span = n.math.sub(result.start,
                      clampPosition(n, end, extent, n.math.constant(-1), last));
  }
  AffineExpr count = n.math.ceilDiv(span, n.math.constant(std::abs(step)));
  result.size = n.math.max(count, zero);
  return result;
}

static void importSlice(Node &n) {
  Value x = n.value(0);
  std::optional<SmallVector<AffineExpr>> starts, ends;
  std::optional<SmallVector<int64_t>> axes, steps;
  if (n.opset() < 10) {
    auto wrap = [&](std::optional<SmallVector<int64_t>> values) {
      std::optional<SmallVector<AffineExpr>> exprs;
      if (values) {
        exprs.emplace();
        for (int64_t value : *values) {
          exprs->push_back(n.math.constant(value));
        }
      }
      return exprs;
    };
    starts = wrap(n.intsAttr("starts"));
    ends = wrap(n.intsAttr("ends"));
    axes = n.intsAttr("axes");
  } else {
    starts = n.integers(1);
    ends = n.integers(2);
    axes = n.has(3) ? n.fixedIntegers(3, "axes") : std::nullopt;
    steps = n.has(4) ? n.fixedIntegers(4, "steps") : std::nullopt;
  }
  if (!x || n.failed()) {
    return;
  }
  if (!starts || !ends || starts->size() != ends->size() ||
      (axes && axes->size() != starts->size()) ||
      (steps && steps->size() != starts->size())) {
    return n.badAttribute("starts, ends, axes and steps must be of one length");
  }
  DimExprs sizes = n.dims(x);
  SmallVector<AffineExpr> from(sizes.size(), n.math.constant(0));
  SmallVector<int64_t> by(sizes.size(), 1);
  SmallVector<bool> seen(sizes.size(), false);
  for (size_t i = 0; i < starts->size(); ++i) {
    auto axis = n.normalizeAxis(axes ? (*axes)[i] : int64_t(i), n.rank(x));
    if (!axis) {
      return;
    }
    int64_t step = steps ? (*steps)[i] : 1;
    if (step == 0 || std::exchange(seen[*axis], true)) {
      return n.badAttribute(step == 0 ? "a step is 0"
                                      : "'axes' names an axis twice");
    }
    AxisSlice one = sliceAxis(n, (*starts)[i], (*ends)[i], step, sizes[*axis]);
    from[*axis] = one.start;
    sizes[*axis] = one.size;
    by[*axis] = one.step;
  }
  n.setResult(0, n.slice(x, from, sizes, by));
}

static void importConcat(Node &n) {
  SmallVector<Value> xs = n.allValues();
  int64_t axis = n.intAttr("axis", 1);
  if (n.failed() || xs.empty()) {
    return n.failed() ? void() : n.badShape("expects at least one input");
  }
  if (auto normal = n.normalizeAxis(axis, n.rank(xs[0]))) {
    n.setResult(0, xs.size() == 1 ? xs[0] : n.concat(xs, *normal));
  }
}

/// The extents of Split's results along the axis; empty after a problem.
static SmallVector<AffineExpr> splitSizes(Node &n, AffineExpr extent) {
  SmallVector<AffineExpr> sizes;
  int64_t count = n.resultCount();
  if (n.opset() >= 13 && n.has(1)) {
    auto given = n.integers(1);
    sizes = given.value_or(SmallVector<AffineExpr>());
  } else if (auto given = n.intsAttr("split"); given && n.opset() < 13) {
    for (int64_t size : *given) {
      sizes.push_back(n.math.constant(size));
    }
  } else {
    if (n.opset() >= 18 && n.intAttr("num_outputs", count) != count) {
      n.badAttribute("num_outputs is not the number of outputs");
      return {};
    }
    // Equal parts; the last may be smaller from opset 18 on.
    AffineExpr part = n.math.ceilDiv(extent, n.math.constant(count));
    AffineExpr rest = extent;
    for (int64_t i = 0; i < count; ++i) {
      AffineExpr size = i + 1 < count ? part : rest;
      rest = n.math.sub(rest, part);
      sizes.push_back(size);
    }
    n.require(n.math.compare(Predicate::sge, sizes.back(), n.math.constant(0)),
              extent, n.math.constant(count), "the axis is too short to split");
    if (n.opset() < 18) {
      n.requireEqual(n.math.mul(part, n.math.constant(count)), extent,
                     "the axis must split evenly");
    }
    return sizes;
  }
  if (n.failed() || int64_t(sizes.size()) != count) {
    if (!n.failed()) {
      n.badShape("expects one split size per output");
    }
    return {};
  }
  AffineExpr sum = n.math.constant(0), zero = n.math.constant(0);
  for (AffineExpr size : sizes) {
    n.require(n.math.compare(Predicate::sge, size, zero), size, zero,
              "split sizes must not be negative");
    sum = n.math.add(sum, size);
  }
  n.requireEqual(sum, extent, "split sizes must sum to the axis' extent");
  return sizes;
}

static void importSplit(Node &n) {
  Value x = n.value(0);
  int64_t given = n.intAttr("axis", 0);
  auto axis = x ? n.normalizeAxis(given, n.rank(x)) : std::nullopt;
  if (!axis || n.resultCount() == 0) {
    return;
  }
  SmallVector<AffineExpr> sizes = splitSizes(n, n.dims(x)[*axis]);
  AffineExpr start = n.math.constant(0);
  for (size_t i = 0; i < sizes.size() && !n.failed(); ++i) {
    n.setResult(i, n.slice(x, *axis, start, sizes[i]));
    start = n.math.add(start, sizes[i]);
  }
}

static void importGather(Node &n) {
  Value x = n.value(0);
  Tensor *indices = n.tensor(1);
  int64_t given = n.intAttr("axis", 0);
  auto axis = x && indices ? n.normalizeAxis(given, n.rank(x)) : std::nullopt;
  if (!axis) {
    return;
  }
  // One constant index is a slice: a view, and no check at run time.
  const HostElements *known = n.importer.hostElements(*indices);
  AffineExpr extent = n.dims(x)[*axis];
  auto literal =
      known && known->size() == 1 ? (*known)[0].asInteger() : std::nullopt;
  auto fixed = DimMath::literal(extent);
  if (!literal || !fixed || *literal < -*fixed || *literal >= *fixed) {
    n.setResult(0, n.gather(x, n.value(1), *axis));
    return;
  }
  int64_t at = *literal < 0 ? *literal + *fixed : *literal;
  DimExprs to = n.dims(x);
  to.erase(to.begin() + *axis);
  to.insert(to.begin() + *axis, indices->dims.begin(), indices->dims.end());
  n.setResult(
      0, n.reshape(n.slice(x, *axis, n.math.constant(at), n.math.constant(1)),
                   to));
}

/// Pad's amounts per axis: all begins, then all ends.
static std::optional<SmallVector<AffineExpr>> padAmounts(Node &n,
                                                         int64_t rank) {
  std::optional<SmallVector<AffineExpr>> given;
  if (n.opset() < 11) {
    if (auto pads = n.intsAttr("pads")) {
      given.emplace();
      for (int64_t pad : *pads) {
        given->push_back(n.math.constant(pad));
      }
    }
  } else {
    given = n.integers(1);
  }
  SmallVector<int64_t> axes;
  if (n.has(3)) {
    auto named = n.axes(0, 3, rank);
    if (!named) {
      return std::nullopt;
    }
    axes = *named;
  } else {
    axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  }
  if (!given || given->size() != 2 * axes.size()) {
    if (!n.failed()) {
      n.badAttribute("expects two pads per axis");
    }
    return std::nullopt;
  }
  SmallVector<AffineExpr> all(2 * rank, n.math.constant(0));
  for (auto [i, axis] : llvm::enumerate(axes)) {
    all[axis] = (*given)[i];
    all[rank + axis] = (*given)[axes.size() + i];
  }
  return all;
}

static void importPad(Node &n) {
  Value x = n.value(0);
  std::string mode = n.stringAttr("mode", "constant");
  auto kind = llvm::StringSwitch<std::optional<PadKind>>(mode)
                  .Case("constant", PadKind::constant)
                  .Case("reflect", PadKind::reflect)
                  .Case("edge", PadKind::edge)
                  .Case("wrap", PadKind::wrap)
                  .Default(std::nullopt);
  if (!x) {
    return;
  }
  if (!kind) {
    return n.badAttribute("mode '" + mode + "' is not known");
  }
  int64_t rank = n.rank(x);
  auto amounts = padAmounts(n, rank);
  Value fill;
  if (n.opset() < 11) {
    fill = n.scalarLike(x, n.floatAttr("value", 0));
  } else if (n.has(2)) {
    Value given = n.value(2);
    fill = given ? n.reshape(given, {}) : Value();
  } else {
    fill = n.scalarLike(x, 0);
  }
  if (!amounts || n.failed()) {
    return;
  }
  constexpr int64_t limit = int64_t(1) << 31;
  for (AffineExpr amount : *amounts) {
    auto literal = DimMath::literal(amount);
    if (literal && (*literal <= -limit || *literal >= limit)) {
      return n.badAttribute("pad " + Twine(*literal) + " is out of range");
    }
  }
  MixedIndices low = n.mixed(ArrayRef(*amounts).take_front(rank));
  MixedIndices high = n.mixed(ArrayRef(*amounts).drop_front(rank));
  bool isConstant = *kind == PadKind::constant;
  n.setResult(0,
              n.create<PadOp>(x, Maybe{isConstant ? fill : Value()}, low.values,
                              high.values, low.fixed, high.fixed, *kind));
}

void mlc::onnx::addSliceRules(RuleTable &table) {
  table.add("Slice", 1, importSlice);
  table.add("Concat", 4, importConcat);
  table.add("Split", 2, importSplit);
  table.add("Gather", 1, importGather);
  table.add("Pad", 2, importPad);
}
