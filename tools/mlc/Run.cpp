//===- Run.cpp - mlc run ----------------------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/io/Compare.h"
#include "tools/io/DataSet.h"
#include "tools/io/File.h"
#include "tools/io/InputSpec.h"
#include "tools/io/Zip.h"
#include "tools/mlc/Commands.h"
#include "tools/mlc/Inputs.h"

#include <algorithm>
#include <map>

using namespace mlc;
using namespace mlc::tools;

namespace {

/// "[0.1, 0.2, ...]": the first elements.
std::string preview(const io::Tensor &tensor) {
  constexpr int64_t shown = 8;
  std::string text = "[";
  int64_t count = tensor.count();
  for (int64_t i = 0; i < std::min(count, shown); ++i) {
    text += (i ? ", " : "") + tensor.textAt(i);
  }
  return text + (count > shown ? ", ...]" : "]");
}

/// A file spec of --output or --expected and the output it is about.
struct FileOfOutput {
  size_t index;
  std::string path;
};

/// The ending says in which format an output is written; what has none, such as
/// /dev/stdout, gets .npy.
std::optional<Problem> checkFormat(const std::string &path) {
  if (path == "-") {
    return makeProblem(exitUsage, "MLC0003", "'--output': found '@-'",
                       "'@/dev/stdout' is the standard output, as .npy");
  }
  std::string name = path.substr(path.rfind('/') + 1);
  bool isKnown = name.find('.') == std::string::npos;
  for (const char *suffix : {".npy", ".npz", ".pb"}) {
    isKnown |= io::hasSuffix(path, suffix);
  }
  return isKnown ? std::nullopt
                 : std::optional(makeProblem(
                       exitUsage, "MLC0003",
                       "'--output': the format of '" + path + "' is not known",
                       "end the name in .npy, .npz or .pb"));
}

std::optional<Problem> readFileSpecs(const ModelRunner &model,
                                     const Arguments &arguments,
                                     const char *option,
                                     std::vector<FileOfOutput> &files) {
  for (const std::string &text : arguments.all(option)) {
    auto spec = io::parseFileSpec(text);
    if (!spec) {
      return makeProblem(exitUsage, "MLC0003",
                         std::string("'--") + option + "': " + spec.error());
    }
    size_t index;
    if (auto problem =
            findPort(model.outputs(), "output", spec->first, index)) {
      return problem;
    }
    if (auto problem = option == std::string("output")
                           ? checkFormat(spec->second)
                           : std::nullopt) {
      return problem;
    }
    files.push_back({index, spec->second});
  }
  return std::nullopt;
}

/// Outputs that name one .npz go into it together.
std::optional<Problem> writeOutputs(const std::vector<FileOfOutput> &files,
                                    const std::vector<io::Tensor> &outputs) {
  std::map<std::string, std::vector<const io::Tensor *>> archives;
  for (const FileOfOutput &file : files) {
    if (io::hasSuffix(file.path, ".npz")) {
      archives[file.path].push_back(&outputs[file.index]);
      continue;
    }
    io::Status written = io::writeTensorFile(file.path, outputs[file.index]);
    if (!written) {
      return makeProblem(exitResource, "MLC0004", written.error());
    }
  }
  for (const auto &[path, tensors] : archives) {
    io::Status written = io::writeFile(path, {io::serializeNpz(tensors)});
    if (!written) {
      return makeProblem(exitResource, "MLC0004", written.error());
    }
  }
  return std::nullopt;
}

struct Expectation {
  size_t index;
  io::Tensor tensor;
  std::string source;
};

/// What --data-set gives: inputs now, expected outputs for later.
std::optional<Problem> readDataSet(const ModelRunner &model,
                                   const std::string &folder,
                                   std::vector<io::Tensor> &inputs,
                                   std::vector<Expectation> &expected) {
  io::Result<io::DataSet> data = io::readDataSet(folder);
  if (!data) {
    return makeProblem(exitUsage, "MLC0602", data.error(),
                       "a data set is a folder with input_0.pb, ... and "
                       "output_0.pb, ...");
  }
  if (data->inputs.size() != model.inputs().size() ||
      data->outputs.size() > model.outputs().size()) {
    return makeProblem(exitUsage, "MLC0602",
                       io::join("'", folder, "' holds ", data->inputs.size(),
                                " inputs and ", data->outputs.size(),
                                " outputs, expected ", model.inputs().size(),
                                " and ", model.outputs().size()));
  }
  inputs = std::move(data->inputs);
  for (size_t k = 0; k < data->outputs.size(); ++k) {
    expected.push_back({k, std::move(data->outputs[k]),
                        io::join(folder, "/output_", k, ".pb")});
  }
  return std::nullopt;
}

std::optional<Problem> readExpected(const ModelRunner &model,
                                    const Arguments &arguments,
                                    std::vector<Expectation> &expected) {
  std::vector<FileOfOutput> files;
  if (auto problem = readFileSpecs(model, arguments, "expected", files)) {
    return problem;
  }
  for (const FileOfOutput &file : files) {
    const Port &port = model.outputs()[file.index];
    io::Result<io::Tensor> tensor = io::readTensorFile(file.path, port.name);
    if (!tensor) {
      return makeProblem(exitUsage, "MLC0004", tensor.error());
    }
    expected.push_back({file.index, std::move(*tensor), file.path});
  }
  return std::nullopt;
}

/// Compares and prints a line for each; the exit code says whether all match.
int compareAll(const Arguments &arguments,
               const std::vector<io::Tensor> &outputs,
               std::vector<Expectation> &expected) {
  io::Tolerance tolerance;
  tolerance.rtol = arguments.number("rtol", tolerance.rtol);
  tolerance.atol = arguments.number("atol", tolerance.atol);
  int exit = exitOk;
  for (Expectation &wanted : expected) {
    const io::Tensor &found = outputs[wanted.index];
    std::optional<std::string> difference;
    if (io::Status adopted = wanted.tensor.adopt(found.type); !adopted) {
      difference = adopted.error();
    } else {
      difference = io::describeMismatch(found, wanted.tensor, tolerance);
    }
    if (!difference) {
      print(io::join(found.name, ": matches ", wanted.source, " (rtol ",
                     tolerance.rtol, ", atol ", tolerance.atol, ")\n"));
      continue;
    }
    Problem problem = makeProblem(exitMismatch, "MLC0601",
                                  "output '" + found.name + "' differs from " +
                                      wanted.source + ": " + *difference);
    exit = report(problem);
  }
  return exit;
}

std::optional<Problem> gatherInputs(const ModelRunner &model,
                                    const Arguments &arguments,
                                    std::vector<io::Tensor> &inputs,
                                    std::vector<Expectation> &expected) {
  if (!arguments.has("data-set")) {
    return bindInputs(model, arguments, false, inputs);
  }
  if (arguments.has("input")) {
    return makeProblem(exitUsage, "MLC0001",
                       "'--data-set' gives all inputs, found also '--input'");
  }
  return readDataSet(model, arguments.get("data-set"), inputs, expected);
}

} // namespace

int mlc::tools::runCommand(const Arguments &arguments) {
  ModelRunner model;
  if (auto problem = model.load(arguments.operand())) {
    return report(*problem);
  }
  std::vector<io::Tensor> inputs, outputs;
  std::vector<Expectation> expected;
  std::vector<FileOfOutput> files;
  if (auto problem = gatherInputs(model, arguments, inputs, expected)) {
    return report(*problem);
  }
  if (auto problem = readExpected(model, arguments, expected)) {
    return report(*problem);
  }
  if (auto problem = readFileSpecs(model, arguments, "output", files)) {
    return report(*problem);
  }
  SessionChoice choice;
  choice.device = arguments.get("device", "cpu");
  choice.threads = static_cast<int32_t>(arguments.integer("threads", 0));
  if (auto problem = model.open(choice)) {
    return report(*problem);
  }
  if (auto problem = model.run(inputs, outputs)) {
    return report(*problem);
  }
  if (auto problem = writeOutputs(files, outputs)) {
    return report(*problem);
  }
  if (files.empty() && expected.empty()) {
    for (const io::Tensor &output : outputs) {
      print(output.name + ": " + output.shapeText() + " = " + preview(output) +
            "\n");
    }
  }
  return compareAll(arguments, outputs, expected);
}
