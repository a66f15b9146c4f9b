//===- PackRecurrent.cpp - recurrent layers with packed weights -*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   %y = mlc.recurrent %x, %w, %r, %bias ...      %w, %r, %bias constant, f32
//     ==>
//   %0 = mlc.matmul_packed %x, %p                 all times and directions at
//   once %1 = mlc.add %0, %b                           the biases of w and r
//   together %y = mlc.recurrent_packed %1, %q ...
//
// The bias of a GRU's candidate that is linear before reset lies inside of the
// reset and stays an operand.
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/PackedConstant.h"
#include "codegen/cpu/Passes.h"

using namespace mlir;

namespace mlc::codegen {

#define GEN_PASS_DEF_PACKRECURRENTPASS
#include "codegen/cpu/Passes.h.inc"

namespace {

constexpr int64_t kUnits = 16; ///< hidden units of one panel

ElementsAttr constantOf(Value value) {
  auto constant = value ? value.getDefiningOp<ConstantOp>() : ConstantOp();
  return constant ? constant.getValue() : ElementsAttr();
}

class RecurrentPacker {
public:
  explicit RecurrentPacker(RecurrentOp op)
      : op(op), b(op), loc(op.getLoc()), directions(op.getDirections()),
        gates(op.getGates()) {}

  void run() {
    if (!isTaken()) {
      return;
    }
    ElementsAttr inputPanels =
        packPanels(constantOf(op.getW()), inputs, directions * gates * hidden,
                   /*transposed=*/true);
    ElementsAttr statePanels = packState();
    if (!inputPanels || !statePanels) {
      return;
    }
    Value sums = createInferred<MatMulPackedOp>(
        b, loc, op.getX(), constant(inputPanels), directions * gates * hidden);
    if (op.getBias()) {
      sums = createInferred<AddOp>(b, loc, sums, constant(sumBiases()));
    }
    Value y = RecurrentPackedOp::create(
        b, loc, op.getType(), sums, constant(statePanels), stateBias(),
        op.getLengths(), op.getH0(), op.getC0(), op.getPeephole(),
        b.getI64IntegerAttr(hidden), op.getKindAttr(), op.getReverseAttr(),
        op.getActivationsAttr(), op.getAlphaAttr(), op.getBetaAttr(),
        op.getClipAttr(), op.getInputForgetAttr(),
        op.getLinearBeforeResetAttr());
    op.replaceAllUsesWith(y);
    op.erase();
  }

private:
  bool isTaken() {
    auto w = cast<RankedTensorType>(op.getW().getType());
    auto r = cast<RankedTensorType>(op.getR().getType());
    if (!w.getElementType().isF32() || !constantOf(op.getW()) ||
        !constantOf(op.getR()) || !w.hasStaticShape() || !r.hasStaticShape()) {
      return false;
    }
    inputs = w.getDimSize(2);
    hidden = r.getDimSize(2);
    if (op.getLengths() &&
        !elementTypeOf(op.getLengths()).isSignlessInteger()) {
      return false;
    }
    bool readable =
        readFloats(constantOf(op.getW())) && readFloats(constantOf(op.getR()));
    if (op.getBias()) {
      ElementsAttr bias = constantOf(op.getBias());
      readable = readable && bias && readFloats(bias);
    }
    return readable && inputs > 0 && hidden > 0;
  }

  Value constant(ElementsAttr value) {
    return ConstantOp::create(b, loc, value);
  }

  /// [D, G*H, H] to [D, ceil(H / 16), H, G*16].
  ElementsAttr packState() {
    int64_t panels = llvm::divideCeil(hidden, kUnits), width = gates * kUnits;
    auto type = RankedTensorType::get({directions, panels, hidden, width},
                                      b.getF32Type());
    return packConstant(
        constantOf(op.getR()), type, "units",
        [&](ConstantFloats from, MutableArrayRef<float> to) {
          for (int64_t row = 0; row < directions * gates * hidden; ++row) {
            int64_t d = row / (gates * hidden), gate = row / hidden % gates;
            int64_t unit = row % hidden;
            float *out = to.data() +
                         (d * panels + unit / kUnits) * hidden * width +
                         gate * kUnits + unit % kUnits;
            for (int64_t k = 0; k < hidden; ++k) {
              out[k * width] = from[row * hidden + k];
            }
          }
        });
  }

  bool separatesCandidate() {
    return op.getKind() == RecurrentKind::gru && op.getLinearBeforeReset();
  }

  /// [D, 2*G*H] to [D*G*H].
  ElementsAttr sumBiases() {
    int64_t rows = gates * hidden;
    ConstantFloats bias = *readFloats(constantOf(op.getBias()));
    SmallVector<float> sums(directions * rows);
    for (int64_t d = 0; d < directions; ++d) {
      for (int64_t i = 0; i < rows; ++i) {
        bool isSeparate = separatesCandidate() && i >= 2 * hidden;
        float state = isSeparate ? 0.0f : bias[(2 * d + 1) * rows + i];
        sums[d * rows + i] = bias[2 * d * rows + i] + state;
      }
    }
    auto type = RankedTensorType::get({directions * rows}, b.getF32Type());
    return DenseElementsAttr::get(type, ArrayRef<float>(sums));
  }

  Value stateBias() {
    if (!separatesCandidate() || !op.getBias()) {
      return {};
    }
    ConstantFloats bias = *readFloats(constantOf(op.getBias()));
    SmallVector<float> values;
    for (int64_t d = 0; d < directions; ++d) {
      for (int64_t unit = 0; unit < hidden; ++unit) {
        values.push_back(bias[((2 * d + 1) * gates + 2) * hidden + unit]);
      }
    }
    auto type = RankedTensorType::get({directions, hidden}, b.getF32Type());
    return constant(DenseElementsAttr::get(type, ArrayRef<float>(values)));
  }

  RecurrentOp op;
  OpBuilder b;
  Location loc;
  int64_t directions, gates, inputs = 0, hidden = 0;
};

struct PackRecurrentPass : impl::PackRecurrentPassBase<PackRecurrentPass> {
  void runOnOperation() override {
    SmallVector<RecurrentOp> ops;
    getOperation().walk([&](RecurrentOp op) { ops.push_back(op); });
    for (RecurrentOp op : ops) {
      RecurrentPacker(op).run();
    }
  }
};

} // namespace
} // namespace mlc::codegen
