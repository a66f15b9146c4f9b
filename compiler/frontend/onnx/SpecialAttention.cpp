//===- SpecialAttention.cpp - attention and rotary embeddings ---*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Branches.h"
#include "compiler/frontend/onnx/Indices.h"
#include "compiler/frontend/onnx/Rules.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;
using Predicate = arith::CmpIPredicate;

/// [B, S, heads * D] as [B, heads, S, D].
static Value splitHeads(Node &n, Value x, int64_t heads) {
  if (!x || heads < 1) {
    n.failed() ? void() : n.badAttribute("expects a positive number of heads");
    return {};
  }
  DimExprs dims = n.dims(x);
  AffineExpr count = n.math.constant(heads), zero = n.math.constant(0);
  n.requireEqual(n.math.mod(dims[2], count), zero,
                 "the hidden size must be a multiple of the heads");
  Value y = n.failed() ? Value()
                       : n.reshape(x, {dims[0], dims[1], count,
                                       n.math.floorDiv(dims[2], count)});
  return n.transpose(y, {0, 2, 1, 3});
}

/// The inverse of splitHeads.
static Value mergeHeads(Node &n, Value x) {
  Value y = n.transpose(x, {0, 2, 1, 3});
  if (!y) {
    return {};
  }
  DimExprs dims = n.dims(y);
  return n.reshape(y, {dims[0], dims[1], n.math.mul(dims[2], dims[3])});
}

/// [B, H, T, D] with each head repeated for `heads` query heads.
static Value repeatHeads(Node &n, Value x, AffineExpr heads) {
  DimExprs dims = n.dims(x);
  if (n.math.equal(dims[1], heads)) {
    return x;
  }
  AffineExpr group = n.math.floorDiv(heads, dims[1]), one = n.math.constant(1);
  n.requireEqual(n.math.mod(heads, dims[1]), n.math.constant(0),
                 "query heads must be a multiple of key heads");
  if (n.failed()) {
    return {};
  }
  Value y = n.reshape(x, {dims[0], dims[1], one, dims[2], dims[3]});
  y = n.expand(y, {dims[0], dims[1], group, dims[2], dims[3]});
  return n.reshape(y, {dims[0], heads, dims[2], dims[3]});
}

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

//===----------------------------------------------------------------------===//
// FlexAttention
//===----------------------------------------------------------------------===//

/// `x` through a subgraph attribute of one input and output, if it is there.
static Value modify(Node &n, StringRef name, Value x) {
  if (!x || !n.hasAttr(name)) {
    return x;
  }
  const GraphProto *graph = n.graphAttr(name);
  if (!graph) {
    return {};
  }
  bool ok = false;
  SmallVector<Tensor *> outputs =
      importSubgraph(n, *graph, n.importer.makeTensor(x), ok);
  if (!ok || outputs.size() != 1 || !outputs[0]->isTensor()) {
    n.failed() ? void() : n.badShape("'" + name + "' must have one output");
    return {};
  }
  Value y = n.importer.materialize(*outputs[0], n.loc);
  return y ? n.expand(n.cast(y, n.elementType(x)), n.dims(x)) : Value();
}

