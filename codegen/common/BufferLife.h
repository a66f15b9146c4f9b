//===- BufferLife.h - which buffers alias and how long they live *- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Memref values of @main fall into classes: two values are in one class when
// one may point into the other's memory (views, values carried through scf
// ops). A class knows its allocations and every operation that uses a member.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_COMMON_BUFFERLIFE_H
#define MLC_CODEGEN_COMMON_BUFFERLIFE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/MapVector.h"

namespace mlc::codegen {

struct BufferClass {
  llvm::SmallVector<mlir::memref::AllocOp, 1> allocs;
  llvm::SmallVector<mlir::Operation *> users;
  bool carried = false; ///< a member is passed on by a loop
};

class BufferLife {
public:
  explicit BufferLife(mlir::func::FuncOp main);

  const BufferClass &classOf(mlir::Value buffer) const;
  bool mayAlias(mlir::Value a, mlir::Value b) const;

private:
  void connect(mlir::Operation *op);
  void unite(mlir::Value a, mlir::Value b, bool carried);
  void uniteAll(mlir::ValueRange a, mlir::ValueRange b, bool carried);

  llvm::EquivalenceClasses<void *> values;
  llvm::SmallVector<mlir::Value> carriedValues;
  llvm::DenseMap<void *, BufferClass> classes; // by leader
};

} // namespace mlc::codegen

#endif // MLC_CODEGEN_COMMON_BUFFERLIFE_H
