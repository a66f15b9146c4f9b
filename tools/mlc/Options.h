//===- Options.h - what the command line understands ------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One table (Options.cpp) describes every command and option. Parsing, help,
// man pages and shell completion read nothing else.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_TOOLS_MLC_OPTIONS_H
#define MLC_TOOLS_MLC_OPTIONS_H

#include <cstddef>

namespace mlc::tools {

/// The part of a constant array that a table row points at.
template <typename T> struct Rows {
  const T *first = nullptr;
  size_t count = 0;
  constexpr Rows() = default;
  template <size_t N>
  constexpr Rows(const T (&rows)[N]) : first(rows), count(N) {}
  const T *begin() const { return first; }
  const T *end() const { return first + count; }
  bool empty() const { return count == 0; }
};

/// What follows an option; tells the parser what to check and the shell what
/// to offer. Integers begin with 0, counts with 1.
enum class Value { None, Text, File, Folder, Integer, Count, Number, Choice };

enum OptionFlags : unsigned {
  Once = 0,
  Repeatable = 1,
  Hidden = 2,  // works, but help and completion leave it out
  Planned = 4, // has its name already, refused with "not in this release"
  Joined = 8,  // its value is written right behind the letter: -O3
};

struct Option {
  const char *name; // "output" for --output; "O" for -O3
  char letter;      // 'o' for -o, or 0
  Value value;
  const char *valueName; // "FILE"
  const char *choices;   // "a|b|c": all values of a Choice, examples of others
  unsigned flags;
  const char *help;
};

struct Operand {
  const char *name; // "MODEL.onnx"
  Value value;
  bool required;
  const char *suffix; // ".onnx": what completion offers
  const char *help;
  bool many = false; // takes any number of them
};

struct Example {
  const char *command;
  const char *meaning;
};

struct Command {
  const char *name;        // "run"; a program of its own has its full name
  const char *summary;     // one line, no full stop
  const char *description; // whole sentences
  Operand operand;         // name is nullptr when the command takes none
  Rows<Option> options;
  Rows<Example> examples;
  bool planned;
};

/// Every command, in the order that help shows.
Rows<Command> allCommands();
/// The command of that name, or nullptr.
const Command *findCommand(const char *name);
/// What the exit codes mean, in their order.
struct ExitMeaning {
  int code;
  const char *meaning;
};
Rows<ExitMeaning> allExitCodes();

enum ExitCode : int {
  exitOk = 0,
  exitMismatch = 1,
  exitUsage = 2,
  exitInvalidModel = 3,
  exitInternal = 4,
  exitResource = 5,
};

} // namespace mlc::tools
#endif // MLC_TOOLS_MLC_OPTIONS_H
