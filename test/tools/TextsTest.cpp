//===- TextsTest.cpp - texts that are made from tables -*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/mlc/Explain.h"
#include "tools/mlc/Help.h"
#include "tools/mlc/Terminal.h"

#include <gtest/gtest.h>
#include <set>

using namespace mlc;
using namespace mlc::tools;

namespace {

bool contains(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

TEST(Texts, HelpShowsEveryOptionAndNoLongLine) {
  for (const Command &command : allCommands()) {
    std::string help = formatHelp(command, false);
    EXPECT_FALSE(contains(help, "\x1b"));
    for (const Option &option : command.options) {
      bool shown = !(option.flags & (Hidden | Planned));
      std::string usage = "  " + formatOptionUsage(option);
      EXPECT_EQ(contains(help, usage + " ") || contains(help, usage + "\n"),
                shown)
          << command.name << " " << option.name;
    }
    size_t column = 0;
    for (char c : help) {
      column = c == '\n' ? 0 : column + 1;
      EXPECT_LE(column, 100u) << command.name;
    }
  }
}

TEST(Texts, OptionsAreUnique) {
  for (const Command &command : allCommands()) {
    std::set<std::string> names;
    std::set<char> letters = {'h'};
    for (const Option &option : command.options) {
      EXPECT_TRUE(names.insert(option.name).second) << option.name;
      EXPECT_TRUE(!option.letter || letters.insert(option.letter).second);
      EXPECT_NE(std::string(option.name), "help");
      EXPECT_EQ(option.value == Value::None, option.valueName == nullptr);
      EXPECT_TRUE(option.value != Value::Choice || option.choices);
    }
  }
}

TEST(Texts, MainHelpNamesEveryCommandAndExitCode) {
  std::string help = formatHelp(false);
  for (const Command &command : allCommands()) {
    EXPECT_TRUE(contains(help, command.name));
  }
  for (const ExitMeaning &exit : allExitCodes()) {
    EXPECT_TRUE(contains(help, "  " + std::to_string(exit.code) + "  "));
  }
}

TEST(Texts, ManPagesCoverTheCommands) {
  auto pages = formatManPages();
  EXPECT_EQ(pages.front().first, "mlc.1");
  std::set<std::string> names;
  for (const auto &[name, text] : pages) {
    names.insert(name);
    EXPECT_TRUE(contains(text, ".SH NAME"));
    EXPECT_TRUE(contains(text, ".SH \"EXIT STATUS\""));
  }
  EXPECT_TRUE(names.count("mlc-compile.1") && names.count("mlc-run.1"));
}

TEST(Texts, CompletionKnowsTheShells) {
  EXPECT_TRUE(contains(formatCompletion("bash"), "--compile-to="));
  EXPECT_TRUE(contains(formatCompletion("zsh"), "#compdef mlc"));
  EXPECT_EQ(formatCompletion("fish"), "");
}

TEST(Texts, ErrorCodesAreUniqueAndComplete) {
  std::set<std::string> codes;
  for (const ErrorEntry &entry : allErrors()) {
    std::string code = entry.code;
    EXPECT_TRUE(codes.insert(code).second) << code;
    EXPECT_EQ(code.size(), 7u);
    EXPECT_EQ(code.compare(0, 3, "MLC"), 0);
    EXPECT_TRUE(*entry.title && *entry.explanation && *entry.remedy) << code;
    EXPECT_EQ(findError(code), &entry);
  }
  EXPECT_STREQ(findError("mlc1")->code, "MLC0001");
  EXPECT_STREQ(findError("0601")->code, "MLC0601");
  EXPECT_EQ(findError("MLC"), nullptr);
  EXPECT_EQ(findError(""), nullptr);
}

TEST(Texts, DiagnosticsHaveTheirForm) {
  Diagnostic problem;
  problem.code = "MLC0123";
  problem.message = "op not supported";
  problem.file = "model.onnx";
  problem.node = "/layer1/Conv";
  problem.opType = "Conv";
  problem.nodeIndex = 17;
  problem.opset = 22;
  problem.notes = {{"found", "group 3"}, {"expected", "group 1"}};
  problem.help = "use another";
  EXPECT_EQ(formatDiagnostic(problem, false),
            "error[MLC0123]: op not supported\n"
            "  --> model.onnx: node '/layer1/Conv' (#17, Conv, opset 22)\n"
            "  found: group 3\n"
            "  expected: group 1\n"
            "  help: use another\n");
  problem.node = "evil\x1b[31m";
  EXPECT_FALSE(contains(formatDiagnostic(problem, false), "\x1b"));
}

TEST(Texts, ManyNodesAreCounted) {
  EXPECT_EQ(shortenNodes(""), "");
  EXPECT_EQ(shortenNodes("a;b;c;d;e;f;g;h"), "a;b;c;d;e;f;g;h");
  EXPECT_EQ(shortenNodes("a;b;c;d;e;f;g;h;i"), "a;b;c;d;e;f;g;h and 1 more");
  EXPECT_EQ(shortenNodes("a;b;c;d;e;f;g;h;i;j;k"),
            "a;b;c;d;e;f;g;h and 3 more");
}

TEST(Texts, NumbersAreReadable) {
  EXPECT_EQ(formatBytes(0), "0 B");
  EXPECT_EQ(formatBytes(999), "999 B");
  EXPECT_EQ(formatBytes(1234567), "1.23 MB");
  EXPECT_EQ(formatSeconds(0.0000123), "12.3 us");
  EXPECT_EQ(formatSeconds(0.0123), "12.3 ms");
  EXPECT_EQ(formatSeconds(12.3), "12.3 s");
}

} // namespace
