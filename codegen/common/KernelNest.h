//===- KernelNest.h - the loop nest of a generic kernel ---------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_COMMON_KERNELNEST_H
#define MLC_CODEGEN_COMMON_KERNELNEST_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SmallPtrSet.h"

namespace mlc::codegen {

/// A kernel function with one all-parallel `linalg.generic` that is being
/// replaced by scalar code. The elements are numbered row-major; the last dims
/// that every access walks contiguously count as one, the run.
class KernelNest {
public:
  explicit KernelNest(mlir::func::FuncOp kernel);

  mlir::Location loc() { return nest.getLoc(); }
  mlir::OpBuilder &builder() { return b; }

  /// Appends an index argument to the kernel.
  mlir::Value addArgument();

  /// Makes `@kernel.count`: the kernel's prologue, then the element count.
  void emitCount();

  /// Sets the builder to where the nest stands and makes what all positions
  /// share. Call before the functions below.
  void begin();

  /// Whether the run is the whole nest.
  bool isOneRun() const;
  /// Elements of a run; a multiple of them makes the nest.
  mlir::Value runLength();

  /// Stands on run number `row`.
  void setRow(mlir::Value row);
  /// The nest's body for element `position` of the run.
  void emitElement(mlir::Value position);
  /// A loop over the elements [from, to) of the run, of which there is one at
  /// least. What is the same for all of them comes before: checked indices,
  /// loads, whole loops. Where a branch changes sides along the run (a border,
  /// the next operand of a concatenation) the loop is cut, so that no piece has
  /// the branch.
  void emitRun(mlir::Value from, mlir::Value to);

  /// About how many scalar operations one element takes.
  int64_t elementWork();

  /// Removes the nest.
  void erase() { nest.erase(); }

private:
  using Cuts = llvm::SmallVector<mlir::Value>;

  void readExtents();
  mlir::Value extent(unsigned dim);
  mlir::Value product(unsigned from, unsigned to);
  llvm::SmallVector<mlir::Value> applyMap(mlir::AffineMap map);
  void emitOperandLoad(mlir::OpOperand &operand, mlir::IRMapping &mapping);
  void cloneBlock(mlir::Block &block, mlir::IRMapping &mapping);
  void cloneOperation(mlir::Operation &op, mlir::IRMapping &mapping);

  // KernelRun.cpp
  void emitShared();
  bool isShort();
  bool varies(mlir::Value value);
  bool canEvaluate(mlir::Value value);
  mlir::Value evaluate(mlir::Value value, mlir::IRMapping &mapping);
  mlir::Value offsetFromRun(mlir::Value value);
  bool addCuts(mlir::Value condition, Cuts &cuts);
  int64_t findBranches(mlir::Block &block, Cuts &cuts);
  mlir::scf::IfOp nextBranch(mlir::Block &block);
  void emitPiece(mlir::Value from, mlir::Value to);

  mlir::func::FuncOp kernel;
  mlir::OpBuilder b;
  mlir::linalg::GenericOp nest;
  llvm::SmallVector<int64_t> extents;        // static loop extents or kDynamic
  llvm::SmallVector<unsigned> dims;          // loop dims whose extent is not 1
  unsigned firstFused = 0;                   // the run's first dim
  llvm::SmallVector<mlir::Value> rowExtents; // of the dims before the run
  llvm::SmallVector<mlir::Value> position;   // value of each loop dim
  mlir::IRMapping shared;                    // what a run computes once
  llvm::SmallPtrSet<mlir::Operation *, 16> sharedOps;        // of the body
  llvm::SmallPtrSet<mlir::Operation *, 8> branches;          // that are cut
  llvm::SmallDenseMap<mlir::Operation *, bool, 8> sideTaken; // in this piece
};

} // namespace mlc::codegen

#endif // MLC_CODEGEN_COMMON_KERNELNEST_H
