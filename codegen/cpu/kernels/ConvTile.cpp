//===- ConvTile.cpp - one register tile of a convolution --------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/ConvTile.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace mlc::codegen {

/// K steps per loop iteration; 16 is no faster and four times the code.
static constexpr int64_t kUnroll = 4;

int64_t TileOperands::chains(const CpuIsa &isa) const {
  int64_t sums = pixels * vectors;
  TileSize most = tileSize(isa);
  int64_t count = 1;
  while (sums * count < 8 && 2 * sums * count <= most.pixels * most.vectors) {
    count *= 2;
  }
  return std::min(count, kUnroll);
}

/// How many K steps ahead weights are fetched, as they may come from DRAM: 64
/// for a full AVX-512 tile, the same time for others.
static int64_t prefetchSteps(const TileOperands &tile) {
  return std::min<int64_t>(128, 64 * 28 / (tile.pixels * tile.vectors));
}

Accumulators emptyTile(KernelBuilder &b, const TileOperands &tile) {
  return Accumulators(tile.chains(b.isa) * tile.pixels * tile.vectors,
                      b.splat(0.0));
}

/// Fetches ahead the line of weights that holds vector `v` of a step.
static void prefetchWeights(KernelBuilder &b, const TileOperands &tile,
                            Index weightsAt, int64_t v) {
  int64_t lane = v * b.isa.lanes();
  if (lane % kBlock != 0) {
    return;
  }
  if (!tile.weightsAhead.value) {
    int64_t ahead = prefetchSteps(tile) * kPanel;
    b.prefetch(tile.weights, weightsAt + (ahead + lane));
  } else if (v == 0) {
    Index at = weightsAt + tile.weightsAhead;
    memref::PrefetchOp::create(b, tile.weights, ValueRange{at.value},
                               /*isWrite=*/false, /*localityHint=*/2,
                               /*isDataCache=*/true);
  }
}

/// One K step on the sums of one chain, which begin at pixel `low`.
static void emitStep(KernelBuilder &b, const TileOperands &tile,
                     MutableArrayRef<Value> sums, Index xAt, Index weightsAt,
                     int64_t low) {
  int64_t lanes = b.isa.lanes();
  SmallVector<Value, 4> weights;
  for (int64_t v = 0; v < tile.vectors; ++v) {
    weights.push_back(b.loadVector(tile.weights, weightsAt + v * lanes, lanes));
    // Between the loads: as a barrier for LLVM's scheduler it prevents spills
    // where registers are few.
    prefetchWeights(b, tile, weightsAt, v);
  }
  int64_t pixels = sums.size() / tile.vectors;
  for (int64_t p = 0; p < pixels; ++p) {
    Value x = b.splatOf(b.load(tile.x, xAt + tile.offset(low + p)));
    for (int64_t v = 0; v < tile.vectors; ++v) {
      Value &sum = sums[p * tile.vectors + v];
      sum = b.fma(x, weights[v], sum);
    }
  }
}

void accumulate(KernelBuilder &b, const TileOperands &tile, Accumulators &acc,
                Index xAt, Index weightsAt, int64_t steps, int64_t low,
                int64_t high) {
  int64_t chains = tile.chains(b.isa), width = (high - low) * tile.vectors;
  auto sumsOf = [&](MutableArrayRef<Value> all, int64_t chain) {
    return all.slice(chain * tile.pixels * tile.vectors + low * tile.vectors,
                     width);
  };
  Accumulators active;
  for (int64_t chain = 0; chain < chains; ++chain) {
    llvm::append_range(active, sumsOf(acc, chain));
  }
  auto unrolled = [&](Index k, MutableArrayRef<Value> sums, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
      emitStep(b, tile, sums.slice(i % chains * width, width), xAt + k + i,
               weightsAt + k * kPanel + i * kPanel, low);
    }
  };
  // LLVM would add the products of pairs of several steps first, and spill.
  int64_t unroll = b.isa.pairs ? chains : kUnroll;
  int64_t looped = steps / unroll * unroll;
  if (looped > unroll) {
    active = b.loop(b.index(int64_t(0)), b.index(looped), unroll, active,
                    [&](Index k, ValueRange carried) {
                      Accumulators next(carried);
                      unrolled(k, next, unroll);
                      return next;
                    });
  } else {
    unrolled(b.index(int64_t(0)), active, looped);
  }
  unrolled(b.index(looped), active, steps - looped);
  for (int64_t chain = 0; chain < chains; ++chain) {
    llvm::copy(ArrayRef<Value>(active).slice(chain * width, width),
               sumsOf(acc, chain).begin());
  }
}

bool isLongSum(int64_t steps) {
  return steps > kUnroll && steps % kUnroll == 0;
}

Accumulators finishSums(KernelBuilder &b, const TileOperands &tile,
                        const Accumulators &acc) {
  if (tile.chains(b.isa) == 1) {
    return acc;
  }
  Accumulators sums(acc);
  for (size_t half = sums.size() / 2, width = tile.pixels * tile.vectors;
       half >= width; half /= 2) {
    for (size_t i = 0; i < half; ++i) {
      sums[i] = b.add(sums[i], sums[half + i]);
    }
    sums.truncate(half);
  }
  return sums;
}

static Index offsetOf(const TilePlace &place, const OutputPoint &point) {
  Index line = (point.image * place.blocks + point.block) * place.plane;
  return (line + point.pixel) * kBlock + point.lane;
}

