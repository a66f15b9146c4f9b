//===- HalfCalls.cpp - calls of the conversions by name ---------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Wrapped in integers, so that the test does not depend on how the host's
// compiler passes 16-bit floats, only on how it passes them to these.
//
//===----------------------------------------------------------------------===//
#include <stdint.h>
#include <string.h>

extern "C" {
float __extendhfsf2(_Float16);
_Float16 __truncsfhf2(float);
_Float16 __truncdfhf2(double);
__bf16 __truncsfbf2(float);

float mlcTestExtendHalf(uint16_t bits) {
  _Float16 value;
  memcpy(&value, &bits, sizeof(value));
  return __extendhfsf2(value);
}
uint16_t mlcTestTruncateHalf(float value) {
  _Float16 half = __truncsfhf2(value);
  uint16_t bits;
  memcpy(&bits, &half, sizeof(bits));
  return bits;
}
uint16_t mlcTestTruncateHalfFromDouble(double value) {
  _Float16 half = __truncdfhf2(value);
  uint16_t bits;
  memcpy(&bits, &half, sizeof(bits));
  return bits;
}
uint16_t mlcTestTruncateBfloat(float value) {
  __bf16 half = __truncsfbf2(value);
  uint16_t bits;
  memcpy(&bits, &half, sizeof(bits));
  return bits;
}
}
