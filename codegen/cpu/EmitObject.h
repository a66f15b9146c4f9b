//===- EmitObject.h - LLVM modules to object files --------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_CPU_EMITOBJECT_H
#define MLC_CODEGEN_CPU_EMITOBJECT_H

#include "codegen/Target.h"
#include "codegen/cpu/CpuVersion.h"

#include "llvm/IR/Module.h"

namespace mlc::codegen {

/// Optimises `module` for `cpu` and appends its objects to `program` (or sets
/// its text, as `options` say). Functions with attribute "mlc-hot" get the
/// light pipeline. With several threads the functions are dealt out to them.
llvm::Error emitObjects(std::unique_ptr<llvm::Module> module,
                        const CpuVersion &cpu, const EmitOptions &options,
                        Program &program);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_CPU_EMITOBJECT_H
