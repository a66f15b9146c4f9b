//===- ArgGroup.cpp - positions of extremes ---------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// mlc.arg_reduce of floats, lane by lane: each lane keeps the best value it has
// met and where that was. Along the last axis the lanes of a row compete at the
// end; along another axis each lane is a column of its own. NaN is better than
// any number; among equals the first counts, or with `last` the last.
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/CpuKernels.h"
#include "codegen/cpu/kernels/GroupKernel.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <limits>

using namespace mlir;

namespace mlc::codegen {

namespace {

/// Vectors that a loop works on at once: each takes a register for its values
/// and two for their positions.
unsigned unrollOf(const CpuIsa &isa) { return isa.registers / 8; }

class ArgEmitter {
public:
  ArgEmitter(KernelBuilder &b, const GroupBuffers &buffers, ArgReduceOp op)
      : b(b), op(op), lanes(b.isa.lanes()), unroll(unrollOf(b.isa)) {
    Value buffer = buffers.of(op.getX());
    x = b.flat(buffer);
    y = b.flat(buffers.output(0));
    int64_t rank = tensorTypeOf(op.getX()).getRank(), axis = op.getAxis();
    extent = b.dim(buffer, axis);
    columns = b.dimProduct(buffer, axis + 1, rank);
    isRow = axis + 1 == rank;
  }

  void emitUnit(Index unit) { isRow ? emitRow(unit) : emitColumns(unit); }

private:
  using Values = KernelBuilder::Values;
  /// The best value of each lane and its position.
  using State = MutableArrayRef<Value>;

  void emitRow(Index row);
  void emitColumns(Index unit);
  Values startParts(unsigned parts);
  void add(State state, Value element, Value position, Value mask);
  void merge(State state, State other);
  Value winner(Values state);
  void emitColumnBlock(Index row, Index col, unsigned parts, Value mask);

  Value load(Index at, Value mask) {
    return b.toElement(b.loadVector(x, at, lanes, mask));
  }
  VectorType positionType() { return VectorType::get({lanes}, b.getI64Type()); }
  Value positions(Index at) {
    Value number = arith::IndexCastOp::create(b, b.getI64Type(), at);
    return b.splatOf(number, lanes);
  }
  Value compare(arith::CmpFPredicate predicate, Value u, Value v) {
    return arith::CmpFOp::create(b, predicate, u, v);
  }
  Value isNan(Value v) { return compare(arith::CmpFPredicate::UNO, v, v); }
  Value both(Value u, Value v) { return arith::AndIOp::create(b, u, v); }
  Value either(Value u, Value v) { return arith::OrIOp::create(b, u, v); }
  Value isNumber(Value v) { return compare(arith::CmpFPredicate::ORD, v, v); }

