//===- WideMath.h - f32 functions computed in f64 ---------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_COMMON_WIDEMATH_H
#define MLC_CODEGEN_COMMON_WIDEMATH_H

#include "codegen/common/FloatBuilder.h"

namespace mlc::codegen {

mlir::Value expandPow(mlir::OpBuilder &b, FloatBuilder &f, mlir::Value x,
                      mlir::Value y);

struct SineCosine {
  mlir::Value sine, cosine;
};

SineCosine expandSineCosine(mlir::OpBuilder &b, FloatBuilder &f, mlir::Value x);

/// x - y * trunc(x / y), exactly.
mlir::Value expandRemainder(mlir::OpBuilder &b, FloatBuilder &f, mlir::Value x,
                            mlir::Value y);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_COMMON_WIDEMATH_H
