//===- Model.cpp - questions about a model ----------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/core/Model.h"
#include "runtime/core/CpuFeatures.h"
#include "runtime/core/Tensor.h"
#include "runtime/drivers/cpu/Pool.h"

#include <stdlib.h>

namespace mlc::rt {
namespace {

/// Copies as much of `value` as the caller's version of the structure has.
template <typename T> Status answer(T *info, T value) {
  if (!info || info->struct_size < sizeof(uint32_t)) {
    return fail(MLC_INVALID_ARGUMENT, "info: expected a structure, got NULL");
  }
  uint32_t size = info->struct_size;
  value.struct_size = size;
  memcpy(info, &value, size < sizeof(T) ? size : sizeof(T));
  return MLC_OK;
}

Status failIndex(const char *what, int64_t index, int64_t count) {
  return fail(MLC_NOT_FOUND, "%s %lld: the model has %lld", what,
              (long long)index, (long long)count);
}

Status checkTensor(const mlc_model_abi_t &model,
                   const mlc_abi_tensor_t &tensor) {
  if (tensor.rank < 0 || tensor.rank > MLC_MAX_RANK ||
      !mlc_dtype_bits(tensor.dtype)) {
    return fail(MLC_INCOMPATIBLE,
                "model '%s': tensor '%s' has rank %d and dtype %d", model.name,
                tensor.name, tensor.rank, tensor.dtype);
  }
  for (int32_t d = 0; d < tensor.rank; ++d) {
    if (tensor.dims[d].symbol >= model.symbol_count) {
      return fail(MLC_INCOMPATIBLE,
                  "model '%s': tensor '%s' dim %d has no symbol %lld",
                  model.name, tensor.name, d, (long long)tensor.dims[d].symbol);
    }
  }
  return MLC_OK;
}

mlc_tensor_info_t describe(const mlc_abi_tensor_t &tensor) {
  static_assert(sizeof(mlc_dim_t) == sizeof(mlc_abi_dim_t), "same layout");
  mlc_tensor_info_t info = {};
  info.dtype = tensor.dtype;
  info.rank = tensor.rank;
  info.name = tensor.name;
  info.dims = reinterpret_cast<const mlc_dim_t *>(tensor.dims);
  return info;
}

bool addTo(int64_t &sum, int64_t bytes) {
  return bytes >= 0 && !__builtin_add_overflow(sum, bytes, &sum);
}

const mlc_abi_program_t *findProgram(const mlc_model_abi_t &model,
                                     int64_t engine) {
  for (int64_t i = 0; i < model.program_count; ++i) {
    if (model.programs[i].engine == engine) {
      return &model.programs[i];
    }
  }
  return nullptr;
}

/// What a session with this program holds for inputs of these dims.
Status sumBytes(const mlc_model_abi_t &model, const mlc_abi_program_t &program,
                const mlc_tensor_t *inputs, const int64_t *symbols,
                mlc_exec_input_t *execInputs, int64_t *bytes) {
  bool gpu = program.engine != MLC_ENGINE_CPU;
  int64_t sum = gpu ? program.weights_end - program.weights_begin : 0;
  bool fits = true;
  for (int64_t i = 0; i < model.input_count; ++i) {
    execInputs[i] = {nullptr, inputs[i].dims};
    int64_t size =
        mlc_tensor_bytes(inputs[i].dtype, inputs[i].rank, inputs[i].dims);
    fits &= addTo(sum, gpu ? size : 0);
  }
  for (int64_t i = 0; i < model.output_count; ++i) {
    const mlc_abi_tensor_t &output = model.outputs[i];
    int64_t dims[MLC_MAX_RANK];
    if (inferOutputDims(output, symbols, dims)) {
      int64_t size = mlc_tensor_bytes(output.dtype, output.rank, dims);
      // On a GPU both the device's buffer and the copy for the host.
      fits &= addTo(sum, size) && (!gpu || addTo(sum, size));
    }
  }
  int64_t threads = gpu ? 1 : defaultPoolThreads();
  fits &= addTo(sum, program.plan ? program.plan(execInputs, threads) : 0);
  if (!fits) {
    return fail(MLC_INVALID_ARGUMENT,
                "model '%s': the bytes for these dims overflow 64 bits",
                model.name);
  }
  *bytes = sum;
  return MLC_OK;
}

} // namespace

Status checkModel(const mlc_model_abi_t &model) {
  if (model.magic != MLC_ARTIFACT_MAGIC) {
    return fail(MLC_INCOMPATIBLE, "not a compiled model: wrong magic number");
  }
  if (model.major != MLC_ARTIFACT_MAJOR || model.minor > MLC_ARTIFACT_MINOR) {
    return fail(MLC_INCOMPATIBLE,
                "model '%s' by %s has format %u.%u, this runtime runs %d.0 to "
                "%d.%d: compile the model again",
                model.name, model.compiler, model.major, model.minor,
                MLC_ARTIFACT_MAJOR, MLC_ARTIFACT_MAJOR, MLC_ARTIFACT_MINOR);
  }
  Status status = MLC_OK;
  for (int64_t i = 0; i < model.input_count && status == MLC_OK; ++i) {
    status = checkTensor(model, model.inputs[i]);
  }
  for (int64_t i = 0; i < model.output_count && status == MLC_OK; ++i) {
    status = checkTensor(model, model.outputs[i]);
  }
  for (int64_t i = 0; i < model.program_count && status == MLC_OK; ++i) {
    const mlc_abi_program_t &program = model.programs[i];
    if (!program.main || program.weights_begin < 0 ||
        program.weights_end < program.weights_begin ||
        program.weights_end > model.weights_size) {
      status = fail(MLC_INCOMPATIBLE, "model '%s': program '%s' is broken",
                    model.name, program.target);
    }
  }
  return status;
}

Status modelInfo(const mlc_model_t *model, mlc_model_info_t *info) {
  mlc_model_info_t value = {};
  value.artifact_major = model->major;
  value.artifact_minor = model->minor;
  value.name = model->name;
  value.compiler = model->compiler;
  value.metadata = model->metadata;
  value.input_count = model->input_count;
  value.output_count = model->output_count;
  value.symbol_count = model->symbol_count;
  value.program_count = model->program_count;
  value.weights_bytes = model->weights_size;
  value.external_weights = model->external_weights;
  return answer(info, value);
}

Status modelInput(const mlc_model_t *model, int64_t index,
                  mlc_tensor_info_t *info) {
  if (index < 0 || index >= model->input_count) {
    return failIndex("input", index, model->input_count);
  }
  return answer(info, describe(model->inputs[index]));
}

Status modelOutput(const mlc_model_t *model, int64_t index,
                   mlc_tensor_info_t *info) {
  if (index < 0 || index >= model->output_count) {
    return failIndex("output", index, model->output_count);
  }
  return answer(info, describe(model->outputs[index]));
}

Status modelSymbol(const mlc_model_t *model, int64_t index,
                   mlc_symbol_info_t *info) {
  if (index < 0 || index >= model->symbol_count) {
    return failIndex("symbol", index, model->symbol_count);
  }
  const mlc_abi_symbol_t &symbol = model->symbols[index];
  return answer(info, {0, 0, symbol.name, symbol.min, symbol.max});
}

/// The program of that number; null after a failure.
static const mlc_abi_program_t *programAt(const mlc_model_t *model,
                                          int64_t index) {
  if (index >= 0 && index < model->program_count) {
    return &model->programs[index];
  }
  failIndex("program", index, model->program_count);
  return nullptr;
}

Status modelProgram(const mlc_model_t *model, int64_t index,
                    mlc_program_info_t *info) {
  const mlc_abi_program_t *found = programAt(model, index);
  if (!found) {
    return MLC_NOT_FOUND;
  }
  const mlc_abi_program_t &program = *found;
  mlc_program_info_t value = {};
  value.engine = (int32_t)program.engine;
  value.target = program.target;
  value.features = program.features;
  value.kernel_count = program.kernel_count;
  value.runnable = program.main && (program.engine != MLC_ENGINE_CPU ||
                                    hasCpuFeatures(program.features));
  return answer(info, value);
}

Status modelKernel(const mlc_model_t *model, int64_t program, int64_t index,
                   mlc_kernel_info_t *info) {
  const mlc_abi_program_t *owner = programAt(model, program);
  if (!owner) {
    return MLC_NOT_FOUND;
  }
  if (index < 0 || index >= owner->kernel_count) {
    return failIndex("kernel", index, owner->kernel_count);
  }
  const mlc_abi_kernel_t &kernel = owner->kernels[index];
  return answer(info, {0, 0, kernel.name, kernel.nodes, kernel.archetype});
}

Status modelImage(const mlc_model_t *model, int64_t program, int64_t index,
                  mlc_image_info_t *info) {
  const mlc_abi_program_t *owner = programAt(model, program);
  if (!owner) {
    return MLC_NOT_FOUND;
  }
  if (index < 0 || index >= owner->image_count) {
    return failIndex("image", index, owner->image_count);
  }
  const mlc_abi_image_t &image = owner->images[index];
  return answer(info,
                {0, (int32_t)image.kind, image.arch, image.data, image.size});
}

Status findCpuProgram(const mlc_model_abi_t &model, const char *target,
                      const mlc_abi_program_t **program) {
  Text missing, targets;
  const char *refused = nullptr;
  for (int64_t i = 0; i < model.program_count; ++i) {
    const mlc_abi_program_t &candidate = model.programs[i];
    if (candidate.engine != MLC_ENGINE_CPU) {
      continue;
    }
    targets.add("%s%s", *targets.str() ? ", " : "", candidate.target);
    if (target && strcmp(target, candidate.target) != 0) {
      continue;
    }
    missing = Text();
    if (hasCpuFeatures(candidate.features, &missing)) {
      *program = &candidate;
      return MLC_OK;
    }
    refused = candidate.target;
  }
  if (refused) {
    return fail(MLC_UNSUPPORTED,
                "model '%s': this processor lacks %s, needed by program '%s'",
                model.name, missing.str(), refused);
  }
  if (target && *targets.str()) {
    return fail(MLC_NOT_FOUND, "model '%s': no CPU program '%s'; it has %s",
                model.name, target, targets.str());
  }
  return fail(MLC_UNSUPPORTED, "model '%s' was not compiled for CPUs",
              model.name);
}

Status peakBytes(const mlc_model_t *model, int32_t engine,
                 const mlc_tensor_t *inputs, int64_t inputCount,
                 int64_t *bytes) {
  if (!bytes) {
    return fail(MLC_INVALID_ARGUMENT, "bytes: expected a pointer, got NULL");
  }
  Status status = checkModel(*model);
  const mlc_abi_program_t *program = findProgram(*model, engine);
  if (status == MLC_OK && engine == MLC_CPU) {
    status = findCpuProgram(*model, nullptr, &program);
  }
  if (status != MLC_OK) {
    return status;
  }
  if (!program) {
    return fail(MLC_UNSUPPORTED, "model '%s' was not compiled for engine %d",
                model->name, engine);
  }
  size_t symbolBytes = (size_t)model->symbol_count * sizeof(int64_t);
  size_t inputBytes = (size_t)model->input_count * sizeof(mlc_exec_input_t);
  void *scratch = malloc(symbolBytes + inputBytes + 1);
  if (!scratch) {
    return failOutOfMemory("host memory", (int64_t)(symbolBytes + inputBytes),
                           -1);
  }
  auto *symbols = static_cast<int64_t *>(scratch);
  auto *execInputs =
      reinterpret_cast<mlc_exec_input_t *>(symbols + model->symbol_count);
  status = checkInputs(*model, inputs, inputCount, symbols, false, true);
  if (status == MLC_OK) {
    status = sumBytes(*model, *program, inputs, symbols, execInputs, bytes);
  }
  free(scratch);
  return status;
}

} // namespace mlc::rt
