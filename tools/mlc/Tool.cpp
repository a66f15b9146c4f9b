//===- Tool.cpp - from the command line to a command ------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/io/File.h"
#include "tools/mlc/Commands.h"
#include "tools/mlc/Help.h"
#include "tools/mlc/Terminal.h"

#include <cstdio>
#include <cstring>
#include <new>
#include <stdexcept>
#include <sys/stat.h>
#include <unistd.h>

using namespace mlc::tools;

namespace {

int writeManPages(const std::string &folder) {
  ::mkdir(folder.c_str(), 0777); // an existing folder is what we want
  for (const auto &[name, text] : formatManPages()) {
    const auto *bytes = reinterpret_cast<const uint8_t *>(text.data());
    mlc::io::Status written =
        mlc::io::writeFile(folder + "/" + name, {{bytes, text.size()}});
    if (!written) {
      return report(makeProblem(exitResource, "MLC0004", written.error()));
    }
  }
  return exitOk;
}

int printCompletion(const std::string &shell) {
  std::string script = formatCompletion(shell);
  if (script.empty()) {
    return reportUsage({"'--generate-completion' expects 'bash' or 'zsh', "
                        "found '" +
                            shell + "'",
                        ""},
                       nullptr);
  }
  print(script);
  return exitOk;
}

int showHelp(const std::string &name) {
  bool colour = hasColour(STDOUT_FILENO);
  if (name.empty()) {
    print(formatHelp(colour));
    return exitOk;
  }
  const Command *command = findCommand(name.c_str());
  if (!command) {
    return reportUsage({"unknown command '" + name + "'", ""}, nullptr);
  }
  if (command->planned) {
    return reportUsage(
        {"'" + fullName(*command) + "' is not in this release", ""}, nullptr);
  }
  print(formatHelp(*command, colour));
  return exitOk;
}

UsageError unknownCommand(const std::string &word) {
  std::vector<std::string> names;
  for (const Command &command : allCommands()) {
    names.push_back(command.name);
  }
  std::string close = closestMatch(word, names);
  return {"unknown command '" + word + "'",
          close.empty() ? "" : "did you mean 'mlc " + close + "'?"};
}

/// Options before the command: --help, --version and the generators.
int runGlobalOption(const std::vector<std::string> &words) {
  const std::string &word = words[0];
  if (word == "--help" || word == "-h") {
    return showHelp("");
  }
  if (word == "--version" || word == "-V") {
    print(std::string("mlc ") + versionText + "\n");
    return exitOk;
  }
  if (word == "--generate-man" || word == "--generate-completion") {
    if (words.size() != 2) {
      return reportUsage({"'" + word + "' expects one argument", ""}, nullptr);
    }
    return word == "--generate-man" ? writeManPages(words[1])
                                    : printCompletion(words[1]);
  }
  return reportUsage({"unknown option '" + word + "'", ""}, nullptr);
}

/// Sizes come from the command line and from files: what does not fit into
/// memory is the caller's news, not the end of the program without a word.
int runHandler(const Handler &handler, const Arguments &arguments) {
  try {
    return handler.run(arguments);
  } catch (const std::bad_alloc &) {
  } catch (const std::length_error &) {
  }
  return report(makeProblem(exitResource, "MLC0508",
                            "there is not enough memory for 'mlc " +
                                std::string(handler.command) + "'",
                            "use smaller inputs"));
}

/// What `words` ask for, done.
int runWords(Rows<Handler> handlers, std::vector<std::string> words) {
  if (words.empty()) {
    return showHelp("");
  }
  if (words[0][0] == '-') {
    return runGlobalOption(words);
  }
  const Command *command = findCommand(words[0].c_str());
  if (!command) {
    return reportUsage(unknownCommand(words[0]), nullptr);
  }
  words.erase(words.begin());
  if (command->planned) {
    return showHelp(command->name); // says so
  }
  Arguments arguments(*command);
  if (std::optional<UsageError> error = parseArguments(words, arguments)) {
    return reportUsage(*error, command);
  }
  if (arguments.wantsHelp) {
    return showHelp(command->name);
  }
  if (std::strcmp(command->name, "help") == 0) {
    return showHelp(arguments.operand());
  }
  if (std::strcmp(command->name, "version") == 0) {
    print(std::string("mlc ") + versionText + "\n");
    return exitOk;
  }
  for (const Handler &handler : handlers) {
    if (std::strcmp(handler.command, command->name) == 0) {
      return runHandler(handler, arguments);
    }
  }
  return reportUsage(
      {std::string("this executable has no '") + command->name + "'; use 'mlc'",
       ""},
      nullptr);
}

} // namespace

int mlc::tools::reportUsage(const UsageError &error, const Command *command) {
  Problem problem = makeProblem(exitUsage, "MLC0001", error.message);
  std::string see =
      command ? "see '" + fullName(*command) + " --help'" : "see 'mlc help'";
  problem.what.help = error.help.empty() ? see : error.help + " " + see;
  if (error.message.find("not in this release") != std::string::npos) {
    problem.what.code = "MLC0002";
  }
  return report(problem);
}

int mlc::tools::runTool(Rows<Handler> handlers, int argc, char **argv) {
  return finishOutput(runWords(handlers, {argv + (argc > 0), argv + argc}));
}
