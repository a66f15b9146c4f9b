//===- Compile.h - the compiler as a library --------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What `mlc compile` and `mlc check` call. Nothing here prints or exits; every
// problem is a Diagnostic.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_PIPELINE_COMPILE_H
#define MLC_COMPILER_PIPELINE_COMPILE_H

#include "compiler/pipeline/Diagnostic.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace mlc {

/// The only options structure of the compiler; field by field the command line
/// of `mlc compile`.
struct CompileOptions {
  std::string inputPath;
  std::string outputPath;
  std::vector<std::string> targets; ///< empty: {"cpu"}
  int optLevel = 3;
  /// `name=VALUE` or `name=LO..HI`, as pairs (name, text after '=').
  std::vector<std::pair<std::string, std::string>> dims;
  std::string precision = "fp32";
  std::string accuracyBudget;
  std::string emit = "so"; ///< mlc linalg llvm ptx asm obj so
  std::string compileTo;   ///< a phase name, or empty
  std::string compileFrom; ///< a phase name: the input is MLIR text
  std::string dumpPhasesTo;
  std::string externalWeights;
  std::string tuning;
  /// Folder of the runtime archives by architecture (lib/mlc).
  std::string runtimeDir;
  bool verifyEach = false;
};

enum class Outcome {
  ok = 0,
  usage = 2,
  invalidModel = 3,
  internal = 4,
  resource = 5
};

/// Called with a phase name and the share done (0..1); may be empty.
using ProgressFn = std::function<void(const std::string &phase, double share)>;

/// Compiles `options.inputPath` to `options.outputPath` (written beside and
/// renamed, so a failure leaves no half file). Problems are appended.
Outcome compileModel(const CompileOptions &options,
                     std::vector<Diagnostic> &problems,
                     const ProgressFn &progress = {});

/// Finds every problem of a model without generating code.
Outcome checkModel(const CompileOptions &options,
                   std::vector<Diagnostic> &problems);

/// The ONNX operators that can be imported, each with the first opset whose
/// form of it is known, by name.
std::vector<std::pair<std::string, int>> supportedOperators();

} // namespace mlc

#endif // MLC_COMPILER_PIPELINE_COMPILE_H
