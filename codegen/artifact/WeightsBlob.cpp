//===- WeightsBlob.cpp - layout of the weights of a model -------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/artifact/WeightsBlob.h"

#include "codegen/common/HostAbi.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;

namespace mlc::codegen {

static constexpr int64_t alignment = 64;

/// The attribute's storage. Booleans of a DenseElementsAttr are bits there, a
/// splat is one element.
static ArrayRef<char> storageOf(ElementsAttr value) {
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    return blob ? blob->getData() : ArrayRef<char>();
  }
  if (auto dense = dyn_cast<DenseElementsAttr>(value)) {
    return dense.getRawData();
  }
  return {};
}

static bool isBoolean(ElementsAttr value) {
  return isa<DenseElementsAttr>(value) && value.getElementType().isInteger(1);
}

static bool isBits(ElementsAttr value) {
  return isBoolean(value) && !value.isSplat();
}

static std::string nameOf(Location loc) {
  auto name = loc->findInstanceOf<NameLoc>();
  return name ? name.getName().str() : "";
}

llvm::Expected<int64_t> WeightsBlob::add(WeightOp weight) {
  ElementsAttr value = weight.getValue();
  if (auto it = offsetOf.find(value); it != offsetOf.end()) {
    return it->second;
  }
  Entry entry;
  entry.value = value;
  entry.name = nameOf(weight.getLoc());
  entry.bytes = storageOf(value);
  int64_t element = elementBytes(value.getElementType());
  entry.size = value.getNumElements() * element;
  int64_t stored = isBits(value) ? llvm::divideCeil(value.getNumElements(), 8)
                   : value.isSplat() ? element
                                     : entry.size;
  if (int64_t(entry.bytes.size()) < (entry.size == 0 ? 0 : stored)) {
    return llvm::createStringError("a weight holds " +
                                   llvm::Twine(entry.bytes.size()) +
                                   " bytes, expected " + llvm::Twine(stored));
  }
  entry.bytes = entry.bytes.take_front(entry.size == 0 ? 0 : stored);
  uint64_t hash = llvm::xxh3_64bits(
      llvm::StringRef(entry.bytes.data(), entry.bytes.size()));
  for (size_t other : byHash[hash]) {
    const Entry &known = entries[other];
    // Equal storage is not yet an equal blob: true is all ones in an attribute
    // and 1 in the blob, and a splat of any type is one element.
    if (known.size == entry.size && known.bytes == entry.bytes &&
        isBoolean(known.value) == isBoolean(value)) {
      return offsetOf[value] = known.offset;
    }
  }
  entry.offset = llvm::alignTo(total, alignment);
  total = entry.offset + entry.size;
  byHash[hash].push_back(entries.size());
  offsetOf[value] = entry.offset;
  entries.push_back(entry);
  return entry.offset;
}

llvm::Expected<WeightsBlob::Range> WeightsBlob::addWeights(ModuleOp module) {
  Range range{INT64_MAX, 0};
  llvm::Error error = llvm::Error::success();
  module.walk([&](WeightOp weight) {
    llvm::Expected<int64_t> offset = add(weight);
    if (!offset) {
      error = llvm::joinErrors(std::move(error), offset.takeError());
      return;
    }
    weight.setOffset(*offset);
    auto type = cast<ShapedType>(weight.getValue().getType());
    int64_t bytes = type.getNumElements() * elementBytes(type.getElementType());
    range.begin = std::min(range.begin, *offset);
    range.end = std::max(range.end, *offset + bytes);
  });
  if (error) {
    return std::move(error);
  }
  range.begin = std::min(range.begin, range.end);
  return range;
}

SmallVector<StoredTensor> WeightsBlob::tensors() const {
  return llvm::map_to_vector(entries, [](const Entry &entry) {
    return StoredTensor{entry.name, entry.value.getShapedType(), entry.offset,
                        entry.size};
  });
}

static void writeBits(llvm::raw_ostream &stream, ArrayRef<char> bits,
                      int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    stream << char((bits[i / 8] >> (i % 8)) & 1);
  }
}

void WeightsBlob::write(llvm::raw_ostream &stream) const {
  int64_t position = 0;
  for (const Entry &entry : entries) {
    stream.write_zeros(entry.offset - position);
    position = entry.offset + entry.size;
    if (isBits(entry.value)) {
      writeBits(stream, entry.bytes, entry.size);
      continue;
    }
    // A splat of booleans is stored as all ones.
    char boolean = !entry.bytes.empty() && entry.bytes[0] != 0;
    ArrayRef<char> bytes = isBoolean(entry.value) && entry.size > 0
                               ? ArrayRef<char>(&boolean, 1)
                               : entry.bytes;
    int64_t copies = bytes.empty() ? 0 : entry.size / int64_t(bytes.size());
    for (int64_t i = 0; i < copies; ++i) {
      stream.write(bytes.data(), bytes.size());
    }
  }
}

namespace {
/// Hashes what is written, piece by piece.
class HashStream : public llvm::raw_ostream {
public:
  HashStream() { SetUnbuffered(); }
  uint64_t hash = 0;

private:
  void write_impl(const char *data, size_t size) override {
    llvm::StringRef piece(data, size);
    hash =
        llvm::rotl(hash, 31) * 0x9e3779b97f4a7c15u ^ llvm::xxh3_64bits(piece);
    position += size;
  }
  uint64_t current_pos() const override { return position; }
  uint64_t position = 0;
};
} // namespace

uint64_t WeightsBlob::identity() const {
  HashStream stream;
  write(stream);
  return stream.hash ? stream.hash : 1;
}

} // namespace mlc::codegen
