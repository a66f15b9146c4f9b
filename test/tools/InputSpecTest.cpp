//===- InputSpecTest.cpp - the grammar of --input -*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/io/InputSpec.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace mlc::io;

namespace {

TEST(InputSpec, ReadsAllForms) {
  EXPECT_EQ(parseInputSpec("x=@a=b.npy")->file, "a=b.npy");
  Result<InputSpec> shaped = parseInputSpec("x=1x3x224x224xf32=0.5");
  ASSERT_TRUE(shaped) << shaped.error();
  EXPECT_EQ(shaped->name, "x");
  EXPECT_EQ(shaped->dims, (std::vector<int64_t>{1, 3, 224, 224}));
  EXPECT_EQ(shaped->type, DataType::F32);
  EXPECT_EQ(shaped->fill, "0.5");
  EXPECT_EQ(parseInputSpec("x=i64=7")->dims->size(), 0u);
  EXPECT_EQ(parseInputSpec("x=2xbf16")->fill, "");
  Result<InputSpec> untyped = parseInputSpec("x=2x3=random");
  ASSERT_TRUE(untyped) << untyped.error();
  EXPECT_EQ(untyped->dims, (std::vector<int64_t>{2, 3}));
  EXPECT_FALSE(untyped->type);
  EXPECT_EQ(untyped->fill, "random");
  EXPECT_EQ(parseInputSpec("x=1x3")->dims, (std::vector<int64_t>{1, 3}));
  EXPECT_EQ(parseInputSpec("x=4=1")->dims, std::vector<int64_t>{4});
  EXPECT_FALSE(parseInputSpec("x=4")->dims);
  EXPECT_EQ(parseInputSpec("x=4")->fill, "4");
  EXPECT_EQ(parseInputSpec("x=random:3")->fill, "random:3");
  EXPECT_EQ(parseInputSpec("x=-1.5")->fill, "-1.5");
  EXPECT_EQ(parseInputSpec("x=1,2,3")->fill, "1,2,3");
}

TEST(InputSpec, RefusesOtherForms) {
  for (const char *text :
       {"x", "=1", "x=", "x=1x", "x=1xx3", "x=1x3xf33", "x=-1xf32",
        "x=1x3xf32x", "x=99999999999999999999xf32", "x=f32x1"}) {
    EXPECT_FALSE(parseInputSpec(text)) << text;
  }
}

TEST(InputSpec, FillsAsSaid) {
  EXPECT_EQ(makeFilled(DataType::F32, {2}, "0.5")->at(1), 0.5);
  EXPECT_EQ(makeFilled(DataType::I32, {3}, "1,2,3")->at(2), 3);
  EXPECT_EQ(makeFilled(DataType::Bool, {1}, "true")->at(0), 1);
  EXPECT_EQ(makeFilled(DataType::I64, {1}, "9007199254740993")->textAt(0),
            "9007199254740993");
  EXPECT_EQ(makeFilled(DataType::I64, {2}, "-9223372036854775808")->textAt(1),
            "-9223372036854775808");
  EXPECT_EQ(makeFilled(DataType::U64, {1}, "18446744073709551615")->textAt(0),
            "18446744073709551615");
  EXPECT_EQ(makeFilled(DataType::I64, {1}, "2.5")->textAt(0), "2");
  EXPECT_TRUE(std::isinf(makeFilled(DataType::F32, {1}, "-inf")->at(0)));
  EXPECT_EQ(makeFilled(DataType::I32, {2}, "1,2,3").error(),
            "found 3 values, expected 1 or 2 for 2xi32");
  EXPECT_EQ(makeFilled(DataType::I32, {2}, "a").error(), "'a' is not a number");
  EXPECT_FALSE(makeFilled(DataType::F32, {2}, "random:"));
  EXPECT_FALSE(makeFilled(DataType::F32, {2}, "random:x"));
  EXPECT_FALSE(makeFilled(DataType::F32, {1 << 30, 1 << 30}, "0"));
}

TEST(InputSpec, RandomNumbersRepeatAndFit) {
  Tensor a = *makeFilled(DataType::F32, {1000}, "random:7");
  EXPECT_EQ(a.data, makeFilled(DataType::F32, {1000}, "random:7")->data);
  EXPECT_NE(a.data, makeFilled(DataType::F32, {1000}, "random:8")->data);
  double sum = 0;
  for (int64_t i = 0; i < 1000; ++i) {
    EXPECT_LT(std::fabs(a.at(i)), 1.0001);
    sum += a.at(i);
  }
  EXPECT_LT(std::fabs(sum), 100);
  Tensor ids = *makeFilled(DataType::I64, {100}, "random");
  for (int64_t i = 0; i < 100; ++i) {
    EXPECT_TRUE(ids.at(i) == 0 || ids.at(i) == 1);
  }
  Tensor complex = *makeFilled(DataType::C64, {4}, "random");
  EXPECT_EQ(complex.type, DataType::C64);
  EXPECT_EQ(complex.dims, std::vector<int64_t>{4});
}

} // namespace
