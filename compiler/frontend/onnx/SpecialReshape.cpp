//===- SpecialReshape.cpp - other dims, same elements -----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/DynamicAxes.h"
#include "compiler/frontend/onnx/Rules.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;
using Predicate = arith::CmpIPredicate;

/// The quotient of two products of dims. Factors common to both cancel first,
/// so that [batch, seq, 768] -> [batch, seq, 12, -1] finds 64.
static AffineExpr divideDims(Node &n, ArrayRef<AffineExpr> from,
                             ArrayRef<AffineExpr> by) {
  SmallVector<AffineExpr> dividend(from), divisor;
  for (AffineExpr factor : by) {
    auto same = llvm::find_if(dividend, [&](AffineExpr other) {
      return !DimMath::literal(other) && n.math.equal(other, factor);
    });
    if (same != dividend.end()) {
      dividend.erase(same);
    } else {
      divisor.push_back(factor);
    }
  }
  AffineExpr top = n.math.product(dividend), bottom = n.math.product(divisor);
  if (DimMath::literal(bottom) == 0) {
    return n.math.constant(0);
  }
  return n.math.bounds(bottom).low > 0
             ? n.math.floorDiv(top, bottom)
             // No division by zero when a dim is 0: any answer fits then.
             : n.math.floorDiv(top, n.math.max(bottom, n.math.constant(1)));
}

/// Checks (now or at run time) that the element counts agree.
static void requireSameCount(Node &n, ArrayRef<AffineExpr> from,
                             ArrayRef<AffineExpr> to) {
  SmallVector<AffineExpr> left(from), right;
  for (AffineExpr factor : to) {
    auto same = llvm::find_if(
        left, [&](AffineExpr other) { return n.math.equal(other, factor); });
    if (same != left.end()) {
      left.erase(same);
    } else {
      right.push_back(factor);
    }
  }
  if (!left.empty() || !right.empty()) {
    n.requireEqual(n.math.product(to), n.math.product(from),
                   "element counts must be equal");
  }
}

/// One entry of Reshape's shape: 0 copies x's dim unless `allowZero`.
static AffineExpr wantedDim(Node &n, AffineExpr dim, size_t i,
                            ArrayRef<AffineExpr> from, bool allowZero) {
  if (allowZero || i >= from.size()) {
    return dim;
  }
  if (DimMath::literal(dim)) {
    return DimMath::literal(dim) == 0 ? from[i] : dim;
  }
  // An extent that happens to be 0 means an empty tensor, not "copy"; only
  // numbers out of a tensor's data can mean that.
  if (n.math.bounds(dim).low > 0 || n.math.equal(dim, from[i]) ||
      !n.math.dependsOnData(dim)) {
    return dim;
  }
  AffineExpr isZero = n.math.compare(Predicate::eq, dim, n.math.constant(0));
  return n.math.select(isZero, from[i], dim);
}

/// The dims that a shape list asks for; nullopt after a problem.
static std::optional<DimExprs> resolveShape(Node &n, ArrayRef<AffineExpr> from,
                                            ArrayRef<AffineExpr> shape,
                                            bool allowZero) {
  DimExprs to;
  std::optional<size_t> inferred;
  SmallVector<size_t> maybe; // entries that may be -1 at run time
  for (auto [i, entry] : llvm::enumerate(shape)) {
    AffineExpr dim = wantedDim(n, entry, i, from, allowZero);
    to.push_back(dim);
    Interval range = n.math.bounds(dim);
    if (DimMath::literal(dim) == -1) {
      if (inferred) {
        n.badShape("the shape has -1 twice");
        return std::nullopt;
      }
      inferred = i;
    } else if (range.high < 0) {
      n.badShape("the shape has the negative extent " + Twine(range.high));
      return std::nullopt;
    } else if (range.low < 0) {
      maybe.push_back(i);
    }
  }
  AffineExpr minusOne = n.math.constant(-1), one = n.math.constant(1);
  if (!inferred && !maybe.empty()) {
    // At most one of them is -1, checked by the element count below.
    DimExprs known = to;
    for (size_t i : maybe) {
      known[i] = n.math.max(
          n.math.select(n.math.compare(Predicate::eq, to[i], minusOne), one,
                        to[i]),
          n.math.constant(0));
    }
    AffineExpr rest = divideDims(n, from, known);
    for (size_t i : maybe) {
      to[i] = n.math.max(
          n.math.select(n.math.compare(Predicate::eq, to[i], minusOne), rest,
                        to[i]),
          n.math.constant(0));
    }
  } else if (inferred) {
    for (size_t i : maybe) {
      to[i] = n.math.max(to[i], n.math.constant(0));
    }
    DimExprs known = to;
    known.erase(known.begin() + *inferred);
    to[*inferred] = divideDims(n, from, known);
  }
  requireSameCount(n, from, to);
  return n.failed() ? std::nullopt : std::optional<DimExprs>(to);
}

