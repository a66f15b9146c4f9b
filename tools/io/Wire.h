//===- Wire.h - protobuf's wire format --------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A reader of its own, so that the runner needs no protobuf library. Each field
// is a number, a wire type and a value (varint, 8 bytes, length and bytes, 4
// bytes).
//
//===----------------------------------------------------------------------===//
#ifndef MLC_TOOLS_IO_WIRE_H
#define MLC_TOOLS_IO_WIRE_H

#include "tools/io/Tensor.h"

#include <cstring>

namespace mlc::io::wire {

enum WireType : uint32_t { Varint = 0, Fixed64 = 1, Length = 2, Fixed32 = 5 };

struct WireField {
  uint32_t number = 0;
  WireType type = Varint;
  uint64_t value = 0; // of Varint, Fixed64 and Fixed32
  ByteView bytes;     // of Length
};

class WireReader {
public:
  explicit WireReader(ByteView bytes) : rest(bytes) {}
  bool done() const { return rest.size == 0; }

  bool readVarint(uint64_t &value) {
    value = 0;
    for (int shift = 0; shift < 64 && rest.size > 0; shift += 7) {
      uint8_t byte = *rest.data;
      skip(1);
      value |= uint64_t(byte & 0x7f) << shift;
      if (byte < 0x80) {
        return true;
      }
    }
    return false;
  }
  bool readFixed(uint64_t &value, size_t size) {
    value = 0;
    if (rest.size < size) {
      return false;
    }
    std::memcpy(&value, rest.data, size);
    skip(size);
    return true;
  }
  bool readField(WireField &field) {
    uint64_t key;
    if (!readVarint(key) || key >> 3 == 0 || key >> 32 != 0) {
      return false;
    }
    field.number = static_cast<uint32_t>(key >> 3);
    field.type = static_cast<WireType>(key & 7);
    field.bytes = ByteView();
    switch (field.type) {
    case Varint:
      return readVarint(field.value);
    case Fixed64:
      return readFixed(field.value, 8);
    case Fixed32:
      return readFixed(field.value, 4);
    case Length:
      if (!readVarint(field.value) || field.value > rest.size) {
        return false;
      }
      field.bytes = rest.slice(0, field.value);
      skip(field.value);
      return true;
    }
    return false; // groups are long gone from protobuf
  }

private:
  void skip(size_t size) { rest = rest.slice(size, rest.size - size); }
  ByteView rest;
};

} // namespace mlc::io::wire
#endif // MLC_TOOLS_IO_WIRE_H
