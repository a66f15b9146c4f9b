//===- GroupKernel.h - a group seen from its kernel function ----*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the emitters share: the frame of a partitioned kernel function, and the
// values of a group's elementwise operations at a row and a vector of columns.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_CPU_KERNELS_GROUPKERNEL_H
#define MLC_CODEGEN_CPU_KERNELS_GROUPKERNEL_H

#include "codegen/cpu/kernels/KernelBuilder.h"
#include "dialects/mlc/Mlc.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlc::codegen {

/// The arguments of a function that has a group's: input buffers, output
/// buffers, index scalars.
class GroupBuffers {
public:
  GroupBuffers(GroupOp group, mlir::Block *entry)
      : group(group), entry(entry) {}

  /// The buffer (or index) of a block argument of the group.
  mlir::Value of(mlir::Value blockArgument) const;
  mlir::Value output(unsigned i) const;
  GroupOp getGroup() const { return group; }

private:
  GroupOp group;
  mlir::Block *entry;
};

/// Turns `kernel`, whose signature is that of the group and whose body is
/// empty, into a partitioned kernel with a companion `@kernel.count`.
///
/// A stepped kernel (attribute `mlc.stepped`) is dispatched once per step, one
/// after the other: the step's number is an index argument after those of the
/// group, and the companion `@kernel.steps` gives their number. RepeatSteps
/// puts the loop around the dispatch.
class PartitionedKernel {
public:
  PartitionedKernel(GroupOp group, mlir::func::FuncOp kernel, CpuIsa isa,
                    bool stepped = false);

  /// Stands before the return of the kernel.
  KernelBuilder body;
  GroupBuffers buffers;
  Index step, begin, end, thread;

  using Count =
      llvm::function_ref<Index(KernelBuilder &, const GroupBuffers &)>;

  /// Fills the companion: `units` computes the whole range there.
  /// `unitSeconds` is a guess of one unit's time; a part is worth a thread of
  /// its own from some microseconds on.
  void setCount(Count units, double unitSeconds);
  /// Fills `@kernel.steps`.
  void setSteps(Count steps);

private:
  void addCompanion(llvm::StringRef suffix, unsigned dropped, Count value);

  GroupOp group;
  mlir::func::FuncOp kernel;
  CpuIsa isa;
};

/// A vector of columns of one row.
struct ElementPosition {
  Index row, col;
  unsigned lanes;
  mlir::Value mask = {}; ///< null: all lanes are inside
};

/// Evaluates elementwise operations of a group over an iteration space of rows
/// (the leading dims, row-major) and columns (the last dim). A tensor whose
/// last dim is 1 has one scalar per row, all others have vectors.
class GroupElements {
public:
  GroupElements(KernelBuilder &b, const GroupBuffers &buffers,
                llvm::ArrayRef<Index> dims)
      : b(b), buffers(buffers), dims(dims) {}

  /// Whether `tensor` can be evaluated over `space` from block arguments, splat
  /// constants and tensors in `bound`.
  static bool canEvaluate(mlir::Value tensor, mlir::RankedTensorType space,
                          llvm::ArrayRef<mlir::Value> bound);
  /// Whether a tensor of this type has one scalar per row of `space`.
  static bool isScalarPerRow(mlir::Value tensor, mlir::RankedTensorType space);

  /// Moves to a position: forgets all values but the ones bound for good.
  void moveTo(const ElementPosition &position);
  /// Sets the value of a tensor at this position (or, `forGood`, at all).
  void bind(mlir::Value tensor, mlir::Value value, bool forGood = false);
  void unbind(mlir::Value tensor) { lasting.erase(tensor); }

  /// The value at this position: a scalar or a vector of `lanes`.
  mlir::Value at(mlir::Value tensor);
  /// The same, splatted when it is a scalar.
  mlir::Value vectorAt(mlir::Value tensor);

private:
  mlir::Value load(mlir::Value argument);
  mlir::Value loadBooleans(mlir::Value flat, Index row);
  mlir::Value constant(ConstantOp op);
  Index rowOffset(mlir::RankedTensorType type, mlir::Value buffer);
  bool isColumnVector(mlir::RankedTensorType type);

  KernelBuilder &b;
  const GroupBuffers &buffers;
  llvm::SmallVector<Index> dims;
  ElementPosition position;
  llvm::DenseMap<mlir::Value, mlir::Value> values, lasting;
};

/// The dims of a buffer as index values.
llvm::SmallVector<Index> dimsOf(KernelBuilder &b, mlir::Value buffer);

/// Offset of an operand that broadcasts: `linear` counts over `dims` row-major,
/// `shape` (aligned right) is the operand's, its elements are `elementSize`
/// apart.
Index broadcastOffset(KernelBuilder &b, Index linear,
                      llvm::ArrayRef<Index> dims, llvm::ArrayRef<int64_t> shape,
                      Index elementSize);

/// Rough cost of evaluating `tensor` down to `bound` and block arguments, in
/// vector instructions.
int64_t evaluationCost(mlir::Value tensor, llvm::ArrayRef<mlir::Value> bound);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_CPU_KERNELS_GROUPKERNEL_H
