//===- SpecialSample.cpp - sampling at positions, regions, boxes *- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Indices.h"
#include "compiler/frontend/onnx/Rules.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;
using Predicate = arith::CmpIPredicate;

static void importGridSample(Node &n) {
  Value x = n.value(0), grid = n.value(1);
  bool corners = n.intAttr("align_corners", 0) != 0;
  std::string mode = n.stringAttr("mode", "linear");
  std::string padding = n.stringAttr("padding_mode", "zeros");
  auto kind = llvm::StringSwitch<std::optional<SampleKind>>(mode)
                  .Cases({"linear", "bilinear"}, SampleKind::linear)
                  .Case("nearest", SampleKind::nearest)
                  .Cases({"cubic", "bicubic"}, SampleKind::cubic)
                  .Default(std::nullopt);
  auto border = symbolizeBorderKind(padding);
  if (!kind || !border) {
    return n.badAttribute("mode '" + mode + "' or padding_mode '" + padding +
                          "' is not known");
  }
  if (!x || !grid || n.rank(grid) != n.rank(x) || n.rank(x) < 3) {
    return n.failed() ? void() : n.badShape("expects a grid of x's rank");
  }
  n.requireEqual(n.dims(grid)[0], n.dims(x)[0], "batches must be equal");
  grid = n.fixDim(grid, n.rank(grid) - 1, n.rank(x) - 2,
                  "expects one coordinate for each spatial axis");
  if (grid && !n.failed()) {
    n.setResult(0, n.create<GridSampleOp>(x, grid, *kind, *border, corners));
  }
}

//===----------------------------------------------------------------------===//
// AffineGrid
//===----------------------------------------------------------------------===//

/// Coordinates from -1 to 1 along an axis of `rank`: of the elements' centres,
/// where -1 and 1 are the outer edges or, with `corners`, the outer centres.
static Value coordinates(Node &n, Type type, AffineExpr extent, int64_t axis,
                         int64_t rank, bool corners) {
  Value position = iotaAlong(n, type, extent, axis, rank);
  Value two = n.scalar(type, 2), one = n.scalar(type, 1);
  Value length = n.scalarTensor(extent, type);
  Value twice = n.mul(position, two);
  if (corners) {
    Value steps = n.elementwise<MaxOp>({n.sub(length, one), one});
    return n.sub(n.div(twice, steps), one);
  }
  return n.sub(n.div(n.add(twice, one), length), one);
}

static void importAffineGrid(Node &n) {
  Value theta = n.value(0);
  auto size = n.integers(1);
  bool corners = n.intAttr("align_corners", 0) != 0;
  if (!theta || !size) {
    return;
  }
  int64_t spatial = int64_t(size->size()) - 2;
  DimExprs dims = n.dims(theta);
  if (spatial < 2 || spatial > 3 || dims.size() != 3) {
    return n.badShape("expects theta [N, 2, 3] and a size of 4, or [N, 3, 4] "
                      "and 5");
  }
  n.requireEqual(dims[0], (*size)[0], "batches must be equal");
  n.requireEqual(dims[1], n.math.constant(spatial), "theta's rows");
  n.requireEqual(dims[2], n.math.constant(spatial + 1), "theta's columns");
  Type type = n.elementType(theta);
  Type wide = type.isF64() ? type : Type(n.b.getF32Type());
  theta = n.cast(theta, wide);
  int64_t rank = spatial + 2;
  // y[n, ..., k] = sum over axes j of theta[n, k, j] * c_j, x (the last axis)
  // first, plus theta[n, k, spatial].
  DimExprs shape(rank, n.math.constant(1));
  shape[0] = dims[0];
  shape[rank - 1] = dims[1];
  AffineExpr one = n.math.constant(1);
  auto column = [&](int64_t j) {
    return n.reshape(n.slice(theta, 2, n.math.constant(j), one), shape);
  };
  Value y = column(spatial);
  for (int64_t j = 0; j < spatial && y; ++j) {
    int64_t axis = spatial - j;
    Value place = coordinates(n, wide, (*size)[axis + 1], axis, rank, corners);
    y = n.add(y, n.mul(column(j), place));
  }
  n.setResult(0, n.cast(y, type));
}

//===----------------------------------------------------------------------===//
// Regions and boxes
//===----------------------------------------------------------------------===//

