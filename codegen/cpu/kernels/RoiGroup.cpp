//===- RoiGroup.cpp - regions of interest -----------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One mlc.roi_align. Where the samples of a bin lie and what their four
// neighbours weigh does not depend on the channel, and costs more than the four
// products: so a unit is a region and a block of channels, and every sample is
// placed once for all of them. The totals of the block stay in registers.
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/CpuKernels.h"
#include "codegen/cpu/kernels/GroupKernel.h"
#include "dialects/mlc/Element.h"

using namespace mlir;

namespace mlc::codegen {

namespace {

constexpr int64_t kChannels = 8;

/// The bin of an element along one axis.
struct Bin {
  Value start, size; // positions
  Index samples, extent;
};

/// A sample's place along one axis: two neighbours and their weights.
struct Place {
  Index index[2];
  Value weight[2], hasSecond, inside;
};

class RoiEmitter {
public:
  RoiEmitter(KernelBuilder &b, const GroupBuffers &buffers, RoiAlignOp op)
      : b(b), op(op), real(elementTypeOf(op.getX())),
        s(b, b.getLoc(), real, real), indices(b, b.getLoc()),
        xBuffer(buffers.of(op.getX())), rois(b.flat(buffers.of(op.getRois()))),
        batches(b.flat(buffers.of(op.getBatch()))), x(b.flat(xBuffer)),
        y(b.flat(buffers.output(0))) {
    channels = b.dim(xBuffer, 1);
    height = b.dim(xBuffer, 2);
    width = b.dim(xBuffer, 3);
    bins = op.getHeight() * op.getWidth();
  }

  void emitUnit(Index unit) {
    Index blocks = b.ceilDiv(channels, kChannels);
    Index roi = unit / blocks, first = unit % blocks * kChannels;
    Index after = b.min(first + kChannels, channels);
    Index zero = b.index(int64_t(0));
    Index pixels = b.dim(xBuffer, 0) * height * width;
    auto read = [&] {
      Index picture = pictureOf(roi);
      b.ifThen(
          b.less(after - first, b.index(kChannels)),
          [&] {
            b.loop(first, after, 1, [&](Index channel) {
              emitChannels(roi, picture, channel, 1);
            });
          },
          [&] { emitChannels(roi, picture, first, kChannels); });
    };
    // Without an element there is nothing to clamp positions to.
    auto fill = [&] {
      Index from = (roi * channels + first) * bins;
      b.loop(from, from + (after - first) * bins, 1,
             [&](Index at) { b.store(s.zero(), y, at); });
    };
    b.ifThen(b.less(zero, pixels), read, fill);
  }

private:
  using Values = KernelBuilder::Values;

  Index pictureOf(Index roi);
  void emitChannels(Index roi, Index picture, Index first, int64_t count);
  Bin bin(Index roi, int64_t corner, int64_t count, Index which, Index extent);
  Place place(const Bin &bin, Index sample);
  Values totals(const Bin &row, const Bin &column, Index plane, int64_t count);
  Values addSample(const Place &row, const Place &column, Index plane,
                   ValueRange totals);
  Value sampleOf(const Place &row, const Place &column, Index plane,
                 bool isWhole);
  Value corner(Index roi, int64_t i);

  Value number(Index i) { return indices.toElement(i, real); }
  Index integer(Value v) {
    Type i64 = b.getI64Type();
    Value whole = convertScalar(b, b.getLoc(), v, real, i64);
    return b.index(indices.fromInteger(whole, i64));
  }
  Index clamp(Index i, Index extent) {
    return b.max(b.index(int64_t(0)), b.min(i, extent - 1));
  }

