//===- Recurrent.cpp - plain loops of recurrent layers ----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For types, shapes and targets that no faster emitter takes. Row T of the
// result holds the newest h, row T + 1 the newest c, row T + 2 one value per
// unit between two passes over the units (GRU: r * h).
//
//===----------------------------------------------------------------------===//
#include "dialects/mlc/Recurrent.h"
#include "compiler/lowering/Lowering.h"

using namespace mlir;

namespace mlc {

namespace {

class CellLoops {
public:
  CellLoops(RecurrentOp op, LoopBuilder &l)
      : op(op), l(l), type(elementTypeOf(op.getX())), wide(computeType(type)),
        none(l.index.constant(0)), steps(l.dim(operand(op.getX()), 0)),
        batches(l.dim(operand(op.getX()), 1)),
        inputs(l.dim(operand(op.getX()), 2)),
        hidden(l.dim(operand(op.getR()), 2)), rowH(steps),
        rowC(l.index.add(steps, l.index.constant(1))),
        rowWork(l.index.add(steps, l.index.constant(2))) {}

  void run() {
    for (int64_t d = 0; d < op.getDirections(); ++d) {
      direction = d;
      directionValue = l.index.constant(d);
      l.loop(none, batches, [&](Value b) {
        batch = b;
        start();
        l.loop(none, steps, [&](Value step) { emitStep(step); });
      });
    }
  }

private:
  /// The buffer of an operand: absent ones have no entry.
  Value operand(Value value) {
    for (OpOperand &use : op->getOpOperands()) {
      if (use.get() == value) {
        return l.input(use.getOperandNumber());
      }
    }
    return {};
  }
  ScalarBuilder scalar() { return l.scalar(wide); }
  Value widen(Value x) { return convertScalar(l.b, l.loc, x, type, wide); }
  Value loadAt(Value value, ValueRange at) {
    return widen(l.load(operand(value), at));
  }
  Value state(Value row, Value unit) {
    return widen(l.load(l.output(0), {row, directionValue, batch, unit}));
  }
  void setState(Value x, Value row, Value unit) {
    l.store(convertScalar(l.b, l.loc, x, wide, type), l.output(0),
            {row, directionValue, batch, unit});
  }

  void start();
  void emitStep(Value step);
  void emitUnits(Value time);
  void emitLstm(Value time, Value unit);
  void emitGru(Value time, Value unit);
  Value fromInput(int64_t gate, Value time, Value unit);
  Value fromState(int64_t gate, Value row, Value unit);
  Value bias(int64_t gate, Value unit);
  Value activate(int64_t which, Value x);
  Value peephole(Value sum, int64_t which, Value c, Value unit);
  Value gateRow(int64_t gate, Value unit) {
    return l.index.add(l.index.mul(l.index.constant(gate), hidden), unit);
  }

