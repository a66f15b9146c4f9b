//===- ConstantData.cpp - elements of constants as bytes --------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/transforms/simplify/ConstantData.h"

#include "dialects/mlc/Mlc.h"

#include "mlir/IR/DialectResourceBlobManager.h"

#include <cstring>

using namespace mlir;

namespace mlc {

/// Constants up to this size live in the attribute itself (the importer has the
/// same limit).
static constexpr size_t inlineBytes = 1024;

unsigned bytesPerElement(Type elementType) {
  unsigned bits =
      elementType.isIndex() ? 64 : elementType.getIntOrFloatBitWidth();
  return (bits + 7) / 8;
}

RankedTensorType ConstantData::type() const {
  return cast<RankedTensorType>(elements.getType());
}

std::optional<ConstantData> ConstantData::read(ElementsAttr attr) {
  ConstantData result;
  result.elements = attr;
  if (!isa<RankedTensorType>(attr.getType()) ||
      !attr.getElementType().isIntOrIndexOrFloat()) {
    return std::nullopt;
  }
  size_t width = bytesPerElement(attr.getElementType());
  size_t expected = size_t(attr.getNumElements()) * width;
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attr)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    if (!blob || blob->getData().size() != expected) {
      return std::nullopt;
    }
    result.data = blob->getData();
    return result;
  }
  auto dense = dyn_cast<DenseElementsAttr>(attr);
  if (!dense) {
    return std::nullopt;
  }
  result.splat = dense.isSplat() && attr.getNumElements() > 0;
  if (attr.getElementType().isInteger(1)) {
    result.unpacked = std::make_shared<std::vector<char>>();
    if (result.splat) {
      result.unpacked->push_back(dense.getSplatValue<bool>());
    } else {
      for (bool value : dense.getValues<bool>()) {
        result.unpacked->push_back(value);
      }
    }
    result.data = *result.unpacked;
    return result;
  }
  result.data = dense.getRawData();
  if (result.data.size() != (result.splat ? width : expected)) {
    return std::nullopt;
  }
  return result;
}

std::optional<ConstantData> ConstantData::of(Value value) {
  auto constant = value.getDefiningOp<ConstantOp>();
  return constant ? read(constant.getValue()) : std::nullopt;
}

double ConstantData::number(int64_t i) const {
  return decodeElement(data.data() + (splat ? 0 : i * width()), elementType());
}

double decodeElement(const char *at, Type elementType) {
  uint64_t bits = 0;
  std::memcpy(&bits, at, bytesPerElement(elementType));
  if (auto real = dyn_cast<FloatType>(elementType)) {
    if (real.isF32()) {
      return llvm::bit_cast<float>(uint32_t(bits));
    }
    if (real.isF64()) {
      return llvm::bit_cast<double>(bits);
    }
    APFloat value(real.getFloatSemantics(),
                  APInt(real.getWidth(), bits, false, true));
    bool losesInfo;
    value.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                  &losesInfo);
    return value.convertToDouble();
  }
  unsigned width =
      elementType.isIndex() ? 64 : elementType.getIntOrFloatBitWidth();
  if (width == 64) {
    return elementType.isUnsignedInteger() ? double(bits)
                                           : double(int64_t(bits));
  }
  if (elementType.isUnsignedInteger() || width == 1) {
    return double(bits);
  }
  return double(llvm::SignExtend64(bits, width));
}

void encodeElement(char *at, Type elementType, double value) {
  uint64_t bits;
  if (auto real = dyn_cast<FloatType>(elementType)) {
    if (real.isF32()) {
      bits = llvm::bit_cast<uint32_t>(float(value));
    } else {
      APFloat rounded(value);
      bool losesInfo;
      rounded.convert(real.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                      &losesInfo);
      bits = rounded.bitcastToAPInt().getZExtValue();
    }
  } else {
    unsigned width =
        elementType.isIndex() ? 64 : elementType.getIntOrFloatBitWidth();
    bits = value < 0 ? uint64_t(int64_t(value)) : uint64_t(value);
    bits &= llvm::maskTrailingOnes<uint64_t>(width);
  }
  std::memcpy(at, &bits, bytesPerElement(elementType));
}

ConstantBuffer::ConstantBuffer(RankedTensorType type)
    : tensorType(type), blob(HeapAsmResourceBlob::allocate(
                            size_t(type.getNumElements()) *
                                bytesPerElement(type.getElementType()),
                            /*align=*/64)) {}

void ConstantBuffer::set(int64_t i, double value) {
  Type elementType = tensorType.getElementType();
  encodeElement(data() + i * bytesPerElement(elementType), elementType, value);
}

static ElementsAttr inlineElements(RankedTensorType type, ArrayRef<char> data) {
  if (type.getNumElements() == 0) {
    return DenseElementsAttr::get(type, ArrayRef<Attribute>());
  }
  if (type.getElementType().isInteger(1)) {
    SmallVector<bool> values(data.begin(), data.end());
    return DenseElementsAttr::get(type, ArrayRef<bool>(values));
  }
  return DenseElementsAttr::getFromRawBuffer(type, data);
}

ElementsAttr ConstantBuffer::finish() {
  ArrayRef<char> bytes = blob.getData();
  size_t width = bytesPerElement(tensorType.getElementType());
  // All equal when the bytes are those one element before them.
  if (bytes.size() > width && std::memcmp(bytes.data(), bytes.data() + width,
                                          bytes.size() - width) == 0) {
    return inlineElements(tensorType, bytes.take_front(width));
  }
  if (bytes.size() <= inlineBytes) {
    return inlineElements(tensorType, bytes);
  }
  return DenseResourceElementsAttr::get(tensorType, "folded", std::move(blob));
}

ElementsAttr withType(ElementsAttr attr, RankedTensorType type) {
  if (attr.getType() == type) {
    return attr;
  }
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attr)) {
    return DenseResourceElementsAttr::get(type, resource.getRawHandle());
  }
  return cast<DenseElementsAttr>(attr).reshape(type);
}

std::optional<double> splatNumber(Value value) {
  auto constant = value.getDefiningOp<ConstantOp>();
  if (!constant || constant.getValue().getNumElements() == 0) {
    return std::nullopt;
  }
  if (constant.getValue().getNumElements() > 1 &&
      !isa<SplatElementsAttr>(constant.getValue())) {
    return std::nullopt;
  }
  std::optional<ConstantData> data = ConstantData::read(constant.getValue());
  return data ? std::optional<double>(data->number(0)) : std::nullopt;
}

} // namespace mlc
