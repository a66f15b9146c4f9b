//===- Inputs.cpp - from --input and --dim to tensors -----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/mlc/Inputs.h"

#include "tools/io/File.h"
#include "tools/io/InputSpec.h"

#include <algorithm>
#include <cstdlib>

using namespace mlc;
using namespace mlc::tools;

namespace {

std::string listNames(const std::vector<Port> &ports) {
  std::string text;
  for (const Port &port : ports) {
    text += (text.empty() ? "'" : ", '") + port.name + "'";
  }
  return text.empty() ? "none" : text;
}

/// Sizes of --dim, which must be numbers here, for symbols of the model.
std::optional<Problem>
readDimSizes(const ModelRunner &model, const Arguments &arguments,
             std::vector<std::pair<std::string, int64_t>> &sizes) {
  std::vector<std::pair<std::string, std::string>> texts;
  if (std::optional<UsageError> error = parseDims(arguments, texts)) {
    return makeProblem(exitUsage, "MLC0003", error->message, error->help);
  }
  for (const auto &[name, text] : texts) {
    char *end = nullptr;
    long long size = std::strtoll(text.c_str(), &end, 10);
    if (*end != '\0' || size < 0) {
      return makeProblem(exitUsage, "MLC0003",
                         "'--dim " + name + "' expects a size, found '" + text +
                             "'");
    }
    const std::vector<Symbol> &symbols = model.symbols();
    if (std::none_of(symbols.begin(), symbols.end(),
                     [&name = name](auto &s) { return s.name == name; })) {
      std::string known;
      for (const Symbol &symbol : symbols) {
        known += (known.empty() ? "'" : ", '") + symbol.name + "'";
      }
      return makeProblem(exitUsage, "MLC0505",
                         "the model has no symbolic dimension '" + name + "'",
                         "it has " + (known.empty() ? "none" : known));
    }
    sizes.emplace_back(name, size);
  }
  return std::nullopt;
}

std::optional<Problem> makeInput(const ModelRunner &model, const Port &port,
                                 const Arguments &arguments,
                                 const io::InputSpec &spec,
                                 io::Tensor &tensor) {
  io::Result<io::Tensor> made = io::fail("");
  if (!spec.file.empty()) {
    made = io::readTensorFile(spec.file, port.name);
    if (!made) {
      return makeProblem(exitUsage, "MLC0004", made.error());
    }
  } else {
    std::vector<int64_t> dims = spec.dims;
    io::DataType type =
        spec.type ? *spec.type : static_cast<io::DataType>(port.type);
    if (!spec.type) {
      if (auto problem = resolveDims(model, port, arguments, dims)) {
        return problem;
      }
    }
    made = io::makeFilled(type, dims, spec.fill);
    if (!made) {
      return makeProblem(exitUsage, "MLC0003",
                         "input '" + port.name + "': " + made.error());
    }
  }
  tensor = std::move(*made);
  tensor.name = port.name;
  io::Status adopted = tensor.adopt(static_cast<io::DataType>(port.type));
  return adopted ? std::nullopt
                 : std::optional(makeProblem(exitUsage, "MLC0506",
                                             "input '" + port.name +
                                                 "': " + adopted.error()));
}

} // namespace

std::optional<Problem> mlc::tools::resolveDims(const ModelRunner &model,
                                               const Port &port,
                                               const Arguments &arguments,
                                               std::vector<int64_t> &dims) {
  std::vector<std::pair<std::string, int64_t>> sizes;
  if (auto problem = readDimSizes(model, arguments, sizes)) {
    return problem;
  }
  dims.clear();
  for (const mlc_dim_t &dim : port.dims) {
    int64_t size = dim.size >= 0 ? dim.size : 1;
    if (dim.symbol >= 0 && dim.symbol < int64_t(model.symbols().size())) {
      const Symbol &symbol = model.symbols()[size_t(dim.symbol)];
      size = std::max<int64_t>(symbol.min, 1);
      for (const auto &[name, given] : sizes) {
        size = name == symbol.name ? given : size;
      }
    }
    dims.push_back(size);
  }
  return std::nullopt;
}

std::optional<Problem> mlc::tools::findPort(const std::vector<Port> &ports,
                                            const char *kind,
                                            const std::string &name,
                                            size_t &index) {
  std::vector<std::string> names;
  for (index = 0; index < ports.size(); ++index) {
    if (ports[index].name == name) {
      return std::nullopt;
    }
    names.push_back(ports[index].name);
  }
  std::string close = closestMatch(name, names);
  return makeProblem(exitUsage, "MLC0505",
                     std::string("the model has no ") + kind + " '" + name +
                         "'",
                     close.empty() ? "it has " + listNames(ports)
                                   : "did you mean '" + close + "'?");
}

std::optional<Problem> mlc::tools::bindInputs(const ModelRunner &model,
                                              const Arguments &arguments,
                                              bool fillMissing,
                                              std::vector<io::Tensor> &inputs) {
  const std::vector<Port> &ports = model.inputs();
  std::vector<std::optional<io::InputSpec>> specs(ports.size());
  for (const std::string &text : arguments.all("input")) {
    io::Result<io::InputSpec> spec = io::parseInputSpec(text);
    if (!spec) {
      return makeProblem(exitUsage, "MLC0003", "'--input': " + spec.error());
    }
    size_t index;
    if (auto problem = findPort(ports, "input", spec->name, index)) {
      return problem;
    }
    if (specs[index]) {
      return makeProblem(exitUsage, "MLC0003",
                         "input '" + spec->name + "' is given twice");
    }
    specs[index] = std::move(*spec);
  }
  std::string missing;
  inputs.assign(ports.size(), io::Tensor());
  for (size_t i = 0; i < ports.size(); ++i) {
    if (!specs[i] && !fillMissing) {
      missing += (missing.empty() ? "" : ", ") + ports[i].name + " (" +
                 model.shapeText(ports[i]) + ")";
      continue;
    }
    io::InputSpec spec = specs[i] ? *specs[i] : io::InputSpec();
    if (auto problem = makeInput(model, ports[i], arguments, spec, inputs[i])) {
      return problem;
    }
  }
  if (!missing.empty()) {
    return makeProblem(exitUsage, "MLC0504", "inputs are missing: " + missing,
                       "give each with --input NAME=@FILE or --input "
                       "NAME=random");
  }
  return std::nullopt;
}
