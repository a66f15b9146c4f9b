//===- DataType.cpp - element types and their values ------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/io/DataType.h"

#include <cmath>
#include <limits>

using namespace mlc::io;

namespace {

struct TypeInfo {
  DataType type;
  int64_t bits;
  const char *name;
  const char *numpyName;
  DataKind kind;
};

constexpr TypeInfo typeInfos[] = {
#define MLC_DATA_TYPE(NAME, NUMBER, BITS, TEXT, NUMPY, KIND)                   \
  {DataType::NAME, BITS, TEXT, NUMPY, DataKind::KIND},
#include "tools/io/DataTypes.def"
    {DataType::Opaque8, 8, "raw8", "V1", DataKind::Opaque},
    {DataType::Opaque16, 16, "raw16", "V2", DataKind::Opaque},
};
constexpr TypeInfo noType = {DataType::None, 0, "?", "V0", DataKind::None};

const TypeInfo &infoOf(DataType type) {
  for (const TypeInfo &info : typeInfos) {
    if (info.type == type) {
      return info;
    }
  }
  return noType;
}

struct LongName {
  const char *name;
  DataType type;
};
constexpr LongName longNames[] = {
    {"float16", DataType::F16},
    {"half", DataType::F16},
    {"bfloat16", DataType::BF16},
    {"float32", DataType::F32},
    {"float", DataType::F32},
    {"float64", DataType::F64},
    {"double", DataType::F64},
    {"int2", DataType::I2},
    {"int4", DataType::I4},
    {"int8", DataType::I8},
    {"int16", DataType::I16},
    {"int32", DataType::I32},
    {"int64", DataType::I64},
    {"uint2", DataType::U2},
    {"uint4", DataType::U4},
    {"uint8", DataType::U8},
    {"uint16", DataType::U16},
    {"uint32", DataType::U32},
    {"uint64", DataType::U64},
    {"complex64", DataType::C64},
    {"complex128", DataType::C128},
    {"float8_e4m3fn", DataType::F8E4M3FN},
    {"float8_e4m3fnuz", DataType::F8E4M3FNUZ},
    {"float8_e5m2", DataType::F8E5M2},
    {"float8_e5m2fnuz", DataType::F8E5M2FNUZ},
    {"float8_e8m0fnu", DataType::F8E8M0},
    {"float4_e2m1fn", DataType::F4E2M1},
};

/// How a small float spends its codes.
enum class Specials {
  Ieee,      // the top exponent holds infinities and NaNs
  OneNan,    // only all ones is NaN, no infinity
  Unsigned0, // "fnuz": the negative zero is the only NaN, no infinity
  None,      // every code is a finite number
};

struct FloatFormat {
  int exponentBits, mantissaBits, bias;
  Specials specials;
};

FloatFormat formatOf(DataType type) {
  switch (type) {
  case DataType::F16:
    return {5, 10, 15, Specials::Ieee};
  case DataType::BF16:
    return {8, 7, 127, Specials::Ieee};
  case DataType::F8E4M3FN:
    return {4, 3, 7, Specials::OneNan};
  case DataType::F8E4M3FNUZ:
    return {4, 3, 8, Specials::Unsigned0};
  case DataType::F8E5M2:
    return {5, 2, 15, Specials::Ieee};
  case DataType::F8E5M2FNUZ:
    return {5, 2, 16, Specials::Unsigned0};
  default:
    return {2, 1, 1, Specials::None}; // F4E2M1
  }
}

/// The largest code of a non-negative finite value.
uint32_t largestFinite(const FloatFormat &format) {
  uint32_t allOnes = (1u << (format.exponentBits + format.mantissaBits)) - 1;
  switch (format.specials) {
  case Specials::Ieee:
    return allOnes - (1u << format.mantissaBits);
  case Specials::OneNan:
    return allOnes - 1;
  default:
    return allOnes;
  }
}

double magnitudeOf(const FloatFormat &format, uint32_t code) {
  int exponent = static_cast<int>(code >> format.mantissaBits);
  double mantissa = code & ((1u << format.mantissaBits) - 1);
  double scale = std::ldexp(1.0, -format.mantissaBits);
  if (exponent == 0) {
    return std::ldexp(mantissa * scale, 1 - format.bias);
  }
  return std::ldexp(1.0 + mantissa * scale, exponent - format.bias);
}

uint32_t encodeScale(double value) { // F8E8M0: a power of two, code 255 is NaN
  if (!(value > 0) || std::isinf(value)) {
    return std::isnan(value) || value < 0 ? 255u : value > 0 ? 254u : 0u;
  }
  double exponent = std::round(std::log2(value)) + 127;
  return exponent < 0 ? 0u : exponent > 254 ? 254u : uint32_t(exponent);
}

} // namespace

