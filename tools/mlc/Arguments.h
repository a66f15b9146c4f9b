//===- Arguments.h - a parsed command line ----------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_TOOLS_MLC_ARGUMENTS_H
#define MLC_TOOLS_MLC_ARGUMENTS_H

#include "tools/mlc/Options.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mlc::tools {

/// A command line that is not as the table says.
struct UsageError {
  std::string message;
  std::string help; // "did you mean '--target'?", or empty
};

class Arguments {
public:
  explicit Arguments(const Command &command) : spec(&command) {}

  const Command &command() const { return *spec; }
  bool has(const std::string &name) const;
  /// The last value given, else `otherwise`.
  std::string get(const std::string &name,
                  const std::string &otherwise = "") const;
  std::vector<std::string> all(const std::string &name) const;
  /// The parser has checked that the text is a number.
  int64_t integer(const std::string &name, int64_t otherwise) const;
  double number(const std::string &name, double otherwise) const;
  /// The (first) operand, or "" when it was left out.
  std::string operand() const { return texts.empty() ? "" : texts.front(); }
  const std::vector<std::string> &operands() const { return texts; }

  void add(const std::string &name, std::string value);
  /// False when the command takes no further operand.
  bool addOperand(const std::string &text);
  bool wantsHelp = false;

private:
  const Command *spec;
  std::vector<std::pair<std::string, std::string>> values;
  std::vector<std::string> texts;
};

/// "mlc run"; "mlc-suite" as it is.
std::string fullName(const Command &command);

/// Parses what follows the command's name.
std::optional<UsageError> parseArguments(const std::vector<std::string> &words,
                                         Arguments &into);

/// The candidate that `word` is most likely a misspelling of, or "".
std::string closestMatch(const std::string &word,
                         const std::vector<std::string> &candidates);

/// "name=value" pairs of --dim; the error names the offending text.
std::optional<UsageError>
parseDims(const Arguments &arguments,
          std::vector<std::pair<std::string, std::string>> &dims);

} // namespace mlc::tools
#endif // MLC_TOOLS_MLC_ARGUMENTS_H
