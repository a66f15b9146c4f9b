//===- Weights.h - the constants of a model ---------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_RUNTIME_CORE_WEIGHTS_H
#define MLC_RUNTIME_CORE_WEIGHTS_H

#include "runtime/abi/Artifact.h"
#include "runtime/core/Error.h"

namespace mlc::rt {

/// Where a model's weights lie in host memory: inside model.so, or mapped
/// read-only from a file of their own.
struct Weights {
  const uint8_t *data = nullptr;
  void *mapping = nullptr;
  size_t mappingBytes = 0;
};

/// Finds or maps the weights. A file lies in the directory of the model.so
/// that `model` is part of, has a plain name and is no symbolic link. Of a
/// *.safetensors file the blob is what follows the header.
Status openWeights(const mlc_model_abi_t &model, Weights &weights);
void closeWeights(Weights &weights);

} // namespace mlc::rt

#endif // MLC_RUNTIME_CORE_WEIGHTS_H
