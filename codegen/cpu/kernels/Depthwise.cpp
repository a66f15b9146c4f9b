//===- Depthwise.cpp - one filter per channel -------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/Depthwise.h"

#include "codegen/cpu/kernels/ConvLanes.h"

using namespace mlir;

namespace mlc::codegen {

static Accumulators sumTile(LaneKernel &lanes, Value weights,
                            const LaneTile &tile) {
  KernelBuilder &b = lanes.b;
  int64_t columns = lanes.shape.columns.kernel;
  Index filter =
      tile.block * (lanes.shape.rows.kernel * columns * kBlock) + tile.lane;
  Accumulators acc(tile.part.pixels, b.splat(0.0));
  lanes.forEachTap(tile, acc,
                   [&](Accumulators &sums, Index row, Index column, Index xAt,
                       int64_t low, int64_t high) {
                     Index at = filter + (row * columns + column) * kBlock;
                     Value w = b.loadVector(weights, at, b.isa.lanes());
                     for (int64_t p = low; p < high; ++p) {
                       Value x = lanes.loadX(xAt + p * lanes.pixelStride());
                       sums[p] = b.fma(x, w, sums[p]);
                     }
                   });
  return acc;
}

void emitDepthwiseConv(func::FuncOp kernel, const CpuIsa &isa,
                       const ConvShape &shape, BindBuffers bind) {
  definePartitioned(
      kernel, isa, laneItemFlops(shape),
      [&](KernelBuilder &b, ValueRange arguments) {
        return LaneKernel(b, shape, bind(b, arguments)).count();
      },
      [&](KernelBuilder &b, const PartitionArguments &arguments) {
        ConvBuffers buffers = bind(b, arguments.buffers);
        Value weights = b.flat(buffers.weights);
        LaneKernel lanes(b, shape, std::move(buffers));
        lanes.emitItems(arguments, [&](const LaneTile &tile) {
          return sumTile(lanes, weights, tile);
        });
      });
}

} // namespace mlc::codegen
