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

std::string nodePrefix(Location loc) {
  constexpr size_t shown = 3;
  SmallVector<StringRef> nodes = nodeNames(loc);
  std::string text;
  for (StringRef node : ArrayRef(nodes).take_front(shown)) {
    text += (text.empty() ? "'" : ", '") + node.take_front(200).str() + "'";
  }
  // A message is a format; a name must not bring conversions of its own.
  std::replace(text.begin(), text.end(), '%', '_');
  if (nodes.size() > shown) {
    text += " and " + std::to_string(nodes.size() - shown) + " more";
  }
  if (nodes.empty()) {
    return text;
  }
  return (nodes.size() == 1 ? "node " : "one of the nodes ") + text + ": ";
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
