//===- SplitPhases.cpp - transposed convolutions ----------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Along one axis of stride s and dilation d, input i reaches output
//
//   o + pad = i * s + k * d        by tap k.
//
// Let g = gcd(s, d), s' = s / g, d' = d / g. Taps k and k + s' reach outputs
// apart by d' whole strides: the taps r, r + s', r + 2s', ... (a residue r <
// s') all serve the one phase r * d mod s of the outputs, and are there an
// ordinary convolution of stride 1 and dilation d'. With r * d = c * s + phase,
//
//   y[q * s + phase - pad] = sum over j of x[q - c - j * d'] * w[r + j * s'].
//
// So all residues are filters of one convolution over u = q - c, whose results
// are interleaved, those of residue r moved by c; phases without a residue are
// zero. Every residue has a tap or more, so that less than half of the filter
// elements along an axis are zeros that fill the shorter ones.
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/BlockedLayout.h"
#include "codegen/cpu/ConvRewrites.h"
#include "codegen/cpu/FilterView.h"

#include "llvm/Support/MathExtras.h"

#include <numeric>

using namespace mlir;

namespace mlc::codegen {

namespace {

/// One spatial axis.
struct PhasedAxis {
  int64_t stride, dilation, taps; ///< as the op has them
  int64_t period;                 ///< taps of a residue are so far apart
  int64_t residues, kernel;       ///< with `kernel` taps each
  int64_t step;                   ///< dilation of a residue
  int64_t moved;                  ///< the greatest c
  int64_t padLow, padHigh;        ///< of the convolution
  int64_t skipped;                ///< outputs of the phases before the first

  /// Whether a convolution may have such pads, and there is a bound to what is
  /// made and then cut away or filled with zeros, and to phases in an order of
  /// their own, which are an op each.
  bool isPossible() const {
    constexpr int64_t limit = int64_t(1) << 31, maxExtra = 64;
    return std::abs(padLow) < limit && std::abs(padHigh) < limit &&
           stride <= std::max(maxExtra, 4 * taps) && moved <= maxExtra &&
           (dilation == 1 || residues <= maxExtra);
  }
  int64_t phaseOf(int64_t residue) const { return residue * dilation % stride; }
  int64_t shiftOf(int64_t residue) const { return residue * dilation / stride; }
};

PhasedAxis phasedAxis(ConvTransposeOp op, size_t axis) {
  size_t spatial = op.getStrides().size();
  int64_t low = op.getPads()[axis], high = op.getPads()[spatial + axis];
  PhasedAxis phased;
  phased.stride = op.getStrides()[axis];
  phased.dilation = op.getDilations()[axis];
  phased.taps = tensorTypeOf(op.getW()).getDimSize(axis + 2);
  int64_t common = std::gcd(phased.stride, phased.dilation);
  phased.period = phased.stride / common;
  phased.residues = std::min(phased.period, phased.taps);
  phased.kernel = llvm::divideCeil(phased.taps, phased.period);
  phased.step = phased.kernel > 1 ? phased.dilation / common : 1;
  phased.moved = phased.shiftOf(phased.residues - 1);
  int64_t end =
      op.getOutputPadding()[axis] + phased.dilation * (phased.taps - 1) - high;
  int64_t first = llvm::divideFloorSigned(low, phased.stride);
  phased.padLow = (phased.kernel - 1) * phased.step + phased.moved - first;
  phased.padHigh = llvm::divideFloorSigned(end, phased.stride);
  phased.skipped = low - first * phased.stride;
  return phased;
}

class PhaseSplitter {
public:
  PhaseSplitter(ConvTransposeOp op, ShapeScope &scope)
      : op(op), b(op, scope), result(b.dims(op.getY())) {}

  Value run() {
    auto w = tensorTypeOf(op.getW());
    group = op.getGroup();
    filters = w.getDimSize(1);
    inputs = w.getDimSize(0) / group;
    for (size_t i = 0; i < op.getStrides().size(); ++i) {
      axes.push_back(phasedAxis(op, i));
      residues *= axes.back().residues;
      phases *= axes.back().stride;
      if (!axes.back().isPossible() || phases > kMaxPhases * residues) {
        return {};
      }
    }
    // Whole blocks of filters need no other packing before phases interleave,
    // where filling them does not cost more than it gains.
    int64_t whole = llvm::alignTo(filters, kBlock);
    bool fillsBlocks = residues > 1 && group == 1 && whole * 3 <= filters * 4;
    madeFilters = fillsBlocks ? whole : filters;
    // A block of 16 lanes moves at the cost of some single elements.
    isBlocked = group * madeFilters > 4;
    Value y = convolve();
    return residues > 1 ? interleave(y) : insertZeros(y);
  }

private:
  static constexpr int64_t kMaxPhases = 1024; ///< for each that is not zero

