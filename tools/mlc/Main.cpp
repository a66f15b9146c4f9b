//===- Main.cpp - mlc -------------------------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/mlc/Commands.h"

using namespace mlc::tools;

int main(int argc, char **argv) {
  static constexpr Handler handlers[] = {
      {"compile", compileCommand}, {"check", checkCommand},
      {"run", runCommand},         {"bench", benchCommand},
      {"inspect", inspectCommand}, {"doctor", doctorCommand},
      {"explain", explainCommand},
  };
  return runTool(handlers, argc, argv);
}
