//===- HalfTest.cpp - conversions to 16-bit floats --------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Against the compiler's own conversions (instructions, or its support
// library): every half, and floats around every boundary.
//
//===----------------------------------------------------------------------===//
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

extern "C" {
float mlcTestExtendHalf(uint16_t bits);
uint16_t mlcTestTruncateHalf(float value);
uint16_t mlcTestTruncateHalfFromDouble(double value);
uint16_t mlcTestTruncateBfloat(float value);
}

namespace {

float fromBits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof(value));
  return value;
}

/// The value of a half, from its definition.
float valueOf(uint16_t half) {
  int exponent = half >> 10 & 31, mantissa = half & 0x3ff;
  float sign = half >> 15 ? -1.0f : 1.0f;
  if (exponent == 31) {
    return mantissa ? NAN : sign * INFINITY;
  }
  return sign * (exponent ? std::ldexp(1024.0f + mantissa, exponent - 25)
                          : std::ldexp((float)mantissa, -24));
}

TEST(Half, EveryValueWidensAndComesBack) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    float value = mlcTestExtendHalf((uint16_t)bits), expected = valueOf(bits);
    if (std::isnan(expected)) {
      EXPECT_TRUE(std::isnan(value));
      EXPECT_TRUE(std::isnan(valueOf(mlcTestTruncateHalf(value))));
      continue;
    }
    ASSERT_EQ(value, expected) << bits;
    ASSERT_EQ(mlcTestTruncateHalf(value), bits);
    ASSERT_EQ(mlcTestTruncateHalfFromDouble(value), bits);
  }
}

TEST(Half, RoundsToNearestEven) {
  for (uint32_t bits = 0; bits < 0x7bff; ++bits) {
    float low = valueOf(bits), high = valueOf(bits + 1);
    double middle = ((double)low + (double)high) / 2;
    uint16_t even = bits & 1 ? bits + 1 : bits;
    ASSERT_EQ(mlcTestTruncateHalf((float)middle), even) << bits;
    ASSERT_EQ(mlcTestTruncateHalfFromDouble(std::nextafter(middle, 1e9)),
              bits + 1);
    ASSERT_EQ(mlcTestTruncateHalfFromDouble(std::nextafter(middle, -1e9)),
              bits);
  }
  EXPECT_EQ(mlcTestTruncateHalf(65519.0f), 0x7bff);
  EXPECT_EQ(mlcTestTruncateHalf(65520.0f), 0x7c00);
  EXPECT_EQ(mlcTestTruncateHalf(-1e30f), 0xfc00);
  EXPECT_EQ(mlcTestTruncateHalf(-0.0f), 0x8000);
  EXPECT_EQ(mlcTestTruncateHalf(1e-30f), 0);
}

TEST(Bfloat, RoundsToNearestEven) {
  for (uint32_t high = 0; high < 0x7f80; ++high) {
    uint32_t bits = high << 16;
    ASSERT_EQ(mlcTestTruncateBfloat(fromBits(bits)), high);
    ASSERT_EQ(mlcTestTruncateBfloat(fromBits(bits | 0x8000)),
              high + (high & 1));
    ASSERT_EQ(mlcTestTruncateBfloat(fromBits(bits | 0x8001)), high + 1);
    ASSERT_EQ(mlcTestTruncateBfloat(fromBits(bits | 0x7fff)), high);
  }
  EXPECT_EQ(mlcTestTruncateBfloat(-INFINITY), 0xff80);
  EXPECT_TRUE(mlcTestTruncateBfloat(NAN) > 0x7f80);
}

} // namespace
