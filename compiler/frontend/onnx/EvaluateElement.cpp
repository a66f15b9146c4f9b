//===- EvaluateElement.cpp - elementwise operators on the host --*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Evaluate.h"
#include "compiler/frontend/onnx/TensorData.h"

#include <cmath>

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;
using Predicate = arith::CmpIPredicate;
using Element = std::optional<HostElement>;

std::optional<double> onnx::numberOf(const HostElement &element) {
  if (!element.expr) {
    return element.number;
  }
  auto integer = element.asInteger();
  return integer ? std::optional<double>(double(*integer)) : std::nullopt;
}

/// A float's value as an expression when it is integral.
static AffineExpr integral(const HostElement &element, DimMath &math) {
  constexpr double exact = 9007199254740992.0; // 2^53
  if (element.expr) {
    return element.expr;
  }
  bool whole = std::abs(element.number) < exact &&
               element.number == std::floor(element.number) &&
               !(element.number == 0 && std::signbit(element.number));
  return whole ? math.constant(int64_t(element.number)) : AffineExpr();
}

/// A number rounded to the element type.
static Element rounded(double value, Type type) {
  return HostElement(type.isF32() ? double(float(value)) : value);
}

/// An integer of that type, unless it overflows it.
static Element inType(AffineExpr expr, Type type) {
  if (!expr) {
    return std::nullopt;
  }
  auto literal = DimMath::literal(expr);
  auto integer = cast<IntegerType>(type);
  if (literal && integer.getWidth() < 64) {
    int64_t span = int64_t(1) << integer.getWidth();
    bool unsignedType = integer.isUnsigned() || integer.getWidth() == 1;
    int64_t low = unsignedType ? 0 : -span / 2;
    if (*literal < low || *literal >= low + span) {
      return std::nullopt;
    }
  }
  return HostElement(expr);
}

namespace {
enum class Arithmetic { add, sub, mul, div, mod, min, max };
} // namespace

static AffineExpr integerArithmetic(DimMath &math, Arithmetic operation,
                                    AffineExpr a, AffineExpr b) {
  switch (operation) {
  case Arithmetic::add:
    return math.add(a, b);
  case Arithmetic::sub:
    return math.sub(a, b);
  case Arithmetic::mul:
    return math.mul(a, b);
  case Arithmetic::div:
    // A divisor that may be 0 at run time is the tensor op's business.
    return math.bounds(b).low > 0 || DimMath::literal(b) ? math.truncDiv(a, b)
                                                         : AffineExpr();
  case Arithmetic::mod:
    return math.bounds(b).low > 0 || DimMath::literal(b) ? math.mod(a, b)
                                                         : AffineExpr();
  case Arithmetic::min:
    return math.min(a, b);
  case Arithmetic::max:
    return math.max(a, b);
  }
  return {};
}

static Element arithmetic(Node &n, Arithmetic operation, Type type,
                          const HostElement &a, const HostElement &b) {
  if (isa<IntegerType>(type)) {
    return inType(integerArithmetic(n.math, operation, a.expr, b.expr), type);
  }
  auto x = numberOf(a), y = numberOf(b);
  if (!x || !y) { // symbolic: exact only for ring operations on integers
    AffineExpr left = integral(a, n.math), right = integral(b, n.math);
    bool ring = operation == Arithmetic::add || operation == Arithmetic::sub ||
                operation == Arithmetic::mul;
    AffineExpr result = left && right && ring
                            ? integerArithmetic(n.math, operation, left, right)
                            : AffineExpr();
    return result ? Element(HostElement(result)) : std::nullopt;
  }
  switch (operation) {
  case Arithmetic::add:
    return rounded(*x + *y, type);
  case Arithmetic::sub:
    return rounded(*x - *y, type);
  case Arithmetic::mul:
    return rounded(*x * *y, type);
  case Arithmetic::div:
    return rounded(*x / *y, type);
  case Arithmetic::min:
    return std::isnan(*x) || std::isnan(*y) ? Element()
                                            : rounded(std::min(*x, *y), type);
  case Arithmetic::max:
    return std::isnan(*x) || std::isnan(*y) ? Element()
                                            : rounded(std::max(*x, *y), type);
  case Arithmetic::mod:
    return std::nullopt;
  }
  return std::nullopt;
}

