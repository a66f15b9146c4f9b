//===- GroupTester.h - a group by its emitter and generically ---*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Parses a function with one mlc.group, makes its kernel twice (@fast by a
// vector emitter, @plain by the generic one) and compares results on random
// inputs. Pieces of the fast kernel's range run out of order.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_TEST_CODEGEN_CPU_GROUPTESTER_H
#define MLC_TEST_CODEGEN_CPU_GROUPTESTER_H

#include "dialects/mlc/Mlc.h"
#include "test/codegen/cpu/KernelHarness.h"
#include <vector>

namespace mlc::codegen::test {

struct GroupTensor {
  llvm::SmallVector<int64_t> dims;
  std::vector<float> values;          ///< random unless given
  std::vector<int32_t> integers = {}; ///< instead, for i32 tensors
};

class GroupTester {
public:
  using Emitter = bool (*)(GroupOp, mlir::func::FuncOp, CpuIsa);

  /// Without an emitter only @plain is made.
  GroupTester(CpuIsa isa, llvm::StringRef text, Emitter emitter,
              bool withPlain = true);

  /// The emitter took the group and the code compiled.
  bool isReady() const { return ready; }

  /// Runs both kernels; returns the largest |fast - plain| / (1 + |plain|), or
  /// infinity when a NaN or a write past the end shows up on one side. With one
  /// kernel only runs that one, for `results`.
  double compare(llvm::ArrayRef<GroupTensor> inputs,
                 llvm::ArrayRef<llvm::SmallVector<int64_t>> outputDims);

  /// The results of the fast (or only) kernel in the last run.
  const std::vector<std::vector<float>> &results() const { return fast; }
  KernelHarness &getHarness() { return harness; }
  /// Runs the fast kernel alone (all its steps); in one piece for benchmarks.
  void runFast(llvm::ArrayRef<KernelArgument> arguments, bool inPieces = true);

private:
  void makeKernel(llvm::StringRef name, Emitter emitter);

  KernelHarness harness;
  GroupOp group;
  bool ready = false, hasSteps = false, hasFast, hasPlain;
  std::vector<std::vector<float>> fast;
};

} // namespace mlc::codegen::test

#endif // MLC_TEST_CODEGEN_CPU_GROUPTESTER_H
