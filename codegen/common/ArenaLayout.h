//===- ArenaLayout.h - offsets of buffers by their lives --------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_COMMON_ARENALAYOUT_H
#define MLC_CODEGEN_COMMON_ARENALAYOUT_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

#include <cstdint>

namespace mlc::codegen {

/// Positions in program order at which something must stay in memory.
struct Life {
  int64_t begin = 0, end = 0; // inclusive

  bool overlaps(Life other) const {
    return begin <= other.end && other.begin <= end;
  }
};

struct ArenaBlock {
  int64_t size = 0;
  Life life;
  int64_t offset = 0; ///< result
};

/// Sets the offsets so that blocks with overlapping lives do not overlap in
/// memory: largest first, each into the tightest gap. Returns the total size.
int64_t placeBlocks(llvm::MutableArrayRef<ArenaBlock> blocks);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_COMMON_ARENALAYOUT_H
