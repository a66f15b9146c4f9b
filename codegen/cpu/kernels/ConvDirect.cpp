//===- ConvDirect.cpp - convolution as it is written ------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A work item is one output row (or one tile, when there is one long row) of
// one unit, the filters of a register tile:
//
//   for tile in row:
//     acc = 0
//     for channel block, for kh in the rows inside the image, for kw:
//       acc += x[...][16 channels] * w[...][16][unit]
//     out = epilogue(acc)
//
// Padding never exists in memory: rows outside the image are cut off the kh
// loop, and tiles at the left and right border have versions of the kw loop
// that leave out the pixels whose tap is outside (planTiles). Where the width
// is not known, border pixels are tiles of one with a cut kw loop.
//
// A 1x1 convolution with stride 1 is one row of H*W pixels. The planar form is
// the same with blocks of one channel; the transposed one (kernel = stride)
// is a 1x1 convolution per tap with strided output.
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/ConvDirect.h"
#include "codegen/cpu/kernels/ConvPlan.h"
#include "codegen/cpu/kernels/ConvRow.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace mlc::codegen {

namespace {

/// Cycles from DRAM.
constexpr int64_t kMemoryLatency = 1000;

class DirectConv {
public:
  DirectConv(KernelBuilder &b, const DirectPlan &plan, ConvBuffers buffers);

  Index count();
  void emitItems(const PartitionArguments &arguments);

private:
  /// One unit of filters and where its weights begin.
  struct Unit {
    Index group, channel, weights;
    int64_t vectors;
  };
  /// What an item works on: a row, or a part of one.
  struct Place {
    Index image, row, part, tap;
  };
  Index rowItems();
  void emitItem(Index item);
  Unit unitAt(Index unit, const Place &place);
  void emitUnits(const Place &place);
  void emitUnit(Index unit, const Place &place);
  void emitRow(const Unit &unit, const Place &place);
  void emitTileOfRows(const Unit &unit, const Place &place);
  void emitChunk(const Unit &unit, const Place &place);
  void emitTile(const Unit &unit, const Place &place, const RowTile &tile);
  struct Cursor {
    Index x, weights; ///< of the current block at kernel row and column 0
    Index rowLow, rowHigh;
    Index columnLow, columnHigh; ///< of border pixels
  };
  void prefetchAhead(const TileOperands &tile, const Cursor &at);
  void addBlock(const TileOperands &tile, Accumulators &acc, const Cursor &at,
                int64_t steps, ArrayRef<TapRun> taps);
  void addKernelRow(const TileOperands &tile, Accumulators &acc,
                    const Cursor &at, int64_t steps, ArrayRef<TapRun> taps);
  TileOperands operandsOf(const Unit &unit, int64_t pixels) const;
  Accumulators sumTile(const Unit &unit, const Place &place,
                       const RowTile &part);

