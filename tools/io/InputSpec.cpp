//===- InputSpec.cpp - NAME=... of --input and --output ---------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/io/InputSpec.h"

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>

using namespace mlc::io;

namespace {

struct Shape {
  std::optional<DataType> type;
  std::vector<int64_t> dims;
};

/// "2x3xf32", "2x3" or "f32"; nothing when `text` is not of that form.
std::optional<Shape> parseShape(const std::string &text) {
  Shape shape;
  size_t at = 0;
  while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
    char *end = nullptr;
    errno = 0;
    long long dim = std::strtoll(text.c_str() + at, &end, 10);
    if (errno != 0 || (*end != 'x' && *end != '\0')) {
      return std::nullopt;
    }
    shape.dims.push_back(dim);
    if (*end == '\0') {
      return shape;
    }
    at = static_cast<size_t>(end - text.c_str()) + 1;
  }
  shape.type = dataTypeFromName(text.substr(at));
  return shape.type ? std::optional(shape) : std::nullopt;
}

std::optional<double> parseNumber(const std::string &text) {
  if (text == "true" || text == "false") {
    return text == "true";
  }
  char *end = nullptr;
  double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0') {
    return std::nullopt;
  }
  return value;
}

/// Steele and others' SplitMix64: one addition and a mix for each number.
class RandomNumbers {
public:
  explicit RandomNumbers(uint64_t seed) : state(seed) {}
  uint64_t next() {
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  double uniform() { return std::ldexp(double(next() >> 11), -53); }

private:
  uint64_t state;
};

void fillRandom(Tensor &tensor, uint64_t seed) {
  RandomNumbers numbers(seed);
  DataKind kind = kindOf(tensor.type);
  if (kind == DataKind::Complex) { // both parts, as twice as many floats
    tensor.type = tensor.type == DataType::C64 ? DataType::F32 : DataType::F64;
    tensor.dims.push_back(2);
    fillRandom(tensor, seed);
    tensor.dims.pop_back();
    tensor.type = tensor.type == DataType::F32 ? DataType::C64 : DataType::C128;
    return;
  }
  for (int64_t i = 0, e = tensor.count(); i < e; ++i) {
    double value = kind == DataKind::Float       ? 2 * numbers.uniform() - 1
                   : tensor.type == DataType::U8 ? double(numbers.next() >> 56)
                                                 : double(numbers.next() >> 63);
    tensor.set(i, value);
  }
}

/// The bits of a 64-bit integer, which a double would round.
std::optional<uint64_t> parseWide(DataType type, const std::string &text) {
  const char *begin = text.data(), *end = begin + text.size();
  int64_t whole = 0;
  uint64_t natural = 0;
  if (type == DataType::U64) {
    auto [rest, error] = std::from_chars(begin, end, natural);
    return rest == end && error == std::errc() ? std::optional(natural)
                                               : std::nullopt;
  }
  auto [rest, error] = std::from_chars(begin, end, whole);
  return type == DataType::I64 && rest == end && error == std::errc()
             ? std::optional(static_cast<uint64_t>(whole))
             : std::nullopt;
}

/// A number of a list.
struct FillValue {
  double value;
  std::optional<uint64_t> bits; ///< exact, of a 64-bit integer

  void storeAt(Tensor &tensor, int64_t index) const {
    if (bits) {
      std::memcpy(tensor.data.data() + index * 8, &*bits, 8);
    } else {
      tensor.set(index, value);
    }
  }
};

Status fillWith(Tensor &tensor, const std::string &list) {
  std::vector<FillValue> values;
  std::istringstream stream(list);
  for (std::string item; std::getline(stream, item, ',');) {
    std::optional<double> value = parseNumber(item);
    if (!value) {
      return fail("'", item, "' is not a number");
    }
    values.push_back({*value, parseWide(tensor.type, item)});
  }
  int64_t count = tensor.count();
  if (values.size() != 1 && static_cast<int64_t>(values.size()) != count) {
    return fail("found ", values.size(), " values, expected 1 or ", count,
                " for ", tensor.shapeText());
  }
  for (int64_t i = 0; i < count; ++i) {
    values[values.size() == 1 ? 0 : size_t(i)].storeAt(tensor, i);
  }
  return success();
}

/// The seed of "random" or "random:SEED"; nothing for any other fill.
Result<std::optional<uint64_t>> parseRandom(const std::string &fill) {
  if (fill.compare(0, 6, "random") != 0) {
    return std::optional<uint64_t>();
  }
  if (fill == "random") {
    return std::optional<uint64_t>(0);
  }
  char *end = nullptr;
  errno = 0;
  uint64_t seed = std::strtoull(fill.c_str() + 7, &end, 10);
  if (fill[6] != ':' || fill.size() == 7 || *end != '\0' || errno != 0) {
    return fail("found '", fill, "', expected random or random:SEED");
  }
  return std::optional<uint64_t>(seed);
}

} // namespace

Result<InputSpec> mlc::io::parseInputSpec(const std::string &text) {
  size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    return fail("found '", text,
                "', expected NAME=@FILE, NAME=SHAPE[=FILL] or NAME=FILL, for "
                "example x=1x3x224x224xf32=0.5");
  }
  InputSpec spec;
  spec.name = text.substr(0, equals);
  std::string rest = text.substr(equals + 1);
  if (!rest.empty() && rest[0] == '@') {
    spec.file = rest.substr(1);
    return spec;
  }
  size_t second = rest.find('=');
  std::optional<Shape> shape = parseShape(rest.substr(0, second));
  // A number alone is a value.
  if (shape &&
      (shape->type || shape->dims.size() > 1 || second != std::string::npos)) {
    spec.type = shape->type;
    spec.dims = shape->dims;
    if (second != std::string::npos) {
      spec.fill = rest.substr(second + 1);
    }
    return spec;
  }
  if (second == std::string::npos && !rest.empty() &&
      (rest.compare(0, 6, "random") == 0 ||
       parseNumber(rest.substr(0, rest.find(','))))) {
    spec.fill = rest;
    return spec;
  }
  return fail("'", rest.substr(0, second),
              "' is not a shape; expected dims and, if wanted, an element "
              "type, for example 1x3x224x224 or 1x3x224x224xf32");
}

Result<std::pair<std::string, std::string>>
mlc::io::parseFileSpec(const std::string &text) {
  size_t equals = text.find("=@");
  if (equals == std::string::npos || equals == 0 || equals + 2 == text.size()) {
    return fail("found '", text, "', expected NAME=@FILE");
  }
  return std::make_pair(text.substr(0, equals), text.substr(equals + 2));
}

Result<Tensor> mlc::io::makeFilled(DataType type, std::vector<int64_t> dims,
                                   const std::string &fill) {
  Result<Tensor> tensor = makeTensor(type, std::move(dims));
  if (!tensor) {
    return tensor;
  }
  Result<std::optional<uint64_t>> seed =
      parseRandom(fill.empty() ? "random" : fill);
  if (!seed) {
    return seed.failure();
  }
  if (*seed) {
    fillRandom(*tensor, **seed);
  } else if (Status filled = fillWith(*tensor, fill); !filled) {
    return filled.failure();
  }
  return tensor;
}
