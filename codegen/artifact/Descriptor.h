//===- Descriptor.h - the mlc_model_abi_t of an artifact --------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_ARTIFACT_DESCRIPTOR_H
#define MLC_CODEGEN_ARTIFACT_DESCRIPTOR_H

#include "codegen/Target.h"
#include "codegen/artifact/WeightsBlob.h"

namespace mlc::codegen {

/// Where the weights of the artifact are.
struct WeightsPlace {
  int64_t size = 0;
  std::string symbol;    ///< of the blob; empty when external or none
  std::string fileName;  ///< external file beside the artifact, or empty
  uint64_t identity = 0; ///< of the external weights; the file's last 8 bytes
};

/// `model.name` as part of a C identifier.
std::string identifierOf(const ModelInfo &model);

/// The object file (for `machine`) that holds the descriptor and defines
/// `mlc_model_<name>`, and with `withAlias` also `mlc_model`.
llvm::Expected<llvm::SmallVector<char, 0>>
emitDescriptor(const ModelInfo &model, llvm::ArrayRef<Program> programs,
               llvm::ArrayRef<WeightsBlob::Range> ranges,
               const WeightsPlace &weights, llvm::StringRef machine,
               bool withAlias);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_ARTIFACT_DESCRIPTOR_H
