//===- Scores.cpp - scores of classical models ------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The standard does not say what a classifier with one score for two classes
// returns; this is what ONNX Runtime does.
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Scores.h"
#include "compiler/frontend/onnx/Indices.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

template <typename T>
static DenseElementsAttr elementsOf(RankedTensorType type,
                                    ArrayRef<double> values) {
  SmallVector<T> elements;
  for (double value : values) {
    elements.push_back(T(value));
  }
  return DenseElementsAttr::get(type, ArrayRef<T>(elements));
}

Value onnx::constantOf(Node &n, Type type, ArrayRef<int64_t> dims,
                       ArrayRef<double> values) {
  auto shaped = RankedTensorType::get(dims, type);
  return n.constant(type.isF64()   ? elementsOf<double>(shaped, values)
                    : type.isF32() ? elementsOf<float>(shaped, values)
                                   : elementsOf<int64_t>(shaped, values));
}

/// The softmax over the scores that are not zero; zeros stay.
static Value softmaxOfNonZero(Node &n, Value scores) {
  Value top = n.reduce(scores, ReduceKind::max, {1}, true);
  Value isZero = n.elementwise<LessEqualOp>(
      {n.create<AbsOp>(scores), n.scalarLike(scores, 1e-7)});
  Value power = n.create<ExpOp>(n.sub(scores, top));
  power = select(n, isZero, n.scalarLike(scores, 0), power);
  Value sum = n.reduce(power, ReduceKind::sum, {1}, true);
  Value none = n.elementwise<EqualOp>({sum, n.scalarLike(scores, 0)});
  return n.div(power, select(n, none, n.scalarLike(scores, 1), sum));
}

static std::string transformName(Node &n) {
  const AttributeProto *given = n.findAttr("post_transform");
  if (!given || given->has_s()) {
    return n.stringAttr("post_transform", "NONE");
  }
  static const char *const names[] = {"NONE", "SOFTMAX", "LOGISTIC",
                                      "SOFTMAX_ZERO", "PROBIT"};
  int64_t number = n.intAttr("post_transform", 0);
  return number >= 0 && number < 5 ? names[number] : std::to_string(number);
}

Value onnx::transformScores(Node &n, Value scores) {
  std::string name = transformName(n);
  if (!scores || name == "NONE") {
    return scores;
  }
  if (name == "SOFTMAX") {
    return n.create<SoftmaxOp>(scores, int64_t(1), /*log=*/false);
  }
  if (name == "LOGISTIC") {
    return n.create<SigmoidOp>(scores);
  }
  if (name == "SOFTMAX_ZERO") {
    return softmaxOfNonZero(n, scores);
  }
  n.unsupported("post_transform '" + name + "'");
  return {};
}

Value onnx::addToColumns(Node &n, Value scores, ArrayRef<double> values) {
  if (!scores || values.empty()) {
    return scores;
  }
  int64_t count = int64_t(values.size());
  auto columns = DimMath::literal(n.dims(scores)[1]);
  if (count != 1 && columns != count) {
    n.badAttribute("found " + Twine(count) +
                   " values, expected one for each "
                   "target");
    return {};
  }
  return n.add(scores,
               constantOf(n, n.elementType(scores), {1, count}, values));
}

/// Two scores of the one that speaks for the second class.
static Value spreadScore(Node &n, Value score, TwoClasses two) {
  if (transformName(n) == "LOGISTIC") {
    Value both = n.concat({n.create<NegOp>(score), score}, 1);
    return n.create<SigmoidOp>(both);
  }
  if (transformName(n) == "PROBIT") {
    n.unsupported("post_transform 'PROBIT'");
    return {};
  }
  Value first = two.complement ? n.sub(n.scalarLike(score, 1), score)
                               : n.create<NegOp>(score);
  return n.concat({first, score}, 1); // no softmax of a single score
}

void onnx::setClasses(Node &n, Value scores, StringRef ints, StringRef strings,
                      TwoClasses two) {
  auto labels = n.intsAttr(ints);
  if (!labels || labels->empty()) {
    return n.failed() ? void()
                      : n.unsupported("labels other than '" + ints +
                                      "' (strings are not supported)");
  }
  auto names = n.stringsAttr(strings);
  auto columns = scores ? DimMath::literal(n.dims(scores)[1]) : std::nullopt;
  int64_t count = int64_t(labels->size());
  bool isTwo = columns == 1 && count == 2;
  if (n.failed() || (names && !names->empty()) ||
      (!isTwo && columns != count)) {
    return n.failed() ? void()
                      : n.badAttribute("expects one label for each score");
  }
  Value index;
  if (isTwo) {
    Value above =
        n.elementwise<GreaterOp>({scores, n.scalarLike(scores, two.threshold)});
    index = n.cast(above, n.b.getI64Type());
  } else {
    index = n.create<ArgReduceOp>(scores, int64_t(1), false, false);
  }
  index = index ? n.reshape(index, {n.dims(index)[0]}) : index;
  n.setResult(0, n.gather(n.constant(*labels), index, 0));
  Value y = isTwo ? spreadScore(n, scores, two) : transformScores(n, scores);
  n.setResult(1, n.cast(y, n.b.getF32Type()));
}
