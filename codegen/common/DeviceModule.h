//===- DeviceModule.h - kernels as device entry points ----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_COMMON_DEVICEMODULE_H
#define MLC_CODEGEN_COMMON_DEVICEMODULE_H

#include "codegen/Target.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"
#include "llvm/Target/TargetMachine.h"

namespace mlc::codegen {

/// What an entry point does around the kernel's code.
struct DeviceKernel {
  std::string name;
  bool perThread = false; ///< guarded code for one element per thread
  bool perBlock = false;  ///< the last argument is the block's number
  int64_t block = 1;      ///< threads in a block
};

/// How a device says things.
struct DeviceAbi {
  llvm::CallingConv::ID callingConvention;
  unsigned globalAddressSpace;
  llvm::Intrinsic::ID threadIndex, blockIndex;
  /// Attribute that promises the block size, and its value for a size.
  std::string blockSizeAttribute;
  std::function<std::string(int64_t)> blockSizeValue;
  /// Emits a barrier for the block that orders shared memory.
  std::function<llvm::Value *(llvm::IRBuilder<> &)> barrier;
};

/// Moves the kernels of a module after mlc-lower-host{gpu} to a module of
/// their own.
mlir::OwningOpRef<mlir::ModuleOp>
takeDeviceModule(mlir::ModuleOp host,
                 llvm::SmallVectorImpl<DeviceKernel> &kernels);

/// Fails with a diagnostic for every operation that would need a library on
/// the device.
mlir::LogicalResult checkDeviceOperations(mlir::ModuleOp device);

/// Gives every kernel function of `module` an entry point of its name: the
/// kernel's parameters, the element's or block's number replaced by the count.
void addDeviceEntries(llvm::Module &module,
                      llvm::ArrayRef<DeviceKernel> kernels,
                      const DeviceAbi &abi);

/// Runs LLVM's pipeline and the back end for `machine`: `kind`, or LLVM IR when
/// the options ask for that.
llvm::Error emitDeviceModule(llvm::Module &module, llvm::TargetMachine &machine,
                             const EmitOptions &options,
                             llvm::CodeGenFileType kind,
                             llvm::SmallVectorImpl<char> &output);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_COMMON_DEVICEMODULE_H
