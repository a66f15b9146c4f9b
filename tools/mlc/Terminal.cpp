//===- Terminal.cpp - what the user sees ------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/mlc/Terminal.h"

#include "compiler/pipeline/Utf8.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <unistd.h>

using namespace mlc;
using namespace mlc::tools;

namespace {

std::string painted(const std::string &text, const char *escape, bool colour) {
  return colour ? std::string("\x1b[") + escape + "m" + text + "\x1b[0m" : text;
}

/// " node '/layer1/Conv' (#17, Conv, opset 22)" or "".
std::string describeNode(const Diagnostic &diagnostic) {
  if (diagnostic.node.empty() && diagnostic.opType.empty() &&
      diagnostic.nodeIndex < 0) {
    return "";
  }
  std::string details;
  auto add = [&](const std::string &detail) {
    details += (details.empty() ? "" : ", ") + detail;
  };
  if (diagnostic.nodeIndex >= 0) {
    add("#" + std::to_string(diagnostic.nodeIndex));
  }
  if (!diagnostic.opType.empty()) {
    add(diagnostic.opType);
  }
  if (diagnostic.opset > 0) {
    add("opset " + std::to_string(diagnostic.opset));
  }
  std::string text = " node '" + diagnostic.node + "'";
  return details.empty() ? text : text + " (" + details + ")";
}

void appendDouble(std::ostringstream &stream, double value) {
  stream.precision(3);
  stream << value;
}

/// Control characters of names from a model must not reach the terminal.
std::string printable(const std::string &text) {
  std::string clean;
  for (std::string_view rest = text; !rest.empty();) {
    Utf8Character character = firstCharacter(rest);
    bool isBreak = rest[0] == '\n' || rest[0] == '\t';
    if (isBreak || (character.valid && !character.isControl())) {
      clean += rest.substr(0, character.bytes);
    } else {
      char escape[8];
      uint32_t code = character.valid ? character.code
                                      : static_cast<unsigned char>(rest[0]);
      std::snprintf(escape, sizeof(escape), "\\x%02x", code);
      clean += escape;
    }
    rest.remove_prefix(character.bytes);
  }
  return clean;
}

} // namespace

Problem mlc::tools::makeProblem(ExitCode exit, const char *code,
                                std::string message, std::string help) {
  Problem problem;
  problem.exit = exit;
  problem.what.code = code;
  problem.what.message = std::move(message);
  problem.what.help = std::move(help);
  return problem;
}

bool mlc::tools::isTerminal(int descriptor) { return ::isatty(descriptor); }

bool mlc::tools::hasColour(int descriptor) {
  const char *off = std::getenv("NO_COLOR");
  const char *term = std::getenv("TERM");
  bool dumb = term && std::strcmp(term, "dumb") == 0;
  return !(off && *off) && !dumb && isTerminal(descriptor);
}

std::string mlc::tools::formatDiagnostic(const Diagnostic &diagnostic,
                                         bool colour) {
  std::string code =
      diagnostic.code.empty() ? "error" : "error[" + diagnostic.code + "]";
  std::string text = painted(code, "1;31", colour) + ": " +
                     painted(printable(diagnostic.message), "1", colour) + "\n";
  std::string node = printable(describeNode(diagnostic));
  if (!diagnostic.file.empty() || !node.empty()) {
    text += "  " + painted("-->", "1;34", colour) + " " +
            printable(diagnostic.file) +
            (diagnostic.file.empty() || node.empty() ? "" : ":") +
            (diagnostic.file.empty() ? node.substr(1) : node) + "\n";
  }
  for (const auto &[kind, note] : diagnostic.notes) {
    text += "  " + printable(kind) + ": " + printable(note) + "\n";
  }
  if (!diagnostic.help.empty()) {
    text += "  " + painted("help", "1;36", colour) + ": " +
            printable(diagnostic.help) + "\n";
  }
  return text;
}

void mlc::tools::printDiagnostic(const Diagnostic &diagnostic) {
  printMessage(formatDiagnostic(diagnostic, hasColour(STDERR_FILENO)));
}

int mlc::tools::report(const Problem &problem) {
  printDiagnostic(problem.what);
  return problem.exit;
}

void mlc::tools::print(const std::string &text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void mlc::tools::printMessage(const std::string &text) {
  std::fflush(stdout); // keeps the order when both go to one place
  std::fwrite(text.data(), 1, text.size(), stderr);
}

int mlc::tools::finishOutput(int code) {
  errno = 0;
  bool isWritten = std::fflush(stdout) == 0 && !std::ferror(stdout);
  if (isWritten || errno == EPIPE) {
    return code;
  }
  int shown = report(
      makeProblem(exitResource, "MLC0004",
                  std::string("cannot write to the standard output") +
                      (errno ? std::string(": ") + std::strerror(errno) : "")));
  return code == exitOk ? shown : code;
}

ProgressLine::ProgressLine(bool enabled)
    : enabled(enabled && isTerminal(STDERR_FILENO)) {}

void ProgressLine::show(const std::string &phase, double share) {
  if (enabled) {
    int percent = static_cast<int>(std::clamp(share, 0.0, 1.0) * 100);
    std::fprintf(stderr, "\r\x1b[K%3d %% %s", percent, phase.c_str());
    std::fflush(stderr);
    shown = true;
  }
}

void ProgressLine::clear() {
  if (shown) {
    std::fputs("\r\x1b[K", stderr);
    std::fflush(stderr);
    shown = false;
  }
}

std::string mlc::tools::formatBytes(int64_t bytes) {
  static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  for (; value >= 999.5 && unit < 4; ++unit) {
    value /= 1000;
  }
  std::ostringstream stream;
  appendDouble(stream, value);
  stream << " " << units[unit];
  return stream.str();
}

std::string mlc::tools::formatSeconds(double seconds) {
  std::ostringstream stream;
  bool micro = seconds < 1e-3, milli = seconds < 1;
  appendDouble(stream, seconds * (micro ? 1e6 : milli ? 1e3 : 1));
  stream << (micro ? " us" : milli ? " ms" : " s");
  return stream.str();
}

std::string TextTable::format(size_t rightAligned) const {
  std::vector<size_t> widths;
  for (const auto &row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t c = 0; c < row.size(); ++c) {
      widths[c] = std::max(widths[c], row[c].size());
    }
  }
  std::string text;
  for (const auto &row : rows) {
    std::string line;
    for (size_t c = 0; c < row.size(); ++c) {
      std::string pad(widths[c] - row[c].size(), ' ');
      line +=
          (c ? "  " : "") + (c < rightAligned ? pad + row[c] : row[c] + pad);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string mlc::tools::shortenNodes(const std::string &nodes) {
  constexpr int shown = 8;
  size_t end = 0;
  for (int i = 0; i < shown && end != std::string::npos; ++i) {
    end = nodes.find(';', end + (i > 0));
  }
  if (end == std::string::npos) {
    return nodes;
  }
  auto more = std::count(nodes.begin() + std::ptrdiff_t(end), nodes.end(), ';');
  return nodes.substr(0, end) + " and " + std::to_string(more) + " more";
}

std::string mlc::tools::wrapText(const std::string &text, size_t indent,
                                 size_t width) {
  std::string result;
  size_t column = indent;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (column > indent && column + 1 + word.size() > width) {
      result += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      result += ' ';
      ++column;
    }
    result += word;
    column += word.size();
  }
  return result;
}
