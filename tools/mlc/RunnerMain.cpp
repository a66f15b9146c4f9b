//===- RunnerMain.cpp - mlc-runner ------------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `mlc` without the compiler and so without LLVM: the small executable that
// travels with model.so to a machine with a GPU.
//
//===----------------------------------------------------------------------===//
#include "tools/mlc/Commands.h"
#include "tools/mlc/Doctor.h"

using namespace mlc::tools;

static int runnerDoctor(const Arguments &arguments) {
  return runDoctor(arguments, {});
}

int main(int argc, char **argv) {
  static constexpr Handler handlers[] = {
      {"run", runCommand},         {"bench", benchCommand},
      {"inspect", inspectCommand}, {"doctor", runnerDoctor},
      {"explain", explainCommand},
  };
  return runTool(handlers, argc, argv);
}
