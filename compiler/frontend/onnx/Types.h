//===- Types.h - ONNX element types -----------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_FRONTEND_ONNX_TYPES_H
#define MLC_COMPILER_FRONTEND_ONNX_TYPES_H

#include "mlir/IR/Types.h"

#include <string>

namespace mlc::onnx {

/// The element type for TensorProto.DataType `number`; null for strings,
/// complex numbers and numbers that ONNX does not define.
mlir::Type elementTypeFor(mlir::MLIRContext *context, int number);

/// "FLOAT", "INT64", ... or "type 99".
std::string dataTypeName(int number);

/// Bits that one element takes in raw_data; 0 when elementTypeFor is null.
unsigned bitsInRawData(int number);

/// Bytes that one element takes in the constants of a module: types narrower
/// than a byte, booleans too, take a byte each.
unsigned bytesInModule(mlir::Type elementType);

/// Dims of tensors are at most this many (MLC_MAX_RANK of the runtime).
constexpr int64_t maxRank = 16;
/// A tensor has at most this many elements; products of dims stay in 64 bits.
constexpr int64_t maxElements = int64_t(1) << 40;

} // namespace mlc::onnx

#endif // MLC_COMPILER_FRONTEND_ONNX_TYPES_H
