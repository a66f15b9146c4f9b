//===- DecomposeComposites.cpp - composites as primitives -------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   y = mlc.softmax x axis a  ==>  e = exp(x - max(x, a)); y = e / sum(e, a)
//
// In: any mlc ops. Out: no mlc.softmax, mlc.layer_norm, mlc.attention but those
// that the option `keep` names. Runs just before fusion, when no pass wants to
// see the composites any more. Types narrower than f32 are computed in f32.
//
//===----------------------------------------------------------------------===//
#include "compiler/transforms/Passes.h"
#include "compiler/transforms/simplify/TensorBuilder.h"

#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

#include "dialects/mlc/Scalar.h"

using namespace mlir;

namespace mlc {
#define GEN_PASS_DEF_DECOMPOSECOMPOSITESPASS
#include "compiler/transforms/Passes.h.inc"

namespace {

/// Softmax of `x`, which has its computation type.
Value softmax(TensorBuilder &t, Value x, ArrayRef<int64_t> axes, bool log) {
  Value shifted = t.sub(x, t.reduce(x, ReduceKind::max, axes));
  Value e = t.exp(shifted);
  Value sum = t.reduce(e, ReduceKind::sum, axes);
  return log ? t.sub(shifted, t.log(sum)) : t.div(e, sum);
}

struct DecomposeSoftmax : OpRewritePattern<SoftmaxOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SoftmaxOp op,
                                PatternRewriter &rewriter) const override {
    TensorBuilder t(rewriter, op.getLoc());
    Type type = elementTypeOf(op.getX());
    Value x = t.cast(op.getX(), computeType(type));
    SmallVector<int64_t> axes;
    if (rankOf(x) > 0) {
      axes.push_back(op.getAxis());
    }
    Value y = softmax(t, x, axes, op.getLog());
    rewriter.replaceOp(op, t.cast(y, type));
    return success();
  }
};

struct DecomposeLayerNorm : OpRewritePattern<LayerNormOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(LayerNormOp op,
                                PatternRewriter &rewriter) const override {
    TensorBuilder t(rewriter, op.getLoc());
    Type type = elementTypeOf(op.getX()), wide = computeType(type);
    Value x = t.cast(op.getX(), wide);
    SmallVector<int64_t> axes = axesFrom(op.getAxis(), rankOf(x));
    SmallVector<OpFoldResult> extents;
    for (int64_t axis : axes) {
      extents.push_back(t.dim(op.getX(), axis));
    }
    Value count = t.fromIndex(t.product(extents), wide);
    // Two passes: the variance of centred values loses no digits.
    Value centered = x;
    if (!op.getRms()) {
      Value mean = t.div(t.reduce(x, ReduceKind::sum, axes), count);
      centered = t.sub(x, mean);
    }
    Value squares = t.mul(centered, centered);
    Value variance = t.div(t.reduce(squares, ReduceKind::sum, axes), count);
    Value epsilon = t.scalar(wide, op.getEpsilon().convertToDouble());
    Value y = t.mul(centered, t.rsqrt(t.add(variance, epsilon)));
    rewriter.replaceOp(op, t.cast(y, type));
    return success();
  }
};

/// softmax(scale * q k^T + mask) v with the query heads of one key head side by
/// side as rows, so that keys and values need not be repeated:
/// q [B, Hk * G, S, D] is read as [B, Hk, G * S, D].
class AttentionParts {
public:
  AttentionParts(TensorBuilder &t, AttentionOp op)
      : t(t), op(op), type(elementTypeOf(op.getQ())), wide(computeType(type)),
        grouped(!sameHeads(op)) {}

