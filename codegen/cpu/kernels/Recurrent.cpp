//===- Recurrent.cpp - one step of a recurrent layer ------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every step reads all weights once, so it runs at the bandwidth of the cache
// that holds them: panels are walked forwards and backwards in turn, which
// finds the last ones still in L2. The hidden state alternates between rows T
// and T + 2 of the result, so that units of one step may run in any order; it
// ends in row T, which is Y_h.
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/Recurrent.h"
#include "dialects/mlc/Recurrent.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace mlc::codegen {

/// Weights are read this many steps ahead (95 GB/s without, 107 with).
constexpr int64_t kPrefetchSteps = 16;

RecurrentEmitter::RecurrentEmitter(KernelBuilder &b, RecurrentPackedOp op,
                                   const RecurrentBuffers &buffers)
    : b(b), op(op), buffers(buffers), hidden(op.getHidden()),
      gates(op.getGateCount()), panels(llvm::divideCeil(hidden, kUnitPanel)),
      lanes(b.isa.lanes()), width(gates * kUnitPanel),
      shape(gemmTileShape(b.isa)), rowH(buffers.times),
      rowC(buffers.times + 1) {
  tile = b.stack(shape.rows * width);
}

void RecurrentEmitter::emitStep(Index step, Index begin, Index end) {
  int64_t phaseCount = phases(op), directions = op.getReverse().size();
  Index zero = b.index(int64_t(0));
  auto forEachPanel =
      [&](llvm::function_ref<void(Index low, Index high)> body) {
        for (direction = 0; direction < directions; ++direction) {
          Index first = b.index(direction * panels);
          body(b.max(begin - first, zero), b.min(end - first, b.index(panels)));
        }
      };
  b.ifThen(
      b.equal(step, zero),
      [&] {
        forEachPanel([&](Index low, Index high) {
          b.loop(low, high, 1, [&](Index panel) { emitStart(panel); });
        });
      },
      [&] {
        Index position = (step - 1) / phaseCount;
        auto emitPhase = [&](int64_t phase) {
          forEachPanel([&](Index low, Index high) {
            Index time = op.getReverse()[direction]
                             ? buffers.times - position - 1
                             : position;
            Value backwards = b.equal(position % 2, b.index(int64_t(1)));
            b.loop(low, high, 1, [&](Index i) {
              Index panel = b.select(backwards, low + high - i - 1, i);
              emitPanel(time, position, panel, phase);
            });
          });
        };
        if (phaseCount == 1) {
          emitPhase(0);
          return;
        }
        b.ifThen(
            b.equal((step - 1) % 2, zero), [&] { emitPhase(0); },
            [&] { emitPhase(1); });
      });
}

//===----------------------------------------------------------------------===//
// State
//===----------------------------------------------------------------------===//

Index RecurrentEmitter::stateOffset(Index row, Index batch) {
  int64_t directions = op.getReverse().size();
  return ((row * directions + direction) * buffers.batches + batch) * hidden;
}

Value RecurrentEmitter::mask(Index unit) {
  return hidden % kUnitPanel == 0 ? Value()
                                  : b.mask(b.index(hidden) - unit, lanes);
}

Value RecurrentEmitter::loadState(const Position &at, Index row) {
  return b.loadVector(buffers.state, stateOffset(row, at.batch) + at.unit,
                      lanes, at.mask);
}

void RecurrentEmitter::storeState(Value value, const Position &at, Index row) {
  b.storeVector(value, buffers.state, stateOffset(row, at.batch) + at.unit,
                at.mask);
}

/// The new state and Y; past the end of the sequence the state stays and Y is
/// 0.
void RecurrentEmitter::storeHidden(Value h, const Position &at) {
  Value next = h, output = h;
  if (at.inside) {
    next = b.select(at.inside, h, loadState(at, at.from));
    output = b.select(at.inside, h, b.splat(0.0));
  }
  storeState(next, at, at.to);
  storeState(output, at, at.time);
}