  RecurrentOp op;
  LoopBuilder &l;
  Type type, wide;
  Value none, steps, batches, inputs, hidden, rowH, rowC, rowWork;
  Value batch, directionValue;
  int64_t direction = 0;
};

void CellLoops::start() {
  l.loop(none, hidden, [&](Value unit) {
    Value at[] = {directionValue, batch, unit};
    Value zero = scalar().zero();
    setState(op.getH0() ? loadAt(op.getH0(), at) : zero, rowH, unit);
    setState(op.getC0() ? loadAt(op.getC0(), at) : zero, rowC, unit);
  });
}

void CellLoops::emitStep(Value step) {
  IndexBuilder &x = l.index;
  Value time = op.getReverse()[direction]
                   ? x.sub(x.sub(steps, x.constant(1)), step)
                   : step;
  Value inside;
  if (op.getLengths()) {
    Value length = x.fromInteger(l.load(operand(op.getLengths()), {batch}),
                                 elementTypeOf(op.getLengths()));
    inside = x.less(time, length);
    l.when(x.not_(inside), [&] {
      l.loop(none, hidden,
             [&](Value unit) { setState(scalar().zero(), time, unit); });
    });
    l.when(inside, [&] { emitUnits(time); });
    return;
  }
  emitUnits(time);
}

/// All units of one step; the new h becomes the state when all are done.
void CellLoops::emitUnits(Value time) {
  if (op.getKind() == RecurrentKind::gru && !op.getLinearBeforeReset()) {
    l.loop(none, hidden, [&](Value unit) {
      ScalarBuilder s = scalar();
      Value r = s.add(s.add(fromInput(1, time, unit), fromState(1, rowH, unit)),
                      bias(1, unit));
      setState(s.mul(activate(0, r), state(rowH, unit)), rowWork, unit);
    });
  }
  l.loop(none, hidden, [&](Value unit) {
    if (op.getKind() == RecurrentKind::lstm) {
      emitLstm(time, unit);
    } else if (op.getKind() == RecurrentKind::gru) {
      emitGru(time, unit);
    } else {
      ScalarBuilder s = scalar();
      Value sum = s.add(fromInput(0, time, unit), fromState(0, rowH, unit));
      setState(activate(0, s.add(sum, bias(0, unit))), time, unit);
    }
  });
  l.loop(none, hidden,
         [&](Value unit) { setState(state(time, unit), rowH, unit); });
}

Value CellLoops::fromInput(int64_t gate, Value time, Value unit) {
  Value row = gateRow(gate, unit);
  return l.loop(none, inputs, scalar().zero(),
                [&](Value k, ValueRange carried) -> SmallVector<Value> {
                  ScalarBuilder s = scalar();
                  Value x = loadAt(op.getX(), {time, batch, k});
                  Value w = loadAt(op.getW(), {directionValue, row, k});
                  return {s.add(carried[0], s.mul(x, w))};
                })[0];
}

Value CellLoops::fromState(int64_t gate, Value from, Value unit) {
  Value row = gateRow(gate, unit);
  return l.loop(none, hidden, scalar().zero(),
                [&](Value k, ValueRange carried) -> SmallVector<Value> {
                  ScalarBuilder s = scalar();
                  Value h = state(from, k);
                  Value r = loadAt(op.getR(), {directionValue, row, k});
                  return {s.add(carried[0], s.mul(h, r))};
                })[0];
}

/// Bias of the input product (gate < G) or of the state's (gate - G); both when
/// it does not matter.
Value CellLoops::bias(int64_t gate, Value unit) {
  ScalarBuilder s = scalar();
  if (!op.getBias()) {
    return s.zero();
  }
  auto at = [&](int64_t row) {
    return loadAt(op.getBias(), {directionValue, gateRow(row, unit)});
  };
  return s.add(at(gate), at(gate + op.getGates()));
}

Value CellLoops::activate(int64_t which, Value x) {
  ScalarBuilder s = scalar();
  return emitCellActivation(s, op, direction, which, x);
}

Value CellLoops::peephole(Value sum, int64_t which, Value c, Value unit) {
  if (!op.getPeephole()) {
    return sum;
  }
  ScalarBuilder s = scalar();
  Value p = loadAt(op.getPeephole(), {directionValue, gateRow(which, unit)});
  return s.add(sum, s.mul(p, c));
}

void CellLoops::emitLstm(Value time, Value unit) {
  ScalarBuilder s = scalar();
  auto sum = [&](int64_t gate) {
    Value products =
        s.add(fromInput(gate, time, unit), fromState(gate, rowH, unit));
    return s.add(products, bias(gate, unit));
  };
  Value before = state(rowC, unit);
  Value i = activate(0, peephole(sum(0), 0, before, unit));
  Value f = op.getInputForget()
                ? s.sub(s.one(), i)
                : activate(0, peephole(sum(2), 2, before, unit));
  Value c = s.add(s.mul(f, before), s.mul(i, activate(1, sum(3))));
  Value o = activate(0, peephole(sum(1), 1, c, unit));
  int64_t last = direction * op.getActivationCount() + 2;
  Value h = emitRecurrentActivation(
      s, cast<StringAttr>(op.getActivations()[last]).getValue(),
      op.getAlpha()[last], op.getBeta()[last], c);
  setState(c, rowC, unit);
  setState(s.mul(o, h), time, unit);
}

void CellLoops::emitGru(Value time, Value unit) {
  ScalarBuilder s = scalar();
  Value z = activate(
      0, s.add(s.add(fromInput(0, time, unit), fromState(0, rowH, unit)),
               bias(0, unit)));
  Value candidate = fromInput(2, time, unit);
  if (!op.getLinearBeforeReset()) {
    candidate =
        s.add(s.add(candidate, fromState(2, rowWork, unit)), bias(2, unit));
  } else {
    Value r = activate(
        0, s.add(s.add(fromInput(1, time, unit), fromState(1, rowH, unit)),
                 bias(1, unit)));
    Value product = fromState(2, rowH, unit);
    if (op.getBias()) {
      auto at = [&](int64_t row) {
        return loadAt(op.getBias(), {directionValue, gateRow(row, unit)});
      };
      product = s.add(product, at(5));
      candidate = s.add(candidate, at(2));
    }
    candidate = s.add(candidate, s.mul(r, product));
  }
  Value fresh = s.mul(s.sub(s.one(), z), activate(1, candidate));
  setState(s.add(fresh, s.mul(z, state(rowH, unit))), time, unit);
}

} // namespace

void emitLoops(RecurrentOp op, LoopBuilder &l) { CellLoops(op, l).run(); }

} // namespace mlc
