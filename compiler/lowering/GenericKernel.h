//===- GenericKernel.h - kernels composed from element rules ----*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_LOWERING_GENERICKERNEL_H
#define MLC_COMPILER_LOWERING_GENERICKERNEL_H

#include "dialects/mlc/Element.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlc {

/// Which argument of a kernel function stands for what of its group: input
/// buffers first, then output buffers, then index scalars.
struct KernelArguments {
  llvm::SmallVector<mlir::Value> inputs;  ///< one per group input
  llvm::SmallVector<mlir::Value> outputs; ///< one per group output

  KernelArguments(GroupOp group, mlir::func::FuncOp kernel);
};

/// Fills `kernel` with code for any group: one linalg.generic per output whose
/// body composes the element rules from the output back to the inputs, or the
/// loops of a `loops` group (then the kernel is marked mlc.serial). An error on
/// the group when an op has no rule.
llvm::LogicalResult emitGenericKernel(GroupOp group, mlir::func::FuncOp kernel);

} // namespace mlc

#endif // MLC_COMPILER_LOWERING_GENERICKERNEL_H
