//===- Numpy.cpp - NumPy's .npy files ---------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A .npy file is "\x93NUMPY", two version bytes, the header's length, a header
// that is a Python dict literal, and the elements. The file may be hostile:
// nothing is read before its size is known to be there.
//
//===----------------------------------------------------------------------===//
#include "tools/io/Numpy.h"

#include <algorithm>
#include <cstring>

using namespace mlc::io;

namespace {

constexpr char magic[] = "\x93NUMPY";
constexpr size_t magicSize = 6;
/// NumPy itself refuses longer headers unless told otherwise.
constexpr size_t maxHeader = 1 << 20;

struct Header {
  std::string descr;
  bool fortranOrder = false;
  std::vector<int64_t> shape;
};

/// Reads the dict literal: strings, True and False, and a tuple of integers.
class HeaderParser {
public:
  HeaderParser(const char *begin, const char *end) : at(begin), end(end) {}

  Result<Header> parse() {
    bool descr = false, order = false, shape = false;
    if (!take('{')) {
      return fail("the header is not a dictionary");
    }
    while (!take('}')) {
      std::string key;
      if (!takeString(key) || !take(':')) {
        return fail("the header's dictionary is malformed");
      }
      bool good = false;
      if (key == "descr") {
        if (peek() == '[' || peek() == '(') {
          return fail("arrays of records are not supported");
        }
        good = descr = takeString(header.descr);
      } else if (key == "fortran_order") {
        good = order = takeBool(header.fortranOrder);
      } else if (key == "shape") {
        good = shape = takeShape();
      }
      if (!good) {
        return fail("the header's entry '", key.substr(0, 40),
                    "' is malformed");
      }
      if (!take(',') && peek() != '}') {
        return fail("the header's dictionary is malformed");
      }
    }
    if (!descr || !order || !shape) {
      return fail("the header lacks 'descr', 'fortran_order' or 'shape'");
    }
    return header;
  }

private:
  void skipBlanks() {
    while (at != end && (*at == ' ' || *at == '\n' || *at == '\t')) {
      ++at;
    }
  }
  char peek() {
    skipBlanks();
    return at == end ? '\0' : *at;
  }
  bool take(char wanted) {
    if (peek() != wanted) {
      return false;
    }
    ++at;
    return true;
  }
  bool takeString(std::string &text) {
    char quote = peek();
    if (quote != '\'' && quote != '"') {
      return false;
    }
    const char *close = std::find(at + 1, end, quote);
    if (close == end) {
      return false;
    }
    text.assign(at + 1, close);
    at = close + 1;
    return true;
  }
  bool takeWord(const char *word) {
    size_t length = std::strlen(word);
    if (static_cast<size_t>(end - at) < length ||
        std::memcmp(at, word, length) != 0) {
      return false;
    }
    at += length;
    return true;
  }
  bool takeBool(bool &value) {
    skipBlanks();
    value = takeWord("True");
    return value || takeWord("False");
  }
  bool takeShape() {
    if (!take('(')) {
      return false;
    }
    while (!take(')')) {
      int64_t dim = 0;
      char digit = peek();
      if (digit < '0' || digit > '9') {
        return false;
      }
      for (; at != end && *at >= '0' && *at <= '9'; ++at) {
        if (__builtin_mul_overflow(dim, int64_t(10), &dim) ||
            __builtin_add_overflow(dim, int64_t(*at - '0'), &dim)) {
          return false;
        }
      }
      take('L'); // Python 2 wrote long integers so
      header.shape.push_back(dim);
      if (header.shape.size() > 64 || (!take(',') && peek() != ')')) {
        return false;
      }
    }
    return true;
  }

