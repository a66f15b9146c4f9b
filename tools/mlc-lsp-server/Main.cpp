//===- Main.cpp - mlc-lsp-server --------------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Language server for .mlir files with mlc ops: completion, go to definition,
// diagnostics from the verifier.
//
//===----------------------------------------------------------------------===//
#include "compiler/lowering/Lowering.h"
#include "dialects/mlc/Mlc.h"

#include "mlir/InitAllDialects.h"
#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  registry.insert<mlc::MlcDialect>();
  mlc::registerLoweringModels(registry);
  return mlir::failed(mlir::MlirLspServerMain(argc, argv, registry));
}
