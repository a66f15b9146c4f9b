//===- Indices.h - index tensors and counts in import rules -----*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_FRONTEND_ONNX_INDICES_H
#define MLC_COMPILER_FRONTEND_ONNX_INDICES_H

#include "compiler/frontend/onnx/Node.h"

namespace mlc::onnx {

/// 0, 1, 2, ... along `axis` of a tensor of `rank`; the other dims are 1.
mlir::Value iotaAlong(Emitter &n, mlir::Type elementType,
                      mlir::AffineExpr count, int64_t axis, int64_t rank);

/// A tensor of [count] as one of `rank` along `axis`; the other dims are 1.
mlir::Value along(Emitter &n, mlir::Value x, int64_t axis, int64_t rank);

/// The value of an integer tensor of one element, read when the model runs,
/// where one outside of `range` ends the run.
mlir::AffineExpr extractInteger(Emitter &n, mlir::Value x, Interval range);

/// A scalar input as an integer: known, or read when the model runs. Floats are
/// truncated. Null after a problem.
mlir::AffineExpr integerInput(Node &n, unsigned i);

/// How many elements are not zero, read when the model runs.
mlir::AffineExpr countNonZero(Emitter &n, mlir::Value x);

/// Index tuples of the `count` elements that are not zero: i64 [rank, count].
mlir::Value nonZero(Emitter &n, mlir::Value x, mlir::AffineExpr count);

/// An axis that may only be known when the model runs, counted from 0. Null
/// after a problem.
mlir::AffineExpr axisInput(Node &n, unsigned i, int64_t rank);

/// Positions of the first `count` elements in sorted order along `axis`, i64.
mlir::Value argSort(Emitter &n, mlir::Value x, mlir::AffineExpr count,
                    int64_t axis, bool descending);

/// x[i, indices[i, j, k], k] for axis 1; checks that indices fit off the axis.
mlir::Value gatherElements(Emitter &n, mlir::Value x, mlir::Value indices,
                           int64_t axis);

/// Running sums (or another kind) along an axis that may be a symbol.
mlir::Value scan(Emitter &n, mlir::Value x, mlir::AffineExpr axis,
                 ReduceKind kind, bool exclusive = false, bool reverse = false);

/// Where `condition`, a, else b.
mlir::Value select(Emitter &n, mlir::Value condition, mlir::Value a,
                   mlir::Value b);

} // namespace mlc::onnx

#endif // MLC_COMPILER_FRONTEND_ONNX_INDICES_H
