//===- ConvWeights.h - filters packed at compile time -----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_CPU_KERNELS_CONVWEIGHTS_H
#define MLC_CODEGEN_CPU_KERNELS_CONVWEIGHTS_H

#include "codegen/cpu/kernels/ConvShape.h"

#include <vector>

namespace mlc::codegen {

/// Dims of the packed weights of `shape`; ConvShape.h says what they mean.
llvm::SmallVector<int64_t> packedDims(const ConvShape &shape);

/// Packs filters [filters][channels / group][kh][kw] (transpose form:
/// [channels][filters][kh][kw]); missing channels and filters are zero.
std::vector<float> packWeights(const ConvShape &shape, const float *filters);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_CPU_KERNELS_CONVWEIGHTS_H
