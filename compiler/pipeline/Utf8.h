//===- Utf8.h - names from files as text ------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Names in a model are bytes that its author chose. Messages and JSON must stay
// UTF-8, and a terminal must not see control characters.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_PIPELINE_UTF8_H
#define MLC_COMPILER_PIPELINE_UTF8_H

#include <cstdint>
#include <string_view>

namespace mlc {

/// The first character of a text that is not empty.
struct Utf8Character {
  size_t bytes = 1;   ///< that it takes; 1 when they are no UTF-8
  uint32_t code = 0;  ///< its code point
  bool valid = false; ///< the bytes are UTF-8

  /// C0, DEL and C1, the latter two bytes in UTF-8.
  bool isControl() const {
    return valid && (code < 0x20 || (code >= 0x7f && code < 0xa0));
  }
};

inline Utf8Character firstCharacter(std::string_view text) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  unsigned char lead = byte(0);
  if (lead < 0x80) {
    return {1, lead, true};
  }
  size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  // Continuations and overlong or too large leads begin nothing.
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) {
    return {};
  }
  uint32_t code = lead & (0x7f >> bytes);
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0) != 0x80) {
      return {};
    }
    code = code << 6 | (byte(i) & 0x3f);
  }
  constexpr uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  bool isSurrogate = code >= 0xd800 && code < 0xe000;
  if (code < smallest[bytes] || code > 0x10ffff || isSurrogate) {
    return {};
  }
  return {bytes, code, true};
}

} // namespace mlc

#endif // MLC_COMPILER_PIPELINE_UTF8_H
