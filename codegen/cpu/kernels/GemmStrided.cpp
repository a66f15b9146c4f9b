//===- GemmStrided.cpp - products of two run-time matrices ------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// B comes unpacked, in either order, and every dim may be dynamic. A unit is
// one panel of columns for one block of rows of one batch element; it copies B
// by depth blocks into a panel on the stack, and A's tiles too unless their
// strides are static (a dynamic row stride would cost an address register per
// row).
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/Gemm.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace mlc::codegen {

namespace {

/// Depth of a block: a panel of 32 columns is 32 KiB, which L1 holds.
constexpr int64_t kDepthBlock = 256;
/// Row tiles that share one copy of the panel.
constexpr int64_t kUnitTiles = 8;

/// A row less than with packed weights: the loop's addresses are not static
/// here, and LLVM needs a vector register more to order its loads.
TileShape stridedTileShape(const CpuIsa &isa) {
  TileShape shape = gemmTileShape(isa);
  --shape.rows;
  return shape;
}

class StridedGemmEmitter {
public:
  StridedGemmEmitter(KernelBuilder &b, const StridedGemm &gemm,
                     RowEpilogue epilogue)
      : b(b), gemm(gemm), epilogue(epilogue), shape(stridedTileShape(b.isa)),
        lanes(b.isa.lanes()), split(splitRows(b, gemm.rows, shape.rows)) {
    sumsOfUnit = b.stack(kUnitTiles * shape.rows * shape.columns);
    panel = b.stack((kDepthBlock + lanes) * shape.columns);
    copiesA = !gemm.aRowStride.constant() || !gemm.aStep.constant();
    transposedA = gemm.aRowStride.constant() == 1;
    aPitch =
        transposedA ? llvm::alignTo(shape.rows, lanes) : kDepthBlock + lanes;
    if (copiesA) {
      tileA = b.stack(transposedA ? kDepthBlock * aPitch : shape.rows * aPitch);
    }
  }

  void run(Index begin, Index end) {
    Index panels = b.ceilDiv(gemm.columns, shape.columns);
    Index rowBlocks = b.ceilDiv(split.count, kUnitTiles);
    b.loop(begin, end, 1, [&](Index unit) {
      Index batch = unit / (panels * rowBlocks);
      Index rest = unit % (panels * rowBlocks);
      Index firstTile = rest % rowBlocks * kUnitTiles;
      Index lastTile = b.min(firstTile + kUnitTiles, split.count);
      emitUnit(batch, rest / rowBlocks * shape.columns, firstTile, lastTile);
    });
  }

private:
  void emitUnit(Index batch, Index col, Index firstTile, Index lastTile) {
    std::pair<Index, Index> bases = gemm.bases(batch);
    aBase = bases.first;
    yBase = batch * gemm.rows;
    masks.clear();
    for (unsigned v = 0; v < shape.vectors; ++v) {
      masks.push_back(b.mask(gemm.columns - col - int64_t(v * lanes), lanes));
    }
    // At least one block, so that depth 0 gives the epilogue of zero.
    Index blocks =
        b.max(b.ceilDiv(gemm.depth, kDepthBlock), b.index(int64_t(1)));
    b.loop(b.index(int64_t(0)), blocks, 1, [&](Index block) {
      Index k0 = block * kDepthBlock;
      Index depth = b.min(gemm.depth - k0, b.index(kDepthBlock));
      copyPanel(bases.second + k0 * gemm.bStep, col, depth);
      b.loop(firstTile, lastTile, 1, [&](Index tile) {
        forEachStaticHeight(b, split, split.begin(tile), split.end(tile),
                            shape.rows, [&](Index row, unsigned height) {
                              emitTile(row, height,
                                       row - split.begin(firstTile), col, k0,
                                       depth, block, blocks);
                            });
      });
    });
  }

  //===--- copies --------------------------------------------------------===//

  /// Columns [col, col + panel) of B's rows [0, depth) at `from`, zero filled.
  void copyPanel(Index from, Index col, Index depth) {
    if (gemm.bColumnStride.constant() == 1) {
      b.loop(b.index(int64_t(0)), depth, 1, [&](Index k) {
        for (unsigned v = 0; v < shape.vectors; ++v) {
          int64_t lane = v * lanes;
          Value row = b.loadVector(gemm.b, from + k * gemm.bStep + col + lane,
                                   lanes, masks[v]);
          b.storeVector(row, panel, k * shape.columns + lane);
        }
      });
      return;
    }
    // B is [columns][depth]: turn blocks of lanes x lanes.
    b.loop(b.index(int64_t(0)), depth, lanes, [&](Index k) {
      for (unsigned v = 0; v < shape.vectors; ++v) {
        copyTransposedBlock(from, col + int64_t(v * lanes), k, depth,
                            k * shape.columns + int64_t(v * lanes));
      }
    });
  }

  void copyTransposedBlock(Index from, Index col, Index k, Index depth,
                           Index to) {
    SmallVector<Value> rows;
    Index none = b.index(int64_t(0));
    for (unsigned i = 0; i < lanes; ++i) {
      Index column = col + int64_t(i);
      Index present = b.select(b.less(column, gemm.columns), depth - k, none);
      rows.push_back(b.loadVector(
          gemm.b, from + column * gemm.bColumnStride + k * gemm.bStep, lanes,
          b.mask(present, lanes)));
    }
    b.transpose(rows);
    for (unsigned i = 0; i < lanes; ++i) {
      b.storeVector(rows[i], panel, to + shape.columns * int64_t(i));
    }
  }

  void copyTileA(Index from, unsigned height, Index depth) {
    if (transposedA) {
      b.loop(b.index(int64_t(0)), depth, 1, [&](Index k) {
        for (int64_t lane = 0; lane < height; lane += lanes) {
          Value mask = b.mask(b.index(int64_t(height) - lane), lanes);
          Value part =
              b.loadVector(gemm.a, from + k * gemm.aStep + lane, lanes, mask);
          b.storeVector(part, tileA, k * aPitch + lane);
        }
      });
      return;
    }
    b.loop(b.index(int64_t(0)), depth, lanes, [&](Index k) {
      Value mask = b.mask(depth - k, lanes);
      for (unsigned r = 0; r < height; ++r) {
        Value part = b.loadVector(
            gemm.a, from + gemm.aRowStride * int64_t(r) + k, lanes, mask);
        b.storeVector(part, tileA, k + aPitch * int64_t(r));
      }
    });
  }

  //===--- the tile ------------------------------------------------------===//

  /// `slot`: number of the first row in the unit.
  void emitTile(Index row, unsigned height, Index slot, Index col, Index k0,
                Index depth, Index block, Index blocks) {
    Index from = aBase + row * gemm.aRowStride + k0 * gemm.aStep;
    TileProduct product;
    product.a = gemm.a;
    product.aBase = from;
    product.aRowStride = gemm.aRowStride;
    product.aStep = gemm.aStep;
    if (copiesA) {
      copyTileA(from, height, depth);
      product.a = tileA;
      product.aBase = b.index(int64_t(0));
      product.aRowStride = b.index(transposedA ? int64_t(1) : aPitch);
      product.aStep = b.index(transposedA ? aPitch : int64_t(1));
    }
    product.b = panel;
    product.bBase = b.index(int64_t(0));
    product.bStep = b.index(shape.columns);
    product.depth = depth;
    SmallVector<Value> sums =
        emitTileProduct(b, product, height, shape.vectors);
    keepSums(sums, slot * shape.columns, block);
    b.ifThen(b.equal(block + 1, blocks), [&] {
      b.loop(b.index(int64_t(0)), b.index(int64_t(height)), 1, [&](Index r) {
        SmallVector<Value> finished;
        for (unsigned v = 0; v < shape.vectors; ++v) {
          finished.push_back(b.loadVector(
              sumsOfUnit, (slot + r) * shape.columns + int64_t(v * lanes),
              lanes));
        }
        epilogue(yBase + row + r, col, finished, masks);
      });
    });
  }

  /// Adds the sums of a block of depth to those of the blocks before it.
  void keepSums(ArrayRef<Value> sums, Index at, Index block) {
    auto forEach = [&](bool isFirst) {
      for (auto [i, sum] : llvm::enumerate(sums)) {
        Index place = at + int64_t(i * lanes);
        Value total =
            isFirst ? sum : b.add(b.loadVector(sumsOfUnit, place, lanes), sum);
        b.storeVector(total, sumsOfUnit, place);
      }
    };
    b.ifThen(
        b.equal(block, b.index(int64_t(0))), [&] { forEach(true); },
        [&] { forEach(false); });
  }

  KernelBuilder &b;
  const StridedGemm &gemm;
  RowEpilogue epilogue;
  TileShape shape;
  unsigned lanes;
  RowSplit split;
  Value sumsOfUnit, panel, tileA;
  bool copiesA, transposedA;
  int64_t aPitch;
  Index aBase, yBase;
  SmallVector<Value> masks;
};

} // namespace

Index stridedGemmUnits(KernelBuilder &b, Index batches, Index rows,
                       Index columns) {
  TileShape shape = stridedTileShape(b.isa);
  Index tiles =
      b.max(b.ceilDiv(rows, int64_t(shape.rows)), b.index(int64_t(1)));
  // Without rows or columns there is nothing to do.
  return b.min(b.ceilDiv(tiles, kUnitTiles), rows) *
         b.ceilDiv(columns, shape.columns) * batches;
}

void emitStridedGemm(KernelBuilder &b, const StridedGemm &gemm, Index begin,
                     Index end, RowEpilogue epilogue) {
  StridedGemmEmitter(b, gemm, epilogue).run(begin, end);
}

} // namespace mlc::codegen
