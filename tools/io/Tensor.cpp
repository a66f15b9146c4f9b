//===- Tensor.cpp - a tensor in host memory ---------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/io/Tensor.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>

using namespace mlc::io;

namespace {

/// No tensor of a tool is larger: 2^46 bytes; far above any machine, far
/// below overflow of later sums.
constexpr int64_t maxBytes = int64_t(1) << 46;

template <typename T> T load(const uint8_t *from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

template <typename T> void store(uint8_t *to, double value) {
  T rounded;
  if constexpr (std::numeric_limits<T>::is_integer) {
    // Casting a double that does not fit is undefined: clamp.
    double low = static_cast<double>(std::numeric_limits<T>::min());
    double high = static_cast<double>(std::numeric_limits<T>::max());
    rounded = !(value > low)    ? std::numeric_limits<T>::min()
              : !(value < high) ? std::numeric_limits<T>::max()
                                : static_cast<T>(value);
  } else {
    rounded = static_cast<T>(value);
  }
  std::memcpy(to, &rounded, sizeof(T));
}

/// The code of an element of less than a byte.
uint32_t packedCode(const uint8_t *data, int64_t index, int64_t bits) {
  int64_t perByte = 8 / bits;
  int shift = static_cast<int>((index % perByte) * bits);
  return (data[index / perByte] >> shift) & ((1u << bits) - 1);
}

void setPackedCode(uint8_t *data, int64_t index, int64_t bits, uint32_t code) {
  int64_t perByte = 8 / bits;
  int shift = static_cast<int>((index % perByte) * bits);
  uint32_t mask = ((1u << bits) - 1) << shift;
  uint8_t &byte = data[index / perByte];
  byte = static_cast<uint8_t>((byte & ~mask) | ((code << shift) & mask));
}

double signedCode(uint32_t code, int64_t bits) {
  int value = static_cast<int>(code);
  return code >> (bits - 1) ? value - (1 << bits) : value;
}

double packedValue(DataType type, uint32_t code) {
  switch (kindOf(type)) {
  case DataKind::Float:
    return decodeSmallFloat(type, code);
  case DataKind::Signed:
    return signedCode(code, bitsOf(type));
  default:
    return code;
  }
}

std::string shortestText(double value, int digits) {
  char buffer[64];
  for (int precision = 3; precision <= digits; ++precision) {
    std::snprintf(buffer, sizeof(buffer), "%.*g", precision, value);
    double back = std::strtod(buffer, nullptr);
    bool same = digits <= 9
                    ? static_cast<float>(back) == static_cast<float>(value)
                    : back == value;
    if (same) {
      break;
    }
  }
  return buffer;
}

} // namespace

Result<int64_t> mlc::io::countElements(const std::vector<int64_t> &dims) {
  int64_t count = 1;
  bool empty = false;
  for (int64_t dim : dims) {
    if (dim < 0) {
      return fail("negative dimension ", dim);
    }
    empty |= dim == 0;
  }
  for (int64_t dim : dims) {
    if (!empty && __builtin_mul_overflow(count, dim, &count)) {
      return fail("the dimensions' product overflows 64 bits");
    }
  }
  return empty ? 0 : count;
}

Result<int64_t> mlc::io::countBytes(DataType type,
                                    const std::vector<int64_t> &dims) {
  Result<int64_t> count = countElements(dims);
  if (!count) {
    return count;
  }
  int64_t bits;
  if (__builtin_mul_overflow(*count, bitsOf(type), &bits) ||
      bits > maxBytes * 8) {
    return fail("a tensor of ", formatShape(type, dims), " is too large");
  }
  return (bits + 7) / 8;
}

std::string mlc::io::formatShape(DataType type,
                                 const std::vector<int64_t> &dims) {
  std::string text;
  for (int64_t dim : dims) {
    text += (dim < 0 ? std::string("?") : std::to_string(dim)) + "x";
  }
  return text + nameOf(type);
}

Result<Tensor> mlc::io::makeTensor(DataType type, std::vector<int64_t> dims) {
  Result<int64_t> bytes = countBytes(type, dims);
  if (!bytes) {
    return bytes.failure();
  }
  Tensor tensor;
  tensor.type = type;
  tensor.dims = std::move(dims);
  tensor.data.resize(static_cast<size_t>(*bytes));
  return tensor;
}

int64_t Tensor::count() const {
  Result<int64_t> elements = countElements(dims);
  return elements ? *elements : 0;
}

double Tensor::at(int64_t index) const {
  if (bitsOf(type) < 8) {
    return packedValue(type, packedCode(data.data(), index, bitsOf(type)));
  }
  const uint8_t *from = data.data() + index * (bitsOf(type) / 8);
  switch (type) {
  case DataType::F32:
  case DataType::C64:
    return load<float>(from);
  case DataType::F64:
  case DataType::C128:
    return load<double>(from);
  case DataType::I8:
    return load<int8_t>(from);
  case DataType::I16:
    return load<int16_t>(from);
  case DataType::I32:
    return load<int32_t>(from);
  case DataType::I64:
    return static_cast<double>(load<int64_t>(from));
  case DataType::U16:
    return load<uint16_t>(from);
  case DataType::U32:
    return load<uint32_t>(from);
  case DataType::U64:
    return static_cast<double>(load<uint64_t>(from));
  case DataType::Bool:
    return *from != 0;
  case DataType::U8:
  case DataType::Opaque8:
    return *from;
  case DataType::F16:
  case DataType::BF16:
    return decodeSmallFloat(type, load<uint16_t>(from));
  case DataType::Opaque16:
    return load<uint16_t>(from);
  default:
    return decodeSmallFloat(type, *from);
  }
}

std::pair<double, double> Tensor::complexAt(int64_t index) const {
  const uint8_t *from = data.data() + index * (bitsOf(type) / 8);
  if (type == DataType::C64) {
    return {load<float>(from), load<float>(from + 4)};
  }
  if (type == DataType::C128) {
    return {load<double>(from), load<double>(from + 8)};
  }
  return {at(index), 0.0};
}

std::string Tensor::textAt(int64_t index) const {
  const uint8_t *from = data.data() + index * bitsOf(type) / 8;
  switch (kindOf(type)) {
  case DataKind::Bool:
    return *from ? "true" : "false";
  case DataKind::Complex: {
    auto [real, imaginary] = complexAt(index);
    int digits = type == DataType::C64 ? 9 : 17;
    return "(" + shortestText(real, digits) + ", " +
           shortestText(imaginary, digits) + ")";
  }
  case DataKind::Float:
    return shortestText(at(index), type == DataType::F64 ? 17 : 9);
  default:
    break;
  }
  if (type == DataType::I64) {
    return std::to_string(load<int64_t>(from));
  }
  if (type == DataType::U64) {
    return std::to_string(load<uint64_t>(from));
  }
  return std::to_string(static_cast<int64_t>(at(index)));
}

void Tensor::set(int64_t index, double value) {
  int64_t bits = bitsOf(type);
  if (bits < 8) {
    double low = kindOf(type) == DataKind::Signed ? -(1 << (bits - 1)) : 0;
    double high = low + (1 << bits) - 1;
    double clamped = !(value > low) ? low : value < high ? value : high;
    uint32_t code = kindOf(type) == DataKind::Float
                        ? encodeSmallFloat(type, value)
                        : static_cast<uint32_t>(static_cast<int>(clamped));
    return setPackedCode(data.data(), index, bits, code);
  }
  uint8_t *to = data.data() + index * (bits / 8);
  switch (type) {
  case DataType::F32:
  case DataType::C64:
    return store<float>(to, value);
  case DataType::F64:
  case DataType::C128:
    return store<double>(to, value);
  case DataType::I8:
    return store<int8_t>(to, value);
  case DataType::I16:
    return store<int16_t>(to, value);
  case DataType::I32:
    return store<int32_t>(to, value);
  case DataType::I64:
    return store<int64_t>(to, value);
  case DataType::U8:
  case DataType::Opaque8:
    return store<uint8_t>(to, value);
  case DataType::U16:
  case DataType::Opaque16:
    return store<uint16_t>(to, value);
  case DataType::U32:
    return store<uint32_t>(to, value);
  case DataType::U64:
    return store<uint64_t>(to, value);
  case DataType::Bool:
    *to = value != 0;
    return;
  default: {
    uint32_t code = encodeSmallFloat(type, value);
    std::memcpy(to, &code, static_cast<size_t>(bits / 8)); // little-endian
  }
  }
}

Status Tensor::adopt(DataType declared) {
  if (type == declared || kindOf(type) != DataKind::Opaque) {
    return success();
  }
  int64_t bits = bitsOf(declared);
  if ((bits + 7) / 8 * 8 != bitsOf(type)) {
    return fail("found raw elements of ", bitsOf(type) / 8, " bytes, expected ",
                nameOf(declared));
  }
  if (bits < 8) { // NumPy keeps one element in each byte
    Result<Tensor> packed = makeTensor(declared, dims);
    if (!packed) {
      return packed.failure();
    }
    for (int64_t i = 0, e = count(); i < e; ++i) {
      setPackedCode(packed->data.data(), i, bits, data[size_t(i)]);
    }
    data = std::move(packed->data);
  }
  type = declared;
  return success();
}