void RecurrentEmitter::emitStart(Index panel) {
  // The state ends in row T after as many changes of rows as there are times.
  Index row = rowH + buffers.times % 2 * 2;
  b.loop(b.index(int64_t(0)), buffers.batches, 1, [&](Index batch) {
    for (int64_t part = 0; part < kUnitPanel; part += lanes) {
      Position at;
      at.batch = batch;
      at.unit = panel * kUnitPanel + part;
      at.mask = mask(at.unit);
      Index from = (buffers.batches * direction + batch) * hidden + at.unit;
      auto initial = [&](Value memory) {
        return memory ? b.loadVector(memory, from, lanes, at.mask)
                      : b.splat(0.0);
      };
      storeState(initial(buffers.h0), at, row);
      if (op.getKind() == RecurrentKind::lstm) {
        storeState(initial(buffers.c0), at, rowC);
      }
    }
  });
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

void RecurrentEmitter::emitPanel(Index time, Index position, Index panel,
                                 int64_t phase) {
  Index parity = (position + buffers.times) % 2;
  Index from = rowH + parity * 2;
  Index to = rowH + (b.index(int64_t(1)) - parity) * 2;
  // GRU: z and r come first, then the candidate's product with r * h, which
  // waits in the row that an LSTM has for c.
  bool isFirstOfTwo = phases(op) == 2 && phase == 0;
  int64_t firstGate = phase == 1 ? 2 : 0;
  int64_t gateCount = isFirstOfTwo ? 2 : gates - firstGate;
  Index source = phase == 1 ? rowC : from;
  RowSplit split = splitRows(b, buffers.batches, shape.rows);
  b.loop(b.index(int64_t(0)), split.count, 1, [&](Index i) {
    forEachStaticHeight(b, split, split.begin(i), split.end(i), shape.rows,
                        [&](Index row, unsigned height) {
                          emitProduct(panel, source, row, height, firstGate,
                                      gateCount);
                          emitCells(time, from, to, panel, row, height, phase);
                        });
  });
}

void RecurrentEmitter::emitProduct(Index panel, Index source, Index row,
                                   unsigned height, int64_t firstGate,
                                   int64_t gateCount) {
  TileProduct product;
  product.a = buffers.state;
  product.aBase = stateOffset(source, row);
  product.aRowStride = b.index(hidden);
  product.aStep = b.index(int64_t(1));
  product.b = buffers.panels;
  product.bStep = b.index(width);
  product.depth = b.index(hidden);
  product.prefetchSteps = kPrefetchSteps;
  Index base = (panel + direction * panels) * (hidden * width);
  // One row takes all gates at once, as far as registers go.
  int64_t most = height == 1 ? b.isa.registers / 2 : shape.vectors;
  int64_t last = (firstGate + gateCount) * kUnitPanel;
  for (int64_t column = firstGate * kUnitPanel; column < last;) {
    int64_t vectors = std::min(most, (last - column) / lanes);
    product.bBase = base + column;
    SmallVector<Value> sums = emitTileProduct(b, product, height, vectors);
    for (auto [i, sum] : llvm::enumerate(sums)) {
      int64_t at =
          int64_t(i) / vectors * width + column + int64_t(i) % vectors * lanes;
      b.storeVector(sum, tile, b.index(at));
    }
    column += vectors * lanes;
  }
}

//===----------------------------------------------------------------------===//
// Cells
//===----------------------------------------------------------------------===//

void RecurrentEmitter::emitCells(Index time, Index from, Index to, Index panel,
                                 Index row, unsigned height, int64_t phase) {
  b.loop(b.index(int64_t(0)), b.index(int64_t(height)), 1, [&](Index r) {
    Position at;
    at.time = time;
    at.from = from;
    at.to = to;
    at.row = r;
    at.batch = row + r;
    if (buffers.lengths) {
      Value length = b.load(buffers.lengths, at.batch);
      Index limit = b.index(
          arith::IndexCastOp::create(b, b.getIndexType(), length).getResult());
      at.inside = b.less(time, limit);
    }
    for (int64_t part = 0; part < kUnitPanel; part += lanes) {
      at.part = b.index(part);
      at.unit = panel * kUnitPanel + part;
      at.mask = mask(at.unit);
      switch (op.getKind()) {
      case RecurrentKind::lstm:
        emitLstm(at);
        break;
      case RecurrentKind::gru:
        emitGru(at, phase);
        break;
      case RecurrentKind::rnn:
        emitRnn(at);
        break;
      }
    }
  });
}

Value RecurrentEmitter::product(const Position &at, int64_t gate) {
  return b.loadVector(tile, at.row * width + gate * kUnitPanel + at.part,
                      lanes);
}

Value RecurrentEmitter::fromGates(const Position &at, int64_t gate) {
  int64_t directions = op.getReverse().size();
  Index row =
      (at.time * buffers.batches + at.batch) * (directions * gates * hidden);
  Index column = at.unit + (direction * gates + gate) * hidden;
  return b.loadVector(buffers.gates, row + column, lanes, at.mask);
}

Value RecurrentEmitter::preActivation(const Position &at, int64_t gate) {
  return b.add(product(at, gate), fromGates(at, gate));
}

Value RecurrentEmitter::activate(int64_t which, Value x, bool clipped) {
  ScalarBuilder s(b, b.getLoc(), b.getF32Type(), x.getType());
  return emitCellActivation(s, op, direction, which, x, clipped);
}

Value RecurrentEmitter::peephole(const Position &at, Value sum, int64_t which,
                                 Value c) {
  if (!buffers.peephole) {
    return sum;
  }
  Index from = at.unit + (direction * 3 + which) * hidden;
  return b.fma(b.loadVector(buffers.peephole, from, lanes, at.mask), c, sum);
}

void RecurrentEmitter::emitLstm(const Position &at) {
  Value before = loadState(at, rowC);
  Value i = activate(0, peephole(at, preActivation(at, 0), 0, before));
  Value f = op.getInputForget()
                ? b.sub(b.splat(1.0), i)
                : activate(0, peephole(at, preActivation(at, 2), 2, before));
  Value c = b.fma(f, before, b.mul(i, activate(1, preActivation(at, 3))));
  Value o = activate(0, peephole(at, preActivation(at, 1), 1, c));
  Value h = b.mul(o, activate(2, c, /*clipped=*/false));
  storeState(at.inside ? b.select(at.inside, c, before) : c, at, rowC);
  storeHidden(h, at);
}

void RecurrentEmitter::emitGru(const Position &at, int64_t phase) {
  Value h = loadState(at, at.from);
  if (phases(op) == 2 && phase == 0) {
    // Y's row keeps z until the second phase overwrites it.
    storeState(activate(0, preActivation(at, 0)), at, at.time);
    storeState(b.mul(activate(0, preActivation(at, 1)), h), at, rowC);
    return;
  }
  Value z, candidate;
  if (phase == 1) {
    z = loadState(at, at.time);
    candidate = preActivation(at, 2);
  } else {
    z = activate(0, preActivation(at, 0));
    Value r = activate(0, preActivation(at, 1));
    Value sum = product(at, 2);
    if (buffers.stateBias) {
      Index from = at.unit + direction * hidden;
      sum = b.add(sum, b.loadVector(buffers.stateBias, from, lanes, at.mask));
    }
    candidate = b.fma(r, sum, fromGates(at, 2));
  }
  Value fresh = b.mul(b.sub(b.splat(1.0), z), activate(1, candidate));
  storeHidden(b.fma(z, h, fresh), at);
}

void RecurrentEmitter::emitRnn(const Position &at) {
  storeHidden(activate(0, preActivation(at, 0)), at);
}

} // namespace mlc::codegen
