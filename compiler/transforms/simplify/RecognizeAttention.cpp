//===- RecognizeAttention.cpp - find attention in its parts -----*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   softmax((q * c) (k * d)^T + mask) v  ==>  mlc.attention q, k, v, mask
//                                             {scale = c * d}
//
// In: simplified mlc ops, where keys are read by transpose_b. Scales may stand
// on the queries, the keys or the scores; masks may be added or selected; NaN
// weights may be replaced by zeros; heads of keys and values may be repeated.
// Out: mlc.attention on [batch, heads, sequence, depth]; the transposes around
// it stay, as [0, 2, 1, 3] where dims of 1 had made them something else.
// Not handled: weights that something else reads too, dropout.
//
//===----------------------------------------------------------------------===//
#include "compiler/transforms/Passes.h"
#include "compiler/transforms/simplify/AttentionTransposes.h"
#include "compiler/transforms/simplify/CausalMask.h"
#include "compiler/transforms/simplify/ConstantData.h"
#include "compiler/transforms/simplify/Patterns.h"
#include "compiler/transforms/simplify/TensorBuilder.h"

#include "dialects/mlc/Scalar.h"

#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace mlc {
#define GEN_PASS_DEF_RECOGNIZEATTENTIONPASS
#include "compiler/transforms/Passes.h.inc"

namespace {

/// Masks that hide a score leave at most this of it.
constexpr double hiddenScore = -1e30;

class AttentionMatcher {
public:
  explicit AttentionMatcher(DimFacts &facts) : facts(facts) {}

  /// Matches the product of weights and values.
  bool match(MatMulOp product) {
    v = product.getB();
    type = elementTypeOf(product);
    return !product.getTransposeA() && !product.getTransposeB() &&
           matchWeights(product.getA()) && matchShapes();
  }

  Value build(OpBuilder &b, MatMulOp product);

private:
  struct Mask {
    Value value;                  ///< additive, or the condition of a selection
    double factor = 1;            ///< what it is multiplied with
    std::optional<double> hidden; ///< selections: the score where not visible
    bool visibleWhen = true;      ///< selections: the condition where visible
    Type type;                    ///< of the scores it was meant for
  };

  bool matchWeights(Value weights);
  bool matchScores(Value scores);
  bool matchSelection(WhereOp where, double factor, Value &next);
  bool matchShapes();
  bool leadsToProduct(Value value, int depth = 6);
  Value peelScale(OpBuilder &b, Value value);
  Value peelRepeat(OpBuilder &b, Value value);
  Value addMasks(TensorBuilder &t);

