//===- Element.cpp - builders of lowering rules -----------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/mlc/Element.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace mlc {

//===----------------------------------------------------------------------===//
// IndexBuilder
//===----------------------------------------------------------------------===//

Value IndexBuilder::constant(int64_t value) {
  return arith::ConstantIndexOp::create(b, loc, value);
}
Value IndexBuilder::add(Value x, Value y) {
  return b.createOrFold<arith::AddIOp>(loc, x, y);
}
Value IndexBuilder::sub(Value x, Value y) {
  return b.createOrFold<arith::SubIOp>(loc, x, y);
}
Value IndexBuilder::mul(Value x, Value y) {
  return b.createOrFold<arith::MulIOp>(loc, x, y);
}
Value IndexBuilder::floorDiv(Value x, Value y) {
  return b.createOrFold<arith::FloorDivSIOp>(loc, x, y);
}
Value IndexBuilder::floorMod(Value x, Value y) {
  return sub(x, mul(floorDiv(x, y), y));
}
Value IndexBuilder::ceilDiv(Value x, Value y) {
  return b.createOrFold<arith::CeilDivSIOp>(loc, x, y);
}
Value IndexBuilder::min(Value x, Value y) {
  return b.createOrFold<arith::MinSIOp>(loc, x, y);
}
Value IndexBuilder::max(Value x, Value y) {
  return b.createOrFold<arith::MaxSIOp>(loc, x, y);
}
Value IndexBuilder::less(Value x, Value y) {
  return b.createOrFold<arith::CmpIOp>(loc, arith::CmpIPredicate::slt, x, y);
}
Value IndexBuilder::lessEqual(Value x, Value y) {
  return b.createOrFold<arith::CmpIOp>(loc, arith::CmpIPredicate::sle, x, y);
}
Value IndexBuilder::equal(Value x, Value y) {
  return b.createOrFold<arith::CmpIOp>(loc, arith::CmpIPredicate::eq, x, y);
}
Value IndexBuilder::select(Value condition, Value x, Value y) {
  return b.createOrFold<arith::SelectOp>(loc, condition, x, y);
}
Value IndexBuilder::and_(Value x, Value y) {
  return b.createOrFold<arith::AndIOp>(loc, x, y);
}
Value IndexBuilder::or_(Value x, Value y) {
  return b.createOrFold<arith::OrIOp>(loc, x, y);
}
Value IndexBuilder::not_(Value x) {
  Value yes = arith::ConstantIntOp::create(b, loc, 1, 1);
  return b.createOrFold<arith::XOrIOp>(loc, x, yes);
}

Value IndexBuilder::fromInteger(Value x, Type from) {
  Type type = b.getIndexType();
  if (from.isUnsignedInteger() || from.isInteger(1)) {
    return arith::IndexCastUIOp::create(b, loc, type, x);
  }
  return arith::IndexCastOp::create(b, loc, type, x);
}

Value IndexBuilder::toElement(Value x, Type to) {
  Value wide = arith::IndexCastOp::create(b, loc, b.getI64Type(), x);
  return convertScalar(b, loc, wide, b.getI64Type(), to);
}

//===----------------------------------------------------------------------===//
// ElementBuilder
//===----------------------------------------------------------------------===//

Value ElementBuilder::dim(Value operand, int64_t i) {
  auto type = cast<ShapedType>(operand.getType());
  return type.isDynamicDim(i) ? dimFn(operand, i)
                              : index.constant(type.getDimSize(i));
}

Value ElementBuilder::mixed(ArrayRef<int64_t> fixed, OperandRange dynamic,
                            unsigned i) {
  if (!ShapedType::isDynamic(fixed[i])) {
    return index.constant(fixed[i]);
  }
  unsigned position =
      llvm::count_if(fixed.take_front(i), ShapedType::isDynamic);
  return indexFn(dynamic[position]);
}

Value ElementBuilder::checkedIndex(Value i, Value extent) {
  Value zero = index.constant(0);
  Value wrapped = index.select(index.less(i, zero), index.add(i, extent), i);
  RequireOp::create(
      b, loc,
      index.and_(index.lessEqual(zero, wrapped), index.less(wrapped, extent)),
      i, extent, b.getStringAttr("index %lld is out of range for extent %lld"));
  Value last = index.max(zero, index.sub(extent, index.constant(1)));
  return index.max(zero, index.min(wrapped, last));
}

Value ElementBuilder::unlessEmpty(Value operand, ArrayRef<int64_t> axes,
                                  Type type, llvm::function_ref<Value()> read) {
  auto shape = cast<ShapedType>(operand.getType());
  Value hasElements;
  for (int64_t axis : axes) {
    if (shape.isDynamicDim(axis) || shape.getDimSize(axis) == 0) {
      Value some = index.less(index.constant(0), dim(operand, axis));
      hasElements = hasElements ? index.and_(hasElements, some) : some;
    }
  }
  return hasElements
             ? branch(hasElements, read, [&] { return scalar(type).zero(); })
             : read();
}

Value ElementBuilder::loadClamped(Value operand, ValueRange indices,
                                  ArrayRef<int64_t> axes) {
  return unlessEmpty(operand, axes, elementTypeOf(operand),
                     [&] { return load(operand, indices); });
}

ScalarBuilder ElementBuilder::scalar(Type type) {
  return ScalarBuilder(b, loc, type, storageType(type));
}

using LoopBody = llvm::function_ref<SmallVector<Value>(Value, ValueRange)>;

