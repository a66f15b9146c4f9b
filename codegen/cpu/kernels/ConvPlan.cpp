//===- ConvPlan.cpp - how a direct convolution is cut into work -*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/ConvPlan.h"

#include "llvm/Support/MathExtras.h"

#include <algorithm>

using namespace mlir;

namespace mlc::codegen {

/// Weights up to this size stay in L2 while pixels pass by.
static constexpr int64_t kCachedWeights = 512 << 10;

static ConvShape normalized(ConvShape shape) {
  if (shape.form == ConvForm::direct && shape.isPointwise()) {
    int64_t pixels = shape.rows.isStatic() && shape.columns.isStatic()
                         ? shape.rows.out * shape.columns.out
                         : ShapedType::kDynamic;
    shape.rows.in = shape.rows.out = 1;
    shape.columns.in = shape.columns.out = pixels;
  } else if (shape.form == ConvForm::transpose) {
    shape.rows = {1, 1, 0, 0, 1, shape.rows.in, shape.rows.in};
    shape.columns = {1, 1, 0, 0, 1, shape.columns.in, shape.columns.in};
  }
  return shape;
}

static bool isThin(const ConvShape &shape) {
  return shape.rows.kernel * shape.columns.kernel == 1;
}

static bool isStatic(const ConvShape &shape) {
  return shape.rows.isStatic() && shape.columns.isStatic();
}

DirectPlan::DirectPlan(const ConvShape &original, const CpuIsa &isa)
    : original(original), shape(normalized(original)), size(tileSize(isa)) {
  depth = shape.form == ConvForm::planar ? 1 : kBlock;
  inBlocks = llvm::divideCeil(shape.channels, depth);
  groupBlocks = llvm::divideCeil(shape.groupChannels(), depth);
  panelSize =
      groupBlocks * shape.rows.kernel * shape.columns.kernel * depth * kPanel;
  unitWidth = size.vectors * isa.lanes();
  int64_t filterBlocks = llvm::divideCeil(shape.groupFilters(), kBlock);
  units = llvm::divideCeil(filterBlocks * kBlock, unitWidth);
  hasNarrowUnit = filterBlocks * kBlock % unitWidth != 0;
  taps = shape.form == ConvForm::transpose
             ? original.rows.kernel * original.columns.kernel
             : 1;
  tileRows = countTileRows();
  order = chooseOrder();
}

DirectPlan::Order DirectPlan::chooseOrder() const {
  if (!isStatic(shape)) {
    return Order::imageUnitRow;
  }
  int64_t weightBytes = panelSize * 4 * shape.group * taps *
                        llvm::divideCeil(shape.groupFilters(), kPanel);
  int64_t pixels = shape.rows.in * shape.columns.in;
  // With little reuse per weight, activations stream once past all weights.
  if (isThin(shape) && shape.group == 1 && weightBytes <= kCachedWeights &&
      pixels >= 32 * size.pixels) {
    return Order::imageRow;
  }
  return weightBytes > pixels * shape.channels * 4 ? Order::unitImageRow
                                                   : Order::imageUnitRow;
}

int64_t DirectPlan::countTileRows() const {
  if (!isThin(shape) || shape.rows.isPadded() || shape.columns.isPadded() ||
      shape.form == ConvForm::transpose || !isStatic(shape)) {
    return 1;
  }
  return std::clamp<int64_t>(size.pixels / shape.columns.out, 1,
                             shape.rows.out);
}

bool DirectPlan::isFarImage() const {
  if (shape.form == ConvForm::planar || !isThin(shape)) {
    return false;
  }
  return !isStatic(shape) ||
         shape.rows.in * shape.columns.in * shape.channels * 4 > kNearImage;
}

double DirectPlan::itemFlops() const {
  if (!shape.columns.isStatic()) {
    return 0;
  }
  int64_t pixels = hasTileItems() ? size.pixels : tileRows * shape.columns.out;
  double flops = 2.0 * pixels * unitWidth * shape.groupChannels() *
                 shape.rows.kernel * shape.columns.kernel;
  return order == Order::imageRow ? flops * units * taps : flops;
}

} // namespace mlc::codegen
