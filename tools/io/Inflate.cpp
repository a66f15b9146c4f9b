//===- Inflate.cpp - deflated bytes and checksums ---------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/io/Inflate.h"

#include <algorithm>
#include <array>
#ifndef MLC_NO_ZLIB
#include <zlib.h>
#endif

using namespace mlc::io;

#ifdef MLC_NO_ZLIB
const bool mlc::io::canInflate = false;

bool mlc::io::inflateAll(ByteView, Bytes &) { return false; }
#else
const bool mlc::io::canInflate = true;

/// zlib counts in 32 bits: feeds both sides piece by piece.
bool mlc::io::inflateAll(ByteView from, Bytes &to) {
  z_stream stream = {};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) {
    return false;
  }
  constexpr size_t piece = size_t(1) << 30;
  size_t written = 0;
  int state = Z_OK;
  while (state == Z_OK) {
    if (stream.avail_in == 0 && from.size > 0) {
      size_t size = std::min(from.size, piece);
      stream.next_in = const_cast<Bytef *>(from.data);
      stream.avail_in = static_cast<uInt>(size);
      from = from.slice(size, from.size - size);
    }
    size_t room = std::min(to.size() - written, piece);
    stream.next_out = to.data() + written;
    stream.avail_out = static_cast<uInt>(room);
    state = inflate(&stream, Z_NO_FLUSH);
    written += room - stream.avail_out;
  }
  inflateEnd(&stream);
  return state == Z_STREAM_END && written == to.size();
}
#endif

namespace {

/// The remainders of all bytes by the reflected polynomial of zip.
constexpr std::array<uint32_t, 256> makeRemainders() {
  std::array<uint32_t, 256> table = {};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) {
      value = (value >> 1) ^ (value & 1 ? 0xedb88320u : 0);
    }
    table[byte] = value;
  }
  return table;
}

constexpr std::array<uint32_t, 256> remainders = makeRemainders();

} // namespace

uint32_t mlc::io::checksum(ByteView bytes) {
  uint32_t value = ~uint32_t(0);
  for (size_t i = 0; i < bytes.size; ++i) {
    value = (value >> 8) ^ remainders[(value ^ bytes.data[i]) & 0xff];
  }
  return ~value;
}
