//===- TensorProto.cpp - ONNX tensors in .pb files --------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The dozen fields of TensorProto; repeated numbers come one by one or packed
// into one field.
//
//===----------------------------------------------------------------------===//
#include "tools/io/TensorProto.h"
#include "tools/io/Wire.h"

using namespace mlc::io;
using namespace mlc::io::wire;

namespace {

/// Field numbers of TensorProto in ONNX's onnx.proto.
enum Field : uint32_t {
  Dims = 1,
  ElementType = 2,
  Segment = 3,
  FloatData = 4,
  Int32Data = 5,
  StringData = 6,
  Int64Data = 7,
  Name = 8,
  RawData = 9,
  DoubleData = 10,
  Uint64Data = 11,
  DataLocation = 14,
};

struct RawTensor {
  std::string name;
  std::vector<int64_t> dims;
  int64_t elementType = 0;
  bool hasRaw = false;
  bool external = false;
  bool container = false; // may be a SequenceProto or an OptionalProto
  ByteView raw;
  Bytes typed; // elements of the typed fields as bytes
};

void append(Bytes &to, uint64_t value, size_t size) {
  const uint8_t *bytes = reinterpret_cast<const uint8_t *>(&value);
  to.insert(to.end(), bytes, bytes + size);
}

/// Calls `sink` for each number of a repeated field, packed or not.
template <typename Sink> bool eachNumber(const WireField &field, Sink sink) {
  if (field.type == Varint) {
    sink(field.value);
    return true;
  }
  if (field.type != Length) {
    return false;
  }
  WireReader packed(field.bytes);
  uint64_t value;
  while (!packed.done()) {
    if (!packed.readVarint(value)) {
      return false;
    }
    sink(value);
  }
  return true;
}

/// Floats and doubles are already little-endian in the file.
bool appendFixed(Bytes &to, const WireField &field, size_t size) {
  if (field.type == Length) {
    to.insert(to.end(), field.bytes.data, field.bytes.data + field.bytes.size);
    return field.bytes.size % size == 0;
  }
  append(to, field.value, size);
  return field.type == (size == 4 ? Fixed32 : Fixed64);
}

/// int32_data and uint64_data also carry narrower types, in their low bytes.
size_t carriedBytes(int64_t elementType, uint32_t field) {
  std::optional<DataType> type = dataTypeFromOnnx(elementType);
  size_t own = type ? static_cast<size_t>((bitsOf(*type) + 7) / 8) : 0;
  size_t most = field == Int32Data ? 4 : 8;
  return own == 0 || own > most ? most : own;
}

bool takeField(const WireField &field, RawTensor &tensor) {
  switch (field.number) {
  case Dims:
    tensor.container |= field.type == Length;
    return eachNumber(field, [&](uint64_t value) {
      tensor.dims.push_back(static_cast<int64_t>(value));
    });
  case ElementType:
    tensor.elementType = static_cast<int64_t>(field.value);
    return field.type == Varint;
  case Segment:
    tensor.container = true;
    return true;
  case FloatData:
    return appendFixed(tensor.typed, field, 4);
  case DoubleData:
    return appendFixed(tensor.typed, field, 8);
  case Int32Data:
  case Int64Data:
  case Uint64Data: {
    size_t size = carriedBytes(tensor.elementType, field.number);
    return eachNumber(
        field, [&](uint64_t value) { append(tensor.typed, value, size); });
  }
  case Name:
    tensor.name.assign(reinterpret_cast<const char *>(field.bytes.data),
                       field.bytes.size);
    return field.type == Length;
  case RawData:
    tensor.hasRaw = true;
    tensor.raw = field.bytes;
    return field.type == Length;
  case DataLocation:
    tensor.external = field.value == 1;
    return true;
  default:
    return true; // doc strings, metadata, strings (refused by their type)
  }
}

/// The element type may follow the elements in the file: it is looked up
/// first, since it says how wide they are.
bool takeFields(ByteView bytes, RawTensor &tensor) {
  for (bool first : {true, false}) {
    WireReader reader(bytes);
    WireField field;
    while (!reader.done()) {
      if (!reader.readField(field)) {
        return false;
      }
      bool isType = field.number == ElementType;
      if (isType == first && !takeField(field, tensor)) {
        return false;
      }
    }
  }
  return true;
}

constexpr const char *containerText =
    "unsupported: the file holds a SequenceProto or an OptionalProto, "
    "expected a TensorProto";

} // namespace

Result<Tensor> mlc::io::parseTensorProto(ByteView bytes) {
  RawTensor raw;
  bool wellFormed = takeFields(bytes, raw);
  if (raw.container && (!wellFormed || !raw.hasRaw)) {
    // A SequenceProto begins with its name, where a TensorProto has dims. They
    // can be told apart by the elements: the name's bytes are no shape.
    bool isTensor = false;
    if (std::optional<DataType> type = dataTypeFromOnnx(raw.elementType)) {
      Result<int64_t> needed = countBytes(*type, raw.dims);
      isTensor = wellFormed && needed && !raw.typed.empty() &&
                 static_cast<size_t>(*needed) == raw.typed.size();
    }
    if (!isTensor) {
      return fail(containerText);
    }
  }
  if (!wellFormed) {
    return fail("not a TensorProto: damaged or cut short");
  }
  if (raw.elementType == 8) {
    return fail("unsupported: the tensor holds strings");
  }
  if (raw.external) {
    return fail("unsupported: the tensor's data is in an external file");
  }
  std::optional<DataType> type = dataTypeFromOnnx(raw.elementType);
  if (!type) {
    return fail("not a TensorProto: unknown element type ", raw.elementType);
  }
  if (raw.dims.size() > 64) {
    return fail("found rank ", raw.dims.size(), ", expected at most 64");
  }
  Result<int64_t> needed = countBytes(*type, raw.dims);
  if (!needed) {
    return needed.failure();
  }
  ByteView data = raw.hasRaw ? raw.raw : ByteView(raw.typed);
  if (data.size != static_cast<size_t>(*needed)) {
    return fail("found ", data.size, " bytes of elements, expected ", *needed,
                " for ", formatShape(*type, raw.dims));
  }
  Tensor tensor;
  tensor.name = raw.name;
  tensor.type = *type;
  tensor.dims = std::move(raw.dims);
  tensor.data.assign(data.data, data.data + data.size);
  return tensor;
}

static void writeVarint(Bytes &to, uint64_t value) {
  for (; value >= 0x80; value >>= 7) {
    to.push_back(static_cast<uint8_t>(value | 0x80));
  }
  to.push_back(static_cast<uint8_t>(value));
}

static void writeBytes(Bytes &to, uint32_t field, ByteView bytes) {
  writeVarint(to, field << 3 | Length);
  writeVarint(to, bytes.size);
  to.insert(to.end(), bytes.data, bytes.data + bytes.size);
}

Bytes mlc::io::serializeTensorProto(const Tensor &tensor) {
  Bytes bytes;
  for (int64_t dim : tensor.dims) {
    writeVarint(bytes, Dims << 3 | Varint);
    writeVarint(bytes, static_cast<uint64_t>(dim));
  }
  writeVarint(bytes, ElementType << 3 | Varint);
  writeVarint(bytes, static_cast<uint64_t>(tensor.type));
  if (!tensor.name.empty()) {
    const auto *name = reinterpret_cast<const uint8_t *>(tensor.name.data());
    writeBytes(bytes, Name, ByteView(name, tensor.name.size()));
  }
  writeBytes(bytes, RawData, tensor.data);
  return bytes;
}