static void importRoiAlign(Node &n) {
  Value x = n.value(0), rois = n.value(1), batch = n.value(2);
  int64_t height = n.intAttr("output_height", 1);
  int64_t width = n.intAttr("output_width", 1);
  int64_t ratio = n.intAttr("sampling_ratio", 0);
  double scale = n.floatAttr("spatial_scale", 1);
  std::string mode = n.stringAttr("mode", "avg");
  std::string places =
      n.opset() < 16
          ? "output_half_pixel"
          : n.stringAttr("coordinate_transformation_mode", "half_pixel");
  if ((mode != "avg" && mode != "max") ||
      (places != "half_pixel" && places != "output_half_pixel")) {
    return n.badAttribute("mode '" + mode + "' or '" + places +
                          "' is not known");
  }
  if (!x || !rois || !batch || n.rank(rois) != 2 || n.rank(batch) != 1) {
    return n.failed() ? void()
                      : n.badShape("expects rois [R, 4] and batch "
                                   "indices [R]");
  }
  constexpr int64_t limit = int64_t(1) << 31;
  if (height >= limit || width >= limit || ratio >= limit) {
    return n.badAttribute("output extents must be below 2^31");
  }
  n.requireEqual(n.dims(rois)[1], n.math.constant(4), "four numbers per roi");
  n.requireEqual(n.dims(batch)[0], n.dims(rois)[0], "one batch index per roi");
  if (!n.failed()) {
    n.setResult(0, n.create<RoiAlignOp>(x, rois, batch, height, width,
                                        llvm::APFloat(scale), ratio,
                                        mode == "max", places == "half_pixel"));
  }
}

static void importMaxRoiPool(Node &n) {
  Value x = n.value(0), rois = n.value(1);
  auto shape = n.intsAttr("pooled_shape");
  double scale = n.floatAttr("spatial_scale", 1);
  constexpr int64_t limit = int64_t(1) << 31;
  if (!shape || shape->size() != 2 || (*shape)[0] >= limit ||
      (*shape)[1] >= limit) {
    return n.failed() ? void()
                      : n.badAttribute("'pooled_shape' needs two "
                                       "extents below 2^31");
  }
  if (!x || !rois || n.rank(rois) != 2) {
    return n.failed() ? void() : n.badShape("expects rois [R, 5]");
  }
  n.requireEqual(n.dims(rois)[1], n.math.constant(5), "five numbers per roi");
  if (!n.failed()) {
    n.setResult(0, n.create<RoiMaxPoolOp>(x, rois, (*shape)[0], (*shape)[1],
                                          llvm::APFloat(scale)));
  }
}

/// A threshold as f32 [1]; `fallback` when it is left out.
static Value threshold(Node &n, unsigned i, double fallback) {
  Type f32 = n.b.getF32Type();
  Value given = n.has(i) ? n.value(i) : n.scalar(f32, fallback);
  return given ? n.reshape(n.cast(given, f32), {n.math.constant(1)}) : Value();
}

static void importNonMaxSuppression(Node &n) {
  Value boxes = n.value(0), scores = n.value(1);
  bool center = n.intAttr("center_point_box", 0) != 0;
  AffineExpr zero = n.math.constant(0);
  AffineExpr limit = n.has(2) ? integerInput(n, 2) : zero;
  Value overlap = threshold(n, 3, 0);
  Value least = threshold(n, 4, -std::numeric_limits<double>::infinity());
  if (!boxes || !scores || !limit || n.rank(boxes) != 3 ||
      n.rank(scores) != 3) {
    return n.failed() ? void()
                      : n.badShape("expects boxes [N, B, 4] and "
                                   "scores [N, C, B]");
  }
  DimExprs box = n.dims(boxes), score = n.dims(scores);
  n.requireEqual(box[2], n.math.constant(4), "four numbers per box");
  n.requireEqual(score[0], box[0], "batches must be equal");
  n.requireEqual(score[2], box[1], "one score per box");
  limit = n.math.min(n.math.max(limit, zero), box[1]);
  AffineExpr rows = n.math.product({score[0], score[1], limit});
  if (!rows || n.failed()) {
    return n.failed() ? void() : n.badShape("the extents overflow");
  }
  Operation *op =
      n.createMany(NonMaxSuppressionOp::getOperationName(), 3,
                   {boxes, scores, n.concat({overlap, least}, 0),
                    n.math.value(limit), n.math.value(rows)},
                   {n.b.getNamedAttr("center", n.b.getBoolAttr(center))});
  if (!op) {
    return;
  }
  AffineExpr count =
      extractInteger(n, op->getResult(1), {0, n.math.bounds(rows).high});
  n.setResult(0, n.slice(op->getResult(0), 0, zero, count));
}

void mlc::onnx::addSampleRules(RuleTable &table) {
  table.add("GridSample", 16, importGridSample);
  table.add("AffineGrid", 20, importAffineGrid);
  table.add("RoiAlign", 10, importRoiAlign);
  table.add("MaxRoiPool", 1, importMaxRoiPool);
  table.add("NonMaxSuppression", 10, importNonMaxSuppression);
}
