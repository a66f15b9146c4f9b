//===- CpuGemm.cpp - plain rules of the CPU's product ops -------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The vector emitters of codegen/cpu take these ops; the rules here serve
// groups that they refuse, and tests that compare both.
//
//===----------------------------------------------------------------------===//
#include "compiler/lowering/Lowering.h"

using namespace mlir;

namespace mlc {

/// One half of a pair as an i32.
static Value halfOf(OpBuilder &b, Location loc, Value pair, bool upper) {
  unsigned width = pair.getType().getIntOrFloatBitWidth() / 2;
  if (upper) {
    Value shift = arith::ConstantIntOp::create(b, loc, pair.getType(), width);
    pair = arith::ShRUIOp::create(b, loc, pair, shift);
  }
  Value half = arith::TruncIOp::create(b, loc, b.getIntegerType(width), pair);
  return arith::ExtSIOp::create(b, loc, b.getI32Type(), half);
}

Value multiplyPairs(OpBuilder &b, Location loc, Value x, Value y) {
  auto product = [&](bool upper) -> Value {
    return arith::MulIOp::create(b, loc, halfOf(b, loc, x, upper),
                                 halfOf(b, loc, y, upper));
  };
  return arith::AddIOp::create(b, loc, product(false), product(true));
}

Value emitElement(MatMulPackedOp op, ElementBuilder &e, unsigned,
                  ValueRange indices) {
  Type type = elementTypeOf(op.getA()), wide = computeType(type);
  IndexBuilder &x = e.index;
  Value width = x.constant(32), column = indices.back();
  Value panel = x.floorDiv(column, width), lane = x.floorMod(column, width);
  SmallVector<Value> at(indices);
  auto widen = [&](Value value, Value of) {
    return convertScalar(e.b, e.loc, value, elementTypeOf(of), wide);
  };
  ScalarBuilder s = e.scalar(wide);
  Value sum = e.loop(
      x.constant(0), e.dim(op.getPanels(), 1), s.zero(),
      [&](Value k, ValueRange carried) -> SmallVector<Value> {
        at.back() = k;
        ScalarBuilder inner = e.scalar(wide);
        Value a = e.load(op.getA(), at);
        Value b = e.load(op.getPanels(), {panel, k, lane});
        if (type.isInteger()) {
          return {inner.add(carried[0], multiplyPairs(e.b, e.loc, a, b))};
        }
        return {inner.add(carried[0], inner.mul(widen(a, op.getA()),
                                                widen(b, op.getPanels())))};
      })[0];
  return convertScalar(e.b, e.loc, sum, wide, type);
}

namespace {
/// Index arithmetic of one attention_strided op.
class AttentionLoops {
public:
  AttentionLoops(AttentionStridedOp op, LoopBuilder &l)
      : op(op), l(l), type(elementTypeOf(op.getQ())), wide(computeType(type)),
        sequence(l.dim(l.input(0), inside(0) ? 1 : 2)),
        keys(l.dim(l.input(1), inside(1) ? 1 : 2)) {
    Value heads = l.dim(l.input(0), inside(0) ? 2 : 1);
    Value keyHeads = l.dim(l.input(1), inside(1) ? 2 : 1);
    group = l.index.floorDiv(heads, keyHeads);
  }

  void emitRow(Value batch, Value head, Value row);

private:
  bool inside(unsigned i) { return op.getHeadsInside()[i]; }
  SmallVector<Value> at(unsigned i, Value batch, Value head, Value row,
                        Value d) {
    if (inside(i)) {
      return {batch, row, head, d};
    }
    return {batch, head, row, d};
  }
  Value widen(Value x) { return convertScalar(l.b, l.loc, x, type, wide); }
  Value score(Value batch, Value head, Value row, Value key);
  Value maskAt(Value batch, Value head, Value row, Value key);

  AttentionStridedOp op;
  LoopBuilder &l;
  Type type, wide;
  Value sequence, keys, group;
};

Value AttentionLoops::maskAt(Value batch, Value head, Value row, Value key) {
  auto maskType = cast<RankedTensorType>(op.getMask().getType());
  Value all[] = {batch, head, row, key};
  SmallVector<Value> indices =
      broadcastIndices(l.index, maskType, ArrayRef<Value>(all));
  return convertScalar(l.b, l.loc, l.load(l.input(3), indices),
                       maskType.getElementType(), wide);
}

Value AttentionLoops::score(Value batch, Value head, Value row, Value key) {
  IndexBuilder &x = l.index;
  ScalarBuilder s = l.scalar(wide);
  Value keyHead = x.floorDiv(head, group);
  Value dot = l.loop(x.constant(0), l.dim(l.input(0), 3), s.zero(),
                     [&](Value d, ValueRange carried) -> SmallVector<Value> {
                       Value q = l.load(l.input(0), at(0, batch, head, row, d));
                       Value k =
                           l.load(l.input(1), at(1, batch, keyHead, key, d));
                       return {s.add(carried[0], s.mul(widen(q), widen(k)))};
                     })[0];
  Value result = s.mul(dot, s.constant(op.getScale().convertToDouble()));
  if (op.getMask()) {
    result = s.add(result, maskAt(batch, head, row, key));
  }
  if (op.getCausal()) {
    Value visible = x.lessEqual(key, x.sub(x.add(row, keys), sequence));
    result = s.select(visible, result, s.limit(wide, /*least=*/true));
  }
  return result;
}

void AttentionLoops::emitRow(Value batch, Value head, Value row) {
  IndexBuilder &x = l.index;
  ScalarBuilder s = l.scalar(wide);
  Value none = x.constant(0), width = l.dim(l.input(2), 3);
  Value keyHead = x.floorDiv(head, group);
  Value highest =
      l.loop(none, keys, s.limit(wide, /*least=*/true),
             [&](Value t, ValueRange carried) -> SmallVector<Value> {
               return {s.max(carried[0], score(batch, head, row, t))};
             })[0];
  Value sum = l.loop(none, keys, s.zero(),
                     [&](Value t, ValueRange carried) -> SmallVector<Value> {
                       Value value = score(batch, head, row, t);
                       return {s.add(carried[0], s.exp(s.sub(value, highest)))};
                     })[0];
  l.loop(none, width, [&](Value d) {
    Value y =
        l.loop(none, keys, s.zero(),
               [&](Value t, ValueRange carried) -> SmallVector<Value> {
                 Value weight = s.div(
                     s.exp(s.sub(score(batch, head, row, t), highest)), sum);
                 Value v = l.load(l.input(2), at(2, batch, keyHead, t, d));
                 return {s.add(carried[0], s.mul(weight, widen(v)))};
               })[0];
    if (op.getNanToZero()) {
      y = s.select(s.isNan(sum), s.zero(), y);
    }
    l.store(convertScalar(l.b, l.loc, y, wide, type), l.output(0),
            at(3, batch, head, row, d));
  });
}
} // namespace

void emitLoops(AttentionStridedOp op, LoopBuilder &l) {
  AttentionLoops attention(op, l);
  bool inside = op.getHeadsInside()[0];
  Value none = l.index.constant(0);
  l.loop(none, l.dim(l.input(0), 0), [&](Value batch) {
    l.loop(none, l.dim(l.input(0), inside ? 2 : 1), [&](Value head) {
      l.loop(none, l.dim(l.input(0), inside ? 1 : 2),
             [&](Value row) { attention.emitRow(batch, head, row); });
    });
  });
}

} // namespace mlc
