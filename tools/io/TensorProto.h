//===- TensorProto.h - ONNX tensors in .pb files ----------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_TOOLS_IO_TENSORPROTO_H
#define MLC_TOOLS_IO_TENSORPROTO_H

#include "tools/io/Result.h"
#include "tools/io/Tensor.h"

namespace mlc::io {

/// Reads one serialized TensorProto. Strings, external data, and files that
/// hold a SequenceProto or an OptionalProto are refused with a message that
/// says so and begins with "unsupported: ".
Result<Tensor> parseTensorProto(ByteView bytes);

Bytes serializeTensorProto(const Tensor &tensor);

} // namespace mlc::io
#endif // MLC_TOOLS_IO_TENSORPROTO_H
