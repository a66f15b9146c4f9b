//===- HalfBuiltins.cpp - conversions that processors may lack --*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// LLVM calls these functions for conversions to and from 16-bit floats where
// the target has no instruction (x86-64 without F16C, bf16 nearly everywhere).
// They are usually in a compiler's support library, which model.so does not
// link. Every narrowing goes through double, where float is exact, so there is
// one rounding, to nearest even.
//
//===----------------------------------------------------------------------===//
#include <stdint.h>
#include <string.h>

namespace {

/// The bits of `value` in a format with these many exponent and mantissa bits.
uint16_t narrow(double value, int exponentBits, int mantissaBits) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof(bits));
  const int bias = (1 << (exponentBits - 1)) - 1;
  const uint64_t sign = bits >> 63 << 15;
  const uint64_t infinity = (uint64_t)(2 * bias + 1) << mantissaBits;
  uint64_t mantissa = bits & 0xfffffffffffffull;
  const int64_t exponent = (int64_t)(bits >> 52 & 0x7ff) - 1023;
  if (exponent == 1024 && mantissa) { // NaN: quiet, payload's upper bits
    return (uint16_t)(sign | infinity | 1ull << (mantissaBits - 1) |
                      mantissa >> (52 - mantissaBits));
  }
  if (exponent > bias) {
    return (uint16_t)(sign | infinity);
  }
  int64_t shift = 52 - mantissaBits;
  uint64_t result;
  if (exponent >= 1 - bias) {
    result = (uint64_t)(exponent + bias) << mantissaBits | mantissa >> shift;
  } else {
    mantissa |= 1ull << 52;
    shift += 1 - bias - exponent;
    if (shift > 54) {
      return (uint16_t)sign;
    }
    result = mantissa >> shift;
  }
  const uint64_t rest = mantissa & ((1ull << shift) - 1);
  const uint64_t half = 1ull << (shift - 1);
  if (rest > half || (rest == half && (result & 1))) {
    ++result; // may carry into the exponent, up to infinity
  }
  return (uint16_t)(sign | result);
}

template <typename T> T fromBits(uint16_t bits) {
  T value;
  memcpy(&value, &bits, sizeof(value));
  return value;
}

float widenHalf(uint16_t half) {
  uint32_t sign = (uint32_t)(half >> 15) << 31;
  uint32_t exponent = half >> 10 & 31, mantissa = half & 0x3ff;
  uint32_t bits;
  if (exponent == 0) { // zero or subnormal: exact in float
    float value = (float)mantissa * 0x1p-24f;
    memcpy(&bits, &value, sizeof(bits));
  } else if (exponent == 31) {
    bits = 0x7f800000u | mantissa << 13 | (mantissa ? 0x400000u : 0);
  } else {
    bits = (exponent + 112) << 23 | mantissa << 13;
  }
  bits |= sign;
  float value;
  memcpy(&value, &bits, sizeof(value));
  return value;
}

} // namespace

extern "C" {

float __extendhfsf2(_Float16 value) {
  uint16_t bits;
  memcpy(&bits, &value, sizeof(bits));
  return widenHalf(bits);
}

double __extendhfdf2(_Float16 value) {
  uint16_t bits;
  memcpy(&bits, &value, sizeof(bits));
  return (double)widenHalf(bits);
}

_Float16 __truncsfhf2(float value) {
  return fromBits<_Float16>(narrow((double)value, 5, 10));
}

_Float16 __truncdfhf2(double value) {
  return fromBits<_Float16>(narrow(value, 5, 10));
}

__bf16 __truncsfbf2(float value) {
  return fromBits<__bf16>(narrow((double)value, 8, 7));
}

__bf16 __truncdfbf2(double value) {
  return fromBits<__bf16>(narrow(value, 8, 7));
}

} // extern "C"
