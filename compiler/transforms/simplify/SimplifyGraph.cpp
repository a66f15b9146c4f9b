//===- SimplifyGraph.cpp - apply the algebra of mlc ops ---------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   %1 = mlc.transpose %0 [1, 0]
//   %2 = mlc.mul %1, 1.0          ==>  %3 = mlc.matmul %0, %w {transpose_a}
//   %3 = mlc.matmul %2, %w
//
// In: any mlc ops. Out: the same values from fewer and simpler ops; reshapes
// and transposes stand where they block fusion least. The rewrites are listed
// by family in Patterns.h. Together with FoldConstants, which computes what
// they leave of constants.
//
//===----------------------------------------------------------------------===//
#include "compiler/transforms/Passes.h"
#include "compiler/transforms/simplify/Patterns.h"
#include "compiler/transforms/simplify/TensorBuilder.h"

#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace mlc {
#define GEN_PASS_DEF_SIMPLIFYGRAPHPASS
#include "compiler/transforms/Passes.h.inc"

bool isElementwiseOp(Operation *op) {
  return op->hasTrait<ScalarBody>() || isa<CastOp>(op);
}

bool canReplace(Operation *op, Value value) {
  Type from = op->getResult(0).getType(), to = value.getType();
  if (from == to) {
    return true;
  }
  auto before = dyn_cast<RankedTensorType>(from);
  auto after = dyn_cast<RankedTensorType>(to);
  if (!before || !after || before.getRank() != after.getRank() ||
      before.getElementType() != after.getElementType()) {
    return false;
  }
  for (int64_t i = 0; i < before.getRank(); ++i) {
    if (!before.isDynamicDim(i) &&
        before.getDimSize(i) != after.getDimSize(i)) {
      return false;
    }
  }
  return llvm::all_of(op->getResult(0).getUsers(), [](Operation *user) {
    return isa<ShapeOpInterface, tensor::DimOp>(user);
  });
}

SmallVector<OpFoldResult> mixedSizes(OpBuilder &b, ArrayRef<int64_t> fixed,
                                     ValueRange dynamic) {
  SmallVector<OpFoldResult> sizes;
  for (int64_t size : fixed) {
    if (ShapedType::isDynamic(size)) {
      sizes.push_back(dynamic.front());
      dynamic = dynamic.drop_front();
    } else {
      sizes.push_back(b.getIndexAttr(size));
    }
  }
  return sizes;
}

SmallVector<OpFoldResult> sizesOf(OpBuilder &b, Location loc, Value x) {
  TensorBuilder t(b, loc);
  SmallVector<OpFoldResult> sizes;
  for (int64_t i = 0; i < rankOf(x); ++i) {
    sizes.push_back(t.dim(x, i));
  }
  return sizes;
}

Value reshapeTo(OpBuilder &b, Location loc, Value x,
                ArrayRef<OpFoldResult> sizes) {
  MixedSizes to;
  for (OpFoldResult size : sizes) {
    to.push(size);
  }
  if (to.dims.empty() && ArrayRef<int64_t>(to.sizes) ==
                             cast<RankedTensorType>(x.getType()).getShape()) {
    return x;
  }
  return TensorBuilder(b, loc).reshape(x, to);
}

void replaceByReshape(PatternRewriter &rewriter, Operation *op, Value x,
                      ArrayRef<OpFoldResult> sizes) {
  MixedSizes to;
  for (OpFoldResult size : sizes) {
    to.push(size);
  }
  Type type = op->getResult(0).getType();
  if (to.dims.empty() && x.getType() == type) {
    rewriter.replaceOp(op, x);
  } else {
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, type, x, to.dims, to.sizes);
  }
}

Operation *cloneWith(OpBuilder &b, Operation *op, ValueRange operands) {
  Operation *copy = b.clone(*op);
  copy->setOperands(operands);
  if (failed(setInferredTypes(copy))) {
    copy->erase();
    return nullptr;
  }
  return copy;
}

SmallVector<int64_t> inversePermutation(ArrayRef<int64_t> p) {
  SmallVector<int64_t> inverse(p.size());
  for (auto [i, axis] : llvm::enumerate(p)) {
    inverse[axis] = i;
  }
  return inverse;
}

bool isIdentity(ArrayRef<int64_t> permutation) {
  return llvm::all_of(llvm::enumerate(permutation), [](auto entry) {
    return entry.value() == int64_t(entry.index());
  });
}

namespace {

/// tensor.dim of a result ==> the dim from what the result's dims derive from,
/// so that asking for a dim is no use of the tensor.
struct ResolveDim : FactPattern<tensor::DimOp> {
  using FactPattern::FactPattern;
  LogicalResult matchAndRewrite(tensor::DimOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<int64_t> i = op.getConstantIndex();
    if (!i || !op.getSource().getDefiningOp<ShapeOpInterface>()) {
      return rewriter.notifyMatchFailure(op, "not a dim of a result");
    }
    OpFoldResult dim =
        facts.dimFromRoots(rewriter, op.getLoc(), op.getSource(), *i);
    if (!dim) {
      return rewriter.notifyMatchFailure(op, "the dim has no other source");
    }
    rewriter.replaceOp(
        op, getValueOrCreateConstantIndexOp(rewriter, op.getLoc(), dim));
    return success();
  }
};

struct SimplifyGraphPass : impl::SimplifyGraphPassBase<SimplifyGraphPass> {
  using SimplifyGraphPassBase::SimplifyGraphPassBase;

  void runOnOperation() override {
    DimFacts facts(getOperation());
    RewritePatternSet patterns(&getContext());
    populateConstantOperandPatterns(patterns, facts);
    populateArithmeticPatterns(patterns, facts);
    populateSelectionPatterns(patterns, facts);
    populateReshapePatterns(patterns, facts);
    populateTransposePatterns(patterns, facts);
    populateSlicePatterns(patterns, facts);
    populateExpandPatterns(patterns, facts);
    populateWeightPatterns(patterns, facts);
    patterns.add<ResolveDim>(&getContext(), facts);
    ReshapeOp::getCanonicalizationPatterns(patterns, &getContext());
    GreedyRewriteConfig config;
    config.setListener(&facts);
    config.setMaxIterations(20);
    // Not reaching a fixpoint leaves correct IR.
    (void)applyPatternsGreedily(getOperation(), std::move(patterns), config);
  }
};

} // namespace
} // namespace mlc
