//===- SpecialEncoders.cpp - features in and labels out ---------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What stands before and after a classical model in domain ai.onnx.ml, for
// numbers; strings are refused.
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Indices.h"
#include "compiler/frontend/onnx/Rules.h"
#include "compiler/frontend/onnx/Scores.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

/// A list given as PREFIX_int64s, PREFIX_floats or PREFIX_tensor; null after a
/// problem.
static Value listAttr(Node &n, const std::string &prefix) {
  if (auto ints = n.intsAttr(prefix + "_int64s"); ints && !ints->empty()) {
    return n.constant(*ints);
  }
  auto floats = n.floatsAttr(prefix + "_floats");
  if (floats && !floats->empty()) {
    return constantOf(n, n.b.getF32Type(), {int64_t(floats->size())}, *floats);
  }
  if (ElementsAttr tensor = n.tensorAttr(prefix + "_tensor")) {
    return n.reshape(n.constant(tensor),
                     {n.math.constant(tensor.getNumElements())});
  }
  n.failed() ? void() : n.unsupported("'" + prefix + "' that are strings");
  return {};
}

/// Where x equals key, a NaN being equal to a NaN.
static Value matches(Node &n, Value x, Value key) {
  Value same = n.elementwise<EqualOp>({x, key});
  if (!same || !isa<FloatType>(n.elementType(x))) {
    return same;
  }
  Value both =
      n.elementwise<AndOp>({n.create<IsNanOp>(x), n.create<IsNanOp>(key)});
  return n.elementwise<OrOp>({same, both});
}

/// What LabelEncoder gives for a value that is no key.
static Value defaultLabel(Node &n, Type type) {
  if (ElementsAttr given = n.tensorAttr("default_tensor")) {
    return n.reshape(n.constant(given), {});
  }
  return type.isInteger(64)
             ? n.scalar(type, double(n.intAttr("default_int64", -1)))
             : n.scalar(type, n.floatAttr("default_float", -0.0));
}

static void importLabelEncoder(Node &n) {
  Value x = n.value(0);
  for (StringRef unused :
       {"default_string", "default_int64", "default_float"}) {
    n.ignoreAttr(unused); // one of them counts, by the values' type
  }
  Value keys = listAttr(n, "keys"),
        values = keys ? listAttr(n, "values") : keys;
  if (!x || !values || n.failed()) {
    return;
  }
  if (n.elementType(keys) != n.elementType(x)) {
    return n.badShape("keys and input must be of one type");
  }
  n.requireEqual(n.dims(values)[0], n.dims(keys)[0], "expects a value per key");
  int64_t rank = n.rank(x);
  Value same =
      n.cast(matches(n, n.unsqueeze(x, {rank}), keys), n.b.getI64Type());
  Value place = n.create<ArgReduceOp>(same, rank, false, false);
  Value hit = n.cast(n.reduce(same, ReduceKind::max, {rank}, /*keep=*/false),
                     n.b.getI1Type());
  if (hit && !n.failed()) {
    Value label = n.gather(values, n.reshape(place, n.dims(x)), 0);
    n.setResult(0,
                select(n, hit, label, defaultLabel(n, n.elementType(values))));
  }
}

/// Replaces one value, which may be NaN, by one for all or for its column.
static void importImputer(Node &n) {
  Value x = n.value(0);
  Value with = listAttr(n, "imputed_value");
  if (!x || !with) {
    return;
  }
  Type type = n.elementType(x);
  bool isReal = isa<FloatType>(type);
  double replaced = isReal ? n.floatAttr("replaced_value_float", 0)
                           : double(n.intAttr("replaced_value_int64", 0));
  n.ignoreAttr(isReal ? "replaced_value_int64" : "replaced_value_float");
  if (n.elementType(with) != type) {
    return n.badShape("the imputed values must be of the input's type");
  }
  Value lost = matches(n, x, n.scalar(type, replaced));
  n.setResult(0, select(n, lost, with, x));
}

/// One column for each category, 1 where the input is it.
static void importOneHotEncoder(Node &n) {
  Value x = n.value(0);
  auto categories = n.intsAttr("cats_int64s");
  if (n.intAttr("zeros", 1) == 0) {
    return n.unsupported("zeros=0, an error at run time for other categories");
  }
  if (!categories || categories->empty()) {
    return n.failed() ? void() : n.unsupported("categories that are strings");
  }
  x = n.cast(x, n.b.getI64Type());
  x = x ? n.unsqueeze(x, {n.rank(x)}) : x;
  Value same = n.elementwise<EqualOp>({x, n.constant(*categories)});
  n.setResult(0, n.cast(same, n.b.getF32Type()));
}

/// All features of a sample in one row.
static void importFeatureVectorizer(Node &n) {
  auto widths = n.intsAttr("inputdimensions");
  SmallVector<Value> parts;
  for (auto [i, x] : llvm::enumerate(n.allValues())) {
    if (!x || n.rank(x) > 2 || n.rank(x) < 1) {
      return n.failed() ? void() : n.badShape("expects rank 1 or 2");
    }
    Value row = n.rank(x) == 1 ? n.unsqueeze(x, {0}) : x;
    if (row && widths && i < widths->size()) {
      n.requireEqual(n.dims(row)[1], n.math.constant((*widths)[i]),
                     "'inputdimensions' must be those of the inputs");
    }
    parts.push_back(n.cast(row, n.b.getF32Type()));
  }
  if (!n.failed()) {
    n.setResult(0, n.concat(parts, 1));
  }
}

void mlc::onnx::addEncodersRules(RuleTable &table) {
  table.add("LabelEncoder", 1, importLabelEncoder, "ai.onnx.ml");
  table.add("Imputer", 1, importImputer, "ai.onnx.ml");
  table.add("OneHotEncoder", 1, importOneHotEncoder, "ai.onnx.ml");
  table.add("FeatureVectorizer", 1, importFeatureVectorizer, "ai.onnx.ml");
}
