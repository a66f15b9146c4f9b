//===- GemmTile.cpp - the register tile of a matrix product -----*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/GemmTile.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace mlc::codegen {

/// 4 steps per iteration run as fast as 16 and compile four times faster.
constexpr int64_t kUnroll = 4;

TileShape gemmTileShape(CpuIsa isa) {
  unsigned rows = isa.vectorBits == 512 ? 14 : isa.hasLaneFma() ? 8 : 6;
  // Without FMA products need registers of their own, one per FMA that the
  // scheduler has under way.
  if (!isa.hasFma) {
    rows = 4;
  }
  return {rows, 2, int64_t(2) * isa.lanes()};
}

namespace {

using Values = KernelBuilder::Values;

/// Emits the steps of one tile product.
class DepthLoop {
public:
  DepthLoop(KernelBuilder &b, const TileProduct &product, unsigned rows,
            unsigned vectors)
      : b(b), p(product), rows(rows), vectors(vectors) {
    // A short tile has too few chains to hide the FMA's latency: sum the steps
    // of an iteration in separate accumulators.
    unsigned sums = rows * vectors, budget = b.isa.registers / 2;
    phases = sums * 4 <= budget ? 4 : sums * 2 <= budget ? 2 : 1;
    // LLVM would add the products of pairs of several steps first, and spill.
    unroll = b.isa.pairs ? phases : kUnroll;
    lanes = b.isa.lanes();
    Type element = cast<MemRefType>(product.b.getType()).getElementType();
    lineElements = 512 / element.getIntOrFloatBitWidth();
  }

  Values run(ValueRange init) {
    Values sums(init.begin(), init.end());
    while (sums.size() < phases * rows * vectors) {
      sums.push_back(b.splat(0.0));
    }
    Index zero = b.index(int64_t(0));
    Index main = p.depth / unroll * unroll;
    if (main.constant() != 0) {
      sums = b.loop(zero, main, unroll, sums, [&](Index k, ValueRange carried) {
        return unrolled(k, Values(carried));
      });
    }
    sums = tail(main, std::move(sums));
    return combinePhases(sums);
  }

private:
  Values tail(Index main, Values sums) {
    if (auto depth = p.depth.constant()) {
      for (int64_t k = *main.constant(); k < *depth; ++k) {
        step(at(b.index(int64_t(0))), k, 0, sums);
      }
      return sums;
    }
    return b.loop(main, p.depth, 1, sums, [&](Index k, ValueRange carried) {
      Values next(carried);
      step(at(k), 0, 0, next);
      return next;
    });
  }

  /// Offsets of row 0 of A and of B's row at one depth. Further depths and rows
  /// are added last: static ones become displacements of the loads.
  struct Position {
    Index a, b;
  };
  Position at(Index k) {
    return {p.aBase + k * p.aStep, p.bBase + k * p.bStep};
  }

  Values unrolled(Index k, Values sums) {
    Position start = at(k);
    bool laneFma =
        b.isa.hasLaneFma() && !b.isa.pairs && p.aStep.constant() == 1;
    SmallVector<Value> aVectors;
    if (laneFma) {
      for (unsigned r = 0; r < rows; ++r) {
        aVectors.push_back(
            b.loadVector(p.a, start.a + p.aRowStride * int64_t(r), kUnroll));
      }
    }
    for (int64_t u = 0; u < unroll; ++u) {
      unsigned first = (u % phases) * rows * vectors;
      if (laneFma) {
        multiply(start, u, sums, first, [&](unsigned r) -> Value {
          return vector::ExtractOp::create(b, aVectors[r],
                                           ArrayRef<int64_t>{u});
        });
      } else {
        step(start, u, first, sums);
      }
    }
    return sums;
  }

  void step(const Position &start, int64_t u, unsigned first, Values &sums) {
    Index a = start.a + p.aStep * u;
    multiply(start, u, sums, first, [&](unsigned r) {
      return b.load(p.a, a + p.aRowStride * int64_t(r));
    });
  }

