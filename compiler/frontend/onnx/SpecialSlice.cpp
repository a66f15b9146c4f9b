//===- SpecialSlice.cpp - parts of tensors ----------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/DynamicAxes.h"
#include "compiler/frontend/onnx/Indices.h"
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

/// The same for a step that only the running model knows: the positions that
/// the slice takes, as a tensor for mlc.gather.
static Value slicePositions(Node &n, AffineExpr start, AffineExpr end,
                            AffineExpr step, AffineExpr extent) {
  AffineExpr zero = n.math.constant(0), one = n.math.constant(1);
  n.require(n.math.compare(Predicate::ne, step, zero), step, one,
            "steps must not be 0");
  AffineExpr up = n.math.compare(Predicate::sgt, step, zero);
  AffineExpr high = n.math.select(up, extent, n.math.sub(extent, one));
  AffineExpr first = clampPosition(n, start, extent, zero, high);
  AffineExpr last = clampPosition(
      n, end, extent, n.math.select(up, zero, n.math.constant(-1)), high);
  AffineExpr span =
      n.math.select(up, n.math.sub(last, first), n.math.sub(first, last));
  AffineExpr stride =
      n.math.max(n.math.select(up, step, n.math.sub(zero, step)), one);
  AffineExpr count = n.math.max(n.math.ceilDiv(span, stride), zero);
  if (!count || n.failed()) {
    return {};
  }
  Type type = n.b.getI64Type();
  return n.add(
      n.mul(iotaAlong(n, type, count, 0, 1), n.scalarTensor(step, type)),
      n.scalarTensor(first, type));
}

namespace {
/// A Slice's arguments; axes and steps may depend on data.
struct SliceArguments {
  SmallVector<AffineExpr> starts, ends, steps;
  DynamicAxes axes;
};
} // namespace

static SmallVector<AffineExpr> constants(Node &n, ArrayRef<int64_t> values) {
  return llvm::map_to_vector(
      values, [&](int64_t value) { return n.math.constant(value); });
}

/// Axes given as a list of literals.
static std::optional<DynamicAxes> literalAxes(Node &n, ArrayRef<int64_t> axes,
                                              int64_t rank) {
  DynamicAxes result{{}, SmallVector<AffineExpr>(rank, n.math.constant(0))};
  for (int64_t axis : axes) {
    auto normal = n.normalizeAxis(axis, rank);
    if (!normal) {
      return std::nullopt;
    }
    if (DimMath::literal(result.flags[*normal]) == 1) {
      n.badAttribute("'axes' names an axis twice");
      return std::nullopt;
    }
    result.axes.push_back(n.math.constant(*normal));
    result.flags[*normal] = n.math.constant(1);
  }
  return result;
}

static std::optional<SliceArguments> readSlice(Node &n, int64_t rank) {
  SliceArguments result;
  std::optional<DynamicAxes> axes;
  bool hasAxes = false;
  if (n.opset() < 10) {
    using Ints = SmallVector<int64_t>;
    result.starts = constants(n, n.intsAttr("starts").value_or(Ints()));
    result.ends = constants(n, n.intsAttr("ends").value_or(Ints()));
    if (auto given = n.intsAttr("axes")) {
      hasAxes = true;
      axes = literalAxes(n, *given, rank);
    }
  } else {
    using Exprs = SmallVector<AffineExpr>;
    result.starts = n.integers(1).value_or(Exprs());
    result.ends = n.integers(2).value_or(Exprs());
    hasAxes = n.has(3);
    axes = hasAxes ? readAxes(n, 3, rank) : std::nullopt;
    result.steps = n.has(4) ? n.integers(4).value_or(Exprs()) : Exprs();
  }
  size_t count = result.starts.size();
  if (result.steps.empty()) {
    result.steps.assign(count, n.math.constant(1));
  }
  if (!hasAxes && int64_t(count) <= rank) {
    axes = literalAxes(n, llvm::to_vector(llvm::seq<int64_t>(0, count)), rank);
  }
  if (n.failed()) {
    return std::nullopt;
  }
  if (!axes || axes->axes.size() != count || result.ends.size() != count ||
      result.steps.size() != count) {
    n.badAttribute("starts, ends, axes and steps must be of one length");
    return std::nullopt;
  }
  result.axes = *axes;
  return result;
}

static void importSlice(Node &n) {
  Value x = n.value(0);
  auto arguments = x ? readSlice(n, n.rank(x)) : std::nullopt;
  if (!arguments) {
    return;
  }
  AffineExpr zero = n.math.constant(0), one = n.math.constant(1);
  DimExprs dims = n.dims(x), sizes = dims;
  SmallVector<AffineExpr> from(dims.size(), zero);
  SmallVector<int64_t> by(dims.size(), 1);
  SmallVector<std::pair<int64_t, Value>> gathers;
  for (size_t d = 0; d < dims.size(); ++d) {
    if (DimMath::literal(arguments->axes.flags[d]) == 0) {
      continue;
    }
    auto pick = [&](ArrayRef<AffineExpr> values, AffineExpr fallback) {
      return atAxis(n, arguments->axes, int64_t(d), values, fallback);
    };
    AffineExpr step = pick(arguments->steps, one);
    AffineExpr start = pick(arguments->starts, zero);
    AffineExpr end = pick(arguments->ends, dims[d]);
    auto literal = DimMath::literal(step);
    if (!literal) {
      gathers.push_back({d, slicePositions(n, start, end, step, dims[d])});
      continue;
    }
    if (*literal == 0) {
      return n.badAttribute("a step is 0");
    }
    AxisSlice part = sliceAxis(n, start, end, *literal, dims[d]);
    from[d] = part.start;
    sizes[d] = part.size;
    by[d] = part.step;
  }
  Value y = n.slice(x, from, sizes, by);
  for (auto [axis, positions] : gathers) {
    y = n.gather(y, positions, axis);
  }
  n.setResult(0, y);
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
  auto axes =
      n.has(3)
          ? readAxes(n, 3, rank)
          : literalAxes(n, llvm::to_vector(llvm::seq<int64_t>(0, rank)), rank);
  if (!axes || !given || given->size() != 2 * axes->axes.size()) {
    if (!n.failed()) {
      n.badAttribute("expects two pads per axis");
    }
    return std::nullopt;
  }
  size_t count = axes->axes.size();
  SmallVector<AffineExpr> all;
  for (int64_t end : {0, 1}) {
    for (int64_t d = 0; d < rank; ++d) {
      all.push_back(atAxis(n, *axes, d,
                           ArrayRef(*given).slice(end * count, count),
                           n.math.constant(0)));
    }
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
