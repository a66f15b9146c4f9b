//===- Recurrent.h - activations of recurrent cells -------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_DIALECTS_MLC_RECURRENT_H
#define MLC_DIALECTS_MLC_RECURRENT_H

#include "dialects/mlc/Scalar.h"

namespace mlc {

/// Whether `name` (lower case) is an activation of ONNX's recurrent operators.
bool isRecurrentActivation(llvm::StringRef name);

/// Applies an activation to a scalar or vector.
mlir::Value emitRecurrentActivation(ScalarBuilder &s, llvm::StringRef name,
                                    double alpha, double beta, mlir::Value x);

/// Clips `x` when the cell `op` (a whole recurrence or one step) says so and
/// applies activation `which` of a direction.
template <typename OpT>
mlir::Value emitCellActivation(ScalarBuilder &s, OpT op, int64_t direction,
                               int64_t which, mlir::Value x,
                               bool clipped = true) {
  std::optional<llvm::APFloat> clip = op.getClip();
  if (clip && clipped) {
    mlir::Value limit = s.constant(clip->convertToDouble());
    x = s.max(s.min(x, limit), s.neg(limit));
  }
  int64_t i = direction * op.getActivationCount() + which;
  auto name = mlir::cast<mlir::StringAttr>(op.getActivations()[i]);
  return emitRecurrentActivation(s, name.getValue(), op.getAlpha()[i],
                                 op.getBeta()[i], x);
}

} // namespace mlc

#endif // MLC_DIALECTS_MLC_RECURRENT_H
