//===- SpecialResize.cpp - Resize and Upsample ------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/ResizeAxes.h"
#include "compiler/frontend/onnx/Rules.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

namespace {
/// What is the same for all axes.
struct ResizeMode {
  SampleKind kind;
  CoordinateKind coordinates;
  NearestKind nearest;
  double cubicA = -0.75, extrapolation = 0;
  bool antialias = false, excludeOutside = false;
};
} // namespace

/// The part of each axis that crop_and_resize shows: roi lists all starts, then
/// all ends. Null when the mode does not crop.
static Value readRoi(Node &n, size_t axes, const ResizeMode &mode) {
  if (mode.coordinates != CoordinateKind::crop_and_resize) {
    return n.has(1) ? (n.anything(1), Value()) : Value();
  }
  Value roi = n.cast(n.value(1), n.b.getF64Type());
  if (roi && n.rank(roi) != 1) {
    n.badShape("roi must have rank 1");
    return {};
  }
  if (roi) {
    n.requireEqual(n.dims(roi)[0], n.math.constant(2 * axes),
                   "roi must hold a start and an end per axis");
  }
  return roi;
}

/// The order in which axes change their extent, so that the steps between stay
/// small. Of two that shrink the outer one comes first, of two that grow the
/// inner one: elements side by side cost less when they move in rows.
static SmallVector<size_t> orderOf(ArrayRef<ResizeAxis> axes) {
  SmallVector<size_t> shrinking, order;
  for (auto [i, axis] : llvm::enumerate(axes)) {
    bool shrinks = axis.knownScale && *axis.knownScale < 1.0;
    (shrinks ? shrinking : order).push_back(i);
  }
  auto byAxis = [&](size_t i, size_t j) { return axes[i].axis < axes[j].axis; };
  llvm::sort(shrinking, byAxis);
  llvm::sort(order, byAxis);
  std::reverse(order.begin(), order.end());
  order.insert(order.begin(), shrinking.begin(), shrinking.end());
  return order;
}

static void resample(Node &n, Value x, ArrayRef<ResizeAxis> axes, Value roi,
                     const ResizeMode &mode) {
  Type type = n.elementType(x), wide = type;
  if (mode.kind != SampleKind::nearest && !type.isF64()) {
    // Rounding happens once, after the last axis.
    wide =
        isa<FloatType>(type) ? Type(n.b.getF32Type()) : Type(n.b.getF64Type());
  }
  Value y = n.cast(x, wide);
  bool crops = mode.coordinates == CoordinateKind::crop_and_resize;
  AffineExpr one = n.math.constant(1);
  for (size_t i : orderOf(axes)) {
    const ResizeAxis &axis = axes[i];
    if (!y || !axis.size) {
      break;
    }
    bool same =
        axis.knownScale == 1.0 && n.math.equal(axis.size, n.dims(y)[axis.axis]);
    if (same && !crops) {
      continue;
    }
    Value part;
    if (crops) {
      part = n.concat({n.slice(roi, 0, n.math.constant(i), one),
                       n.slice(roi, 0, n.math.constant(i + axes.size()), one)},
                      0);
    }
    MixedIndices size = n.mixed(axis.size);
    y = n.create<ResampleOp>(
        y, axis.scale, Maybe{part}, size.values, size.fixed, axis.axis,
        mode.kind, mode.coordinates, mode.nearest, llvm::APFloat(mode.cubicA),
        mode.antialias, mode.excludeOutside, llvm::APFloat(mode.extrapolation));
  }
  if (y && wide != type && !isa<FloatType>(type)) {
    y = n.create<RoundOp>(y);
  }
  n.setResult(0, n.cast(y, type));
}

