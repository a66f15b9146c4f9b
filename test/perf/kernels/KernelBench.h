//===- KernelBench.h - registry of kernel benchmarks ------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_TEST_PERF_KERNELS_KERNELBENCH_H
#define MLC_TEST_PERF_KERNELS_KERNELBENCH_H

#include "codegen/cpu/kernels/CpuIsa.h"
#include <string>
#include <vector>

namespace mlc::codegen::test {

/// One family of `mlc-kernel-bench`; a static object registers it.
struct KernelBench {
  using Run = void (*)(CpuIsa isa, double peak);
  std::string name;
  Run run;
  KernelBench(std::string name, Run run) : name(std::move(name)), run(run) {
    all().push_back(this);
  }
  static std::vector<KernelBench *> &all();
};

/// Prints one row: name, milliseconds, GFLOP/s and % of `peak`.
void printRow(const std::string &name, double seconds, double flops,
              double peak);

} // namespace mlc::codegen::test

#endif // MLC_TEST_PERF_KERNELS_KERNELBENCH_H
