//===- Attention.cpp - fused attention --------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A unit is a tile of queries, one per vector lane, of one head. Queries lie
// across the lanes all the way through the softmax:
//
//   Q^T [depth][lanes]        the only transposition, of the small tile
//   S^T [keys][lanes] = K Q^T keys are the rows that broadcast
//   softmax over keys         whole vectors: no reduction across lanes
//   O   [lanes][width] = P V  the lanes become the rows that broadcast
//
// so K and V are read as they lie in memory, at any row stride. Keys are taken
// in blocks that L1 holds; the maximum, sum and result so far are rescaled from
// block to block, so any number of keys works in the same stack space.
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/Attention.h"
#include "codegen/cpu/kernels/GemmTile.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <limits>
#include <numeric>

using namespace mlir;

namespace mlc::codegen {

namespace {

constexpr int64_t kKeyBlock = 256;

class AttentionEmitter {
public:
  AttentionEmitter(KernelBuilder &b, const AttentionProblem &problem,
                   unsigned vectors)
      : b(b), p(problem), vectors(vectors), lanes(b.isa.lanes()),
        width(vectors * lanes), shape(gemmTileShape(b.isa)) {
    outPitch = llvm::alignTo(p.valueDepth, lanes);
    queriesT = b.stack(llvm::alignTo(p.depth, lanes) * width);
    scores = b.stack(kKeyBlock * width);
    output = b.stack(width * outPitch);
    blockMax = b.stack(width);
    highest = b.stack(width);
    sums = b.stack(width);
    correction = b.stack(width);
    if (masksRows()) {
      maskT = b.stack((kKeyBlock + lanes) * width);
    }
  }

  void emitUnit(Index batch, Index head, Index query);

private:
  bool masksRows() const { return p.mask && p.mask->row.constant() != 0; }
  Index base(const AttentionTensor &tensor, Index head) {
    return batch * tensor.batch + head * tensor.head;
  }
  void forEachVector(llvm::function_ref<void(unsigned, Index)> body) {
    for (unsigned v = 0; v < vectors; ++v) {
      body(v, b.index(int64_t(v * lanes)));
    }
  }

  void copyTransposed(Value from, Index at, Index rowStride, Index rows,
                      Index columns, int64_t columnLimit, Value to,
                      double scale);
  void clearState();
  void emitBlocks();
  void emitBlock(Index first, Index count);
  void emitScores(Index first, Index count);
  void finishScores(Index key, Index row, unsigned height,
                    ArrayRef<Value> values);
  Value adjustScore(Value score, Index key, Index row, unsigned v);
  void emitWeights(Index count);
  void emitProduct(Index first, Index count);
  void emitOutputTile(Index valueBase, Index count, Index row, unsigned height,
                      int64_t column);
  void storeResult();

