//===- ModelFile.h - from a file to a ModelProto ----------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_FRONTEND_ONNX_MODELFILE_H
#define MLC_COMPILER_FRONTEND_ONNX_MODELFILE_H

#include "compiler/frontend/onnx/Errors.h"

#include <memory>
#include <string>
#include <string_view>

namespace mlc::onnx {

class ModelProto;

/// Parses the model at `path`; null after adding a problem.
std::unique_ptr<ModelProto> readModel(const std::string &path,
                                      Problems &problems);

/// What the encoded model may ask of the parser.
struct WireLimits {
  /// Messages inside messages; each nested graph takes three.
  int depth = 96;
  /// Sub-messages and strings: an empty one takes 2 bytes in the file and some
  /// 100 in memory, so the file's size does not bound the parser's memory.
  int64_t items = 6'000'000;
};

struct WireProblem {
  ErrorCode code = ErrorCode::malformed;
  std::string message;
};

/// Checks that `bytes` are a well-formed ModelProto within `limits`, before the
/// parser allocates anything for it. False with `problem` set.
bool checkWire(std::string_view bytes, const WireLimits &limits,
               WireProblem &problem);

} // namespace mlc::onnx

#endif // MLC_COMPILER_FRONTEND_ONNX_MODELFILE_H
