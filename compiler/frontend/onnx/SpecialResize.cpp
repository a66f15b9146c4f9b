//===- SpecialResize.cpp - Resize and Upsample ------------------*- C++ -*-===//
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

namespace {
/// What is the same for all axes.
struct ResizeMode {
  SampleKind kind;
  CoordinateKind coordinates;
  NearestKind nearest;
  double cubicA = -0.75, extrapolation = 0;
  bool antialias = false, excludeOutside = false;
};

/// One axis: its new extent, and the factor by which positions scale as f64
/// [1] (a constant where it is known).
struct ResizeAxis {
  int64_t axis;
  AffineExpr size;
  Value scale;
  std::optional<double> knownScale;
};

/// Reads the sizes and factors of all resized axes.
class ResizeAxes {
public:
  ResizeAxes(Node &n, Value x) : n(n), x(x), f64(n.b.getF64Type()) {}

  /// Axes in the order in which scales and sizes list them. False after a
  /// problem.
  bool readAxes() {
    if (n.opset() >= 18 && n.hasAttr("axes")) {
      auto named = n.axes(99, 0, n.rank(x));
      if (!named) {
        return false;
      }
      order = *named;
    } else {
      order = llvm::to_vector(llvm::seq<int64_t>(0, n.rank(x)));
    }
    return true;
  }

  /// Factors known at compile time.
  bool fromKnownScales(ArrayRef<double> scales) {
    if (!checkCount(scales.size())) {
      return false;
    }
    for (auto [axis, scale] : llvm::zip_equal(order, scales)) {
      if (!(scale > 0) || scale > 0x1p31) {
        n.badAttribute("scales must be positive and below 2^31");
        return false;
      }
      add(axis, scaledExtent(n.dims(x)[axis], scale), constant(scale), scale);
    }
    return true;
  }

  /// Factors in input `i`, read when the model runs.
  bool fromScales(unsigned i) {
    Value scales = n.value(i);
    auto count = scales && n.rank(scales) == 1
                     ? DimMath::literal(n.dims(scales)[0])
                     : std::nullopt;
    if (!count || !checkCount(*count)) {
      return n.failed() ? false
                        : (n.badShape("expects a list of scales"), false);
    }
    scales = n.cast(scales, f64);
    for (auto [at, axis] : llvm::enumerate(order)) {
      AffineExpr dim = n.dims(x)[axis];
      Value scale = n.slice(scales, 0, n.math.constant(at), n.math.constant(1));
      Value length = n.create<FloorOp>(n.mul(scale, n.scalarTensor(dim, f64)));
      AffineExpr size = extractInteger(n, length, {0, int64_t(1) << 40});
      if (!size) {
        return false;
      }
      add(axis, size, scale, std::nullopt);
    }
    return true;
  }

  /// Extents in input `i`; `policy` may keep the ratio of the axes.
  bool fromSizes(unsigned i, StringRef policy) {
    auto sizes = n.integers(i);
    if (!sizes || !checkCount(sizes->size())) {
      return false;
    }
    for (AffineExpr size : *sizes) {
      AffineExpr zero = n.math.constant(0);
      n.require(n.math.compare(arith::CmpIPredicate::sle, zero, size), size,
                zero, "sizes must not be negative");
    }
    if (policy != "stretch") {
      return keepRatio(*sizes, policy);
    }
    for (auto [axis, size] : llvm::zip_equal(order, *sizes)) {
      AffineExpr dim = n.dims(x)[axis];
      auto fixed = DimMath::literal(size), from = DimMath::literal(dim);
      if (fixed && from && *from > 0) {
        double scale = double(*fixed) / double(*from);
        add(axis, size, constant(scale), scale);
      } else {
        bool same = n.math.equal(size, dim);
        add(axis, size, same ? constant(1) : ratio(size, dim),
            same ? std::optional<double>(1) : std::nullopt);
      }
    }
    return !n.failed();
  }

