//===- SpecialAttention.cpp - attention -------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Heads.h"
#include "compiler/frontend/onnx/Indices.h"
#include "compiler/frontend/onnx/Rules.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;
using Predicate = arith::CmpIPredicate;

namespace {
class Attention {
public:
  explicit Attention(Node &n) : n(n) {}

  void run() {
    if (!readInputs() || !readPast() || !readScale()) {
      return;
    }
    type = n.elementType(q);
    double softcap = n.floatAttr("softcap", 0);
    int64_t mode = n.intAttr("qk_matmul_output_mode", 0);
    Type precision = n.hasAttr("softmax_precision")
                         ? n.typeAttr("softmax_precision", 1)
                         : type;
    Value bias = mask();
    DimExprs dq = n.dims(q), dk = n.dims(k);
    bias = n.broadcastInto(bias, {dq[0], dq[1], dq[2], dk[2]});
    if (n.failed()) {
      return;
    }
    bool oneType = n.elementType(v) == type && n.elementType(k) == type;
    if (softcap == 0 && !n.wants(3) && oneType && knownScale &&
        precision.getIntOrFloatBitWidth() <= 32) {
      bias = bias ? spread(bias) : bias;
      if (n.failed()) {
        return;
      }
      // The op computes in f32, which is at least the precision asked for.
      setOutput(n.create<AttentionOp>(
          q, k, v, Maybe{bias}, llvm::APFloat(*knownScale), false, false));
      return;
    }
    setOutput(compose(bias, softcap, mode, precision));
  }

private:
  bool readInputs() {
    q = n.value(0);
    k = n.value(1);
    v = n.value(2);
    int64_t queryHeads = n.intAttr("q_num_heads", 0);
    int64_t keyHeads = n.intAttr("kv_num_heads", 0);
    if (n.failed()) {
      return false;
    }
    isPacked = n.rank(q) == 3;
    if (isPacked) {
      if (n.rank(k) != 3 || n.rank(v) != 3) {
        n.badShape("expects Q, K and V of one rank");
        return false;
      }
      q = splitHeads(n, q, queryHeads);
      k = splitHeads(n, k, keyHeads);
      v = splitHeads(n, v, keyHeads);
    }
    if (n.failed() || n.rank(q) != 4 || n.rank(k) != 4 || n.rank(v) != 4) {
      n.failed() ? void() : n.badShape("expects Q, K and V of rank 3 or 4");
      return false;
    }
    return true;
  }

  bool readPast() {
    Value pastKey = n.optionalValue(4), pastValue = n.optionalValue(5);
    if (n.failed() || bool(pastKey) != bool(pastValue)) {
      n.failed() ? void() : n.badShape("past_key and past_value go together");
      return false;
    }
    past = n.math.constant(0);
    if (pastKey) {
      if (n.rank(pastKey) != 4 || n.rank(pastValue) != 4) {
        n.badShape("expects past keys and values of rank 4");
        return false;
      }
      past = n.dims(pastKey)[2];
      k = n.concat({pastKey, k}, 2);
      v = n.concat({pastValue, v}, 2);
    }
    if (n.failed()) {
      return false;
    }
    DimExprs dq = n.dims(q), dk = n.dims(k), dv = n.dims(v);
    n.requireEqual(dk[0], dq[0], "batches must be equal");
    n.requireEqual(dv[0], dq[0], "batches must be equal");
    n.requireEqual(dk[3], dq[3], "head sizes of Q and K must be equal");
    n.requireEqual(dv[2], dk[2], "K and V must be equally long");
    n.requireEqual(dv[1], dk[1], "K and V must have the same heads");
    n.requireEqual(n.math.mod(dq[1], dk[1]), n.math.constant(0),
                   "query heads must be a multiple of key heads");
    if (n.wants(1)) {
      n.setResult(1, k);
    }
    if (n.wants(2)) {
      n.setResult(2, v);
    }
    return !n.failed();
  }

  bool readScale() {
    auto size = DimMath::literal(n.dims(q)[3]);
    double given = n.floatAttr("scale", 0);
    if (n.hasAttr("scale")) {
      knownScale = given;
    } else if (size && *size > 0) {
      knownScale = 1 / std::sqrt(double(*size));
    }
    return !n.failed();
  }

  Value minusInfinity() {
    return n.scalar(type, -std::numeric_limits<double>::infinity());
  }

  /// 0 where `visible`, else -inf.
  Value hidden(Value visible) {
    return select(n, visible, n.scalar(type, 0), minusInfinity());
  }

