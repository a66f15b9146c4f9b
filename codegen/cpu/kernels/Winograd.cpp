//===- Winograd.cpp - 3x3 convolution by F(2x2, 3x3) ------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every 2x2 tile of outputs needs a 4x4 patch of inputs. With d the patch and g
// the filter,
//
//   Y = A^T [ (G g G^T) * (B^T d B) ] A
//
// needs 16 products per channel instead of 36, and sums shorter chains, so it
// is more accurate than the direct form too. U = G g G^T is the packed weight;
// B and A hold only 0 and +-1. The 16 positions of V = B^T d B are independent
// products [tiles x channels] * [channels x filters].
//
// A work item is a block of tiles times a unit of filters, units innermost:
//
//   if this is the thread's first unit of the block: V = transform(x)  scratch
//   for position in 0..15: M[position] = V[position] * U[position]     scratch
//   out = epilogue(inverse transform(M))
//
// V stays in L2 while the weights of unit after unit stream past. Blocks have
// equal sizes; the last one overlaps its predecessor where they do not divide
// (both write the same values).
//
// The 16 positions are an odd number of cache lines apart, so that they do not
// compete for the same few sets.
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/Winograd.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace mlc::codegen {

namespace {

constexpr int64_t kPositions = 16;
/// V of a block should take about half of L2.
constexpr int64_t kBlockBytes = 512 << 10;
/// Images from L3 or DRAM are fetched this many patches ahead.
constexpr int64_t kPatchesAhead = 16;
constexpr int64_t kMinBlockTiles = 28, kMaxBlockTiles = 112;

/// Sizes that follow from the shape alone.
struct Layout {
  Layout(const ConvShape &shape, const CpuIsa &isa);

  int64_t channelBlocks, filterBlocks;
  int64_t tileRows, tileColumns, tiles;
  int64_t blockTiles, blocks; ///< tiles of a block; blocks of an image
  int64_t unitWidth, units;
  bool hasNarrowUnit;
  int64_t inputStride, sumStride; ///< floats between positions of V and M
};

int64_t oddLines(int64_t lines) { return (lines | 1) * kBlock; }

Layout::Layout(const ConvShape &shape, const CpuIsa &isa) {
  channelBlocks = llvm::divideCeil(shape.channels, kBlock);
  filterBlocks = llvm::divideCeil(shape.filters, kBlock);
  tileRows = llvm::divideCeil(shape.rows.out, 2);
  tileColumns = llvm::divideCeil(shape.columns.out, 2);
  tiles = tileRows * tileColumns;
  int64_t limit =
      std::clamp(kBlockBytes / (channelBlocks * kBlock * kPositions * 4),
                 kMinBlockTiles, kMaxBlockTiles);
  blocks = llvm::divideCeil(tiles, limit);
  blockTiles = llvm::divideCeil(tiles, blocks);
  unitWidth = tileSize(isa).vectors * isa.lanes();
  units = llvm::divideCeil(filterBlocks * kBlock, unitWidth);
  hasNarrowUnit = filterBlocks * kBlock % unitWidth != 0;
  inputStride = oddLines(channelBlocks * blockTiles);
  sumStride = oddLines(llvm::divideCeil(blockTiles * unitWidth, kBlock));
}

class WinogradConv {
public:
  WinogradConv(KernelBuilder &b, const ConvShape &shape, ConvBuffers buffers);

  Index count() { return images * (layout.blocks * layout.units); }
  void emitItems(const PartitionArguments &arguments);

private:
  struct Place {
    Index image, firstTile;
  };
  void emitItem(Index item, Index begin);
  void transformInput(const Place &place);
  void transformPatch(const Place &place, Index tile, Index block, Index lane);
  SmallVector<Value> loadPatch(Index line, Index top, Index left, Index lane);
  SmallVector<Value> loadPatchInside(Index line, Index top, Index left,
                                     Index lane);
  SmallVector<Value> loadPatchClipped(Index line, Index top, Index left,
                                      Index lane);
  Value isInside(Index top, Index left);
  void prefetchPatch(Index line, Index top, Index left);
  void emitUnit(const Place &place, Index unit, int64_t vectors);
  void multiply(Index unit, int64_t vectors);
  void transformSums(const Place &place, Index unit, int64_t vectors);
  void storeOutputs(const Place &place, Index tile, Index channel,
                    ArrayRef<Value> sums);
  Index zero() { return b.index(int64_t(0)); }

  KernelBuilder &b;
  const ConvShape &shape;
  ConvBuffers buffers;
  Layout layout;
  int64_t lanes;
  Value x, weights, scratch;
  TilePlace outputPlace;
  Index images, inputBase, sumBase;
};

WinogradConv::WinogradConv(KernelBuilder &b, const ConvShape &shape,
                           ConvBuffers buffers)
    : b(b), shape(shape), buffers(std::move(buffers)), layout(shape, b.isa),
      lanes(b.isa.lanes()) {
  x = b.flat(this->buffers.x);
  weights = b.flat(this->buffers.weights);
  Value output = this->buffers.outputs.front();
  for (Value buffer : this->buffers.outputs) {
    outputPlace.outputs.push_back(b.flat(buffer));
  }
  images = b.dim(output, 0);
  outputPlace.blocks = b.dim(output, 1);
  outputPlace.plane = b.index(shape.rows.out * shape.columns.out);
}

void WinogradConv::emitItems(const PartitionArguments &arguments) {
  auto type = MemRefType::get(
      {kPositions * (layout.inputStride + layout.sumStride)}, b.getF32Type());
  scratch = ScratchOp::create(b, type);
  inputBase = zero();
  sumBase = b.index(kPositions * layout.inputStride);
  b.loop(arguments.begin, arguments.end, 1,
         [&](Index item) { emitItem(item, arguments.begin); });
}

void WinogradConv::emitItem(Index item, Index begin) {
  Index unit = item % layout.units;
  Index block = item / layout.units;
  Place place{block / layout.blocks, zero()};
  Index first = block % layout.blocks * layout.blockTiles;
  place.firstTile = b.min(first, b.index(layout.tiles - layout.blockTiles));
  Value isFirst =
      arith::OrIOp::create(b, b.equal(unit, zero()), b.equal(item, begin));
  b.ifThen(isFirst, [&] { transformInput(place); });
  if (!layout.hasNarrowUnit) {
    emitUnit(place, unit, tileSize(b.isa).vectors);
    return;
  }
  b.ifThen(
      b.less(unit, b.index(layout.units - 1)),
      [&] { emitUnit(place, unit, tileSize(b.isa).vectors); },
      [&] { emitUnit(place, unit, tileSize(b.isa).vectors / 2); });
}

//===----------------------------------------------------------------------===//
// Input transform
//===----------------------------------------------------------------------===//

void WinogradConv::transformInput(const Place &place) {
  b.loop(zero(), b.index(layout.channelBlocks), 1, [&](Index block) {
    b.loop(zero(), b.index(layout.blockTiles), 1, [&](Index tile) {
      if (lanes == kBlock) {
        transformPatch(place, tile, block, zero());
        return;
      }
      b.loop(zero(), b.index(kBlock), lanes,
             [&](Index lane) { transformPatch(place, tile, block, lane); });
    });
  });
}

/// B^T applied to four values: d0-d2, d1+d2, d2-d1, d1-d3.
static std::array<Value, 4> transformFour(KernelBuilder &b, Value d0, Value d1,
                                          Value d2, Value d3) {
  return {b.sub(d0, d2), b.add(d1, d2), b.sub(d2, d1), b.sub(d1, d3)};
}

void WinogradConv::transformPatch(const Place &place, Index tile, Index block,
                                  Index lane) {
  Index number = place.firstTile + tile;
  Index top = number / layout.tileColumns * 2 - shape.rows.padLow;
  Index left = number % layout.tileColumns * 2 - shape.columns.padLow;
  Index line = (place.image * layout.channelBlocks + block) *
               (shape.rows.in * shape.columns.in);
  SmallVector<Value> d = loadPatch(line, top, left, lane);
  for (int64_t j = 0; j < 4; ++j) {
    auto column = transformFour(b, d[j], d[4 + j], d[8 + j], d[12 + j]);
    for (int64_t i = 0; i < 4; ++i) {
      d[i * 4 + j] = column[i];
    }
  }
  if (shape.rows.in * shape.columns.in * shape.channels * 4 > kNearImage) {
    prefetchPatch(line, top, left);
  }
  Index to = inputBase + (block * layout.blockTiles + tile) * kBlock + lane;
  for (int64_t i = 0; i < 4; ++i) {
    auto row =
        transformFour(b, d[i * 4], d[i * 4 + 1], d[i * 4 + 2], d[i * 4 + 3]);
    for (int64_t j = 0; j < 4; ++j) {
      b.storeVector(row[j], scratch, to + (i * 4 + j) * layout.inputStride);
    }
  }
}

Value WinogradConv::isInside(Index top, Index left) {
  // As unsigned numbers, positions before the image are far behind it.
  auto fits = [&](Index at, int64_t extent) {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::ult, at,
                                 b.index(std::max<int64_t>(0, extent - 3)));
  };
  return arith::AndIOp::create(b, fits(top, shape.rows.in),
                               fits(left, shape.columns.in));
}

SmallVector<Value> WinogradConv::loadPatch(Index line, Index top, Index left,
                                           Index lane) {
  SmallVector<Type> types(16, b.vectorType());
  auto choice = scf::IfOp::create(b, types, isInside(top, left),
                                  /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(choice.thenBlock());
  scf::YieldOp::create(b, loadPatchInside(line, top, left, lane));
  b.setInsertionPointToStart(choice.elseBlock());
  scf::YieldOp::create(b, loadPatchClipped(line, top, left, lane));
  return SmallVector<Value>(choice.getResults());
}

/// The two rows that the row of tiles above did not read already.
void WinogradConv::prefetchPatch(Index line, Index top, Index left) {
  for (int64_t i = 2; i < 4; ++i) {
    for (int64_t j = 0; j < 2; ++j) {
      Index at = line + (top + i) * shape.columns.in + left;
      b.prefetch(x, (at + (2 * kPatchesAhead + j)) * kBlock);
    }
  }
}

SmallVector<Value> WinogradConv::loadPatchInside(Index line, Index top,
                                                 Index left, Index lane) {
  SmallVector<Value> d;
  Index at = (line + top * shape.columns.in + left) * kBlock + lane;
  for (int64_t i = 0; i < 4; ++i) {
    for (int64_t j = 0; j < 4; ++j) {
      d.push_back(
          b.loadVector(x, at + (i * shape.columns.in + j) * kBlock, lanes));
    }
  }
  return d;
}

SmallVector<Value> WinogradConv::loadPatchClipped(Index line, Index top,
                                                  Index left, Index lane) {
  auto inside = [&](Index at, int64_t extent) -> Value {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::ult, at,
                                 b.index(extent));
  };
  SmallVector<Value, 4> columnInside;
  for (int64_t j = 0; j < 4; ++j) {
    columnInside.push_back(inside(left + j, shape.columns.in));
  }
  SmallVector<Value> d;
  Value none = b.splat(0.0);
  for (int64_t i = 0; i < 4; ++i) {
    Value rowInside = inside(top + i, shape.rows.in);
    for (int64_t j = 0; j < 4; ++j) {
      Value both = arith::AndIOp::create(b, rowInside, columnInside[j]);
      auto load = scf::IfOp::create(b, TypeRange{b.vectorType()}, both, true);
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(load.thenBlock());
      Index at = (line + (top + i) * shape.columns.in + left + j) * kBlock;
      scf::YieldOp::create(b, b.loadVector(x, at + lane, lanes));
      b.setInsertionPointToStart(load.elseBlock());
      scf::YieldOp::create(b, none);
      d.push_back(load.getResult(0));
    }
  }
  return d;
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

void WinogradConv::emitUnit(const Place &place, Index unit, int64_t vectors) {
  multiply(unit, vectors);
  transformSums(place, unit, vectors);
}

void WinogradConv::multiply(Index unit, int64_t vectors) {
  int64_t depth = layout.channelBlocks * kBlock * kPanel;
  Index channel = unit * layout.unitWidth;
  Index panel = channel / kPanel * (kPositions * depth) + channel % kPanel;
  Window row;
  row.in = row.out = layout.blockTiles;
  auto runs = planTiles(row, tileSize(b.isa).pixels);
  bool isOnePass = layout.blockTiles <= tileSize(b.isa).pixels;
  auto emitTile = [&](Index position, Index first, int64_t pixels, Index pass) {
    TileOperands tile{scratch, weights, kBlock, pixels, vectors};
    if (!isOnePass) {
      // The first tiles fetch the next position's weights, a line per step;
      // fetching near and fast would wait for DRAM.
      tile.weightsAhead = b.index(depth) + pass % 2 * kBlock;
    }
    Accumulators acc = emptyTile(b, tile);
    Index from = inputBase + position * layout.inputStride + first * kBlock;
    Index w = panel + position * depth;
    int64_t whole = shape.channels / kBlock, tail = shape.channels % kBlock;
    acc = b.loop(
        zero(), b.index(whole), 1, acc, [&](Index i, ValueRange carried) {
          Accumulators sums(carried);
          accumulate(b, tile, sums, from + i * (layout.blockTiles * kBlock),
                     w + i * (kBlock * kPanel), kBlock, 0, pixels);
          return sums;
        });
    accumulate(b, tile, acc, from + whole * layout.blockTiles * kBlock,
               w + whole * kBlock * kPanel, tail, 0, pixels);
    acc = finishSums(b, tile, acc);
    Index to = sumBase + position * layout.sumStride + first * layout.unitWidth;
    for (int64_t i = 0; i < pixels * vectors; ++i) {
      int64_t at = i / vectors * layout.unitWidth + i % vectors * lanes;
      b.storeVector(acc[i], scratch, to + at);
    }
  };
  b.loop(zero(), b.index(kPositions), 1, [&](Index position) {
    for (const TileRun &run : runs) {
      b.loop(zero(), b.index(run.count), 1, [&](Index i) {
        emitTile(position, i * run.pixels + run.start, run.pixels, i);
      });
    }
  });
}

//===----------------------------------------------------------------------===//
// Output transform
//===----------------------------------------------------------------------===//

void WinogradConv::transformSums(const Place &place, Index unit,
                                 int64_t vectors) {
  b.loop(zero(), b.index(layout.blockTiles), 1, [&](Index tile) {
    b.loop(zero(), b.index(vectors * lanes), lanes, [&](Index lane) {
      Index from = sumBase + tile * layout.unitWidth + lane;
      SmallVector<Value> half; // A^T m: two rows of four
      half.resize(8);
      for (int64_t j = 0; j < 4; ++j) {
        std::array<Value, 4> m;
        for (int64_t i = 0; i < 4; ++i) {
          m[i] = b.loadVector(scratch, from + (i * 4 + j) * layout.sumStride,
                              lanes);
        }
        half[j] = b.add(b.add(m[0], m[1]), m[2]);
        half[4 + j] = b.sub(b.sub(m[1], m[2]), m[3]);
      }
      SmallVector<Value> sums;
      for (int64_t i = 0; i < 2; ++i) {
        Value *row = &half[i * 4];
        sums.push_back(b.add(b.add(row[0], row[1]), row[2]));
        sums.push_back(b.sub(b.sub(row[1], row[2]), row[3]));
      }
      storeOutputs(place, tile, unit * layout.unitWidth + lane, sums);
    });
  });
}

void WinogradConv::storeOutputs(const Place &place, Index tile, Index channel,
                                ArrayRef<Value> sums) {
  Index number = place.firstTile + tile;
  Index row = number / layout.tileColumns * 2;
  Index column = number % layout.tileColumns * 2;
  Epilogue::Cache cache;
  auto store = [&](int64_t i, int64_t j) {
    OutputPoint point{place.image, channel / kBlock, channel % kBlock,
                      (row + i) * shape.columns.out + (column + j)};
    auto results = buffers.epilogue.apply(b, sums[i * 2 + j], point, cache);
    Index line =
        (place.image * outputPlace.blocks + point.block) * outputPlace.plane;
    Index at = (line + point.pixel) * kBlock + point.lane;
    for (auto [result, output] : llvm::zip(results, outputPlace.outputs)) {
      b.storeVector(result, output, at);
    }
  };
  // The first output always exists, and what it caches dominates the others.
  store(0, 0);
  bool evenRows = shape.rows.out % 2 == 0;
  bool evenColumns = shape.columns.out % 2 == 0;
  auto storeIf = [&](bool always, Value condition,
                     llvm::function_ref<void()> body) {
    if (always) {
      body();
    } else {
      b.ifThen(condition, [&] {
        Epilogue::Cache outer = cache;
        body();
        cache = outer;
      });
    }
  };
  Value hasRight = b.less(column + 1, b.index(shape.columns.out));
  Value hasBelow = b.less(row + 1, b.index(shape.rows.out));
  storeIf(evenColumns, hasRight, [&] { store(0, 1); });
  storeIf(evenRows, hasBelow, [&] {
    store(1, 0);
    storeIf(evenColumns, hasRight, [&] { store(1, 1); });
  });
}

} // namespace

bool prefersWinograd(const ConvShape &shape) {
  auto fits = [](const Window &window) {
    return window.kernel == 3 && window.stride == 1 && window.dilation == 1 &&
           window.isStatic() && window.padLow >= 0 && window.padHigh >= 0;
  };
  // The transforms cost as much per channel as 16 more filters would.
  return fits(shape.rows) && fits(shape.columns) && shape.group == 1 &&
         shape.channels >= 16 && shape.filters >= 16 &&
         shape.rows.out * shape.columns.out >= 16;
}

void emitWinogradConv(func::FuncOp kernel, const CpuIsa &isa,
                      const ConvShape &shape, BindBuffers bind) {
  Layout layout(shape, isa);
  double itemFlops =
      2.0 * kPositions * layout.blockTiles * shape.channels * layout.unitWidth;
  definePartitioned(
      kernel, isa, itemFlops,
      [&](KernelBuilder &b, ValueRange arguments) {
        return WinogradConv(b, shape, bind(b, arguments)).count();
      },
      [&](KernelBuilder &b, const PartitionArguments &arguments) {
        WinogradConv(b, shape, bind(b, arguments.buffers)).emitItems(arguments);
      });
}

} // namespace mlc::codegen
