//===- Json.h - writes JSON -------------------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_TOOLS_MLC_JSON_H
#define MLC_TOOLS_MLC_JSON_H

#include "compiler/pipeline/Utf8.h"

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>

namespace mlc::tools {

/// Builds one JSON text from begin to end; commas and indentation come by
/// themselves. Keys come before their values.
class JsonWriter {
public:
  JsonWriter &beginObject() { return open('{'); }
  JsonWriter &endObject() { return close('}'); }
  JsonWriter &beginArray() { return open('['); }
  JsonWriter &endArray() { return close(']'); }
  JsonWriter &key(const std::string &name) {
    separate();
    text += quoted(name) + ": ";
    afterKey = true;
    return *this;
  }
  JsonWriter &value(const std::string &string) { return raw(quoted(string)); }
  JsonWriter &value(const char *string) { return raw(quoted(string)); }
  JsonWriter &value(bool truth) { return raw(truth ? "true" : "false"); }
  JsonWriter &value(int64_t number) { return raw(std::to_string(number)); }
  JsonWriter &value(int number) { return raw(std::to_string(number)); }
  JsonWriter &value(double number) {
    char buffer[32];
    std::snprintf(buffer, sizeof(buffer), "%.9g", number);
    return raw(std::isfinite(number) ? buffer : "null");
  }
  /// A value that is JSON already.
  JsonWriter &raw(const std::string &json) {
    separate();
    text += json;
    afterKey = false;
    return *this;
  }
  template <typename T>
  JsonWriter &member(const std::string &name, const T &content) {
    return key(name).value(content);
  }
  std::string finish() const { return text + "\n"; }

  static std::string quoted(const std::string &string) {
    std::string result = "\"";
    for (std::string_view rest = string; !rest.empty();) {
      Utf8Character character = firstCharacter(rest);
      if (rest[0] == '"' || rest[0] == '\\') {
        result += std::string("\\") + rest[0];
      } else if (!character.valid) {
        result += "\\ufffd"; // JSON is UTF-8, a name in a model need not be
      } else if (character.isControl()) {
        char escape[8];
        std::snprintf(escape, sizeof(escape), "\\u%04x", character.code);
        result += escape;
      } else {
        result += rest.substr(0, character.bytes);
      }
      rest.remove_prefix(character.bytes);
    }
    return result + "\"";
  }

private:
  void separate() {
    if (afterKey || text.empty()) {
      return;
    }
    text += first ? "\n" : ",\n";
    text.append(depth * 2, ' ');
    first = false;
  }
  JsonWriter &open(char bracket) {
    separate();
    text += bracket;
    ++depth;
    first = true;
    afterKey = false;
    return *this;
  }
  JsonWriter &close(char bracket) {
    --depth;
    if (!first) {
      text += "\n";
      text.append(depth * 2, ' ');
    }
    text += bracket;
    first = false;
    return *this;
  }

  std::string text;
  size_t depth = 0;
  bool first = false;
  bool afterKey = false;
};

} // namespace mlc::tools
#endif // MLC_TOOLS_MLC_JSON_H
