//===- CompareTest.cpp - found against expected values -*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/io/Compare.h"
#include "test/tools/Tensors.h"

#include <cstring>
#include <gtest/gtest.h>
#include <limits>

using namespace mlc::io;
using namespace mlc::test;

namespace {

Tensor floats(std::vector<double> values) {
  Tensor tensor = *makeTensor(DataType::F32, {int64_t(values.size())});
  for (size_t i = 0; i < values.size(); ++i) {
    tensor.set(int64_t(i), values[i]);
  }
  return tensor;
}

std::string compare(const Tensor &found, const Tensor &expected) {
  return describeMismatch(found, expected, Tolerance()).value_or("equal");
}

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

TEST(Compare, FollowsTheFormula) {
  EXPECT_EQ(compare(floats({1000}), floats({1000.9})), "equal");
  EXPECT_NE(compare(floats({1000}), floats({1001.2})), "equal");
  EXPECT_EQ(compare(floats({0}), floats({5e-8})), "equal");
  EXPECT_NE(compare(floats({0}), floats({2e-7})), "equal");
}

TEST(Compare, NamesTheWorstElement) {
  Tensor found = *makeTensor(DataType::F32, {2, 3});
  Tensor expected = found;
  found.set(1, 0.5);
  found.set(5, 2);
  expected.set(5, 1);
  EXPECT_EQ(compare(found, expected),
            "2 of 6 elements differ, worst at [1, 2]: found 2, expected 1 (off "
            "by 1, 0.0010001 allowed)");
}

TEST(Compare, TreatsSpecialValuesAsValues) {
  EXPECT_EQ(compare(floats({nan, infinity, -infinity}),
                    floats({nan, infinity, -infinity})),
            "equal");
  EXPECT_EQ(compare(floats({1}), floats({nan})),
            "1 of 1 elements differ, worst at [0]: found 1, expected nan");
  EXPECT_NE(compare(floats({nan}), floats({1})), "equal");
  EXPECT_NE(compare(floats({infinity}), floats({-infinity})), "equal");
  EXPECT_NE(compare(floats({3e38}), floats({infinity})), "equal");
}

TEST(Compare, NanWithAnotherPayloadIsEqual) {
  Tensor a = floats({nan}), b = floats({nan});
  b.data[0] = 1;
  EXPECT_EQ(compare(a, b), "equal");
}

TEST(Compare, ShapeAndTypeMustMatch) {
  EXPECT_EQ(compare(countingTensor(DataType::F32, {2, 1}),
                    countingTensor(DataType::F32, {2})),
            "found 2x1xf32, expected 2xf32");
  EXPECT_EQ(compare(countingTensor(DataType::F32, {2}),
                    countingTensor(DataType::F64, {2})),
            "found 2xf32, expected 2xf64");
}

TEST(Compare, IntegersAndBools) {
  Tensor a = countingTensor(DataType::I64, {2});
  Tensor b = a;
  b.set(1, 2);
  EXPECT_EQ(compare(a, b),
            "1 of 2 elements differ, worst at [1]: found 1, expected 2 (off by "
            "1, 0.0020001 allowed)");
  Tensor c = countingTensor(DataType::Bool, {2});
  Tensor d = c;
  d.set(0, 1);
  EXPECT_NE(compare(c, d), "equal");
}

TEST(Compare, ComplexByAbsoluteValue) {
  Tensor a = *makeTensor(DataType::C64, {1});
  Tensor b = a;
  float real = 1000, imaginary = 0.5f;
  std::memcpy(a.data.data(), &real, 4);
  std::memcpy(b.data.data(), &real, 4);
  std::memcpy(b.data.data() + 4, &imaginary, 4);
  EXPECT_EQ(compare(a, b), "equal"); // off by 0.5 of 1000
}

TEST(Compare, ScalarHasAnEmptyIndex) {
  Tensor a = countingTensor(DataType::F32, {});
  Tensor b = a;
  b.set(0, 1);
  EXPECT_NE(compare(a, b).find("worst at []"), std::string::npos);
}

} // namespace
