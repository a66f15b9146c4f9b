//===- ArrangeAttention.cpp - attention over transposed tensors -*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   %t = mlc.transpose %q [0, 2, 1, 3]        %q: [B, S, H, D]
//   %y = mlc.attention %t, ...                %y: [B, H, S, D]
//   %z = mlc.transpose %y [0, 2, 1, 3]
//     ==>
//   %z = mlc.attention_strided %q, ... {heads_inside = [true, ..., true]}
//
// Takes f32 with static head dims; other attention must have been decomposed.
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Passes.h"
#include "codegen/cpu/kernels/Attention.h"

using namespace mlir;

namespace mlc::codegen {

#define GEN_PASS_DEF_ARRANGEATTENTIONPASS
#include "codegen/cpu/Passes.h.inc"

namespace {

bool swapsHeads(TransposeOp op) {
  const int64_t swap[] = {0, 2, 1, 3};
  return op && op.getPermutation() == ArrayRef<int64_t>(swap);
}

/// Adding zeros changes nothing (and a literal mask has no buffer).
bool isZero(Value mask) {
  auto constant = mask ? mask.getDefiningOp<ConstantOp>() : ConstantOp();
  auto value = constant ? dyn_cast<DenseElementsAttr>(constant.getValue())
                        : DenseElementsAttr();
  return value && value.isSplat() && value.getElementType().isF32() &&
         value.getSplatValue<APFloat>().isZero();
}

bool isTaken(AttentionOp op) {
  for (Value tensor : {op.getQ(), op.getK(), op.getV()}) {
    auto type = cast<RankedTensorType>(tensor.getType());
    if (!type.getElementType().isF32() || type.getRank() != 4 ||
        ShapedType::isDynamic(type.getDimSize(3)) ||
        type.getDimSize(3) > kMaxHeadDepth || type.getDimSize(3) < 1) {
      return false;
    }
  }
  if (!op.getMask() || isZero(op.getMask())) {
    return true;
  }
  auto mask = cast<RankedTensorType>(op.getMask().getType());
  int64_t keys = cast<RankedTensorType>(op.getK().getType()).getDimSize(2);
  return mask.getElementType().isF32() && mask.getRank() >= 1 &&
         mask.getRank() <= 4 && (mask.getShape().back() != 1 || keys == 1);
}

struct ArrangeAttentionPass
    : impl::ArrangeAttentionPassBase<ArrangeAttentionPass> {
  void runOnOperation() override {
    SmallVector<AttentionOp> ops;
    getOperation().walk([&](AttentionOp op) { ops.push_back(op); });
    for (AttentionOp op : ops) {
      if (isTaken(op)) {
        rewrite(op);
      }
    }
  }

  void rewrite(AttentionOp op) {
    SmallVector<Value> operands;
    SmallVector<bool> inside;
    for (Value tensor : {op.getQ(), op.getK(), op.getV()}) {
      auto transpose = tensor.getDefiningOp<TransposeOp>();
      inside.push_back(swapsHeads(transpose));
      operands.push_back(inside.back() ? transpose.getX() : tensor);
    }
    // Only when all users turn the result back.
    SmallVector<TransposeOp> users;
    for (Operation *user : op->getUsers()) {
      users.push_back(dyn_cast<TransposeOp>(user));
    }
    inside.push_back(!users.empty() && llvm::all_of(users, swapsHeads));
    Type type = inside.back() ? users.front().getType() : op.getType();
    OpBuilder b(op);
    Value mask = isZero(op.getMask()) ? Value() : op.getMask();
    Value y = AttentionStridedOp::create(
        b, op.getLoc(), type, operands[0], operands[1], operands[2], mask,
        op.getScaleAttr(), op.getCausalAttr(), op.getNanToZeroAttr(),
        b.getDenseBoolArrayAttr(inside));
    if (inside.back()) {
      for (TransposeOp user : users) {
        user.replaceAllUsesWith(y);
        user.erase();
      }
    } else {
      op.replaceAllUsesWith(y);
    }
    op.erase();
    // Transposes without users are dead now.
  }
};

} // namespace
} // namespace mlc::codegen
