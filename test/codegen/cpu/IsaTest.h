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

} // namespace mlc::codegen::test

#endif // MLC_TEST_CODEGEN_CPU_ISATEST_H