  /// [N, group * residues * F, U...].
  Value convolve() {
    SmallVector<int64_t> shape{group * residues * madeFilters, inputs};
    SmallVector<int64_t> steps, pads, high;
    for (const PhasedAxis &axis : axes) {
      shape.push_back(axis.kernel);
      steps.push_back(axis.step);
      pads.push_back(axis.padLow);
      high.push_back(axis.padHigh);
    }
    pads.append(high);
    SmallVector<int64_t> ones(axes.size(), 1);
    return b.make<ConvOp>(op.getX(), arrangeFilters(shape), ones, pads, steps,
                          group);
  }

  /// [C, F, taps...] to [group, residues..., F, C / group, kernel...], flipped.
  Value arrangeFilters(ArrayRef<int64_t> shape) {
    FilterView view(b, op.getW(), constantFilters(op));
    view.split(0, {group, inputs});
    view.pad(2, madeFilters);
    SmallVector<int64_t> order{0}, kernels;
    for (auto [i, axis] : llvm::enumerate(axes)) {
      int64_t at = 3 + 2 * i;
      view.pad(at, axis.kernel * axis.residues);
      view.split(at, {axis.kernel, axis.residues});
      view.reverse(at);
      kernels.push_back(at);
      order.push_back(at + 1);
    }
    order.append({2, 1});
    order.append(kernels);
    view.transpose(order);
    return view.build(shape);
  }

  /// The outputs of the op from those of its only phase that is not zero. The
  /// innermost axis comes first and in blocks: later ones move whole rows.
  Value insertZeros(Value y) {
    size_t last = axes.size() - 1;
    if (axes[last].stride > 1) {
      DimExprs dims = b.dims(y);
      DimExprs parts{dims[0], partCount()};
      llvm::append_range(parts, ArrayRef(dims).drop_front(2));
      y = b.reshape(pack(y, dims[0], dims[1]), withLanes(parts));
      y = insertZeros(y, last, last + 1);
      dims[last + 2] = result[last + 2];
      y = unpack(y, dims);
    }
    return insertZeros(y, 0, last);
  }

  /// Along axes [first, end).
  Value insertZeros(Value y, size_t first, size_t end) {
    DimExprs dims = b.dims(y), split(dims);
    for (size_t axis = end; axis-- > first;) {
      split.insert(split.begin() + axis + 3, b.constant(1));
      dims[axis + 2] = dims[axis + 2] * axes[axis].stride;
    }
    y = b.reshape(y, split);
    for (size_t axis = first; axis < end; ++axis) {
      y = b.pad(y, 2 * axis - first + 3, 0, axes[axis].stride - 1);
    }
    y = b.reshape(y, dims);
    for (size_t axis = first; axis < end; ++axis) {
      y = cutAxis(y, axis, axis + 2);
    }
    return y;
  }

  /// [N, residues * parts, U...], in blocks where they are worth it.
  Value packResidues(Value y) {
    DimExprs dims = b.dims(y);
    DimExprs spatial(ArrayRef(dims).drop_front(2));
    int64_t channels = group * madeFilters;
    if (group > 1) {
      DimExprs split{dims[0], b.constant(group), b.constant(residues),
                     b.constant(filters)};
      llvm::append_range(split, spatial);
      auto order = llvm::to_vector(llvm::seq<int64_t>(0, split.size()));
      std::swap(order[1], order[2]);
      y = b.reshape(b.transpose(b.reshape(y, split), order), dims);
    }
    // Blocks of one residue hold no channel of another.
    bool isWhole = channels % kBlock == 0;
    AffineExpr images = b.constant(isWhole ? 1 : residues);
    return pack(y, dims[0] * images,
                b.constant(isWhole ? residues * channels : channels));
  }

  /// [images, channels, ...] in blocks, as a picture.
  Value pack(Value y, AffineExpr images, AffineExpr channels) {
    if (!isBlocked) {
      return y;
    }
    DimExprs flat{images, channels}, dims = b.dims(y);
    llvm::append_range(flat, withTwoAxes(ArrayRef(dims).drop_front(2)));
    return b.make<PackOp>(b.reshape(y, flat));
  }

