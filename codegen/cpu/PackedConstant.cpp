//===- PackedConstant.cpp - constants in another order ----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/PackedConstant.h"

#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/bit.h"
#include <cmath>
#include <cstring>

using namespace mlir;

namespace mlc::codegen {

std::optional<ConstantBytes> readBytes(ElementsAttr attr) {
  ConstantBytes result;
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attr)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    result.bytes = blob ? blob->getData() : ArrayRef<char>();
  } else if (auto dense = dyn_cast<DenseElementsAttr>(attr)) {
    result.bytes = dense.getRawData();
    result.splat = dense.isSplat();
  }
  Type type = attr.getElementType();
  unsigned bits = type.isIntOrFloat() ? type.getIntOrFloatBitWidth() : 0;
  size_t count = result.splat ? 1 : size_t(attr.getNumElements());
  if (bits == 0 || bits % 8 != 0 || count == 0 ||
      result.bytes.size() < count * (bits / 8)) {
    return std::nullopt;
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Conversions
//===----------------------------------------------------------------------===//

template <typename T>
static std::vector<float> convert(ArrayRef<char> bytes, size_t count,
                                  llvm::function_ref<float(T)> toFloat) {
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i) {
    T element;
    std::memcpy(&element, bytes.data() + i * sizeof(T), sizeof(T));
    values[i] = toFloat(element);
  }
  return values;
}

template <typename T>
static std::vector<float> convertIntegers(ArrayRef<char> bytes, size_t count) {
  return convert<T>(bytes, count, [](T x) { return float(x); });
}

/// Denormals are rare in weights and exact by way of a product.
static float halfToFloat(uint16_t half) {
  uint32_t sign = uint32_t(half & 0x8000) << 16, magnitude = half & 0x7fff;
  if (magnitude >= 0x7c00) {
    return llvm::bit_cast<float>(sign | 0x7f800000u |
                                 (magnitude & 0x3ff) << 13);
  }
  float scaled = llvm::bit_cast<float>(magnitude << 13) * 0x1p112f;
  return llvm::bit_cast<float>(sign | llvm::bit_cast<uint32_t>(scaled));
}

static std::optional<std::vector<float>> widen(ArrayRef<char> bytes,
                                               size_t count, Type type) {
  if (type.isF16()) {
    return convert<uint16_t>(bytes, count, halfToFloat);
  }
  if (type.isBF16()) {
    return convert<uint16_t>(bytes, count, [](uint16_t x) {
      return llvm::bit_cast<float>(uint32_t(x) << 16);
    });
  }
  auto integer = dyn_cast<IntegerType>(type);
  bool isUnsigned = integer && integer.isUnsigned();
  switch (integer ? integer.getWidth() : 0) {
  case 8:
    return isUnsigned ? convertIntegers<uint8_t>(bytes, count)
                      : convertIntegers<int8_t>(bytes, count);
  case 16:
    return isUnsigned ? convertIntegers<uint16_t>(bytes, count)
                      : convertIntegers<int16_t>(bytes, count);
  case 32:
    return isUnsigned ? convertIntegers<uint32_t>(bytes, count)
                      : convertIntegers<int32_t>(bytes, count);
  }
  return std::nullopt;
}

std::optional<ConstantFloats> readFloats(ElementsAttr attr) {
  std::optional<ConstantBytes> stored = readBytes(attr);
  if (!stored) {
    return std::nullopt;
  }
  size_t count = stored->splat ? 1 : size_t(attr.getNumElements());
  ConstantFloats result;
  result.splat = stored->splat;
  if (attr.getElementType().isF32()) {
    auto *floats = reinterpret_cast<const float *>(stored->bytes.data());
    result.values = ArrayRef<float>(floats, count);
    return result;
  }
  auto widened = widen(stored->bytes, count, attr.getElementType());
  if (!widened) {
    return std::nullopt;
  }
  result.widened = std::make_shared<std::vector<float>>(std::move(*widened));
  result.values = *result.widened;
  return result;
}

namespace {
/// A type that panels may have, and how a value is stored in it.
struct PanelType {
  StringRef name;
  Type type;
  bool (*holds)(float);
  void (*encode)(float, char *);
};
} // namespace

static uint32_t bitsOf(float x) { return llvm::bit_cast<uint32_t>(x); }

/// Whether an integer type with these limits holds `x`; it has no -0.
static bool isInteger(float x, float low, float high) {
  return x >= low && x <= high && x == std::trunc(x) &&
         bitsOf(x) != 0x80000000u;
}

template <typename T> static void encodeInteger(float x, char *out) {
  T value = T(x);
  std::memcpy(out, &value, sizeof(T));
}

/// Mantissa bits of an f32 that an f16 lacks at that magnitude; 24 and more:
/// no value but zero.
static unsigned bitsBelowHalf(float x) {
  int exponent = int(bitsOf(x) >> 23 & 0xff) - 127;
  return exponent >= -14 ? 13 : 13 - 14 - exponent;
}

static bool isHalf(float x) {
  uint32_t magnitude = bitsOf(x) & 0x7fffffffu;
  if (magnitude == 0) {
    return true;
  }
  bool isFinite = magnitude < 0x7f800000u;
  unsigned below = bitsBelowHalf(x);
  return (!isFinite || std::fabs(x) <= 65504.0f) && below < 24 &&
         (magnitude & ((1u << below) - 1)) == 0;
}

static void encodeHalf(float x, char *out) {
  uint32_t magnitude = bitsOf(x) & 0x7fffffffu;
  uint32_t half = bitsOf(x) >> 16 & 0x8000u;
  if (magnitude >= 0x7f800000u) {
    half |= 0x7c00u | (magnitude >> 13 & 0x3ffu);
  } else if (std::fabs(x) < 0x1p-14f) {
    half |= uint32_t(std::fabs(x) * 0x1p24f);
  } else {
    half |= (magnitude - (112u << 23)) >> 13;
  }
  auto stored = uint16_t(half);
  std::memcpy(out, &stored, sizeof(stored));
}

