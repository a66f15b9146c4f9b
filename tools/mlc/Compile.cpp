//===- Compile.cpp - mlc compile and mlc check ------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/pipeline/Compile.h"

#include "tools/mlc/Commands.h"
#include "tools/mlc/Doctor.h"
#include "tools/mlc/Explain.h"
#include "tools/mlc/Json.h"
#include "tools/mlc/Runtime.h"
#include "tools/mlc/Terminal.h"

#include <chrono>
#include <cstring>
#include <sys/stat.h>

using namespace mlc;
using namespace mlc::tools;

namespace {

/// "dir/model.onnx" with --emit=llvm gives "model.ll".
std::string defaultOutput(const std::string &input, const std::string &emit,
                          bool stopsEarly) {
  std::string name = input.substr(input.rfind('/') + 1);
  size_t dot = name.rfind('.');
  std::string stem =
      dot == std::string::npos || dot == 0 ? name : name.substr(0, dot);
  const char *suffix = stopsEarly || emit == "mlc" || emit == "linalg" ? ".mlir"
                       : emit == "llvm"                                ? ".ll"
                       : emit == "ptx"                                 ? ".ptx"
                       : emit == "asm"                                 ? ".s"
                       : emit == "obj"                                 ? ".o"
                                                                       : ".so";
  return stem + suffix;
}

std::optional<Problem> readOptions(const Arguments &arguments,
                                   CompileOptions &options) {
  options.inputPath = arguments.operand();
  options.targets = arguments.all("target");
  options.optLevel = arguments.get("O", "3").front() - '0';
  options.precision = arguments.get("precision", "fp32");
  options.emit = arguments.get("emit", "so");
  options.compileTo = arguments.get("compile-to");
  options.compileFrom = arguments.get("compile-from");
  options.dumpPhasesTo = arguments.get("dump-phases-to");
  options.externalWeights = arguments.get("external-weights");
  options.tuning = arguments.get("tuning");
  options.verifyEach = arguments.has("verify-each");
  options.runtimeDir = arguments.get("runtime-dir", findRuntimeDir());
  options.outputPath =
      arguments.get("output", defaultOutput(options.inputPath, options.emit,
                                            !options.compileTo.empty()));
  if (std::optional<UsageError> error = parseDims(arguments, options.dims)) {
    return makeProblem(exitUsage, "MLC0003", error->message, error->help);
  }
  return std::nullopt;
}

std::string summarize(const CompileOptions &options, double seconds) {
  struct stat info;
  std::string text = options.outputPath + ": ";
  if (::stat(options.outputPath.c_str(), &info) == 0 && S_ISREG(info.st_mode)) {
    text += formatBytes(info.st_size) + ", ";
  }
  return text + "compiled in " + formatSeconds(seconds) + "\n";
}

void writeProblem(JsonWriter &json, const Diagnostic &problem) {
  json.beginObject()
      .member("code", problem.code)
      .member("message", problem.message)
      .member("file", problem.file)
      .member("node", problem.node)
      .member("op", problem.opType)
      .member("node_index", problem.nodeIndex)
      .member("opset", problem.opset);
  json.key("notes").beginArray();
  for (const auto &[kind, text] : problem.notes) {
    json.beginObject().member("kind", kind).member("text", text).endObject();
  }
  json.endArray().member("help", problem.help).endObject();
}

/// Problems that say no better get the remedy that `mlc explain` has.
void completeHelp(std::vector<Diagnostic> &problems) {
  for (Diagnostic &problem : problems) {
    const ErrorEntry *entry = findError(problem.code);
    if (problem.help.empty() && entry) {
      problem.help = entry->remedy;
    }
  }
}

/// Nothing ends without a message, even if the library forgets one.
int finish(Outcome outcome, std::vector<Diagnostic> &problems) {
  if (outcome != Outcome::ok && problems.empty()) {
    problems.push_back(makeProblem(exitInternal, "MLC0999",
                                   "compiling failed without a message")
                           .what);
  }
  completeHelp(problems);
  for (const Diagnostic &problem : problems) {
    printDiagnostic(problem);
  }
  if (problems.size() > 1) {
    printMessage(std::to_string(problems.size()) + " problems\n");
  }
  return static_cast<int>(outcome);
}

} // namespace

int mlc::tools::compileCommand(const Arguments &arguments) {
  CompileOptions options;
  if (auto problem = readOptions(arguments, options)) {
    return report(*problem);
  }
  bool quiet = arguments.has("quiet");
  std::vector<Diagnostic> problems;
  auto start = std::chrono::steady_clock::now();
  Outcome outcome;
  {
    ProgressLine progress(!quiet);
    outcome = compileModel(options, problems,
                           [&](const std::string &phase, double share) {
                             progress.show(phase, share);
                           });
  }
  if (outcome == Outcome::ok && !quiet && isTerminal(2)) {
    std::chrono::duration<double> took =
        std::chrono::steady_clock::now() - start;
    printMessage(summarize(options, took.count()));
  }
  return finish(outcome, problems);
}

static int printOperators(bool asJson) {
  if (asJson) {
    JsonWriter json;
    json.beginObject().key("operators").beginArray();
    for (const auto &[name, since] : supportedOperators()) {
      json.beginObject()
          .member("name", name)
          .member("since_opset", int64_t(since))
          .endObject();
    }
    print(json.endArray().endObject().finish());
    return exitOk;
  }
  TextTable table({"operator", "since opset"});
  for (const auto &[name, since] : supportedOperators()) {
    table.add({name, std::to_string(since)});
  }
  print(table.format());
  return exitOk;
}

static int printProblems(const CompileOptions &options, Outcome outcome,
                         std::vector<Diagnostic> &problems) {
  completeHelp(problems);
  JsonWriter json;
  json.beginObject().member("model", options.inputPath);
  json.member("ok", outcome == Outcome::ok).key("problems").beginArray();
  for (const Diagnostic &problem : problems) {
    writeProblem(json, problem);
  }
  print(json.endArray().endObject().finish());
  return static_cast<int>(outcome);
}

int mlc::tools::checkCommand(const Arguments &arguments) {
  if (arguments.has("operators")) {
    return printOperators(arguments.has("json"));
  }
  if (arguments.operand().empty()) {
    return reportUsage({"'mlc check' expects MODEL.onnx", ""},
                       &arguments.command());
  }
  CompileOptions options;
  options.inputPath = arguments.operand();
  options.targets = arguments.all("target");
  if (std::optional<UsageError> error = parseDims(arguments, options.dims)) {
    return report(
        makeProblem(exitUsage, "MLC0003", error->message, error->help));
  }
  std::vector<Diagnostic> problems;
  Outcome outcome = checkModel(options, problems);
  if (arguments.has("json")) {
    return printProblems(options, outcome, problems);
  }
  if (outcome == Outcome::ok) {
    print(options.inputPath + ": no problems\n");
  }
  return finish(outcome, problems);
}

int mlc::tools::doctorCommand(const Arguments &arguments) {
  return runDoctor(
      arguments,
      [](const std::string &input, const std::string &output) -> std::string {
        CompileOptions options;
        options.inputPath = input;
        options.outputPath = output;
        options.runtimeDir = findRuntimeDir();
        std::vector<Diagnostic> problems;
        if (compileModel(options, problems) == Outcome::ok) {
          return "";
        }
        return problems.empty() ? "compiling failed" : problems.front().message;
      });
}