/// The results of a long epilogue are computed by a loop over a copy of the
/// tile in L1.
static void finishByLoop(KernelBuilder &b, const Accumulators &acc,
                         int64_t vectors, const TilePlace &place,
                         const Epilogue &epilogue,
                         ArrayRef<OutputPoint> columns) {
  int64_t lanes = b.isa.lanes();
  int64_t pixels = acc.size() / vectors;
  Value copy = b.stack(kPanel * tileSize(b.isa).pixels);
  for (auto [i, sum] : llvm::enumerate(acc)) {
    b.storeVector(sum, copy, b.index(int64_t(i) * lanes));
  }
  for (int64_t v = 0; v < vectors; ++v) {
    b.loop(b.index(int64_t(0)), b.index(pixels), 1, [&](Index p) {
      Value sum = b.loadVector(copy, (p * vectors + v) * lanes, lanes);
      OutputPoint point = columns[v];
      point.pixel = point.pixel + p * place.pixelStep;
      Epilogue::Cache cache;
      auto results = epilogue.apply(b, sum, point, cache);
      for (auto [result, output] : llvm::zip(results, place.outputs)) {
        b.storeVector(result, output, offsetOf(place, point));
      }
    });
  }
}

/// The tile's first pixel in each of its vectors.
static SmallVector<OutputPoint, 4> columnsOf(KernelBuilder &b, int64_t vectors,
                                             const TilePlace &place) {
  int64_t lanes = b.isa.lanes();
  SmallVector<OutputPoint, 4> columns;
  for (int64_t v = 0; v < vectors; ++v) {
    Index channel = place.channel + v * lanes;
    // A tile begins at a block's first lane unless it is narrower than one.
    Index lane = vectors * lanes < kBlock ? channel % kBlock
                                          : b.index(v * lanes % kBlock);
    columns.push_back({place.image, channel / kBlock, lane, place.pixel});
  }
  return columns;
}

void fetchTile(KernelBuilder &b, int64_t pixels, int64_t vectors,
               const TilePlace &place, const Epilogue &epilogue) {
  SmallVector<OutputPoint, 4> columns = columnsOf(b, vectors, place);
  int64_t perLine = std::max<int64_t>(1, kBlock / b.isa.lanes());
  for (int64_t v = 0; v < vectors && epilogue.fetch; v += perLine) {
    for (int64_t p = 0; p < pixels; ++p) {
      OutputPoint point = columns[v];
      point.pixel = point.pixel + p * place.pixelStep;
      epilogue.fetch(b, point);
    }
  }
}

void finishTile(KernelBuilder &b, const Accumulators &acc, int64_t vectors,
                const TilePlace &place, const Epilogue &epilogue) {
  int64_t pixels = acc.size() / vectors;
  SmallVector<OutputPoint, 4> columns = columnsOf(b, vectors, place);
  if (epilogue.isLong && pixels > 1) {
    finishByLoop(b, acc, vectors, place, epilogue, columns);
    return;
  }
  for (int64_t v = 0; v < vectors; ++v) {
    Epilogue::Cache cache;
    for (int64_t p = 0; p < pixels; ++p) {
      OutputPoint point = columns[v];
      point.pixel = point.pixel + p * place.pixelStep;
      Value sum = acc[p * vectors + v];
      auto results = epilogue.apply(b, sum, point, cache);
      // The offset of the first pixel plus a constant, not a product each.
      Index at = offsetOf(place, columns[v]) + p * place.pixelStep * kBlock;
      for (auto [result, output] : llvm::zip(results, place.outputs)) {
        b.storeVector(result, output, at);
      }
    }
  }
}

/// Items that take some microseconds together: less is not worth the hand-over
/// to another thread.
static int64_t grainOf(double itemFlops) {
  constexpr double flopsPerSecond = 1e11, worthwhile = 5e-6;
  return itemFlops == 0
             ? 1
             : std::max<int64_t>(1, worthwhile * flopsPerSecond / itemFlops);
}

void definePartitioned(
    func::FuncOp kernel, const CpuIsa &isa, double itemFlops,
    llvm::function_ref<Index(KernelBuilder &, ValueRange)> count,
    llvm::function_ref<void(KernelBuilder &, const PartitionArguments &)>
        body) {
  Location loc = kernel.getLoc();
  OpBuilder b(kernel);
  Type indexType = b.getIndexType();
  SmallVector<Type> types(kernel.getArgumentTypes());

  auto counter =
      func::FuncOp::create(b, loc, (kernel.getName() + ".count").str(),
                           b.getFunctionType(types, indexType));
  counter.setPrivate();
  counter->moveAfter(kernel);
  b.setInsertionPointToStart(counter.addEntryBlock());
  KernelBuilder countBuilder(loc, b, isa);
  Value total = count(countBuilder, counter.getArguments());
  func::ReturnOp::create(countBuilder, total);

  for (int64_t i = 0; i < 3; ++i) {
    (void)kernel.insertArgument(kernel.getNumArguments(), indexType,
                                DictionaryAttr(), loc);
  }
  kernel->setAttr("mlc.partitioned", b.getUnitAttr());
  kernel->setAttr("mlc.hot", b.getUnitAttr());
  kernel->setAttr("mlc.grain", b.getI64IntegerAttr(grainOf(itemFlops)));
  Block *entry =
      kernel.isDeclaration() ? kernel.addEntryBlock() : &kernel.front();
  b.setInsertionPointToEnd(entry);
  auto end = func::ReturnOp::create(b, loc);
  b.setInsertionPoint(end);
  KernelBuilder bodyBuilder(loc, b, isa);
  ValueRange all = entry->getArguments();
  size_t n = all.size() - 3;
  body(bodyBuilder,
       {all.take_front(n), bodyBuilder.index(all[n]),
        bodyBuilder.index(all[n + 1]), bodyBuilder.index(all[n + 2])});
}

} // namespace mlc::codegen
