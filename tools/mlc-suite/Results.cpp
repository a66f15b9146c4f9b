//===- Results.cpp - tests found and tables of results ----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/mlc-suite/Suite.h"

#include <algorithm>
#include <filesystem>
#include <sstream>

using namespace mlc::suite;
namespace fs = std::filesystem;

namespace {

/// "suite/node/test_add/" gives "node/test_add".
std::string testName(const fs::path &folder) {
  std::error_code error;
  fs::path whole = fs::absolute(folder, error).lexically_normal();
  if (whole.filename().empty()) {
    whole = whole.parent_path();
  }
  return (whole.parent_path().filename() / whole.filename()).string();
}

void findBelow(const fs::path &folder, int depth,
               std::vector<TestCase> &tests) {
  std::error_code error;
  if (fs::exists(folder / "model.onnx", error)) {
    if (fs::exists(folder / "test_data_set_0", error)) {
      tests.push_back({testName(folder), folder.string()});
    }
    return;
  }
  if (depth == 0) {
    return;
  }
  for (const auto &entry : fs::directory_iterator(folder, error)) {
    if (entry.is_directory(error)) {
      findBelow(entry.path(), depth - 1, tests);
    }
  }
}

/// A reason on one line of a table, without an end.
std::string oneLine(std::string text) {
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return text.size() > 300 ? text.substr(0, 297) + "..." : text;
}

} // namespace

const char *mlc::suite::nameOf(Verdict verdict) {
  static const char *const names[] = {"passed", "failed", "unsupported",
                                      "crashed", "random"};
  return names[static_cast<size_t>(verdict)];
}

std::vector<TestCase>
mlc::suite::findTests(const std::vector<std::string> &folders) {
  constexpr int maxDepth = 16;
  std::vector<TestCase> tests;
  for (const std::string &folder : folders) {
    findBelow(folder, maxDepth, tests);
  }
  std::sort(tests.begin(), tests.end(), [](auto &a, auto &b) {
    return a.name != b.name ? a.name < b.name : a.folder < b.folder;
  });
  auto same = [](auto &a, auto &b) { return a.name == b.name; };
  tests.erase(std::unique(tests.begin(), tests.end(), same), tests.end());
  return tests;
}

std::string mlc::suite::formatTable(const ResultTable &table) {
  std::string text;
  for (const auto &[name, result] : table) {
    text += name + "\t" + nameOf(result.verdict) + "\t" +
            oneLine(result.reason) + "\n";
  }
  return text;
}

std::map<std::string, Verdict>
mlc::suite::readVerdicts(const std::string &text) {
  std::map<std::string, Verdict> verdicts;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream columns(line);
    std::string name, outcome;
    std::getline(columns, name, '\t');
    std::getline(columns, outcome, '\t');
    for (Verdict verdict :
         {Verdict::Passed, Verdict::Failed, Verdict::Unsupported,
          Verdict::Crashed, Verdict::Random}) {
      if (outcome == nameOf(verdict)) {
        verdicts[name] = verdict;
      }
    }
  }
  return verdicts;
}

bool mlc::suite::isWorse(Verdict now, Verdict before) {
  auto rank = [](Verdict verdict) {
    return verdict == Verdict::Passed        ? 0
           : verdict == Verdict::Random      ? 1
           : verdict == Verdict::Unsupported ? 2
           : verdict == Verdict::Failed      ? 3
                                             : 4;
  };
  return rank(now) > rank(before);
}
