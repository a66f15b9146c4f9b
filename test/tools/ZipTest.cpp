//===- ZipTest.cpp - reads and writes .npz -*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/io/Zip.h"
#include "test/tools/Tensors.h"
#include "tools/io/Numpy.h"

#include <cstring>
#include <gtest/gtest.h>
#include <zlib.h>

using namespace mlc::io;
using namespace mlc::test;

namespace {

Bytes twoArrays() {
  Tensor a = countingTensor(DataType::F32, {2, 2});
  Tensor b = countingTensor(DataType::I64, {3});
  a.name = "a";
  b.name = "/layer/b";
  return serializeNpz({&a, &b});
}

/// The offset of the first byte of `value` in the archive's directory, the
/// 32-bit field at `field` of its first record.
void setDirectoryField(Bytes &archive, size_t field, uint32_t value) {
  const char magic[] = "PK\1\2";
  auto at = std::search(archive.begin(), archive.end(), magic, magic + 4);
  ASSERT_NE(at, archive.end());
  std::memcpy(&*at + field, &value, 4);
}

TEST(Zip, RoundTrips) {
  Result<std::vector<Tensor>> back = parseNpz(twoArrays());
  ASSERT_TRUE(back) << back.error();
  ASSERT_EQ(back->size(), 2u);
  EXPECT_EQ((*back)[0].name, "a");
  EXPECT_EQ((*back)[1].name, "/layer/b");
  EXPECT_EQ((*back)[1].at(2), 2);
}

TEST(Zip, TakesOneArray) {
  Result<Tensor> b = parseNpzEntry(twoArrays(), "/layer/b");
  ASSERT_TRUE(b) << b.error();
  EXPECT_EQ(b->type, DataType::I64);
  EXPECT_EQ(parseNpzEntry(twoArrays(), "c").error(),
            "no array 'c'; it holds 'a', '/layer/b'");
}

TEST(Zip, TheOnlyArrayNeedsNoName) {
  Tensor a = countingTensor(DataType::F32, {1});
  EXPECT_TRUE(parseNpzEntry(serializeNpz({&a}), "whatever"));
}

/// Deflates `file` raw, as zip holds it.
Bytes deflateRaw(const Bytes &file) {
  z_stream stream = {};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY),
            Z_OK);
  Bytes packed(deflateBound(&stream, file.size()));
  stream.next_in = const_cast<Bytef *>(file.data());
  stream.avail_in = uInt(file.size());
  stream.next_out = packed.data();
  stream.avail_out = uInt(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

TEST(Zip, UnpacksDeflated) {
  Bytes file = serializeNpy(countingTensor(DataType::F64, {100}));
  Bytes packed = deflateRaw(file);
  ZipEntry entry;
  entry.name = "x.npy";
  entry.deflated = true;
  entry.packed = packed;
  entry.size = file.size();
  entry.crc = uint32_t(crc32(0, file.data(), uInt(file.size())));
  Result<Bytes> back = unpackZip(entry);
  ASSERT_TRUE(back) << back.error();
  EXPECT_EQ(*back, file);

  entry.size = file.size() - 1;
  EXPECT_EQ(unpackZip(entry).error(), "entry 'x.npy' does not unpack");
  entry.size = file.size() + 1;
  EXPECT_EQ(unpackZip(entry).error(), "entry 'x.npy' does not unpack");
  entry.size = file.size();
  entry.packed = ByteView(packed.data(), packed.size() / 2);
  EXPECT_EQ(unpackZip(entry).error(), "entry 'x.npy' does not unpack");
  entry.packed = packed;
  entry.crc ^= 1;
  EXPECT_EQ(unpackZip(entry).error(), "entry 'x.npy' has a wrong checksum");
}

TEST(Zip, RefusesWhatTheArchiveCannotHold) {
  Bytes archive = twoArrays();
  setDirectoryField(archive, 42, 0x7fffffff); // offset of the local header
  EXPECT_EQ(parseNpz(archive).error(),
            "entry 'a.npy' points outside the archive");
  archive = twoArrays();
  setDirectoryField(archive, 20, 0x7fffffff); // packed size
  EXPECT_EQ(parseNpz(archive).error(),
            "entry 'a.npy' is longer than the archive");
  archive = twoArrays();
  setDirectoryField(archive, 24, 0x7fffffff); // size
  EXPECT_NE(parseNpz(archive).error().find("cannot hold"), std::string::npos);
  archive = twoArrays();
  setDirectoryField(archive, 10, 8); // deflated, but it is not
  EXPECT_FALSE(parseNpz(archive));
}

TEST(Zip, RefusesABomb) {
  Bytes archive = twoArrays();
  setDirectoryField(archive, 10, 8);
  setDirectoryField(archive, 24, 0xfffffff0);
  EXPECT_NE(parseNpz(archive).error().find("cannot hold"), std::string::npos);
}

TEST(Zip, RefusesNoArchive) {
  EXPECT_EQ(parseNpz(bytesOf("PK")).error(), "the archive is too short");
  EXPECT_EQ(parseNpz(Bytes(100)).error(),
            "the archive has no end record: it is cut short or not a zip");
}

TEST(Zip, SurvivesDamage) {
  damage(twoArrays(), [](ByteView file) {
    (void)bool(parseNpz(file));
    (void)bool(parseNpzEntry(file, "a"));
  });
}

TEST(Zip, SameTensorsSameBytes) { EXPECT_EQ(twoArrays(), twoArrays()); }

} // namespace
