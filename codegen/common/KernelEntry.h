//===- KernelEntry.h - kernels as the runtime calls them --------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A kernel loses its memrefs and gets an entry with the runtime's signature:
//
//   func private @k0(%x: memref<?x4xf32>, %begin, %end, %thread)
// ==>
//   func private @k0(%x: ptr, %x0: index, %begin, %end, %thread)
//   func private @k0.run(%args: ptr, %begin, %end, %thread)
//
// `args` points at words: exec, the scratch memory, then the flat arguments.
// mlc.require in a kernel becomes a report through exec (the kernel goes on),
// mlc.scratch an address in the thread's part of the scratch memory; kernels
// that have them get exec or scratch as their first arguments.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_COMMON_KERNELENTRY_H
#define MLC_CODEGEN_COMMON_KERNELENTRY_H

#include "codegen/common/HostAbi.h"

namespace mlc::codegen {

/// Words before the flat arguments: exec, scratch.
constexpr int64_t kernelHeaderWords = 2;

class KernelEntry {
public:
  /// With `gpu`, checks write to the run's report in device memory and there is
  /// no `.run`: what stands in for it is made on the device.
  KernelEntry(mlir::func::FuncOp kernel, HostAbi &abi, bool gpu)
      : kernel(kernel), abi(abi), gpu(gpu) {}

  /// Lowers the kernel and its count function. `message` gives the number of a
  /// check's text.
  void lower(llvm::function_ref<int64_t(llvm::StringRef)> message);

  /// What each thread needs.
  int64_t scratchBytes() const { return scratch; }

private:
  void lowerChecks(llvm::function_ref<int64_t(llvm::StringRef)> message);
  void lowerScratch();
  void lowerViews();
  void flattenArguments(mlir::func::FuncOp function);
  void addRunFunction();

  mlir::func::FuncOp kernel;
  HostAbi &abi;
  bool gpu;
  llvm::SmallVector<int64_t> header; // slots of the leading arguments
  int64_t scratch = 0;
};

} // namespace mlc::codegen

#endif // MLC_CODEGEN_COMMON_KERNELENTRY_H
