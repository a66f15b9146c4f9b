//===- SuiteMain.cpp - mlc-suite's command line -----------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/io/File.h"
#include "tools/mlc-suite/Suite.h"
#include "tools/mlc/Commands.h"
#include "tools/mlc/Help.h"
#include "tools/mlc/Terminal.h"

#include <regex.h>
#include <sched.h>

using namespace mlc;
using namespace mlc::suite;
using namespace mlc::tools;

namespace {

constexpr Option suiteOptions[] = {
    {"target", 0, Value::Text, "TARGET", nullptr, Repeatable,
     "Compile for this target (default: cpu)."},
    {"device", 0, Value::Text, "DEVICE", "cpu|cuda:0|hip:0", Once,
     "Where to run: cpu, cuda:N or hip:N (default: cpu)."},
    {"table", 0, Value::File, "FILE", nullptr, Once,
     "Write a sorted table to FILE: test, outcome and reason, with tabs "
     "between."},
    {"compare", 0, Value::File, "FILE", nullptr, Once,
     "List each test with a lesser outcome than in the table FILE; exit code 1 "
     "if there is one, and only then."},
    {"filter", 0, Value::Text, "REGEX", nullptr, Once,
     "Run only the tests whose name matches."},
    {"every", 0, Value::Integer, "N", nullptr, Once,
     "Run only every N-th of the tests, the first to begin with: a sample for "
     "builds that are slow."},
    {"jobs", 'j', Value::Integer, "N", nullptr, Once,
     "Tests at a time (default: the number of CPUs)."},
    {"timeout", 0, Value::Number, "S", nullptr, Once,
     "Seconds for one test (default: 60)."},
    {"keep", 0, Value::Folder, "DIR", nullptr, Once,
     "Leave each compiled model as DIR/TEST/model.so."},
    {"compile-only", 0, Value::None, nullptr, nullptr, Once,
     "Compile and do not run; for a later --precompiled run elsewhere."},
    {"precompiled", 0, Value::Folder, "DIR", nullptr, Once,
     "Do not compile; run what --keep DIR has left."},
};
constexpr Example suiteExamples[] = {
    {"mlc-suite build/onnx-suite --table cpu.tsv", "all tests on the CPU"},
    {"mlc-suite build/onnx-suite --compare cpu.tsv", "is anything lost?"},
    {"mlc-suite build/onnx-suite --target=cuda:sm_90 --keep out "
     "--compile-only",
     "compile here ..."},
    {"mlc-suite-runner suite --precompiled out --device=cuda:0",
     "... and run where the GPU is"},
};
constexpr Command suiteCommand = {
    "mlc-suite",
    "run folders of ONNX tests",
    "Runs every test in the folders and below: model.onnx is compiled, run "
    "on each test_data_set_N, and compared with the stored outputs (rtol 1e-3 "
    "and atol 1e-7, or those of tolerance.txt). Each test has a process, 4 "
    "GiB of memory and a time limit of its own. A model with a node that draws "
    "random numbers is compared by type and shape only, and counted apart. The "
    "last line counts the other outcomes.",
    {"DIR", Value::Folder, true, nullptr, "a folder with tests in it", true},
    suiteOptions,
    suiteExamples,
    false};

/// Keeps the tests 0, step, 2 step, ...
void sample(size_t step, std::vector<TestCase> &tests) {
  size_t kept = 0;
  for (size_t i = 0; i < tests.size(); i += step) {
    std::swap(tests[kept++], tests[i]);
  }
  tests.resize(kept);
}

/// Keeps the tests that --filter names; false when it is no expression.
bool applyFilter(const std::string &pattern, std::vector<TestCase> &tests) {
  regex_t expression;
  if (::regcomp(&expression, pattern.c_str(), REG_EXTENDED | REG_NOSUB)) {
    return false;
  }
  std::vector<TestCase> kept;
  for (TestCase &test : tests) {
    if (::regexec(&expression, test.name.c_str(), 0, nullptr, 0) == 0) {
      kept.push_back(std::move(test));
    }
  }
  ::regfree(&expression);
  tests = std::move(kept);
  return true;
}

std::optional<UsageError>
readOptions(const Arguments &arguments, bool hasCompiler,
            const std::function<CompileFn(const std::vector<std::string> &)>
                &makeCompile,
            SuiteOptions &options) {
  cpu_set_t cpus;
  size_t count = ::sched_getaffinity(0, sizeof(cpus), &cpus) == 0
                     ? static_cast<size_t>(CPU_COUNT(&cpus))
                     : 1;
  options.jobs = static_cast<size_t>(
      std::max<int64_t>(1, arguments.integer("jobs", int64_t(count))));
  options.timeout = arguments.number("timeout", 60);
  options.device = arguments.get("device", "cpu");
  options.keepIn = arguments.get("precompiled", arguments.get("keep"));
  options.precompiled = arguments.has("precompiled");
  options.compileOnly = arguments.has("compile-only");
  if (options.device != "cpu") {
    options.memoryLimit = 0; // GPU drivers reserve far more than they use
  }
  if (options.precompiled && (options.compileOnly || arguments.has("keep") ||
                              arguments.has("target"))) {
    return UsageError{"'--precompiled' excludes '--target', '--keep' and "
                      "'--compile-only'",
                      ""};
  }
  if (options.compileOnly && options.keepIn.empty()) {
    return UsageError{"'--compile-only' needs '--keep DIR'", ""};
  }
  if (!options.precompiled && !hasCompiler) {
    return UsageError{"mlc-suite-runner has no compiler and needs "
                      "'--precompiled DIR'",
                      ""};
  }
  if (!options.precompiled) {
    options.compile = makeCompile(arguments.all("target"));
  }
  return std::nullopt;
}

ResultTable runTests(const std::vector<TestCase> &tests,
                     const SuiteOptions &options) {
  ResultTable table;
  ProgressLine progress(true);
  size_t finished = 0;
  runAll(tests, options, [&](size_t index, TestResult result) {
    table[tests[index].name] = std::move(result);
    progress.show(tests[index].name, double(++finished) / double(tests.size()));
  });
  return table;
}

/// Prints the tests that have got worse since the table `path`.
int compareWith(const std::string &path, const ResultTable &table,
                bool filtered) {
  io::Result<io::Bytes> bytes = io::readFile(path);
  if (!bytes) {
    return tools::report(makeProblem(exitUsage, "MLC0004", bytes.error()));
  }
  int exit = exitOk;
  for (const auto &[name, before] :
       readVerdicts(std::string(bytes->begin(), bytes->end()))) {
    auto found = table.find(name);
    if (found == table.end() ? filtered
                             : !isWorse(found->second.verdict, before)) {
      continue;
    }
    print("no longer " + std::string(nameOf(before)) + ": " + name + ": " +
          (found == table.end() ? "not found"
                                : std::string(nameOf(found->second.verdict)) +
                                      ", " + found->second.reason) +
          "\n");
    exit = exitMismatch;
  }
  return exit;
}

/// Prints failures and crashes, then the line that counts everything.
int printSummary(const ResultTable &table, int compared, bool comparing) {
  size_t counts[5] = {0, 0, 0, 0, 0};
  for (const auto &[name, result] : table) {
    ++counts[static_cast<size_t>(result.verdict)];
    if (result.verdict == Verdict::Failed ||
        result.verdict == Verdict::Crashed) {
      print(std::string(nameOf(result.verdict)) + " " + name + ": " +
            result.reason + "\n");
    }
  }
  size_t passed = counts[0], failed = counts[1], unsupported = counts[2],
         crashed = counts[3];
  if (size_t random = counts[4]) {
    print(io::join(random, " random: compared by type and shape only\n"));
  }
  print(io::join(passed, " passed, ", failed, " failed, ", unsupported,
                 " unsupported, ", crashed, " crashed\n"));
  if (comparing) {
    return compared;
  }
  return failed + crashed > 0 ? exitMismatch : exitOk;
}

} // namespace

