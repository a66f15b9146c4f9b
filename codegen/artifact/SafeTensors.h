//===- SafeTensors.h - the header of a *.safetensors file -------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_ARTIFACT_SAFETENSORS_H
#define MLC_CODEGEN_ARTIFACT_SAFETENSORS_H

#include "mlir/IR/BuiltinTypes.h"

#include <string>

namespace mlc::codegen {

/// A tensor of the weights blob.
struct StoredTensor {
  std::string name; ///< of the ONNX initializer where it is known, or empty
  mlir::ShapedType type;
  int64_t offset = 0, size = 0;
};

/// What stands in front of a blob of `tensors` (in order of offset) in a
/// safetensors file: the length of a JSON text and the text, padded so that
/// the blob begins at a multiple of 64. The format allows no byte that belongs
/// to no tensor, so the gaps between aligned tensors are tensors as well.
std::string safeTensorsHeader(llvm::ArrayRef<StoredTensor> tensors);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_ARTIFACT_SAFETENSORS_H
