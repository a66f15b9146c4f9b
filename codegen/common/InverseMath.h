//===- InverseMath.h - inverse sines of f32 ---------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_COMMON_INVERSEMATH_H
#define MLC_CODEGEN_COMMON_INVERSEMATH_H

#include "codegen/common/FloatBuilder.h"

namespace mlc::codegen {

mlir::Value expandAtan(FloatBuilder &f, mlir::Value x);
mlir::Value expandAsin(FloatBuilder &f, mlir::Value x);
mlir::Value expandAcos(FloatBuilder &f, mlir::Value x);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_COMMON_INVERSEMATH_H
