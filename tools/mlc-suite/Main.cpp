//===- Main.cpp - mlc-suite -------------------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/pipeline/Compile.h"
#include "tools/mlc-suite/Suite.h"
#include "tools/mlc/Runtime.h"
#include "tools/mlc/Terminal.h"

using namespace mlc;

static suite::CompileFn makeCompile(const std::vector<std::string> &targets) {
  return [targets](const std::string &input, const std::string &output,
                   std::vector<Diagnostic> &problems) {
    CompileOptions options;
    options.inputPath = input;
    options.outputPath = output;
    options.targets = targets;
    options.runtimeDir = tools::findRuntimeDir();
    // The packaged MLIR has no assertions; and a test is the place for this.
    options.verifyEach = true;
    return static_cast<int>(compileModel(options, problems));
  };
}

int main(int argc, char **argv) {
  return tools::finishOutput(suite::suiteMain(argc, argv, makeCompile));
}