  void multiply(const Position &start, int64_t u, Values &sums, unsigned first,
                llvm::function_ref<Value(unsigned)> aElement) {
    Index at = start.b + p.bStep * u;
    SmallVector<Value> bVectors;
    for (unsigned v = 0; v < vectors; ++v) {
      Value mask = p.bMasks.empty() ? Value() : p.bMasks[v];
      bVectors.push_back(
          b.toElement(b.loadVector(p.b, at + int64_t(v * lanes), lanes, mask)));
      bool newLine = (v * lanes) % lineElements == 0;
      if (p.prefetchSteps != 0 && newLine) {
        b.prefetch(p.b, at + (p.bStep * p.prefetchSteps + int64_t(v * lanes)));
      }
    }
    for (unsigned r = 0; r < rows; ++r) {
      Value x = b.splatOf(aElement(r));
      for (unsigned v = 0; v < vectors; ++v) {
        Value &sum = sums[first + r * vectors + v];
        sum = b.fma(x, bVectors[v], sum);
      }
    }
  }

  Values combinePhases(Values &sums) {
    unsigned count = rows * vectors;
    for (unsigned width = phases / 2; width >= 1; width /= 2) {
      for (unsigned i = 0; i < width * count; ++i) {
        sums[i] = b.add(sums[i], sums[i + width * count]);
      }
    }
    sums.resize(count);
    return sums;
  }

  KernelBuilder &b;
  const TileProduct &p;
  unsigned rows, vectors, phases, lanes;
  int64_t unroll;        ///< steps of an iteration, a multiple of `phases`
  unsigned lineElements; ///< of B in a line of the cache
};

} // namespace

SmallVector<Value> emitTileProduct(KernelBuilder &b, const TileProduct &product,
                                   unsigned rows, unsigned vectors,
                                   ValueRange init) {
  return DepthLoop(b, product, rows, vectors).run(init);
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

Index RowSplit::begin(Index tile) const {
  KernelBuilder &b = *tile.builder;
  return tile * height + b.min(tile, taller);
}

RowSplit splitRows(KernelBuilder &b, Index rows, unsigned maxHeight) {
  RowSplit split;
  split.count = b.max(b.ceilDiv(rows, int64_t(maxHeight)), b.index(int64_t(1)));
  split.height = rows / split.count;
  split.taller = rows % split.count;
  return split;
}

/// Heights with code of their own when the row count is dynamic. An even split
/// of many rows has only the first few; the powers of two compose the rest.
static SmallVector<int64_t> dynamicHeights(unsigned maxHeight) {
  SmallVector<int64_t> heights;
  int64_t nearlyFull = maxHeight - maxHeight / 6;
  for (int64_t height = maxHeight; height >= nearlyFull; --height) {
    heights.push_back(height);
  }
  for (int64_t height = 8; height >= 1; height /= 2) {
    if (height < nearlyFull) {
      heights.push_back(height);
    }
  }
  return heights;
}

void forEachStaticHeight(KernelBuilder &b, const RowSplit &split, Index begin,
                         Index end, unsigned maxHeight,
                         llvm::function_ref<void(Index, unsigned)> body) {
  auto height = split.height.constant();
  auto taller = split.taller.constant();
  if (height && taller) {
    SmallVector<int64_t> cases;
    if (*taller != 0) {
      cases.push_back(*height + 1);
    }
    if (*height != 0) {
      cases.push_back(*height);
    }
    if (cases.empty()) {
      return; // no rows at all
    }
    b.switchOn(end - begin, cases, [&](int64_t h) { body(begin, h); });
    return;
  }
  SmallVector<int64_t> heights = dynamicHeights(maxHeight);
  b.whileLess(begin, end, [&](Index row) {
    Index rest = end - row, chosen = b.index(int64_t(1));
    for (int64_t h : llvm::reverse(heights)) {
      chosen = b.select(b.less(rest, b.index(h)), chosen, b.index(h));
    }
    b.switchOn(chosen, heights, [&](int64_t h) { body(row, h); });
    return row + chosen;
  });
}

} // namespace mlc::codegen
