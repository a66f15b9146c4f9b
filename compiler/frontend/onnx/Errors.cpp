//===- Errors.cpp - codes and collection of import errors -------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Errors.h"
#include "compiler/frontend/onnx/Import.h"
#include "compiler/pipeline/Utf8.h"

using namespace mlc;
using namespace mlc::onnx;

static const ErrorText table[] = {
#define MLC_ERROR(enumerator, code, title, explanation, remedy)                \
  {code, title, explanation, remedy},
#include "compiler/frontend/onnx/ImportErrors.def"
};

const char *onnx::codeOf(ErrorCode code) { return table[int(code)].code; }
const char *onnx::remedyOf(ErrorCode code) { return table[int(code)].remedy; }

std::vector<ErrorText> mlc::importErrors() {
  return {std::begin(table), std::end(table)};
}

Diagnostic &Problems::add(ErrorCode code, std::string message) {
  Diagnostic diagnostic;
  diagnostic.code = codeOf(code);
  diagnostic.message = std::move(message);
  diagnostic.help = remedyOf(code);
  return add(std::move(diagnostic));
}

std::string onnx::printable(std::string_view text) {
  constexpr size_t limit = 2000;
  std::string result;
  for (std::string_view rest = text.substr(0, limit); !rest.empty();) {
    Utf8Character character = firstCharacter(rest);
    bool shown = character.valid && !character.isControl();
    result += shown ? rest.substr(0, character.bytes) : "?";
    rest.remove_prefix(character.bytes);
  }
  return text.size() > limit ? result + "..." : result;
}

Diagnostic &Problems::add(Diagnostic diagnostic) {
  diagnostic.file = file;
  diagnostic.message = printable(diagnostic.message);
  for (auto &[key, note] : diagnostic.notes) {
    note = printable(note);
  }
  ++total;
  if (total > limit) {
    return dropped = std::move(diagnostic);
  }
  out.push_back(std::move(diagnostic));
  return out.back();
}

void Problems::finish() {
  if (total > limit && !out.empty()) {
    out.back().notes.push_back({"note", std::to_string(total - limit) +
                                            " further problems not shown"});
  }
}
