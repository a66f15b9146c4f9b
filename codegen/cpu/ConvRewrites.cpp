//===- ConvRewrites.cpp - convolutions as other convolutions ----*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/ConvRewrites.h"

#include "codegen/cpu/BlockedLayout.h"
#include "codegen/cpu/PackedConstant.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace mlc::codegen {

static RankedTensorType typeOf(Value tensor) {
  return cast<RankedTensorType>(tensor.getType());
}

/// Filters made of `from`; `order` must tell two ways of making them apart.
static Value makeFilters(
    ShapedBuilder &b, ElementsAttr from, ArrayRef<int64_t> shape,
    const std::string &order,
    llvm::function_ref<void(ConstantFloats, MutableArrayRef<float>)> fill) {
  auto type = RankedTensorType::get(shape, b.b.getF32Type());
  ElementsAttr packed = packConstant(from, type, order, fill);
  return ConstantOp::create(b.b, b.loc, packed);
}

static std::string nameOf(StringRef kind,
                          std::initializer_list<ArrayRef<int64_t>> parameters) {
  std::string name = kind.str();
  for (ArrayRef<int64_t> values : parameters) {
    for (int64_t value : values) {
      name += "_" + std::to_string(value);
    }
  }
  return name;
}

//===----------------------------------------------------------------------===//
// Transposed convolutions
//===----------------------------------------------------------------------===//

namespace {

/// One spatial axis. Output o = q * stride + phase - padLow takes inputs
/// q - j with taps phase + j * stride (in steps of the dilation), so each phase
/// is a convolution with every stride-th tap, over the same q.
struct PhasedAxis {
  int64_t stride, dilation, taps; ///< as the op has them
  int64_t kernel;                 ///< taps of a phase
  int64_t step;                   ///< dilation of a phase
  int64_t padLow, padHigh;        ///< of the convolution
  int64_t skipped;                ///< outputs of the phases before the first

  /// Whether a convolution may have such pads.
  bool isPossible() const {
    constexpr int64_t limit = int64_t(1) << 31;
    return std::abs(padLow) < limit && std::abs(padHigh) < limit;
  }
  /// Where a tap goes: its phase, and its place in the phase's flipped kernel.
  std::pair<int64_t, int64_t> place(int64_t tap) const {
    int64_t at = stride == 1 ? tap : tap * dilation;
    return {at % stride, kernel - 1 - at / stride};
  }
};

PhasedAxis phasedAxis(ConvTransposeOp op, size_t axis) {
  size_t spatial = op.getStrides().size();
  int64_t low = op.getPads()[axis], high = op.getPads()[spatial + axis];
  PhasedAxis phased;
  phased.stride = op.getStrides()[axis];
  phased.dilation = op.getDilations()[axis];
  phased.taps = typeOf(op.getW()).getDimSize(axis + 2);
  int64_t reach = phased.dilation * (phased.taps - 1);
  int64_t end = op.getOutputPadding()[axis] + reach - high;
  if (phased.stride == 1) {
    phased.kernel = phased.taps;
    phased.step = phased.dilation;
    phased.padLow = reach - low;
    phased.padHigh = end;
    phased.skipped = 0;
    return phased;
  }
  int64_t first = llvm::divideFloorSigned(low, phased.stride);
  phased.kernel = llvm::divideCeil(reach + 1, phased.stride);
  phased.step = 1;
  phased.padLow = phased.kernel - 1 - first;
  phased.padHigh = llvm::divideFloorSigned(end, phased.stride);
  phased.skipped = low - first * phased.stride;
  return phased;
}

class PhaseSplitter {
public:
  PhaseSplitter(ConvTransposeOp op, ShapeScope &scope)
      : op(op), b(op, scope), result(b.dims(op.getY())) {}

