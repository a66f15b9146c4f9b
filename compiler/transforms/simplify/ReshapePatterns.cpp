//===- ReshapePatterns.cpp - merge and move reshapes ------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A reshape is free by itself, but two ops with one between them cannot become
// one loop nest. Moving reshapes down brings the ops together:
//
//   reshape, matmul, reshape, add  ==>  matmul, add, reshape, reshape
//
//===----------------------------------------------------------------------===//
#include "compiler/transforms/simplify/ConstantData.h"
#include "compiler/transforms/simplify/Patterns.h"
#include "compiler/transforms/simplify/TensorBuilder.h"

using namespace mlir;

namespace mlc {
namespace {

/// reshape(x) to x's own dims ==> x
struct DropReshape : FactPattern<ReshapeOp> {
  using FactPattern::FactPattern;
  LogicalResult matchAndRewrite(ReshapeOp op,
                                PatternRewriter &rewriter) const override {
    if (!isa<RankedTensorType>(op.getType()) || !canReplace(op, op.getX()) ||
        !facts.haveSameDims(op, op.getX())) {
      return rewriter.notifyMatchFailure(op, "dims differ");
    }
    rewriter.replaceOp(op, op.getX());
    return success();
  }
};

/// How many last dims are the same on both sides.
unsigned commonTail(ArrayRef<AffineExpr> a, ArrayRef<AffineExpr> b) {
  unsigned count = 0;
  while (count < a.size() && count < b.size() &&
         a[a.size() - 1 - count] == b[b.size() - 1 - count]) {
    ++count;
  }
  return count;
}

/// f(reshape(x), c) ==> reshape(f(x, c)) where c has one element or varies only
/// along last dims that the reshape keeps, and f(reshape(x), reshape(y)) ==>
/// reshape(f(x, y)) for x and y of the same dims.
struct ReshapeBelowElementwise : RewritePattern {
  ReshapeBelowElementwise(MLIRContext *context, DimFacts &facts)
      : RewritePattern(MatchAnyOpTypeTag(), 1, context), facts(facts) {}

  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    if (!isElementwiseOp(op)) {
      return rewriter.notifyMatchFailure(op, "not elementwise");
    }
    ReshapeOp mover = findMover(op);
    if (!mover) {
      return rewriter.notifyMatchFailure(op, "no reshape to move");
    }
    DimExprs source(facts.dims(mover.getX()));
    unsigned tail = commonTail(source, facts.dims(mover));
    for (Value operand : op->getOperands()) {
      if (!isMoved(operand, mover) && keptDims(operand) > int64_t(tail)) {
        return rewriter.notifyMatchFailure(op, "an operand stays below");
      }
    }
    SmallVector<Value> operands;
    for (Value operand : op->getOperands()) {
      operands.push_back(above(rewriter, op, operand, mover, tail));
    }
    Operation *inner = cloneWith(rewriter, op, operands);
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, op->getResult(0).getType(),
                                           inner->getResult(0), mover.getDims(),
                                           mover.getSizes());
    return success();
  }

private:
  /// A reshape that gives all of the result's dims.
  ReshapeOp findMover(Operation *op) const {
    for (Value operand : op->getOperands()) {
      auto reshape = operand.getDefiningOp<ReshapeOp>();
      if (reshape && facts.haveSameDims(reshape, op->getResult(0)) &&
          !reshape.getX().getDefiningOp<ConstantOp>()) {
        return reshape;
      }
    }
    return nullptr;
  }

  /// Whether `operand` is the same reshape of something.
  bool isMoved(Value operand, ReshapeOp mover) const {
    auto reshape = operand.getDefiningOp<ReshapeOp>();
    return reshape && facts.haveSameDims(reshape, mover) &&
           facts.haveSameDims(reshape.getX(), mover.getX());
  }

  /// How many dims, counted from the last, hold all that are not 1.
  int64_t keptDims(Value operand) const {
    DimExprs dims(facts.dims(operand));
    for (size_t i = 0; i < dims.size(); ++i) {
      if (!isOne(dims[i])) {
        return dims.size() - i;
      }
    }
    return 0;
  }

