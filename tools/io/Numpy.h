//===- Numpy.h - NumPy's .npy files -----------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_TOOLS_IO_NUMPY_H
#define MLC_TOOLS_IO_NUMPY_H

#include "tools/io/Result.h"
#include "tools/io/Tensor.h"

namespace mlc::io {

bool isNpy(ByteView bytes);

/// Reads a .npy file of format 1, 2 or 3, in C or Fortran order, of any
/// numeric type in either byte order. Raw elements (V1, V2) come back as
/// Opaque8 and Opaque16. Strings, objects and records are refused.
Result<Tensor> parseNpy(ByteView bytes);

/// The bytes that numpy.save would write for `tensor`.
Bytes serializeNpy(const Tensor &tensor);

} // namespace mlc::io
#endif // MLC_TOOLS_IO_NUMPY_H
