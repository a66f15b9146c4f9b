//===- KernelBench.cpp - mlc-kernel-bench -----------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// mlc-kernel-bench [--isa=avx512|avx2|sse] [FAMILY...]
// Times emitted kernels on one core, in GFLOP/s and % of the measured FMA peak.
//
//===----------------------------------------------------------------------===//
#include "test/perf/kernels/KernelBench.h"
#include "test/codegen/cpu/KernelHarness.h"
#include <algorithm>
#include <cstdio>
#include <cstring>

namespace mlc::codegen::test {

std::vector<KernelBench *> &KernelBench::all() {
  static std::vector<KernelBench *> list;
  return list;
}

void printRow(const std::string &name, double seconds, double flops,
              double peak) {
  std::printf("| %-38s | %9.4f | %7.1f | %5.1f %% |\n", name.c_str(),
              seconds * 1e3, flops / seconds * 1e-9,
              100 * flops / seconds / peak);
  std::fflush(stdout);
}

} // namespace mlc::codegen::test

int main(int argc, char **argv) {
  using namespace mlc::codegen;
  using namespace mlc::codegen::test;
  CpuIsa isa = KernelHarness::canRun(avx512Isa()) ? avx512Isa() : avx2Isa();
  std::vector<std::string> wanted;
  for (int i = 1; i < argc; ++i) {
    std::string argument = argv[i];
    if (argument == "--isa=avx2") {
      isa = avx2Isa();
    } else if (argument == "--isa=sse") {
      isa = sseIsa();
    } else if (argument != "--isa=avx512") {
      wanted.push_back(argument);
    }
  }
  for (KernelBench *bench : KernelBench::all()) {
    if (!wanted.empty() &&
        std::find(wanted.begin(), wanted.end(), bench->name) == wanted.end()) {
      continue;
    }
    double peak = measuredPeak(isa);
    std::printf("\n%s, %u-bit vectors, FMA peak %.1f GFLOP/s\n",
                bench->name.c_str(), isa.vectorBits, peak * 1e-9);
    std::printf("| %-38s | %9s | %7s | %7s |\n|---|---|---|---|\n", "case",
                "ms", "GFLOP/s", "of peak");
    bench->run(isa, peak);
  }
  return 0;
}
