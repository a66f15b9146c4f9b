//===- LinearAttention.cpp - rule of linear attention -----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lowering/Lowering.h"

using namespace mlir;
using namespace mlc;

namespace {
/// The columns of a head's state are independent of each other: each is
/// carried through all steps by itself.
class StateColumn {
public:
  StateColumn(LinearAttentionOp op, LoopBuilder &l)
      : op(op), l(l), x(l.index), type(elementTypeOf(op.getQ())), q(l.input(0)),
        k(l.input(1)), v(l.input(2)), y(l.output(0)), state(l.output(1)) {
    unsigned next = 4;
    decay = op.getDecay() ? l.input(next++) : Value();
    beta = op.getBeta() ? l.input(next) : Value();
  }

  void emit() {
    l.forEach(state, [&](ValueRange at) {
      l.store(l.load(l.input(3), at), state, at);
    });
    Value zero = x.constant(0);
    l.loop(zero, l.dim(k, 0), [&](Value batch) {
      l.loop(zero, l.dim(k, 1), [&](Value head) {
        l.loop(zero, l.dim(v, 3), [&](Value column) {
          l.loop(zero, l.dim(k, 2),
                 [&](Value step) { advance(batch, head, column, step); });
        });
      });
    });
  }

private:
  void advance(Value batch, Value head, Value column, Value step) {
    Value zero = x.constant(0), rows = l.dim(k, 3);
    ScalarBuilder s = l.scalar(type);
    // What the state recalls for this key, after its decay.
    Value recalled = l.loop(zero, rows, s.zero(), [&](Value i, ValueRange sum) {
      ScalarBuilder s = l.scalar(type);
      SmallVector<Value> at{batch, head, i, column};
      Value kept = l.load(state, at);
      if (decay) {
        bool perHead =
            cast<ShapedType>(op.getDecay().getType()).getDimSize(3) == 1;
        Value rate = l.load(decay, {batch, head, step, perHead ? zero : i});
        kept = s.mul(kept, s.exp(rate));
        l.store(kept, state, at);
      }
      Value key = l.load(k, {batch, head, step, i});
      return SmallVector<Value>{s.add(sum[0], s.mul(kept, key))};
    })[0];
    Value written = l.load(v, {batch, head, step, column});
    if (beta) {
      Value rate = l.load(beta, {batch, head, step, zero});
      written = s.mul(rate, s.sub(written, recalled));
    }
    l.loop(zero, rows, [&](Value i) {
      ScalarBuilder s = l.scalar(type);
      SmallVector<Value> at{batch, head, i, column};
      Value key = l.load(k, {batch, head, step, i});
      l.store(s.add(l.load(state, at), s.mul(key, written)), state, at);
    });
    read(batch, head, column, step);
  }

  /// The results of the query heads that share this state.
  void read(Value batch, Value head, Value column, Value step) {
    Value zero = x.constant(0), group = x.floorDiv(l.dim(q, 1), l.dim(k, 1));
    l.loop(zero, group, [&](Value g) {
      Value reader = x.add(x.mul(head, group), g);
      ScalarBuilder s = l.scalar(type);
      Value sum =
          l.loop(zero, l.dim(k, 3), s.zero(), [&](Value i, ValueRange carried) {
            ScalarBuilder s = l.scalar(type);
            Value kept = l.load(state, {batch, head, i, column});
            Value query = l.load(q, {batch, reader, step, i});
            return SmallVector<Value>{s.add(carried[0], s.mul(kept, query))};
          })[0];
      Value scale = s.constant(op.getScale().convertToDouble());
      l.store(s.mul(sum, scale), y, {batch, reader, step, column});
    });
  }

  LinearAttentionOp op;
  LoopBuilder &l;
  IndexBuilder &x;
  Type type;
  Value q, k, v, decay, beta, y, state;
};
} // namespace

void mlc::emitLoops(LinearAttentionOp op, LoopBuilder &l) {
  StateColumn(op, l).emit();
}
