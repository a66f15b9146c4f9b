//===- Tensors.h - tensors and damaged files for tests -*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_TEST_TOOLS_TENSORS_H
#define MLC_TEST_TOOLS_TENSORS_H

#include "tools/io/Tensor.h"

#include <functional>
#include <vector>

namespace mlc::test {

/// A tensor whose elements are 0, 1, 2, ... (bool: alternating).
inline io::Tensor countingTensor(io::DataType type, std::vector<int64_t> dims) {
  io::Tensor tensor = *io::makeTensor(type, std::move(dims));
  for (int64_t i = 0, e = tensor.count(); i < e; ++i) {
    tensor.set(i, type == io::DataType::Bool ? i % 2 : double(i));
  }
  return tensor;
}

inline const std::vector<io::DataType> &allTypes() {
  static const std::vector<io::DataType> types = {
#define MLC_DATA_TYPE(NAME, NUMBER, BITS, TEXT, NUMPY, KIND) io::DataType::NAME,
#include "tools/io/DataTypes.def"
  };
  return types;
}

inline io::Bytes bytesOf(const std::string &text) {
  return io::Bytes(text.begin(), text.end());
}

/// Calls `parse` with every prefix of `file` and with every byte of it changed
/// in several ways; parse must fail or succeed, but not crash. The copy has
/// the exact size, so that a sanitizer sees each byte read too many.
inline void damage(const io::Bytes &file,
                   const std::function<void(io::ByteView)> &parse) {
  for (size_t size = 0; size < file.size(); ++size) {
    parse(io::Bytes(file.begin(), file.begin() + ptrdiff_t(size)));
  }
  for (size_t i = 0; i < file.size(); ++i) {
    for (int change : {0x01, 0x7f, 0x80, 0xff}) {
      io::Bytes changed = file;
      changed[i] = static_cast<uint8_t>(changed[i] ^ change);
      parse(changed);
    }
  }
}

} // namespace mlc::test
#endif // MLC_TEST_TOOLS_TENSORS_H
