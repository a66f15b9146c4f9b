//===- JsonTest.cpp - writes and reads JSON -*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/mlc/Json.h"
#include "tools/mlc/JsonReader.h"

#include <gtest/gtest.h>

using namespace mlc::tools;

namespace {

TEST(Json, ReadsWhatItWrites) {
  JsonWriter json;
  json.beginObject()
      .member("text", "a\"b\\c\n\x01")
      .member("count", int64_t(-5))
      .member("ratio", 0.25)
      .member("nothing", 0.0 / 0.0)
      .member("yes", true);
  json.key("list").beginArray().value(1).value(2).endArray();
  json.key("empty").beginObject().endObject();
  std::optional<JsonValue> value = parseJson(json.endObject().finish());
  ASSERT_TRUE(value);
  EXPECT_EQ(value->find("text")->string, "a\"b\\c\n\x01");
  EXPECT_EQ(value->find("count")->text(), "-5");
  EXPECT_EQ(value->find("ratio")->number, 0.25);
  EXPECT_EQ(value->find("nothing")->kind, JsonValue::Kind::Null);
  EXPECT_TRUE(value->find("yes")->truth);
  EXPECT_EQ(value->find("list")->items.size(), 2u);
  EXPECT_TRUE(value->find("empty")->members.empty());
  EXPECT_EQ(value->find("other"), nullptr);
}

/// Names in a model are any bytes.
TEST(Json, WritesUtf8Only) {
  EXPECT_EQ(JsonWriter::quoted("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"),
            "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"");
  EXPECT_EQ(JsonWriter::quoted("a\xff\xc3"), "\"a\\ufffd\\ufffd\"");
  EXPECT_EQ(JsonWriter::quoted("\xc0\x80"), "\"\\ufffd\\ufffd\"");
  EXPECT_EQ(JsonWriter::quoted("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\"");
  EXPECT_EQ(JsonWriter::quoted("\xc2\x9b"
                               "1m"),
            "\"\\u009b1m\"");
}

TEST(Json, RefusesDamage) {
  std::string text = "{\"a\": [1, {\"b\": \"c\\u0041\"}, null, true]}";
  ASSERT_TRUE(parseJson(text));
  for (size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(parseJson(text.substr(0, size))) << size;
  }
  EXPECT_FALSE(parseJson("1 2"));
  EXPECT_FALSE(parseJson(std::string(100000, '[')));
}

} // namespace
