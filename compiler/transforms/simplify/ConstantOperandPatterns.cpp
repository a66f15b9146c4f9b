//===- ConstantOperandPatterns.cpp - where constants stand ------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One place and one shape for a constant operand of an elementwise op, so that
// other patterns and the emitters need not look for the rest.
//
//===----------------------------------------------------------------------===//
#include "compiler/transforms/simplify/ConstantData.h"
#include "compiler/transforms/simplify/Patterns.h"
#include "compiler/transforms/simplify/TensorBuilder.h"

using namespace mlir;

namespace mlc {
namespace {

/// c + x ==> x + c, so that other patterns look right only.
template <typename OpT> struct ConstantRight : FactPattern<OpT> {
  using FactPattern<OpT>::FactPattern;
  LogicalResult matchAndRewrite(OpT op,
                                PatternRewriter &rewriter) const override {
    if (!op.getA().template getDefiningOp<ConstantOp>() ||
        op.getB().template getDefiningOp<ConstantOp>()) {
      return rewriter.notifyMatchFailure(op, "no constant on the left alone");
    }
    Value a = op.getA(), b = op.getB();
    rewriter.modifyOpInPlace(op, [&] { op->setOperands({b, a}); });
    return success();
  }
};

/// A splat operand of an elementwise op has rank 0 when the others give the
/// dims: it becomes an immediate, and scalar patterns see it.
struct ShrinkSplat : RewritePattern {
  ShrinkSplat(MLIRContext *context, DimFacts &facts)
      : RewritePattern(MatchAnyOpTypeTag(), 1, context), facts(facts) {}

  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    if (!op->hasTrait<ScalarBody>() || op->getNumOperands() < 2) {
      return rewriter.notifyMatchFailure(op, "not elementwise");
    }
    for (OpOperand &operand : op->getOpOperands()) {
      std::optional<double> number = splatNumber(operand.get());
      if (!number || rankOf(operand.get()) == 0 ||
          !othersGiveDims(op, operand)) {
        continue;
      }
      auto constant = operand.get().getDefiningOp<ConstantOp>();
      auto type = RankedTensorType::get({}, elementTypeOf(constant));
      ElementsAttr value = constant.getValue();
      auto dense = dyn_cast<DenseElementsAttr>(value);
      value = dense && dense.isSplat() ? ElementsAttr(dense.resizeSplat(type))
                                       : withType(value, type);
      Value scalar = ConstantOp::create(rewriter, constant.getLoc(), value);
      rewriter.modifyOpInPlace(op, [&] { operand.set(scalar); });
      return success();
    }
    return rewriter.notifyMatchFailure(op, "no splat operand to shrink");
  }

private:
  /// Whether the result has its dims without `operand`.
  bool othersGiveDims(Operation *op, OpOperand &operand) const {
    DimExprs dims;
    for (OpOperand &other : op->getOpOperands()) {
      if (&other == &operand) {
        continue;
      }
      DimExprs theirs(facts.dims(other.get()));
      if (theirs.size() > dims.size()) {
        std::swap(theirs, dims);
      }
      for (size_t i = 1; i <= theirs.size(); ++i) {
        AffineExpr &dim = dims[dims.size() - i];
        dim = isOne(dim) ? theirs[theirs.size() - i] : dim;
      }
    }
    return ArrayRef<AffineExpr>(dims) == facts.dims(op->getResult(0));
  }

  DimFacts &facts;
};

/// A constant row [1, ..., 1, n] has rank 1 when another operand gives the
/// rank, so that a bias looks the same wherever it comes from.
struct ShrinkRow : RewritePattern {
  ShrinkRow(MLIRContext *context, DimFacts &)
      : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}

  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    if (!op->hasTrait<ScalarBody>()) {
      return rewriter.notifyMatchFailure(op, "not elementwise");
    }
    for (OpOperand &operand : op->getOpOperands()) {
      auto constant = operand.get().getDefiningOp<ConstantOp>();
      bool othersAreAsDeep =
          llvm::any_of(op->getOpOperands(), [&](OpOperand &other) {
            return &other != &operand &&
                   rankOf(other.get()) >= rankOf(operand.get());
          });
      if (!constant || rankOf(constant) < 2 || !othersAreAsDeep) {
        continue;
      }
      auto type = cast<RankedTensorType>(constant.getType());
      int64_t columns = type.getShape().back();
      if (columns < 2 || type.getNumElements() != columns) {
        continue;
      }
      auto row = RankedTensorType::get(columns, type.getElementType());
      Value shrunk = ConstantOp::create(rewriter, constant.getLoc(),
                                        withType(constant.getValue(), row));
      rewriter.modifyOpInPlace(op, [&] { operand.set(shrunk); });
      return success();
    }
    return rewriter.notifyMatchFailure(op, "no constant row of higher rank");
  }
};

} // namespace

void populateConstantOperandPatterns(RewritePatternSet &patterns,
                                     DimFacts &facts) {
  patterns.add<ConstantRight<AddOp>, ConstantRight<MulOp>, ConstantRight<MaxOp>,
               ConstantRight<MinOp>, ConstantRight<AndOp>, ConstantRight<OrOp>,
               ShrinkSplat, ShrinkRow>(patterns.getContext(), facts);
}

} // namespace mlc
