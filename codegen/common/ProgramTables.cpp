//===- ProgramTables.cpp - tables that lowering leaves ----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/common/ProgramTables.h"

#include "codegen/common/Kernel.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace mlc::codegen {

void setTables(ModuleOp module, ArrayRef<func::FuncOp> kernels,
               ArrayRef<StringRef> messages) {
  Builder b(module.getContext());
  SmallVector<Attribute> rows, texts;
  for (func::FuncOp kernel : kernels) {
    auto nodes = kernel->getAttrOfType<StringAttr>(kNodes);
    if (!nodes) {
      nodes = b.getStringAttr(llvm::join(nodeNames(kernel.getLoc()), ";"));
    }
    auto archetype = kernel->getAttrOfType<StringAttr>(kArchetype);
    rows.push_back(
        b.getArrayAttr({kernel.getNameAttr(), nodes,
                        archetype ? archetype : b.getStringAttr("")}));
  }
  for (StringRef text : messages) {
    texts.push_back(b.getStringAttr(text));
  }
  module->setAttr(kKernelTable, b.getArrayAttr(rows));
  module->setAttr(kMessageTable, b.getArrayAttr(texts));
}

static void dropMlcAttributes(Operation *op) {
  SmallVector<StringAttr> names;
  for (NamedAttribute attribute : op->getDiscardableAttrs()) {
    if (attribute.getName().getValue().starts_with("mlc.")) {
      names.push_back(attribute.getName());
    }
  }
  for (StringAttr name : names) {
    op->removeDiscardableAttr(name);
  }
}

void takeTables(ModuleOp module, Program &program) {
  auto text = [](Attribute attribute) {
    return cast<StringAttr>(attribute).getValue().str();
  };
  if (auto rows = module->getAttrOfType<ArrayAttr>(kKernelTable)) {
    for (Attribute row : rows) {
      ArrayRef<Attribute> columns = cast<ArrayAttr>(row).getValue();
      program.kernels.push_back(
          {text(columns[0]), text(columns[1]), text(columns[2])});
    }
  }
  if (auto texts = module->getAttrOfType<ArrayAttr>(kMessageTable)) {
    for (Attribute message : texts) {
      program.messages.push_back(text(message));
    }
  }
  dropMlcAttributes(module);
  for (Operation &op : *module.getBody()) {
    dropMlcAttributes(&op);
  }
}

} // namespace mlc::codegen