  Value run() {
    auto w = typeOf(op.getW());
    filters = w.getDimSize(1);
    inputs = w.getDimSize(0) / op.getGroup();
    int64_t made = 1, given = 1;
    for (size_t i = 0; i < op.getStrides().size(); ++i) {
      axes.push_back(phasedAxis(op, i));
      phases *= axes.back().stride;
      made *= axes.back().stride * axes.back().kernel;
      given *= axes.back().taps;
      // Strides far over the kernel: mostly phases without any tap.
      if (made > kMaxGrowth * given || !axes.back().isPossible()) {
        return {};
      }
    }
    setLayout();
    Value y = interleave(convolve());
    for (auto [i, axis] : llvm::enumerate(axes)) {
      y = b.slice(y, i + 2, axis.skipped, result[i + 2]);
    }
    return isBlocked ? b.make<UnpackOp>(y, filters) : y;
  }

private:
  static constexpr int64_t kMaxGrowth = 4;

  /// Phases of pictures are interleaved in blocks of channels, 64 bytes at a
  /// time, where filling the blocks does not cost more than it gains.
  void setLayout() {
    int64_t blocks = llvm::divideCeil(filters, kBlock);
    isBlocked = phases > 1 && axes.size() == 2 && op.getGroup() == 1 &&
                blocks * kBlock * 3 <= filters * 4;
    phaseFilters = isBlocked ? blocks * kBlock : filters;
  }

  Value convolve() {
    int64_t group = op.getGroup();
    SmallVector<int64_t> shape{group * phases * phaseFilters, inputs};
    SmallVector<int64_t> steps, pads, high;
    for (const PhasedAxis &axis : axes) {
      shape.push_back(axis.kernel);
      steps.push_back(axis.step);
      pads.push_back(axis.padLow);
      high.push_back(axis.padHigh);
    }
    pads.append(high);
    std::string name =
        nameOf("phases", {op.getStrides(), op.getDilations(),
                          ArrayRef<int64_t>{group, phaseFilters}});
    Value w = makeFilters(
        b, constantFilters(op), shape, name,
        [&](ConstantFloats from, MutableArrayRef<float> to) { fill(from, to); });
    SmallVector<int64_t> ones(axes.size(), 1);
    return b.make<ConvOp>(op.getX(), w, ones, pads, steps, group);
  }

  /// [C, F, taps...] to [group, phase, F', C / group, kernel...].
  void fill(ConstantFloats from, MutableArrayRef<float> to) {
    int64_t taps = 1, kernel = 1;
    for (const PhasedAxis &axis : axes) {
      taps *= axis.taps;
      kernel *= axis.kernel;
    }
    int64_t channels = inputs * op.getGroup();
    for (int64_t tap = 0; tap < taps; ++tap) {
      auto [phase, place] = placeOf(tap, taps);
      for (int64_t c = 0; c < channels; ++c) {
        int64_t first = (c / inputs * phases + phase) * phaseFilters;
        for (int64_t f = 0; f < filters; ++f) {
          to[((first + f) * inputs + c % inputs) * kernel + place] =
              from[(c * filters + f) * taps + tap];
        }
      }
    }
  }

  std::pair<int64_t, int64_t> placeOf(int64_t tap, int64_t taps) {
    int64_t phase = 0, place = 0;
    for (const PhasedAxis &axis : axes) {
      taps /= axis.taps;
      auto [axisPhase, axisPlace] = axis.place(tap / taps % axis.taps);
      phase = phase * axis.stride + axisPhase;
      place = place * axis.kernel + axisPlace;
    }
    return {phase, place};
  }

  /// [N, group * phases * F, Q...] to [N, group * F, Q * stride...].
  Value interleave(Value y) {
    if (phases == 1) {
      return y;
    }
    if (isBlocked) {
      y = b.make<PackOp>(y);
    }
    DimExprs dims = b.dims(y);
    int64_t group = isBlocked ? 1 : op.getGroup(), spatial = axes.size();
    int64_t channels = isBlocked ? phaseFilters / kBlock : filters;
    DimExprs split{dims[0], b.constant(group)}, joined{dims[0]};
    joined.push_back(b.constant(group * channels));
    for (const PhasedAxis &axis : axes) {
      split.push_back(b.constant(axis.stride));
    }
    split.push_back(b.constant(channels));
    SmallVector<int64_t> order{0, 1, spatial + 2};
    for (int64_t i = 0; i < spatial; ++i) {
      split.push_back(dims[i + 2]);
      joined.push_back(dims[i + 2] * axes[i].stride);
      order.append({spatial + 3 + i, 2 + i});
    }
    if (isBlocked) {
      split.push_back(dims.back());
      joined.push_back(dims.back());
      order.push_back(split.size() - 1);
    }
    return b.reshape(b.transpose(b.reshape(y, split), order), joined);
  }

