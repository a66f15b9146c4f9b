//===- IsaTest.h - tests for each ISA that the machine has ------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_TEST_CODEGEN_CPU_ISATEST_H
#define MLC_TEST_CODEGEN_CPU_ISATEST_H

#include "test/codegen/cpu/KernelHarness.h"
#include "gtest/gtest.h"

namespace mlc::codegen::test {

/// Skipped for an ISA that this machine cannot run.
class IsaTest : public testing::TestWithParam<CpuIsa> {
protected:
  void SetUp() override {
    if (!KernelHarness::canRun(GetParam())) {
      GTEST_SKIP() << "this machine lacks the ISA";
    }
  }
};

/// `count` times two 16-bit integers in 32 bits, the least ones among them.
inline std::vector<int32_t> pairsOf16(int64_t count, uint32_t factor) {
  std::vector<int32_t> values;
  for (int64_t i = 0; i < count; ++i) {
    values.push_back(i % 7 == 0 ? int32_t(0x80008000u)
                                : int32_t(uint32_t(i + 1) * factor));
  }
  return values;
}

} // namespace mlc::codegen::test

#endif // MLC_TEST_CODEGEN_CPU_ISATEST_H
