//===- Main.cpp - mlc-opt ---------------------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs any pass or pipeline of mlc, and upstream's, on MLIR text. For
// developers: MLIR's parser is no trust boundary, so never feed it hostile
// text.
//
//===----------------------------------------------------------------------===//
#include "codegen/Passes.h"
#include "compiler/lowering/Lowering.h"
#include "compiler/lowering/Passes.h"
#include "compiler/pipeline/Pipeline.h"
#include "compiler/transforms/Passes.h"
#include "dialects/mlc/Mlc.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::registerAllPasses();
  mlc::registerTransformPasses();
  mlc::registerMlcLoweringPasses();
  mlc::registerPhasePipelines();
  mlc::codegen::registerAllCodegenPasses();
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  registry.insert<mlc::MlcDialect>();
  mlc::registerLoweringModels(registry);
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "mlc optimizer driver\n", registry));
}
