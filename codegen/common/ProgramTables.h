//===- ProgramTables.h - tables that lowering leaves on a module *- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_COMMON_PROGRAMTABLES_H
#define MLC_CODEGEN_COMMON_PROGRAMTABLES_H

#include "codegen/Target.h"

namespace mlc::codegen {

/// Moves the kernel and message tables from `module`'s attributes to `program`
/// and drops mlc's attributes from all functions.
void takeTables(mlir::ModuleOp module, Program &program);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_COMMON_PROGRAMTABLES_H
