//===- KernelHarness.h - compiles and calls emitted kernels -----*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernel tests and benchmarks build functions with the emitters, compile them
// with the light pipeline for one ISA and call them on host buffers:
//
//   KernelHarness harness(avx512Isa());
//   KernelBuilder b = harness.beginFunction("k", {type...});
//   ... emit, using harness.argument(i) ...
//   harness.compile();
//   harness.call("k", {KernelArgument(data, {128, 768}), KernelArgument(0)});
//
//===----------------------------------------------------------------------===//
#ifndef MLC_TEST_CODEGEN_CPU_KERNELHARNESS_H
#define MLC_TEST_CODEGEN_CPU_KERNELHARNESS_H

#include "codegen/cpu/kernels/KernelBuilder.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include <string>

namespace mlc::codegen::test {

/// A buffer (contiguous, with its run-time dims) or an index.
struct KernelArgument {
  void *data = nullptr;
  llvm::SmallVector<int64_t> dims;
  int64_t number = 0;
  bool isBuffer = false;

  KernelArgument(int64_t number) : number(number) {}
  KernelArgument(float *data, llvm::ArrayRef<int64_t> dims)
      : data(data), dims(dims), isBuffer(true) {}
  KernelArgument(void *data, llvm::ArrayRef<int64_t> dims)
      : data(data), dims(dims), isBuffer(true) {}
};

class KernelHarness {
public:
  explicit KernelHarness(CpuIsa isa);
  ~KernelHarness();

  mlir::MLIRContext &getContext() { return context; }
  mlir::ModuleOp getModule() { return *module; }
  CpuIsa getIsa() const { return isa; }
  /// Replaces the module by the parsed text.
  bool parse(llvm::StringRef text);

  mlir::MemRefType f32Buffer(llvm::ArrayRef<int64_t> shape);
  /// Adds a function with these arguments; the builder stands before its
  /// return.
  KernelBuilder beginFunction(llvm::StringRef name,
                              llvm::ArrayRef<mlir::Type> arguments);
  mlir::Value argument(unsigned i) { return current.getArgument(i); }

  /// Lowers, optimises, links and loads the module; prints what went wrong.
  bool compile();
  /// The machine code as text (after compile).
  const std::string &assembly() const { return assemblyText; }
  /// Calls a function; the result is that of a function returning an index.
  int64_t call(llvm::StringRef name, llvm::ArrayRef<KernelArgument> arguments);
  /// Whether this machine can run the ISA.
  static bool canRun(CpuIsa isa);

private:
  bool lower();
  CpuIsa isa;
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  mlir::func::FuncOp current;
  std::string assemblyText;
  void *library = nullptr;
};

/// Seconds of the fastest of `batches` calls, each repeated to last >= 2 ms.
double fastestSeconds(llvm::function_ref<void()> body, int batches = 9);

/// FLOP/s of independent vector FMAs on this core, the 100 % of the tables.
double measuredPeak(CpuIsa isa);

/// Vector register spills (stores to the stack) inside innermost loops.
int countLoopSpills(llvm::StringRef assembly);

} // namespace mlc::codegen::test

#endif // MLC_TEST_CODEGEN_CPU_KERNELHARNESS_H
