//===- WidenContractions.cpp - products of small floats in f32 --*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   %y = mlc.matmul %a, %w : f16
//     ==>
//   %y = mlc.cast (mlc.matmul (mlc.cast %a), (mlc.cast %w) : f32) : f16
//
// The element rules of these ops compute f16 and bf16 in f32 and round the
// result once, so this changes no value but those of recurrent layers, which
// keep their state in f32 from step to step instead of rounding it. The kernels
// take f32 only; the casts join their neighbours. Constants are widened now,
// but for the right factor of a product: mlc-pack-mat-mul stores that in its
// own type.
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/PackedConstant.h"
#include "codegen/cpu/Passes.h"

using namespace mlir;

namespace mlc::codegen {

#define GEN_PASS_DEF_WIDENCONTRACTIONSPASS
#include "codegen/cpu/Passes.h.inc"

namespace {

bool isSmallFloat(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor &&
         (tensor.getElementType().isF16() || tensor.getElementType().isBF16());
}

bool isWidened(Operation *op) {
  return isa<MatMulOp, ConvOp, ConvTransposeOp, PoolOp, ReduceOp, AttentionOp,
             RecurrentOp>(op) &&
         isSmallFloat(op->getResult(0).getType());
}

Value widen(OpBuilder &b, OpOperand &operand) {
  Value value = operand.get();
  auto constant = value.getDefiningOp<ConstantOp>();
  bool isFactor =
      isa<MatMulOp>(operand.getOwner()) && operand.getOperandNumber() == 1;
  if (constant && !isFactor) {
    if (ElementsAttr wide = widenConstant(constant.getValue())) {
      return ConstantOp::create(b, constant.getLoc(), wide);
    }
  }
  return createInferred<CastOp>(b, value.getLoc(), value, b.getF32Type());
}

struct WidenContractionsPass
    : impl::WidenContractionsPassBase<WidenContractionsPass> {
  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) {
      if (op->getNumResults() == 1 && isWidened(op)) {
        ops.push_back(op);
      }
    });
    for (Operation *op : ops) {
      rewrite(op);
    }
  }

  void rewrite(Operation *op) {
    OpBuilder b(op);
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    Operation *wide = b.clone(*op);
    for (OpOperand &operand : op->getOpOperands()) {
      if (isSmallFloat(operand.get().getType())) {
        b.setInsertionPoint(wide);
        wide->setOperand(operand.getOperandNumber(), widen(b, operand));
      }
    }
    wide->getResult(0).setType(type.clone(b.getF32Type()));
    b.setInsertionPoint(op);
    Value narrow = createInferred<CastOp>(b, op->getLoc(), wide->getResult(0),
                                          type.getElementType());
    op->getResult(0).replaceAllUsesWith(narrow);
    op->erase();
  }
};

} // namespace
} // namespace mlc::codegen