  const char *at, *end;
  Header header;
};

struct ElementFormat {
  DataType type;
  bool bigEndian;
};

Result<ElementFormat> parseDescr(const std::string &descr) {
  char order = descr.empty() ? '\0' : descr[0];
  bool hasOrder = std::strchr("<>|=", order) && order;
  std::string name = hasOrder ? descr.substr(1) : descr;
  ElementFormat format{DataType::None, order == '>'};
  if (name == "V1") {
    format.type = DataType::Opaque8;
  } else if (name == "V2") {
    format.type = DataType::Opaque16;
  } else if (name == "f1") { // what ml_dtypes says, and NumPy cannot read back
    format.type = DataType::F8E5M2;
  } else {
#define MLC_DATA_TYPE(NAME, NUMBER, BITS, TEXT, NUMPY, KIND)                   \
  if (NUMPY[0] != 'V' && name == NUMPY) {                                      \
    format.type = DataType::NAME;                                              \
  }
#include "tools/io/DataTypes.def"
  }
  // Only what NumPy's own codes leave over is a name of mlc: its "i4" has 32
  // bits. Elements of less than a byte have no form in these files.
  std::optional<DataType> named = dataTypeFromName(descr);
  if (format.type == DataType::None && named && bitsOf(*named) >= 8) {
    format.type = *named;
  }
  if (format.type == DataType::None) {
    return fail("element type '", descr.substr(0, 40), "' is not supported");
  }
  return format;
}

void swapBytes(Bytes &data, size_t elementBytes) {
  for (size_t i = 0; i + elementBytes <= data.size(); i += elementBytes) {
    std::reverse(data.begin() + static_cast<ptrdiff_t>(i),
                 data.begin() + static_cast<ptrdiff_t>(i + elementBytes));
  }
}

/// Reorders from "first index fastest" to "last index fastest".
Bytes toRowMajor(const Bytes &from, const std::vector<int64_t> &dims,
                 size_t elementBytes) {
  Bytes to(from.size());
  std::vector<int64_t> index(dims.size(), 0);
  std::vector<size_t> strides(dims.size(), elementBytes);
  for (size_t d = 1; d < dims.size(); ++d) {
    strides[d] = strides[d - 1] * static_cast<size_t>(dims[d - 1]);
  }
  size_t source = 0;
  for (size_t target = 0; target < to.size(); target += elementBytes) {
    std::memcpy(to.data() + target, from.data() + source, elementBytes);
    for (size_t d = dims.size(); d-- > 0;) {
      source += strides[d];
      if (++index[d] < dims[d]) {
        break;
      }
      source -= strides[d] * static_cast<size_t>(dims[d]);
      index[d] = 0;
    }
  }
  return to;
}

/// Where the header begins and how long it is.
struct HeaderSpan {
  size_t begin, size;
};

Result<HeaderSpan> findHeader(ByteView bytes) {
  if (!isNpy(bytes) || bytes.size < magicSize + 4) {
    return fail("not a .npy file");
  }
  int major = bytes.data[magicSize];
  if (major < 1 || major > 3) {
    return fail("found .npy format ", major, ", expected 1, 2 or 3");
  }
  const uint8_t *length = bytes.data + magicSize + 2;
  size_t begin = magicSize + (major == 1 ? 4 : 6);
  if (bytes.size < begin) {
    return fail("the file ends inside its header");
  }
  size_t size = length[0] | size_t(length[1]) << 8;
  if (major > 1) {
    size |= size_t(length[2]) << 16 | size_t(length[3]) << 24;
  }
  if (size > maxHeader) {
    return fail("the header claims ", size, " bytes, more than ", maxHeader);
  }
  if (size > bytes.size - begin) {
    return fail("the file ends inside its header");
  }
  return HeaderSpan{begin, size};
}

} // namespace

bool mlc::io::isNpy(ByteView bytes) {
  return bytes.size >= magicSize &&
         std::memcmp(bytes.data, magic, magicSize) == 0;
}

Result<Tensor> mlc::io::parseNpy(ByteView bytes) {
  Result<HeaderSpan> span = findHeader(bytes);
  if (!span) {
    return span.failure();
  }
  const char *text = reinterpret_cast<const char *>(bytes.data + span->begin);
  Result<Header> header = HeaderParser(text, text + span->size).parse();
  if (!header) {
    return header.failure();
  }
  Result<ElementFormat> format = parseDescr(header->descr);
  if (!format) {
    return format.failure();
  }
  Result<int64_t> needed = countBytes(format->type, header->shape);
  if (!needed) {
    return needed.failure();
  }
  size_t dataBegin = span->begin + span->size;
  size_t found = bytes.size - dataBegin;
  if (found != static_cast<size_t>(*needed)) {
    return fail("found ", found, " bytes of elements, expected ", *needed,
                " for ", formatShape(format->type, header->shape));
  }
  Tensor tensor;
  tensor.type = format->type;
  tensor.dims = std::move(header->shape);
  tensor.data.assign(bytes.data + dataBegin, bytes.data + bytes.size);
  size_t elementBytes = static_cast<size_t>(bitsOf(format->type)) / 8;
  if (format->bigEndian) {
    bool complex = kindOf(format->type) == DataKind::Complex;
    swapBytes(tensor.data, complex ? elementBytes / 2 : elementBytes);
  }
  if (header->fortranOrder && tensor.dims.size() > 1) {
    tensor.data = toRowMajor(tensor.data, tensor.dims, elementBytes);
  }
  return tensor;
}

Bytes mlc::io::serializeNpy(const Tensor &tensor) {
  std::string header = "{'descr': '";
  std::string name = numpyNameOf(tensor.type);
  // NumPy marks one-byte numbers with '|', raw bytes of ml_dtypes with '<'.
  bool oneByte = bitsOf(tensor.type) == 8 && name[0] != 'V';
  header += (oneByte ? "|" : "<") + name + "', 'fortran_order': False, ";
  header += "'shape': (";
  for (int64_t dim : tensor.dims) {
    header += std::to_string(dim) + (tensor.dims.size() == 1 ? "," : ", ");
  }
  if (tensor.dims.size() > 1) {
    header.resize(header.size() - 2);
  }
  header += "), }";
  // The elements begin at a multiple of 64; the header ends in a newline.
  size_t prefix = magicSize + 4;
  header.append(63 - (prefix + header.size()) % 64, ' ');
  header += '\n';

  Bytes bytes(magic, magic + magicSize);
  bytes.insert(bytes.end(), {1, 0, uint8_t(header.size() & 0xff),
                             uint8_t(header.size() >> 8)});
  bytes.insert(bytes.end(), header.begin(), header.end());
  if (bitsOf(tensor.type) >= 8) {
    bytes.insert(bytes.end(), tensor.data.begin(), tensor.data.end());
    return bytes;
  }
  int64_t bits = bitsOf(tensor.type), perByte = 8 / bits;
  for (int64_t i = 0, e = tensor.count(); i < e; ++i) {
    int byte = tensor.data[static_cast<size_t>(i / perByte)];
    int code = (byte >> (i % perByte * bits)) & ((1 << bits) - 1);
    bytes.push_back(static_cast<uint8_t>(code));
  }
  return bytes;
}
