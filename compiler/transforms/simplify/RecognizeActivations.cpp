//===- RecognizeActivations.cpp - find activation functions -----*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   0.5 * x * (1 + erf(x / sqrt(2)))  ==>  mlc.gelu x
//   x * sigmoid(x)                    ==>  mlc.swish x
//
// In: simplified mlc ops. Factors are found in any order and grouping. Out:
// gelu (both forms), sigmoid, swish, hard_sigmoid, hard_swish, mish as one op.
// One op is one polynomial in a kernel's inner loop; results differ by
// rounding. Not log(1 + exp(x)): its overflow is visible and stays.
//
//===----------------------------------------------------------------------===//
#include "compiler/transforms/Passes.h"
#include "compiler/transforms/simplify/ConstantData.h"
#include "compiler/transforms/simplify/Patterns.h"
#include "compiler/transforms/simplify/TensorBuilder.h"

#include <cmath>

using namespace mlir;

namespace mlc {
#define GEN_PASS_DEF_RECOGNIZEACTIVATIONSPASS
#include "compiler/transforms/Passes.h.inc"

namespace {

bool isClose(double found, double expected, Value like) {
  // Constants of narrow types are rounded to them.
  double tolerance =
      elementTypeOf(like).getIntOrFloatBitWidth() < 32 ? 4e-3 : 1e-5;
  return std::fabs(found - expected) <= tolerance * std::fabs(expected);
}

/// A product (or sum) as its constant and other members. Inner products must
/// have no other users.
struct Members {
  double constant;
  SmallVector<Value> values;

  static Members ofProduct(Value value) {
    Members members{1, {}};
    members.addProduct(value, /*isRoot=*/true);
    return members;
  }
  static Members ofSum(Value value) {
    Members members{0, {}};
    members.addSum(value, /*isRoot=*/true);
    return members;
  }

  /// The only member but `x`; null when there are others or `x` is missing.
  Value besides(Value x) const {
    if (values.size() != 2 || (values[0] != x && values[1] != x)) {
      return nullptr;
    }
    return values[0] == x ? values[1] : values[0];
  }
  bool isOnly(Value x, size_t count) const {
    return values.size() == count &&
           llvm::all_of(values, [&](Value value) { return value == x; });
  }

private:
  void addProduct(Value value, bool isRoot) {
    Operation *op = value.getDefiningOp();
    if (std::optional<double> number = splatNumber(value)) {
      constant *= *number;
    } else if (op && isa<MulOp>(op) && (isRoot || value.hasOneUse())) {
      addProduct(op->getOperand(0), false);
      addProduct(op->getOperand(1), false);
    } else if (op && isa<DivOp>(op) && (isRoot || value.hasOneUse()) &&
               splatNumber(op->getOperand(1))) {
      constant /= *splatNumber(op->getOperand(1));
      addProduct(op->getOperand(0), false);
    } else if (op && isa<PowOp>(op) && splatNumber(op->getOperand(1)) == 3.0) {
      values.append(3, op->getOperand(0));
    } else if (op && isa<MulOp>(op) && op->getOperand(0) == op->getOperand(1)) {
      values.append(2, op->getOperand(0)); // a square may be shared
    } else {
      values.push_back(value);
    }
  }