  DimFacts &facts;
  Value q, k, v;
  Type type; ///< of the product, and so of all operands
  SmallVector<Mask> masks;
  double scale = 1;
  bool nanToZero = false, causal = false, keysTransposed = false;
};

bool AttentionMatcher::matchWeights(Value weights) {
  if (auto where = weights.getDefiningOp<WhereOp>()) {
    auto isNan = where.getCondition().getDefiningOp<IsNanOp>();
    if (!weights.hasOneUse() || !isNan || isNan.getX() != where.getB() ||
        splatNumber(where.getA()) != 0.0) {
      return false;
    }
    weights = where.getB();
    bool onlyGuarded = llvm::all_of(weights.getUsers(), [&](Operation *user) {
      return user == where || user == isNan;
    });
    nanToZero = true;
    if (!onlyGuarded || !isNan->hasOneUse()) {
      return false;
    }
  } else if (!weights.hasOneUse()) {
    return false;
  }
  if (auto cast = weights.getDefiningOp<CastOp>()) {
    weights = cast.getX();
    if (!weights.hasOneUse()) {
      return false;
    }
  }
  auto softmax = weights.getDefiningOp<SoftmaxOp>();
  return softmax && !softmax.getLog() &&
         softmax.getAxis() == uint64_t(rankOf(weights) - 1) &&
         matchScores(softmax.getX());
}

bool AttentionMatcher::leadsToProduct(Value value, int depth) {
  Operation *op = value.getDefiningOp();
  if (!op || depth == 0) {
    return false;
  }
  if (isa<MatMulOp>(op)) {
    return true;
  }
  return isa<AddOp, MulOp, DivOp, WhereOp, CastOp>(op) &&
         llvm::any_of(op->getOperands(), [&](Value operand) {
           return leadsToProduct(operand, depth - 1);
         });
}

/// where(visible, scores, hidden) or where(hidden?, hidden, scores).
bool AttentionMatcher::matchSelection(WhereOp where, double factor,
                                      Value &next) {
  for (bool visibleWhen : {true, false}) {
    Value scores = visibleWhen ? where.getA() : where.getB();
    std::optional<double> hidden =
        splatNumber(visibleWhen ? where.getB() : where.getA());
    if (!hidden || !leadsToProduct(scores)) {
      continue;
    }
    CausalMask mask(facts, where.getType());
    // A row without any visible key gives equal weights here, but not with a
    // mask added to the scores unless that drowns them.
    if (*hidden * factor > hiddenScore &&
        !(visibleWhen && *hidden * factor < -1e3 &&
          mask.isCondition(where.getCondition()))) {
      return false;
    }
    masks.push_back({where.getCondition(), factor, hidden, visibleWhen,
                     elementTypeOf(where)});
    next = scores;
    return true;
  }
  return false;
}

bool AttentionMatcher::matchScores(Value scores) {
  double factor = 1; // of everything further in
  for (int depth = 0; depth < 12; ++depth) {
    Operation *op = scores.getDefiningOp();
    if (!op || !scores.hasOneUse()) {
      return false;
    }
    Value next;
    if (auto product = dyn_cast<MatMulOp>(op)) {
      q = product.getA();
      k = product.getB();
      keysTransposed = !product.getTransposeB();
      scale = factor;
      return !product.getTransposeA();
    }
    if (auto cast = dyn_cast<CastOp>(op)) {
      next = cast.getX();
    } else if (isa<MulOp, DivOp>(op)) {
      std::optional<double> c = splatNumber(op->getOperand(1));
      if (!c) {
        return false;
      }
      factor = isa<MulOp>(op) ? factor * *c : factor / *c;
      next = op->getOperand(0);
    } else if (auto add = dyn_cast<AddOp>(op)) {
      bool first = leadsToProduct(add.getA());
      next = first ? add.getA() : add.getB();
      masks.push_back({first ? add.getB() : add.getA(),
                       factor,
                       {},
                       true,
                       elementTypeOf(add)});
    } else if (auto where = dyn_cast<WhereOp>(op)) {
      if (!matchSelection(where, factor, next)) {
        return false;
      }
    }
    if (!next || !facts.haveSameDims(next, scores)) {
      return false;
    }
    scores = next;
  }
  return false;
}

/// Queries, keys and values of one batch and equally many heads.
bool AttentionMatcher::matchShapes() {
  DimExprs dq(facts.dims(q)), dk(facts.dims(k)), dv(facts.dims(v));
  size_t rank = dq.size();
  // The op has one element type; it computes in f32 in any case.
  if (elementTypeOf(q) != type || elementTypeOf(k) != type ||
      elementTypeOf(v) != type) {
    return false;
  }
  if (rank < 2 || rank > 4 || dk.size() != rank || dv.size() != rank) {
    return false;
  }
  for (size_t i = 0; i + 2 < rank; ++i) {
    bool sharedHeads = i == 1 && isOne(dk[i]);
    if (dk[i] != dv[i] || (dq[i] != dk[i] && !sharedHeads)) {
      return false;
    }
  }
  for (const Mask &mask : masks) {
    if (size_t(rankOf(mask.value)) > rank) {
      return false;
    }
  }
  return true;
}

/// `value` without a constant factor that stands above reshapes, transposes and
/// slices only.
Value AttentionMatcher::peelScale(OpBuilder &b, Value value) {
  SmallVector<Operation *> movers;
  Value at = value;
  while (Operation *op = at.getDefiningOp()) {
    if (isa<ReshapeOp, TransposeOp, SliceOp>(op)) {
      movers.push_back(op);
      at = op->getOperand(0);
      continue;
    }
    std::optional<double> c =
        isa<MulOp, DivOp>(op) ? splatNumber(op->getOperand(1)) : std::nullopt;
    if (!c || !facts.haveSameDims(op->getOperand(0), at)) {
      return value;
    }
    scale = isa<MulOp>(op) ? scale * *c : scale / *c;
    at = op->getOperand(0);
    for (Operation *mover : llvm::reverse(movers)) {
      Operation *copy = b.clone(*mover);
      copy->setOperand(0, at);
      at = copy->getResult(0);
    }
    return at;
  }
  return value;
}

/// Heads [B, Hk, T, D] of which each is repeated: reshape(expand(x)) with
/// x: [B, Hk, 1, T, D], the expansion [B, Hk, G, T, D]. Null when not so.
Value AttentionMatcher::peelRepeat(OpBuilder &b, Value value) {
  auto joined = value.getDefiningOp<ReshapeOp>();
  auto expand = joined ? joined.getX().getDefiningOp<ExpandOp>() : ExpandOp();
  if (!expand || rankOf(expand) != 5 || rankOf(expand.getX()) != 5) {
    return nullptr;
  }
  DimExprs from(facts.dims(expand.getX())), to(facts.dims(expand));
  DimExprs heads(facts.dims(value));
  if (!isOne(from[2]) || from[0] != to[0] || from[1] != to[1] ||
      from[3] != to[3] || from[4] != to[4] || heads[0] != to[0] ||
      heads[2] != to[3] || heads[3] != to[4]) {
    return nullptr;
  }
  SmallVector<OpFoldResult> sizes = sizesOf(b, value.getLoc(), expand.getX());
  sizes.erase(sizes.begin() + 2);
  return reshapeTo(b, value.getLoc(), expand.getX(), sizes);
}

/// All masks as one additive mask; causal ones become the attribute.
Value AttentionMatcher::addMasks(TensorBuilder &t) {
  Value sum;
  for (const Mask &mask : masks) {
    Value value = mask.value;
    if (!mask.hidden && splatNumber(value) == 0.0) {
      continue;
    }
    CausalMask causality(facts, RankedTensorType());
    causality.setDims(facts.dims(q), facts.dims(k), keysTransposed);
    if (mask.hidden && mask.visibleWhen && causality.isCondition(value)) {
      causal = true;
      continue;
    }
    if (!mask.hidden && causality.isAdditive(value, hiddenScore)) {
      causal = true;
      continue;
    }
    if (mask.hidden) {
      // In the scores' type: what hides in f32 may be infinite in q's.
      Value hidden = t.scalar(mask.type, *mask.hidden);
      Value visible = t.scalar(mask.type, 0);
      value = mask.visibleWhen ? t.make<WhereOp>(value, visible, hidden)
                               : t.make<WhereOp>(value, hidden, visible);
    }
    if (mask.factor != 1) {
      value = t.mul(value, t.scalar(elementTypeOf(value), mask.factor));
    }
    if (sum && elementTypeOf(sum) != elementTypeOf(value)) {
      Type wide = computeType(type);
      sum = t.cast(sum, wide);
      value = t.cast(value, wide);
    }
    sum = sum ? t.add(sum, value) : value;
  }
  return sum;
}

Value AttentionMatcher::build(OpBuilder &b, MatMulOp product) {
  TensorBuilder t(b, product.getLoc());
  int64_t rank = rankOf(product);
  Value mask = addMasks(t);
  q = peelScale(b, q);
  k = peelScale(b, k);
  if (keysTransposed) {
    SmallVector<int64_t> swap = axesFrom(0, rank);
    std::swap(swap[rank - 2], swap[rank - 1]);
    k = t.transpose(k, swap);
  }
  Value fewKeys = rank == 4 ? peelRepeat(b, k) : Value();
  Value fewValues = fewKeys ? peelRepeat(b, v) : Value();
  if (fewValues && facts.haveSameDims(k, v)) {
    k = fewKeys;
    v = fewValues;
  }
  // Up to rank 4 with dims of 1 in front.
  auto lift = [&](Value x) {
    SmallVector<OpFoldResult> sizes = sizesOf(b, product.getLoc(), x);
    sizes.insert(sizes.begin(), 4 - rank, b.getIndexAttr(1));
    return reshapeTo(b, product.getLoc(), x, sizes);
  };
  if (rank < 4) {
    q = lift(q);
    k = lift(k);
    v = lift(v);
  }
  return t.make<AttentionOp>(q, k, v, mask, APFloat(scale), causal, nanToZero);
}

struct RecognizeAttentionPass
    : impl::RecognizeAttentionPassBase<RecognizeAttentionPass> {
  using RecognizeAttentionPassBase::RecognizeAttentionPassBase;

  void runOnOperation() override {
    SmallVector<MatMulOp> products;
    getOperation()->walk([&](MatMulOp op) { products.push_back(op); });
    DimFacts facts(getOperation());
    IRRewriter rewriter(&getContext());
    for (MatMulOp product : products) {
      AttentionMatcher matcher(facts);
      if (!matcher.match(product)) {
        continue;
      }
      rewriter.setInsertionPoint(product);
      Value y = matcher.build(rewriter, product);
      // The parts stay until the end: facts about them are still asked for.
      replace(rewriter, product, y);
    }
    RewritePatternSet patterns(&getContext());
    populateAttentionTransposes(patterns);
    (void)applyPatternsGreedily(getOperation(), std::move(patterns));
  }

  static void replace(IRRewriter &rewriter, MatMulOp product, Value y) {
    if (rankOf(y) == rankOf(product)) {
      rewriter.replaceAllUsesWith(product.getY(), y);
      return;
    }
    SmallVector<OpFoldResult> sizes = sizesOf(rewriter, product.getLoc(), y);
    sizes.erase(sizes.begin(), sizes.begin() + 4 - rankOf(product));
    rewriter.replaceAllUsesWith(
        product.getY(), reshapeTo(rewriter, product.getLoc(), y, sizes));
  }
};

} // namespace
} // namespace mlc
