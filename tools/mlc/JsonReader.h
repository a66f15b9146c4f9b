//===- JsonReader.h - reads JSON --------------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_TOOLS_MLC_JSONREADER_H
#define MLC_TOOLS_MLC_JSONREADER_H

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mlc::tools {

/// A JSON value; members keep the order of the text.
struct JsonValue {
  enum class Kind { Null, Bool, Number, String, Array, Object };
  Kind kind = Kind::Null;
  bool truth = false;
  double number = 0;
  std::string string;
  std::vector<JsonValue> items;
  std::vector<std::pair<std::string, JsonValue>> members;

  /// The member `name`, or nullptr.
  const JsonValue *find(const std::string &name) const;
  /// A number or string as text.
  std::string text() const;
};

/// Nothing when `text` is not one JSON value, or nests deeper than 64.
std::optional<JsonValue> parseJson(const std::string &text);

} // namespace mlc::tools
#endif // MLC_TOOLS_MLC_JSONREADER_H