  ConvTransposeOp op;
  ShapedBuilder b;
  DimExprs result;
  SmallVector<PhasedAxis> axes;
  int64_t filters = 0, inputs = 0; ///< of a group
  int64_t phases = 1;
  int64_t phaseFilters = 0; ///< of a group and phase
  bool isBlocked = false;
};

} // namespace

Value splitPhases(ConvTransposeOp op, ShapeScope &scope) {
  return PhaseSplitter(op, scope).run();
}

//===----------------------------------------------------------------------===//
// Groups
//===----------------------------------------------------------------------===//

namespace {

/// Moving an element in a generic kernel costs about as much as this many
/// operations of a convolution.
constexpr int64_t kMoveCost = 64;

/// Groups of other sizes: `joined` neighbours as one, with zero filters between
/// them, or each with channels and filters of zeros.
struct Regrouping {
  int64_t joined = 1, channels, filters;
  int64_t cost; ///< operations per pixel
};

Regrouping chooseRegrouping(int64_t group, int64_t channels, int64_t filters,
                            int64_t taps) {
  Regrouping join;
  auto fits = [&] {
    return join.joined == group || (channels * join.joined % kBlock == 0 &&
                                    filters * join.joined % kBlock == 0);
  };
  while (group % join.joined != 0 || !fits()) {
    ++join.joined;
  }
  join.channels = channels * join.joined;
  join.filters = filters * join.joined;
  join.cost = 2 * group * filters * join.channels * taps;

  Regrouping fill;
  int64_t most = std::max(channels, filters);
  auto roundUp = [&](int64_t extent) {
    return most <= kBlock ? int64_t(llvm::PowerOf2Ceil(extent))
                          : int64_t(llvm::alignTo(extent, kBlock));
  };
  fill.channels = roundUp(channels);
  fill.filters = std::max(roundUp(filters), fill.channels);
  int64_t moved = (fill.channels - channels ? fill.channels + channels : 0) +
                  (fill.filters - filters ? fill.filters + filters : 0);
  fill.cost = group * (2 * fill.filters * fill.channels * taps +
                       moved * kMoveCost);
  return fill.cost < join.cost ? fill : join;
}

/// [group, extent] channels with zeros after those of each group, or without.
Value resizeGroups(ShapedBuilder &b, Value x, int64_t group, int64_t from,
                   int64_t to) {
  if (from == to) {
    return x;
  }
  DimExprs dims = b.dims(x);
  DimExprs split{dims[0], b.constant(group), b.constant(from), dims[2], dims[3]};
  Value parts = b.reshape(x, split);
  parts = from < to ? b.pad(parts, 2, 0, to - from)
                    : b.slice(parts, 2, 0, b.constant(to));
  dims[1] = b.constant(group * to);
  return b.reshape(parts, dims);
}

} // namespace

Value regroup(ConvOp op, ShapeScope &scope) {
  auto w = typeOf(op.getW());
  int64_t group = op.getGroup(), channels = w.getDimSize(1);
  int64_t filters = w.getDimSize(0) / group;
  int64_t taps = w.getDimSize(2) * w.getDimSize(3);
  Regrouping to = chooseRegrouping(group, channels, filters, taps);
  ShapedBuilder b(op, scope);
  bool isFilled = to.joined == 1;
  int64_t groups = group / to.joined;
  Value x = resizeGroups(b, op.getX(), group, channels,
                         isFilled ? to.channels : channels);
  Value made = makeFilters(
      b, constantFilters(op),
      {groups * to.filters, to.channels, w.getDimSize(2), w.getDimSize(3)},
      nameOf("groups", {{group, to.joined, to.channels, to.filters}}),
      [&](ConstantFloats from, MutableArrayRef<float> filled) {
        for (int64_t f = 0; f < group * filters; ++f) {
          int64_t g = f / filters;
          int64_t row = isFilled ? g * to.filters + f % filters : f;
          int64_t column = isFilled ? 0 : g % to.joined * channels;
          for (int64_t i = 0; i < channels * taps; ++i) {
            filled[(row * to.channels + column) * taps + i] =
                from[f * channels * taps + i];
          }
        }
      });
  Value y = b.make<ConvOp>(x, made, op.getStrides(), op.getPads(),
                           op.getDilations(), groups);
  return resizeGroups(b, y, group, isFilled ? to.filters : filters, filters);
}

