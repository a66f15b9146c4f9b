//===- DataTypeTest.cpp - element types and their values -*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/tools/Tensors.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace mlc::io;
using namespace mlc::test;

namespace {

const DataType smallFloats[] = {DataType::F16,      DataType::BF16,
                                DataType::F8E4M3FN, DataType::F8E4M3FNUZ,
                                DataType::F8E5M2,   DataType::F8E5M2FNUZ,
                                DataType::F4E2M1,   DataType::F8E8M0};

TEST(DataType, EveryCodeDecodesAndEncodesBack) {
  for (DataType type : smallFloats) {
    uint32_t codes = 1u << bitsOf(type);
    for (uint32_t code = 0; code < codes; ++code) {
      double value = decodeSmallFloat(type, code);
      uint32_t back = encodeSmallFloat(type, value);
      if (std::isnan(value)) {
        EXPECT_TRUE(std::isnan(decodeSmallFloat(type, back))) << nameOf(type);
      } else {
        EXPECT_EQ(back, code) << nameOf(type) << " " << value;
      }
    }
  }
}

TEST(DataType, KnowsTheLimits) {
  EXPECT_EQ(decodeSmallFloat(DataType::F16, 0x7bff), 65504);
  EXPECT_EQ(decodeSmallFloat(DataType::F16, 0x0001), std::ldexp(1, -24));
  EXPECT_EQ(decodeSmallFloat(DataType::F8E4M3FN, 0x7e), 448);
  EXPECT_EQ(decodeSmallFloat(DataType::F8E4M3FNUZ, 0x7f), 240);
  EXPECT_EQ(decodeSmallFloat(DataType::F8E5M2, 0x7b), 57344);
  EXPECT_EQ(decodeSmallFloat(DataType::F8E5M2FNUZ, 0x7f), 57344);
  EXPECT_EQ(decodeSmallFloat(DataType::F4E2M1, 0x7), 6);
  EXPECT_TRUE(std::isnan(decodeSmallFloat(DataType::F8E4M3FNUZ, 0x80)));
  EXPECT_TRUE(std::isinf(decodeSmallFloat(DataType::F8E5M2, 0x7c)));
}

TEST(DataType, RoundsToNearestEven) {
  EXPECT_EQ(encodeSmallFloat(DataType::BF16, 1.0 + 1.0 / 256), 0x3f80u);
  EXPECT_EQ(encodeSmallFloat(DataType::BF16, 1.0 + 3.0 / 256), 0x3f82u);
  EXPECT_EQ(encodeSmallFloat(DataType::F16, 65519.0), 0x7bffu);
  EXPECT_EQ(encodeSmallFloat(DataType::F16, 65520.0), 0x7c00u);
  EXPECT_EQ(encodeSmallFloat(DataType::F8E4M3FN, 1e9), 0x7eu);
}

TEST(DataType, NamesRoundTrip) {
  for (DataType type : allTypes()) {
    EXPECT_EQ(dataTypeFromName(nameOf(type)), type);
    EXPECT_EQ(dataTypeFromOnnx(int64_t(type)), type);
  }
  EXPECT_EQ(dataTypeFromName("float32"), DataType::F32);
  EXPECT_FALSE(dataTypeFromName("raw8"));
  EXPECT_FALSE(dataTypeFromOnnx(8));
  EXPECT_FALSE(dataTypeFromOnnx(1001));
}

TEST(Tensor, PacksNarrowElements) {
  Tensor tensor = *makeTensor(DataType::I4, {3});
  ASSERT_EQ(tensor.data.size(), 2u);
  tensor.set(0, -8);
  tensor.set(1, 7);
  tensor.set(2, 100); // clamps
  EXPECT_EQ(tensor.data[0], 0x78);
  EXPECT_EQ(tensor.at(0), -8);
  EXPECT_EQ(tensor.at(1), 7);
  EXPECT_EQ(tensor.at(2), 7);
}

TEST(Tensor, PrintsShortestText) {
  Tensor tensor = *makeTensor(DataType::F32, {1});
  tensor.set(0, 0.1);
  EXPECT_EQ(tensor.textAt(0), "0.1");
  tensor.set(0, 1.0 / 3);
  EXPECT_EQ(tensor.textAt(0), "0.33333334");
}

TEST(Tensor, ClampsWhatDoesNotFit) {
  for (DataType type : allTypes()) {
    Tensor tensor = *makeTensor(type, {1});
    for (double value : {1e300, -1e300, std::nan(""), HUGE_VAL}) {
      tensor.set(0, value); // must not be undefined
    }
    EXPECT_FALSE(tensor.textAt(0).empty());
  }
}

TEST(Tensor, CountsWithChecks) {
  EXPECT_EQ(*countElements({}), 1);
  EXPECT_EQ(*countElements({INT64_MAX, 0, INT64_MAX}), 0);
  EXPECT_FALSE(countElements({INT64_MAX, 2}));
  EXPECT_FALSE(countElements({0, -1}));
  EXPECT_EQ(*countBytes(DataType::U4, {3}), 2);
  EXPECT_EQ(*countBytes(DataType::I2, {5}), 2);
}

} // namespace
