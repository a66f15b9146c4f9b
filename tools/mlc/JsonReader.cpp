//===- JsonReader.cpp - reads JSON ------------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/mlc/JsonReader.h"

#include <cstdlib>
#include <cstring>
#include <sstream>

using namespace mlc::tools;

namespace {

class Parser {
public:
  explicit Parser(const std::string &text) : text(text) {}

  bool parse(JsonValue &value) {
    return takeValue(value, 0) && (skipBlanks(), at == text.size());
  }

private:
  void skipBlanks() {
    while (at < text.size() && std::strchr(" \n\r\t", text[at])) {
      ++at;
    }
  }
  bool take(char wanted) {
    skipBlanks();
    bool found = at < text.size() && text[at] == wanted;
    at += found;
    return found;
  }
  bool takeWord(const char *word) {
    size_t length = std::strlen(word);
    bool found = text.compare(at, length, word) == 0;
    at += found ? length : 0;
    return found;
  }

  bool takeEscape(std::string &into) {
    char code = at < text.size() ? text[at++] : '\0';
    if (code == 'u') {
      unsigned point = 0;
      if (at + 4 > text.size()) {
        return false;
      }
      std::istringstream(text.substr(at, 4)) >> std::hex >> point;
      at += 4;
      // Enough for what mlc writes itself: control characters.
      into += point < 0x80 ? static_cast<char>(point) : '?';
      return true;
    }
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *found = code ? std::strchr(from, code) : nullptr;
    if (found) {
      into += to[found - from];
    }
    return found;
  }
  bool takeString(std::string &into) {
    if (!take('"')) {
      return false;
    }
    while (at < text.size() && text[at] != '"') {
      char c = text[at++];
      if (c != '\\') {
        into += c;
      } else if (!takeEscape(into)) {
        return false;
      }
    }
    return take('"');
  }

  bool takeArray(JsonValue &value, int depth) {
    value.kind = JsonValue::Kind::Array;
    if (take(']')) {
      return true;
    }
    do {
      value.items.emplace_back();
      if (!takeValue(value.items.back(), depth)) {
        return false;
      }
    } while (take(','));
    return take(']');
  }
  bool takeObject(JsonValue &value, int depth) {
    value.kind = JsonValue::Kind::Object;
    if (take('}')) {
      return true;
    }
    do {
      value.members.emplace_back();
      skipBlanks();
      if (!takeString(value.members.back().first) || !take(':') ||
          !takeValue(value.members.back().second, depth)) {
        return false;
      }
    } while (take(','));
    return take('}');
  }

  bool takeValue(JsonValue &value, int depth) {
    skipBlanks();
    if (depth > 64 || at >= text.size()) {
      return false;
    }
    if (text[at] == '"') {
      value.kind = JsonValue::Kind::String;
      return takeString(value.string);
    }
    if (take('[')) {
      return takeArray(value, depth + 1);
    }
    if (take('{')) {
      return takeObject(value, depth + 1);
    }
    if (takeWord("null")) {
      return true;
    }
    value.truth = takeWord("true");
    if (value.truth || takeWord("false")) {
      value.kind = JsonValue::Kind::Bool;
      return true;
    }
    char *end = nullptr;
    value.kind = JsonValue::Kind::Number;
    value.number = std::strtod(text.c_str() + at, &end);
    size_t length = static_cast<size_t>(end - text.c_str()) - at;
    at += length;
    return length > 0;
  }

  const std::string &text;
  size_t at = 0;
};

} // namespace

const JsonValue *JsonValue::find(const std::string &name) const {
  for (const auto &[key, value] : members) {
    if (key == name) {
      return &value;
    }
  }
  return nullptr;
}

std::string JsonValue::text() const {
  if (kind == Kind::Number) {
    std::ostringstream stream;
    stream.precision(15);
    stream << number;
    return stream.str();
  }
  return kind == Kind::Bool ? (truth ? "true" : "false") : string;
}

std::optional<JsonValue> mlc::tools::parseJson(const std::string &text) {
  JsonValue value;
  if (!Parser(text).parse(value)) {
    return std::nullopt;
  }
  return value;
}
