//===- CheckOptions.h - what the options ask for ----------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_PIPELINE_CHECKOPTIONS_H
#define MLC_COMPILER_PIPELINE_CHECKOPTIONS_H

#include "compiler/pipeline/Pipeline.h"

namespace mlc {

/// The options, understood.
struct CheckedOptions {
  std::optional<Phase> firstPhase, lastPhase;
  codegen::TargetList targets;
};

/// Whether a compilation of these options can begin: every problem is one of
/// the command line or of its files, and found before any work. The problem,
/// when there is one, says so with Outcome `usage` or `resource`.
Outcome checkOptions(const CompileOptions &options, CheckedOptions &checked,
                     Diagnostic &problem);

/// What `--emit` means for code generation.
codegen::TextKind textKind(const std::string &emit);

} // namespace mlc

#endif // MLC_COMPILER_PIPELINE_CHECKOPTIONS_H
