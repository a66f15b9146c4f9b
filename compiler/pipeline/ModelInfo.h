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

/// Names, types and symbols of @main's arguments and results (see
/// frontend/onnx/Import.h for the attributes), as they are before any phase
/// changes them: the module keeps them as its attribute `mlc.interface`, so
/// that a compilation may go on from a later phase. nullopt when the module has
/// neither that nor a @main on tensors.
std::optional<codegen::ModelInfo> describeModel(mlir::ModuleOp module,
                                                const CompileOptions &options);

} // namespace mlc

#endif // MLC_COMPILER_PIPELINE_MODELINFO_H
