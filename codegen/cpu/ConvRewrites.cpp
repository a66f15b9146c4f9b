//===- ConvRewrites.cpp - convolutions as other convolutions ----*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/ConvRewrites.h"

#include "codegen/cpu/BlockedLayout.h"
#include "codegen/cpu/FilterView.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace mlc::codegen {

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
  fill.cost =
      group * (2 * fill.filters * fill.channels * taps + moved * kMoveCost);
  return fill.cost < join.cost ? fill : join;
}

/// [group, extent] channels with zeros after those of each group, or without.
Value resizeGroups(ShapedBuilder &b, Value x, int64_t group, int64_t from,
                   int64_t to) {
  if (from == to) {
    return x;
  }
  DimExprs dims = b.dims(x);
  DimExprs split{dims[0], b.constant(group), b.constant(from), dims[2],
                 dims[3]};
  Value parts = b.reshape(x, split);
  parts = from < to ? b.pad(parts, 2, 0, to - from)
                    : b.slice(parts, 2, 0, b.constant(to));
  dims[1] = b.constant(group * to);
  return b.reshape(parts, dims);
}

} // namespace

Value regroup(ConvOp op, ShapeScope &scope) {
  auto w = tensorTypeOf(op.getW());
  int64_t group = op.getGroup(), channels = w.getDimSize(1);
  int64_t filters = w.getDimSize(0) / group;
  int64_t taps = w.getDimSize(2) * w.getDimSize(3);
  Regrouping to = chooseRegrouping(group, channels, filters, taps);
  ShapedBuilder b(op, scope);
  bool isFilled = to.joined == 1;
  int64_t groups = group / to.joined;
  Value x = resizeGroups(b, op.getX(), group, channels,
                         isFilled ? to.channels : channels);
  FilterView view(b, op.getW(), constantFilters(op));
  if (isFilled) {
    view.pad(1, to.channels);
    view.split(0, {group, filters});
    view.pad(1, to.filters);
  } else {
    // [groups, joined, joined, filters, channels, ...] with zeros but where a
    // group meets itself.
    view.split(0, {groups, to.joined, filters});
    view.spread(1);
    view.transpose({0, 1, 3, 2, 4, 5, 6});
  }
  Value made = view.build(
      {groups * to.filters, to.channels, w.getDimSize(2), w.getDimSize(3)});
  Value y = b.make<ConvOp>(x, made, op.getStrides(), op.getPads(),
                           op.getDilations(), groups, op.getExact());
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
    auto w = tensorTypeOf(op.getW());
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
    SmallVector<int64_t> shape(tensorTypeOf(op.getW()).getShape());
    auto order = llvm::to_vector(llvm::seq<int64_t>(0, shape.size()));
    std::swap(order[1], order[2]);
    shape.erase(shape.begin() + 2);
    shape[1] = channels * count;
    // [F, C, D, ...] to [F, D, C, ...].
    FilterView view(b, op.getW(), constantFilters(op));
    view.cut(2, first, count);
    view.transpose(order);
    Value w = view.build(shape);
    SmallVector<int64_t> pads(op.getPads());
    pads.erase(pads.begin() + spatial);
    pads.erase(pads.begin());
    return b.make<ConvOp>(gathered, w, op.getStrides().drop_front(), pads,
                          op.getDilations().drop_front(), group, op.getExact());
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
  // Each tap is a copy of x and an op.
  constexpr int64_t kMaxTaps = 64;
  if (tensorTypeOf(op.getW()).getDimSize(2) > kMaxTaps) {
    return {};
  }
  return FrameFolder(op, frames, scope).run();
}

} // namespace mlc::codegen
