//===- Tensor.h - a tensor in host memory -----------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_TOOLS_IO_TENSOR_H
#define MLC_TOOLS_IO_TENSOR_H

#include "tools/io/DataType.h"
#include "tools/io/Result.h"

#include <cstdint>
#include <new>
#include <string>
#include <utility>
#include <vector>

namespace mlc::io {

/// Generated kernels read inputs fastest at this alignment.
constexpr size_t tensorAlignment = 64;

template <typename T> struct AlignedAllocator {
  using value_type = T;
  AlignedAllocator() = default;
  template <typename U> AlignedAllocator(const AlignedAllocator<U> &) {}
  T *allocate(size_t count) {
    return static_cast<T *>(
        ::operator new(count * sizeof(T), std::align_val_t(tensorAlignment)));
  }
  void deallocate(T *pointer, size_t) {
    ::operator delete(pointer, std::align_val_t(tensorAlignment));
  }
  template <typename U> bool operator==(const AlignedAllocator<U> &) const {
    return true;
  }
  template <typename U> bool operator!=(const AlignedAllocator<U> &) const {
    return false;
  }
};

using Bytes = std::vector<uint8_t, AlignedAllocator<uint8_t>>;

/// Bytes that somebody else owns.
struct ByteView {
  const uint8_t *data = nullptr;
  size_t size = 0;
  ByteView() = default;
  ByteView(const uint8_t *data, size_t size) : data(data), size(size) {}
  ByteView(const Bytes &bytes) : data(bytes.data()), size(bytes.size()) {}
  /// The part from `offset` on; the caller has checked the bounds.
  ByteView slice(size_t offset, size_t length) const {
    return ByteView(data + offset, length);
  }
};

/// Product of `dims`; fails on a negative dim and on overflow.
Result<int64_t> countElements(const std::vector<int64_t> &dims);
/// Bytes of `dims` elements of `type`, 4- and 2-bit elements packed; fails
/// like countElements.
Result<int64_t> countBytes(DataType type, const std::vector<int64_t> &dims);
/// "1x3x224x224xf32"; a scalar is "f32".
std::string formatShape(DataType type, const std::vector<int64_t> &dims);

/// Row-major, little-endian; 4- and 2-bit elements are packed as in ONNX, the
/// first element in the low bits.
struct Tensor {
  std::string name;
  DataType type = DataType::None;
  std::vector<int64_t> dims;
  Bytes data;

  int64_t count() const;
  std::string shapeText() const { return formatShape(type, dims); }
  /// Element `index` as a double (complex: the real part); exact for all but
  /// 64-bit integers.
  double at(int64_t index) const;
  /// Real and imaginary part of element `index`.
  std::pair<double, double> complexAt(int64_t index) const;
  /// Element `index` as text: integers exactly, floats in the fewest digits
  /// that tell them apart.
  std::string textAt(int64_t index) const;
  /// Stores `value`, rounded to the element type, at `index`.
  void set(int64_t index, double value);
  /// Gives raw bytes read from a NumPy file the type that a model declares.
  Status adopt(DataType declared);
};

/// A tensor of zeros; fails when the size overflows.
Result<Tensor> makeTensor(DataType type, std::vector<int64_t> dims);

} // namespace mlc::io
#endif // MLC_TOOLS_IO_TENSOR_H
