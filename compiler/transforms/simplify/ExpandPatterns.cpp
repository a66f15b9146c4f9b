//===- ExpandPatterns.cpp - drop and move expansions ------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Elementwise ops and products broadcast by themselves: an expansion in front
// of one is needed only where nothing else gives the dims.
//
//===----------------------------------------------------------------------===//
#include "compiler/transforms/simplify/Patterns.h"
#include "compiler/transforms/simplify/TensorBuilder.h"

using namespace mlir;

namespace mlc {
namespace {

/// Whether each dim of the operand is 1 or surely the result's: then ops may
/// broadcast it without being told.
bool isPlainBroadcast(ExpandOp op, DimFacts &facts) {
  DimExprs x(facts.dims(op.getX())), y(facts.dims(op));
  for (size_t i = 1; i <= x.size(); ++i) {
    AffineExpr from = x[x.size() - i];
    if (!isOne(from) && from != y[y.size() - i]) {
      return false;
    }
  }
  return true;
}

/// expand(x) to x's own dims ==> x
struct DropExpand : FactPattern<ExpandOp> {
  using FactPattern::FactPattern;
  LogicalResult matchAndRewrite(ExpandOp op,
                                PatternRewriter &rewriter) const override {
    if (!facts.haveSameDims(op, op.getX()) || !canReplace(op, op.getX())) {
      return rewriter.notifyMatchFailure(op, "dims differ");
    }
    rewriter.replaceOp(op, op.getX());
    return success();
  }
};

/// expand(expand(x)) ==> expand(x)
struct MergeExpands : FactPattern<ExpandOp> {
  using FactPattern::FactPattern;
  LogicalResult matchAndRewrite(ExpandOp op,
                                PatternRewriter &rewriter) const override {
    auto inner = op.getX().getDefiningOp<ExpandOp>();
    if (!inner || !isPlainBroadcast(inner, facts) ||
        !isPlainBroadcast(op, facts)) {
      return rewriter.notifyMatchFailure(op, "operand is no expansion");
    }
    rewriter.modifyOpInPlace(op,
                             [&] { op.getXMutable().assign(inner.getX()); });
    return success();
  }
};

/// expand(x) that only adds dims of 1 ==> reshape(x)
struct ExpandByOnes : FactPattern<ExpandOp> {
  using FactPattern::FactPattern;
  LogicalResult matchAndRewrite(ExpandOp op,
                                PatternRewriter &rewriter) const override {
    DimExprs x(facts.dims(op.getX())), y(facts.dims(op));
    size_t added = y.size() - x.size();
    if (added == 0 ||
        ArrayRef<AffineExpr>(y).drop_front(added) != ArrayRef<AffineExpr>(x) ||
        !llvm::all_of(ArrayRef<AffineExpr>(y).take_front(added), isOne)) {
      return rewriter.notifyMatchFailure(op, "repeats elements");
    }
    replaceByReshape(rewriter, op, op.getX(),
                     mixedSizes(rewriter, op.getSizes(), op.getDims()));
    return success();
  }
};

/// reshape, transpose or slice of one repeated element ==> the element
/// repeated.
template <typename OpT> struct MoveOfScalar : FactPattern<OpT> {
  using FactPattern<OpT>::FactPattern;
  LogicalResult matchAndRewrite(OpT op,
                                PatternRewriter &rewriter) const override {
    auto expand = op.getX().template getDefiningOp<ExpandOp>();
    auto type = expand ? cast<RankedTensorType>(expand.getX().getType())
                       : RankedTensorType();
    if (!type || !type.hasStaticShape() || type.getNumElements() != 1) {
      return rewriter.notifyMatchFailure(op, "no repeated element");
    }
    SmallVector<OpFoldResult> sizes;
    if constexpr (std::is_same_v<OpT, ReshapeOp>) {
      sizes = mixedSizes(rewriter, op.getSizes(), op.getDims());
    } else if constexpr (std::is_same_v<OpT, SliceOp>) {
      sizes = mixedSizes(rewriter, op.getSizes(), op.getSizeValues());
    } else {
      auto all = mixedSizes(rewriter, expand.getSizes(), expand.getDims());
      for (int64_t axis : op.getPermutation()) {
        sizes.push_back(all[axis]);
      }
    }
    MixedSizes to;
    for (OpFoldResult size : sizes) {
      to.push(size);
    }
    Value element = reshapeTo(rewriter, op.getLoc(), expand.getX(), {});
    rewriter.replaceOpWithNewOp<ExpandOp>(op, op.getType(), element, to.dims,
                                          to.sizes);
    return success();
  }
};

/// f(expand(x), y) ==> f(x, y) where y gives the dims; and f(expand(x), c) ==>
/// expand(f(x, c)) where nothing does, which computes less.
struct ExpandBelowElementwise : RewritePattern {
  ExpandBelowElementwise(MLIRContext *context, DimFacts &facts)
      : RewritePattern(MatchAnyOpTypeTag(), 1, context), facts(facts) {}

  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    if (!isElementwiseOp(op)) {
      return rewriter.notifyMatchFailure(op, "not elementwise");
    }
    for (OpOperand &operand : op->getOpOperands()) {
      auto expand = operand.get().getDefiningOp<ExpandOp>();
      if (!expand || !isPlainBroadcast(expand, facts)) {
        continue;
      }
      DimExprs dims = dimsWith(op, operand, expand.getX());
      if (ArrayRef<AffineExpr>(dims) == facts.dims(op->getResult(0))) {
        rewriter.modifyOpInPlace(op, [&] { operand.set(expand.getX()); });
        return success();
      }
    }
    return sink(op, rewriter);
  }

private:
  /// The result's dims with `value` for `replaced`.
  DimExprs dimsWith(Operation *op, OpOperand &replaced, Value value) const {
    DimExprs dims;
    for (OpOperand &operand : op->getOpOperands()) {
      bool isReplaced = &operand == &replaced;
      DimExprs theirs(facts.dims(isReplaced ? value : operand.get()));
      if (theirs.size() > dims.size()) {
        std::swap(theirs, dims);
      }
      for (size_t i = 1; i <= theirs.size(); ++i) {
        AffineExpr &dim = dims[dims.size() - i];
        dim = isOne(dim) ? theirs[theirs.size() - i] : dim;
      }
    }
    return dims;
  }