  void addSum(Value value, bool isRoot) {
    Operation *op = value.getDefiningOp();
    if (std::optional<double> number = splatNumber(value)) {
      constant += *number;
    } else if (op && isa<AddOp>(op) && (isRoot || value.hasOneUse())) {
      addSum(op->getOperand(0), false);
      addSum(op->getOperand(1), false);
    } else {
      values.push_back(value);
    }
  }
};

/// `f(...) + 1` with op `OpT` as f: its operand, else null.
template <typename OpT> Value onePlus(Value value) {
  Members sum = Members::ofSum(value);
  if (sum.constant != 1 || sum.values.size() != 1) {
    return nullptr;
  }
  auto op = sum.values[0].getDefiningOp<OpT>();
  return op ? Value(op.getX()) : Value();
}

/// c * x as c, for the given x.
std::optional<double> multipleOf(Value value, Value x) {
  Members product = Members::ofProduct(value);
  return product.isOnly(x, 1) ? std::optional<double>(product.constant)
                              : std::nullopt;
}

/// Whether `u` is sqrt(2/pi) (x + 0.044715 x^3).
bool isGeluTanhArgument(Value u, Value x) {
  Members outer = Members::ofProduct(u);
  if (!isClose(outer.constant, 0.7978845608028654, x)) {
    return false;
  }
  if (outer.values.size() == 1) {
    Members sum = Members::ofSum(outer.values[0]);
    Value cubic = sum.constant == 0 ? sum.besides(x) : Value();
    Members product = cubic ? Members::ofProduct(cubic) : Members{0, {}};
    return product.isOnly(x, 3) && isClose(product.constant, 0.044715, x);
  }
  // x (1 + 0.044715 x^2)
  Value rest = outer.besides(x);
  Members sum = rest ? Members::ofSum(rest) : Members{0, {}};
  if (sum.constant != 1 || sum.values.size() != 1) {
    return false;
  }
  Members product = Members::ofProduct(sum.values[0]);
  return product.isOnly(x, 2) && isClose(product.constant, 0.044715, x);
}

class ActivationBuilder {
public:
  explicit ActivationBuilder(Operation *op)
      : op(op), b(op), t(b, op->getLoc()) {}

  Value build() {
    if (isa<MulOp>(op)) {
      return buildProduct(Members::ofProduct(op->getResult(0)));
    }
    if (auto quotient = dyn_cast<DivOp>(op)) {
      return buildQuotient(quotient);
    }
    // 1 / (1 + exp(-x))
    Value exponent = onePlus<ExpOp>(op->getOperand(0));
    auto negated = exponent ? exponent.getDefiningOp<NegOp>() : NegOp();
    return negated ? t.make<SigmoidOp>(negated.getX()) : Value();
  }

private:
  Value buildProduct(const Members &product) {
    for (Value x : product.values) {
      Value rest = product.besides(x);
      if (!rest) {
        continue;
      }
      if (Value y = isClose(product.constant, 0.5, x) ? buildGelu(x, rest)
                                                      : Value()) {
        return y;
      }
      if (Value y = product.constant == 1 ? buildGated(x, rest) : Value()) {
        return y;
      }
      if (isClose(product.constant, 1.0 / 6, x) && isClampedShift(rest, x)) {
        return t.make<HardSwishOp>(x);
      }
    }
    if (product.values.size() == 1 &&
        isa<FloatType>(elementTypeOf(op->getResult(0))) &&
        isClose(product.constant, 1.0 / 6, op->getResult(0))) {
      return buildHardSigmoid(product.values[0]);
    }
    return nullptr;
  }

  Value buildGelu(Value x, Value rest) {
    if (Value argument = onePlus<ErfOp>(rest)) {
      std::optional<double> c = multipleOf(argument, x);
      if (c && isClose(*c, 0.7071067811865476, x)) {
        return t.make<GeluOp>(x);
      }
    }
    Value argument = onePlus<TanhOp>(rest);
    return argument && isGeluTanhArgument(argument, x) ? t.make<GeluTanhOp>(x)
                                                       : Value();
  }

