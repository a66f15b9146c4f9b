//===- TransposePatterns.cpp - merge and move transposes --------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A transpose copies its operand unless another op takes it over. Moved down,
// two of them meet and cancel, or a product reads its operand transposed.
//
//===----------------------------------------------------------------------===//
#include "compiler/transforms/simplify/ConstantData.h"
#include "compiler/transforms/simplify/Patterns.h"
#include "compiler/transforms/simplify/TensorBuilder.h"

using namespace mlir;

namespace mlc {
namespace {

using Axes = SmallVector<int64_t>;

/// transpose(transpose(x)) ==> transpose(x)
struct MergeTransposes : FactPattern<TransposeOp> {
  using FactPattern::FactPattern;
  LogicalResult matchAndRewrite(TransposeOp op,
                                PatternRewriter &rewriter) const override {
    auto inner = op.getX().getDefiningOp<TransposeOp>();
    if (!inner) {
      return rewriter.notifyMatchFailure(op, "operand is no transpose");
    }
    Axes merged;
    for (int64_t axis : op.getPermutation()) {
      merged.push_back(inner.getPermutation()[axis]);
    }
    rewriter.modifyOpInPlace(op, [&] {
      op.getXMutable().assign(inner.getX());
      op.setPermutation(merged);
    });
    return success();
  }
};

/// The attention kernels read their operands as transposes of four dims, so
/// those stay as they are.
bool belongsToAttention(TransposeOp op) {
  return op.getX().getDefiningOp<AttentionOp>() ||
         llvm::any_of(op->getUsers(), llvm::IsaPred<AttentionOp>);
}

/// Dims of 1 are moved by reshapes: transpose(x) ==>
/// reshape(transpose(reshape(x))) with the dims of 1 left out of the transpose.
struct TransposeUnitDims : FactPattern<TransposeOp> {
  using FactPattern::FactPattern;
  LogicalResult matchAndRewrite(TransposeOp op,
                                PatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op.getX().getType());
    Axes dense, denseAxis(type.getRank(), -1); // operand axes that are not 1
    for (int64_t i = 0; i < type.getRank(); ++i) {
      if (type.getDimSize(i) != 1) {
        denseAxis[i] = dense.size();
        dense.push_back(i);
      }
    }
    if (int64_t(dense.size()) == type.getRank() || belongsToAttention(op)) {
      return rewriter.notifyMatchFailure(op, "no dims of 1");
    }
    SmallVector<OpFoldResult> sizes = sizesOf(rewriter, op.getLoc(), op.getX());
    SmallVector<OpFoldResult> result, few;
    Axes permutation;
    for (int64_t axis : op.getPermutation()) {
      result.push_back(sizes[axis]);
      if (denseAxis[axis] >= 0) {
        permutation.push_back(denseAxis[axis]);
      }
    }
    for (int64_t axis : dense) {
      few.push_back(sizes[axis]);
    }
    Value x = op.getX();
    if (!isIdentity(permutation)) {
      TensorBuilder t(rewriter, op.getLoc());
      x = t.transpose(reshapeTo(rewriter, op.getLoc(), x, few), permutation);
    }
    replaceByReshape(rewriter, op, x, result);
    return success();
  }
};

/// reshape(transpose(x)) ==> transpose(reshape(transpose(x))): dims that the
/// reshape joins are brought together in the order of their last one, and
/// whole groups move afterwards. With nothing to bring together the first
/// transpose is none. Dims of 1 are put in by a reshape at the end.
struct TransposeBelowReshape : FactPattern<ReshapeOp> {
  using FactPattern::FactPattern;
  LogicalResult matchAndRewrite(ReshapeOp op,
                                PatternRewriter &rewriter) const override {
    auto transpose = op.getX().getDefiningOp<TransposeOp>();
    if (!transpose || belongsToAttention(transpose)) {
      return rewriter.notifyMatchFailure(op, "operand is no transpose");
    }
    DimExprs before(facts.dims(transpose)), after;
    SmallVector<OpFoldResult> all =
        mixedSizes(rewriter, op.getSizes(), op.getDims());
    SmallVector<OpFoldResult> dense;
    for (auto [dim, size] : llvm::zip_equal(facts.dims(op), all)) {
      if (!isOne(dim)) {
        after.push_back(dim);
        dense.push_back(size);
      }
    }
    auto groups = groupDims(before, after);
    if (before == after || !groups || llvm::any_of(before, isOne)) {
      return rewriter.notifyMatchFailure(op, "no groups of dims");
    }
    ArrayRef<int64_t> permutation = transpose.getPermutation();
    llvm::sort(*groups, [&](const DimGroup &a, const DimGroup &b) {
      return lastAxis(a, permutation) < lastAxis(b, permutation);
    });
    Axes gather, place(dense.size()); // of x; of the reshaped
    SmallVector<OpFoldResult> sizes;
    for (const DimGroup &group : *groups) {
      llvm::append_range(gather,
                         permutation.slice(group.fromBegin, group.fromCount()));
      for (unsigned i = group.toBegin; i < group.toEnd; ++i) {
        place[i] = sizes.size();
        sizes.push_back(dense[i]);
      }
    }
    if (isIdentity(place)) {
      return rewriter.notifyMatchFailure(op, "groups stay in order");
    }
    TensorBuilder t(rewriter, op.getLoc());
    Value x = transpose.getX();
    if (!isIdentity(gather)) {
      x = t.transpose(x, gather);
    }
    x = t.transpose(reshapeTo(rewriter, op.getLoc(), x, sizes), place);
    replaceByReshape(rewriter, op, x, all);
    return success();
  }

private:
  static int64_t lastAxis(const DimGroup &group,
                          ArrayRef<int64_t> permutation) {
    auto members = permutation.slice(group.fromBegin, group.fromCount());
    return *std::max_element(members.begin(), members.end());
  }
};

/// f(transpose(x), c) ==> transpose(f(x, c')) where c is a constant or of one
/// element, and f(transpose(x), transpose(y)) ==> transpose(f(x, y)).
struct TransposeBelowElementwise : RewritePattern {
  TransposeBelowElementwise(MLIRContext *context, DimFacts &facts)
      : RewritePattern(MatchAnyOpTypeTag(), 1, context), facts(facts) {}

  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    if (!isElementwiseOp(op)) {
      return rewriter.notifyMatchFailure(op, "not elementwise");
    }
    TransposeOp mover;
    for (Value operand : op->getOperands()) {
      auto transpose = operand.getDefiningOp<TransposeOp>();
      if (transpose && facts.haveSameDims(transpose, op->getResult(0))) {
        mover = transpose;
      }
    }
    if (!mover || !movesWith(op, mover)) {
      return rewriter.notifyMatchFailure(op, "no transpose that may move");
    }
    SmallVector<Value> operands;
    for (Value operand : op->getOperands()) {
      operands.push_back(above(rewriter, op, operand, mover.getPermutation()));
    }
    Operation *inner = cloneWith(rewriter, op, operands);
    rewriter.replaceOpWithNewOp<TransposeOp>(op, op->getResult(0).getType(),
                                             inner->getResult(0),
                                             mover.getPermutation());
    return success();
  }

private:
  /// Whether all operands can go above: a transpose with other users would be
  /// computed twice.
  static bool movesWith(Operation *op, TransposeOp mover) {
    return llvm::all_of(op->getOperands(), [&](Value operand) {
      if (auto transpose = operand.getDefiningOp<TransposeOp>();
          transpose && transpose.getPermutation() == mover.getPermutation()) {
        return llvm::all_of(operand.getUsers(),
                            [&](Operation *user) { return user == op; });
      }
      auto type = cast<RankedTensorType>(operand.getType());
      return (type.hasStaticShape() && type.getNumElements() == 1) ||
             operand.getDefiningOp<ConstantOp>();
    });
  }

