//===- SpecialWindow.cpp - window ops beside conv and pool ------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Indices.h"
#include "compiler/frontend/onnx/Rules.h"
#include "compiler/frontend/onnx/Window.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

/// x / (bias + alpha / size * sum of squares over channels around)^beta
static void importLRN(Node &n) {
  Value given = n.value(0), x = n.widen(given);
  double alpha = n.floatAttr("alpha", 1e-4f), beta = n.floatAttr("beta", 0.75);
  double bias = n.floatAttr("bias", 1);
  int64_t size = n.intAttr("size", 0);
  if (!x || n.rank(x) < 2) {
    return n.failed() ? void() : n.badShape("expects rank >= 2");
  }
  if (size < 1 || size >= int64_t(1) << 31) {
    return n.badAttribute("'size' must be positive and below 2^31");
  }
  SmallVector<int64_t> low(n.rank(x), 0), high(n.rank(x), 0);
  SmallVector<int64_t> extents(n.rank(x), 1);
  low[1] = (size - 1) / 2;
  high[1] = size - 1 - low[1];
  extents[1] = size;
  Value squares = n.create<PadOp>(n.mul(x, x), Maybe{n.scalarLike(x, 0)},
                                  SmallVector<Value>(), SmallVector<Value>(),
                                  low, high, PadKind::constant);
  Value sum = n.create<ReduceWindowOp>(squares, SmallVector<Value>(), extents,
                                       ReduceKind::sum);
  Value base = n.add(n.mul(sum, n.scalarLike(x, alpha / double(size))),
                     n.scalarLike(x, bias));
  Value power = n.elementwise<PowOp>({base, n.scalarLike(x, beta)});
  Value y = n.div(x, power);
  n.setResult(0, y ? n.cast(y, n.elementType(given)) : y);
}

/// Elements put back where a MaxPool took them from, zeros elsewhere.
static void importMaxUnpool(Node &n) {
  Value x = n.value(0), indices = n.value(1);
  auto shape = n.has(2) ? n.integers(2) : std::nullopt;
  auto kernel = n.intsAttr("kernel_shape");
  auto window = x ? readWindow(n, x, kernel) : std::nullopt;
  if (!window || !indices) {
    return;
  }
  DimExprs from = n.dims(x), full{from[0], from[1]};
  size_t rank = window->kernel.size();
  for (size_t i = 0; i < rank; ++i) {
    int64_t rest = window->kernel[i] - window->pads[i] - window->pads[rank + i];
    AffineExpr steps = n.math.sub(from[i + 2], n.math.constant(1));
    full.push_back(
        n.math.add(n.math.mul(steps, n.math.constant(window->strides[i])),
                   n.math.constant(rest)));
  }
  DimExprs at = n.dims(indices);
  if (at.size() != from.size()) {
    return n.badShape("indices must have the input's dims");
  }
  for (auto [mine, wanted] : llvm::zip_equal(at, from)) {
    n.requireEqual(mine, wanted, "indices must have the input's dims");
  }
  AffineExpr total = n.math.product(full), count = n.math.product(from);
  if (!total || !count) {
    return n.badShape("the extents overflow");
  }
  Value zeros = n.fill(n.elementType(x), 0, {total});
  Value flat = n.create<ScatterElementsOp>(zeros, n.reshape(indices, {count}),
                                           n.reshape(x, {count}), int64_t(0),
                                           ScatterKind::replace);
  Value y = n.reshape(flat, full);
  if (shape && y) {
    if (shape->size() != full.size()) {
      return n.badShape("output_shape must have one entry per axis");
    }
    SmallVector<AffineExpr> more;
    for (auto [wanted, have] : llvm::zip_equal(*shape, full)) {
      more.push_back(n.math.sub(wanted, have));
    }
    MixedIndices high = n.mixed(more);
    SmallVector<int64_t> low(full.size(), 0);
    y = n.create<PadOp>(y, Maybe{n.scalarLike(x, 0)}, SmallVector<Value>(),
                        high.values, low, high.fixed, PadKind::constant);
  }
  n.setResult(0, y);
}

static void importCol2Im(Node &n) {
  Value x = n.value(0);
  auto image = n.integers(1), block = n.integers(2);
  if (!x || !image || !block || n.rank(x) != 3 ||
      image->size() != block->size()) {
    return n.failed() ? void()
                      : n.badShape("expects x of rank 3 and an image and block "
                                   "of one rank");
  }
  size_t rank = image->size();
  auto strides = readWindowList(n, "strides", rank, 1, 1);
  auto dilations = readWindowList(n, "dilations", rank, 1, 1);
  auto pads = readWindowList(n, "pads", 2 * rank, 0, 0);
  if (!strides || !dilations || !pads) {
    return;
  }
  AffineExpr one = n.math.constant(1), zero = n.math.constant(0);
  AffineExpr blocks = one;
  for (size_t i = 0; i < rank; ++i) {
    n.require(n.math.compare(arith::CmpIPredicate::sle, one, (*block)[i]),
              (*block)[i], one, "block extents must be positive");
    AffineExpr span = n.math.add(n.math.mul(n.math.sub((*block)[i], one),
                                            n.math.constant((*dilations)[i])),
                                 one);
    AffineExpr padded = n.math.add(
        (*image)[i], n.math.constant((*pads)[i] + (*pads)[rank + i]));
    AffineExpr count =
        n.math.add(n.math.floorDiv(n.math.sub(padded, span),
                                   n.math.constant((*strides)[i])),
                   one);
    blocks = n.math.mul(blocks, n.math.max(count, zero));
  }
  AffineExpr elements = n.math.product(*block);
  n.requireEqual(n.dims(x)[2], blocks, "the number of blocks");
  n.requireEqual(n.math.mod(n.dims(x)[1], elements), zero,
                 "rows must be a multiple of the block's elements");
  if (n.failed()) {
    return;
  }
  MixedIndices to = n.mixed(*image), by = n.mixed(*block);
  n.setResult(0, n.create<Col2ImOp>(x, to.values, by.values, to.fixed, by.fixed,
                                    *strides, *pads, *dilations));
}

