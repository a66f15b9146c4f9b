//===- HostDispatch.h - kernels started by host code ------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_COMMON_HOSTDISPATCH_H
#define MLC_CODEGEN_COMMON_HOSTDISPATCH_H

#include "codegen/common/HostAbi.h"

namespace mlc::codegen {

/// Lowers mlc.dispatch in @main: a CPU's kernel runs on the pool, a GPU's is
/// launched.
class HostDispatch {
public:
  /// `kernels` in the order of the kernel table.
  HostDispatch(HostAbi &abi, mlir::func::FuncOp main,
               llvm::ArrayRef<mlir::func::FuncOp> kernels, bool gpu);

  /// Adds the calls before `op`, which stays; `exec` is @main's argument,
  /// `scratch` the threads' scratch memory or null.
  void lower(DispatchOp op, mlir::Value exec, mlir::Value scratch);

private:
  /// One launch: the kernel, its flat arguments and its range.
  struct Launch {
    mlir::OpBuilder b;
    mlir::Location loc;
    mlir::func::FuncOp kernel;
    llvm::SmallVector<mlir::Value> flat;
    mlir::Value count;
  };
  Launch flatten(DispatchOp op);
  void recordWork(DispatchOp op);
  void runOnPool(Launch &launch);
  void runOnDevice(Launch &launch);
  void callLaunch(mlir::OpBuilder &b, const Launch &launch,
                  mlir::Value addresses, int64_t slots);
  mlir::Value deviceReport();
  mlir::Value numberOf(mlir::OpBuilder &b, const Launch &launch);

  HostAbi &abi;
  mlir::func::FuncOp main;
  bool gpu;
  llvm::DenseMap<mlir::StringAttr, int64_t> numbers;
  mlir::Value exec, scratch;
  mlir::Value report; // of the run, once a kernel needs it
};

} // namespace mlc::codegen

#endif // MLC_CODEGEN_COMMON_HOSTDISPATCH_H
