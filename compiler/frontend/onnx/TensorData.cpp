//===- TensorData.cpp - stored tensors as attributes ------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/TensorData.h"

#include "compiler/frontend/onnx/Types.h"
#include "compiler/frontend/onnx/onnx.pb.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/Support/MathExtras.h"

#include <cstring>

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "raw_data is little endian and is used in place");

/// Smaller constants live in the attribute itself, where folding sees them.
static constexpr size_t inlineBytes = 1024;
/// Sparse tensors are written out densely up to this size.
static constexpr int64_t maxDenseBytes = int64_t(256) << 20;

std::optional<int64_t> onnx::elementCount(ArrayRef<int64_t> dims) {
  if (int64_t(dims.size()) > maxRank) {
    return std::nullopt;
  }
  int64_t count = 1;
  bool empty = false;
  for (int64_t dim : dims) {
    if (dim < 0 || dim > maxElements) {
      return std::nullopt;
    }
    empty |= dim == 0;
    // Zero dims do not excuse absurd ones: compute the product of the others.
    if (dim != 0 &&
        (llvm::MulOverflow(count, dim, count) || count > maxElements)) {
      return std::nullopt;
    }
  }
  return empty ? 0 : count;
}

static ElementsAttr makeInline(RankedTensorType type, ArrayRef<char> data) {
  if (type.getElementType().isInteger(1)) {
    SmallVector<bool> values(data.begin(), data.end());
    return DenseElementsAttr::get(type, ArrayRef<bool>(values));
  }
  return DenseElementsAttr::getFromRawBuffer(type, data);
}

ElementsAttr onnx::makeElements(RankedTensorType type, OwnedBytes bytes,
                                StringRef name) {
  if (bytes.data.size() <= inlineBytes) {
    return makeInline(type, bytes.data);
  }
  size_t alignment = bytesInModule(type.getElementType());
  if (reinterpret_cast<uintptr_t>(bytes.data.data()) % alignment != 0) {
    AsmResourceBlob copy = HeapAsmResourceBlob::allocateAndCopyWithAlign(
        bytes.data, /*align=*/64, /*dataIsMutable=*/false);
    return DenseResourceElementsAttr::get(type, name, std::move(copy));
  }
  AsmResourceBlob blob(
      bytes.data, alignment,
      [owner = bytes.owner](void *, size_t, size_t) mutable { owner.reset(); },
      /*dataIsMutable=*/false);
  return DenseResourceElementsAttr::get(type, name, std::move(blob));
}

ElementsAttr onnx::makeElements(RankedTensorType type, std::string bytes,
                                StringRef name) {
  auto owner = std::make_shared<std::string>(std::move(bytes));
  return makeElements(
      type, {ArrayRef<char>(owner->data(), owner->size()), owner}, name);
}

RankedTensorType TensorReader::typeOf(const TensorProto &tensor,
                                      TensorError &error) {
  SmallVector<int64_t> dims(tensor.dims().begin(), tensor.dims().end());
  Type element = elementTypeFor(context, tensor.data_type());
  if (!element) {
    error.code = ErrorCode::badType;
    error.message = "element type " + dataTypeName(tensor.data_type()) +
                    " is not supported";
    return nullptr;
  }
  if (tensor.has_segment()) {
    error.message = "segmented tensors are not supported";
    return nullptr;
  }
  if (!elementCount(dims)) {
    error.code = int64_t(dims.size()) > maxRank ? ErrorCode::limit
                                                : ErrorCode::badTensor;
    error.message = "dims are negative or too large";
    return nullptr;
  }
  return RankedTensorType::get(dims, element);
}

/// Spreads elements of 2 or 4 bits, low bits first, to a byte each.
static std::string unpack(StringRef packed, int64_t count, unsigned bits) {
  std::string bytes(count, 0);
  unsigned perByte = 8 / bits;
  for (int64_t i = 0; i < count; ++i) {
    auto byte = static_cast<uint8_t>(packed[i / perByte]);
    bytes[i] = char((byte >> (i % perByte * bits)) & ((1u << bits) - 1));
  }
  return bytes;
}

/// Any byte but zero is true.
static std::string normalizeBooleans(StringRef bytes) {
  std::string result(bytes.size(), 0);
  for (size_t i = 0; i < bytes.size(); ++i) {
    result[i] = bytes[i] != 0;
  }
  return result;
}

static OwnedBytes own(std::string bytes) {
  auto owner = std::make_shared<std::string>(std::move(bytes));
  return {ArrayRef<char>(owner->data(), owner->size()), owner};
}

/// Typed values converted to ElementT each.
template <typename ElementT, typename Values>
static std::string convert(const Values &values) {
  std::string bytes(values.size() * sizeof(ElementT), 0);
  for (int i = 0; i < values.size(); ++i) {
    auto element = static_cast<ElementT>(values[i]);
    std::memcpy(&bytes[i * sizeof(ElementT)], &element, sizeof(ElementT));
  }
  return bytes;
}

namespace {
/// The typed field that ONNX prescribes for a data type, as packed bytes.
struct TypedData {
  std::string bytes;
  int entries = 0;
};
} // namespace