  KernelBuilder &b;
  RoiAlignOp op;
  Type real;
  ScalarBuilder s;
  IndexBuilder indices;
  Value xBuffer, rois, batches, x, y;
  Index channels, height, width;
  int64_t bins;
};

Index RoiEmitter::pictureOf(Index roi) {
  auto dim = [&](Value, int64_t) -> Value { return b.dim(xBuffer, 0); };
  auto none = [](Value) { return Value(); };
  auto load = [](Value, ValueRange) { return Value(); };
  ElementBuilder e(b, b.getLoc(), load, dim, none);
  Value number =
      indices.fromInteger(b.load(batches, roi), elementTypeOf(op.getBatch()));
  return b.index(e.checkedIndex(number, b.dim(xBuffer, 0)));
}

Value RoiEmitter::corner(Index roi, int64_t i) {
  Value at = convertScalar(b, b.getLoc(), b.load(rois, roi * 4 + i),
                           elementTypeOf(op.getRois()), real);
  at = s.mul(at, s.constant(op.getSpatialScale().convertToDouble()));
  return s.sub(at, s.constant(op.getHalfPixel() ? 0.5 : 0.0));
}

Bin RoiEmitter::bin(Index roi, int64_t first, int64_t count, Index which,
                    Index extent) {
  Value from = corner(roi, first), span = s.sub(corner(roi, first + 2), from);
  if (!op.getHalfPixel()) {
    span = s.max(span, s.one());
  }
  Value size = s.div(span, s.constant(double(count)));
  Index samples = op.getSamplingRatio() > 0 ? b.index(op.getSamplingRatio())
                                            : integer(s.ceil(size));
  return {s.add(from, s.mul(number(which), size)), size, samples, extent};
}

Place RoiEmitter::place(const Bin &bin, Index sample) {
  Value middle = s.add(number(sample), s.constant(0.5));
  Value step = s.div(bin.size, number(bin.samples));
  Value at = s.add(bin.start, s.mul(middle, step));
  Value length = number(bin.extent);
  Place place;
  place.inside =
      s.and_(s.lessEqual(s.constant(-1), at), s.lessEqual(at, length));
  // Within an element's width of the border the border element counts.
  at = s.max(s.zero(), s.min(at, s.sub(length, s.one())));
  Value floor = s.floor(at);
  Index index = integer(floor);
  place.index[0] = clamp(index, bin.extent);
  place.index[1] = clamp(index + 1, bin.extent);
  place.hasSecond = b.less(index + 1, bin.extent);
  place.weight[1] = s.sub(at, floor);
  place.weight[0] = s.sub(s.one(), place.weight[1]);
  return place;
}

/// The value of x around a place in the plane that begins at `plane`. Unless
/// the place is whole, neighbours beyond the border count as 0, even where the
/// element in their stead is no number.
Value RoiEmitter::sampleOf(const Place &row, const Place &column, Index plane,
                           bool isWhole) {
  Value total;
  for (int i = 0; i < 2; ++i) {
    for (int j = 0; j < 2; ++j) {
      Value v = b.load(x, plane + row.index[i] * width + column.index[j]);
      if (!isWhole && i == 1) {
        v = b.select(row.hasSecond, v, s.zero());
      }
      if (!isWhole && j == 1) {
        v = b.select(column.hasSecond, v, s.zero());
      }
      Value weight = s.mul(row.weight[i], column.weight[j]);
      Value part = op.getMax() || !total ? s.mul(weight, v) : Value();
      total = !total        ? part
              : op.getMax() ? s.max(total, part)
                            : b.fma(weight, v, total);
    }
  }
  return total;
}

RoiEmitter::Values RoiEmitter::addSample(const Place &row, const Place &column,
                                         Index plane, ValueRange totals) {
  Value inside = s.and_(row.inside, column.inside);
  Value whole = s.and_(inside, s.and_(row.hasSecond, column.hasSecond));
  auto add = [&](bool isWhole) {
    Values next;
    for (auto [c, total] : llvm::enumerate(totals)) {
      Index at = plane + height * width * int64_t(c);
      Value v = sampleOf(row, column, at, isWhole);
      v = isWhole ? v : b.select(inside, v, s.zero());
      next.push_back(op.getMax() ? s.max(total, v) : s.add(total, v));
    }
    return next;
  };
  return b.choose(
      whole, totals.getTypes(), [&] { return add(true); },
      [&] { return add(false); });
}

RoiEmitter::Values RoiEmitter::totals(const Bin &row, const Bin &column,
                                      Index plane, int64_t count) {
  Index zero = b.index(int64_t(0));
  Values none(count, op.getMax() ? s.limit(real, true) : s.zero());
  Values sums =
      b.loop(zero, row.samples, 1, none, [&](Index i, ValueRange outer) {
        Place vertical = place(row, i);
        return b.loop(
            zero, column.samples, 1, outer, [&](Index j, ValueRange inner) {
              return addSample(vertical, place(column, j), plane, inner);
            });
      });
  Index samples = b.max(row.samples, zero) * b.max(column.samples, zero);
  for (Value &sum : sums) {
    sum = op.getMax() ? b.select(b.equal(samples, zero), s.zero(), sum)
                      : s.div(sum, number(b.max(samples, b.index(1))));
  }
  return sums;
}

void RoiEmitter::emitChannels(Index roi, Index picture, Index first,
                              int64_t count) {
  Index plane = (picture * channels + first) * height * width;
  Index out = (roi * channels + first) * bins, zero = b.index(int64_t(0));
  b.loop(zero, b.index(op.getHeight()), 1, [&](Index i) {
    Bin row = bin(roi, 1, op.getHeight(), i, height);
    b.loop(zero, b.index(op.getWidth()), 1, [&](Index j) {
      Bin column = bin(roi, 0, op.getWidth(), j, width);
      Values results = totals(row, column, plane, count);
      Index at = out + i * op.getWidth() + j;
      for (auto [c, result] : llvm::enumerate(results)) {
        b.store(result, y, at + int64_t(c) * bins);
      }
    });
  });
}

} // namespace

bool emitRoiKernel(GroupOp group, func::FuncOp kernel, CpuIsa isa) {
  Block *block = group.getBlock();
  auto op = dyn_cast<RoiAlignOp>(block->front());
  bool isAlone = op && block->getOperations().size() == 2 &&
                 llvm::all_of(op->getOperands(), [](Value operand) {
                   return mlir::isa<BlockArgument>(operand);
                 });
  if (!isAlone || (!elementTypeOf(op.getX()).isF32() &&
                   !elementTypeOf(op.getX()).isF64())) {
    return false;
  }
  isa.elementBits = elementTypeOf(op.getX()).getIntOrFloatBitWidth();
  PartitionedKernel frame(group, kernel, isa);
  RoiEmitter emitter(frame.body, frame.buffers, op);
  frame.body.loop(frame.begin, frame.end, 1,
                  [&](Index unit) { emitter.emitUnit(unit); });
  frame.setCount(
      [&](KernelBuilder &b, const GroupBuffers &buffers) {
        return b.dim(buffers.output(0), 0) *
               b.ceilDiv(b.dim(buffers.of(op.getX()), 1), kChannels);
      },
      double(op.getHeight() * op.getWidth()) * 1e-7);
  return true;
}

} // namespace mlc::codegen
