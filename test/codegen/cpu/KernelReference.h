//===- KernelReference.h - data and packing for kernel tests ----*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_TEST_CODEGEN_CPU_KERNELREFERENCE_H
#define MLC_TEST_CODEGEN_CPU_KERNELREFERENCE_H

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace mlc::codegen::test {

/// Uniform in [-1, 1], the same on every machine.
inline std::vector<float> randomFloats(int64_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::vector<float> values(count);
  for (float &value : values) {
    value = float(generator()) / 2147483648.0f - 1.0f;
  }
  return values;
}

/// b[k][n] as [n / 32][k][32], tail columns zero.
inline std::vector<float> packPanels(const std::vector<float> &b, int64_t k,
                                     int64_t n) {
  std::vector<float> panels((n + 31) / 32 * k * 32, 0.0f);
  for (int64_t i = 0; i < k; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      panels[(j / 32 * k + i) * 32 + j % 32] = b[i * n + j];
    }
  }
  return panels;
}

} // namespace mlc::codegen::test

#endif // MLC_TEST_CODEGEN_CPU_KERNELREFERENCE_H
