//===- File.h - whole files in and out --------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_TOOLS_IO_FILE_H
#define MLC_TOOLS_IO_FILE_H

#include "tools/io/Result.h"
#include "tools/io/Tensor.h"

#include <string>
#include <vector>

namespace mlc::io {

/// Reads all of `path` (a file or a pipe), at most `limit` bytes.
Result<Bytes> readFile(const std::string &path, size_t limit = size_t(1) << 40);

/// Writes `parts` one after the other. A regular file appears whole or not at
/// all (written beside its place, then renamed); pipes and devices are written
/// as they are.
Status writeFile(const std::string &path, const std::vector<ByteView> &parts);

/// Whether `path` ends in `suffix`.
bool hasSuffix(const std::string &path, const std::string &suffix);

/// A tensor from FILE.npy, FILE.pb, or FILE.npz: the array `name` of it, or
/// the only one. The format is told by the content.
Result<Tensor> readTensorFile(const std::string &path, const std::string &name);

/// Writes `tensor` as .npy, .npz or .pb by the path's suffix (else .npy).
Status writeTensorFile(const std::string &path, const Tensor &tensor);

} // namespace mlc::io
#endif // MLC_TOOLS_IO_FILE_H
