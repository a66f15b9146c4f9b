//===- Depthwise.cpp - filters over a few channels --------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A vector holds the results of lanes filters, and the inputs of lane l are the
// channels of its group, g of them (for f >= g filters) and all in one block:
//
//   for each tap:
//     for i in 0..g:  acc[l] += x[l / f * g + i] * w[tap][i][l]
//
// With f = 1 that is x itself, with f below the lanes a shuffle of as many
// channels as the lanes need, else one element for all lanes.
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/Depthwise.h"

#include "codegen/cpu/kernels/ConvLanes.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace mlc::codegen {

namespace {

class DepthwiseTile {
public:
  DepthwiseTile(LaneKernel &lanes, Value weights, const LaneTile &tile)
      : lanes(lanes), b(lanes.b), weights(weights), tile(tile),
        width(lanes.shape.groupChannels()), filters(lanes.shape.groupFilters()),
        count(b.isa.lanes()) {
    int64_t taps = lanes.shape.rows.kernel * lanes.shape.columns.kernel;
    filter = tile.block * (taps * width * kBlock) + tile.lane;
  }

  Accumulators sum() {
    Accumulators acc(tile.part.pixels, b.splat(0.0));
    lanes.forEachTap(tile, acc,
                     [&](Accumulators &sums, Index row, Index column, Index xAt,
                         int64_t low, int64_t high) {
                       Index tap = row * lanes.shape.columns.kernel + column;
                       addTap(sums, filter + tap * (width * kBlock), xAt, low,
                              high);
                     });
    return acc;
  }

private:
  void addTap(Accumulators &sums, Index at, Index xAt, int64_t low,
              int64_t high) {
    SmallVector<Value> w;
    for (int64_t i = 0; i < width; ++i) {
      w.push_back(b.loadVector(weights, at + i * kBlock, count));
    }
    // Lanes of one group only: the same element for all of them.
    bool isOneGroup = filters >= count;
    for (int64_t p = low; p < high; ++p) {
      int64_t pixel = p * lanes.pixelStride();
      Value x = isOneGroup ? Value()
                           : lanes.loadX(xAt + pixel, count / filters * width);
      for (int64_t i = 0; i < width; ++i) {
        Value input = isOneGroup
                          ? b.splatOf(lanes.loadElement(xAt + (pixel + i)))
                          : pick(x, i);
        sums[p] = b.fma(input, w[i], sums[p]);
      }
    }
  }

  /// In every lane, channel `i` of its group.
  Value pick(Value x, int64_t i) {
    if (filters == 1) {
      return x;
    }
    SmallVector<int64_t> sources;
    for (int64_t lane = 0; lane < count; ++lane) {
      sources.push_back(lane / filters * width + i);
    }
    return vector::ShuffleOp::create(b, x, x, sources);
  }

  LaneKernel &lanes;
  KernelBuilder &b;
  Value weights;
  const LaneTile &tile;
  int64_t width, filters, count;
  Index filter; ///< the weights of the first tap
};

} // namespace

void emitDepthwiseConv(func::FuncOp kernel, const CpuIsa &isa,
                       const ConvShape &shape, BindBuffers bind) {
  definePartitioned(
      kernel, isa, laneItemFlops(shape) * shape.groupChannels(),
      [&](KernelBuilder &b, ValueRange arguments) {
        return LaneKernel(b, shape, bind(b, arguments)).count();
      },
      [&](KernelBuilder &b, const PartitionArguments &arguments) {
        ConvBuffers buffers = bind(b, arguments.buffers);
        Value weights = b.flat(buffers.weights);
        LaneKernel lanes(b, shape, std::move(buffers));
        lanes.emitItems(arguments, [&](const LaneTile &tile) {
          return DepthwiseTile(lanes, weights, tile).sum();
        });
      });
}

} // namespace mlc::codegen