static void importFlexAttention(Node &n) {
  Value q = n.value(0), k = n.value(1), v = n.value(2);
  if (n.failed()) {
    return;
  }
  if (n.rank(q) != 4 || n.rank(k) != 4 || n.rank(v) != 4) {
    return n.badShape("expects Q, K and V of rank 4");
  }
  Type type = n.elementType(q);
  Type wide = type.getIntOrFloatBitWidth() < 32 ? Type(n.b.getF32Type()) : type;
  Type precision = n.hasAttr("softmax_precision")
                       ? n.typeAttr("softmax_precision", 1)
                       : wide;
  auto size = DimMath::literal(n.dims(q)[3]);
  if (!precision || (!size && !n.hasAttr("scale"))) {
    return n.failed() ? void()
                      : n.unsupported("a head size that is not known "
                                      "at compile time");
  }
  double scale = n.floatAttr("scale", size ? 1 / std::sqrt(double(*size)) : 1);
  AffineExpr heads = n.dims(q)[1];
  n.requireEqual(n.dims(v)[2], n.dims(k)[2], "K and V must be equally long");
  Value root = n.scalar(type, std::sqrt(std::abs(scale)));
  Value left = n.mul(q, scale < 0 ? n.scalar(type, -std::sqrt(-scale)) : root);
  Value right = n.mul(repeatHeads(n, k, heads), root);
  Value scores = n.cast(n.matmul(left, right, false, true), precision);
  scores = modify(n, "score_mod", scores);
  Value weights = n.create<SoftmaxOp>(scores, int64_t(3), /*log=*/false);
  weights = modify(n, "prob_mod", weights);
  Value values = repeatHeads(n, v, heads);
  Value y = n.matmul(weights, n.cast(values, precision));
  n.setResult(0, n.cast(y, n.elementType(v)));
}

//===----------------------------------------------------------------------===//
// Linear attention
//===----------------------------------------------------------------------===//

/// decay or beta: [B, T, heads * D] as [B, heads, T, D]; null when left out.
/// The update rule says whether it must be there.
static Value readRate(Node &n, unsigned i, bool expected, int64_t heads) {
  if (n.has(i) != expected) {
    n.badAttribute("update_rule and the inputs decay and beta do not fit");
    return {};
  }
  Value rate = n.optionalValue(i);
  if (!rate || n.rank(rate) != 3) {
    n.failed() || !expected ? void() : n.badShape("expects rank 3");
    return {};
  }
  // One number for all heads broadcasts.
  bool shared = DimMath::literal(n.dims(rate)[2]) == 1;
  return n.cast(splitHeads(n, rate, shared ? 1 : heads), n.b.getF32Type());
}

static void importLinearAttention(Node &n) {
  Value query = n.value(0), past = n.optionalValue(3);
  int64_t readers = n.intAttr("q_num_heads", 0);
  int64_t heads = n.intAttr("kv_num_heads", 0);
  std::string rule = n.stringAttr("update_rule", "gated_delta");
  double scale = n.floatAttr("scale", 0);
  n.ignoreAttr("chunk_size"); // a hint that changes no result
  bool gated = rule == "gated" || rule == "gated_delta";
  bool delta = rule == "delta" || rule == "gated_delta";
  if (n.failed() || (!gated && !delta && rule != "linear")) {
    return n.failed()
               ? void()
               : n.badAttribute("update_rule '" + rule + "' is not known");
  }
  if (heads < 1 || readers % heads != 0) {
    return n.badAttribute("q_num_heads must be a multiple of kv_num_heads");
  }
  for (unsigned i = 0; i < 3; ++i) {
    Value x = n.value(i);
    if (!x || n.rank(x) != 3) {
      return n.failed() ? void() : n.badShape("expects inputs of rank 3");
    }
  }
  Type f32 = n.b.getF32Type();
  Value q = n.cast(splitHeads(n, query, readers), f32);
  Value k = n.cast(splitHeads(n, n.value(1), heads), f32);
  Value v = n.cast(splitHeads(n, n.value(2), heads), f32);
  Value decay = readRate(n, 4, gated, heads);
  Value beta = readRate(n, 5, delta, heads);
  if (n.failed()) {
    return;
  }
  DimExprs dk = n.dims(k), dv = n.dims(v);
  for (Value other : {q, v}) {
    n.requireEqual(n.dims(other)[0], dk[0], "batches must be equal");
    n.requireEqual(n.dims(other)[2], dk[2], "lengths must be equal");
  }
  n.requireEqual(n.dims(q)[3], dk[3], "head sizes of Q and K must be equal");
  DimExprs shape{dk[0], dk[1], dk[3], dv[3]};
  Type stateType = past ? n.elementType(past) : n.elementType(query);
  Value state = past ? n.cast(past, f32) : n.fill(f32, 0, shape);
  if (past && n.rank(past) != 4) {
    return n.badShape("expects a state of rank 4");
  }
  for (size_t i = 0; past && i < 4; ++i) {
    n.requireEqual(n.dims(past)[i], shape[i], "the state's dims");
  }
  auto size = DimMath::literal(dk[3]);
  if (n.failed() || (scale == 0 && !size)) {
    return n.failed() ? void()
                      : n.unsupported("a head size that is not known "
                                      "at compile time");
  }
  scale = scale != 0 ? scale : 1 / std::sqrt(double(*size));
  SmallVector<Value> operands{q, k, v, state};
  if (decay) {
    bool perHead = DimMath::literal(n.dims(decay)[3]) == 1;
    operands.push_back(n.expand(
        decay, {dk[0], dk[1], dk[2], perHead ? n.math.constant(1) : dk[3]}));
  }
  if (beta) {
    operands.push_back(
        n.expand(beta, {dk[0], dk[1], dk[2], n.math.constant(1)}));
  }
  Operation *op = n.createMany(
      LinearAttentionOp::getOperationName(), 2, operands,
      {n.b.getNamedAttr("scale", n.b.getF64FloatAttr(scale)),
       n.b.getNamedAttr("operandSegmentSizes",
                        n.b.getDenseI32ArrayAttr(
                            {1, 1, 1, 1, decay ? 1 : 0, beta ? 1 : 0}))});
  if (op) {
    Value y = mergeHeads(n, op->getResult(0));
    n.setResult(0, n.cast(y, n.elementType(query)));
    n.setResult(1, n.cast(op->getResult(1), stateType));
  }
}

