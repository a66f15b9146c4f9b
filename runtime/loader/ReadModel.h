//===- ReadModel.h - what a model says, without its code --------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_RUNTIME_LOADER_READMODEL_H
#define MLC_RUNTIME_LOADER_READMODEL_H

#include "runtime/core/Error.h"

namespace mlc::rt {

/// Reads the description of the model at `path`, which may be of another
/// processor: `mlc inspect` shows it. No code of the file runs; no session can
/// be made and no memory predicted. The caller owns the model.
Status readModel(const char *path, const mlc_model_t **model);
/// Frees a model of readModel; null is none.
void releaseReadModel(const mlc_model_t *model);

} // namespace mlc::rt

#endif // MLC_RUNTIME_LOADER_READMODEL_H