  static Value above(PatternRewriter &rewriter, Operation *op, Value operand,
                     ArrayRef<int64_t> permutation) {
    auto transpose = operand.getDefiningOp<TransposeOp>();
    if (transpose && transpose.getPermutation() == permutation) {
      return transpose.getX();
    }
    auto type = cast<RankedTensorType>(operand.getType());
    if (type.getNumElements() == 1) {
      return operand;
    }
    // Constants: all dims made explicit, then the inverse transpose.
    SmallVector<OpFoldResult> sizes(permutation.size() - type.getRank(),
                                    rewriter.getIndexAttr(1));
    for (int64_t size : type.getShape()) {
      sizes.push_back(rewriter.getIndexAttr(size));
    }
    Value full = reshapeTo(rewriter, op->getLoc(), operand, sizes);
    return TensorBuilder(rewriter, op->getLoc())
        .transpose(full, inversePermutation(permutation));
  }

  DimFacts &facts;
};

/// matmul(transpose(x), w) ==> transpose(matmul(x, w)) where w is a matrix and
/// only rows move.
struct TransposeBelowMatMul : FactPattern<MatMulOp> {
  using FactPattern::FactPattern;
  LogicalResult matchAndRewrite(MatMulOp op,
                                PatternRewriter &rewriter) const override {
    auto transpose = op.getA().getDefiningOp<TransposeOp>();
    if (!transpose || !transpose->hasOneUse() || op.getTransposeA() ||
        rankOf(op.getB()) != 2 ||
        transpose.getPermutation().back() != rankOf(op.getA()) - 1) {
      return rewriter.notifyMatchFailure(op, "no transpose of rows");
    }
    Operation *inner = cloneWith(rewriter, op, {transpose.getX(), op.getB()});
    rewriter.replaceOpWithNewOp<TransposeOp>(
        op, op.getType(), inner->getResult(0), transpose.getPermutation());
    return success();
  }
};

