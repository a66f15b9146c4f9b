//===- Kernel.cpp - conventions of kernel functions -------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/common/Kernel.h"
#include "dialects/mlc/Mlc.h"

#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace mlc::codegen {

static constexpr llvm::StringLiteral countSuffix = ".count";

std::string countName(StringRef kernel) { return (kernel + countSuffix).str(); }

SmallVector<func::FuncOp> kernelsOf(ModuleOp module) {
  llvm::SetVector<func::FuncOp> kernels;
  SymbolTable symbols(module);
  module.walk([&](DispatchOp dispatch) {
    auto kernel = symbols.lookup<func::FuncOp>(dispatch.getKernel());
    if (kernel && !kernel.isExternal()) {
      kernels.insert(kernel);
    }
  });
  return kernels.takeVector();
}

} // namespace mlc::codegen
