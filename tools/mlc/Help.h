//===- Help.h - texts made from the option table ----------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_TOOLS_MLC_HELP_H
#define MLC_TOOLS_MLC_HELP_H

#include "tools/mlc/Options.h"

#include <string>
#include <utility>
#include <vector>

namespace mlc::tools {

extern const char versionText[];

/// `mlc help` and `mlc help COMMAND`.
std::string formatHelp(bool colour);
std::string formatHelp(const Command &command, bool colour);

/// "-o, --output FILE" or "-O0 to -O3".
std::string formatOptionUsage(const Option &option);
/// "MODEL.onnx [options]".
std::string formatCommandUsage(const Command &command);

/// The man pages as (file name, troff text): mlc.1, mlc-compile.1, ...
std::vector<std::pair<std::string, std::string>> formatManPages();

/// A completion script; `shell` is "bash" or "zsh", else the result is empty.
std::string formatCompletion(const std::string &shell);

} // namespace mlc::tools
#endif // MLC_TOOLS_MLC_HELP_H