/// The convolution by w [M, C / group, kh, kw] of which `columns` [N, oh, ow,
/// kh * kw, ..., C] holds what every result sees: [N, M, oh, ow].
static Value columnProduct(Node &n, Value columns, Value w, int64_t group) {
  if (!columns || !w) {
    return {};
  }
  DimExprs seen = n.dims(columns), filter = n.dims(w);
  AffineExpr groups = n.math.constant(group);
  AffineExpr filters = n.math.floorDiv(filter[0], groups);
  AffineExpr pixels = n.math.mul(seen[1], seen[2]);
  AffineExpr depth = n.math.mul(seen[3], filter[1]);
  Value x = n.reshape(columns, {seen[0], pixels, seen[3], groups, filter[1]});
  x = n.reshape(n.transpose(x, {0, 3, 1, 2, 4}),
                {seen[0], groups, pixels, depth});
  w = n.reshape(w, {groups, filters, filter[1], filter[2], filter[3]});
  w = n.reshape(n.transpose(w, {0, 3, 4, 2, 1}), {groups, depth, filters});
  Value y = n.transpose(n.matmul(x, w), {0, 1, 3, 2});
  return n.reshape(y, {seen[0], filter[0], seen[1], seen[2]});
}

static void importDeformConv(Node &n) {
  Value x = n.value(0), w = n.value(1), offset = n.value(2);
  Value bias = n.optionalValue(3), mask = n.optionalValue(4);
  int64_t group = n.intAttr("group", 1);
  int64_t offsetGroup = n.intAttr("offset_group", 1);
  if (!x || !w || !offset || n.failed()) {
    return;
  }
  if (n.rank(x) != 4 || n.rank(w) != 4 || n.rank(offset) != 4 ||
      (mask && n.rank(mask) != 4)) {
    return n.unsupported("other than two spatial axes");
  }
  auto window = readFilterWindow(n, x, w);
  constexpr int64_t limit = int64_t(1) << 31;
  if (!window || group < 1 || offsetGroup < 1 || group >= limit ||
      offsetGroup >= limit) {
    return n.failed() ? void() : n.badAttribute("groups must be positive");
  }
  DimExprs from = n.dims(x), filter = n.dims(w), moved = n.dims(offset);
  AffineExpr one = n.math.constant(1), zero = n.math.constant(0);
  n.requireEqual(from[1], n.math.mul(filter[1], n.math.constant(group)),
                 "channels must be the filter's times group");
  n.requireEqual(n.math.mod(filter[0], n.math.constant(group)), zero,
                 "output channels must be a multiple of group");
  n.requireEqual(n.math.mod(from[1], n.math.constant(offsetGroup)), zero,
                 "channels must be a multiple of offset_group");
  AffineExpr positions =
      n.math.product({n.math.constant(offsetGroup), filter[2], filter[3]});
  DimExprs wanted{from[0], n.math.mul(positions, n.math.constant(2))};
  for (size_t i = 0; i < 2; ++i) {
    AffineExpr room = n.math.add(
        from[i + 2], n.math.constant(window->pads[i] + window->pads[i + 2] -
                                     window->span(i)));
    wanted.push_back(n.math.add(
        n.math.floorDiv(room, n.math.constant(window->strides[i])), one));
  }
  for (size_t i = 0; i < 4; ++i) {
    n.requireEqual(moved[i], wanted[i], "the offset's dims");
    if (mask) {
      n.requireEqual(n.dims(mask)[i], i == 1 ? positions : wanted[i],
                     "the mask's dims");
    }
  }
  if (n.failed()) {
    return;
  }
  Value columns = n.create<DeformColumnsOp>(
      n.transpose(n.widen(x), {0, 2, 3, 1}), n.widen(offset),
      Maybe{mask ? n.widen(mask) : mask}, window->kernel, window->strides,
      window->pads, window->dilations, offsetGroup);
  Value y =
      n.cast(columnProduct(n, columns, n.widen(w), group), n.elementType(x));
  if (bias && y && n.rank(bias) != 1) {
    return n.badShape("the bias must have rank 1");
  }
  if (bias && y) {
    n.requireEqual(n.dims(bias)[0], filter[0], "one bias per channel");
    y = n.add(y, n.perChannel(bias, 4));
  }
  n.setResult(0, y);
}

void mlc::onnx::addWindowRules(RuleTable &table) {
  table.add("LRN", 1, importLRN);
  table.add("MaxUnpool", 9, importMaxUnpool);
  table.add("Col2Im", 18, importCol2Im);
  table.add("DeformConv", 19, importDeformConv);
}