static Element comparison(Node &n, Predicate predicate, Type type,
                          const HostElement &a, const HostElement &b) {
  if (a.expr && b.expr) {
    AffineExpr holds = n.math.compare(predicate, a.expr, b.expr);
    return holds ? Element(HostElement(holds)) : std::nullopt;
  }
  auto x = numberOf(a), y = numberOf(b);
  if (!x || !y) {
    return std::nullopt;
  }
  bool holds = predicate == Predicate::eq    ? *x == *y
               : predicate == Predicate::slt ? *x < *y
               : predicate == Predicate::sle ? *x <= *y
               : predicate == Predicate::sgt ? *x > *y
                                             : *x >= *y;
  return HostElement(n.math.constant(holds));
}

static Element convert(Node &n, Type from, Type to, const HostElement &x) {
  if (isa<FloatType>(to)) {
    auto number = numberOf(x);
    return number ? rounded(*number, to) : Element(x);
  }
  if (to.isInteger(1)) {
    auto number = numberOf(x);
    AffineExpr zero = n.math.constant(0);
    return number ? Element(HostElement(n.math.constant(*number != 0)))
                  : Element(HostElement(n.math.sub(
                        n.math.constant(1),
                        n.math.compare(Predicate::eq, x.expr, zero))));
  }
  if (x.expr) {
    return inType(x.expr, to);
  }
  // Values past 2^53 would be saturation cases; the tensor op knows those.
  double whole = std::trunc(x.number);
  return std::abs(whole) < 9007199254740992.0
             ? inType(n.math.constant(int64_t(whole)), to)
             : Element();
}

static Element unary(Node &n, StringRef name, Type type, const HostElement &x) {
  bool integer = isa<IntegerType>(type);
  AffineExpr zero = n.math.constant(0);
  if (name == "Not") {
    return type.isInteger(1)
               ? inType(n.math.sub(n.math.constant(1), x.expr), type)
               : Element();
  }
  if (name == "Neg" || name == "Abs") {
    if (integer) {
      AffineExpr minus = n.math.sub(zero, x.expr);
      return inType(name == "Neg" ? minus : n.math.max(x.expr, minus), type);
    }
    auto number = numberOf(x);
    return number ? rounded(name == "Neg" ? -*number : std::abs(*number), type)
                  : Element();
  }
  if (integer) {
    return std::nullopt;
  }
  if (x.expr) { // an integral float
    return name == "Sqrt" ? Element() : Element(x);
  }
  double number = x.number;
  return rounded(name == "Floor"  ? std::floor(number)
                 : name == "Ceil" ? std::ceil(number)
                 : name == "Sqrt" ? std::sqrt(number)
                                  : std::nearbyint(number),
                 type);
}

HostResult onnx::broadcastTo(const HostTensor &tensor, ArrayRef<int64_t> dims) {
  std::optional<int64_t> count = elementCount(dims);
  if (!count || *count > maxHostElements || tensor.dims.size() > dims.size()) {
    return std::nullopt;
  }
  size_t shift = dims.size() - tensor.dims.size();
  HostTensor result{tensor.type, SmallVector<int64_t>(dims), {}};
  for (int64_t i = 0; i < *count; ++i) {
    int64_t rest = i, source = 0, stride = 1;
    for (size_t axis = dims.size(); axis-- > 0;) {
      int64_t index = rest % dims[axis];
      rest /= dims[axis];
      if (axis < shift) {
        continue;
      }
      int64_t extent = tensor.dims[axis - shift];
      if (extent != dims[axis] && extent != 1) {
        return std::nullopt;
      }
      source += (extent == 1 ? 0 : index) * stride;
      stride *= extent;
    }
    result.elements.push_back(tensor.elements[source]);
  }
  return result;
}

/// The static dims that all inputs broadcast to.
static std::optional<SmallVector<int64_t>> commonDims(HostInputs inputs) {
  SmallVector<int64_t> dims;
  for (const HostResult &input : inputs) {
    if (input->dims.size() > dims.size()) {
      dims.insert(dims.begin(), input->dims.size() - dims.size(), 1);
    }
    for (size_t i = 1; i <= input->dims.size(); ++i) {
      int64_t &mine = dims[dims.size() - i];
      int64_t theirs = input->dims[input->dims.size() - i];
      if (mine != theirs && mine != 1 && theirs != 1) {
        return std::nullopt;
      }
      mine = mine == 1 ? theirs : mine;
    }
  }
  return dims;
}

static const llvm::StringMap<Arithmetic> arithmeticOps = {
    {"Add", Arithmetic::add}, {"Sub", Arithmetic::sub},
    {"Mul", Arithmetic::mul}, {"Div", Arithmetic::div},
    {"Mod", Arithmetic::mod}, {"Min", Arithmetic::min},
    {"Max", Arithmetic::max}};
