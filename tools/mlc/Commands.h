//===- Commands.h - the commands of mlc -------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_TOOLS_MLC_COMMANDS_H
#define MLC_TOOLS_MLC_COMMANDS_H

#include "tools/mlc/Arguments.h"

namespace mlc::tools {

// Each prints its result and its problems and returns the exit code.
int compileCommand(const Arguments &arguments);
int checkCommand(const Arguments &arguments);
int runCommand(const Arguments &arguments);
int benchCommand(const Arguments &arguments);
int inspectCommand(const Arguments &arguments);
int doctorCommand(const Arguments &arguments);
int explainCommand(const Arguments &arguments);

/// Prints what is wrong with the command line, where help is, and returns the
/// exit code. `command` is nullptr when it is not known.
int reportUsage(const UsageError &error, const Command *command);

/// What an executable can do beyond help and version.
struct Handler {
  const char *command;
  int (*run)(const Arguments &arguments);
};

/// The main function of `mlc` and `mlc-runner`, which differ in their handlers
/// only.
int runTool(Rows<Handler> handlers, int argc, char **argv);

} // namespace mlc::tools
#endif // MLC_TOOLS_MLC_COMMANDS_H