//===----------------------------------------------------------------------===//
// Rotary embeddings
//===----------------------------------------------------------------------===//

/// A cache of angles as [B or 1, 1, S, R / 2], chosen by position if need be.
static Value readCache(Node &n, unsigned i, Value positions) {
  Value cache = n.value(i);
  if (!cache) {
    return {};
  }
  cache = positions ? n.gather(cache, positions, 0) : cache;
  if (!cache || n.rank(cache) != 3) {
    n.failed() ? void()
               : n.badShape("expects caches of rank 3, or 2 with "
                            "position_ids");
    return {};
  }
  return n.unsqueeze(cache, {1});
}

static void importRotaryEmbedding(Node &n) {
  Value x = n.value(0), positions = n.optionalValue(3);
  bool interleaved = n.intAttr("interleaved", 0) != 0;
  int64_t rotated = n.intAttr("rotary_embedding_dim", 0);
  int64_t heads = n.intAttr("num_heads", 0);
  Value cosine = readCache(n, 1, positions), sine = readCache(n, 2, positions);
  if (n.failed()) {
    return;
  }
  bool isPacked = n.rank(x) == 3;
  x = isPacked ? splitHeads(n, x, heads) : x;
  if (!x || n.rank(x) != 4) {
    return n.failed() ? void() : n.badShape("expects rank 3 or 4");
  }
  AffineExpr zero = n.math.constant(0), two = n.math.constant(2);
  AffineExpr full = n.dims(x)[3];
  AffineExpr width = rotated > 0 ? n.math.constant(rotated) : full;
  AffineExpr half = n.math.floorDiv(width, two);
  n.require(n.math.compare(Predicate::sle, width, full), width, full,
            "rotary_embedding_dim must be at most the head size");
  n.requireEqual(n.math.mul(half, two), width, "the rotated size must be even");
  for (Value cache : {cosine, sine}) {
    n.requireEqual(n.dims(cache)[3], half,
                   "caches must hold half the rotated size");
  }
  if (n.failed()) {
    return;
  }
  DimExprs dims = n.dims(x);
  auto part = [&](int64_t which) {
    DimExprs sizes = dims;
    sizes[3] = half;
    SmallVector<AffineExpr> starts(4, zero);
    SmallVector<int64_t> steps{1, 1, 1, interleaved ? 2 : 1};
    starts[3] = which == 0 ? zero : interleaved ? n.math.constant(1) : half;
    return n.slice(x, starts, sizes, steps);
  };
  Value a = part(0), b = part(1);
  Value real = n.sub(n.mul(cosine, a), n.mul(sine, b));
  Value imaginary = n.add(n.mul(sine, a), n.mul(cosine, b));
  DimExprs turned = dims;
  turned[3] = width;
  Value y = interleaved ? n.reshape(n.concat({n.unsqueeze(real, {4}),
                                              n.unsqueeze(imaginary, {4})},
                                             4),
                                    turned)
                        : n.concat({real, imaginary}, 3);
  if (!n.math.equal(width, full)) {
    Value rest = n.slice(x, 3, width, n.math.sub(full, width));
    y = n.concat({y, rest}, 3);
  }
  n.setResult(0, isPacked ? mergeHeads(n, y) : y);
}

