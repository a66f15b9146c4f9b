//===- SpecialRecurrent.cpp - LSTM, GRU, RNN --------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// mlc.recurrent takes ONNX's operands in layout 0 and gives Y, Y_h and Y_c as
// rows of one tensor.
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Rules.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

namespace {
/// An activation that a cell may use, with the defaults of its parameters.
struct Activation {
  StringRef name;
  int parameters; // 0: none, 1: alpha, 2: alpha and beta
  double alpha, beta;
};

struct Cell {
  RecurrentKind kind;
  SmallVector<StringRef> activations; // defaults
};

/// The activations of all directions as mlc.recurrent wants them.
struct Activations {
  SmallVector<Attribute> names;
  SmallVector<double> alpha, beta;
};
} // namespace

static const Activation *findActivation(StringRef name) {
  static const Activation all[] = {
      {"relu", 0, 0, 0},         {"tanh", 0, 0, 0},
      {"sigmoid", 0, 0, 0},      {"softsign", 0, 0, 0},
      {"softplus", 0, 0, 0},     {"affine", 2, 1, 0},
      {"leakyrelu", 1, 0.01, 0}, {"thresholdedrelu", 1, 1, 0},
      {"scaledtanh", 2, 1, 1},   {"hardsigmoid", 2, 0.2, 0.5},
      {"elu", 1, 1, 0},
  };
  std::string lower = name.lower();
  for (const Activation &activation : all) {
    if (activation.name == lower) {
      return &activation;
    }
  }
  return nullptr;
}

static Cell cellOf(Node &n) {
  if (n.opType() == "LSTM") {
    return {RecurrentKind::lstm, {"sigmoid", "tanh", "tanh"}};
  }
  if (n.opType() == "GRU") {
    return {RecurrentKind::gru, {"sigmoid", "tanh"}};
  }
  return {RecurrentKind::rnn, {"tanh"}};
}

/// Parameters of one kind ("alpha"): given values go, in order, to the
/// activations that take one.
static bool assignParameters(Node &n, StringRef attribute,
                             ArrayRef<const Activation *> activations,
                             bool isBeta, SmallVectorImpl<double> &out) {
  auto given = n.floatsAttr(attribute);
  auto takes = [&](const Activation *a) {
    return a->parameters >= (isBeta ? 2 : 1);
  };
  size_t takers = llvm::count_if(activations, takes);
  bool positional = given && given->size() == activations.size();
  if (given && !positional && given->size() > takers) {
    n.badAttribute("'" + attribute + "' has more values than activations");
    return false;
  }
  size_t next = 0;
  for (auto [i, activation] : llvm::enumerate(activations)) {
    double fallback = isBeta ? activation->beta : activation->alpha;
    if (!takes(activation)) {
      out.push_back(0);
    } else if (positional) {
      out.push_back((*given)[i]);
    } else {
      out.push_back(given && next < given->size() ? (*given)[next++]
                                                  : fallback);
    }
  }
  return true;
}

static std::optional<Activations> readActivations(Node &n, const Cell &cell,
                                                  int64_t directions) {
  auto names = n.stringsAttr("activations");
  size_t count = cell.activations.size() * directions;
  SmallVector<const Activation *> chosen;
  Activations result;
  for (size_t i = 0; i < count; ++i) {
    StringRef name = names && i < names->size()
                         ? StringRef((*names)[i])
                         : cell.activations[i % cell.activations.size()];
    chosen.push_back(findActivation(name));
    if (!chosen.back()) {
      n.unsupported("activation '" + name + "'");
      return std::nullopt;
    }
    result.names.push_back(n.b.getStringAttr(chosen.back()->name));
  }
  if (names && names->size() != count) {
    n.badAttribute("'activations' needs " + Twine(count) + " names");
    return std::nullopt;
  }
  bool valid =
      assignParameters(n, "activation_alpha", chosen, false, result.alpha) &&
      assignParameters(n, "activation_beta", chosen, true, result.beta);
  return valid ? std::optional<Activations>(result) : std::nullopt;
}

/// Directions as flags, true for backwards; empty after a problem.
static SmallVector<bool> readDirections(Node &n) {
  std::string direction = n.stringAttr("direction", "forward");
  if (direction == "forward") {
    return {false};
  }
  if (direction == "reverse") {
    return {true};
  }
  if (direction == "bidirectional") {
    return {false, true};
  }
  n.badAttribute("direction '" + direction + "' is not known");
  return {};
}

/// Checks what the op's shape inference leaves to its caller.
static void checkShapes(Node &n, Value x, Value w, Value r,
                        int64_t directions) {
  if (n.rank(x) != 3 || n.rank(w) != 3 || n.rank(r) != 3) {
    return n.badShape("X, W and R must have rank 3");
  }
  n.requireEqual(n.dims(w)[0], n.math.constant(directions),
                 "W must have one part per direction");
  n.requireEqual(n.dims(r)[0], n.math.constant(directions),
                 "R must have one part per direction");
  n.requireEqual(n.dims(w)[2], n.dims(x)[2],
                 "W's columns must be the input size");
  n.requireEqual(n.dims(w)[1], n.dims(r)[1], "W and R must have equal rows");
  if (n.hasAttr("hidden_size")) {
    n.requireEqual(n.dims(r)[2], n.math.constant(n.intAttr("hidden_size", 0)),
                   "R's columns must be hidden_size");
  }
}

