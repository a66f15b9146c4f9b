//===- Shapes.h - symbolic shapes of mlc ops --------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A dim is an AffineExpr over symbols; a symbol stands for one dynamic dim of
// some value, or for an `index` value. Inside one ShapeScope equal expressions
// are equal dims, which is how the importer and fusion prove that two `?`
// agree.
//
//   x : tensor<?x4xf32>          dims(x)      = (s0, 4)
//   y = mlc.concat x, x axis 0   inferShapes  = (s0 * 2, 4)
//
//===----------------------------------------------------------------------===//
#ifndef MLC_DIALECTS_MLC_SHAPES_H
#define MLC_DIALECTS_MLC_SHAPES_H

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Operation.h"
#include "mlir/IR/OperationSupport.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"

namespace mlc {

using DimExprs = llvm::SmallVector<mlir::AffineExpr, 4>;

/// One inferred result: its element type and dims.
struct InferredType {
  mlir::Type elementType;
  DimExprs dims;

  /// The tensor type: constant dims are static, all others dynamic.
  mlir::RankedTensorType tensorType() const;
};

/// The dims of values as expressions over this scope's symbols.
class ShapeScope {
public:
  explicit ShapeScope(mlir::MLIRContext *context) : context(context) {}

  /// The dims of a ranked tensor (or memref) value: recorded ones, else static
  /// extents with a new symbol for each dynamic dim.
  llvm::ArrayRef<mlir::AffineExpr> dims(mlir::Value value);
  mlir::AffineExpr dim(mlir::Value value, int64_t i) { return dims(value)[i]; }

  /// The value of an `index` SSA value. Sees through constants, affine.apply,
  /// tensor.dim and arith add/sub/mul/div; anything else is a symbol.
  mlir::AffineExpr index(mlir::Value value);

  mlir::AffineExpr constant(int64_t value) const {
    return mlir::getAffineConstantExpr(value, context);
  }

  /// Records `value`'s dims; later questions answer with these.
  void record(mlir::Value value, llvm::ArrayRef<mlir::AffineExpr> dims);

  /// Whether `value`'s dims have been recorded or asked for.
  bool isKnown(mlir::Value value) const { return known.count(value); }

  /// Whether `expr` is the symbol that was made for `value`'s dim `i`.
  bool isOwnSymbol(mlir::Value value, int64_t i, mlir::AffineExpr expr) const {
    auto symbol = llvm::dyn_cast<mlir::AffineSymbolExpr>(expr);
    auto it = symbolOf.find({value, i});
    return symbol && it != symbolOf.end() && it->second == symbol.getPosition();
  }

  /// Must be called for values that are erased while the scope lives: another
  /// value may come to lie at their address.
  void forget(mlir::Value value);

  /// Infers and records the results of `op` (a ShapeOpInterface).
  llvm::LogicalResult recordResults(mlir::Operation *op);

  /// Computes `expr` at run time: an index Value or an attribute. Emits
  /// tensor.dim (memref.dim for memrefs) and affine.apply as needed.
  mlir::OpFoldResult materialize(mlir::OpBuilder &b, mlir::Location loc,
                                 mlir::AffineExpr expr);
  /// False when `expr` is over a value that has been forgotten.
  bool canMaterialize(mlir::AffineExpr expr) const;

  /// The values that the symbols of `expr` stand for (or are dims of).
  llvm::SmallVector<mlir::Value> boundValues(mlir::AffineExpr expr) const;

  mlir::MLIRContext *getContext() const { return context; }

private:
  mlir::AffineExpr newSymbol(mlir::Value value, int64_t dim);

  struct Binding {
    mlir::Value value;
    int64_t dim; // -1: the index value itself
  };
  mlir::MLIRContext *context;
  llvm::DenseMap<mlir::Value, DimExprs> known;
  llvm::DenseMap<mlir::Value, mlir::AffineExpr> knownIndex;
  llvm::DenseMap<std::pair<mlir::Value, int64_t>, unsigned> symbolOf;
  llvm::SmallVector<Binding> bindings;
};

/// Element type of a shaped value.
mlir::Type elementTypeOf(mlir::Value value);

/// The type of a value that is known to be a tensor.
inline mlir::RankedTensorType tensorTypeOf(mlir::Value tensor) {
  return llvm::cast<mlir::RankedTensorType>(tensor.getType());
}

/// NumPy broadcasting of all shaped operands of `op` (see MLC_Elementwise).
llvm::LogicalResult
inferElementwise(mlir::Operation *op, ShapeScope &scope, mlir::Type elementType,
                 llvm::SmallVectorImpl<InferredType> &results);

/// What `a` and `b` broadcast to, aligned at the last dim; an error on `op`
/// when two constants clash.
mlir::FailureOr<DimExprs> broadcastDims(mlir::Operation *op,
                                        llvm::ArrayRef<mlir::AffineExpr> a,
                                        llvm::ArrayRef<mlir::AffineExpr> b);

/// Sizes given as constants with kDynamic entries taken from `dynamic`.
mlir::FailureOr<DimExprs> mixedDims(mlir::Operation *op, ShapeScope &scope,
                                    llvm::ArrayRef<int64_t> fixed,
                                    mlir::OperandRange dynamic);

/// Verifies that the result types of `op` agree with what it infers.
llvm::LogicalResult verifyInferredShapes(mlir::Operation *op);

/// Sets the result types of a freshly built op from `inferShapes`; fails with
/// an error on the op. Records the results in `scope` when given.
llvm::LogicalResult setInferredTypes(mlir::Operation *op,
                                     ShapeScope *scope = nullptr);

/// Builds an op whose result types are inferred: `args` are the arguments of
/// the ODS builder after the result type(s). Null (after an error on the op)
/// when the op is invalid.
template <typename OpT, typename... Args>
OpT createInferred(mlir::OpBuilder &b, mlir::Location loc, Args &&...args) {
  mlir::Type unknown = mlir::NoneType::get(b.getContext());
  OpT op = OpT::create(b, loc, unknown, std::forward<Args>(args)...);
  if (mlir::failed(setInferredTypes(op))) {
    op.erase();
    return nullptr;
  }
  return op;
}

/// The floating-point operations of `op`, whose results are recorded in
/// `scope`: what its definition asks for, whatever the algorithm. A
/// multiply-add counts 2 (in products of integers, too), any other elementwise
/// operator with a float result, element of a reduction or tap of a pool 1;
/// what only moves or selects elements counts nothing.
mlir::AffineExpr flopsOf(mlir::Operation *op, ShapeScope &scope);

/// The dynamic dims of result `i` of `op`, in order, as index values.
llvm::SmallVector<mlir::Value>
reifyDynamicDims(mlir::OpBuilder &b, mlir::Operation *op, unsigned i);

} // namespace mlc

#endif // MLC_DIALECTS_MLC_SHAPES_H
