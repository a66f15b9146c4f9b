//===- Pool.cpp - pooling of blocked activations ----------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/Pool.h"

#include "codegen/cpu/kernels/ConvLanes.h"

#include <limits>

using namespace mlir;

namespace mlc::codegen {

static Value maximum(KernelBuilder &b, Value a, Value c) {
  return arith::MaximumFOp::create(b, a, c);
}

namespace {
class Pool {
public:
  Pool(LaneKernel &lanes, PoolForm form)
      : lanes(lanes), b(lanes.b), shape(lanes.shape), form(form) {}

  Accumulators reduceTile(const LaneTile &tile);

private:
  Value divide(const LaneTile &tile, int64_t pixel, Value sum);
  Index tapCount(const Window &window, Index origin, Index extent);

  LaneKernel &lanes;
  KernelBuilder &b;
  const ConvShape &shape;
  PoolForm form;
};
} // namespace

Accumulators Pool::reduceTile(const LaneTile &tile) {
  bool isMax = form == PoolForm::max;
  double start = isMax ? -std::numeric_limits<double>::infinity() : 0.0;
  Accumulators acc(tile.part.pixels, b.splat(start));
  lanes.forEachTap(tile, acc,
                   [&](Accumulators &sums, Index, Index, Index xAt, int64_t low,
                       int64_t high) {
                     for (int64_t p = low; p < high; ++p) {
                       Value x = lanes.loadX(xAt + p * lanes.pixelStride(),
                                             lanes.b.isa.lanes());
                       sums[p] =
                           isMax ? maximum(b, x, sums[p]) : b.add(sums[p], x);
                     }
                   });
  if (!isMax) {
    for (int64_t p = 0; p < tile.part.pixels; ++p) {
      acc[p] = divide(tile, p, acc[p]);
    }
  }
  return acc;
}

/// Pixels of a window that count.
Index Pool::tapCount(const Window &window, Index origin, Index extent) {
  if (form == PoolForm::averageWithPadding) {
    // The last window of ceil mode may reach over the padding.
    origin = origin + window.padLow;
    extent = extent + (window.padLow + window.padHigh);
  }
  auto [low, high] = insideTaps(b, window, origin, extent);
  return b.max(high - low, b.index(int64_t(1)));
}

Value Pool::divide(const LaneTile &tile, int64_t pixel, Value sum) {
  auto isWhole = [](const Window &window) {
    return !window.isPadded() && window.isStatic() &&
           (window.out - 1) * window.stride +
                   (window.kernel - 1) * window.dilation <
               window.in;
  };
  if (isWhole(shape.rows) && isWhole(shape.columns)) {
    double count = shape.rows.kernel * shape.columns.kernel;
    return b.div(sum, b.splat(count));
  }
  Index rows = tapCount(shape.rows, tile.top, lanes.inRows);
  Index columns = tapCount(
      shape.columns, tile.left + pixel * shape.columns.stride, lanes.inColumns);
  Value count = arith::IndexCastOp::create(b, b.getI32Type(), rows * columns);
  Value divisor = arith::SIToFPOp::create(b, b.getF32Type(), count);
  return b.div(sum, b.splatOf(divisor));
}

void emitPool(func::FuncOp kernel, const CpuIsa &isa, const ConvShape &shape,
              PoolForm form, BindBuffers bind) {
  definePartitioned(
      kernel, isa, laneItemFlops(shape),
      [&](KernelBuilder &b, ValueRange arguments) {
        return LaneKernel(b, shape, bind(b, arguments)).count();
      },
      [&](KernelBuilder &b, const PartitionArguments &arguments) {
        LaneKernel lanes(b, shape, bind(b, arguments.buffers));
        Pool pool(lanes, form);
        lanes.emitItems(arguments, [&](const LaneTile &tile) {
          return pool.reduceTile(tile);
        });
      });
}

//===----------------------------------------------------------------------===//
// Reduction over the whole plane
//===----------------------------------------------------------------------===//

/// Independent partial results: hides latency, and shortens the chains whose
/// rounding errors add up.
static constexpr int64_t kChains = 8;

static Value reducePixels(KernelBuilder &b, PlaneReduction form, Index pixels,
                          llvm::function_ref<Value(Index pixel)> load) {
  double infinity = std::numeric_limits<double>::infinity();
  double start = form == PlaneReduction::sum   ? 0.0
                 : form == PlaneReduction::max ? -infinity
                                               : infinity;
  auto combine = [&](Value a, Value c) -> Value {
    switch (form) {
    case PlaneReduction::sum:
      return b.add(a, c);
    case PlaneReduction::max:
      return maximum(b, a, c);
    case PlaneReduction::min:
      return arith::MinimumFOp::create(b, a, c);
    }
    llvm_unreachable("unknown reduction");
  };
  auto addRange = [&](Accumulators acc, Index begin, Index end) {
    int64_t width = acc.size();
    return b.loop(begin, end, width, acc, [&](Index p, ValueRange carried) {
      Accumulators next;
      for (int64_t i = 0; i < width; ++i) {
        next.push_back(combine(carried[i], load(p + i)));
      }
      return next;
    });
  };
  Index zero = b.index(int64_t(0)), whole = pixels / kChains * kChains;
  Accumulators acc =
      addRange(Accumulators(kChains, b.splat(start)), zero, whole);
  Accumulators rest = addRange({b.splat(start)}, whole, pixels);
  for (int64_t half = kChains / 2; half > 0; half /= 2) {
    for (int64_t i = 0; i < half; ++i) {
      acc[i] = combine(acc[i], acc[half + i]);
    }
  }
  return combine(acc[0], rest[0]);
}

void emitPlaneReduction(
    func::FuncOp kernel, const CpuIsa &isa, PlaneReduction form,
    llvm::function_ref<PlaneBuffers(KernelBuilder &, ValueRange)> bind) {
  definePartitioned(
      kernel, isa, /*itemFlops=*/0,
      [&](KernelBuilder &b, ValueRange arguments) {
        Value output = bind(b, arguments).output;
        return b.dim(output, 0) * b.dim(output, 1);
      },
      [&](KernelBuilder &b, const PartitionArguments &arguments) {
        PlaneBuffers buffers = bind(b, arguments.buffers);
        Value output = b.flat(buffers.output);
        Index blocks = b.dim(buffers.output, 1);
        Index pixels = b.dim(buffers.extents, 2) * b.dim(buffers.extents, 3);
        Index zero = b.index(int64_t(0));
        b.loop(arguments.begin, arguments.end, 1, [&](Index item) {
          b.loop(zero, b.index(kBlock), b.isa.lanes(), [&](Index lane) {
            Value result = reducePixels(b, form, pixels, [&](Index pixel) {
              return buffers.load({item / blocks, item % blocks, lane, pixel});
            });
            b.storeVector(result, output, item * kBlock + lane);
          });
        });
      });
}

} // namespace mlc::codegen
