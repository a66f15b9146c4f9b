//===- Zip.h - NumPy's .npz files -------------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A .npz file is a zip archive of .npy files, stored or deflated.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_TOOLS_IO_ZIP_H
#define MLC_TOOLS_IO_ZIP_H

#include "tools/io/Result.h"
#include "tools/io/Tensor.h"

#include <string>
#include <vector>

namespace mlc::io {

bool isZip(ByteView bytes);

/// One file of an archive as its directory lists it, all bounds checked.
struct ZipEntry {
  std::string name;
  bool deflated = false;
  ByteView packed;
  size_t size = 0; // once unpacked
  uint32_t crc = 0;
};

Result<std::vector<ZipEntry>> listZip(ByteView archive);
/// Unpacks and checks size and checksum.
Result<Bytes> unpackZip(const ZipEntry &entry);

/// All arrays of a .npz file, named as numpy.load names them.
Result<std::vector<Tensor>> parseNpz(ByteView archive);
/// The array `name`, or the only one.
Result<Tensor> parseNpzEntry(ByteView archive, const std::string &name);
/// A .npz file of `tensors` under their names; the same tensors give the same
/// bytes (no time stamps).
Bytes serializeNpz(const std::vector<const Tensor *> &tensors);

} // namespace mlc::io
#endif // MLC_TOOLS_IO_ZIP_H
