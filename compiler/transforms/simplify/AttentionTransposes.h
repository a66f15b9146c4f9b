//===- AttentionTransposes.h - transposes around attention ------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_TRANSFORMS_SIMPLIFY_ATTENTIONTRANSPOSES_H
#define MLC_COMPILER_TRANSFORMS_SIMPLIFY_ATTENTIONTRANSPOSES_H

#include "mlir/IR/PatternMatch.h"

namespace mlc {

/// Brings the transposes around mlc.attention into the form [0, 2, 1, 3] that
/// kernels look for, where a batch of one had left another.
void populateAttentionTransposes(mlir::RewritePatternSet &patterns);

} // namespace mlc

#endif // MLC_COMPILER_TRANSFORMS_SIMPLIFY_ATTENTIONTRANSPOSES_H