  /// The tensor of dims `dims` that is in the blocks `y`.
  Value unpack(Value y, ArrayRef<AffineExpr> dims) {
    if (!isBlocked) {
      return y;
    }
    DimExprs packed{dims[0], partCount()};
    llvm::append_range(packed, withTwoAxes(dims.drop_front(2)));
    y = b.make<UnpackOp>(b.reshape(y, withLanes(packed)), group * filters);
    return b.reshape(y, dims);
  }

  /// The channels of one residue, or the blocks of them.
  AffineExpr partCount() {
    int64_t channels = group * madeFilters;
    return b.constant(isBlocked ? llvm::divideCeil(channels, kBlock)
                                : channels);
  }

  DimExprs withLanes(DimExprs dims) {
    if (isBlocked) {
      dims.push_back(b.constant(kBlock));
    }
    return dims;
  }

  /// Spatial dims as those of a picture.
  DimExprs withTwoAxes(ArrayRef<AffineExpr> dims) {
    AffineExpr first = dims.size() > 1 ? dims[0] : b.constant(1);
    AffineExpr rest = b.constant(1);
    for (AffineExpr dim : dims.drop_front(dims.size() > 1)) {
      rest = rest * dim;
    }
    return {first, rest};
  }

  /// The outputs of the op from those of all phases.
  Value interleave(Value y) {
    int64_t spatial = axes.size();
    DimExprs dims = b.dims(y);
    y = packResidues(y);
    DimExprs split{dims[0]};
    for (const PhasedAxis &axis : axes) {
      split.push_back(b.constant(axis.residues));
    }
    split.push_back(partCount());
    llvm::append_range(split, ArrayRef(dims).drop_front(2));
    y = b.reshape(y, withLanes(split));
    SmallVector<int64_t> order{0, spatial + 1};
    for (int64_t i = 0; i < spatial; ++i) {
      y = orderPhases(y, axes[i], 1 + i, spatial + 2 + i);
      order.append({spatial + 2 + i, 1 + i});
    }
    if (isBlocked) {
      order.push_back(2 * spatial + 2);
    }
    DimExprs ordered = b.dims(y);
    DimExprs joined{dims[0], partCount()};
    for (int64_t i = 0; i < spatial; ++i) {
      joined.push_back(ordered[spatial + 2 + i] * axes[i].stride);
    }
    y = b.reshape(b.transpose(y, order), withLanes(joined));
    for (int64_t i = 0; i < spatial; ++i) {
      y = cutAxis(y, i, 2 + i);
    }
    return unpack(y, result);
  }

  /// All phases at `axis` in their order, each moved along `places`.
  Value orderPhases(Value y, const PhasedAxis &axis, int64_t at,
                    int64_t places) {
    SmallVector<int64_t> order =
        llvm::to_vector(llvm::seq<int64_t>(0, axis.residues));
    llvm::sort(order, [&](int64_t left, int64_t right) {
      return axis.phaseOf(left) < axis.phaseOf(right);
    });
    AffineExpr count = b.dims(y)[places] - axis.moved;
    SmallVector<Value> parts;
    for (size_t i = 0, run; i < order.size(); i += run) {
      int64_t first = order[i];
      auto continues = [&](int64_t n) {
        return order[i + n] == first + n &&
               axis.phaseOf(order[i + n]) == axis.phaseOf(first) + n &&
               axis.shiftOf(order[i + n]) == axis.shiftOf(first);
      };
      for (run = 1; i + run < order.size() && continues(run);) {
        ++run;
      }
      bool isLast = i + run == order.size();
      int64_t next = isLast ? axis.stride : axis.phaseOf(order[i + run]);
      Value part = b.slice(y, at, first, b.constant(run));
      part = b.slice(part, places, axis.moved - axis.shiftOf(first), count);
      int64_t phasesHere = next - axis.phaseOf(first);
      parts.push_back(b.pad(part, at, 0, phasesHere - int64_t(run)));
    }
    return b.concat(parts, at);
  }

  /// The outputs along one axis that the pads leave.
  Value cutAxis(Value y, int64_t axis, int64_t at) {
    return b.slice(y, at, axes[axis].skipped, result[axis + 2]);
  }

  ConvTransposeOp op;
  ShapedBuilder b;
  DimExprs result;
  SmallVector<PhasedAxis> axes;
  int64_t group = 1, filters = 0, inputs = 0; ///< of a group
  int64_t residues = 1, phases = 1;
  int64_t madeFilters = 0; ///< of a group and residue
  bool isBlocked = false;  ///< where elements move
};

} // namespace

Value splitPhases(ConvTransposeOp op, ShapeScope &scope) {
  return PhaseSplitter(op, scope).run();
}

} // namespace mlc::codegen
