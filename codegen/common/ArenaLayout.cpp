//===- ArenaLayout.cpp - offsets of buffers by their lives ------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/common/ArenaLayout.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>

namespace mlc::codegen {

/// The offset of the tightest gap for `block` among `neighbours`, which are
/// sorted by offset and live at the same time; the end if none fits.
static int64_t tightestGap(const ArenaBlock &block,
                           llvm::ArrayRef<const ArenaBlock *> neighbours) {
  int64_t best = -1, bestSize = INT64_MAX, end = 0;
  for (const ArenaBlock *neighbour : neighbours) {
    int64_t gap = neighbour->offset - end;
    if (gap >= block.size && gap < bestSize) {
      best = end;
      bestSize = gap;
    }
    end = std::max(end, neighbour->offset + neighbour->size);
  }
  return best >= 0 ? best : end;
}

int64_t placeBlocks(llvm::MutableArrayRef<ArenaBlock> blocks) {
  llvm::SmallVector<ArenaBlock *> order;
  for (ArenaBlock &block : blocks) {
    order.push_back(&block);
  }
  llvm::sort(order, [](const ArenaBlock *a, const ArenaBlock *b) {
    return a->size != b->size ? a->size > b->size : a < b;
  });
  llvm::SmallVector<const ArenaBlock *> placed; // sorted by offset
  int64_t total = 0;
  for (ArenaBlock *block : order) {
    llvm::SmallVector<const ArenaBlock *> neighbours;
    for (const ArenaBlock *other : placed) {
      if (other->life.overlaps(block->life)) {
        neighbours.push_back(other);
      }
    }
    block->offset = tightestGap(*block, neighbours);
    total = std::max(total, block->offset + block->size);
    auto place = llvm::upper_bound(
        placed, block, [](const ArenaBlock *a, const ArenaBlock *b) {
          return a->offset < b->offset;
        });
    placed.insert(place, block);
  }
  return total;
}

} // namespace mlc::codegen