/// Modes by name; nullopt after a problem.
static std::optional<ResizeMode> readMode(Node &n) {
  ResizeMode mode;
  std::string kind = n.stringAttr("mode", "nearest");
  auto kinds = llvm::StringSwitch<std::optional<SampleKind>>(kind)
                   .Case("nearest", SampleKind::nearest)
                   .Cases({"linear", "bilinear"}, SampleKind::linear)
                   .Case("cubic", SampleKind::cubic)
                   .Default(std::nullopt);
  bool legacy = n.opset() < 11;
  std::string coordinates =
      legacy ? "asymmetric"
             : n.stringAttr("coordinate_transformation_mode", "half_pixel");
  auto places =
      llvm::StringSwitch<std::optional<CoordinateKind>>(coordinates)
          .Case("half_pixel", CoordinateKind::half_pixel)
          .Case("half_pixel_symmetric", CoordinateKind::half_pixel_symmetric)
          .Case("pytorch_half_pixel", CoordinateKind::pytorch_half_pixel)
          .Case("align_corners", CoordinateKind::align_corners)
          .Case("asymmetric", CoordinateKind::asymmetric)
          .Case("tf_half_pixel_for_nn",
                n.opset() < 13
                    ? std::optional(CoordinateKind::half_pixel_for_nearest)
                    : std::nullopt)
          .Case("tf_crop_and_resize", CoordinateKind::crop_and_resize)
          .Default(std::nullopt);
  std::string nearest =
      legacy ? "ceil_when_shrinking"
             : n.stringAttr("nearest_mode", "round_prefer_floor");
  auto rounding = symbolizeNearestKind(nearest);
  if (!legacy && rounding == NearestKind::ceil_when_shrinking) {
    rounding = std::nullopt; // no name of ONNX's
  }
  if (!kinds || !places || !rounding) {
    n.badAttribute("mode '" + kind + "', '" + coordinates + "' or '" + nearest +
                   "' is not known");
    return std::nullopt;
  }
  mode.kind = *kinds;
  mode.coordinates = *places;
  mode.nearest = *rounding;
  if (!legacy) {
    mode.cubicA = n.floatAttr("cubic_coeff_a", -0.75);
    mode.excludeOutside = n.intAttr("exclude_outside", 0) != 0;
    mode.extrapolation = n.floatAttr("extrapolation_value", 0);
  }
  mode.antialias = n.opset() >= 18 && n.intAttr("antialias", 0) != 0 &&
                   mode.kind != SampleKind::nearest;
  return mode;
}

/// Whether input `i` is there and has elements: an empty list counts as none.
static bool isGiven(Node &n, unsigned i) {
  if (!n.has(i)) {
    return false;
  }
  Tensor *tensor = n.tensor(i);
  return tensor &&
         !(tensor->rank() == 1 && DimMath::literal(tensor->dims[0]) == 0);
}

static void importResize(Node &n) {
  Value x = n.value(0);
  auto mode = readMode(n);
  std::string policy = n.opset() >= 18
                           ? n.stringAttr("keep_aspect_ratio_policy", "stretch")
                           : "stretch";
  if (!x || !mode) {
    return;
  }
  ResizeAxes axes(n, x);
  if (!axes.readAxes()) {
    return;
  }
  Value roi;
  bool done;
  if (n.opset() < 11) {
    auto scales = n.fixedFloats(1);
    done = scales ? axes.fromKnownScales(*scales) : axes.fromScales(1);
  } else {
    roi = readRoi(n, axes.order.size(), *mode);
    bool byScales = isGiven(n, 2), bySizes = isGiven(n, 3);
    if (byScales == bySizes) {
      return n.badShape("expects either scales or sizes");
    }
    auto scales = byScales ? n.fixedFloats(2) : std::nullopt;
    done = bySizes  ? axes.fromSizes(3, policy)
           : scales ? axes.fromKnownScales(*scales)
                    : axes.fromScales(2);
  }
  if (done && !n.failed()) {
    resample(n, x, axes.axes, roi, *mode);
  }
}

static void importUpsample(Node &n) {
  Value x = n.value(0);
  ResizeMode mode{SampleKind::nearest, CoordinateKind::asymmetric,
                  NearestKind::floor};
  std::string kind = n.stringAttr("mode", "nearest");
  if (kind != "nearest" && kind != "linear" && kind != "bilinear") {
    return n.badAttribute("mode '" + kind + "' is not known");
  }
  mode.kind = kind == "nearest" ? SampleKind::nearest : SampleKind::linear;
  if (!x) {
    return;
  }
  ResizeAxes axes(n, x);
  auto scales = n.opset() < 9 ? n.floatsAttr("scales") : n.fixedFloats(1);
  if (!axes.readAxes() || (!scales && n.opset() < 9)) {
    return n.failed() ? void() : n.badAttribute("'scales' is missing");
  }
  bool done = scales ? axes.fromKnownScales(*scales) : axes.fromScales(1);
  if (done && !n.failed()) {
    resample(n, x, axes.axes, Value(), mode);
  }
}

void mlc::onnx::addResizeRules(RuleTable &table) {
  table.add("Resize", 10, importResize);
  table.add("Upsample", 7, importUpsample);
}