  SmallVector<ResizeAxis> axes;
  SmallVector<int64_t> order;

private:
  void add(int64_t axis, AffineExpr size, Value scale,
           std::optional<double> known) {
    using Predicate = arith::CmpIPredicate;
    AffineExpr dim = n.dims(x)[axis], zero = n.math.constant(0);
    n.require(n.math.max(n.math.compare(Predicate::slt, zero, dim),
                         n.math.compare(Predicate::sle, size, zero)),
              dim, n.math.constant(1), "an axis to resize must have elements");
    axes.push_back({axis, size, scale, known});
  }

  bool checkCount(size_t count) {
    if (count != order.size()) {
      n.badShape("expects one scale or size per resized axis, got " +
                 Twine(count) + " for " + Twine(order.size()));
      return false;
    }
    return true;
  }

  Value constant(double value) {
    auto type = RankedTensorType::get({1}, f64);
    return n.constant(DenseElementsAttr::get(type, ArrayRef<double>(value)));
  }

  Value ratio(AffineExpr size, AffineExpr dim) {
    Value quotient = n.div(n.scalarTensor(size, f64), n.scalarTensor(dim, f64));
    return n.reshape(quotient, {n.math.constant(1)});
  }

  /// floor(extent * scale): a float is p / 2^k exactly.
  AffineExpr scaledExtent(AffineExpr extent, double scale) {
    int exponent = 0;
    double fraction = std::frexp(scale, &exponent);
    int64_t p = int64_t(std::ldexp(fraction, 24));
    int k = 24 - exponent;
    while (k > 0 && p % 2 == 0) {
      p /= 2;
      --k;
    }
    if (k > 62 || k < -38) {
      n.badAttribute("a scale is out of range");
      return {};
    }
    AffineExpr scaled =
        n.math.mul(extent, n.math.constant(k < 0 ? p << -k : p));
    return k > 0 ? n.math.floorDiv(scaled, n.math.constant(int64_t(1) << k))
                 : scaled;
  }

  /// One factor for all axes: the least or greatest of the ratios.
  bool keepRatio(ArrayRef<AffineExpr> sizes, StringRef policy) {
    bool larger = policy == "not_smaller";
    if (!larger && policy != "not_larger") {
      n.badAttribute("keep_aspect_ratio_policy '" + policy + "' is not known");
      return false;
    }
    Value common;
    std::optional<double> known;
    bool isKnown = true;
    for (auto [axis, size] : llvm::zip_equal(order, sizes)) {
      AffineExpr dim = n.dims(x)[axis];
      auto fixed = DimMath::literal(size), from = DimMath::literal(dim);
      isKnown &= fixed && from && *from > 0;
      if (isKnown) {
        double here = double(*fixed) / double(*from);
        known = !known   ? here
                : larger ? std::max(*known, here)
                         : std::min(*known, here);
      }
      Value here = ratio(size, dim);
      common = !common  ? here
               : larger ? n.elementwise<MaxOp>({common, here})
                        : n.elementwise<MinOp>({common, here});
    }
    for (int64_t axis : order) {
      AffineExpr dim = n.dims(x)[axis];
      if (isKnown) {
        double extent = *known * double(*DimMath::literal(dim)) + 0.5;
        if (!(extent < 0x1p40)) {
          n.badShape("a size is out of range");
          return false;
        }
        add(axis, n.math.constant(int64_t(extent)), constant(*known), known);
        continue;
      }
      Value length =
          n.add(n.mul(common, n.scalarTensor(dim, f64)), n.scalar(f64, 0.5));
      AffineExpr size = extractInteger(n, length, {0, int64_t(1) << 40});
      if (!size) {
        return false;
      }
      add(axis, size, common, std::nullopt);
    }
    return true;
  }

  Node &n;
  Value x;
  Type f64;
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
  for (auto [i, axis] : llvm::enumerate(axes)) {
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
