//===- ConvLanes.cpp - windows that stay in their channel -------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/ConvLanes.h"

using namespace mlir;

namespace mlc::codegen {

/// Kernels of so many taps have versions of the row with all taps unrolled.
static constexpr int64_t kUnrolledTaps = 25;
/// Kernels wider than this are loops in both directions.
static constexpr int64_t kUnrolledColumns = 7;

double laneItemFlops(const ConvShape &shape) {
  // Loads bound these kernels, not FMAs: count each of them twice.
  return shape.columns.isStatic() ? 4.0 * kBlock * shape.columns.out *
                                        shape.rows.kernel * shape.columns.kernel
                                  : 0;
}

/// Sums of a tile: short rows get one tile, longer ones no more than half of
/// the registers (the other half holds x and weights).
static int64_t tilePixels(const CpuIsa &isa) {
  return isa.registers >= 32 ? 14 : 7;
}

LaneKernel::LaneKernel(KernelBuilder &b, const ConvShape &shape,
                       ConvBuffers buffers)
    : b(b), shape(shape), buffers(std::move(buffers)) {
  x = b.flat(this->buffers.x);
  Value output = this->buffers.outputs.front();
  for (Value buffer : this->buffers.outputs) {
    place.outputs.push_back(b.flat(buffer));
  }
  images = b.dim(output, 0);
  blocks = place.blocks = b.dim(output, 1);
  inBlocks = b.dim(this->buffers.x, 1);
  inRows = b.dim(this->buffers.x, 2);
  inColumns = b.dim(this->buffers.x, 3);
  outRows = b.dim(output, 2);
  outColumns = b.dim(output, 3);
  place.plane = outRows * outColumns;
}

Index LaneKernel::count() { return images * blocks * outRows; }

void LaneKernel::emitItems(const PartitionArguments &arguments, TileBody body) {
  b.loop(arguments.begin, arguments.end, 1, [&](Index item) {
    LaneTile tile;
    Index zero = b.index(int64_t(0)), all = b.index(shape.rows.kernel);
    tile.row = item % outRows;
    tile.block = item / outRows % blocks;
    tile.image = item / outRows / blocks;
    tile.top = tile.row * shape.rows.stride - shape.rows.padLow;
    tile.rowLow = zero;
    tile.rowHigh = all;
    tile.hasAllRows = true;
    if (!shape.rows.isPadded()) {
      emitRow(tile, body);
      return;
    }
    std::tie(tile.rowLow, tile.rowHigh) =
        insideTaps(b, shape.rows, tile.top, inRows);
    LaneTile cut = tile;
    cut.hasAllRows = false;
    if (shape.rows.kernel * shape.columns.kernel > kUnrolledTaps) {
      emitRow(cut, body);
      return;
    }
    Value isInner = b.equal(tile.rowHigh - tile.rowLow, all);
    b.ifThen(
        isInner, [&] { emitRow(tile, body); }, [&] { emitRow(cut, body); });
  });
}

void LaneKernel::emitRow(LaneTile tile, TileBody body) {
  b.loop(b.index(int64_t(0)), b.index(kBlock), b.isa.lanes(), [&](Index lane) {
    tile.lane = lane;
    forEachTile(b, shape.columns, inColumns, outColumns, tilePixels(b.isa),
                [&](const RowTile &part) {
                  tile.part = part;
                  emitTile(tile, body);
                });
  });
}

/// The first channel of the group that output channel `lane` belongs to.
Index LaneKernel::firstChannel(Index lane) const {
  int64_t filters = shape.groupFilters();
  return filters > 1 ? lane / filters * shape.groupChannels() : lane;
}

void LaneKernel::emitTile(LaneTile tile, TileBody body) {
  tile.left = tile.part.column * shape.columns.stride - shape.columns.padLow;
  if (tile.part.isCut) {
    std::tie(tile.columnLow, tile.columnHigh) =
        insideTaps(b, shape.columns, tile.left, inColumns);
  }
  Index channel = firstChannel(tile.block * kBlock + tile.lane);
  Index line = (tile.image * inBlocks + channel / kBlock) * inRows + tile.top;
  tile.xAt = (line * inColumns + tile.left) * kBlock + channel % kBlock;
  Accumulators results = body(tile);
  TilePlace at = place;
  at.image = tile.image;
  at.channel = tile.block * kBlock + tile.lane;
  at.pixel = tile.row * outColumns + tile.part.column;
  finishTile(b, results, 1, at, buffers.epilogue);
}

void LaneKernel::forEachColumn(const LaneTile &tile, Accumulators &acc,
                               Index kernelRow, Index xAt, TapBody tap) {
  int64_t step = shape.columns.dilation * kBlock;
  auto looped = [&](Index first, Index end, int64_t low, int64_t high) {
    acc = b.loop(first, end, 1, acc, [&](Index column, ValueRange carried) {
      Accumulators sums(carried);
      tap(sums, kernelRow, column, xAt + column * step, low, high);
      return sums;
    });
  };
  if (tile.part.isCut) {
    looped(tile.columnLow, tile.columnHigh, 0, 1);
    return;
  }
  for (const TapRun &run : tile.part.taps) {
    if (shape.columns.kernel > kUnrolledColumns) {
      looped(b.index(run.first), b.index(run.first + run.count), run.low,
             run.high);
      continue;
    }
    for (int64_t i = run.first; i < run.first + run.count; ++i) {
      tap(acc, kernelRow, b.index(i), xAt + i * step, run.low, run.high);
    }
  }
}

void LaneKernel::forEachTap(const LaneTile &tile, Accumulators &acc,
                            TapBody tap) {
  Index step = inColumns * (shape.rows.dilation * kBlock);
  bool unrolls = tile.hasAllRows && !tile.part.isCut &&
                 shape.rows.kernel * shape.columns.kernel <= kUnrolledTaps;
  if (unrolls) {
    for (int64_t row = 0; row < shape.rows.kernel; ++row) {
      forEachColumn(tile, acc, b.index(row), tile.xAt + step * row, tap);
    }
    return;
  }
  acc = b.loop(tile.rowLow, tile.rowHigh, 1, acc,
               [&](Index row, ValueRange carried) {
                 Accumulators sums(carried);
                 forEachColumn(tile, sums, row, tile.xAt + step * row, tap);
                 return sums;
               });
}

} // namespace mlc::codegen