DataKind mlc::io::kindOf(DataType type) { return infoOf(type).kind; }
int64_t mlc::io::bitsOf(DataType type) { return infoOf(type).bits; }
const char *mlc::io::nameOf(DataType type) { return infoOf(type).name; }
const char *mlc::io::numpyNameOf(DataType type) {
  return infoOf(type).numpyName;
}

std::optional<DataType> mlc::io::dataTypeFromOnnx(int64_t number) {
  for (const TypeInfo &info : typeInfos) {
    if (info.kind != DataKind::Opaque && int64_t(info.type) == number) {
      return info.type;
    }
  }
  return std::nullopt;
}

std::optional<DataType> mlc::io::dataTypeFromName(const std::string &name) {
  for (const TypeInfo &info : typeInfos) {
    if (info.kind != DataKind::Opaque && name == info.name) {
      return info.type;
    }
  }
  for (const LongName &alias : longNames) {
    if (name == alias.name) {
      return alias.type;
    }
  }
  return std::nullopt;
}

double mlc::io::decodeSmallFloat(DataType type, uint32_t code) {
  if (type == DataType::F8E8M0) {
    return code == 255 ? std::numeric_limits<double>::quiet_NaN()
                       : std::ldexp(1.0, static_cast<int>(code) - 127);
  }
  FloatFormat format = formatOf(type);
  uint32_t signBit = 1u << (format.exponentBits + format.mantissaBits);
  bool negative = (code & signBit) != 0;
  uint32_t rest = code & (signBit - 1);
  if (format.specials == Specials::Unsigned0 && negative && rest == 0) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  double value;
  uint32_t last = largestFinite(format);
  if (rest <= last) {
    value = magnitudeOf(format, rest);
  } else if (format.specials == Specials::Ieee && rest == last + 1) {
    value = std::numeric_limits<double>::infinity();
  } else {
    value = std::numeric_limits<double>::quiet_NaN();
  }
  return negative ? -value : value;
}

uint32_t mlc::io::encodeSmallFloat(DataType type, double value) {
  if (type == DataType::F8E8M0) {
    return encodeScale(value);
  }
  FloatFormat format = formatOf(type);
  uint32_t signBit = 1u << (format.exponentBits + format.mantissaBits);
  uint32_t last = largestFinite(format);
  if (std::isnan(value)) {
    return format.specials == Specials::Unsigned0 ? signBit
           : format.specials == Specials::None    ? last
                                                  : signBit - 1;
  }
  uint32_t sign = std::signbit(value) ? signBit : 0;
  double magnitude = std::fabs(value);
  // The codes of non-negative numbers ascend with their values.
  uint32_t low = 0, high = last;
  while (low < high) {
    uint32_t middle = low + (high - low + 1) / 2;
    if (magnitudeOf(format, middle) <= magnitude) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  // The step above the largest finite number goes to infinity, where one is.
  bool mayGrow = low < last || format.specials == Specials::Ieee;
  double here = magnitudeOf(format, low), above = magnitudeOf(format, low + 1);
  double toHere = magnitude - here, toAbove = above - magnitude;
  if (mayGrow && (toAbove < toHere || (toAbove == toHere && (low & 1)))) {
    ++low;
  }
  if (low == 0 && format.specials == Specials::Unsigned0) {
    sign = 0;
  }
  return sign | low;
}
