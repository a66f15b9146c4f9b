//===- ArgumentsTest.cpp - parses command lines -*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/mlc/Arguments.h"

#include <gtest/gtest.h>

using namespace mlc::tools;

namespace {

std::string errorOf(const char *command, std::vector<std::string> words) {
  Arguments arguments(*findCommand(command));
  std::optional<UsageError> error = parseArguments(words, arguments);
  return error
             ? error->message + (error->help.empty() ? "" : "; ") + error->help
             : "";
}

TEST(Arguments, TakesAllSpellings) {
  Arguments arguments(*findCommand("compile"));
  ASSERT_FALSE(
      parseArguments({"m.onnx", "-o", "a.so", "--target=cpu", "--target",
                      "cuda:sm_90", "-O2", "--dim", "batch=1", "-q"},
                     arguments));
  EXPECT_EQ(arguments.operand(), "m.onnx");
  EXPECT_EQ(arguments.get("output"), "a.so");
  EXPECT_EQ(arguments.all("target"),
            (std::vector<std::string>{"cpu", "cuda:sm_90"}));
  EXPECT_EQ(arguments.get("O"), "2");
  EXPECT_TRUE(arguments.has("quiet"));
  EXPECT_FALSE(arguments.has("emit"));
}

TEST(Arguments, OperandsMayBeginWithADash) {
  Arguments arguments(*findCommand("compile"));
  ASSERT_FALSE(parseArguments({"-oa", "--", "-m.onnx"}, arguments));
  EXPECT_EQ(arguments.operand(), "-m.onnx");
  EXPECT_EQ(arguments.get("output"), "a");
}

TEST(Arguments, SaysWhatIsWrong) {
  EXPECT_EQ(errorOf("compile", {"m", "--targt=cpu"}),
            "unknown option '--targt'; did you mean '--target'?");
  EXPECT_EQ(errorOf("compile", {"m", "--zzzzzz"}), "unknown option '--zzzzzz'");
  EXPECT_EQ(errorOf("compile", {"m", "--emit=lvm"}),
            "'--emit' expects 'mlc', 'linalg', 'llvm', 'ptx', 'asm', 'obj' or "
            "'so', found 'lvm'; did you mean 'llvm'?");
  EXPECT_EQ(errorOf("compile", {"m", "-O4"}),
            "'-O' expects '0', '1', '2' or '3', found '4'");
  EXPECT_EQ(errorOf("compile", {"m", "-o"}),
            "'--output' expects FILE, found nothing");
  EXPECT_EQ(errorOf("compile", {"m", "--output="}),
            "'--output' expects FILE, found nothing");
  EXPECT_EQ(errorOf("compile", {"m", "-oa", "-ob"}),
            "'--output' is given twice");
  EXPECT_EQ(errorOf("compile", {"m", "--quiet=1"}),
            "'--quiet' takes no value, found '1'");
  EXPECT_EQ(errorOf("compile", {}), "'mlc compile' expects MODEL.onnx");
  EXPECT_EQ(errorOf("compile", {"a", "b"}),
            "'mlc compile' takes one MODEL.onnx, found also 'b'");
  EXPECT_EQ(errorOf("doctor", {"a"}), "'mlc doctor' takes no 'a'");
  EXPECT_EQ(errorOf("compile", {"m", "--train"}),
            "'--train' is not in this release");
}

TEST(Arguments, ChecksNumbers) {
  for (const char *bad : {"x", "-1", "1.5", "99999999999", ""}) {
    EXPECT_NE(errorOf("bench", {"m", std::string("--iterations=") + bad}), "")
        << bad;
  }
  for (const char *bad : {"x", "-1", "nan", ""}) {
    EXPECT_NE(errorOf("run", {"m", std::string("--rtol=") + bad}), "") << bad;
  }
  EXPECT_EQ(errorOf("run", {"m", "--rtol=1e-3", "--threads", "4"}), "");
}

TEST(Arguments, HelpNeedsNoOperand) {
  EXPECT_EQ(errorOf("compile", {"--help"}), "");
  EXPECT_EQ(errorOf("compile", {"-h"}), "");
}

TEST(Arguments, SplitsDims) {
  Arguments arguments(*findCommand("compile"));
  std::vector<std::pair<std::string, std::string>> dims;
  ASSERT_FALSE(
      parseArguments({"m", "--dim", "batch=8", "--dim=seq=1..4"}, arguments));
  ASSERT_FALSE(parseDims(arguments, dims));
  ASSERT_EQ(dims.size(), 2u);
  EXPECT_EQ(dims[1], std::make_pair(std::string("seq"), std::string("1..4")));
  Arguments bad(*findCommand("compile"));
  ASSERT_FALSE(parseArguments({"m", "--dim", "batch"}, bad));
  EXPECT_TRUE(parseDims(bad, dims));
}

TEST(Arguments, SuggestsOnlyWhatIsClose) {
  EXPECT_EQ(closestMatch("comple", {"compile", "run"}), "compile");
  EXPECT_EQ(closestMatch("tagret", {"target", "table"}), "target");
  EXPECT_EQ(closestMatch("xyz", {"compile", "run"}), "");
  EXPECT_EQ(closestMatch("4", {"0", "1"}), "");
}

} // namespace
