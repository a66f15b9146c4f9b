//===- KernelFlops.h - how much a kernel computes ---------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_LOWERING_KERNELFLOPS_H
#define MLC_COMPILER_LOWERING_KERNELFLOPS_H

#include "dialects/mlc/Mlc.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlc {

/// Sets mlc.flops of the group's kernel (codegen/common/Kernel.h): formulas
/// over the dynamic dims and index scalars among the kernel's arguments, in
/// order; the first for the whole group, then one for each output with all it
/// needs. Nothing is set when a size is known inside the kernel only.
void setKernelFlops(GroupOp group, mlir::func::FuncOp kernel);

} // namespace mlc

#endif // MLC_COMPILER_LOWERING_KERNELFLOPS_H
