//===- Inflate.h - deflated bytes and checksums -----------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_TOOLS_IO_INFLATE_H
#define MLC_TOOLS_IO_INFLATE_H

#include "tools/io/Tensor.h"

namespace mlc::io {

/// False in builds for machines whose zlib is not at hand (MLC_NO_ZLIB).
extern const bool canInflate;

/// Unpacks raw deflate data; false unless it fills `to` exactly.
bool inflateAll(ByteView from, Bytes &to);

/// The CRC-32 of zip files.
uint32_t checksum(ByteView bytes);

} // namespace mlc::io
#endif // MLC_TOOLS_IO_INFLATE_H
