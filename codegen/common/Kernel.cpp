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

static void collectNames(Location loc, llvm::SetVector<StringRef> &names) {
  if (auto name = dyn_cast<NameLoc>(loc)) {
    names.insert(name.getName().getValue());
  } else if (auto fused = dyn_cast<FusedLoc>(loc)) {
    for (Location part : fused.getLocations()) {
      collectNames(part, names);
    }
  }
}

SmallVector<StringRef> nodeNames(Location loc) {
  llvm::SetVector<StringRef> names;
  collectNames(loc, names);
  return SmallVector<StringRef>(names.getArrayRef());
}

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
