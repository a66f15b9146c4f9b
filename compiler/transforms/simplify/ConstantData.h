//===- ConstantData.h - elements of constants as bytes ----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Constants come as DenseElementsAttr (small or splat) and as
// DenseResourceElementsAttr (big: the bytes lie in a blob and are not copied).
// Both look the same here: row-major little-endian elements, where booleans and
// types narrower than a byte take one byte each, zero-extended.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_TRANSFORMS_SIMPLIFY_CONSTANTDATA_H
#define MLC_COMPILER_TRANSFORMS_SIMPLIFY_CONSTANTDATA_H

#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Value.h"

#include <memory>
#include <optional>

namespace mlc {

/// Bytes that one element takes.
unsigned bytesPerElement(mlir::Type elementType);

/// Read access to a constant. The attribute keeps the bytes alive.
class ConstantData {
public:
  /// Nothing for attributes whose bytes are not at hand.
  static std::optional<ConstantData> read(mlir::ElementsAttr attr);
  /// The same for the mlc.constant that defines `value`.
  static std::optional<ConstantData> of(mlir::Value value);

  mlir::ElementsAttr attr() const { return elements; }
  mlir::RankedTensorType type() const;
  mlir::Type elementType() const { return elements.getElementType(); }
  int64_t count() const { return elements.getNumElements(); }
  unsigned width() const { return bytesPerElement(elementType()); }
  /// One element stands for all; `bytes` then holds just it.
  bool isSplat() const { return splat; }
  llvm::ArrayRef<char> bytes() const { return data; }
  /// What it takes in memory.
  int64_t storedBytes() const { return int64_t(data.size()); }

  /// Element `i` of a floating-point or integer constant as a number.
  double number(int64_t i) const;

private:
  mlir::ElementsAttr elements;
  llvm::ArrayRef<char> data;
  bool splat = false;
  std::shared_ptr<std::vector<char>> unpacked; // i1 kept as bits by MLIR
};

/// Elements of a constant being made.
class ConstantBuffer {
public:
  explicit ConstantBuffer(mlir::RankedTensorType type);

  char *data() { return blob.getMutableData().data(); }
  size_t size() const { return blob.getData().size(); }
  mlir::RankedTensorType type() const { return tensorType; }
  /// Encodes `value` (rounded to the type) as element `i`.
  void set(int64_t i, double value);

  /// The constant; the buffer is empty afterwards. Small ones and those whose
  /// elements are all equal do not keep the blob.
  mlir::ElementsAttr finish();

private:
  mlir::RankedTensorType tensorType;
  mlir::AsmResourceBlob blob;
};

/// The same elements, of which there are equally many, under other dims.
mlir::ElementsAttr withType(mlir::ElementsAttr attr,
                            mlir::RankedTensorType type);

/// The value that all elements of a constant have, as a number (integers too).
std::optional<double> splatNumber(mlir::Value value);

/// Decodes and encodes one element; floats narrower than f64 round to nearest.
double decodeElement(const char *at, mlir::Type elementType);
void encodeElement(char *at, mlir::Type elementType, double value);

} // namespace mlc

#endif // MLC_COMPILER_TRANSFORMS_SIMPLIFY_CONSTANTDATA_H
