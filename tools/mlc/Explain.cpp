//===- Explain.cpp - mlc explain --------------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/mlc/Explain.h"

#include "tools/mlc/Commands.h"
#include "tools/mlc/Terminal.h"

#include <algorithm>
#include <cctype>

using namespace mlc::tools;

namespace {

constexpr ErrorEntry entries[] = {
#define MLC_ERROR(enumerator, code, title, explanation, remedy)                \
  {code, title, explanation, remedy},
#include "compiler/frontend/onnx/ImportErrors.def"
#define MLC_ERROR(enumerator, code, title, explanation, remedy)                \
  {code, title, explanation, remedy},
#include "tools/mlc/Errors.def"
};

std::string formatEntry(const ErrorEntry &entry) {
  return std::string(entry.code) + ": " + entry.title + "\n\n" +
         wrapText(entry.explanation, 0) +
         "\n\nhelp: " + wrapText(entry.remedy, 6) + "\n";
}

std::string formatList() {
  std::vector<const ErrorEntry *> sorted;
  for (const ErrorEntry &entry : entries) {
    sorted.push_back(&entry);
  }
  std::sort(sorted.begin(), sorted.end(),
            [](auto *a, auto *b) { return std::string(a->code) < b->code; });
  std::string text;
  for (const ErrorEntry *entry : sorted) {
    text += std::string(entry->code) + "  " + wrapText(entry->title, 9) + "\n";
  }
  return text;
}

} // namespace

Rows<ErrorEntry> mlc::tools::allErrors() { return entries; }

const ErrorEntry *mlc::tools::findError(const std::string &code) {
  std::string digits;
  for (char c : code) {
    if (std::isdigit(static_cast<unsigned char>(c))) {
      digits += c;
    }
  }
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  for (const ErrorEntry &entry : entries) {
    std::string number = entry.code + 3;
    number.erase(0, number.find_first_not_of('0'));
    if (number == digits) {
      return &entry;
    }
  }
  return nullptr;
}

int mlc::tools::explainCommand(const Arguments &arguments) {
  if (arguments.operand().empty()) {
    print(formatList());
    return exitOk;
  }
  if (const ErrorEntry *entry = findError(arguments.operand())) {
    print(formatEntry(*entry));
    return exitOk;
  }
  return report(makeProblem(exitUsage, "MLC0001",
                            "no error code '" + arguments.operand() + "'",
                            "'mlc explain' lists all codes"));
}
