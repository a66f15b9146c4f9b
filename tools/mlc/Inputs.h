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

/// Sizes of the model's symbolic dims, as far as the command line says them.
class DimSizes {
public:
  explicit DimSizes(const ModelRunner &model)
      : model(model), sizes(model.symbols().size()) {}

  /// Takes what --dim says.
  std::optional<Problem> read(const Arguments &arguments);
  /// Takes what a tensor of these dims says; a problem when it contradicts what
  /// is known already.
  std::optional<Problem> bind(const Port &port,
                              const std::vector<int64_t> &dims);
  /// The dims of `port`. What is not known is the symbol's minimum, at least 1;
  /// dims that are free count 1.
  std::vector<int64_t> resolve(const Port &port) const;
  /// The same for a tensor to be made: a note tells a size that nobody has
  /// said.
  std::vector<int64_t> choose(const Port &port);

private:
  struct Size {
    std::optional<int64_t> value;
    std::string source; // who said it
  };
  std::optional<Problem> set(size_t symbol, int64_t value,
                             const std::string &source);
  bool isSymbol(const mlc_dim_t &dim) const {
    return dim.symbol >= 0 && dim.symbol < int64_t(sizes.size());
  }

  const ModelRunner &model;
  std::vector<Size> sizes;
};

/// A tensor for each input of the model from --input. Symbolic dims of inputs
/// without a shape are those of inputs with one. Inputs that are not given are
/// random when `fillMissing`, else a problem that lists them.
std::optional<Problem> bindInputs(const ModelRunner &model,
                                  const Arguments &arguments, bool fillMissing,
                                  std::vector<io::Tensor> &inputs);

/// The index of the port called `name`; a problem when there is none.
std::optional<Problem> findPort(const std::vector<Port> &ports,
                                const char *kind, const std::string &name,
                                size_t &index);

} // namespace mlc::tools
#endif // MLC_TOOLS_MLC_INPUTS_H
