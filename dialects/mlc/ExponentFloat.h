//===- ExponentFloat.h - f8E8M0, a float of exponents -----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_DIALECTS_MLC_EXPONENTFLOAT_H
#define MLC_DIALECTS_MLC_EXPONENTFLOAT_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/Value.h"

namespace mlc {

/// f8E8M0FNU (a power of two from 2^-127 to 2^127, or NaN) as f32; scalar or
/// vector.
mlir::Value exponentToFloat(mlir::OpBuilder &b, mlir::Location loc,
                            mlir::Value value);

/// f32 as f8E8M0FNU: rounded up to a power of two, NaN beyond the greatest;
/// signs are dropped.
mlir::Value floatToExponent(mlir::OpBuilder &b, mlir::Location loc,
                            mlir::Value value);

} // namespace mlc

#endif // MLC_DIALECTS_MLC_EXPONENTFLOAT_H
