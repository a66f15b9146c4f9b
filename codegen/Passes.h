//===- Passes.h - the passes of codegen, for tools --------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_PASSES_H
#define MLC_CODEGEN_PASSES_H

namespace mlc::codegen {

/// Registers the passes that all targets share and those of every target built
/// into this binary, under their names on mlc-opt's command line.
void registerAllCodegenPasses();

} // namespace mlc::codegen

#endif // MLC_CODEGEN_PASSES_H