  KernelBuilder &b;
  ArgReduceOp op;
  unsigned lanes, unroll;
  Value x, y;
  Index extent, columns;
  bool isRow;
};

ArgEmitter::Values ArgEmitter::startParts(unsigned parts) {
  double worst = std::numeric_limits<double>::infinity();
  Value none = arith::ConstantOp::create(b, b.getZeroAttr(positionType()));
  Values state;
  for (unsigned part = 0; part < parts; ++part) {
    state.push_back(b.splat(op.getLeast() ? worst : -worst));
    state.push_back(none);
  }
  return state;
}

void ArgEmitter::add(State state, Value element, Value position, Value mask) {
  using P = arith::CmpFPredicate;
  P better = op.getLeast() ? (op.getLast() ? P::ULE : P::ULT)
                           : (op.getLast() ? P::UGE : P::UGT);
  // Unordered: also when either is NaN, of which the first stays.
  Value open = isNumber(state[0]);
  if (op.getLast()) {
    open = either(open, isNan(element));
  }
  Value takes = both(compare(better, element, state[0]), open);
  if (mask) {
    takes = both(takes, mask);
  }
  state[0] = b.select(takes, element, state[0]);
  state[1] = b.select(takes, position, state[1]);
}

void ArgEmitter::merge(State state, State other) {
  using P = arith::CmpFPredicate;
  Value better =
      both(compare(op.getLeast() ? P::ULT : P::UGT, other[0], state[0]),
           isNumber(state[0]));
  Value equal = either(compare(P::OEQ, other[0], state[0]),
                       both(isNan(other[0]), isNan(state[0])));
  auto order =
      op.getLast() ? arith::CmpIPredicate::sgt : arith::CmpIPredicate::slt;
  Value nearer = arith::CmpIOp::create(b, order, other[1], state[1]);
  Value takes = either(better, both(equal, nearer));
  state[0] = b.select(takes, other[0], state[0]);
  state[1] = b.select(takes, other[1], state[1]);
}

/// The position of the best lane.
Value ArgEmitter::winner(Values state) {
  for (int64_t half = lanes / 2; half >= 1; half /= 2) {
    auto lower = llvm::to_vector(llvm::seq<int64_t>(0, half));
    auto upper = llvm::to_vector(llvm::seq<int64_t>(half, 2 * half));
    Values low, high;
    for (Value v : state) {
      low.push_back(vector::ShuffleOp::create(b, v, v, lower));
      high.push_back(vector::ShuffleOp::create(b, v, v, upper));
    }
    merge(low, high);
    state = low;
  }
  return vector::ExtractOp::create(b, state[1], ArrayRef<int64_t>{0});
}

void ArgEmitter::emitRow(Index row) {
  auto numbers = llvm::to_vector(llvm::seq<int64_t>(0, lanes));
  Value lane = arith::ConstantOp::create(
      b, DenseElementsAttr::get(positionType(), ArrayRef<int64_t>(numbers)));
  auto walk = [&](Index from, Index to, unsigned parts, Values state) {
    return b.loop(
        from, to, parts * lanes, state, [&](Index col, ValueRange carried) {
          Values next(carried);
          for (unsigned part = 0; part < parts; ++part) {
            Index at = col + int64_t(part * lanes);
            Value mask = parts == 1 ? b.mask(to - at, lanes) : Value();
            Value position = arith::AddIOp::create(b, positions(at), lane);
            add(State(next).slice(2 * part, 2), load(row * extent + at, mask),
                position, mask);
          }
          return next;
        });
  };
  int64_t step = unroll * lanes;
  Index zero = b.index(int64_t(0)), main = extent / step * step;
  Values state = walk(zero, main, unroll, startParts(unroll));
  Values first = walk(main, extent, 1, Values(ArrayRef(state).take_front(2)));
  for (unsigned part = 1; part < unroll; ++part) {
    merge(first, State(state).slice(2 * part, 2));
  }
  b.store(winner(first), y, row);
}

/// A block of `unroll` vectors of columns under one row.
void ArgEmitter::emitColumns(Index unit) {
  int64_t width = unroll * lanes;
  Index blocks = b.ceilDiv(columns, width);
  Index row = unit / blocks, first = unit % blocks * width;
  b.ifThen(
      b.less(columns, first + width),
      [&] {
        b.loop(first, columns, lanes, [&](Index col) {
          emitColumnBlock(row, col, 1, b.mask(columns - col, lanes));
        });
      },
      [&] { emitColumnBlock(row, first, unroll, {}); });
}

void ArgEmitter::emitColumnBlock(Index row, Index col, unsigned parts,
                                 Value mask) {
  auto column = [&](unsigned part) { return col + int64_t(part * lanes); };
  Values state = b.loop(
      b.index(int64_t(0)), extent, 1, startParts(parts),
      [&](Index k, ValueRange carried) {
        Values next(carried);
        Value position = positions(k);
        for (unsigned part = 0; part < parts; ++part) {
          Index at = (row * extent + k) * columns + column(part);
          add(State(next).slice(2 * part, 2), load(at, mask), position, {});
        }
        return next;
      });
  for (unsigned part = 0; part < parts; ++part) {
    b.storeVector(state[2 * part + 1], y, row * columns + column(part), mask);
  }
}

} // namespace

bool emitArgKernel(GroupOp group, func::FuncOp kernel, CpuIsa isa) {
  Block *block = group.getBlock();
  auto op = dyn_cast<ArgReduceOp>(block->front());
  if (!op || block->getOperations().size() != 2 ||
      !mlir::isa<BlockArgument>(op.getX())) {
    return false;
  }
  Type element = elementTypeOf(op.getX());
  if (!element.isF64() && !element.isF32() && !element.isF16() &&
      !element.isBF16()) {
    return false;
  }
  isa.elementBits = element.isF64() ? 64 : 32;
  RankedTensorType type = tensorTypeOf(op.getX());
  int64_t axis = op.getAxis(), rank = type.getRank();
  PartitionedKernel frame(group, kernel, isa);
  ArgEmitter emitter(frame.body, frame.buffers, op);
  frame.body.loop(frame.begin, frame.end, 1,
                  [&](Index unit) { emitter.emitUnit(unit); });
  int64_t width = unrollOf(isa) * isa.lanes();
  int64_t extent = type.isDynamicDim(axis) ? 128 : type.getDimSize(axis);
  double vectors = axis + 1 == rank ? double(extent) / isa.lanes()
                                    : double(extent) * unrollOf(isa);
  frame.setCount(
      [&](KernelBuilder &b, const GroupBuffers &buffers) {
        Value x = buffers.of(op.getX());
        Index rows = b.dimProduct(x, 0, axis);
        return axis + 1 == rank
                   ? rows
                   : rows * b.ceilDiv(b.dimProduct(x, axis + 1, rank), width);
      },
      (50 + vectors * 8) * 3e-10);
  return true;
}

} // namespace mlc::codegen