  /// What stands for `operand` before the reshape.
  Value above(PatternRewriter &rewriter, Operation *op, Value operand,
              ReshapeOp mover, unsigned tail) const {
    if (isMoved(operand, mover)) {
      return operand.getDefiningOp<ReshapeOp>().getX();
    }
    if (rankOf(operand) <= int64_t(tail)) {
      return operand;
    }
    SmallVector<OpFoldResult> sizes = sizesOf(rewriter, op->getLoc(), operand);
    return reshapeTo(
        rewriter, op->getLoc(), operand,
        ArrayRef<OpFoldResult>(sizes).take_back(keptDims(operand)));
  }

  DimFacts &facts;
};

/// f(reshape(x), y) ==> f(x, y) where the reshape only drops leading dims of 1
/// that the result has: what a reshape moved up one operand leaves of the same
/// reshape of another.
struct KeepLeadingOnes : RewritePattern {
  KeepLeadingOnes(MLIRContext *context, DimFacts &facts)
      : RewritePattern(MatchAnyOpTypeTag(), 1, context), facts(facts) {}

  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    if (!isElementwiseOp(op)) {
      return rewriter.notifyMatchFailure(op, "not elementwise");
    }
    for (OpOperand &operand : op->getOpOperands()) {
      auto reshape = operand.get().getDefiningOp<ReshapeOp>();
      if (reshape && rankOf(reshape.getX()) <= rankOf(op->getResult(0)) &&
          dropsLeadingOnes(reshape)) {
        rewriter.modifyOpInPlace(op, [&] { operand.set(reshape.getX()); });
        return success();
      }
    }
    return rewriter.notifyMatchFailure(op, "no reshape of leading dims");
  }

private:
  bool dropsLeadingOnes(ReshapeOp reshape) const {
    DimExprs from(facts.dims(reshape.getX())), to(facts.dims(reshape));
    if (from.size() <= to.size()) {
      return false;
    }
    ArrayRef<AffineExpr> dims(from);
    size_t dropped = from.size() - to.size();
    return llvm::all_of(dims.take_front(dropped), isOne) &&
           dims.drop_front(dropped) == ArrayRef<AffineExpr>(to);
  }

  DimFacts &facts;
};

/// matmul(reshape(x), w) ==> reshape(matmul(x, w)) where w is a matrix and the
/// reshape joins or splits rows only. Columns that were joined are joined
/// first.
struct ReshapeBelowMatMul : FactPattern<MatMulOp> {
  using FactPattern::FactPattern;
  LogicalResult matchAndRewrite(MatMulOp op,
                                PatternRewriter &rewriter) const override {
    auto reshape = op.getA().getDefiningOp<ReshapeOp>();
    if (!reshape || op.getTransposeA() || rankOf(op.getB()) != 2) {
      return rewriter.notifyMatchFailure(op, "no reshape of rows");
    }
    DimExprs x(facts.dims(reshape.getX())), rows(facts.dims(reshape));
    auto groups = groupDims(x, rows);
    if (!groups) {
      return rewriter.notifyMatchFailure(op, "dims cannot be told apart");
    }
    // The last dim must be made of whole dims of x, and the rows must differ.
    unsigned first = x.size();
    for (const DimGroup &group : *groups) {
      if (group.toEnd == rows.size() && group.toCount() == 1) {
        first = group.fromBegin;
      }
    }
    bool sameRows = ArrayRef<AffineExpr>(x).take_front(first) ==
                    ArrayRef<AffineExpr>(rows).drop_back();
    if (first == x.size() || first == 0 || sameRows) {
      return rewriter.notifyMatchFailure(op, "only columns are joined");
    }
    SmallVector<OpFoldResult> sizes =
        sizesOf(rewriter, op.getLoc(), reshape.getX());
    SmallVector<OpFoldResult> all =
        mixedSizes(rewriter, reshape.getSizes(), reshape.getDims());
    sizes.truncate(first);
    sizes.push_back(all.back());
    Value a = reshapeTo(rewriter, op.getLoc(), reshape.getX(), sizes);
    auto product = cast<MatMulOp>(cloneWith(rewriter, op, {a, op.getB()}));
    all.back() = TensorBuilder(rewriter, op.getLoc()).dim(product, first);
    replaceByReshape(rewriter, op, product, all);
    return success();
  }
};

