//===- Suite.h - runs folders of ONNX tests ---------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_TOOLS_MLC_SUITE_SUITE_H
#define MLC_TOOLS_MLC_SUITE_SUITE_H

#include "compiler/pipeline/Diagnostic.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace mlc::suite {

/// A folder with model.onnx and test_data_set_0.
struct TestCase {
  std::string name; // the last two parts of its path: "node/test_add"
  std::string folder;
};

enum class Verdict {
  Passed,
  Failed,      // a wrong value, shape or type, or an error that is not clean
  Unsupported, // compile says which node it does not support, and why
  Crashed,     // a signal, or too slow
  Random       // draws random numbers; only types and shapes are compared
};

struct TestResult {
  Verdict verdict = Verdict::Crashed;
  std::string reason;
};

/// Compiles `input` to `output` and returns mlc's exit code; problems are
/// appended.
using CompileFn =
    std::function<int(const std::string &input, const std::string &output,
                      std::vector<Diagnostic> &problems)>;

struct SuiteOptions {
  CompileFn compile;
  std::string device = "cpu";
  /// Where compiled models stay, as FOLDER/<test>/model.so; empty: in a
  /// temporary folder.
  std::string keepIn;
  /// Models were compiled before, into `keepIn`.
  bool precompiled = false;
  /// Compile only.
  bool compileOnly = false;
  size_t jobs = 1;
  double timeout = 60;
  /// Bytes of address space of a test; 0: no limit.
  size_t memoryLimit = size_t(4) << 30;
};

/// All tests in `folders` and below, by name.
std::vector<TestCase> findTests(const std::vector<std::string> &folders);

/// Compiles one test, runs its data sets and compares. Meant for a process of
/// its own: whatever the model does stays there.
TestResult runTest(const TestCase &test, const SuiteOptions &options);

/// Runs each test in a child process, `jobs` at a time; calls `done` with its
/// index as each ends. Single-threaded, so that forking is safe.
void runAll(const std::vector<TestCase> &tests, const SuiteOptions &options,
            const std::function<void(size_t, TestResult)> &done);

/// "passed", "failed", "unsupported", "crashed", "random".
const char *nameOf(Verdict verdict);

/// The type of a node of the model that draws random numbers, also in
/// subgraphs and functions; empty when there is none.
std::string findRandomNode(const std::string &modelPath);

/// Test name to result; printed sorted, so that two tables can be compared by
/// diff: name, outcome and reason, with tabs between.
using ResultTable = std::map<std::string, TestResult>;
std::string formatTable(const ResultTable &table);
/// The outcome of each test that a table's text names.
std::map<std::string, Verdict> readVerdicts(const std::string &text);
/// Whether `now` is less than `before`, from passed (or random) by unsupported
/// and failed to crashed.
bool isWorse(Verdict now, Verdict before);

/// The main function of `mlc-suite` and `mlc-suite-runner`. `makeCompile` gets
/// the targets and is empty in the runner, which has no compiler.
int suiteMain(
    int argc, char **argv,
    const std::function<CompileFn(const std::vector<std::string> &targets)>
        &makeCompile);

} // namespace mlc::suite
#endif // MLC_TOOLS_MLC_SUITE_SUITE_H
