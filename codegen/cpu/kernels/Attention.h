//===- Attention.h - fused attention ----------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_CPU_KERNELS_ATTENTION_H
#define MLC_CODEGEN_CPU_KERNELS_ATTENTION_H

#include "codegen/cpu/kernels/KernelBuilder.h"

namespace mlc::codegen {

/// A flat buffer and what one step along each dim adds to an element's offset;
/// the last dim is contiguous.
struct AttentionTensor {
  mlir::Value memory;
  Index batch, head, row;
};

/// Additive; a stride is 0 where the mask broadcasts.
struct AttentionMask {
  mlir::Value memory;
  Index batch, head, row;
};

struct AttentionProblem {
  AttentionTensor q, k, v, y;
  std::optional<AttentionMask> mask;
  Index batches, heads, keyHeads, queries, keys;
  int64_t depth, valueDepth;
  double scale = 1.0;
  bool causal = false;
  bool nanToZero = false;
};

/// Largest head dim taken: tiles of it lie on the stack.
constexpr int64_t kMaxHeadDepth = 512;

/// Units of work: (batch, head, tile of queries).
Index attentionUnits(KernelBuilder &b, Index batches, Index heads,
                     Index queries);

void emitAttention(KernelBuilder &b, const AttentionProblem &problem,
                   Index begin, Index end);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_CPU_KERNELS_ATTENTION_H
