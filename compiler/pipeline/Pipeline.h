//===- Pipeline.h - which passes make up a phase ----------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_PIPELINE_PIPELINE_H
#define MLC_COMPILER_PIPELINE_PIPELINE_H

#include "codegen/Target.h"
#include "compiler/pipeline/Compile.h"

#include "mlir/Pass/PassManager.h"

#include <optional>

namespace mlc {

enum class Phase {
#define MLC_PHASE(name, perTarget, contract) name,
#include "compiler/pipeline/Phases.def"
};

struct PhaseInfo {
  Phase phase;
  const char *name;
  bool perTarget;
  const char *contract;
};

/// All phases in order.
llvm::ArrayRef<PhaseInfo> allPhases();

/// The phase of that name.
std::optional<Phase> parsePhase(llvm::StringRef name);

/// Appends the passes of a phase between import and emit. `target` is null for
/// phases that are not per target.
void buildPhase(mlir::OpPassManager &pm, Phase phase,
                const CompileOptions &options, const codegen::Target *target);

/// Makes each phase a pipeline of mlc-opt: --mlc-phase-simplify,
/// --mlc-phase-fuse=target=cpu:x86-64-v4, ...
void registerPhasePipelines();

} // namespace mlc

#endif // MLC_COMPILER_PIPELINE_PIPELINE_H
