//===- Infer.h - what shape functions share ---------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_DIALECTS_MLC_OPS_INFER_H
#define MLC_DIALECTS_MLC_OPS_INFER_H

#include "dialects/mlc/Mlc.h"

namespace mlc {

/// Fails with an error on `op` unless `axis` is in [0, rank).
llvm::LogicalResult verifyAxis(mlir::Operation *op, int64_t axis, size_t rank);

} // namespace mlc

#endif // MLC_DIALECTS_MLC_OPS_INFER_H
