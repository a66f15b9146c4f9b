//===- Tensor.h - dims, symbols and what the caller passed ------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Checks the caller's tensors against the model's signature. What passes here
// is what generated code may rely on.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_RUNTIME_CORE_TENSOR_H
#define MLC_RUNTIME_CORE_TENSOR_H

#include "runtime/abi/Artifact.h"
#include "runtime/core/Error.h"

namespace mlc::rt {

/// Binds `symbols` (one value per symbol of the model, -1 while unknown) from
/// the dims of `inputs` and checks count, dtype, rank, extents, symbol ranges
/// and byte sizes. With `checkData` also pointers and their alignment;
/// `deviceAllowed` says whether MLC_DEVICE memory is.
Status checkInputs(const mlc_model_abi_t &model, const mlc_tensor_t *inputs,
                   int64_t count, int64_t *symbols, bool checkData,
                   bool deviceAllowed);

/// Checks what the caller must set in `outputs` before a run. `owned(i)` in
/// the session decides about pointers; this checks count, dtype and memory.
Status checkOutputs(const mlc_model_abi_t &model, const mlc_tensor_t *outputs,
                    int64_t count, bool deviceAllowed);

/// The dims of graph output `index` as far as `symbols` determine them: -1 for
/// the others. Returns true when all are known.
bool inferOutputDims(const mlc_abi_tensor_t &output, const int64_t *symbols,
                     int64_t *dims);

/// "[1, 3, 224, 224]".
void addDims(Text &text, int64_t rank, const int64_t *dims);
/// "[batch, 3, ?, 224]".
void addDims(Text &text, const mlc_model_abi_t &model,
             const mlc_abi_tensor_t &tensor);

} // namespace mlc::rt

#endif // MLC_RUNTIME_CORE_TENSOR_H
