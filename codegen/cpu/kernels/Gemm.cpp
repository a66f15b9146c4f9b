//===- Gemm.cpp - products with packed weights ------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Work order: blocks of about 128 rows (their part of A stays in L2); in a
// block B panel by panel; for each panel the block's row tiles. A unit is one
// row tile of one panel, so that any number of threads gets an even share.
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/Gemm.h"

using namespace mlir;

namespace mlc::codegen {

namespace {

/// Panels are read this many steps (8 KiB) ahead: cold weights run at 96 % of
/// the speed of hot ones, without it at 88 % (8 rows: at a third).
constexpr int64_t kPrefetchSteps = 64;
/// A's part of a block of rows shares L2 (1 MiB and up) with a panel of B.
constexpr int64_t kBlockRows = 128;
constexpr int64_t kBlockBytes = 1 << 19;

class PackedGemmEmitter {
public:
  PackedGemmEmitter(KernelBuilder &b, const PackedGemm &gemm,
                    RowEpilogue epilogue)
      : b(b), gemm(gemm), epilogue(epilogue), shape(gemmTileShape(b.isa)),
        lanes(b.isa.lanes()), split(splitRows(b, gemm.rows, shape.rows)) {
    vectors = gemm.columns <= int64_t(lanes) ? 1 : shape.vectors;
    hasTail = gemm.columns % (int64_t(vectors) * lanes) != 0;
    unrolled = gemm.unrollEpilogue && (!hasTail || b.isa.hasCheapMasks());
    if (!unrolled) {
      scratch = b.stack(shape.rows * vectors * lanes);
    }
  }

  void run(Index begin, Index end) {
    int64_t panels = llvm::divideCeil(gemm.columns, shape.columns);
    Index blockTiles = tilesPerBlock();
    Index blockUnits = blockTiles * panels;
    b.loop(begin / blockUnits, b.ceilDiv(end, blockUnits), 1, [&](Index block) {
      Index firstTile = block * blockTiles;
      Index tiles = b.min(blockTiles, split.count - firstTile);
      Index base = block * blockUnits;
      Index low = b.max(begin - base, b.index(int64_t(0)));
      Index high = b.min(end - base, tiles * panels);
      b.loop(low / tiles, b.ceilDiv(high, tiles), 1, [&](Index panel) {
        Index first = b.max(low - panel * tiles, b.index(int64_t(0)));
        Index last = b.min(high - panel * tiles, tiles);
        emitPanel(panel, firstTile + first, firstTile + last);
      });
    });
  }

private:
  Index tilesPerBlock() {
    int64_t rowBytes = gemm.depth * 4;
    int64_t rows = std::max(kBlockRows, kBlockBytes / rowBytes);
    Index tiles = b.index(int64_t(llvm::divideCeil(rows, shape.rows)));
    auto total = gemm.rows.constant();
    return total && *total * rowBytes <= 2 * kBlockBytes ? split.count : tiles;
  }

  void emitPanel(Index panel, Index firstTile, Index lastTile) {
    Index col = panel * shape.columns;
    int64_t parts = kPanelColumns / shape.columns;
    Index panelBase = panel / parts * (gemm.depth * kPanelColumns) +
                      panel % parts * shape.columns;
    b.loop(firstTile, lastTile, 1, [&](Index tile) {
      forEachStaticHeight(b, split, split.begin(tile), split.end(tile),
                          shape.rows, [&](Index row, unsigned height) {
                            emitTile(row, height, col, panelBase);
                          });
    });
  }

  void emitTile(Index row, unsigned height, Index col, Index panelBase) {
    TileProduct product;
    product.a = gemm.a;
    product.aBase = row * gemm.depth;
    product.aRowStride = b.index(gemm.depth);
    product.aStep = b.index(int64_t(1));
    product.b = gemm.panels;
    product.bBase = panelBase;
    product.bStep = b.index(kPanelColumns);
    product.depth = b.index(gemm.depth);
    product.prefetchSteps = kPrefetchSteps;
    for (unsigned r = 0; r < height && gemm.fetchRow; ++r) {
      gemm.fetchRow(row + int64_t(r), col);
    }
    SmallVector<Value> sums = emitTileProduct(b, product, height, vectors);
    if (unrolled) {
      SmallVector<Value> masks =
          hasTail ? tailMasks(col) : SmallVector<Value>();
      for (unsigned r = 0; r < height; ++r) {
        epilogue(row + int64_t(r), col,
                 ArrayRef(sums).slice(r * vectors, vectors), masks);
      }
      return;
    }
    for (auto [i, sum] : llvm::enumerate(sums)) {
      b.storeVector(sum, scratch, b.index(int64_t(i * lanes)));
    }
    emitRowLoop(row, height, col);
  }

  void emitRowLoop(Index row, unsigned height, Index col) {
    if (!hasTail) {
      rowLoop(row, height, col, {});
      return;
    }
    if (b.isa.hasCheapMasks()) {
      rowLoop(row, height, col, tailMasks(col));
      return;
    }
    Value full =
        b.less(col + (int64_t(vectors * lanes) - 1), b.index(gemm.columns));
    b.ifThen(
        full, [&] { rowLoop(row, height, col, {}); },
        [&] { rowLoop(row, height, col, tailMasks(col)); });
  }

  void rowLoop(Index row, unsigned height, Index col, ArrayRef<Value> masks) {
    b.loop(b.index(int64_t(0)), b.index(int64_t(height)), 1, [&](Index r) {
      SmallVector<Value> sums;
      for (unsigned v = 0; v < vectors; ++v) {
        sums.push_back(b.loadVector(
            scratch, r * int64_t(vectors * lanes) + int64_t(v * lanes), lanes));
      }
      epilogue(row + r, col, sums, masks);
    });
  }

  SmallVector<Value> tailMasks(Index col) {
    SmallVector<Value> masks;
    for (unsigned v = 0; v < vectors; ++v) {
      masks.push_back(
          b.mask(b.index(gemm.columns - int64_t(v * lanes)) - col, lanes));
    }
    return masks;
  }

  KernelBuilder &b;
  const PackedGemm &gemm;
  RowEpilogue epilogue;
  TileShape shape;
  unsigned lanes, vectors;
  RowSplit split;
  bool hasTail, unrolled;
  Value scratch;
};

} // namespace

Index packedGemmUnits(KernelBuilder &b, Index rows, int64_t columns) {
  TileShape shape = gemmTileShape(b.isa);
  return b.ceilDiv(rows, int64_t(shape.rows)) *
         int64_t(llvm::divideCeil(columns, shape.columns));
}

void emitPackedGemm(KernelBuilder &b, const PackedGemm &gemm, Index begin,
                    Index end, RowEpilogue epilogue) {
  PackedGemmEmitter(b, gemm, epilogue).run(begin, end);
}

} // namespace mlc::codegen
