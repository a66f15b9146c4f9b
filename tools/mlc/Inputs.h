//===- Inputs.h - from --input and --dim to tensors -------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_TOOLS_MLC_INPUTS_H
#define MLC_TOOLS_MLC_INPUTS_H

#include "tools/mlc/Arguments.h"
#include "tools/mlc/ModelRunner.h"

#include <optional>
#include <vector>

namespace mlc::tools {

/// The dims of `port` with symbols replaced by --dim, else by their minimum
/// (at least 1); dims that are free count 1.
std::optional<Problem> resolveDims(const ModelRunner &model, const Port &port,
                                   const Arguments &arguments,
                                   std::vector<int64_t> &dims);

/// A tensor for each input of the model from --input. Inputs that are not
/// given are random when `fillMissing`, else a problem that lists them.
std::optional<Problem> bindInputs(const ModelRunner &model,
                                  const Arguments &arguments, bool fillMissing,
                                  std::vector<io::Tensor> &inputs);

/// The index of the port called `name`; a problem when there is none.
std::optional<Problem> findPort(const std::vector<Port> &ports,
                                const char *kind, const std::string &name,
                                size_t &index);

} // namespace mlc::tools
#endif // MLC_TOOLS_MLC_INPUTS_H