  /// x * sigmoid(c x), x * hard_sigmoid(x), x * tanh(softplus(x)).
  Value buildGated(Value x, Value gate) {
    if (auto sigmoid = gate.getDefiningOp<SigmoidOp>()) {
      std::optional<double> alpha = multipleOf(sigmoid.getX(), x);
      return alpha ? t.make<SwishOp>(x, APFloat(*alpha)) : Value();
    }
    if (auto hard = gate.getDefiningOp<HardSigmoidOp>()) {
      bool sixth = hard.getX() == x &&
                   isClose(hard.getAlpha().convertToDouble(), 1.0 / 6, x) &&
                   hard.getBeta().convertToDouble() == 0.5;
      return sixth ? t.make<HardSwishOp>(x) : Value();
    }
    auto tanh = gate.getDefiningOp<TanhOp>();
    auto soft = tanh ? tanh.getX().getDefiningOp<SoftplusOp>() : SoftplusOp();
    return soft && soft.getX() == x ? t.make<MishOp>(x) : Value();
  }

  /// x / (1 + exp(-x))
  Value buildQuotient(DivOp quotient) {
    Value x = quotient.getA();
    Value exponent = onePlus<ExpOp>(quotient.getB());
    auto negated = exponent ? exponent.getDefiningOp<NegOp>() : NegOp();
    if (negated && negated.getX() == x) {
      return t.make<SwishOp>(x, APFloat(1.0));
    }
    // clamp(x + 3, 0, 6) / 6, alone or times x.
    if (splatNumber(quotient.getB()) != 6.0) {
      return nullptr;
    }
    Members product = Members::ofProduct(x);
    for (Value factor : product.values) {
      Value rest = product.constant == 1 ? product.besides(factor) : Value();
      if (rest && isClampedShift(rest, factor)) {
        return t.make<HardSwishOp>(factor);
      }
    }
    return buildHardSigmoid(x);
  }

  Value buildHardSigmoid(Value clamped) {
    Value inner = clampedTo6(clamped);
    Members sum = inner ? Members::ofSum(inner) : Members{0, {}};
    if (sum.constant != 3 || sum.values.size() != 1) {
      return nullptr;
    }
    return t.make<HardSigmoidOp>(sum.values[0], APFloat(1.0 / 6), APFloat(0.5));
  }

  /// The operand of min(relu(.), 6), else null.
  static Value clampedTo6(Value value) {
    auto least = value.getDefiningOp<MinOp>();
    auto relu = least && splatNumber(least.getB()) == 6.0
                    ? least.getA().getDefiningOp<ReluOp>()
                    : ReluOp();
    if (relu) {
      return relu.getX();
    }
    auto outer = value.getDefiningOp<ReluOp>();
    least = outer ? outer.getX().getDefiningOp<MinOp>() : MinOp();
    return least && splatNumber(least.getB()) == 6.0 ? least.getA() : Value();
  }

  static bool isClampedShift(Value value, Value x) {
    Value inner = clampedTo6(value);
    Members sum = inner ? Members::ofSum(inner) : Members{0, {}};
    return sum.constant == 3 && sum.isOnly(x, 1);
  }

  Operation *op;
  OpBuilder b;
  TensorBuilder t;
};

struct RecognizeActivationsPass
    : impl::RecognizeActivationsPassBase<RecognizeActivationsPass> {
  using RecognizeActivationsPassBase::RecognizeActivationsPassBase;

  void runOnOperation() override {
    // From results to operands, so that a whole product is seen before its
    // parts; ops whose result was taken over have no users any more.
    SmallVector<Operation *> roots;
    getOperation()->walk([&](Operation *op) {
      if (isa<MulOp, DivOp, ReciprocalOp>(op) &&
          isa<FloatType>(elementTypeOf(op->getResult(0)))) {
        roots.push_back(op);
      }
    });
    // Sigmoids first: the others look for them.
    for (bool sigmoids : {true, false}) {
      for (Operation *op : llvm::reverse(roots)) {
        if (op->use_empty() || isa<ReciprocalOp>(op) != sigmoids) {
          continue;
        }
        Value y = ActivationBuilder(op).build();
        if (y && y.getType() == op->getResult(0).getType()) {
          op->getResult(0).replaceAllUsesWith(y);
        }
      }
    }
  }
};

} // namespace
} // namespace mlc