static void importReshape(Node &n) {
  Value x = n.value(0);
  auto shape = n.integers(1);
  bool allowZero = n.intAttr("allowzero", 0) != 0;
  if (!x || !shape) {
    return;
  }
  if (auto to = resolveShape(n, n.dims(x), *shape, allowZero)) {
    n.setResult(0, n.reshape(x, *to));
  }
}

static void importFlatten(Node &n) {
  Value x = n.value(0);
  int64_t axis = n.intAttr("axis", 1);
  if (!x) {
    return;
  }
  DimExprs dims = n.dims(x);
  int64_t rank = n.rank(x);
  if (axis < -rank || axis > rank) {
    return n.badAttribute("axis " + Twine(axis) + " is out of range for rank " +
                          Twine(rank));
  }
  axis = axis < 0 ? axis + rank : axis;
  ArrayRef<AffineExpr> all(dims);
  n.setResult(0, n.reshape(x, {n.math.product(all.take_front(axis)),
                               n.math.product(all.drop_front(axis))}));
}

/// Without axes: the dims that are known to be 1. One that may be 1 when the
/// model runs would change the rank then; that ends the run with an error.
static void squeezeOnes(Node &n, Value x) {
  DimExprs to;
  AffineExpr one = n.math.constant(1);
  for (AffineExpr dim : n.dims(x)) {
    if (DimMath::literal(dim) != 1) {
      n.require(n.math.compare(Predicate::ne, dim, one), dim, one,
                "without axes, a dynamic extent must not be 1");
      to.push_back(dim);
    }
  }
  n.setResult(0, n.reshape(x, to));
}

static std::optional<DynamicAxes> axesOfNode(Node &n, int64_t rank) {
  if (n.opset() >= 13) {
    return readAxes(n, 1, rank);
  }
  auto axes = n.axes(13, 1, rank);
  if (!axes) {
    return std::nullopt;
  }
  DynamicAxes result{{}, SmallVector<AffineExpr>(rank, n.math.constant(0))};
  for (int64_t axis : *axes) {
    result.axes.push_back(n.math.constant(axis));
    result.flags[axis] = n.math.constant(1);
  }
  return result;
}

static void importSqueeze(Node &n) {
  Value x = n.value(0);
  if (!x) {
    return;
  }
  if (n.opset() < 13 ? !n.hasAttr("axes") : !n.has(1)) {
    return squeezeOnes(n, x);
  }
  auto axes = axesOfNode(n, n.rank(x));
  if (!axes) {
    return;
  }
  DimExprs dims = n.dims(x);
  AffineExpr one = n.math.constant(1);
  for (auto [dim, flag] : llvm::zip_equal(dims, axes->flags)) {
    n.requireEqual(n.math.select(flag, dim, one), one,
                   "a squeezed extent must be 1");
  }
  if (!n.failed()) {
    n.setResult(0, n.reshape(x, withoutAxes(n, dims, *axes)));
  }
}

static void importUnsqueeze(Node &n) {
  Value x = n.value(0);
  std::optional<size_t> added;
  if (n.opset() < 13) {
    auto given = n.intsAttr("axes");
    added = given ? std::optional<size_t>(given->size()) : std::nullopt;
  } else if (auto given = n.integers(1)) {
    added = given->size();
  }
  if (!x || !added) {
    return n.failed() || !x ? void() : n.badAttribute("'axes' is missing");
  }
  if (auto axes = axesOfNode(n, n.rank(x) + int64_t(*added))) {
    n.setResult(0, n.reshape(x, withAxes(n, n.dims(x), *axes)));
  }
}

static void importExpand(Node &n) {
  Value x = n.value(0);
  auto shape = n.integers(1);
  if (!x || !shape) {
    return;
  }
  for (AffineExpr dim : *shape) {
    n.require(n.math.compare(Predicate::sge, dim, n.math.constant(0)), dim,
              n.math.constant(0), "extents must not be negative");
  }
  if (n.failed()) {
    return;
  }
  auto to =
      n.broadcastDims({n.dims(x), DimExprs(ArrayRef<AffineExpr>(*shape))});
  if (to) {
    n.setResult(0, n.expand(x, *to));
  }
}

