//===- Linker.h - the linker, in process ------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_COMMON_LINKER_H
#define MLC_CODEGEN_COMMON_LINKER_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"

#include <string>

namespace mlc::codegen {

/// Runs ld.lld with `arguments`. One link at a time; callers on several
/// threads wait for each other.
llvm::Error runLinker(llvm::ArrayRef<std::string> arguments);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_COMMON_LINKER_H
