//===- Explain.h - the table of all error codes -----------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_TOOLS_MLC_EXPLAIN_H
#define MLC_TOOLS_MLC_EXPLAIN_H

#include "tools/mlc/Options.h"

#include <string>

namespace mlc::tools {

struct ErrorEntry {
  const char *code;
  const char *title;
  const char *explanation;
  const char *remedy;
};

/// Every code that mlc prints, ascending.
Rows<ErrorEntry> allErrors();
/// The entry of "MLC0123", "mlc123" or "123"; nullptr when there is none.
const ErrorEntry *findError(const std::string &code);

} // namespace mlc::tools
#endif // MLC_TOOLS_MLC_EXPLAIN_H
