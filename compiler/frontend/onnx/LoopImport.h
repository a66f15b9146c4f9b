//===- LoopImport.h - what Loop and Scan have in common ---------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Both become scf.while over (iteration, condition, carried tensors, results
// gathered so far). The shapes of carried tensors are found by a fixpoint: the
// body is imported as if dims stayed what they are before the loop; those that
// did not are made dynamic and the body is imported again.
//
// The rows of a gathered (scan) result are written in place by mlc.insert.
// Short loops of known length are unrolled, which also serves carried values
// that are not tensors.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_FRONTEND_ONNX_LOOPIMPORT_H
#define MLC_COMPILER_FRONTEND_ONNX_LOOPIMPORT_H

#include "compiler/frontend/onnx/Branches.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

namespace mlc::onnx {

/// What Loop and Scan have in common; they differ in what the body is given
/// and gives.
class LoopImport {
public:
  LoopImport(Node &n, const GraphProto &body) : n(n), body(body) {}
  virtual ~LoopImport() = default;
  void build();

protected:
  /// The body's inputs in iteration `index`.
  virtual llvm::SmallVector<Tensor *>
  bodyInputs(mlir::AffineExpr index, llvm::ArrayRef<Tensor *> carried) = 0;
  /// Position of the first carried output of the body (1 after a condition).
  virtual size_t firstCarried() const = 0;
  virtual int64_t gatherAxis(size_t i, int64_t rank) { return 0; }
  virtual bool gatherReversed(size_t i) { return false; }

  Node &n;
  const GraphProto &body;
  llvm::SmallVector<Tensor *> initial; // of the carried values
  mlir::AffineExpr trip;               // null: no limit
  mlir::AffineExpr start;              // condition before the first iteration
  size_t gathered = 0;                 // number of scan results

private:
  static constexpr int64_t maxUnrolled = 8, maxUnrolledSequences = 256;

  /// What came of an attempt to unroll.
  enum class Unrolled { yes, no, failed };
  Unrolled unroll();
  std::optional<bool>
  unrollTurn(int64_t turn, llvm::SmallVectorImpl<Tensor *> &carried,
             llvm::MutableArrayRef<llvm::SmallVector<mlir::Value>> slices);
  bool isShort();
  bool importTurn(llvm::ArrayRef<Tensor *> inputs);
  bool importOnce();
  bool isVisibleBefore(mlir::AffineExpr expr);
  void applyDeclaredDims();
  bool updateShapes(llvm::ArrayRef<Tensor *> outputs);
  void finishLoop();
  llvm::SmallVector<Tensor *> argumentTensors(mlir::Block *block);
  void terminate(mlir::scf::WhileOp draft, mlir::AffineExpr next,
                 llvm::ArrayRef<mlir::Value> yields);
  void publish(mlir::scf::WhileOp op);

  // Gathered results (LoopGather.cpp).
  mlir::Value join(llvm::MutableArrayRef<mlir::Value> slices, size_t i);
  mlir::Value empty(mlir::RankedTensorType type,
                    llvm::ArrayRef<mlir::AffineExpr> dims);
  mlir::AffineExpr turnLimit();
  bool addGathered(mlir::AffineExpr next,
                   llvm::SmallVectorImpl<mlir::Value> &yields);
  mlir::Value addRow(mlir::Value rows, mlir::Value slice, size_t i);
  mlir::Value withRoom(mlir::Value rows, mlir::AffineExpr taken);
  mlir::Value gatheredResult(mlir::scf::WhileOp op, size_t i);

  /// Dims of the carried values that hold in every iteration; null: varies.
  llvm::SmallVector<llvm::SmallVector<bool>> varies;
  llvm::SmallVector<mlir::Value> inits;
  mlir::AffineExpr count; // of turns; null: the loop's end knows it
  mlir::scf::WhileOp loop;
  llvm::SmallVector<Tensor *> outputs;
};

} // namespace mlc::onnx

#endif // MLC_COMPILER_FRONTEND_ONNX_LOOPIMPORT_H
