//===- SpecialOptimizer.cpp - steps of optimizers ---------------*- C++ -*-===//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//
// Domain ai.onnx.preview.training. Each operator takes a rate, a step count and
// then n tensors of each kind: x1 ... xn, g1 ... gn, ...
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Indices.h"
#include "compiler/frontend/onnx/Rules.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

namespace {
/// The inputs of one tensor's update.
struct Update {
  Value x, gradient; // the gradient with its regularization term
  SmallVector<Value, 2> states;
};

class OptimizerStep {
public:
  OptimizerStep(Node &n, size_t states)
      : n(n), kinds(2 + states), rate(scalarInput(0)), step(n.value(1)) {
    count = n.inputCount() >= 2 ? (n.inputCount() - 2) / kinds : 0;
    if (!n.failed() && (count == 0 || n.inputCount() != 2 + count * kinds)) {
      n.badShape("expects equally many tensors of each kind");
    }
    decay = n.floatAttr("norm_coefficient", 0);
  }

  /// Inputs of tensor `i`; check failed() before using them.
  Update read(size_t i) {
    Update u;
    u.x = n.value(2 + i);
    Value gradient = n.value(2 + count + i);
    u.gradient = n.add(scaled(u.x, decay), gradient);
    for (size_t kind = 2; kind < kinds; ++kind) {
      u.states.push_back(n.value(2 + kind * count + i));
    }
    return u;
  }

  void set(size_t i, ArrayRef<Value> results) {
    for (auto [kind, value] : llvm::enumerate(results)) {
      n.setResult(kind * count + i, value);
    }
  }

  Value scaled(Value x, double factor) {
    return n.mul(x, n.scalarLike(x, factor));
  }
  Value scalarInput(unsigned i) {
    Value x = n.value(i);
    return x ? n.reshape(x, {}) : Value();
  }
  /// The step count in the type of `like`.
  Value stepAs(Value like) {
    return like && step ? n.cast(n.reshape(step, {}), n.elementType(like))
                        : Value();
  }
  Value isLater() {
    Value zero = n.scalarLike(step, 0);
    return n.elementwise<GreaterOp>({n.reshape(step, {}), zero});
  }

  Node &n;
  size_t kinds, count = 0;
  Value rate, step;
  double decay = 0;
};
} // namespace

static void importAdagrad(Node &n) {
  OptimizerStep step(n, 1);
  double epsilon = n.floatAttr("epsilon", 0);
  double slowing = n.floatAttr("decay_factor", 0);
  for (size_t i = 0; i < step.count && !n.failed(); ++i) {
    Update u = step.read(i);
    if (n.failed()) {
      return;
    }
    Value one = n.scalarLike(u.x, 1);
    Value rate = n.div(n.cast(step.rate, n.elementType(u.x)),
                       n.add(one, step.scaled(step.stepAs(u.x), slowing)));
    Value sum = n.add(u.states[0], n.mul(u.gradient, u.gradient));
    Value root = n.add(n.create<SqrtOp>(sum), n.scalarLike(u.x, epsilon));
    Value x = n.sub(u.x, n.div(n.mul(rate, u.gradient), root));
    step.set(i, {x, sum});
  }
}

static void importMomentum(Node &n) {
  OptimizerStep step(n, 1);
  double alpha = n.floatAttr("alpha", 0), beta = n.floatAttr("beta", 0);
  std::string mode = n.stringAttr("mode", "standard");
  if (mode != "standard" && mode != "nesterov") {
    return n.badAttribute("mode '" + mode + "' is not known");
  }
  for (size_t i = 0; i < step.count && !n.failed(); ++i) {
    Update u = step.read(i);
    if (n.failed()) {
      return;
    }
    // The first gradient counts in full.
    Value share = select(n, step.isLater(), n.scalarLike(u.x, beta),
                         n.scalarLike(u.x, 1));
    Value v = n.add(step.scaled(u.states[0], alpha), n.mul(share, u.gradient));
    Value direction =
        mode == "standard" ? v : n.add(u.gradient, step.scaled(v, alpha));
    Value rate = n.cast(step.rate, n.elementType(u.x));
    step.set(i, {n.sub(u.x, n.mul(rate, direction)), v});
  }
}

static void importAdam(Node &n) {
  OptimizerStep step(n, 2);
  double alpha = n.floatAttr("alpha", 0.9f), beta = n.floatAttr("beta", 0.999f);
  double epsilon = n.floatAttr("epsilon", 0);
  double after = n.floatAttr("norm_coefficient_post", 0);
  for (size_t i = 0; i < step.count && !n.failed(); ++i) {
    Update u = step.read(i);
    if (n.failed()) {
      return;
    }
    Value v = n.add(step.scaled(u.states[0], alpha),
                    step.scaled(u.gradient, 1 - alpha));
    Value square = n.mul(u.gradient, u.gradient);
    Value h =
        n.add(step.scaled(u.states[1], beta), step.scaled(square, 1 - beta));
    // Corrects the bias of averages that began at 0.
    Value one = n.scalarLike(u.x, 1), t = step.stepAs(u.x);
    auto rest = [&](double base) {
      return n.sub(one, n.elementwise<PowOp>({n.scalarLike(u.x, base), t}));
    };
    Value rate = n.cast(step.rate, n.elementType(u.x));
    Value corrected =
        n.div(n.mul(rate, n.create<SqrtOp>(rest(beta))), rest(alpha));
    rate = select(n, step.isLater(), corrected, rate);
    Value root = n.add(n.create<SqrtOp>(h), n.scalarLike(u.x, epsilon));
    Value x = n.sub(u.x, n.mul(rate, n.div(v, root)));
    step.set(i, {step.scaled(x, 1 - after), v, h});
  }
}

void mlc::onnx::addOptimizerRules(RuleTable &table) {
  table.add("Adagrad", 1, importAdagrad, "ai.onnx.preview.training");
  table.add("Momentum", 1, importMomentum, "ai.onnx.preview.training");
  table.add("Adam", 1, importAdam, "ai.onnx.preview.training");
}
