//===- RunTest.cpp - one test, in its own process ---------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/io/Compare.h"
#include "tools/io/DataSet.h"
#include "tools/io/File.h"
#include "tools/mlc-suite/Suite.h"
#include "tools/mlc/ModelRunner.h"

#include <cstdlib>
#include <sys/stat.h>
#include <unistd.h>

using namespace mlc;
using namespace mlc::suite;
using mlc::tools::ModelRunner;

namespace {

TestResult failed(const std::string &reason) {
  return {Verdict::Failed, reason};
}

/// "MLC0107 '/layer1/Foo' (Foo): message".
std::string describe(const Diagnostic &problem) {
  std::string text = problem.code;
  if (!problem.node.empty()) {
    text += " '" + problem.node + "'";
  }
  if (!problem.opType.empty()) {
    text += " (" + problem.opType + ")";
  }
  return text + ": " + problem.message;
}

/// Passes report all their errors as MLC0900; only those that call themselves
/// unsupported are a refusal, the others are our bugs.
bool isRefusal(const Diagnostic &problem) {
  return !problem.code.empty() && !problem.message.empty() &&
         (problem.code != "MLC0900" ||
          problem.message.find("unsupported") != std::string::npos ||
          problem.message.find("not supported") != std::string::npos);
}

/// A clean refusal has the right exit code and says why; the suite counts
/// anything else as a failure.
TestResult judgeCompile(int exit, const std::vector<Diagnostic> &problems) {
  std::string reason =
      problems.empty() ? "no message" : describe(problems.front());
  if (problems.size() > 1) {
    reason += io::join(" (and ", problems.size() - 1, " more)");
  }
  bool clean = exit == tools::exitInvalidModel && !problems.empty() &&
               isRefusal(problems.front());
  return clean ? TestResult{Verdict::Unsupported, reason}
               : failed(io::join("compile exits with ", exit, ": ", reason));
}

/// Why `found` is not what the data set expects.
std::optional<std::string> describeDifference(const io::Tensor &found,
                                              const io::Tensor &expected,
                                              const io::Tolerance &tolerance,
                                              bool isRandom) {
  if (isRandom && found.type == expected.type && found.dims == expected.dims) {
    return std::nullopt;
  }
  return io::describeMismatch(found, expected, tolerance);
}

TestResult runDataSet(ModelRunner &model, const std::string &folder,
                      const io::Tolerance &tolerance, bool isRandom) {
  io::Result<io::DataSet> data = io::readDataSet(folder);
  if (!data) {
    return failed(data.error());
  }
  if (data->inputs.size() != model.inputs().size() ||
      data->outputs.size() != model.outputs().size()) {
    return failed(io::join("the model has ", model.inputs().size(),
                           " inputs and ", model.outputs().size(),
                           " outputs, the data set ", data->inputs.size(),
                           " and ", data->outputs.size()));
  }
  std::vector<io::Tensor> outputs;
  if (auto problem = model.run(data->inputs, outputs)) {
    return failed("run: " + describe(problem->what));
  }
  for (size_t k = 0; k < outputs.size(); ++k) {
    if (auto difference = describeDifference(outputs[k], data->outputs[k],
                                             tolerance, isRandom)) {
      return failed("output '" + outputs[k].name + "': " + *difference);
    }
  }
  return {Verdict::Passed, ""};
}

TestResult runModel(const TestCase &test, const std::string &binary,
                    const SuiteOptions &options) {
  io::Result<io::Tolerance> tolerance = io::readTolerance(test.folder);
  if (!tolerance) {
    return failed(tolerance.error());
  }
  ModelRunner model;
  if (auto problem = model.load(binary)) {
    return failed("load: " + describe(problem->what));
  }
  tools::SessionChoice choice;
  choice.device = options.device;
  choice.threads = options.jobs > 1 ? 1 : 0;
  if (auto problem = model.open(choice)) {
    return failed("session: " + describe(problem->what));
  }
  std::string random = findRandomNode(test.folder + "/model.onnx");
  for (const std::string &folder : io::findDataSets(test.folder)) {
    TestResult result = runDataSet(model, folder, *tolerance, !random.empty());
    if (result.verdict != Verdict::Passed) {
      return result;
    }
  }
  if (!random.empty()) {
    return {Verdict::Random, "values not compared: " + random};
  }
  return {Verdict::Passed, ""};
}

/// mkdir -p.
void makeFolders(const std::string &path) {
  for (size_t slash = 1; slash != std::string::npos;) {
    slash = path.find('/', slash + 1);
    ::mkdir(path.substr(0, slash).c_str(), 0777);
  }
}

/// What --compile-only leaves where there is no model to leave.
TestResult readVerdict(const std::string &path) {
  io::Result<io::Bytes> bytes = io::readFile(path, 1 << 20);
  if (!bytes) {
    return failed("there is neither model.so nor refused.txt in its folder");
  }
  return {Verdict::Unsupported, std::string(bytes->begin(), bytes->end())};
}

void writeVerdict(const std::string &path, const std::string &text) {
  const auto *bytes = reinterpret_cast<const uint8_t *>(text.data());
  // A failure shows when --precompiled finds neither file.
  (void)bool(io::writeFile(path, {{bytes, text.size()}}));
}

TestResult compileAndRun(const TestCase &test, const std::string &folder,
                         const SuiteOptions &options) {
  std::string binary = folder + "/model.so", refused = folder + "/refused.txt";
  if (options.precompiled) {
    return ::access(binary.c_str(), R_OK) == 0 ? runModel(test, binary, options)
                                               : readVerdict(refused);
  }
  ::unlink(binary.c_str());
  ::unlink(refused.c_str());
  std::vector<Diagnostic> problems;
  int exit = options.compile(test.folder + "/model.onnx", binary, problems);
  if (exit != tools::exitOk) {
    TestResult result = judgeCompile(exit, problems);
    if (result.verdict == Verdict::Unsupported && !options.keepIn.empty()) {
      writeVerdict(refused, result.reason);
    }
    return result;
  }
  return options.compileOnly ? TestResult{Verdict::Passed, ""}
                             : runModel(test, binary, options);
}

} // namespace

TestResult mlc::suite::runTest(const TestCase &test,
                               const SuiteOptions &options) {
  if (!options.keepIn.empty()) {
    std::string folder = options.keepIn + "/" + test.name;
    makeFolders(folder);
    return compileAndRun(test, folder, options);
  }
  const char *base = std::getenv("TMPDIR");
  std::string folder =
      std::string(base && *base ? base : "/tmp") + "/mlc-suite-XXXXXX";
  if (!::mkdtemp(folder.data())) {
    return failed("no temporary folder can be made");
  }
  // A child that is killed leaves its folder to the parent.
  TestResult result = compileAndRun(test, folder, options);
  ::unlink((folder + "/model.so").c_str());
  ::rmdir(folder.c_str());
  return result;
}
