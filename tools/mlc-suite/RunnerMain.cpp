//===- RunnerMain.cpp - mlc-suite-runner ------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// mlc-suite without the compiler: runs models that `mlc-suite --keep` compiled,
// on a machine with a GPU and without LLVM.
//
//===----------------------------------------------------------------------===//
#include "tools/mlc-suite/Suite.h"
#include "tools/mlc/Terminal.h"

int main(int argc, char **argv) {
  return mlc::tools::finishOutput(mlc::suite::suiteMain(argc, argv, {}));
}