/// matmul(reshape(x), reshape(y)) ==> reshape(matmul(x, y)) where both join the
/// same batch dims. (Where they split them, the reshapes have better places
/// above.)
struct ReshapeBelowBatchMatMul : FactPattern<MatMulOp> {
  using FactPattern::FactPattern;
  LogicalResult matchAndRewrite(MatMulOp op,
                                PatternRewriter &rewriter) const override {
    auto a = op.getA().getDefiningOp<ReshapeOp>();
    auto b = op.getB().getDefiningOp<ReshapeOp>();
    if (!a || !b) {
      return rewriter.notifyMatchFailure(op, "no two reshapes");
    }
    DimExprs x(facts.dims(a.getX())), y(facts.dims(b.getX()));
    DimExprs xAfter(facts.dims(a)), yAfter(facts.dims(b));
    if (x.size() <= xAfter.size() || y.size() < 3 ||
        commonTail(x, xAfter) < 2 || commonTail(y, yAfter) < 2) {
      return rewriter.notifyMatchFailure(op, "rows or columns change");
    }
    auto batch = [](ArrayRef<AffineExpr> dims) { return dims.drop_back(2); };
    if (batch(x) != batch(y) || batch(xAfter) != batch(yAfter) ||
        batch(x) == batch(xAfter)) {
      return rewriter.notifyMatchFailure(op, "batch dims differ");
    }
    auto product =
        cast<MatMulOp>(cloneWith(rewriter, op, {a.getX(), b.getX()}));
    SmallVector<OpFoldResult> sizes =
        mixedSizes(rewriter, a.getSizes(), a.getDims());
    SmallVector<OpFoldResult> inner = sizesOf(rewriter, op.getLoc(), product);
    sizes.truncate(xAfter.size() - 2);
    sizes.append(inner.end() - 2, inner.end());
    replaceByReshape(rewriter, op, product, sizes);
    return success();
  }
};

/// The same for softmax and layer norm, whose axes must be kept last dims.
template <typename OpT> struct ReshapeBelowRows : FactPattern<OpT> {
  using FactPattern<OpT>::FactPattern;
  LogicalResult matchAndRewrite(OpT op,
                                PatternRewriter &rewriter) const override {
    auto reshape = op.getX().template getDefiningOp<ReshapeOp>();
    if (!reshape) {
      return rewriter.notifyMatchFailure(op, "no reshape to move");
    }
    DimExprs x(this->facts.dims(reshape.getX()));
    unsigned tail = commonTail(x, this->facts.dims(reshape));
    int64_t fromLast = rankOf(op.getX()) - op.getAxis();
    if (fromLast > int64_t(tail)) {
      return rewriter.notifyMatchFailure(op, "the reshape changes the axes");
    }
    auto inner = cast<OpT>(rewriter.clone(*op));
    inner->setOperand(0, reshape.getX());
    inner.setAxis(int64_t(x.size()) - fromLast);
    (void)setInferredTypes(inner);
    rewriter.replaceOpWithNewOp<ReshapeOp>(
        op, op.getType(), inner.getY(), reshape.getDims(), reshape.getSizes());
    return success();
  }
};

} // namespace

void populateReshapePatterns(RewritePatternSet &patterns, DimFacts &facts) {
  patterns.add<DropReshape, ReshapeBelowElementwise, KeepLeadingOnes,
               ReshapeBelowMatMul, ReshapeBelowBatchMatMul,
               ReshapeBelowRows<SoftmaxOp>, ReshapeBelowRows<LayerNormOp>>(
      patterns.getContext(), facts);
}

} // namespace mlc
