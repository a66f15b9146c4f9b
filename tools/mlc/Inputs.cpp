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
#include <cerrno>
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

/// The tensor of a given input, named and typed as the model declares it.
std::optional<Problem> finishInput(const Port &port,
                                   io::Result<io::Tensor> made,
                                   const char *code, io::Tensor &tensor) {
  if (!made) {
    return makeProblem(exitUsage, code,
                       "input '" + port.name + "': " + made.error());
  }
  tensor = std::move(*made);
  tensor.name = port.name;
  return adoptType(port, tensor);
}

std::optional<Problem> fillInput(const Port &port, const io::InputSpec &spec,
                                 std::vector<int64_t> dims,
                                 io::Tensor &tensor) {
  auto declared = static_cast<io::DataType>(port.type);
  return finishInput(
      port,
      io::makeFilled(spec.type.value_or(declared), std::move(dims), spec.fill),
      "MLC0003", tensor);
}

/// The --input options by the inputs that they are for.
std::optional<Problem>
readSpecs(const ModelRunner &model, const Arguments &arguments,
          std::vector<std::optional<io::InputSpec>> &specs) {
  specs.resize(model.inputs().size());
  for (const std::string &text : arguments.all("input")) {
    io::Result<io::InputSpec> spec = io::parseInputSpec(text);
    if (!spec) {
      return makeProblem(exitUsage, "MLC0003", "'--input': " + spec.error());
    }
    size_t index;
    if (auto problem = findPort(model.inputs(), "input", spec->name, index)) {
      return problem;
    }
    if (specs[index]) {
      return makeProblem(exitUsage, "MLC0003",
                         "input '" + spec->name + "' is given twice");
    }
    specs[index] = std::move(*spec);
  }
  return std::nullopt;
}

std::optional<Problem>
checkComplete(const ModelRunner &model,
              const std::vector<std::optional<io::InputSpec>> &specs) {
  std::string missing;
  for (size_t i = 0; i < specs.size(); ++i) {
    if (!specs[i]) {
      const Port &port = model.inputs()[i];
      missing += (missing.empty() ? "" : ", ") + port.name + " (" +
                 model.shapeText(port) + ")";
    }
  }
  return missing.empty()
             ? std::nullopt
             : std::optional(makeProblem(
                   exitUsage, "MLC0504", "inputs are missing: " + missing,
                   "give each with --input NAME=@FILE or --input NAME=random"));
}

} // namespace

std::optional<Problem> DimSizes::set(size_t symbol, int64_t value,
                                     const std::string &source) {
  Size &size = sizes[symbol];
  if (size.value && *size.value != value) {
    return makeProblem(
        exitUsage, "MLC0506",
        io::join(source, ": dimension '", model.symbols()[symbol].name, "' is ",
                 value, ", but ", size.source, " makes it ", *size.value));
  }
  size = {value, source};
  return std::nullopt;
}

std::optional<Problem> DimSizes::read(const Arguments &arguments) {
  std::vector<std::pair<std::string, std::string>> texts;
  if (std::optional<UsageError> error = parseDims(arguments, texts)) {
    return makeProblem(exitUsage, "MLC0003", error->message, error->help);
  }
  const std::vector<Symbol> &symbols = model.symbols();
  for (const auto &[name, text] : texts) {
    char *end = nullptr;
    errno = 0;
    long long size = std::strtoll(text.c_str(), &end, 10);
    if (*end != '\0' || size < 0 || errno) {
      return makeProblem(exitUsage, "MLC0003",
                         "'--dim " + name + "' expects a size, found '" + text +
                             "'");
    }
    auto symbol =
        std::find_if(symbols.begin(), symbols.end(),
                     [&name = name](auto &s) { return s.name == name; });
    if (symbol == symbols.end()) {
      std::string known;
      for (const Symbol &other : symbols) {
        known += (known.empty() ? "'" : ", '") + other.name + "'";
      }
      return makeProblem(exitUsage, "MLC0505",
                         "the model has no symbolic dimension '" + name + "'",
                         "it has " + (known.empty() ? "none" : known));
    }
    if (auto problem = set(size_t(symbol - symbols.begin()), size,
                           "'--dim " + name + "=" + text + "'")) {
      return problem;
    }
  }
  return std::nullopt;
}

std::optional<Problem> DimSizes::bind(const Port &port,
                                      const std::vector<int64_t> &dims) {
  // Another rank is the runtime's to refuse, with both shapes.
  for (size_t d = 0; d < dims.size() && dims.size() == port.dims.size(); ++d) {
    if (isSymbol(port.dims[d])) {
      if (auto problem = set(size_t(port.dims[d].symbol), dims[d],
                             "input '" + port.name + "'")) {
        return problem;
      }
    }
  }
  return std::nullopt;
}

std::vector<int64_t> DimSizes::resolve(const Port &port) const {
  std::vector<int64_t> dims;
  for (const mlc_dim_t &dim : port.dims) {
    int64_t size = dim.size >= 0 ? dim.size : 1;
    if (isSymbol(dim)) {
      int64_t least = model.symbols()[size_t(dim.symbol)].min;
      size =
          sizes[size_t(dim.symbol)].value.value_or(std::max<int64_t>(least, 1));
    }
    dims.push_back(size);
  }
  return dims;
}

std::vector<int64_t> DimSizes::choose(const Port &port) {
  std::vector<int64_t> dims = resolve(port);
  for (size_t d = 0; d < dims.size(); ++d) {
    if (!isSymbol(port.dims[d])) {
      continue;
    }
    size_t symbol = size_t(port.dims[d].symbol);
    if (!sizes[symbol].value) {
      const std::string &name = model.symbols()[symbol].name;
      printMessage(io::join("note: dimension '", name, "' is ", dims[d],
                            "; --dim ", name, "=SIZE sets it\n"));
      sizes[symbol] = {dims[d], "its default"};
    }
  }
  return dims;
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
  std::vector<std::optional<io::InputSpec>> specs;
  DimSizes sizes(model);
  std::optional<Problem> problem = sizes.read(arguments);
  if (!problem) {
    problem = readSpecs(model, arguments, specs);
  }
  if (!problem && !fillMissing) {
    problem = checkComplete(model, specs);
  }
  // Those that state their shape come first: the others follow them.
  inputs.assign(ports.size(), io::Tensor());
  for (size_t i = 0; i < ports.size() && !problem; ++i) {
    if (specs[i] && !specs[i]->file.empty()) {
      problem = finishInput(ports[i],
                            io::readTensorFile(specs[i]->file, ports[i].name),
                            "MLC0004", inputs[i]);
    } else if (specs[i] && specs[i]->dims) {
      problem = fillInput(ports[i], *specs[i], *specs[i]->dims, inputs[i]);
    } else {
      continue;
    }
    if (!problem) {
      problem = sizes.bind(ports[i], inputs[i].dims);
    }
  }
  for (size_t i = 0; i < ports.size() && !problem; ++i) {
    if (!specs[i] || (specs[i]->file.empty() && !specs[i]->dims)) {
      problem = fillInput(ports[i], specs[i].value_or(io::InputSpec()),
                          sizes.choose(ports[i]), inputs[i]);
    }
  }
  return problem;
}
