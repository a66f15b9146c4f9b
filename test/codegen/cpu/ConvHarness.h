//===- ConvHarness.h - runs and checks convolution kernels ------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Shared by the numeric tests and the benchmark.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_TEST_CODEGEN_CPU_CONVHARNESS_H
#define MLC_TEST_CODEGEN_CPU_CONVHARNESS_H

#include "codegen/cpu/kernels/ConvShape.h"
#include "test/codegen/cpu/KernelHarness.h"

#include <string>
#include <vector>

namespace mlc::codegen::test {

/// One convolution to run; extents are those of this run.
struct ConvCase {
  ConvForm form = ConvForm::direct;
  int64_t images = 1, channels = 16, filters = 32, group = 1;
  int64_t height = 8, width = 8;
  int64_t kernelH = 1, kernelW = 1, strideH = 1, strideW = 1;
  int64_t top = 0, left = 0, bottom = 0, right = 0; ///< pads
  int64_t dilationH = 1, dilationW = 1;
  bool dynamicSpatial = false, dynamicWidth = false;
  bool hasResidual = true, longEpilogue = false;

  int64_t outHeight() const;
  int64_t outWidth() const;
  /// The problem as the compiler sees it.
  ConvShape shape() const;
  double flops() const;
  std::string text() const;
};

/// A compiled convolution with bias, optional residual and ReLU.
class ConvRunner {
public:
  ConvRunner(const ConvCase &problem, CpuIsa isa);

  bool compile();
  /// The kernel over [begin, end) of its range.
  void run(int64_t begin, int64_t end, int64_t thread = 0);
  int64_t count();
  /// Largest error against float64, relative to the largest output; -1 when
  /// the kernel wrote outside of its output. `rms` relative likewise.
  double maxError(double *rms = nullptr);
  const std::string &assembly() const { return harness.assembly(); }

  ConvCase problem;
  KernelHarness harness;
  std::vector<float> x, filters, packed, bias, residual, out, scratch;
  /// Activations as the kernel takes them, with NaN in the lanes past C.
  std::vector<float> xBuffer;
  /// More copies of the weights, to run from cold memory.
  const float *weightsInUse = nullptr;

private:
  void useScratchArgument(mlir::func::FuncOp kernel);
  llvm::SmallVector<KernelArgument> arguments();
};

/// [N][C][pixels] as blocks of 16 channels; lanes past C get `filler`.
std::vector<float> toBlocked(const std::vector<float> &planar, int64_t images,
                             int64_t channels, int64_t pixels, float filler);
std::vector<float> fromBlocked(const float *blocked, int64_t images,
                               int64_t channels, int64_t pixels);

} // namespace mlc::codegen::test

#endif // MLC_TEST_CODEGEN_CPU_CONVHARNESS_H