//===----------------------------------------------------------------------===//
// Causal convolution
//===----------------------------------------------------------------------===//

static void importCausalConv(Node &n) {
  Value x = n.value(0), w = n.value(1);
  Value bias = n.optionalValue(2), past = n.optionalValue(3);
  std::string activation = n.stringAttr("activation", "none");
  if (n.failed()) {
    return;
  }
  auto channels =
      n.rank(x) == 3 ? DimMath::literal(n.dims(x)[1]) : std::nullopt;
  auto extent = n.rank(w) == 3 ? DimMath::literal(n.dims(w)[2]) : std::nullopt;
  if (!channels || !extent || *extent < 1) {
    return n.badShape("expects an input [N, C, L] and a filter [C, 1, k] of "
                      "known C and k");
  }
  AffineExpr carried = n.math.constant(*extent - 1);
  DimExprs before{n.dims(x)[0], n.dims(x)[1], carried};
  if (past && n.rank(past) != 3) {
    return n.badShape("expects a state of rank 3");
  }
  Value start = past ? past : n.fill(n.elementType(x), 0, before);
  for (size_t i = 0; i < 3; ++i) {
    n.requireEqual(n.dims(start)[i], before[i], "the state's dims");
  }
  n.requireEqual(n.dims(w)[0], before[1], "one filter per channel");
  n.requireEqual(n.dims(w)[1], n.math.constant(1), "a depthwise filter");
  if (n.failed()) {
    return;
  }
  Value all = n.concat({start, x}, 2);
  Value y =
      n.create<ConvOp>(all, w, ArrayRef<int64_t>{1}, ArrayRef<int64_t>{0, 0},
                       ArrayRef<int64_t>{1}, *channels);
  if (bias && y) {
    n.requireEqual(n.dims(bias)[0], before[1], "one bias per channel");
    y = n.add(y, n.perChannel(bias, 3));
  }
  if (activation == "silu" || activation == "swish") {
    y = n.create<SwishOp>(y, llvm::APFloat(1.0));
  } else if (activation != "none") {
    return n.badAttribute("activation '" + activation + "' is not known");
  }
  n.setResult(0, y);
  if (n.wants(1) && all) {
    AffineExpr from = n.math.sub(n.dims(all)[2], carried);
    n.setResult(1, n.slice(all, 2, from, carried));
  }
}

void mlc::onnx::addAttentionRules(RuleTable &table) {
  table.add("Attention", 23, importAttention);
  table.add("FlexAttention", 1, importFlexAttention, "ai.onnx.preview");
  table.add("LinearAttention", 27, importLinearAttention);
  table.add("RotaryEmbedding", 23, importRotaryEmbedding);
  table.add("CausalConvWithState", 27, importCausalConv);
}
