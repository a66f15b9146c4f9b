//===- Diagnostic.h - one problem of a model --------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_PIPELINE_DIAGNOSTIC_H
#define MLC_COMPILER_PIPELINE_DIAGNOSTIC_H

#include <string>
#include <utility>
#include <vector>

namespace mlc {

/// `error[MLC0123]: message` / `--> file: node '/layer1/Conv' (#17, Conv,
/// opset 22)` / notes ("found: ...", "expected: ...") / `help: ...`.
struct Diagnostic {
  std::string code; ///< "MLC0123"
  std::string message;
  std::string file;
  std::string node;   ///< ONNX node name, empty when not about a node
  std::string opType; ///< "Conv"
  int nodeIndex = -1; ///< position in its graph, -1 when unknown
  int opset = 0;
  std::vector<std::pair<std::string, std::string>> notes;
  std::string help;
};

} // namespace mlc

#endif // MLC_COMPILER_PIPELINE_DIAGNOSTIC_H
