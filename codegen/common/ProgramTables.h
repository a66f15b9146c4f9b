//===- ProgramTables.h - tables that lowering leaves on a module *- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_COMMON_PROGRAMTABLES_H
#define MLC_CODEGEN_COMMON_PROGRAMTABLES_H

#include "codegen/Target.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlc::codegen {

/// Sets the attributes of both tables: a row for each kernel, and the texts of
/// mlc.require.
void setTables(mlir::ModuleOp module,
               llvm::ArrayRef<mlir::func::FuncOp> kernels,
               llvm::ArrayRef<llvm::StringRef> messages);

/// Moves the kernel and message tables from `module`'s attributes to `program`
/// and drops mlc's attributes from all functions.
void takeTables(mlir::ModuleOp module, Program &program);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_COMMON_PROGRAMTABLES_H
