//===- AttentionTransposes.cpp - transposes around attention ----*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/transforms/simplify/AttentionTransposes.h"

#include "compiler/transforms/simplify/Patterns.h"
#include "compiler/transforms/simplify/TensorBuilder.h"

using namespace mlir;

namespace mlc {
namespace {

/// Whether `reshape` adds a dim of 1 in front of `x`.
bool addsLeadingOne(Value x, ReshapeOp reshape) {
  auto before = cast<RankedTensorType>(x.getType());
  auto after = cast<RankedTensorType>(reshape.getType());
  return before.getRank() == 3 && after.getRank() == 4 &&
         after.getDimSize(0) == 1 &&
         after.getShape().drop_front() == before.getShape();
}

/// x with a dim of 1 in front, transposed by `permutation`.
Value transposeLifted(PatternRewriter &rewriter, Location loc, Value x,
                      ArrayRef<int64_t> permutation) {
  SmallVector<OpFoldResult> sizes = sizesOf(rewriter, loc, x);
  sizes.insert(sizes.begin(), rewriter.getIndexAttr(1));
  Value full = reshapeTo(rewriter, loc, x, sizes);
  return TensorBuilder(rewriter, loc).transpose(full, permutation);
}

/// With a batch of one, a transpose of the keys by the model and another by
/// the matcher: transpose(reshape(transpose(x))) ==> transpose(reshape(x)).
struct MergeOperandTransposes : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(TransposeOp op,
                                PatternRewriter &rewriter) const override {
    auto reshape = op.getX().getDefiningOp<ReshapeOp>();
    auto inner =
        reshape ? reshape.getX().getDefiningOp<TransposeOp>() : TransposeOp();
    if (!inner || !addsLeadingOne(inner, reshape) ||
        op.getPermutation().front() != 0 ||
        !llvm::all_of(op->getUsers(), llvm::IsaPred<AttentionOp>)) {
      return rewriter.notifyMatchFailure(op, "no transposes of an operand");
    }
    SmallVector<int64_t> merged = {0};
    for (int64_t axis : op.getPermutation().drop_front()) {
      merged.push_back(inner.getPermutation()[axis - 1] + 1);
    }
    rewriter.replaceOp(
        op, transposeLifted(rewriter, op.getLoc(), inner.getX(), merged));
    return success();
  }
};

/// A batch of one leaves transposes [1, 0, 2] with reshapes; kernels look for
/// [0, 2, 1, 3]: reshape(transpose(x)) ==> transpose(reshape(x)).
struct RestoreOperandTranspose : OpRewritePattern<AttentionOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(AttentionOp op,
                                PatternRewriter &rewriter) const override {
    for (unsigned i = 0; i < 3; ++i) {
      Value x = op->getOperand(i);
      auto reshape = x.getDefiningOp<ReshapeOp>();
      auto transpose =
          reshape ? reshape.getX().getDefiningOp<TransposeOp>() : TransposeOp();
      if (!transpose || !addsLeadingOne(transpose, reshape) ||
          transpose.getPermutation() != ArrayRef<int64_t>({1, 0, 2})) {
        continue;
      }
      Value restored = transposeLifted(rewriter, op.getLoc(), transpose.getX(),
                                       {0, 2, 1, 3});
      rewriter.modifyOpInPlace(op, [&] { op->setOperand(i, restored); });
      return success();
    }
    return rewriter.notifyMatchFailure(op, "no transpose to restore");
  }
};

struct RestoreResultTranspose : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(TransposeOp op,
                                PatternRewriter &rewriter) const override {
    auto reshape = op.getX().getDefiningOp<ReshapeOp>();
    auto attention =
        reshape ? reshape.getX().getDefiningOp<AttentionOp>() : AttentionOp();
    if (!attention || op.getPermutation() != ArrayRef<int64_t>({1, 0, 2}) ||
        cast<RankedTensorType>(attention.getType()).getDimSize(0) != 1 ||
        cast<RankedTensorType>(attention.getType()).getShape().drop_front() !=
            cast<RankedTensorType>(reshape.getType()).getShape()) {
      return rewriter.notifyMatchFailure(op, "not the heads of attention");
    }
    TensorBuilder t(rewriter, op.getLoc());
    Value moved = t.transpose(attention, {0, 2, 1, 3});
    SmallVector<OpFoldResult> sizes = sizesOf(rewriter, op.getLoc(), moved);
    sizes.erase(sizes.begin());
    replaceByReshape(rewriter, op, moved, sizes);
    return success();
  }
};

} // namespace

void populateAttentionTransposes(RewritePatternSet &patterns) {
  patterns.add<MergeOperandTransposes, RestoreOperandTranspose,
               RestoreResultTranspose>(patterns.getContext());
}

} // namespace mlc
