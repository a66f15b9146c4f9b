//===- SpecialTrees.cpp - ensembles of decision trees -----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The nodes of all trees are tables of constants; a sample's place in each tree
// [N, T] begins at the roots and takes one step per level, by gathers. A leaf
// leads to itself, so that trees of different depths need no case of their own.
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Forest.h"
#include "compiler/frontend/onnx/Indices.h"
#include "compiler/frontend/onnx/Rules.h"
#include "compiler/frontend/onnx/Scores.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

namespace {

/// Ops that walk through a forest.
class Walker {
public:
  Walker(Node &n, const Forest &forest) : n(n), forest(forest) {}

  /// The aggregated weights of a sample's leaves, [N, targets].
  Value scores(Value x);

private:
  /// The entry of a table for each place.
  Value table(Type type, ArrayRef<double> values, Value place) {
    Value &all = constants[values.data()];
    all = all ? all : constantOf(n, type, {int64_t(values.size())}, values);
    return n.gather(all, place, 0);
  }
  Value compare(Forest::Mode how, Value value, Value at);
  Value isMember(Value place, Value value);
  Value isTaken(Value place, Value value);
  Value aggregate(Value place);

  Node &n;
  const Forest &forest;
  Type real; // of features and weights
  std::map<const double *, Value> constants;
};

} // namespace

Value Walker::isMember(Value place, Value value) {
  int64_t most = int64_t(forest.members[0].size());
  SmallVector<double> flat;
  for (const auto &set : forest.members) {
    flat.append(set.begin(), set.end());
  }
  Value sets =
      constantOf(n, real, {int64_t(forest.members.size()), most}, flat);
  Value same = n.elementwise<EqualOp>(
      {n.gather(sets, place, 0), n.unsqueeze(value, {2})});
  Value hits = n.reduce(n.cast(same, n.b.getI64Type()), ReduceKind::sum, {2},
                        /*keep=*/false);
  return n.elementwise<GreaterOp>({hits, n.scalar(n.b.getI64Type(), 0)});
}

Value Walker::compare(Forest::Mode how, Value value, Value at) {
  switch (how) {
  case Forest::leq:
    return n.elementwise<LessEqualOp>({value, at});
  case Forest::lt:
    return n.elementwise<LessOp>({value, at});
  case Forest::gte:
    return n.elementwise<GreaterEqualOp>({value, at});
  case Forest::gt:
    return n.elementwise<GreaterOp>({value, at});
  case Forest::neq:
    return n.create<NotOp>(n.elementwise<EqualOp>({value, at}));
  default:
    return n.elementwise<EqualOp>({value, at});
  }
}

/// Whether each place's condition holds.
Value Walker::isTaken(Value place, Value value) {
  Type i64 = n.b.getI64Type();
  std::set<double> kinds(forest.mode.begin(), forest.mode.end());
  kinds.erase(Forest::leaf);
  Value at = table(real, forest.split, place), own, taken;
  for (double kind : kinds) {
    Value holds = kind == Forest::member
                      ? isMember(place, value)
                      : compare(Forest::Mode(kind), value, at);
    if (!taken) {
      taken = holds;
      continue;
    }
    own = own ? own : table(i64, forest.mode, place);
    Value isKind = n.elementwise<EqualOp>({own, n.scalar(i64, kind)});
    taken = select(n, isKind, holds, taken);
  }
  if (llvm::is_contained(forest.missing, 1.0)) {
    Value tracks = n.cast(table(i64, forest.missing, place), n.b.getI1Type());
    Value lost = n.elementwise<AndOp>({tracks, n.create<IsNanOp>(value)});
    taken = n.elementwise<OrOp>({taken, lost});
  }
  return taken;
}

Value Walker::aggregate(Value place) {
  std::string how = "SUM";
  if (const AttributeProto *given = n.findAttr("aggregate_function")) {
    static const char *const names[] = {"AVERAGE", "SUM", "MIN", "MAX"};
    int64_t number = given->has_s() ? 0 : n.intAttr("aggregate_function", 1);
    how = given->has_s()              ? given->s()
          : number >= 0 && number < 4 ? names[number]
                                      : std::to_string(number);
  }
  int64_t count = int64_t(forest.mode.size());
  bool isExtreme = how == "MIN" || how == "MAX";
  if (!isExtreme && how != "SUM" && how != "AVERAGE") {
    n.badAttribute("aggregate_function '" + how + "' is not known");
    return {};
  }
  // A target without a weight in a leaf does not take part in an extreme.
  double absent = std::numeric_limits<double>::infinity();
  absent = how == "MAX" ? -absent : absent;
  SmallVector<double> values = forest.weights;
  for (size_t i = 0; isExtreme && i < values.size(); ++i) {
    values[i] = forest.present[i] != 0 ? values[i] : absent;
  }
  Value all = constantOf(n, real, {count, forest.targets}, values);
  Value found = n.gather(all, place, 0);
  ReduceKind kind = how == "MIN"   ? ReduceKind::min
                    : how == "MAX" ? ReduceKind::max
                                   : ReduceKind::sum;
  Value y = n.reduce(found, kind, {1}, /*keep=*/false);
  if (isExtreme) {
    Value none = n.elementwise<EqualOp>({y, n.scalarLike(y, absent)});
    return select(n, none, n.scalarLike(y, 0), y);
  }
  return how == "AVERAGE"
             ? n.div(y, n.scalarLike(y, double(forest.roots.size())))
             : y;
}