static SmallVector<Value> emitLoop(OpBuilder &b, Location loc, Value from,
                                   Value to, ValueRange initial,
                                   LoopBody body) {
  Value one = arith::ConstantIndexOp::create(b, loc, 1);
  auto loop = scf::ForOp::create(b, loc, from, to, one, initial);
  OpBuilder::InsertionGuard guard(b);
  if (initial.empty()) {
    b.setInsertionPoint(loop.getBody()->getTerminator());
    body(loop.getInductionVar(), {});
  } else {
    b.setInsertionPointToStart(loop.getBody());
    SmallVector<Value> next =
        body(loop.getInductionVar(), loop.getRegionIterArgs());
    scf::YieldOp::create(b, loc, next);
  }
  return SmallVector<Value>(loop.getResults());
}

SmallVector<Value> ElementBuilder::loop(Value from, Value to,
                                        ValueRange initial, LoopBody body) {
  return emitLoop(b, loc, from, to, initial, body);
}

Value ElementBuilder::branch(Value condition, llvm::function_ref<Value()> then,
                             llvm::function_ref<Value()> otherwise) {
  OpBuilder::InsertionGuard guard(b);
  // The result type is only known once one side is built.
  auto ifOp = scf::IfOp::create(b, loc, b.getNoneType(), condition,
                                /*withElseRegion=*/true);
  auto fill = [&](Block *block, llvm::function_ref<Value()> side) {
    b.setInsertionPointToStart(block);
    Value result = side();
    scf::YieldOp::create(b, loc, result);
    return result.getType();
  };
  ifOp.getResult(0).setType(fill(ifOp.thenBlock(), then));
  fill(ifOp.elseBlock(), otherwise);
  return ifOp.getResult(0);
}

//===----------------------------------------------------------------------===//
// LoopBuilder
//===----------------------------------------------------------------------===//

Value LoopBuilder::dim(Value buffer, int64_t i) {
  auto type = cast<MemRefType>(buffer.getType());
  if (!type.isDynamicDim(i)) {
    return index.constant(type.getDimSize(i));
  }
  return memref::DimOp::create(b, loc, buffer, i);
}

Value LoopBuilder::load(Value buffer, ValueRange indices) {
  return memref::LoadOp::create(b, loc, buffer, indices);
}

void LoopBuilder::store(Value value, Value buffer, ValueRange indices) {
  memref::StoreOp::create(b, loc, value, buffer, indices);
}

ScalarBuilder LoopBuilder::scalar(Type type, Type like) {
  return ScalarBuilder(b, loc, type, like ? like : storageType(type));
}

void LoopBuilder::loop(Value from, Value to,
                       llvm::function_ref<void(Value)> body) {
  emitLoop(b, loc, from, to, {}, [&](Value i, ValueRange) {
    body(i);
    return SmallVector<Value>();
  });
}

SmallVector<Value> LoopBuilder::loop(Value from, Value to, ValueRange initial,
                                     LoopBody body) {
  return emitLoop(b, loc, from, to, initial, body);
}

void LoopBuilder::forEach(Value buffer,
                          llvm::function_ref<void(ValueRange)> body) {
  OpBuilder::InsertionGuard guard(b);
  SmallVector<Value> indices;
  Value zero = index.constant(0), one = index.constant(1);
  int64_t rank = cast<MemRefType>(buffer.getType()).getRank();
  for (int64_t i = 0; i < rank; ++i) {
    auto loop = scf::ForOp::create(b, loc, zero, dim(buffer, i), one);
    indices.push_back(loop.getInductionVar());
    b.setInsertionPoint(loop.getBody()->getTerminator());
  }
  body(indices);
}

void LoopBuilder::when(Value condition, llvm::function_ref<void()> body) {
  auto ifOp = scf::IfOp::create(b, loc, condition, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(ifOp.thenYield());
  body();
}

Value neutralElement(ScalarBuilder &s, ReduceKind kind, Type type) {
  switch (kind) {
  case ReduceKind::sum:
    return s.zero();
  case ReduceKind::prod:
    return s.one();
  case ReduceKind::max:
  case ReduceKind::min:
    return s.limit(type, kind == ReduceKind::max);
  }
  llvm_unreachable("all kinds handled");
}

Value combineElements(ScalarBuilder &s, ReduceKind kind, Value x, Value y) {
  switch (kind) {
  case ReduceKind::sum:
    return s.add(x, y);
  case ReduceKind::prod:
    return s.mul(x, y);
  case ReduceKind::max:
    return s.max(x, y);
  case ReduceKind::min:
    return s.min(x, y);
  }
  llvm_unreachable("all kinds handled");
}

//===----------------------------------------------------------------------===//
// Elementwise ops
//===----------------------------------------------------------------------===//

SmallVector<Value> broadcastIndices(IndexBuilder &index,
                                    RankedTensorType operand,
                                    ValueRange indices) {
  SmallVector<Value> mine(indices.take_back(operand.getRank()));
  for (int64_t i = 0; i < operand.getRank(); ++i) {
    if (operand.getDimSize(i) == 1) {
      mine[i] = index.constant(0);
    }
  }
  return mine;
}

Value emitScalarElement(Operation *op, ElementBuilder &e, ValueRange indices) {
  SmallVector<Value> operands;
  for (Value operand : op->getOperands()) {
    auto type = cast<RankedTensorType>(operand.getType());
    operands.push_back(
        e.load(operand, broadcastIndices(e.index, type, indices)));
  }
  return emitScalar(e.b, e.loc, op, operands);
}

} // namespace mlc
