//===- HostAbi.h - calls from generated host code to the runtime *- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_COMMON_HOSTABI_H
#define MLC_CODEGEN_COMMON_HOSTABI_H

#include "dialects/mlc/Mlc.h"
#include "runtime/abi/Artifact.h"

#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Builders.h"

#include <cstddef>

namespace mlc::codegen {

/// Builds host code that talks to the runtime: LLVM operations, with
/// `unrealized_conversion_cast` where they meet memrefs. Buffers are dense and
/// row-major; a pointer and the dynamic dims say all of one.
class HostAbi {
public:
  explicit HostAbi(mlir::MLIRContext *context);

  mlir::Type pointerType() const { return pointer; }
  mlir::Type wordType() const { return word; }

  /// The function of exec->api at `offset` (an offsetof) with `arguments`
  /// after exec; `result` is null for void.
  mlir::Value call(mlir::OpBuilder &b, mlir::Location loc, mlir::Value exec,
                   size_t offset, mlir::Type result,
                   mlir::ValueRange arguments);

  /// Lowers `check`: calls exec->api's fail or report with number `message`
  /// unless its condition holds.
  void callUnless(mlir::OpBuilder &b, mlir::Location loc, mlir::Value exec,
                  size_t offset, int64_t message, RequireOp check);

  /// Lowers `check` in a kernel of a GPU: fills the mlc_device_report_t at
  /// `report` unless its condition holds or another thread was first.
  void reportUnless(mlir::OpBuilder &b, mlir::Location loc, mlir::Value report,
                    int64_t message, RequireOp check);

  /// The word or pointer at `base + offset`.
  mlir::Value load(mlir::OpBuilder &b, mlir::Location loc, mlir::Type type,
                   mlir::Value base, int64_t offset);
  void store(mlir::OpBuilder &b, mlir::Location loc, mlir::Value value,
             mlir::Value base, int64_t offset);
  mlir::Value advance(mlir::OpBuilder &b, mlir::Location loc, mlir::Value base,
                      mlir::Value bytes);

  /// `count` words on the stack of `function`.
  mlir::Value stack(mlir::func::FuncOp function, mlir::Location loc,
                    int64_t count);

  /// A memref at `address`; `sizes` are its dynamic dims (index).
  mlir::Value buffer(mlir::OpBuilder &b, mlir::Location loc,
                     mlir::MemRefType type, mlir::Value address,
                     mlir::ValueRange sizes);
  mlir::Value addressOf(mlir::OpBuilder &b, mlir::Location loc,
                        mlir::Value buffer);
  /// Bytes of a dense buffer of `type` with the dynamic dims `sizes`.
  mlir::Value bytes(mlir::OpBuilder &b, mlir::Location loc,
                    mlir::MemRefType type, mlir::ValueRange sizes);

  mlir::Value wordConstant(mlir::OpBuilder &b, mlir::Location loc,
                           int64_t value);
  mlir::Value toWord(mlir::OpBuilder &b, mlir::Location loc, mlir::Value index);
  mlir::Value toIndex(mlir::OpBuilder &b, mlir::Location loc, mlir::Value word);

private:
  mlir::LLVMTypeConverter converter;
  mlir::Type pointer, word;
};

/// The dynamic dims of a buffer, as memref.dim.
llvm::SmallVector<mlir::Value>
dynamicDims(mlir::OpBuilder &b, mlir::Location loc, mlir::Value buffer);

/// Bytes an element takes in a buffer.
int64_t elementBytes(mlir::Type type);

/// Bytes of a dense buffer of `type` with every dynamic dim 1, at most 2^50.
int64_t staticBytes(mlir::MemRefType type);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_COMMON_HOSTABI_H