//===----------------------------------------------------------------------===//
// More than two axes
//===----------------------------------------------------------------------===//

namespace {

class FrameFolder {
public:
  FrameFolder(ConvOp op, Value frames, ShapeScope &scope)
      : op(op), frames(frames), b(op, scope), x(b.dims(op.getX())),
        y(b.dims(op.getY())), spatial(op.getStrides().size()),
        group(op.getGroup()) {
    auto w = typeOf(op.getW());
    channels = w.getDimSize(1);
    taps = w.getDimSize(2);
  }

  Value run() {
    // Filters that see few channels of many groups would see few more.
    bool isNarrow = group > 1 && channels < kBlock;
    if (!isNarrow || taps == 1) {
      return convolve(gather(0, taps), 0, taps);
    }
    Value sum;
    for (int64_t tap = 0; tap < taps; ++tap) {
      Value part = convolve(gather(tap, 1), tap, 1);
      sum = sum ? b.make<AddOp>(sum, part) : part;
    }
    return sum;
  }

private:
  /// The frames under taps [first, first + count): [N * D', group * count * C].
  Value gather(int64_t first, int64_t count) {
    int64_t low = op.getPads()[0], high = op.getPads()[spatial];
    int64_t stride = op.getStrides()[0], dilation = op.getDilations()[0];
    if (taps == 1 && stride == 1 && low == 0 && high == 0) {
      return frames;
    }
    bool isBlocked = spatial == 3 && channels % kBlock == 0;
    Value from = isBlocked ? b.make<PackOp>(frames) : frames;
    int64_t parts = isBlocked ? channels / kBlock : channels;
    DimExprs dims = b.dims(from);
    DimExprs split{x[0], x[2], b.constant(group), b.constant(parts)};
    llvm::append_range(split, ArrayRef(dims).drop_front(2));
    from = b.pad(b.reshape(from, split), 1, low, high);
    SmallVector<Value> slices;
    for (int64_t tap = first; tap < first + count; ++tap) {
      slices.push_back(b.slice(from, 1, tap * dilation, y[2], stride));
    }
    dims[0] = x[0] * y[2];
    dims[1] = b.constant(group * count * parts);
    Value gathered = b.reshape(b.concat(slices, 3), dims);
    return isBlocked ? b.make<UnpackOp>(gathered, group * count * channels)
                     : gathered;
  }

  Value convolve(Value gathered, int64_t first, int64_t count) {
    SmallVector<int64_t> shape(typeOf(op.getW()).getShape());
    int64_t rest = 1;
    for (int64_t extent : ArrayRef(shape).drop_front(3)) {
      rest *= extent;
    }
    shape.erase(shape.begin() + 2);
    shape[1] = channels * count;
    // [F, C, D, ...] to [F, D, C, ...].
    Value w = makeFilters(
        b, constantFilters(op), shape, nameOf("frames", {{first, count}}),
        [&](ConstantFloats from, MutableArrayRef<float> to) {
          for (int64_t i = 0; i < int64_t(to.size()); ++i) {
            int64_t c = i / rest % channels, tap = i / rest / channels % count;
            int64_t f = i / rest / channels / count;
            int64_t line = (f * channels + c) * taps + first + tap;
            to[i] = from[line * rest + i % rest];
          }
        });
    SmallVector<int64_t> pads(op.getPads());
    pads.erase(pads.begin() + spatial);
    pads.erase(pads.begin());
    return b.make<ConvOp>(gathered, w, op.getStrides().drop_front(), pads,
                          op.getDilations().drop_front(), group);
  }

  ConvOp op;
  Value frames;
  ShapedBuilder b;
  DimExprs x, y;
  size_t spatial;
  int64_t group, channels = 0, taps = 0; ///< channels of a group
};

} // namespace

Value foldFrames(ConvOp op, Value frames, ShapeScope &scope) {
  return FrameFolder(op, frames, scope).run();
}

} // namespace mlc::codegen