/// x repeated: [a, b] -> [1, a, 1, b] -> [r, a, s, b] -> [r * a, s * b]
static void importTile(Node &n) {
  Value x = n.value(0);
  auto repeats = n.integers(1);
  if (!x || !repeats) {
    return;
  }
  DimExprs dims = n.dims(x), apart, repeated, to;
  if (repeats->size() != dims.size()) {
    return n.badShape("expects one repeat per dim, got " +
                      Twine(repeats->size()) + " for rank " +
                      Twine(dims.size()));
  }
  AffineExpr zero = n.math.constant(0), one = n.math.constant(1);
  for (auto [dim, count] : llvm::zip_equal(dims, *repeats)) {
    n.require(n.math.compare(Predicate::sge, count, zero), count, zero,
              "repeats must not be negative");
    if (DimMath::literal(count) != 1) {
      apart.push_back(one);
      repeated.push_back(count);
    }
    apart.push_back(dim);
    repeated.push_back(dim);
    to.push_back(n.math.mul(dim, count));
  }
  if (apart.size() > 16) {
    return n.unsupported("Tile of more than 8 axes");
  }
  Value y = n.failed() ? Value() : n.reshape(x, apart);
  n.setResult(0, n.reshape(n.expand(y, repeated), to));
}

static void importTranspose(Node &n) {
  Value x = n.value(0);
  auto permutation = n.intsAttr("perm");
  if (!x) {
    return;
  }
  if (!permutation) {
    permutation.emplace();
    for (int64_t i = n.rank(x); i-- > 0;) {
      permutation->push_back(i);
    }
  }
  for (int64_t &axis : *permutation) {
    auto normal = n.normalizeAxis(axis, n.rank(x), "perm");
    if (!normal) {
      return;
    }
    axis = *normal;
  }
  n.setResult(0, n.transpose(x, *permutation));
}

/// [n, c, h, w] with h, w (or c) split by b, permuted and merged again.
static void importDepthToSpace(Node &n) {
  Value x = n.value(0);
  int64_t block = n.intAttr("blocksize", 0);
  std::string mode = n.stringAttr("mode", "DCR");
  if (!x) {
    return;
  }
  DimExprs d = n.dims(x);
  if (d.size() != 4 || block < 1 || block > 65536 ||
      (mode != "DCR" && mode != "CRD")) {
    return n.badAttribute("expects rank 4, blocksize >= 1 and mode DCR or CRD");
  }
  AffineExpr b = n.math.constant(block);
  AffineExpr c = n.math.floorDiv(d[1], n.math.constant(block * block));
  n.requireEqual(n.math.mul(c, n.math.constant(block * block)), d[1],
                 "channels must divide by blocksize squared");
  bool dcr = mode == "DCR";
  Value apart = dcr ? n.reshape(x, {d[0], b, b, c, d[2], d[3]})
                    : n.reshape(x, {d[0], c, b, b, d[2], d[3]});
  Value moved = dcr ? n.transpose(apart, {0, 3, 4, 1, 5, 2})
                    : n.transpose(apart, {0, 1, 4, 2, 5, 3});
  n.setResult(
      0, n.reshape(moved, {d[0], c, n.math.mul(d[2], b), n.math.mul(d[3], b)}));
}

static void importSpaceToDepth(Node &n) {
  Value x = n.value(0);
  int64_t block = n.intAttr("blocksize", 0);
  std::string mode = n.stringAttr("mode", "DCR");
  if (!x) {
    return;
  }
  DimExprs d = n.dims(x);
  if (d.size() != 4 || block < 1 || block > 65536 ||
      (mode != "DCR" && mode != "CRD")) {
    return n.badAttribute("expects rank 4, blocksize >= 1 and mode DCR or CRD");
  }
  AffineExpr b = n.math.constant(block);
  AffineExpr h = n.math.floorDiv(d[2], b), w = n.math.floorDiv(d[3], b);
  n.requireEqual(n.math.mul(h, b), d[2], "height must divide by blocksize");
  n.requireEqual(n.math.mul(w, b), d[3], "width must divide by blocksize");
  Value apart = n.reshape(x, {d[0], d[1], h, b, w, b});
  Value moved = mode == "DCR" ? n.transpose(apart, {0, 3, 5, 1, 2, 4})
                              : n.transpose(apart, {0, 1, 3, 5, 2, 4});
  n.setResult(
      0,
      n.reshape(moved, {d[0], n.math.mul(d[1], n.math.constant(block * block)),
                        h, w}));
}

void mlc::onnx::addReshapeRules(RuleTable &table) {
  table.add("Reshape", 5, importReshape);
  table.add("Flatten", 1, importFlatten);
  table.add("Squeeze", 1, importSqueeze);
  table.add("Unsqueeze", 1, importUnsqueeze);
  table.add("Expand", 8, importExpand);
  table.add("Tile", 6, importTile);
  table.add("Transpose", 1, importTranspose);
  table.add("DepthToSpace", 1, importDepthToSpace);
  table.add("SpaceToDepth", 1, importSpaceToDepth);
}
