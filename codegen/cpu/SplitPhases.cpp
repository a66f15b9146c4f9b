//===- SplitPhases.cpp - transposed convolutions ----------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/BlockedLayout.h"
#include "codegen/cpu/ConvRewrites.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace mlc::codegen {

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
  phased.taps = tensorTypeOf(op.getW()).getDimSize(axis + 2);
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
    auto w = tensorTypeOf(op.getW());
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
    Value w = makeFilters(b, constantFilters(op), shape, name,
                          [&](ConstantFloats from, MutableArrayRef<float> to) {
                            fill(from, to);
                          });
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

} // namespace mlc::codegen
