//===- PackedConstant.cpp - constants in another order ----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/PackedConstant.h"

#include "mlir/IR/DialectResourceBlobManager.h"
#include <cstring>

using namespace mlir;

namespace mlc::codegen {

std::optional<ConstantFloats> readFloats(ElementsAttr attr) {
  if (!attr.getElementType().isF32()) {
    return std::nullopt;
  }
  ArrayRef<char> bytes;
  bool splat = false;
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attr)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    bytes = blob ? blob->getData() : ArrayRef<char>();
  } else if (auto dense = dyn_cast<DenseElementsAttr>(attr)) {
    bytes = dense.getRawData();
    splat = dense.isSplat();
  }
  size_t needed = splat ? 1 : size_t(attr.getNumElements());
  if (needed == 0 || bytes.size() < needed * sizeof(float)) {
    return std::nullopt;
  }
  auto *floats = reinterpret_cast<const float *>(bytes.data());
  return ConstantFloats{ArrayRef<float>(floats, needed), splat};
}

/// Big constants are known by their resource's name, which is unique.
static std::string packedName(ElementsAttr from, StringRef order) {
  auto resource = dyn_cast<DenseResourceElementsAttr>(from);
  return resource ? (resource.getRawHandle().getKey() + "." + order).str()
                  : order.str();
}

static ElementsAttr findPacked(ElementsAttr from, RankedTensorType type,
                               StringRef name) {
  if (!mlir::isa<DenseResourceElementsAttr>(from)) {
    return {};
  }
  auto &interface =
      DenseResourceElementsHandle::getManagerInterface(from.getContext());
  auto *entry = interface.getBlobManager().lookup(name);
  size_t bytes = size_t(type.getNumElements()) * sizeof(float);
  if (!entry || !entry->getBlob() ||
      entry->getBlob()->getData().size() != bytes) {
    return {};
  }
  auto *dialect = from.getContext()->getOrLoadDialect<BuiltinDialect>();
  return DenseResourceElementsAttr::get(
      type, DenseResourceElementsHandle(entry, dialect));
}

ElementsAttr packConstant(
    ElementsAttr from, RankedTensorType type, StringRef order,
    llvm::function_ref<void(ConstantFloats, MutableArrayRef<float>)> fill) {
  std::optional<ConstantFloats> values = readFloats(from);
  if (!values) {
    return {};
  }
  std::string name = packedName(from, order);
  if (ElementsAttr known = findPacked(from, type, name)) {
    return known;
  }
  size_t count = type.getNumElements();
  AsmResourceBlob blob =
      HeapAsmResourceBlob::allocate(count * sizeof(float), /*align=*/64);
  auto *out = reinterpret_cast<float *>(blob.getMutableData().data());
  std::memset(out, 0, count * sizeof(float));
  fill(*values, MutableArrayRef<float>(out, count));
  return DenseResourceElementsAttr::get(type, name, std::move(blob));
}

ElementsAttr packPanels(ElementsAttr source, int64_t depth, int64_t columns,
                        bool transposed) {
  constexpr int64_t width = 32;
  auto type = RankedTensorType::get(
      {int64_t(llvm::divideCeil(columns, width)), depth, width},
      source.getElementType());
  return packConstant(
      source, type, transposed ? "panels_t" : "panels",
      [&](ConstantFloats from, MutableArrayRef<float> to) {
        for (int64_t first = 0; first < columns; first += width) {
          float *out = to.data() + first * depth;
          int64_t count = std::min(width, columns - first);
          for (int64_t k = 0; k < depth; ++k) {
            for (int64_t n = 0; n < count; ++n) {
              out[k * width + n] = transposed ? from[(first + n) * depth + k]
                                              : from[k * columns + first + n];
            }
          }
        }
      });
}

} // namespace mlc::codegen