Value Walker::scores(Value x) {
  if (!x || n.rank(x) < 1 || n.rank(x) > 2) {
    n.failed() ? void() : n.badShape("expects samples of rank 1 or 2");
    return {};
  }
  real = n.elementType(x).isF64() ? n.elementType(x) : Type(n.b.getF32Type());
  x = n.cast(n.rank(x) == 1 ? n.unsqueeze(x, {0}) : x, real);
  double featureCount = *llvm::max_element(forest.feature) + 1;
  AffineExpr width = n.math.constant(int64_t(featureCount));
  n.require(n.math.compare(arith::CmpIPredicate::sge, n.dims(x)[1], width),
            n.dims(x)[1], width, "a sample has too few features");
  Type i64 = n.b.getI64Type();
  int64_t trees = int64_t(forest.roots.size());
  Value place = n.expand(constantOf(n, i64, {1, trees}, forest.roots),
                         {n.dims(x)[0], n.math.constant(trees)});
  // Both children of a node side by side, and all features in one row: a step
  // gathers single elements by indices it computes, so that steps can fuse.
  SmallVector<double> children;
  for (auto [no, yes] : llvm::zip_equal(forest.no, forest.yes)) {
    children.append({no, yes});
  }
  AffineExpr samples = n.dims(x)[0];
  AffineExpr entries = n.math.product({samples, width});
  if (!entries || n.failed()) {
    n.failed() ? void() : n.badShape("the extents overflow");
    return {};
  }
  x = n.slice(x, 1, n.math.constant(0), width);
  Value features = n.reshape(x, {entries});
  Value sample = n.elementwise<MulOp>(
      {iotaAlong(n, i64, samples, 0, 2), n.scalar(i64, featureCount)});
  for (int64_t step = 0; step < forest.depth && place; ++step) {
    Value feature = table(i64, forest.feature, place);
    Value value =
        n.gather(features, n.elementwise<AddOp>({sample, feature}), 0);
    Value taken = n.cast(isTaken(place, value), i64);
    Value pair = n.elementwise<MulOp>({place, n.scalar(i64, 2)});
    place = table(i64, children, n.elementwise<AddOp>({pair, taken}));
  }
  return place ? aggregate(place) : Value();
}

/// base_values of the versions that have them.
static SmallVector<double> baseValues(Node &n) {
  auto values = n.floatsAttr("base_values");
  if (n.hasAttr("base_values_as_tensor")) {
    n.unsupported("base values as a tensor");
  }
  return values.value_or(SmallVector<double>());
}

static void importRegressor(Node &n) {
  Forest forest(n);
  if (!forest.readOld("target", n.intAttr("n_targets", 1))) {
    return;
  }
  Value y = Walker(n, forest).scores(n.value(0));
  y = transformScores(n, addToColumns(n, y, baseValues(n)));
  n.setResult(0, n.cast(y, n.b.getF32Type()));
}

static void importClassifier(Node &n) {
  auto labels = n.intsAttr("classlabels_int64s");
  auto names = n.stringsAttr("classlabels_strings");
  int64_t count = labels && !labels->empty() ? int64_t(labels->size())
                  : names                    ? int64_t(names->size())
                                             : 0;
  Forest forest(n);
  if (n.failed() || !forest.readOld("class", count)) {
    return;
  }
  SmallVector<double> base = baseValues(n);
  Value y = Walker(n, forest).scores(n.value(0));
  bool isTwo = count == 2 && forest.used.size() == 1;
  if (isTwo && (*forest.used.begin() != 0 || base.size() > 1)) {
    return n.unsupported("weights for only one of two classes, unless it is "
                         "class 0 with one base value");
  }
  if (isTwo) {
    y = y ? n.slice(y, 1, n.math.constant(0), n.math.constant(1)) : y;
  }
  bool positive = forest.weightsArePositive();
  setClasses(n, addToColumns(n, y, base), "classlabels_int64s",
             "classlabels_strings", {positive ? 0.5 : 0, positive});
}

static void importTreeEnsemble(Node &n) {
  Forest forest(n);
  if (forest.readNew()) {
    Value x = n.value(0), y = transformScores(n, Walker(n, forest).scores(x));
    n.setResult(0, x ? n.cast(y, n.elementType(x)) : Value());
  }
}

void mlc::onnx::addTreesRules(RuleTable &table) {
  table.add("TreeEnsembleRegressor", 1, importRegressor, "ai.onnx.ml");
  table.add("TreeEnsembleClassifier", 1, importClassifier, "ai.onnx.ml");
  table.add("TreeEnsemble", 5, importTreeEnsemble, "ai.onnx.ml");
}