/// An optional state [D, B, H] ([B, D, H] in layout 1).
static Value readState(Node &n, unsigned i, bool batchFirst,
                       ArrayRef<AffineExpr> dims) {
  Value state = n.optionalValue(i);
  if (!state) {
    return {};
  }
  if (n.rank(state) != 3) {
    n.badShape("initial states must have rank 3");
    return {};
  }
  state = batchFirst ? n.transpose(state, {1, 0, 2}) : state;
  for (auto [found, expected] : llvm::zip_equal(n.dims(state), dims)) {
    n.requireEqual(found, expected, "initial state must fit");
  }
  return state;
}

/// Checks an optional operand's shape against `dims`.
static Value readOptional(Node &n, unsigned i, ArrayRef<AffineExpr> dims) {
  Value value = n.optionalValue(i);
  if (!value) {
    return {};
  }
  if (n.rank(value) != int64_t(dims.size())) {
    n.badShape("input " + Twine(i) + " must have rank " + Twine(dims.size()));
    return {};
  }
  for (auto [found, expected] : llvm::zip_equal(n.dims(value), dims)) {
    n.requireEqual(found, expected, "input " + Twine(i) + " must fit");
  }
  return value;
}

/// Y, Y_h and Y_c out of the op's rows.
static void setStates(Node &n, Value rows, AffineExpr steps, bool batchFirst) {
  AffineExpr one = n.math.constant(1);
  if (n.wants(0)) {
    Value y = n.slice(rows, 0, n.math.constant(0), steps);
    n.setResult(0, batchFirst ? n.transpose(y, {2, 0, 1, 3}) : y);
  }
  for (unsigned i = 1; i <= 2; ++i) {
    if (!n.wants(i) || !rows) {
      continue;
    }
    AffineExpr at = n.math.add(steps, n.math.constant(i - 1));
    DimExprs dims(ArrayRef(n.dims(rows)).drop_front());
    Value state = n.reshape(n.slice(rows, 0, at, one), dims);
    n.setResult(i, batchFirst ? n.transpose(state, {1, 0, 2}) : state);
  }
}

static void importRecurrent(Node &n) {
  Cell cell = cellOf(n);
  bool isLstm = cell.kind == RecurrentKind::lstm;
  bool batchFirst = n.opset() >= 14 && n.intAttr("layout", 0) != 0;
  if (n.opset() < 7) {
    n.ignoreAttr("output_sequence"); // the outputs that are named count
  }
  SmallVector<bool> reverse = readDirections(n);
  int64_t directions = reverse.size();
  Value x = n.value(0), w = n.value(1), r = n.value(2);
  auto activations = readActivations(n, cell, directions);
  bool inputForget = isLstm && n.intAttr("input_forget", 0) != 0;
  bool linearBeforeReset = cell.kind == RecurrentKind::gru &&
                           n.intAttr("linear_before_reset", 0) != 0;
  FloatAttr clip = n.hasAttr("clip")
                       ? n.b.getF64FloatAttr(n.floatAttr("clip", 0))
                       : FloatAttr();
  if (!x || !w || !r || !activations || n.failed()) {
    return;
  }
  checkShapes(n, x, w, r, directions);
  if (n.failed()) {
    return;
  }
  x = batchFirst ? n.transpose(x, {1, 0, 2}) : x;
  AffineExpr steps = n.dims(x)[0], batch = n.dims(x)[1], rows = n.dims(w)[1];
  AffineExpr hidden = n.dims(r)[2], d = n.math.constant(directions);
  Value bias = readOptional(n, 3, {d, n.math.mul(rows, n.math.constant(2))});
  Value lengths = readOptional(n, 4, {batch});
  Value h0 = readState(n, 5, batchFirst, {d, batch, hidden});
  Value c0 = isLstm ? readState(n, 6, batchFirst, {d, batch, hidden}) : Value();
  Value peephole =
      isLstm ? readOptional(n, 7, {d, n.math.mul(hidden, n.math.constant(3))})
             : Value();
  if (n.failed()) {
    return;
  }
  Value all = n.create<RecurrentOp>(
      x, w, r, Maybe{bias}, Maybe{lengths}, Maybe{h0}, Maybe{c0},
      Maybe{peephole}, cell.kind, ArrayRef<bool>(reverse),
      n.b.getArrayAttr(activations->names),
      ArrayRef<double>(activations->alpha), ArrayRef<double>(activations->beta),
      clip, inputForget, linearBeforeReset);
  setStates(n, all, steps, batchFirst);
}

void mlc::onnx::addRecurrentRules(RuleTable &table) {
  for (StringRef name : {"LSTM", "GRU", "RNN"}) {
    table.add(name, 1, importRecurrent);
  }
}
