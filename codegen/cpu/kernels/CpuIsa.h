//===- CpuIsa.h - what the kernel emitters know of a CPU --------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_CPU_KERNELS_CPUISA_H
#define MLC_CODEGEN_CPU_KERNELS_CPUISA_H

namespace mlc::codegen {

/// The vector unit a program is compiled for. Weight packing never depends on
/// it: every program of a file reads the same blob.
struct CpuIsa {
  unsigned vectorBits = 512; ///< 128, 256 or 512
  unsigned registers = 32;   ///< architectural vector registers
  bool hasFma = true;        ///< else products and sums are separate operations
  unsigned elementBits = 32; ///< of what a kernel computes on: floats,
  bool pairs = false;        ///< or pairs of 16-bit integers, with i32 sums

  /// Elements in one register.
  unsigned lanes() const { return vectorBits / elementBits; }
  /// Masked loads and stores cost what plain ones do.
  bool hasCheapMasks() const { return vectorBits == 512; }
  /// FMA can take one lane of a register as a factor (NEON).
  bool hasLaneFma() const { return vectorBits == 128 && registers == 32; }
};

inline CpuIsa avx512Isa() { return {512, 32, true}; }
inline CpuIsa avx2Isa() { return {256, 16, true}; }
inline CpuIsa sseIsa() { return {128, 16, false}; }
inline CpuIsa neonIsa() { return {128, 32, true}; }

} // namespace mlc::codegen

#endif // MLC_CODEGEN_CPU_KERNELS_CPUISA_H