  Value build() {
    Value q = t.cast(op.getQ(), wide), k = t.cast(op.getK(), wide);
    Value scale = t.scalar(wide, op.getScale().convertToDouble());
    Value scores = t.matmul(groupHeads(t.mul(q, scale)), k, false, true);
    scores = spreadHeads(scores, t.dim(op.getK(), 2));
    if (op.getMask()) {
      scores = t.add(scores, t.cast(op.getMask(), wide));
    }
    if (op.getCausal()) {
      scores = hideLaterKeys(scores);
    }
    Value weights = softmax(t, scores, {3}, /*log=*/false);
    if (op.getNanToZero()) {
      weights =
          t.make<WhereOp>(t.make<IsNanOp>(weights), t.scalar(wide, 0), weights);
    }
    Value v = t.cast(op.getV(), wide);
    Value y = t.matmul(groupHeads(weights), v, false, false);
    return t.cast(spreadHeads(y, t.dim(op.getV(), 3)), type);
  }

private:
  /// Whether q and k have equally many heads for sure.
  static bool sameHeads(AttentionOp op) {
    ShapeScope scope(op.getContext());
    return scope.dim(op.getQ(), 1) == scope.dim(op.getK(), 1);
  }

  /// [B, H, S, N] to [B, Hk, H / Hk * S, N].
  Value groupHeads(Value x) {
    if (!grouped) {
      return x;
    }
    MixedSizes to;
    OpFoldResult heads = t.dim(op.getQ(), 1), groups = t.dim(op.getK(), 1);
    AffineExpr h = t.b.getAffineSymbolExpr(0), g = t.b.getAffineSymbolExpr(1);
    AffineExpr s = t.b.getAffineSymbolExpr(2);
    to.push(t.dim(op.getQ(), 0));
    to.push(groups);
    to.push(affine::makeComposedFoldedAffineApply(
        t.b, t.loc, AffineMap::get(0, 3, h.floorDiv(g) * s),
        {heads, groups, t.dim(op.getQ(), 2)}));
    to.push(t.dim(x, 3));
    return t.reshape(x, to);
  }

  /// The inverse for a result with `columns` columns.
  Value spreadHeads(Value x, OpFoldResult columns) {
    if (!grouped) {
      return x;
    }
    MixedSizes to;
    for (int64_t i = 0; i < 3; ++i) {
      to.push(t.dim(op.getQ(), i));
    }
    to.push(columns);
    return t.reshape(x, to);
  }

  /// -inf where key t > query s + T - S.
  Value hideLaterKeys(Value scores) {
    OpFoldResult queries = t.dim(op.getQ(), 2), keys = t.dim(op.getK(), 2);
    Value row = iota(queries, {1}), column = iota(keys, {});
    Value offset = t.sub(t.fromIndex(keys, t.b.getI64Type()),
                         t.fromIndex(queries, t.b.getI64Type()));
    Value hidden = t.make<GreaterOp>(column, t.add(row, offset));
    double infinity = std::numeric_limits<double>::infinity();
    return t.make<WhereOp>(hidden, t.scalar(wide, -infinity), scores);
  }

  /// 0, 1, 2, ... as [count, trailing...].
  Value iota(OpFoldResult count, ArrayRef<int64_t> trailing) {
    MixedSizes to;
    to.push(count);
    Value range = t.make<IotaOp>(to.dims, to.sizes, t.b.getI64Type(), 0);
    for (int64_t size : trailing) {
      to.push(t.b.getIndexAttr(size));
    }
    return trailing.empty() ? range : t.reshape(range, to);
  }

  TensorBuilder &t;
  AttentionOp op;
  Type type, wide;
  bool grouped;
};

struct DecomposeAttention : OpRewritePattern<AttentionOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(AttentionOp op,
                                PatternRewriter &rewriter) const override {
    TensorBuilder t(rewriter, op.getLoc());
    rewriter.replaceOp(op, AttentionParts(t, op).build());
    return success();
  }
};

struct DecomposeCompositesPass
    : impl::DecomposeCompositesPassBase<DecomposeCompositesPass> {
  using DecomposeCompositesPassBase::DecomposeCompositesPassBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    addUnlessKept<DecomposeSoftmax, SoftmaxOp>(patterns);
    addUnlessKept<DecomposeLayerNorm, LayerNormOp>(patterns);
    addUnlessKept<DecomposeAttention, AttentionOp>(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns)))) {
      signalPassFailure();
    }
  }

  template <typename PatternT, typename OpT>
  void addUnlessKept(RewritePatternSet &patterns) {
    if (!llvm::is_contained(keep, OpT::getOperationName())) {
      patterns.add<PatternT>(&getContext());
    }
  }
};

} // namespace
} // namespace mlc
