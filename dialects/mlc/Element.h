//===- Element.h - builders of lowering rules -------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A lowering rule is written once per op and serves every target: it says how
// one element of a result comes from elements of the operands,
//
//   Value emitElement(TransposeOp op, ElementBuilder &e, unsigned, ValueRange
//   i)
//
// and the caller decides what an operand element is: a load from a buffer, or
// the element function of the op that made it (fusion is composition).
//
//===----------------------------------------------------------------------===//
#ifndef MLC_DIALECTS_MLC_ELEMENT_H
#define MLC_DIALECTS_MLC_ELEMENT_H

#include "dialects/mlc/Mlc.h"
#include "dialects/mlc/Scalar.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace mlc {

/// Arithmetic on `index` and i1 values for rules; folds constants.
class IndexBuilder {
public:
  using Value = mlir::Value;
  IndexBuilder(mlir::OpBuilder &b, mlir::Location loc) : b(b), loc(loc) {}

  Value constant(int64_t value);
  Value add(Value x, Value y);
  Value sub(Value x, Value y);
  Value mul(Value x, Value y);
  /// Rounding down; y > 0.
  Value floorDiv(Value x, Value y);
  /// In [0, y); y > 0.
  Value floorMod(Value x, Value y);
  Value ceilDiv(Value x, Value y);
  Value min(Value x, Value y);
  Value max(Value x, Value y);
  Value less(Value x, Value y);
  Value lessEqual(Value x, Value y);
  Value equal(Value x, Value y);
  Value select(Value condition, Value x, Value y);
  Value and_(Value x, Value y);
  Value or_(Value x, Value y);
  Value not_(Value x);
  /// Integer scalar of mlc type `from` to index (sign or zero extended).
  Value fromInteger(Value x, mlir::Type from);
  /// Index to an integer or float of mlc type `to` (storage type).
  Value toElement(Value x, mlir::Type to);

  mlir::OpBuilder &b;
  mlir::Location loc;
};

/// What a rule of ElementOpInterface works with.
class ElementBuilder {
public:
  using Value = mlir::Value;
  /// Gives the element of an op operand at indices, in storage type.
  using LoadFn = llvm::function_ref<Value(Value operand, mlir::ValueRange)>;
  /// Gives a dim of an op operand as index.
  using DimFn = llvm::function_ref<Value(Value operand, int64_t dim)>;
  /// Gives an `index` operand of the op inside the kernel.
  using IndexFn = llvm::function_ref<Value(Value operand)>;

  ElementBuilder(mlir::OpBuilder &b, mlir::Location loc, LoadFn loadFn,
                 DimFn dimFn, IndexFn indexFn)
      : b(b), loc(loc), index(b, loc), loadFn(loadFn), dimFn(dimFn),
        indexFn(indexFn) {}

  /// Element of a shaped operand (pass the op's operand, e.g. op.getX()).
  Value load(Value operand, mlir::ValueRange indices) {
    return loadFn(operand, indices);
  }
  /// Extent of axis `i` of a shaped operand: a constant when static.
  Value dim(Value operand, int64_t i);
  /// An `index` operand's value.
  Value indexValue(Value operand) { return indexFn(operand); }
  /// Entry `i` of a mixed list: a constant, or the next dynamic operand.
  Value mixed(llvm::ArrayRef<int64_t> fixed, mlir::OperandRange dynamic,
              unsigned i);
  /// `i`, counted from the end when negative, checked against [0, extent): out
  /// of range it is clamped and the run ends with an error.
  Value checkedIndex(Value i, Value extent);
  /// What `read` gives, which reads `operand` at clamped indices along `axes`;
  /// zero of `type` when such an axis has no element: there is nothing to clamp
  /// to, and its buffer may have no address.
  Value unlessEmpty(Value operand, llvm::ArrayRef<int64_t> axes,
                    mlir::Type type, llvm::function_ref<Value()> read);
  /// That for one element.
  Value loadClamped(Value operand, mlir::ValueRange indices,
                    llvm::ArrayRef<int64_t> axes);
  /// Scalar arithmetic in the mlc element type `type`.
  ScalarBuilder scalar(mlir::Type type);
  /// for (i = from; i < to; ++i) carried = body(i, carried); gives the result.
  mlir::SmallVector<Value>
  loop(Value from, Value to, mlir::ValueRange initial,
       llvm::function_ref<mlir::SmallVector<Value>(Value, mlir::ValueRange)>
           body);
  /// condition ? then() : otherwise(), evaluating only one of them.
  Value branch(Value condition, llvm::function_ref<Value()> then,
               llvm::function_ref<Value()> otherwise);

  mlir::OpBuilder &b;
  mlir::Location loc;
  IndexBuilder index;

private:
  LoadFn loadFn;
  DimFn dimFn;
  IndexFn indexFn;
};

/// What a rule of LoopsOpInterface works with: buffers in, buffers out.
class LoopBuilder {
public:
  using Value = mlir::Value;
  LoopBuilder(mlir::OpBuilder &b, mlir::Location loc, mlir::ValueRange inputs,
              mlir::ValueRange outputs)
      : b(b), loc(loc), index(b, loc), inputs(inputs), outputs(outputs) {}

  /// One value per op operand: a memref for tensors, index for scalars; null
  /// for absent optional operands never occurs (absent ones have no entry).
  Value input(unsigned i) { return inputs[i]; }
  Value output(unsigned i) { return outputs[i]; }
  Value dim(Value buffer, int64_t i);
  Value load(Value buffer, mlir::ValueRange indices);
  void store(Value value, Value buffer, mlir::ValueRange indices);
  ScalarBuilder scalar(mlir::Type type, mlir::Type like = {});
  /// for (i = from; i < to; ++i) body(i)
  void loop(Value from, Value to, llvm::function_ref<void(Value)> body);
  /// The same with carried values.
  mlir::SmallVector<Value>
  loop(Value from, Value to, mlir::ValueRange initial,
       llvm::function_ref<mlir::SmallVector<Value>(Value, mlir::ValueRange)>
           body);
  /// A nest over all indices of `buffer`, row-major.
  void forEach(Value buffer, llvm::function_ref<void(mlir::ValueRange)> body);
  /// if (condition) body()
  void when(Value condition, llvm::function_ref<void()> body);

  mlir::OpBuilder &b;
  mlir::Location loc;
  IndexBuilder index;

private:
  mlir::SmallVector<Value> inputs, outputs;
};

/// The neutral element of a reduction and its combination, in `type`.
mlir::Value neutralElement(ScalarBuilder &s, ReduceKind kind, mlir::Type type);
mlir::Value combineElements(ScalarBuilder &s, ReduceKind kind, mlir::Value x,
                            mlir::Value y);

/// Operand indices of an elementwise op for result indices: broadcast by rank
/// and by dims that are statically 1.
mlir::SmallVector<mlir::Value> broadcastIndices(IndexBuilder &index,
                                                mlir::RankedTensorType operand,
                                                mlir::ValueRange indices);

/// The element function of an op with a scalar body.
mlir::Value emitScalarElement(mlir::Operation *op, ElementBuilder &e,
                              mlir::ValueRange indices);

} // namespace mlc

#endif // MLC_DIALECTS_MLC_ELEMENT_H