int mlc::suite::suiteMain(
    int argc, char **argv,
    const std::function<CompileFn(const std::vector<std::string> &)>
        &makeCompile) {
  std::vector<std::string> words(argv + (argc > 0), argv + argc);
  Arguments arguments(suiteCommand);
  std::optional<UsageError> error;
  if (words.empty()) {
    arguments.wantsHelp = true;
  } else {
    error = parseArguments(words, arguments);
  }
  if (!error && arguments.wantsHelp) {
    print(formatHelp(suiteCommand, hasColour(1)));
    return exitOk;
  }
  SuiteOptions options;
  if (!error) {
    error = readOptions(arguments, bool(makeCompile), makeCompile, options);
  }
  if (error) {
    return reportUsage(*error, &suiteCommand);
  }
  std::vector<TestCase> tests = findTests(arguments.operands());
  if (arguments.has("filter") && !applyFilter(arguments.get("filter"), tests)) {
    return reportUsage({"'--filter' expects a regular expression, found '" +
                            arguments.get("filter") + "'",
                        ""},
                       &suiteCommand);
  }
  sample(size_t(std::max<int64_t>(1, arguments.integer("every", 1))), tests);
  if (tests.empty()) {
    return reportUsage({"no test found: no model.onnx with a test_data_set_0 "
                        "beside it",
                        ""},
                       &suiteCommand);
  }
  ResultTable table = runTests(tests, options);
  if (arguments.has("table")) {
    std::string text = formatTable(table);
    const auto *bytes = reinterpret_cast<const uint8_t *>(text.data());
    io::Status written =
        io::writeFile(arguments.get("table"), {{bytes, text.size()}});
    if (!written) {
      return tools::report(
          makeProblem(exitResource, "MLC0004", written.error()));
    }
  }
  bool comparing = arguments.has("compare");
  int compared =
      comparing ? compareWith(arguments.get("compare"), table,
                              arguments.has("filter") || arguments.has("every"))
                : 0;
  return printSummary(table, compared, comparing);
}