  KernelBuilder &b;
  const DirectPlan &plan;
  const ConvShape &shape; ///< normalized
  ConvBuffers buffers;
  Value x, weights;
  TilePlace outputPlace;
  Index images, inRows, inColumns, outRows, outColumns;
  Index hiddenZero; ///< zero, but LLVM does not know
  Index outWidth;   ///< of the output as stored
};

DirectConv::DirectConv(KernelBuilder &b, const DirectPlan &plan,
                       ConvBuffers buffers)
    : b(b), plan(plan), shape(plan.shape), buffers(std::move(buffers)) {
  x = b.flat(this->buffers.x);
  weights = b.flat(this->buffers.weights);
  Value output = this->buffers.outputs.front();
  for (Value buffer : this->buffers.outputs) {
    outputPlace.outputs.push_back(b.flat(buffer));
  }
  images = b.dim(output, 0);
  inRows = b.dim(this->buffers.x, 2);
  inColumns = b.dim(this->buffers.x, 3);
  outRows = b.dim(output, 2);
  outColumns = outWidth = b.dim(output, 3);
  outputPlace.blocks = b.dim(output, 1);
  outputPlace.plane = outRows * outColumns;
  if (shape.form == ConvForm::transpose) {
    outRows = inRows;
    outColumns = inColumns;
  } else if (shape.form == ConvForm::direct && shape.isPointwise()) {
    inColumns = outColumns = outputPlace.plane;
    inRows = outRows = b.index(1);
  }
}

Index DirectConv::rowItems() {
  if (plan.hasTileItems()) {
    return b.index(
        int64_t(llvm::divideCeil(shape.columns.out, plan.size.pixels)));
  }
  if (plan.hasChunkItems()) {
    return b.ceilDiv(outColumns, plan.chunkPixels());
  }
  return b.ceilDiv(outRows, plan.tileRows);
}

Index DirectConv::count() {
  Index items = images * rowItems();
  bool hasUnitItems = plan.order != DirectPlan::Order::imageRow;
  return hasUnitItems ? items * plan.allUnits() : items;
}

void DirectConv::emitItems(const PartitionArguments &arguments) {
  hiddenZero = b.min(arguments.thread, b.index(int64_t(0)));
  b.loop(arguments.begin, arguments.end, 1,
         [&](Index item) { emitItem(item); });
}

void DirectConv::emitItem(Index item) {
  Place place;
  Index rows = rowItems();
  Index part = item % rows;
  Index rest = item / rows;
  place.row = plan.hasTileItems() || plan.hasChunkItems()
                  ? b.index(int64_t(0))
                  : part * plan.tileRows;
  place.part = part;
  place.tap = b.index(int64_t(0));
  if (plan.order == DirectPlan::Order::imageRow) {
    place.image = rest;
    emitUnits(place);
    return;
  }
  Index unit;
  if (plan.order == DirectPlan::Order::imageUnitRow) {
    unit = rest % plan.allUnits();
    place.image = rest / plan.allUnits();
  } else {
    place.image = rest % images;
    unit = rest / images;
  }
  place.tap = unit / (shape.group * plan.units);
  emitUnit(unit % (shape.group * plan.units), place);
}

void DirectConv::emitUnits(const Place &place) {
  b.loop(b.index(int64_t(0)), b.index(plan.taps), 1, [&](Index tap) {
    Place here = place;
    here.tap = tap;
    int64_t wide = plan.units - (plan.hasNarrowUnit ? 1 : 0);
    b.loop(b.index(int64_t(0)), b.index(wide), 1,
           [&](Index unit) { emitRow(unitAt(unit, here), here); });
    if (plan.hasNarrowUnit) {
      Unit narrow = unitAt(b.index(plan.units - 1), here);
      narrow.vectors = plan.size.vectors / 2;
      emitRow(narrow, here);
    }
  });
}

DirectConv::Unit DirectConv::unitAt(Index unit, const Place &place) {
  int64_t panels = llvm::divideCeil(shape.groupFilters(), kPanel);
  Index group = unit / plan.units;
  Index channel = unit % plan.units * plan.unitWidth;
  Index panel = group * panels + channel / kPanel;
  // Taps of the transposed form follow each other as whole weight tensors.
  Index tapWeights = place.tap * (panels * shape.group * plan.panelSize);
  return {group, group * shape.groupFilters() + channel,
          tapWeights + panel * plan.panelSize + channel % kPanel,
          plan.size.vectors};
}

void DirectConv::emitUnit(Index unit, const Place &place) {
  Unit full = unitAt(unit, place);
  if (!plan.hasNarrowUnit) {
    emitRow(full, place);
    return;
  }
  Unit narrow = full;
  narrow.vectors = plan.size.vectors / 2;
  b.ifThen(
      b.less(unit % plan.units, b.index(plan.units - 1)),
      [&] { emitRow(full, place); }, [&] { emitRow(narrow, place); });
}

void DirectConv::emitRow(const Unit &unit, const Place &place) {
  auto emit = [&](const RowTile &tile) { emitTile(unit, place, tile); };
  if (plan.hasChunkItems()) {
    emitChunk(unit, place);
  } else if (plan.tileRows > 1) {
    emitTileOfRows(unit, place);
  } else if (plan.hasTileItems()) {
    pickTile(b, shape.columns, plan.size.pixels, place.part, emit);
  } else {
    forEachTile(b, shape.columns, inColumns, outColumns, plan.size.pixels,
                emit);
  }
}

void DirectConv::emitTileOfRows(const Unit &unit, const Place &place) {
  int64_t rows = plan.tileRows, columns = shape.columns.out;
  auto emitRows = [&](int64_t count) {
    int64_t pixels = count * columns;
    TapRun all{0, 1, 0, pixels};
    emitTile(unit, place, {b.index(int64_t(0)), pixels, all});
  };
  int64_t rest = shape.rows.out % rows;
  if (rest == 0) {
    emitRows(rows);
    return;
  }
  b.ifThen(
      b.less(place.part, b.index(shape.rows.out / rows)),
      [&] { emitRows(rows); }, [&] { emitRows(rest); });
}

void DirectConv::emitChunk(const Unit &unit, const Place &place) {
  int64_t chunk = plan.chunkPixels();
  Index begin = place.part * chunk;
  Index end = b.min(begin + chunk, outColumns);
  forEachTileOfPart(b, shape.columns, inColumns, begin, end, plan.size.pixels,
                    [&](const RowTile &tile) { emitTile(unit, place, tile); });
}

void DirectConv::addKernelRow(const TileOperands &tile, Accumulators &acc,
                              const Cursor &at, int64_t steps,
                              ArrayRef<TapRun> tapRuns) {
  int64_t xStep = shape.columns.dilation * plan.depth;
  int64_t weightStep = plan.depth * kPanel;
  auto addTap = [&](Accumulators &sums, Index tap, int64_t low, int64_t high) {
    accumulate(b, tile, sums, at.x + tap * xStep, at.weights + tap * weightStep,
               steps, low, high);
  };
  auto addTaps = [&](Index first, Index end, int64_t low, int64_t high) {
    acc = b.loop(first, end, 1, acc, [&](Index tap, ValueRange carried) {
      Accumulators sums(carried);
      addTap(sums, tap, low, high);
      return sums;
    });
  };
  if (tapRuns.empty()) {
    addTaps(at.columnLow, at.columnHigh, 0, tile.pixels);
  }
  // Neighbouring taps read the same pixels. Where LLVM can see it, it keeps
  // them in registers from tap to tap and spills the sums: so a single tap is a
  // loop too, unless the channels are one.
  bool hidesTap = shape.columns.kernel > 1 && !isLongSum(steps);
  for (const TapRun &run : tapRuns) {
    if (run.count == 1 && !hidesTap) {
      addTap(acc, b.index(run.first), run.low, run.high);
    } else {
      addTaps(b.index(run.first), hiddenZero + (run.first + run.count), run.low,
              run.high);
    }
  }
}

/// A 1x1 convolution reads each line of x once per unit and waits for all of a
/// tile's lines at the same time, which no hardware prefetcher foresees.
void DirectConv::prefetchAhead(const TileOperands &tile, const Cursor &at) {
  // Two products a cycle; a tile of one pixel and one channel has a single one.
  int64_t products = shape.groupChannels() * tile.pixels * tile.vectors;
  int64_t ahead = std::clamp<int64_t>(2 * kMemoryLatency / products, 1, 4);
  for (int64_t p = 0; p < tile.pixels; ++p) {
    b.prefetch(x, at.x + (tile.offset(p) + ahead * tile.offset(tile.pixels)));
  }
}

void DirectConv::addBlock(const TileOperands &tile, Accumulators &acc,
                          const Cursor &at, int64_t steps,
                          ArrayRef<TapRun> tapRuns) {
  if (shape.rows.kernel == 1 && !shape.rows.isPadded()) {
    if (plan.isFarImage()) {
      prefetchAhead(tile, at);
    }
    addKernelRow(tile, acc, at, steps, tapRuns);
    return;
  }
  acc =
      b.loop(at.rowLow, at.rowHigh, 1, acc, [&](Index tap, ValueRange carried) {
        Accumulators sums(carried);
        Cursor row = at;
        row.x = at.x + tap * (inColumns * (shape.rows.dilation * plan.depth));
        row.weights =
            at.weights + tap * (shape.columns.kernel * plan.depth * kPanel);
        addKernelRow(tile, sums, row, steps, tapRuns);
        return sums;
      });
}

TileOperands DirectConv::operandsOf(const Unit &unit, int64_t pixels) const {
  TileOperands tile{x, weights, shape.columns.stride * plan.depth, pixels,
                    unit.vectors};
  if (plan.tileRows > 1) {
    tile.rowPixels = shape.columns.out;
    tile.rowStride = shape.rows.stride * shape.columns.in * plan.depth;
  }
  return tile;
}

Accumulators DirectConv::sumTile(const Unit &unit, const Place &place,
                                 const RowTile &part) {
  TileOperands tile = operandsOf(unit, part.pixels);
  Index row = place.row * shape.rows.stride - shape.rows.padLow;
  Index left = part.column * shape.columns.stride - shape.columns.padLow;
  Cursor at;
  at.rowLow = b.index(int64_t(0));
  at.rowHigh = b.index(shape.rows.kernel);
  if (shape.rows.isPadded()) {
    std::tie(at.rowLow, at.rowHigh) = insideTaps(b, shape.rows, row, inRows);
  }
  if (part.isCut) {
    std::tie(at.columnLow, at.columnHigh) =
        insideTaps(b, shape.columns, left, inColumns);
  }
  Index block = place.image * plan.inBlocks + unit.group * plan.groupBlocks;
  at.x = ((block * inRows + row) * inColumns + left) * plan.depth;
  at.weights = unit.weights;
  Index xStep = inRows * inColumns * plan.depth;
  int64_t weightStep =
      shape.rows.kernel * shape.columns.kernel * plan.depth * kPanel;
  Accumulators acc = emptyTile(b, tile);
  int64_t whole = shape.groupChannels() / plan.depth;
  acc = b.loop(b.index(int64_t(0)), b.index(whole), 1, acc,
               [&](Index i, ValueRange carried) {
                 Accumulators sums(carried);
                 Cursor inBlock = at;
                 inBlock.x = at.x + xStep * i;
                 inBlock.weights = at.weights + i * weightStep;
                 addBlock(tile, sums, inBlock, plan.depth, part.taps);
                 return sums;
               });
  if (int64_t tail = shape.groupChannels() % plan.depth) {
    at.x = at.x + xStep * whole;
    at.weights = at.weights + whole * weightStep;
    addBlock(tile, acc, at, tail, part.taps);
  }
  return finishSums(b, tile, acc);
}

void DirectConv::emitTile(const Unit &unit, const Place &place,
                          const RowTile &tile) {
  TilePlace at = outputPlace;
  at.image = place.image;
  at.channel = unit.channel;
  if (shape.form == ConvForm::transpose) {
    int64_t width = plan.original.columns.kernel;
    Index row = place.row * plan.original.rows.kernel + place.tap / width;
    at.pixel = row * outWidth + tile.column * width + place.tap % width;
    at.pixelStep = width;
  } else {
    at.pixel = place.row * outColumns + tile.column;
  }
  fetchTile(b, tile.pixels, unit.vectors, at, buffers.epilogue);
  Accumulators acc =
      tile.taps.empty() && !tile.isCut
          ? Accumulators(tile.pixels * unit.vectors, b.splat(0.0))
          : sumTile(unit, place, tile);
  finishTile(b, acc, unit.vectors, at, buffers.epilogue);
}

} // namespace

void emitDirectConv(func::FuncOp kernel, const CpuIsa &isa,
                    const ConvShape &shape, BindBuffers bind) {
  DirectPlan plan(shape, isa);
  definePartitioned(
      kernel, isa, plan.itemFlops(),
      [&](KernelBuilder &b, ValueRange arguments) {
        return DirectConv(b, plan, bind(b, arguments)).count();
      },
      [&](KernelBuilder &b, const PartitionArguments &arguments) {
        DirectConv(b, plan, bind(b, arguments.buffers)).emitItems(arguments);
      });
}

} // namespace mlc::codegen
