//===- Tensor.cpp - dims, symbols and what the caller passed ----*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/core/Tensor.h"

namespace mlc::rt {
namespace {

/// Where a symbol got its value, for the message of a contradiction.
struct Binding {
  const char *tensor;
  int64_t dim;
};

Status failShape(const mlc_model_abi_t &model, const mlc_abi_tensor_t &expected,
                 const mlc_tensor_t &found) {
  Text want, have;
  addDims(want, model, expected);
  addDims(have, found.rank, found.dims);
  return fail(MLC_INVALID_ARGUMENT, "input '%s': expected dims %s, got %s",
              expected.name, want.str(), have.str());
}

/// The first input dim before (`input`, `dim`) that carries `symbol`.
Binding findBinding(const mlc_model_abi_t &model, int64_t symbol) {
  for (int64_t i = 0; i < model.input_count; ++i) {
    for (int64_t d = 0; d < model.inputs[i].rank; ++d) {
      if (model.inputs[i].dims[d].symbol == symbol) {
        return {model.inputs[i].name, d};
      }
    }
  }
  return {"?", 0};
}

Status bindSymbol(const mlc_model_abi_t &model, const mlc_abi_tensor_t &tensor,
                  int64_t dim, int64_t symbol, int64_t size, int64_t *symbols) {
  const mlc_abi_symbol_t &info = model.symbols[symbol];
  if (size < info.min || size > info.max) {
    return fail(MLC_INVALID_ARGUMENT,
                "input '%s' dim %lld: symbol '%s' must be in [%lld, %lld], "
                "got %lld",
                tensor.name, (long long)dim, info.name, (long long)info.min,
                (long long)info.max, (long long)size);
  }
  if (symbols[symbol] >= 0 && symbols[symbol] != size) {
    Binding first = findBinding(model, symbol);
    return fail(MLC_INVALID_ARGUMENT,
                "input '%s' dim %lld: expected %lld, got %lld: symbol '%s' is "
                "%lld by input '%s' dim %lld",
                tensor.name, (long long)dim, (long long)symbols[symbol],
                (long long)size, info.name, (long long)symbols[symbol],
                first.tensor, (long long)first.dim);
  }
  symbols[symbol] = size;
  return MLC_OK;
}

Status checkDims(const mlc_model_abi_t &model, const mlc_abi_tensor_t &expected,
                 const mlc_tensor_t &found, int64_t *symbols) {
  for (int64_t d = 0; d < expected.rank; ++d) {
    const mlc_abi_dim_t &dim = expected.dims[d];
    int64_t size = found.dims[d];
    if (size < 0 || (dim.symbol < 0 && dim.size >= 0 && dim.size != size)) {
      return failShape(model, expected, found);
    }
    if (dim.symbol < 0) {
      continue;
    }
    Status status = bindSymbol(model, expected, d, dim.symbol, size, symbols);
    if (status != MLC_OK) {
      return status;
    }
  }
  return MLC_OK;
}

Status checkMemory(const char *kind, const char *name,
                   const mlc_tensor_t &tensor, bool deviceAllowed) {
  if (tensor.memory != MLC_HOST &&
      (tensor.memory != MLC_DEVICE || !deviceAllowed)) {
    return fail(MLC_INVALID_ARGUMENT,
                "%s '%s': expected host memory%s, got memory kind %d", kind,
                name, deviceAllowed ? " or device memory" : "", tensor.memory);
  }
  // Whole elements only: generated code loads with the element's alignment.
  int64_t align = mlc_dtype_bits(tensor.dtype) / 8;
  align = align > 8 ? 8 : align;
  if (align > 1 && (uintptr_t)tensor.data % (uintptr_t)align) {
    return fail(MLC_INVALID_ARGUMENT,
                "%s '%s': expected data aligned to %lld bytes, got %p", kind,
                name, (long long)align, tensor.data);
  }
  return MLC_OK;
}

Status checkData(const mlc_abi_tensor_t &expected, const mlc_tensor_t &tensor,
                 bool deviceAllowed) {
  int64_t bytes = mlc_tensor_bytes(expected.dtype, tensor.rank, tensor.dims);
  if (tensor.bytes != bytes) {
    return fail(MLC_INVALID_ARGUMENT,
                "input '%s': expected %lld bytes for its dims, got %lld",
                expected.name, (long long)bytes, (long long)tensor.bytes);
  }
  if (!tensor.data && bytes) {
    return fail(MLC_INVALID_ARGUMENT, "input '%s': expected data, got NULL",
                expected.name);
  }
  return checkMemory("input", expected.name, tensor, deviceAllowed);
}

Status checkInput(const mlc_model_abi_t &model,
                  const mlc_abi_tensor_t &expected, const mlc_tensor_t &tensor,
                  int64_t *symbols) {
  if (tensor.dtype != expected.dtype) {
    return fail(MLC_INVALID_ARGUMENT, "input '%s': expected dtype %s, got %s",
                expected.name, mlc_dtype_name(expected.dtype),
                mlc_dtype_name(tensor.dtype));
  }
  if (tensor.rank != expected.rank) {
    Text want;
    addDims(want, model, expected);
    return fail(MLC_INVALID_ARGUMENT,
                "input '%s': expected rank %d with dims %s, got rank %d",
                expected.name, expected.rank, want.str(), tensor.rank);
  }
  Status status = checkDims(model, expected, tensor, symbols);
  if (status != MLC_OK) {
    return status;
  }
  if (mlc_tensor_bytes(tensor.dtype, tensor.rank, tensor.dims) < 0) {
    Text have;
    addDims(have, tensor.rank, tensor.dims);
    return fail(MLC_INVALID_ARGUMENT,
                "input '%s': the byte size of dims %s overflows 64 bits",
                expected.name, have.str());
  }
  return MLC_OK;
}

/// Not as many tensors as the model has, or none at all.
Status failCount(const mlc_model_abi_t &model, const char *what,
                 const mlc_abi_tensor_t *expected, int64_t expectedCount,
                 int64_t count, const mlc_tensor_t *given) {
  Text names;
  for (int64_t i = 0; i < expectedCount; ++i) {
    names.add("%s'%s'", i ? ", " : "", expected[i].name);
  }
  if (count == expectedCount && !given) {
    return fail(MLC_INVALID_ARGUMENT,
                "model '%s': expected %lld %s (%s), got NULL", model.name,
                (long long)expectedCount, what, names.str());
  }
  return fail(MLC_INVALID_ARGUMENT,
              "model '%s': expected %lld %s (%s), got %lld", model.name,
              (long long)expectedCount, what, names.str(), (long long)count);
}

} // namespace

void addDims(Text &text, int64_t rank, const int64_t *dims) {
  text.add("[");
  for (int64_t i = 0; i < rank && i < MLC_MAX_RANK; ++i) {
    text.add("%s%lld", i ? ", " : "", (long long)dims[i]);
  }
  text.add("]");
}

void addDims(Text &text, const mlc_model_abi_t &model,
             const mlc_abi_tensor_t &tensor) {
  text.add("[");
  for (int64_t i = 0; i < tensor.rank; ++i) {
    const mlc_abi_dim_t &dim = tensor.dims[i];
    if (dim.symbol >= 0) {
      text.add("%s%s", i ? ", " : "", model.symbols[dim.symbol].name);
    } else if (dim.size < 0) {
      text.add("%s?", i ? ", " : "");
    } else {
      text.add("%s%lld", i ? ", " : "", (long long)dim.size);
    }
  }
  text.add("]");
}

Status checkInputs(const mlc_model_abi_t &model, const mlc_tensor_t *inputs,
                   int64_t count, int64_t *symbols, bool withData,
                   bool deviceAllowed) {
  if (count != model.input_count || (count && !inputs)) {
    return failCount(model, "inputs", model.inputs, model.input_count, count,
                     inputs);
  }
  for (int64_t s = 0; s < model.symbol_count; ++s) {
    symbols[s] = -1;
  }
  for (int64_t i = 0; i < count; ++i) {
    Status status = checkInput(model, model.inputs[i], inputs[i], symbols);
    if (status == MLC_OK && withData) {
      status = checkData(model.inputs[i], inputs[i], deviceAllowed);
    }
    if (status != MLC_OK) {
      return status;
    }
  }
  return MLC_OK;
}

Status checkOutputs(const mlc_model_abi_t &model, const mlc_tensor_t *outputs,
                    int64_t count, bool deviceAllowed) {
  if (count != model.output_count || (count && !outputs)) {
    return failCount(model, "outputs", model.outputs, model.output_count, count,
                     outputs);
  }
  for (int64_t i = 0; i < count; ++i) {
    const mlc_abi_tensor_t &expected = model.outputs[i];
    const mlc_tensor_t &output = outputs[i];
    if (output.dtype && output.dtype != expected.dtype) {
      return fail(MLC_INVALID_ARGUMENT,
                  "output '%s': expected dtype %s, got %s", expected.name,
                  mlc_dtype_name(expected.dtype), mlc_dtype_name(output.dtype));
    }
    if (output.capacity < 0 || (output.capacity && !output.data)) {
      return fail(MLC_INVALID_ARGUMENT,
                  "output '%s': expected data with its capacity, got data %p "
                  "and capacity %lld",
                  expected.name, output.data, (long long)output.capacity);
    }
    mlc_tensor_t typed = output;
    typed.dtype = expected.dtype;
    Status status = checkMemory("output", expected.name, typed, deviceAllowed);
    if (status != MLC_OK) {
      return status;
    }
  }
  return MLC_OK;
}

bool inferOutputDims(const mlc_abi_tensor_t &output, const int64_t *symbols,
                     int64_t *dims) {
  bool known = true;
  for (int64_t d = 0; d < output.rank; ++d) {
    const mlc_abi_dim_t &dim = output.dims[d];
    dims[d] = dim.symbol >= 0 ? symbols[dim.symbol] : dim.size;
    known &= dims[d] >= 0;
  }
  return known;
}

} // namespace mlc::rt
