//===- Help.cpp - help from the option table --------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/mlc/Help.h"

#include "tools/mlc/Arguments.h"
#include "tools/mlc/Terminal.h"

using namespace mlc::tools;

#ifndef MLC_VERSION
#define MLC_VERSION "0.1.0"
#endif
const char mlc::tools::versionText[] = MLC_VERSION;

namespace {

std::string heading(const char *text, bool colour) {
  return colour ? std::string("\x1b[1m") + text + "\x1b[0m\n"
                : std::string(text) + "\n";
}

/// One entry of a list: `name` in the left column, `text` wrapped in the right.
std::string listEntry(const std::string &name, const std::string &text,
                      size_t column) {
  std::string line = "  " + name;
  if (line.size() + 2 > column) {
    line += "\n" + std::string(column, ' ');
  } else {
    line.append(column - line.size(), ' ');
  }
  return line + wrapText(text, column) + "\n";
}

std::string formatExamples(const Rows<Example> &examples, bool colour) {
  std::string text;
  if (!examples.empty()) {
    text += "\n" + heading("Examples:", colour);
    for (const Example &example : examples) {
      text += std::string("  ") + example.command + "\n      " +
              example.meaning + "\n";
    }
  }
  return text;
}

} // namespace

std::string mlc::tools::formatOptionUsage(const Option &option) {
  if (option.flags & Joined) {
    return std::string("-") + option.letter + option.valueName;
  }
  std::string text =
      option.letter ? std::string("-") + option.letter + ", " : "";
  text += std::string("--") + option.name;
  if (option.value != Value::None) {
    text += std::string(" ") + option.valueName;
  }
  return text;
}

std::string mlc::tools::formatCommandUsage(const Command &command) {
  std::string text;
  if (command.operand.name) {
    std::string name = command.operand.name;
    name += command.operand.many ? "..." : "";
    text += command.operand.required ? name : "[" + name + "]";
  }
  if (!command.options.empty()) {
    text += text.empty() ? "[options]" : " [options]";
  }
  return text;
}

std::string mlc::tools::formatHelp(bool colour) {
  std::string text =
      "mlc compiles ONNX models ahead of time to shared objects for CPUs and "
      "GPUs.\n\nUsage: mlc COMMAND [options]\n\n";
  text += heading("Examples:", colour);
  text += "  mlc compile model.onnx -o model.so\n"
          "  mlc run model.so --input x=@x.npy --output y=@y.npy\n"
          "  mlc bench model.so\n\n";
  text += heading("Commands:", colour);
  std::string planned;
  for (const Command &command : allCommands()) {
    if (command.planned) {
      planned += (planned.empty() ? "" : ", ") + std::string(command.name);
    } else {
      text += listEntry(command.name, command.summary, 12);
    }
  }
  text += "\nNot in this release: " + planned + ".\n\n";
  text += heading("Exit codes:", colour);
  for (const ExitMeaning &exit : allExitCodes()) {
    text += listEntry(std::to_string(exit.code), exit.meaning, 5);
  }
  return text + "\n'mlc help COMMAND' or 'mlc COMMAND --help' says more.\n";
}

std::string mlc::tools::formatHelp(const Command &command, bool colour) {
  std::string usage = formatCommandUsage(command);
  std::string text = "Usage: " + fullName(command) +
                     (usage.empty() ? "" : " " + usage) + "\n\n";
  text += wrapText(command.description, 0) + "\n";
  text += formatExamples(command.examples, colour);
  if (command.operand.name) {
    text += "\n" + heading("Argument:", colour) +
            listEntry(command.operand.name, command.operand.help, 26);
  }
  text += "\n" + heading("Options:", colour);
  for (const Option &option : command.options) {
    if (option.flags & (Hidden | Planned)) {
      continue;
    }
    std::string help = option.help;
    if (option.value == Value::Choice && !(option.flags & Joined)) {
      help += std::string(" One of ") + option.choices + ".";
    }
    text += listEntry(formatOptionUsage(option), help, 26);
  }
  text += listEntry("-h, --help", "Show this help.", 26);
  return text;
}