/// matmul(transpose(x), y) ==> matmul(x, y) that reads x transposed, when that
/// keeps the innermost axis of x innermost.
struct TransposeIntoMatMul : FactPattern<MatMulOp> {
  using FactPattern::FactPattern;
  LogicalResult matchAndRewrite(MatMulOp op,
                                PatternRewriter &rewriter) const override {
    bool changed = take(rewriter, op, op.getA(), true) ||
                   take(rewriter, op, op.getB(), false);
    return changed ? success()
                   : rewriter.notifyMatchFailure(op, "no transpose to take");
  }

private:
  static bool take(PatternRewriter &rewriter, MatMulOp op, Value operand,
                   bool isA) {
    auto transpose = operand.getDefiningOp<TransposeOp>();
    if (!transpose) {
      return false;
    }
    Axes p(transpose.getPermutation());
    size_t rank = p.size();
    if (p[rank - 2] != int64_t(rank) - 1) {
      return false;
    }
    std::swap(p[rank - 2], p[rank - 1]);
    Value x = transpose.getX();
    if (!isIdentity(p)) {
      rewriter.setInsertionPoint(op);
      x = TensorBuilder(rewriter, transpose.getLoc()).transpose(x, p);
    }
    rewriter.modifyOpInPlace(op, [&] {
      op->setOperand(isA ? 0 : 1, x);
      if (isA) {
        op.setTransposeA(!op.getTransposeA());
      } else {
        op.setTransposeB(!op.getTransposeB());
      }
    });
    return true;
  }
};

/// slice(transpose(x)) ==> transpose(slice(x))
struct TransposeBelowSlice : FactPattern<SliceOp> {
  using FactPattern::FactPattern;
  LogicalResult matchAndRewrite(SliceOp op,
                                PatternRewriter &rewriter) const override {
    auto transpose = op.getX().getDefiningOp<TransposeOp>();
    if (!transpose) {
      return rewriter.notifyMatchFailure(op, "operand is no transpose");
    }
    auto starts = mixedSizes(rewriter, op.getStarts(), op.getStartValues());
    auto sizes = mixedSizes(rewriter, op.getSizes(), op.getSizeValues());
    MixedSizes newStarts, newSizes;
    Axes steps;
    for (int64_t i : inversePermutation(transpose.getPermutation())) {
      newStarts.push(starts[i]);
      newSizes.push(sizes[i]);
      steps.push_back(op.getSteps()[i]);
    }
    TensorBuilder t(rewriter, op.getLoc());
    Value sliced =
        t.make<SliceOp>(transpose.getX(), newStarts.dims, newSizes.dims,
                        newStarts.sizes, newSizes.sizes, steps);
    rewriter.replaceOpWithNewOp<TransposeOp>(op, op.getType(), sliced,
                                             transpose.getPermutation());
    return success();
  }
};

/// layer_norm(transpose(x)) and softmax(transpose(x)) where the axes of the op
/// stay last.
template <typename OpT> struct TransposeBelowRows : FactPattern<OpT> {
  using FactPattern<OpT>::FactPattern;
  LogicalResult matchAndRewrite(OpT op,
                                PatternRewriter &rewriter) const override {
    auto transpose = op.getX().template getDefiningOp<TransposeOp>();
    if (!transpose || !transpose->hasOneUse()) {
      return rewriter.notifyMatchFailure(op, "no transpose to move");
    }
    ArrayRef<int64_t> p = transpose.getPermutation();
    for (int64_t i = op.getAxis(); i < int64_t(p.size()); ++i) {
      if (p[i] != i) {
        return rewriter.notifyMatchFailure(op, "the transpose moves the axes");
      }
    }
    Operation *inner = cloneWith(rewriter, op, transpose.getX());
    rewriter.replaceOpWithNewOp<TransposeOp>(op, op.getType(),
                                             inner->getResult(0), p);
    return success();
  }
};

} // namespace

void populateTransposePatterns(RewritePatternSet &patterns, DimFacts &facts) {
  patterns.add<MergeTransposes, TransposeUnitDims, TransposeBelowReshape,
               TransposeBelowElementwise, TransposeBelowMatMul,
               TransposeIntoMatMul, TransposeBelowSlice,
               TransposeBelowRows<SoftmaxOp>, TransposeBelowRows<LayerNormOp>>(
      patterns.getContext(), facts);
}

} // namespace mlc