  LogicalResult sink(Operation *op, PatternRewriter &rewriter) const {
    ExpandOp widest;
    SmallVector<Value> operands;
    for (Value operand : op->getOperands()) {
      auto expand = operand.getDefiningOp<ExpandOp>();
      if (expand && isPlainBroadcast(expand, facts)) {
        operands.push_back(expand.getX());
        if (facts.haveSameDims(expand, op->getResult(0))) {
          widest = expand;
        }
        continue;
      }
      auto type = cast<RankedTensorType>(operand.getType());
      if (!type.hasStaticShape() || type.getNumElements() != 1) {
        return rewriter.notifyMatchFailure(op, "an operand is not expanded");
      }
      operands.push_back(operand);
    }
    if (!widest) {
      return rewriter.notifyMatchFailure(op, "no expansion to move");
    }
    Operation *inner = cloneWith(rewriter, op, operands);
    rewriter.replaceOpWithNewOp<ExpandOp>(op, op->getResult(0).getType(),
                                          inner->getResult(0), widest.getDims(),
                                          widest.getSizes());
    return success();
  }

  DimFacts &facts;
};

/// matmul(expand(x), y) ==> matmul(x, y) where only batch dims are expanded and
/// y gives them.
struct ExpandIntoMatMul : FactPattern<MatMulOp> {
  using FactPattern::FactPattern;
  LogicalResult matchAndRewrite(MatMulOp op,
                                PatternRewriter &rewriter) const override {
    for (OpOperand &operand : op->getOpOperands()) {
      auto expand = operand.get().getDefiningOp<ExpandOp>();
      if (!expand || rankOf(expand.getX()) < 2 ||
          !isPlainBroadcast(expand, facts)) {
        continue;
      }
      Value other = op->getOperand(1 - operand.getOperandNumber());
      DimExprs x(facts.dims(expand.getX())), full(facts.dims(expand));
      DimExprs given(facts.dims(other)), result(facts.dims(op));
      bool keepsMatrix = ArrayRef<AffineExpr>(x).take_back(2) ==
                         ArrayRef<AffineExpr>(full).take_back(2);
      bool otherGives = given.size() == result.size() &&
                        ArrayRef<AffineExpr>(given).drop_back(2) ==
                            ArrayRef<AffineExpr>(result).drop_back(2);
      if (keepsMatrix && otherGives) {
        rewriter.modifyOpInPlace(op, [&] { operand.set(expand.getX()); });
        return success();
      }
    }
    return rewriter.notifyMatchFailure(op, "no expansion to drop");
  }
};

} // namespace

void populateExpandPatterns(RewritePatternSet &patterns, DimFacts &facts) {
  patterns.add<DropExpand, MergeExpands, ExpandByOnes, MoveOfScalar<ReshapeOp>,
               MoveOfScalar<TransposeOp>, MoveOfScalar<SliceOp>,
               ExpandBelowElementwise, ExpandIntoMatMul>(patterns.getContext(),
                                                         facts);
}

} // namespace mlc
