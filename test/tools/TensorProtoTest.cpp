//===- TensorProtoTest.cpp - reads and writes .pb -*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/io/TensorProto.h"
#include "test/tools/Tensors.h"

#include <gtest/gtest.h>

using namespace mlc::io;
using namespace mlc::test;

namespace {

std::string varint(uint64_t value) {
  std::string text;
  for (; value >= 0x80; value >>= 7) {
    text += char(value | 0x80);
  }
  return text + char(value);
}
std::string number(int field, uint64_t value) {
  return varint(uint64_t(field) << 3) + varint(value);
}
std::string bytes(int field, const std::string &content) {
  return varint(uint64_t(field) << 3 | 2) + varint(content.size()) + content;
}

Result<Tensor> parse(const std::string &text) {
  return parseTensorProto(bytesOf(text));
}

constexpr int dims = 1, type = 2, floats = 4, ints = 5, longs = 7, raw = 9,
              doubles = 10, unsigneds = 11, location = 14;

TEST(TensorProto, RoundTripsEveryType) {
  for (DataType each : allTypes()) {
    for (std::vector<int64_t> shape :
         {std::vector<int64_t>{}, {3}, {2, 300}, {0, 4}}) {
      Tensor tensor = countingTensor(each, shape);
      tensor.name = "x";
      Result<Tensor> back = parseTensorProto(serializeTensorProto(tensor));
      ASSERT_TRUE(back) << nameOf(each) << ": " << back.error();
      EXPECT_EQ(back->name, "x");
      EXPECT_EQ(back->type, each);
      EXPECT_EQ(back->dims, shape);
      EXPECT_EQ(back->data, tensor.data);
    }
  }
}

TEST(TensorProto, ReadsTypedFields) {
  // Type after the elements, elements packed and one by one.
  std::string two = std::string("\0\0\x80\x3f\0\0\0\x40", 8);
  Result<Tensor> f32 =
      parse(number(dims, 2) + bytes(floats, two) + number(type, 1));
  ASSERT_TRUE(f32) << f32.error();
  EXPECT_EQ(f32->at(1), 2);
  Result<Tensor> i8 = parse(number(dims, 2) + number(ints, uint64_t(-1)) +
                            number(ints, 5) + number(type, 3));
  ASSERT_TRUE(i8) << i8.error();
  EXPECT_EQ(i8->at(0), -1);
  EXPECT_EQ(i8->at(1), 5);
  Result<Tensor> f16 =
      parse(number(dims, 1) + number(type, 10) + bytes(ints, varint(0x3c00)));
  ASSERT_TRUE(f16) << f16.error();
  EXPECT_EQ(f16->at(0), 1);
  Result<Tensor> i64 = parse(number(dims, 1) + number(type, 7) +
                             bytes(longs, varint(uint64_t(-7))));
  ASSERT_TRUE(i64) << i64.error();
  EXPECT_EQ(i64->textAt(0), "-7");
  Result<Tensor> u32 =
      parse(number(dims, 1) + number(type, 12) + number(unsigneds, 0xffffffff));
  ASSERT_TRUE(u32) << u32.error();
  EXPECT_EQ(u32->at(0), 4294967295.0);
  Result<Tensor> c128 =
      parse(number(type, 15) + bytes(doubles, std::string(16, '\0')));
  ASSERT_TRUE(c128) << c128.error();
  // Four-bit elements: two in each of int32_data's numbers.
  Result<Tensor> i4 = parse(number(dims, 3) + number(type, 22) +
                            number(ints, 0x2f) + number(ints, 0x01));
  ASSERT_TRUE(i4) << i4.error();
  EXPECT_EQ(i4->at(0), -1);
  EXPECT_EQ(i4->at(1), 2);
  EXPECT_EQ(i4->at(2), 1);
}

TEST(TensorProto, ReadsPackedDims) {
  Result<Tensor> tensor = parse(bytes(dims, varint(2) + varint(1)) +
                                number(type, 2) + bytes(raw, "ab"));
  ASSERT_TRUE(tensor) << tensor.error();
  EXPECT_EQ(tensor->dims, (std::vector<int64_t>{2, 1}));
}

TEST(TensorProto, NamesWhatItDoesNotSupport) {
  std::string sequence = bytes(1, "seq") + number(2, 1) +
                         bytes(3, number(dims, 1) + number(type, 2));
  std::string empty = bytes(1, "x") + number(2, 1);
  std::string optional =
      bytes(1, "optional_input") + number(2, 3) + bytes(5, number(2, 1));
  for (const std::string &container : {sequence, empty, optional}) {
    EXPECT_EQ(parse(container).error(),
              "unsupported: the file holds a SequenceProto or an "
              "OptionalProto, expected a TensorProto");
  }
  EXPECT_EQ(parse(number(dims, 1) + number(type, 8) + bytes(6, "s")).error(),
            "unsupported: the tensor holds strings");
  EXPECT_EQ(
      parse(number(dims, 1) + number(type, 1) + number(location, 1)).error(),
      "unsupported: the tensor's data is in an external file");
}

TEST(TensorProto, ChecksSizes) {
  EXPECT_EQ(
      parse(number(dims, 2) + number(type, 1) + bytes(raw, "1234")).error(),
      "found 4 bytes of elements, expected 8 for 2xf32");
  EXPECT_EQ(parse(number(dims, uint64_t(-1)) + number(type, 1)).error(),
            "negative dimension -1");
  EXPECT_EQ(parse(number(dims, uint64_t(1) << 40) +
                  number(dims, uint64_t(1) << 40) + number(type, 1))
                .error(),
            "the dimensions' product overflows 64 bits");
  EXPECT_EQ(parse(number(dims, uint64_t(1) << 60) + number(type, 1)).error(),
            "a tensor of 1152921504606846976xf32 is too large");
  EXPECT_EQ(parse(number(type, 99)).error(),
            "not a TensorProto: unknown element type 99");
  EXPECT_EQ(parse("").error(), "not a TensorProto: unknown element type 0");
  EXPECT_EQ(parse(bytes(raw, "12").substr(0, 3)).error(),
            "not a TensorProto: damaged or cut short");
}

TEST(TensorProto, SurvivesDamage) {
  damage(serializeTensorProto(countingTensor(DataType::F32, {2, 3})),
         [](ByteView file) { (void)bool(parseTensorProto(file)); });
}

} // namespace
