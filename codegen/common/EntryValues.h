//===- EntryValues.h - index values at the start of a function --*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_COMMON_ENTRYVALUES_H
#define MLC_CODEGEN_COMMON_ENTRYVALUES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/MapVector.h"

namespace mlc::codegen {

/// Computes index values of a function from the dims of its arguments, at the
/// start of its entry block. Equal computations give one value.
class EntryValues {
public:
  explicit EntryValues(mlir::func::FuncOp function);

  /// The same value as `value`, computed at entry; null when it depends on
  /// anything but constants and argument dims (data, loops).
  mlir::Value get(mlir::Value value);

  mlir::Value constant(int64_t value);
  // Arithmetic of sizes, which are not negative. Dims that a caller chooses may
  // exceed 63 bits together: such a size becomes INT64_MAX and stays it, and no
  // allocator grants that.
  mlir::Value add(mlir::Value a, mlir::Value b);
  mlir::Value multiply(mlir::Value a, mlir::Value b);
  /// A sum or product that is known to be below one made by the two above.
  mlir::Value addInside(mlir::Value a, mlir::Value b);
  mlir::Value multiplyInside(mlir::Value a, mlir::Value b);
  mlir::Value max(mlir::Value a, mlir::Value b);
  /// Rounds up to a multiple of `alignment`, a power of two.
  mlir::Value alignTo(mlir::Value value, int64_t alignment);

  /// A number for each value given by `get`, in order of first computation.
  unsigned idOf(mlir::Value value) { return ids.find(value)->second; }

  /// Inserts after everything computed so far.
  mlir::OpBuilder &builder() { return b; }

private:
  struct Equality : llvm::DenseMapInfo<mlir::Operation *> {
    static unsigned getHashValue(const mlir::Operation *op);
    static bool isEqual(const mlir::Operation *a, const mlir::Operation *b);
  };

  mlir::Value compute(mlir::Value value);
  mlir::Value dimOf(mlir::Value buffer, int64_t dim);
  mlir::Value saturate(mlir::Value value);
  mlir::Value unique(mlir::Operation *op);

  mlir::func::FuncOp function;
  mlir::OpBuilder b;
  llvm::DenseMap<mlir::Value, mlir::Value> known;
  llvm::DenseMap<mlir::Value, unsigned> ids;
  llvm::DenseSet<mlir::Operation *, Equality> operations;
};

/// Whether an index value is known to be at least 0. Dims of buffers are: a
/// buffer with another extent is never made.
bool isNonNegative(mlir::Value value);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_COMMON_ENTRYVALUES_H
