//===- Link.h - the linker, in process --------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_ARTIFACT_LINK_H
#define MLC_CODEGEN_ARTIFACT_LINK_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"

#include <string>

namespace mlc::codegen {

/// Links `objects` with the runtime of `machine` into a shared object that
/// needs nothing but libc, libm and the loader.
llvm::Error linkSharedObject(llvm::ArrayRef<std::string> objects,
                             const std::string &runtimeDir,
                             const std::string &machine,
                             const std::string &output);

/// Joins `objects` into one relocatable object that defines only what a program
/// calls.
llvm::Error linkRelocatable(llvm::ArrayRef<std::string> objects,
                            const std::string &output);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_ARTIFACT_LINK_H
