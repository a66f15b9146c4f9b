//===- Manual.cpp - man pages from the option table -------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/mlc/Help.h"

using namespace mlc::tools;

namespace {

/// Text that troff prints as it stands: '-' and '\' are special anywhere, '.'
/// and ''' at the beginning of a line.
std::string escaped(const std::string &text) {
  std::string result;
  for (char c : text) {
    if (c == '\\') {
      result += "\\e";
    } else if (c == '-') {
      result += "\\-";
    } else if (c == '\'') {
      result += "\\(aq";
    } else if (c == '.' && (result.empty() || result.back() == '\n')) {
      result += "\\&.";
    } else {
      result += c;
    }
  }
  return result;
}

/// No date: the same source gives the same page.
std::string pageTitle(const std::string &name) {
  std::string upper;
  for (char c : name) {
    upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return ".TH \"" + escaped(upper) + "\" 1 \"\" \"mlc " + versionText +
         "\" \"User Commands\"\n";
}

std::string taggedItem(const std::string &tag, const std::string &text) {
  return ".TP\n.B " + escaped(tag) + "\n" + escaped(text) + "\n";
}

std::string exitSection() {
  std::string text = ".SH \"EXIT STATUS\"\n";
  for (const ExitMeaning &exit : allExitCodes()) {
    text += taggedItem(std::to_string(exit.code), exit.meaning);
  }
  return text;
}

std::string commandPage(const Command &command) {
  std::string name = std::string("mlc-") + command.name;
  std::string text = pageTitle(name);
  text += ".SH NAME\n" + escaped(name) + " \\- " + escaped(command.summary) +
          "\n.SH SYNOPSIS\n.B mlc " + escaped(command.name) + "\n" +
          escaped(formatCommandUsage(command)) + "\n.SH DESCRIPTION\n" +
          escaped(command.description) + "\n";
  if (command.operand.name) {
    text += taggedItem(command.operand.name, command.operand.help);
  }
  text += ".SH OPTIONS\n";
  for (const Option &option : command.options) {
    if (option.flags & (Hidden | Planned)) {
      continue;
    }
    std::string help = option.help;
    if (option.choices && option.value == Value::Choice) {
      help += std::string(" One of ") + option.choices + ".";
    }
    text += taggedItem(formatOptionUsage(option), help);
  }
  text += taggedItem("-h, --help", "Show help.");
  text += exitSection();
  if (!command.examples.empty()) {
    text += ".SH EXAMPLES\n";
    for (const Example &example : command.examples) {
      text += ".TP\n.B " + escaped(example.command) + "\n" +
              escaped(example.meaning) + "\n";
    }
  }
  return text + ".SH \"SEE ALSO\"\n.BR mlc (1)\n";
}

/// `help` and `version` have nothing to say beyond the list of commands.
bool hasPage(const Command &command) {
  return !command.planned &&
         !(command.options.empty() && command.examples.empty());
}

std::string mainPage() {
  std::string text = pageTitle("mlc");
  text += ".SH NAME\nmlc \\- compile ONNX models ahead of time\n"
          ".SH SYNOPSIS\n.B mlc\n.I COMMAND\n[options]\n"
          ".SH DESCRIPTION\n"
          "Compiles ONNX models to shared objects that run on CPUs and GPUs, "
          "runs them, and measures them.\n.SH COMMANDS\n";
  std::string seeAlso;
  for (const Command &command : allCommands()) {
    if (!command.planned) {
      text += taggedItem(command.name, command.summary);
      if (hasPage(command)) {
        seeAlso += (seeAlso.empty() ? ".BR " : " (1),\n.BR ") +
                   escaped(std::string("mlc-") + command.name);
      }
    }
  }
  text += ".SH ENVIRONMENT\n";
  text += taggedItem("NO_COLOR", "When set, messages have no colour.");
  text += taggedItem("MLC_NUM_THREADS",
                     "CPU threads of a run, unless an option says otherwise.");
  return text + exitSection() + ".SH \"SEE ALSO\"\n" + seeAlso + " (1)\n";
}

} // namespace

std::vector<std::pair<std::string, std::string>> mlc::tools::formatManPages() {
  std::vector<std::pair<std::string, std::string>> pages;
  pages.emplace_back("mlc.1", mainPage());
  for (const Command &command : allCommands()) {
    if (hasPage(command)) {
      pages.emplace_back(std::string("mlc-") + command.name + ".1",
                         commandPage(command));
    }
  }
  return pages;
}