  /// Everything that is added to the scores; null when nothing is.
  Value mask() {
    Value bias = givenMask();
    AffineExpr rows = n.dims(q)[2], columns = n.dims(k)[2];
    Type i64 = n.b.getI64Type();
    auto join = [&](Value more) { bias = bias ? n.add(bias, more) : more; };
    if (n.failed()) {
      return {};
    }
    if (n.intAttr("is_causal", 0) != 0) {
      Value last =
          n.add(iotaAlong(n, i64, rows, 0, 2), n.scalarTensor(past, i64));
      join(hidden(n.elementwise<LessEqualOp>(
          {iotaAlong(n, i64, columns, 1, 2), last})));
    }
    if (n.opset() >= 24 && n.has(6)) {
      Value lengths = n.value(6);
      if (!lengths || n.rank(lengths) != 1) {
        n.failed() ? void() : n.badShape("expects one length per sample");
        return {};
      }
      n.requireEqual(n.dims(lengths)[0], n.dims(q)[0],
                     "expects one length per sample");
      Value end = n.perChannel(n.cast(lengths, i64), 4, 0);
      join(hidden(
          n.elementwise<LessOp>({iotaAlong(n, i64, columns, 3, 4), end})));
    }
    return bias;
  }

  /// The mask as the op takes it: of the scores' dims where it is not 1.
  Value spread(Value bias) {
    DimExprs scores{n.dims(q)[0], n.dims(q)[1], n.dims(q)[2], n.dims(k)[2]};
    auto common = n.broadcastDims({scores, n.dims(bias)});
    if (!common) {
      return {};
    }
    for (auto [found, expected] : llvm::zip_equal(*common, scores)) {
      n.requireEqual(found, expected, "the mask must broadcast to the scores");
    }
    return n.failed() ? Value() : n.expandUnproved(bias, scores);
  }

  /// The mask input in additive form, as long as the keys.
  Value givenMask() {
    Value given = n.optionalValue(3);
    if (!given) {
      return {};
    }
    bool isBool = n.elementType(given).isInteger(1);
    given = isBool ? hidden(given) : n.cast(given, type);
    if (!given || n.rank(given) < 1 || n.rank(given) > 4) {
      n.failed() ? void() : n.badShape("expects a mask of rank 1 to 4");
      return {};
    }
    AffineExpr have = n.dims(given).back(), all = n.dims(k)[2];
    if (n.math.equal(have, all)) {
      return given;
    }
    // A shorter mask hides what it does not reach.
    AffineExpr missing = n.math.sub(all, have);
    n.require(n.math.compare(Predicate::sle, have, all), have, all,
              "the mask must not be longer than the keys");
    int64_t rank = n.rank(given);
    SmallVector<AffineExpr> more(rank, n.math.constant(0));
    more.back() = missing;
    MixedIndices high = n.mixed(more);
    SmallVector<int64_t> low(rank, 0);
    return n.failed() ? Value()
                      : n.create<PadOp>(given, Maybe{minusInfinity()},
                                        SmallVector<Value>(), high.values, low,
                                        high.fixed, PadKind::constant);
  }

  /// The definition, step by step.
  Value compose(Value bias, double softcap, int64_t mode, Type precision) {
    AffineExpr heads = n.dims(q)[1];
    Value keys = repeatHeads(n, k, heads), values = repeatHeads(n, v, heads);
    Type f64 = n.b.getF64Type();
    Value scale = knownScale
                      ? n.scalar(f64, *knownScale)
                      : n.create<RsqrtOp>(n.scalarTensor(n.dims(q)[3], f64));
    Value root = n.cast(n.create<SqrtOp>(scale), type);
    Value negative = n.scalar(type, -1);
    // The root of a negative scale does not exist; its sign goes to Q.
    Value left = knownScale && *knownScale < 0
                     ? (root = n.scalar(type, std::sqrt(-*knownScale)),
                        n.mul(n.mul(q, root), negative))
                     : n.mul(q, root);
    Value scores = n.matmul(left, n.mul(keys, root), false, true);
    Value stages[4] = {scores, {}, {}, {}};
    if (softcap > 0) {
      Value cap = n.scalar(type, softcap);
      scores = n.mul(n.create<TanhOp>(n.div(scores, cap)), cap);
    }
    stages[1] = scores;
    scores = bias ? n.add(scores, bias) : scores;
    stages[2] = scores;
    Value weights = n.create<SoftmaxOp>(n.cast(scores, precision), int64_t(3),
                                        /*log=*/false);
    stages[3] = n.cast(weights, type);
    if (n.wants(3)) {
      if (mode < 0 || mode > 3) {
        n.badAttribute("qk_matmul_output_mode must be in [0, 3]");
        return {};
      }
      n.setResult(3, stages[mode]);
    }
    Value y = n.matmul(n.cast(weights, n.elementType(v)), values);
    return n.cast(y, type);
  }

  void setOutput(Value y) { n.setResult(0, isPacked ? mergeHeads(n, y) : y); }

  Node &n;
  Value q, k, v;
  AffineExpr past;
  Type type;
  bool isPacked = false;
  std::optional<double> knownScale;
};
} // namespace

static void importAttention(Node &n) { Attention(n).run(); }

void mlc::onnx::addAttentionRules(RuleTable &table) {
  table.add("Attention", 23, importAttention);
}
