//===- NumpyTest.cpp - reads and writes .npy -*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/io/Numpy.h"
#include "test/tools/Tensors.h"

#include <gtest/gtest.h>

using namespace mlc::io;
using namespace mlc::test;

namespace {

/// A .npy file with this header text and these elements.
Bytes npy(const std::string &header, const std::string &data, int major = 1) {
  std::string text = "\x93NUMPY";
  text += char(major);
  text += '\0';
  std::string padded = header + "\n";
  text += char(padded.size() & 0xff);
  text += char(padded.size() >> 8);
  if (major > 1) {
    text += std::string(2, '\0');
  }
  return bytesOf(text + padded + data);
}

std::string errorOf(const Bytes &file) {
  Result<Tensor> tensor = parseNpy(file);
  return tensor ? "no error" : tensor.error();
}

TEST(Numpy, RoundTripsEveryType) {
  for (DataType type : allTypes()) {
    for (std::vector<int64_t> dims :
         {std::vector<int64_t>{}, {3}, {2, 3}, {0, 4}, {1, 2, 3, 1}}) {
      Tensor tensor = countingTensor(type, dims);
      Bytes file = serializeNpy(tensor);
      Result<Tensor> back = parseNpy(file);
      ASSERT_TRUE(back) << nameOf(type) << ": " << back.error();
      ASSERT_TRUE(back->adopt(type));
      EXPECT_EQ(back->type, type);
      EXPECT_EQ(back->dims, dims);
      EXPECT_EQ(back->data, tensor.data) << nameOf(type);
    }
  }
}

TEST(Numpy, ElementsBeginAligned) {
  for (int64_t size = 1; size < 1000000000; size *= 10) {
    Tensor tensor;
    tensor.type = DataType::F32;
    tensor.dims = {size, 0, size};
    EXPECT_EQ(serializeNpy(tensor).size() % 64, 0u) << size;
  }
}

TEST(Numpy, ReadsAllFormatsAndSpellings) {
  std::string data("\1\0\2\0", 4);
  for (int major : {1, 2, 3}) {
    Result<Tensor> tensor = parseNpy(
        npy("{'descr': '<i2', 'fortran_order': False, 'shape': (2,), }", data,
            major));
    ASSERT_TRUE(tensor) << tensor.error();
    EXPECT_EQ(tensor->at(1), 2);
  }
  Result<Tensor> loose = parseNpy(
      npy("{\"shape\":(2L,),\"fortran_order\":True,\"descr\":\"=i2\"}", data));
  ASSERT_TRUE(loose) << loose.error();
  EXPECT_EQ(loose->at(1), 2);
}

/// Without a byte order too, NumPy's codes count bytes, not bits.
TEST(Numpy, TakesCodesAsNumpyMeansThem) {
  auto typeOf = [](const std::string &descr, size_t bytes) {
    Result<Tensor> tensor = parseNpy(npy(
        "{'descr': '" + descr + "', 'fortran_order': True, 'shape': (2, 2), }",
        std::string(bytes, 0)));
    return tensor ? tensor->type : DataType::None;
  };
  EXPECT_EQ(typeOf("i4", 16), DataType::I32);
  EXPECT_EQ(typeOf("i8", 32), DataType::I64);
  EXPECT_EQ(typeOf("u2", 8), DataType::U16);
  EXPECT_EQ(typeOf("bfloat16", 8), DataType::BF16);
  EXPECT_EQ(typeOf("int4", 2), DataType::None);
  EXPECT_EQ(typeOf("f4e2m1", 2), DataType::None);
}

TEST(Numpy, SwapsBigEndian) {
  Result<Tensor> tensor =
      parseNpy(npy("{'descr': '>i4', 'fortran_order': False, 'shape': (2,), }",
                   std::string("\0\0\1\0\xff\xff\xff\xfe", 8)));
  ASSERT_TRUE(tensor) << tensor.error();
  EXPECT_EQ(tensor->at(0), 256);
  EXPECT_EQ(tensor->at(1), -2);
  Result<Tensor> complex =
      parseNpy(npy("{'descr': '>c8', 'fortran_order': False, 'shape': (), }",
                   std::string("\x3f\x80\0\0\x40\0\0\0", 8)));
  ASSERT_TRUE(complex) << complex.error();
  EXPECT_EQ(complex->complexAt(0), std::make_pair(1.0, 2.0));
}

TEST(Numpy, ReordersFortran) {
  Result<Tensor> tensor =
      parseNpy(npy("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }",
                   std::string("\1\4\2\5\3\6", 6)));
  ASSERT_TRUE(tensor) << tensor.error();
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(tensor->at(i), i + 1);
  }
}

TEST(Numpy, RefusesWhatIsNoArrayOfNumbers) {
  EXPECT_EQ(errorOf(bytesOf("PK")), "not a .npy file");
  auto header = [](const char *descr, const char *shape) {
    return std::string("{'descr': ") + descr +
           ", 'fortran_order': False, 'shape': " + shape + ", }";
  };
  EXPECT_EQ(errorOf(npy(header("'<U4'", "(1,)"), std::string(16, 0))),
            "element type '<U4' is not supported");
  EXPECT_EQ(errorOf(npy(header("'|O'", "(1,)"), "12345678")),
            "element type '|O' is not supported");
  EXPECT_EQ(errorOf(npy(header("[('a', '<f4')]", "(1,)"), "1234")),
            "arrays of records are not supported");
  EXPECT_EQ(errorOf(npy(header("'<f4'", "(2,)"), "1234")),
            "found 4 bytes of elements, expected 8 for 2xf32");
  EXPECT_EQ(errorOf(npy(header("'<f4'", "(1,)"), "12345678")),
            "found 8 bytes of elements, expected 4 for 1xf32");
  EXPECT_EQ(errorOf(npy("{'descr': '<f4'}", "")),
            "the header lacks 'descr', 'fortran_order' or 'shape'");
  EXPECT_EQ(errorOf(npy(header("'<f4'", "(-1,)"), "")),
            "the header's entry 'shape' is malformed");
  EXPECT_EQ(errorOf(npy("", "", 4)), "found .npy format 4, expected 1, 2 or 3");
}

TEST(Numpy, RefusesShapesThatOverflow) {
  std::string begin = "{'descr': '<f4', 'fortran_order': False, 'shape': (";
  EXPECT_EQ(errorOf(npy(begin + "99999999999999999999,), }", "")),
            "the header's entry 'shape' is malformed");
  EXPECT_EQ(errorOf(npy(begin + "4294967296, 4294967296, 4), }", "")),
            "the dimensions' product overflows 64 bits");
  EXPECT_EQ(errorOf(npy(begin + "4611686018427387904, 1), }", "")),
            "a tensor of 4611686018427387904x1xf32 is too large");
}

TEST(Numpy, SurvivesDamage) {
  damage(serializeNpy(countingTensor(DataType::F32, {2, 3})),
         [](ByteView file) { (void)bool(parseNpy(file)); });
}

TEST(Numpy, GivesRawBytesTheDeclaredType) {
  Tensor raw = countingTensor(DataType::BF16, {3});
  Result<Tensor> read = parseNpy(serializeNpy(raw));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->type, DataType::Opaque16);
  EXPECT_FALSE(read->adopt(DataType::F32));
  ASSERT_TRUE(read->adopt(DataType::BF16));
  EXPECT_EQ(read->at(2), 2);
}

} // namespace
