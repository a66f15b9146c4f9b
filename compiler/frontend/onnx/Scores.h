//===- Scores.h - scores of classical models --------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_FRONTEND_ONNX_SCORES_H
#define MLC_COMPILER_FRONTEND_ONNX_SCORES_H

#include "compiler/frontend/onnx/Node.h"

namespace mlc::onnx {

/// A constant of f32, f64 or i64 with `values` in row-major order.
mlir::Value constantOf(Node &n, mlir::Type type, llvm::ArrayRef<int64_t> dims,
                       llvm::ArrayRef<double> values);

/// Scores [N, E] after the attribute `post_transform` (a name, or a number from
/// TreeEnsemble-5 on). Null after a problem.
mlir::Value transformScores(Node &n, mlir::Value scores);

/// How a classifier with one score for two classes decides.
struct TwoClasses {
  double threshold = 0;   // the second class above it
  bool complement = true; // the first class has 1 - score, else -score
};

/// Results 0 and 1 of a classifier: the labels of `ints` by the greatest score
/// of a row, and the transformed scores. One score [N, 1] for two labels is the
/// second one's. Labels of `strings` are a problem.
void setClasses(Node &n, mlir::Value scores, llvm::StringRef ints,
                llvm::StringRef strings, TwoClasses two);

/// `scores` plus one value for all, or one for each column.
mlir::Value addToColumns(Node &n, mlir::Value scores,
                         llvm::ArrayRef<double> values);

} // namespace mlc::onnx

#endif // MLC_COMPILER_FRONTEND_ONNX_SCORES_H
