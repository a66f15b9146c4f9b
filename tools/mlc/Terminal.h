//===- Terminal.h - what the user sees --------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Data goes to the standard output, messages to the standard error. Colour and
// the progress line appear on a terminal only; NO_COLOR turns colour off.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_TOOLS_MLC_TERMINAL_H
#define MLC_TOOLS_MLC_TERMINAL_H

#include "compiler/pipeline/Diagnostic.h"
#include "tools/mlc/Options.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mlc::tools {

/// A failure and the exit code it leads to.
struct Problem {
  ExitCode exit = exitOk;
  Diagnostic what;
};

Problem makeProblem(ExitCode exit, const char *code, std::string message,
                    std::string help = "");

/// Whether this stream shows colour. `descriptor` is 1 or 2.
bool hasColour(int descriptor);
bool isTerminal(int descriptor);

/// error[MLC0123]: message / --> file: node ... / notes / help.
std::string formatDiagnostic(const Diagnostic &diagnostic, bool colour);
void printDiagnostic(const Diagnostic &diagnostic);
/// Prints the problem and returns its exit code.
int report(const Problem &problem);

/// Writes to the standard output; a closed pipe is not an error.
void print(const std::string &text);
void printMessage(const std::string &text);
/// Writes out what `print` holds. The exit code of the process: `code`, or that
/// of a full disk.
int finishOutput(int code);

/// The line "lower 60 %" that overwrites itself on the standard error.
class ProgressLine {
public:
  explicit ProgressLine(bool enabled);
  ProgressLine(const ProgressLine &) = delete;
  ~ProgressLine() { clear(); }
  void show(const std::string &phase, double share);
  void clear();

private:
  bool enabled;
  bool shown = false;
};

/// 1234567 as "1.2 MB"; 0.00123 as "1.23 ms".
std::string formatBytes(int64_t bytes);
std::string formatSeconds(double seconds);

/// Columns padded to their widest cell. The cells of a right-aligned column
/// are numbers.
class TextTable {
public:
  explicit TextTable(std::vector<std::string> header)
      : rows{std::move(header)} {}
  void add(std::vector<std::string> row) { rows.push_back(std::move(row)); }
  /// Columns [0, count) are right-aligned.
  std::string format(size_t rightAligned = 0) const;

private:
  std::vector<std::vector<std::string>> rows;
};

/// "a;b;c" of a kernel that comes from very many nodes: the first of them and
/// how many there are beyond.
std::string shortenNodes(const std::string &nodes);

/// Breaks `text` at blanks into lines of at most `width` columns, each after
/// the first indented by `indent` blanks.
std::string wrapText(const std::string &text, size_t indent, size_t width = 80);

} // namespace mlc::tools
#endif // MLC_TOOLS_MLC_TERMINAL_H
