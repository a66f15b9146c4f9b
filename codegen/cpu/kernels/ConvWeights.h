//===- ConvWeights.h - filters packed at compile time -----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_CPU_KERNELS_CONVWEIGHTS_H
#define MLC_CODEGEN_CPU_KERNELS_CONVWEIGHTS_H

#include "codegen/cpu/kernels/ConvShape.h"

namespace mlc::codegen {

/// Packs filters [filters][channels / group][kh][kw] (transpose form:
/// [channels][filters][kh][kw]) into `packed`, which is all zero and has
/// `shape.packedDims()`.
void packWeights(const ConvShape &shape, const float *filters,
                 llvm::MutableArrayRef<float> packed);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_CPU_KERNELS_CONVWEIGHTS_H
