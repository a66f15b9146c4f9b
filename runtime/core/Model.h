//===- Model.h - questions about a model ------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_RUNTIME_CORE_MODEL_H
#define MLC_RUNTIME_CORE_MODEL_H

#include "runtime/abi/Artifact.h"
#include "runtime/core/Error.h"

namespace mlc::rt {

/// Refuses a model of another format version or with tables that contradict
/// themselves. What passes is indexed without further checks.
Status checkModel(const mlc_model_abi_t &model);

Status modelInfo(const mlc_model_t *model, mlc_model_info_t *info);
Status modelInput(const mlc_model_t *model, int64_t index,
                  mlc_tensor_info_t *info);
Status modelOutput(const mlc_model_t *model, int64_t index,
                   mlc_tensor_info_t *info);
Status modelSymbol(const mlc_model_t *model, int64_t index,
                   mlc_symbol_info_t *info);
Status modelProgram(const mlc_model_t *model, int64_t index,
                    mlc_program_info_t *info);
Status modelKernel(const mlc_model_t *model, int64_t program, int64_t index,
                   mlc_kernel_info_t *info);
Status modelImage(const mlc_model_t *model, int64_t program, int64_t index,
                  mlc_image_info_t *info);
Status peakBytes(const mlc_model_t *model, int32_t engine,
                 const mlc_tensor_t *inputs, int64_t inputCount,
                 int64_t *bytes);

/// The program for this processor: the one named `target`, or the first whose
/// CPU features are there.
Status findCpuProgram(const mlc_model_abi_t &model, const char *target,
                      const mlc_abi_program_t **program);

} // namespace mlc::rt

#endif // MLC_RUNTIME_CORE_MODEL_H