static const llvm::StringMap<Predicate> comparisons = {
    {"Equal", Predicate::eq},
    {"Less", Predicate::slt},
    {"LessOrEqual", Predicate::sle},
    {"Greater", Predicate::sgt},
    {"GreaterOrEqual", Predicate::sge}};

bool onnx::isElementwiseOnHost(StringRef name) {
  return arithmeticOps.count(name) || comparisons.count(name) ||
         llvm::is_contained({"And", "Or", "Xor", "Not", "Neg", "Abs", "Floor",
                             "Ceil", "Round", "Sqrt", "Where", "Cast"},
                            name);
}

/// One element of the result from the operands' elements.
static Element element(Node &n, Type type, Type to, ArrayRef<HostElement> x) {
  StringRef name = n.opType();
  if (auto it = arithmeticOps.find(name); it != arithmeticOps.end()) {
    Element result = x[0];
    for (const HostElement &other : x.drop_front()) {
      result = result ? arithmetic(n, it->second, type, *result, other)
                      : std::nullopt;
    }
    return result;
  }
  if (auto it = comparisons.find(name); it != comparisons.end()) {
    return comparison(n, it->second, type, x[0], x[1]);
  }
  if (name == "Where") {
    if (auto condition = x[0].asInteger()) {
      return *condition ? x[1] : x[2];
    }
    AffineExpr chosen = n.math.select(x[0].expr, x[1].expr, x[2].expr);
    return chosen ? Element(HostElement(chosen)) : std::nullopt;
  }
  if (name == "Cast") {
    return convert(n, type, to, x[0]);
  }
  if (name == "And" || name == "Or") {
    return inType(name == "And" ? n.math.min(x[0].expr, x[1].expr)
                                : n.math.max(x[0].expr, x[1].expr),
                  n.b.getI1Type());
  }
  if (name == "Xor") {
    return inType(
        n.math.sub(n.math.constant(1),
                   n.math.compare(Predicate::eq, x[0].expr, x[1].expr)),
        n.b.getI1Type());
  }
  return unary(n, name, type, x[0]);
}

HostResult onnx::evaluateElementwise(Node &n, HostInputs inputs) {
  bool variadic = n.opType() == "Min" || n.opType() == "Max";
  size_t arity = n.opType() == "Where" ? 3
                 : arithmeticOps.count(n.opType()) ||
                         comparisons.count(n.opType()) ||
                         llvm::is_contained({"And", "Or", "Xor"}, n.opType())
                     ? 2
                     : 1;
  bool present = llvm::all_of(inputs, [](const HostResult &x) { return !!x; });
  if (!present || (variadic ? inputs.empty() : inputs.size() != arity) ||
      (n.opset() < 7 && arity == 2)) {
    return std::nullopt;
  }
  if (n.opType() == "Mod" && n.intAttr("fmod", 0) != 0) {
    return std::nullopt;
  }
  if (n.opType() == "Cast") {
    // What they say matters for float 8 and narrower, which are not host types.
    n.opset() >= 19 ? n.ignoreAttr("saturate") : void();
    n.opset() >= 24 ? n.ignoreAttr("round_mode") : void();
  }
  Type type = inputs.back()->type;
  Type to = n.opType() == "Cast"            ? n.typeAttr("to", 0)
            : comparisons.count(n.opType()) ? n.b.getI1Type()
                                            : type;
  bool sameTypes = llvm::all_of(inputs.drop_front(arity == 3),
                                [&](auto &x) { return x->type == type; });
  if (!to || !sameTypes ||
      (!isa<IntegerType>(to) && !to.isF32() && !to.isF64())) {
    return std::nullopt;
  }
  auto dims = commonDims(inputs);
  SmallVector<HostTensor> same;
  for (const HostResult &input : inputs) {
    HostResult expanded = dims ? broadcastTo(*input, *dims) : std::nullopt;
    if (!expanded) {
      return std::nullopt;
    }
    same.push_back(*expanded);
  }
  HostTensor result{to, *dims, {}};
  for (size_t i = 0; i < same[0].elements.size(); ++i) {
    SmallVector<HostElement> operands;
    for (HostTensor &tensor : same) {
      operands.push_back(tensor.elements[i]);
    }
    Element value = element(n, type, to, operands);
    if (!value) {
      return std::nullopt;
    }
    result.elements.push_back(*value);
  }
  return result;
}
