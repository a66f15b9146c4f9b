//===- Errors.h - codes and collection of import errors ---------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_FRONTEND_ONNX_ERRORS_H
#define MLC_COMPILER_FRONTEND_ONNX_ERRORS_H

#include "compiler/pipeline/Diagnostic.h"

#include <string>
#include <string_view>
#include <vector>

namespace mlc::onnx {

enum class ErrorCode {
#define MLC_ERROR(enumerator, code, title, explanation, remedy) enumerator,
#include "compiler/frontend/onnx/ImportErrors.def"
};

const char *codeOf(ErrorCode code);
const char *remedyOf(ErrorCode code);

/// `text` without control characters, cut to a sane length: names come from a
/// file, and must not forge lines of a report or steer a terminal.
std::string printable(std::string_view text);

/// The problems of one model. Past `limit` entries further ones are counted
/// only, so that a hostile model cannot make the report itself endless.
class Problems {
public:
  Problems(std::string file, std::vector<Diagnostic> &out)
      : file(std::move(file)), out(out) {}

  /// Adds a problem that is not about a node; the help text is the code's
  /// remedy. The reference lets the caller add notes.
  Diagnostic &add(ErrorCode code, std::string message);
  Diagnostic &add(Diagnostic diagnostic);

  size_t count() const { return total; }
  /// Appends a note on suppressed entries, if any.
  void finish();

private:
  static constexpr size_t limit = 200;
  std::string file;
  std::vector<Diagnostic> &out;
  Diagnostic dropped;
  size_t total = 0;
};

} // namespace mlc::onnx

#endif // MLC_COMPILER_FRONTEND_ONNX_ERRORS_H
