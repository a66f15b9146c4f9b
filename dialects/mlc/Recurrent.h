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

} // namespace mlc

#endif // MLC_DIALECTS_MLC_RECURRENT_H
