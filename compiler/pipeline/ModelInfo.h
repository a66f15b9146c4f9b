//===- ModelInfo.h - what the artifact says of a model ----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_PIPELINE_MODELINFO_H
#define MLC_COMPILER_PIPELINE_MODELINFO_H

#include "codegen/Target.h"
#include "compiler/pipeline/Compile.h"

namespace mlc {

/// Reads names, types and symbols off @main's arguments and results (see
/// frontend/onnx/Import.h for the attributes) and keeps them as attributes of
/// the module, from where they are read when a later phase's output comes in.
/// Fails with a diagnostic when the module has neither.
mlir::FailureOr<codegen::ModelInfo>
describeModel(mlir::ModuleOp module, const CompileOptions &options);

/// The artifact's metadata, one JSON object: options, and under "ops" how often
/// each op stands in the simplified graph.
std::string formatMetadata(mlir::ModuleOp module,
                           const CompileOptions &options);

} // namespace mlc

#endif // MLC_COMPILER_PIPELINE_MODELINFO_H
