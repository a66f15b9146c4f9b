//===- Recurrent.h - one step of a recurrent layer --------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_CPU_KERNELS_RECURRENT_H
#define MLC_CODEGEN_CPU_KERNELS_RECURRENT_H

#include "codegen/cpu/kernels/GemmTile.h"
#include "dialects/mlc/Mlc.h"

namespace mlc::codegen {

/// Units of one weight panel.
constexpr int64_t kUnitPanel = 16;

/// The buffers of one mlc.recurrent_packed, flat; absent ones are null.
struct RecurrentBuffers {
  mlir::Value gates, panels, stateBias, lengths, h0, c0, peephole, state;
  Index times, batches;
};

/// Step 0 sets the initial state; then every time takes `phases` steps. Work
/// units are (direction, panel of hidden units).
class RecurrentEmitter {
public:
  RecurrentEmitter(KernelBuilder &b, RecurrentPackedOp op,
                   const RecurrentBuffers &buffers);

  void emitStep(Index step, Index begin, Index end);

  static int64_t phases(RecurrentPackedOp op) {
    bool resetsFirst =
        op.getKind() == RecurrentKind::gru && !op.getLinearBeforeReset();
    return resetsFirst ? 2 : 1;
  }
  static int64_t units(RecurrentPackedOp op) {
    return op.getReverse().size() *
           llvm::divideCeil(op.getHidden(), kUnitPanel);
  }

private:
  using Values = llvm::SmallVector<mlir::Value>;
  /// One vector of hidden units of one batch element at one time.
  struct Position {
    Index time, row, from, to; ///< rows of the state: read and written
    Index batch, unit, part;   ///< part: first column in the panel
    mlir::Value mask, inside;  ///< null: all lanes; always within the length
  };

  void emitStart(Index panel);
  void emitPanel(Index time, Index position, Index panel, int64_t phase);
  void emitProduct(Index panel, Index source, Index row, unsigned height,
                   int64_t firstGate, int64_t gateCount);
  void emitCells(Index time, Index from, Index to, Index panel, Index row,
                 unsigned height, int64_t phase);
  void emitLstm(const Position &at);
  void emitGru(const Position &at, int64_t phase);
  void emitRnn(const Position &at);

  mlir::Value preActivation(const Position &at, int64_t gate);
  mlir::Value product(const Position &at, int64_t gate);
  mlir::Value fromGates(const Position &at, int64_t gate);
  mlir::Value activate(int64_t which, mlir::Value x, bool clipped = true);
  mlir::Value peephole(const Position &at, mlir::Value sum, int64_t which,
                       mlir::Value c);
  mlir::Value loadState(const Position &at, Index row);
  void storeState(mlir::Value value, const Position &at, Index row);
  void storeHidden(mlir::Value h, const Position &at);
  Index stateOffset(Index row, Index batch);
  mlir::Value mask(Index unit);

  KernelBuilder &b;
  RecurrentPackedOp op;
  RecurrentBuffers buffers;
  int64_t hidden, gates, panels, lanes, width;
  TileShape shape;
  mlir::Value tile; ///< sums of one row tile: [rows][gates * 16]
  Index rowH, rowC; ///< rows T and T + 1 of the state
  int64_t direction = 0;
};

} // namespace mlc::codegen

#endif // MLC_CODEGEN_CPU_KERNELS_RECURRENT_H