static TypedData typedData(const TensorProto &tensor) {
  switch (tensor.data_type()) {
  case TensorProto::FLOAT:
    return {convert<float>(tensor.float_data()), tensor.float_data_size()};
  case TensorProto::DOUBLE:
    return {convert<double>(tensor.double_data()), tensor.double_data_size()};
  case TensorProto::INT64:
    return {convert<int64_t>(tensor.int64_data()), tensor.int64_data_size()};
  case TensorProto::UINT64:
    return {convert<uint64_t>(tensor.uint64_data()), tensor.uint64_data_size()};
  case TensorProto::UINT32:
    return {convert<uint32_t>(tensor.uint64_data()), tensor.uint64_data_size()};
  case TensorProto::INT32:
    return {convert<int32_t>(tensor.int32_data()), tensor.int32_data_size()};
  case TensorProto::BOOL:
    return {convert<bool>(tensor.int32_data()), tensor.int32_data_size()};
  default:
    break;
  }
  // The rest shares int32_data: 16-bit types one per entry; 8-bit ones too;
  // narrower ones two or four packed in the low byte of an entry.
  return bitsInRawData(tensor.data_type()) == 16
             ? TypedData{convert<uint16_t>(tensor.int32_data()),
                         tensor.int32_data_size()}
             : TypedData{convert<uint8_t>(tensor.int32_data()),
                         tensor.int32_data_size()};
}

/// Brings bytes in raw_data's layout to blob layout.
static OwnedBytes toBlobLayout(OwnedBytes raw, int dataType, int64_t count) {
  StringRef text(raw.data.data(), raw.data.size());
  unsigned bits = bitsInRawData(dataType);
  if (bits < 8) {
    return own(unpack(text, count, bits));
  }
  return dataType == TensorProto::BOOL ? own(normalizeBooleans(text)) : raw;
}

bool TensorReader::readBytes(TensorProto &tensor, int64_t count,
                             OwnedBytes &bytes, TensorError &error) {
  int dataType = tensor.data_type();
  // count <= 2^40, so this does not overflow.
  uint64_t expected = (uint64_t(count) * bitsInRawData(dataType) + 7) / 8;
  uint64_t found = 0;
  if (tensor.data_location() == TensorProto::EXTERNAL) {
    ExternalBytes external;
    if (!files.find(tensor, expected, external, error.message)) {
      error.code = ErrorCode::externalData;
      error.message = "external data refused: " + error.message;
      return false;
    }
    bytes = {ArrayRef<char>(external.bytes.data(), external.bytes.size()),
             external.file};
    found = expected;
  } else if (tensor.has_raw_data()) {
    std::shared_ptr<std::string> owner(tensor.release_raw_data());
    bytes = {ArrayRef<char>(owner->data(), owner->size()), owner};
    found = owner->size();
  } else {
    TypedData typed = typedData(tensor);
    found = typed.bytes.size();
    bytes = own(std::move(typed.bytes));
  }
  if (found != expected) {
    error.message = "expects " + std::to_string(expected) +
                    " bytes of data for its type and dims, got " +
                    std::to_string(found);
    return false;
  }
  bytes = toBlobLayout(bytes, dataType, count);
  return true;
}

ElementsAttr TensorReader::read(TensorProto &tensor, TensorError &error) {
  RankedTensorType type = typeOf(tensor, error);
  OwnedBytes bytes;
  if (!type || !readBytes(tensor, type.getNumElements(), bytes, error)) {
    return nullptr;
  }
  return makeElements(type, std::move(bytes), tensor.name());
}

/// Row-major position of entry `i` of a sparse tensor; nullopt when outside.
static std::optional<int64_t> sparsePosition(ArrayRef<int64_t> indices,
                                             int64_t i, bool linear,
                                             ArrayRef<int64_t> dims,
                                             int64_t count) {
  if (linear) {
    return indices[i] >= 0 && indices[i] < count
               ? std::optional<int64_t>(indices[i])
               : std::nullopt;
  }
  int64_t position = 0;
  for (auto [axis, dim] : llvm::enumerate(dims)) {
    int64_t index = indices[i * dims.size() + axis];
    if (index < 0 || index >= dim) {
      return std::nullopt;
    }
    position = position * dim + index;
  }
  return position;
}

/// Both parts of a sparse tensor are read by `read`, so that external data
/// goes through the one door.
ElementsAttr TensorReader::read(SparseTensorProto &tensor, TensorError &error) {
  SmallVector<int64_t> dims(tensor.dims().begin(), tensor.dims().end());
  std::optional<int64_t> count = elementCount(dims);
  std::string name = tensor.values().name();
  RankedTensorType values = typeOf(tensor.values(), error);
  RankedTensorType indices = typeOf(tensor.indices(), error);
  if (!values || !indices) {
    return nullptr;
  }
  int64_t entries = values.getNumElements();
  bool linear = indices.getRank() == 1;
  unsigned width = bytesInModule(values.getElementType());
  if (!count || *count * width > maxDenseBytes) {
    error = {ErrorCode::limit, "sparse tensor is too large to write out"};
    return nullptr;
  }
  if (values.getRank() != 1 || !indices.getElementType().isInteger(64) ||
      indices.getNumElements() !=
          entries * (linear ? 1 : int64_t(dims.size()))) {
    error.message = "sparse tensor needs values [n] and INT64 indices [n] or "
                    "[n, rank]";
    return nullptr;
  }
  OwnedBytes valueBytes, indexBytes;
  if (!readBytes(*tensor.mutable_values(), entries, valueBytes, error) ||
      !readBytes(*tensor.mutable_indices(), indices.getNumElements(),
                 indexBytes, error)) {
    return nullptr;
  }
  SmallVector<int64_t> positions(indices.getNumElements());
  std::memcpy(positions.data(), indexBytes.data.data(), indexBytes.data.size());
  std::string dense(*count * width, 0);
  for (int64_t i = 0; i < entries; ++i) {
    std::optional<int64_t> at =
        sparsePosition(positions, i, linear, dims, *count);
    if (!at) {
      error.message = "sparse tensor has an index outside its dims";
      return nullptr;
    }
    std::memcpy(&dense[*at * width], valueBytes.data.data() + i * width, width);
  }
  return makeElements(RankedTensorType::get(dims, values.getElementType()),
                      std::move(dense), name);
}
