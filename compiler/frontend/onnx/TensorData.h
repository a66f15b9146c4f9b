//===- TensorData.h - stored tensors as attributes --------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// TensorProto and SparseTensorProto, in all their storage forms, as
// ElementsAttr. Up to 1 KiB the result is a DenseElementsAttr; beyond it is a
// DenseResourceElementsAttr whose blob takes over the parsed bytes, or points
// into the mapped external file, without a copy. A blob holds row-major
// little-endian elements; booleans and types narrower than a byte take a byte
// per element (zero-extended).
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_FRONTEND_ONNX_TENSORDATA_H
#define MLC_COMPILER_FRONTEND_ONNX_TENSORDATA_H

#include "compiler/frontend/onnx/Errors.h"
#include "compiler/frontend/onnx/ExternalData.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/ArrayRef.h"

#include <memory>
#include <optional>

namespace mlc::onnx {

class SparseTensorProto;

struct TensorError {
  ErrorCode code = ErrorCode::badTensor;
  std::string message;
};

/// Bytes with whatever keeps them alive.
struct OwnedBytes {
  llvm::ArrayRef<char> data;
  std::shared_ptr<void> owner;
};

class TensorReader {
public:
  TensorReader(mlir::MLIRContext *context, const std::string &modelPath)
      : context(context), files(modelPath) {}

  /// Consumes `tensor`'s data. Null with `error` set when it is invalid.
  mlir::ElementsAttr read(TensorProto &tensor, TensorError &error);
  /// The same tensor written out densely.
  mlir::ElementsAttr read(SparseTensorProto &tensor, TensorError &error);

private:
  mlir::RankedTensorType typeOf(const TensorProto &tensor, TensorError &error);
  bool readBytes(TensorProto &tensor, int64_t count, OwnedBytes &bytes,
                 TensorError &error);

  mlir::MLIRContext *context;
  ExternalFiles files;
};

/// The product of `dims`; nullopt when a dim is negative or the product or the
/// rank is over the limits of Types.h.
std::optional<int64_t> elementCount(llvm::ArrayRef<int64_t> dims);

/// A constant of `type` from bytes in blob layout; `name` labels the blob.
mlir::ElementsAttr makeElements(mlir::RankedTensorType type, OwnedBytes bytes,
                                llvm::StringRef name);
/// The same from a buffer of its own.
mlir::ElementsAttr makeElements(mlir::RankedTensorType type, std::string bytes,
                                llvm::StringRef name);

} // namespace mlc::onnx

#endif // MLC_COMPILER_FRONTEND_ONNX_TENSORDATA_H