/// Narrow types first, among equals what is loaded in fewer instructions.
static PanelType choosePanelType(MLIRContext *context, ConstantFloats values) {
  Builder b(context);
  const PanelType types[] = {
      {"i8", b.getI8Type(), [](float x) { return isInteger(x, -128, 127); },
       encodeInteger<int8_t>},
      {"f16", b.getF16Type(), isHalf, encodeHalf},
      {"bf16", b.getBF16Type(),
       [](float x) { return (bitsOf(x) & 0xffffu) == 0; },
       [](float x, char *out) {
         auto upper = uint16_t(bitsOf(x) >> 16);
         std::memcpy(out, &upper, sizeof(upper));
       }},
      {"i16", b.getI16Type(),
       [](float x) { return isInteger(x, -32768, 32767); },
       encodeInteger<int16_t>},
      {"f32", b.getF32Type(), [](float) { return true; },
       [](float x, char *out) { std::memcpy(out, &x, sizeof(x)); }}};
  return *llvm::find_if(types, [&](const PanelType &type) {
    return llvm::all_of(values.values, type.holds);
  });
}

//===----------------------------------------------------------------------===//
// Packing
//===----------------------------------------------------------------------===//

/// Big constants are known by their resource's name, which is unique, and by
/// what is made of them: constants of several types may share a resource.
static std::string packedName(ElementsAttr from, Type type, StringRef order) {
  auto resource = dyn_cast<DenseResourceElementsAttr>(from);
  if (!resource) {
    return order.str();
  }
  std::string name;
  llvm::raw_string_ostream stream(name);
  stream << resource.getRawHandle().getKey() << '.' << order << '.'
         << from.getType() << '.' << type;
  return name;
}

static size_t byteCount(RankedTensorType type) {
  return size_t(type.getNumElements()) * (type.getElementTypeBitWidth() / 8);
}

static ElementsAttr findPacked(ElementsAttr from, RankedTensorType type,
                               StringRef name) {
  if (!mlir::isa<DenseResourceElementsAttr>(from)) {
    return {};
  }
  auto &interface =
      DenseResourceElementsHandle::getManagerInterface(from.getContext());
  auto *entry = interface.getBlobManager().lookup(name);
  if (!entry || !entry->getBlob() ||
      entry->getBlob()->getData().size() != byteCount(type)) {
    return {};
  }
  auto *dialect = from.getContext()->getOrLoadDialect<BuiltinDialect>();
  return DenseResourceElementsAttr::get(
      type, DenseResourceElementsHandle(entry, dialect));
}

ElementsAttr
makeConstant(ElementsAttr from, RankedTensorType type, StringRef order,
             llvm::function_ref<void(MutableArrayRef<char>)> fill) {
  std::string name = packedName(from, type, order);
  if (ElementsAttr known = findPacked(from, type, name)) {
    return known;
  }
  AsmResourceBlob blob =
      HeapAsmResourceBlob::allocate(byteCount(type), /*align=*/64);
  MutableArrayRef<char> out = blob.getMutableData();
  std::memset(out.data(), 0, out.size());
  fill(out);
  return DenseResourceElementsAttr::get(type, name, std::move(blob));
}

ElementsAttr packConstant(
    ElementsAttr from, RankedTensorType type, StringRef order,
    llvm::function_ref<void(ConstantFloats, MutableArrayRef<float>)> fill) {
  std::optional<ConstantFloats> values = readFloats(from);
  if (!values) {
    return {};
  }
  return makeConstant(from, type, order, [&](MutableArrayRef<char> bytes) {
    fill(*values,
         MutableArrayRef<float>(reinterpret_cast<float *>(bytes.data()),
                                type.getNumElements()));
  });
}

ElementsAttr widenConstant(ElementsAttr from) {
  auto f32 = Float32Type::get(from.getContext());
  auto shape = cast<ShapedType>(from.getType()).getShape();
  auto type = RankedTensorType::get(shape, f32);
  std::optional<ConstantFloats> values = readFloats(from);
  if (values &&
      (values->splat || !mlir::isa<DenseResourceElementsAttr>(from))) {
    return DenseElementsAttr::get(type, values->values);
  }
  return packConstant(from, type, "f32",
                      [](ConstantFloats all, MutableArrayRef<float> to) {
                        llvm::copy(all.values, to.begin());
                      });
}

ElementsAttr packPanels(ElementsAttr source, int64_t depth, int64_t columns,
                        bool transposed) {
  constexpr int64_t width = 32;
  std::optional<ConstantFloats> from = readFloats(source);
  if (!from) {
    return {};
  }
  PanelType panel = choosePanelType(source.getContext(), *from);
  auto type = RankedTensorType::get(
      {int64_t(llvm::divideCeil(columns, width)), depth, width}, panel.type);
  int64_t bytes = type.getElementTypeBitWidth() / 8;
  std::string order = (transposed ? "panels_t_" : "panels_") + panel.name.str();
  return makeConstant(source, type, order, [&](MutableArrayRef<char> to) {
    for (int64_t first = 0; first < columns; first += width) {
      char *out = to.data() + first * depth * bytes;
      int64_t count = std::min(width, columns - first);
      for (int64_t k = 0; k < depth; ++k) {
        for (int64_t n = 0; n < count; ++n) {
          panel.encode((*from)[transposed ? (first + n) * depth + k
                                          : k * columns + first + n],
                       out + (k * width + n) * bytes);
        }
      }
    }
  });
}

} // namespace mlc::codegen