  KernelBuilder &b;
  const AttentionProblem &p;
  unsigned vectors, lanes;
  int64_t width, outPitch;
  TileShape shape;
  Value queriesT, scores, output, blockMax, highest, sums, correction, maskT;
  Index batch, head, keyHead, query, present;
  bool isOnlyBlock = false; ///< nothing to rescale
};

// [rows][columns] at `from` to [columns][lanes], scaled; rows past `rows` and
// columns past `columns` read as zero. `columnLimit` bounds the columns.
void AttentionEmitter::copyTransposed(Value from, Index at, Index rowStride,
                                      Index rows, Index columns,
                                      int64_t columnLimit, Value to,
                                      double scale) {
  Index none = b.index(int64_t(0));
  Index high = b.min(columns, b.index(columnLimit));
  b.loop(none, high, lanes, [&](Index column) {
    forEachVector([&](unsigned, Index lane) {
      SmallVector<Value> block;
      for (int64_t i = 0; i < lanes; ++i) {
        Index row = lane + i;
        Index count = b.select(b.less(row, rows), columns - column, none);
        block.push_back(b.loadVector(from, at + row * rowStride + column, lanes,
                                     b.mask(count, lanes)));
      }
      b.transpose(block);
      for (int64_t i = 0; i < lanes; ++i) {
        Value value = scale == 1.0 ? block[i] : b.mul(block[i], b.splat(scale));
        b.storeVector(value, to, (column + i) * width + lane);
      }
    });
  });
}

void AttentionEmitter::emitUnit(Index batchIndex, Index headIndex,
                                Index first) {
  batch = batchIndex;
  head = headIndex;
  query = first;
  keyHead = head / (p.heads / p.keyHeads);
  present = b.min(p.queries - query, b.index(width));
  copyTransposed(p.q.memory, base(p.q, head) + query * p.q.row, p.q.row,
                 present, b.index(p.depth), p.depth, queriesT, p.scale);
  clearState();
  emitBlocks();
  storeResult();
}

void AttentionEmitter::emitBlocks() {
  Index none = b.index(int64_t(0));
  if (p.causal) {
    // The last query of the tile sees the most keys.
    Index visible = query + present + p.keys - p.queries;
    Index keys = b.max(b.min(visible, p.keys), none);
    b.loop(none, keys, kKeyBlock, [&](Index key) {
      emitBlock(key, b.min(keys - key, b.index(kKeyBlock)));
    });
    return;
  }
  int64_t total = p.keys.constant().value_or(0);
  int64_t blocks = llvm::divideCeil(total, kKeyBlock);
  if (blocks != 0 && total % blocks == 0) {
    // Blocks of one static size.
    Index size = b.index(total / blocks);
    isOnlyBlock = blocks == 1;
    isOnlyBlock ? emitBlock(none, size)
                : b.loop(none, p.keys, total / blocks,
                         [&](Index key) { emitBlock(key, size); });
    return;
  }
  b.loop(none, p.keys, kKeyBlock, [&](Index key) {
    emitBlock(key, b.min(p.keys - key, b.index(kKeyBlock)));
  });
}

void AttentionEmitter::clearState() {
  // Not -inf: a block without visible keys must not make inf - inf.
  Value lowest = b.splat(-std::numeric_limits<float>::max());
  forEachVector([&](unsigned, Index lane) {
    b.storeVector(lowest, highest, lane);
    b.storeVector(b.splat(0.0), sums, lane);
  });
  b.loop(b.index(int64_t(0)), b.index(width * outPitch), lanes,
         [&](Index i) { b.storeVector(b.splat(0.0), output, i); });
}

void AttentionEmitter::emitBlock(Index first, Index count) {
  if (masksRows()) {
    const AttentionMask &mask = *p.mask;
    Index at = batch * mask.batch + head * mask.head + query * mask.row + first;
    copyTransposed(mask.memory, at, mask.row, present, count, kKeyBlock, maskT,
                   1.0);
  }
  Value lowest = b.splat(-std::numeric_limits<float>::infinity());
  forEachVector(
      [&](unsigned, Index lane) { b.storeVector(lowest, blockMax, lane); });
  emitScores(first, count);
  emitWeights(count);
  emitProduct(first, count);
}

//===----------------------------------------------------------------------===//
// Scores
//===----------------------------------------------------------------------===//

void AttentionEmitter::emitScores(Index first, Index count) {
  RowSplit split = splitRows(b, count, shape.rows);
  Index keyBase = base(p.k, keyHead) + first * p.k.row;
  b.loop(b.index(int64_t(0)), split.count, 1, [&](Index tile) {
    forEachStaticHeight(b, split, split.begin(tile), split.end(tile),
                        shape.rows, [&](Index row, unsigned height) {
                          TileProduct product;
                          product.a = p.k.memory;
                          product.aBase = keyBase + row * p.k.row;
                          product.aRowStride = p.k.row;
                          product.aStep = b.index(int64_t(1));
                          product.b = queriesT;
                          product.bBase = b.index(int64_t(0));
                          product.bStep = b.index(width);
                          product.depth = b.index(p.depth);
                          finishScores(
                              first + row, row, height,
                              emitTileProduct(b, product, height, vectors));
                        });
  });
}

void AttentionEmitter::finishScores(Index key, Index row, unsigned height,
                                    ArrayRef<Value> values) {
  forEachVector([&](unsigned v, Index lane) {
    Value most = b.loadVector(blockMax, lane, lanes);
    for (int64_t r = 0; r < height; ++r) {
      Value score = adjustScore(values[r * vectors + v], key + r, row + r, v);
      b.storeVector(score, scores, (row + r) * width + lane);
      most = b.fastMax(score, most);
    }
    b.storeVector(most, blockMax, lane);
  });
}

Value AttentionEmitter::adjustScore(Value score, Index key, Index row,
                                    unsigned v) {
  int64_t lane = v * lanes;
  if (masksRows()) {
    score = b.add(score, b.loadVector(maskT, row * width + lane, lanes));
  } else if (p.mask) {
    Index at = batch * p.mask->batch + head * p.mask->head + key;
    score = b.add(score, b.splatOf(b.load(p.mask->memory, at)));
  }
  if (p.causal) {
    // Lane i sees key t when t - (query + lane + keys - queries) <= i.
    Index distance = key - (query + lane + p.keys - p.queries);
    auto type = VectorType::get({lanes}, b.getI32Type());
    SmallVector<int32_t> numbers(lanes);
    std::iota(numbers.begin(), numbers.end(), 0);
    Value order = arith::ConstantOp::create(
        b, DenseElementsAttr::get(type, ArrayRef(numbers)));
    Value narrow = arith::IndexCastOp::create(b, b.getI32Type(), distance);
    Value visible = arith::CmpIOp::create(
        b, arith::CmpIPredicate::sle,
        vector::BroadcastOp::create(b, type, narrow), order);
    score = b.select(visible, score,
                     b.splat(-std::numeric_limits<float>::infinity()));
  }
  return score;
}

//===----------------------------------------------------------------------===//
// Softmax and result
//===----------------------------------------------------------------------===//

void AttentionEmitter::emitWeights(Index count) {
  SmallVector<Value> tops, totals;
  forEachVector([&](unsigned, Index lane) {
    Value before = b.loadVector(highest, lane, lanes);
    Value top = b.fastMax(b.loadVector(blockMax, lane, lanes), before);
    Value rescale = b.expNonPositive(b.sub(before, top));
    b.storeVector(top, highest, lane);
    b.storeVector(rescale, correction, lane);
    tops.push_back(top);
    totals.push_back(b.mul(b.loadVector(sums, lane, lanes), rescale));
  });
  auto last = b.loop(b.index(int64_t(0)), count, 1, totals,
                     [&](Index row, ValueRange carried) {
                       KernelBuilder::Values next(carried);
                       forEachVector([&](unsigned v, Index lane) {
                         Index at = row * width + lane;
                         Value score = b.loadVector(scores, at, lanes);
                         Value weight = b.expNonPositive(b.sub(score, tops[v]));
                         b.storeVector(weight, scores, at);
                         next[v] = b.add(next[v], weight);
                       });
                       return next;
                     });
  forEachVector(
      [&](unsigned v, Index lane) { b.storeVector(last[v], sums, lane); });
}

void AttentionEmitter::emitProduct(Index first, Index count) {
  RowSplit split = splitRows(b, b.index(width), shape.rows);
  Index valueBase = base(p.v, keyHead) + first * p.v.row;
  b.loop(b.index(int64_t(0)), split.count, 1, [&](Index tile) {
    forEachStaticHeight(b, split, split.begin(tile), split.end(tile),
                        shape.rows, [&](Index row, unsigned height) {
                          for (int64_t column = 0; column < p.valueDepth;
                               column += shape.columns) {
                            emitOutputTile(valueBase, count, row, height,
                                           column);
                          }
                        });
  });
}

void AttentionEmitter::emitOutputTile(Index valueBase, Index count, Index row,
                                      unsigned height, int64_t column) {
  int64_t rest = p.valueDepth - column;
  unsigned parts =
      std::min<int64_t>(shape.vectors, llvm::divideCeil(rest, lanes));
  SmallVector<Value> masks, init;
  for (int64_t v = 0; v < parts && rest % lanes != 0; ++v) {
    masks.push_back(b.mask(b.index(rest - v * lanes), lanes));
  }
  TileProduct product;
  product.a = scores;
  product.aBase = row;
  product.aRowStride = b.index(int64_t(1));
  product.aStep = b.index(width);
  product.b = p.v.memory;
  product.bBase = valueBase + column;
  product.bStep = p.v.row;
  product.bMasks = masks;
  product.depth = count;
  auto at = [&](int64_t r, int64_t v) {
    return (row + r) * outPitch + (column + v * lanes);
  };
  for (int64_t r = 0; r < height && !isOnlyBlock; ++r) {
    Value rescale = b.splatOf(b.load(correction, row + r));
    for (int64_t v = 0; v < parts; ++v) {
      init.push_back(b.mul(b.loadVector(output, at(r, v), lanes), rescale));
    }
  }
  SmallVector<Value> result = emitTileProduct(b, product, height, parts, init);
  for (auto [i, value] : llvm::enumerate(result)) {
    b.storeVector(value, output, at(i / parts, i % parts));
  }
}

void AttentionEmitter::storeResult() {
  Index to = base(p.y, head) + query * p.y.row;
  b.loop(b.index(int64_t(0)), present, 1, [&](Index row) {
    Value sum = b.load(sums, row);
    Value factor = b.splatOf(b.div(b.scalar(1.0), sum));
    Value hasWeights = b.greater(sum, b.scalar(0.0));
    for (int64_t column = 0; column < p.valueDepth; column += lanes) {
      Value value =
          b.mul(b.loadVector(output, row * outPitch + column, lanes), factor);
      if (p.nanToZero) {
        value = b.select(hasWeights, value, b.splat(0.0));
      }
      Value mask = p.valueDepth - column < lanes
                       ? b.mask(b.index(p.valueDepth - column), lanes)
                       : Value();
      b.storeVector(value, p.y.memory, to + row * p.y.row + column, mask);
    }
  });
}

} // namespace

Index attentionUnits(KernelBuilder &b, Index batches, Index heads,
                     Index queries) {
  return batches * heads * b.ceilDiv(queries, 2 * int64_t(b.isa.lanes()));
}

void emitAttention(KernelBuilder &b, const AttentionProblem &p, Index begin,
                   Index end) {
  int64_t lanes = b.isa.lanes(), width = 2 * lanes;
  Index tiles = b.ceilDiv(p.queries, width);
  // A tile of few queries needs only one register of lanes.
  int64_t queries = p.queries.constant().value_or(ShapedType::kDynamic);
  bool isDynamic = ShapedType::isDynamic(queries);
  bool needsWide = isDynamic || queries > lanes;
  bool needsNarrow =
      isDynamic || (queries % width != 0 && queries % width <= lanes);
  std::optional<AttentionEmitter> wide, narrow;
  if (needsWide) {
    wide.emplace(b, p, 2);
  }
  if (needsNarrow) {
    narrow.emplace(b, p, 1);
  }
  b.loop(begin, end, 1, [&](Index unit) {
    Index query = unit % tiles * width;
    Index head = unit / tiles % p.heads, batch = unit / (tiles * p.heads);
    auto emitWide = [&] { wide->emitUnit(batch, head, query); };
    auto emitNarrow = [&] { narrow->emitUnit(batch, head, query); };
    if (!needsNarrow) {
      emitWide();
    } else if (!needsWide) {
      emitNarrow();
    } else {
      b.ifThen(b.less(b.index(lanes), p.queries - query), emitWide, emitNarrow);
    }
  });
}

} // namespace mlc::codegen
