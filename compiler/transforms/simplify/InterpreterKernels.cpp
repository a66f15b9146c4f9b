//===- InterpreterKernels.cpp - one operation on a batch --------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/transforms/simplify/Interpreter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlc::interpreter;
using llvm::SignExtend64;

namespace {

//===----------------------------------------------------------------------===//
// Shapes of kernels: what is read from the cells and written
//===----------------------------------------------------------------------===//

uint64_t mask(unsigned width) {
  return llvm::maskTrailingOnes<uint64_t>(width);
}

/// Floats to a float of the same type.
template <typename T, typename F> void unary(Machine &m, const Instruction &i) {
  Cell *result = m.cells(i.result), *x = m.cells(i.x);
  for (unsigned lane = 0; lane < m.lanes; ++lane) {
    as<T>(result[lane]) = T(F::apply(as<T>(x[lane])));
  }
}
template <typename T, typename F>
void binary(Machine &m, const Instruction &i) {
  Cell *result = m.cells(i.result), *x = m.cells(i.x), *y = m.cells(i.y);
  for (unsigned lane = 0; lane < m.lanes; ++lane) {
    as<T>(result[lane]) = T(F::apply(as<T>(x[lane]), as<T>(y[lane])));
  }
}
/// A function that is computed in f64 for every type.
template <typename T, typename F>
void function(Machine &m, const Instruction &i) {
  Cell *result = m.cells(i.result), *x = m.cells(i.x);
  for (unsigned lane = 0; lane < m.lanes; ++lane) {
    as<T>(result[lane]) = T(F::apply(double(as<T>(x[lane]))));
  }
}
template <typename T, typename F>
void function2(Machine &m, const Instruction &i) {
  Cell *result = m.cells(i.result), *x = m.cells(i.x), *y = m.cells(i.y);
  for (unsigned lane = 0; lane < m.lanes; ++lane) {
    as<T>(result[lane]) =
        T(F::apply(double(as<T>(x[lane])), double(as<T>(y[lane]))));
  }
}
/// Unsigned (zero-extended) or signed (sign-extended) integers.
template <typename F> void unsignedOp(Machine &m, const Instruction &i) {
  Cell *result = m.cells(i.result), *x = m.cells(i.x), *y = m.cells(i.y);
  for (unsigned lane = 0; lane < m.lanes; ++lane) {
    result[lane].u = F::apply(x[lane].u, y[lane].u, i.width) & mask(i.width);
  }
}
template <typename F> void signedOp(Machine &m, const Instruction &i) {
  Cell *result = m.cells(i.result), *x = m.cells(i.x), *y = m.cells(i.y);
  for (unsigned lane = 0; lane < m.lanes; ++lane) {
    int64_t a = SignExtend64(x[lane].u, i.width);
    int64_t b = SignExtend64(y[lane].u, i.width);
    result[lane].u = uint64_t(F::apply(a, b)) & mask(i.width);
  }
}

#define UNARY(NAME, EXPRESSION)                                                \
  struct NAME {                                                                \
    template <typename T> static T apply(T x) { return EXPRESSION; }           \
  };
#define BINARY(NAME, EXPRESSION)                                               \
  struct NAME {                                                                \
    template <typename T> static T apply(T x, T y) { return EXPRESSION; }      \
  };
#define UNSIGNED(NAME, EXPRESSION)                                             \
  struct NAME {                                                                \
    static uint64_t apply(uint64_t x, uint64_t y,                              \
                          [[maybe_unused]] unsigned w) {                       \
      return EXPRESSION;                                                       \
    }                                                                          \
  };

BINARY(AddF, x + y)
BINARY(SubF, x - y)
BINARY(MulF, x *y)
BINARY(DivF, x / y)
BINARY(RemF, std::fmod(x, y))
// NaN wins; +0 is greater than -0.
BINARY(MaximumF, std::isnan(x)   ? x
                 : std::isnan(y) ? y
                 : x == y        ? (std::signbit(x) ? y : x)
                 : x > y         ? x
                                 : y)
BINARY(MinimumF, std::isnan(x)   ? x
                 : std::isnan(y) ? y
                 : x == y        ? (std::signbit(x) ? x : y)
                 : x < y         ? x
                                 : y)
// The number wins over NaN.
BINARY(MaxNumF, std::isnan(x) ? y : std::isnan(y) ? x : x > y ? x : y)
BINARY(MinNumF, std::isnan(x) ? y : std::isnan(y) ? x : x < y ? x : y)
BINARY(PowF, std::pow(x, y))
BINARY(Atan2F, std::atan2(x, y))
BINARY(CopySignF, std::copysign(x, y))
UNARY(NegF, -x)
UNARY(AbsF, std::fabs(x))
UNARY(FloorF, std::floor(x))
UNARY(CeilF, std::ceil(x))
UNARY(TruncF, std::trunc(x))
UNARY(RoundEvenF, std::nearbyint(x))
UNARY(RoundF, std::round(x))
UNARY(SqrtF, std::sqrt(x))
UNARY(RsqrtF, 1 / std::sqrt(x))
UNARY(ExpF, std::exp(x))
UNARY(Exp2F, std::exp2(x))
UNARY(ExpM1F, std::expm1(x))
UNARY(LogF, std::log(x))
UNARY(Log2F, std::log2(x))
UNARY(Log10F, std::log10(x))
UNARY(Log1pF, std::log1p(x))
UNARY(SinF, std::sin(x))
UNARY(CosF, std::cos(x))
UNARY(TanF, std::tan(x))
UNARY(AsinF, std::asin(x))
UNARY(AcosF, std::acos(x))
UNARY(AtanF, std::atan(x))
UNARY(SinhF, std::sinh(x))
UNARY(CoshF, std::cosh(x))
UNARY(TanhF, std::tanh(x))
UNARY(AsinhF, std::asinh(x))
UNARY(AcoshF, std::acosh(x))
UNARY(AtanhF, std::atanh(x))
UNARY(ErfF, std::erf(x))
UNARY(ErfcF, std::erfc(x))
UNARY(CbrtF, std::cbrt(x))

UNSIGNED(AddI, x + y)
UNSIGNED(SubI, x - y)
UNSIGNED(MulI, x *y)
UNSIGNED(DivUI, y ? x / y : 0)
UNSIGNED(RemUI, y ? x % y : 0)
UNSIGNED(AndI, x &y)
UNSIGNED(OrI, x | y)
UNSIGNED(XorI, x ^ y)
UNSIGNED(ShlI, y < w ? x << y : 0)
UNSIGNED(ShrUI, y < w ? x >> y : 0)
UNSIGNED(MaxUI, x > y ? x : y)
UNSIGNED(MinUI, x < y ? x : y)
UNSIGNED(CeilDivUI, y ? x / y + (x % y != 0) : 0)

// Division by 0 or overflow is undefined in the rules; here it gives something.
BINARY(DivSI, y == 0 ? 0 : y == -1 ? T(-uint64_t(x)) : x / y)
BINARY(RemSI, y == 0 || y == -1 ? 0 : x % y)
BINARY(FloorDivSI,
       DivSI::apply(x, y) - T(RemSI::apply(x, y) != 0 && (x < 0) != (y < 0)))
BINARY(CeilDivSI,
       DivSI::apply(x, y) + T(RemSI::apply(x, y) != 0 && (x < 0) == (y < 0)))
BINARY(MaxSI, x > y ? x : y)
BINARY(MinSI, x < y ? x : y)
BINARY(ShrSI, y >= 0 && y < 64 ? x >> y : T(x < 0 ? -1 : 0))

//===----------------------------------------------------------------------===//
// Selection, conversion
//===----------------------------------------------------------------------===//

void select(Machine &m, const Instruction &i) {
  Cell *result = m.cells(i.result), *x = m.cells(i.x), *y = m.cells(i.y),
       *z = m.cells(i.z);
  for (unsigned lane = 0; lane < m.lanes; ++lane) {
    result[lane] = x[lane].u & 1 ? y[lane] : z[lane];
  }
}

template <typename F> void convert(Machine &m, const Instruction &i, F apply) {
  Cell *result = m.cells(i.result), *x = m.cells(i.x);
  for (unsigned lane = 0; lane < m.lanes; ++lane) {
    result[lane] = apply(x[lane]);
  }
}

Cell fromDouble(double value) {
  Cell cell;
  cell.d = value;
  return cell;
}
Cell fromFloat(float value) {
  Cell cell;
  cell.u = 0;
  cell.f = value;
  return cell;
}
Cell fromBits(uint64_t value) {
  Cell cell;
  cell.u = value;
  return cell;
}

void copy(Machine &m, const Instruction &i) {
  convert(m, i, [](Cell x) { return x; });
}
void extendToDouble(Machine &m, const Instruction &i) {
  convert(m, i, [](Cell x) { return fromDouble(x.f); });
}
void truncateDouble(Machine &m, const Instruction &i) {
  // Straight to the narrow format: by way of f32 would round twice.
  convert(m, i, [&](Cell x) {
    return fromFloat(i.format ? roundTo(*i.format, x.d) : float(x.d));
  });
}
void extendUnsigned(Machine &m, const Instruction &i) {
  convert(m, i, [&](Cell x) { return fromBits(x.u & mask(i.resultWidth)); });
}
void extendSigned(Machine &m, const Instruction &i) {
  convert(m, i, [&](Cell x) {
    return fromBits(uint64_t(SignExtend64(x.u, i.width)) & mask(i.resultWidth));
  });
}
template <typename T> Cell fromNumber(T value);
template <> Cell fromNumber(float value) { return fromFloat(value); }
template <> Cell fromNumber(double value) { return fromDouble(value); }
template <typename T> void signedToReal(Machine &m, const Instruction &i) {
  convert(m, i,
          [&](Cell x) { return fromNumber<T>(T(SignExtend64(x.u, i.width))); });
}
template <typename T> void unsignedToReal(Machine &m, const Instruction &i) {
  convert(m, i, [](Cell x) { return fromNumber<T>(T(x.u)); });
}
/// The rules clamp before they convert; what is left out of range is 0.
template <typename T> void realToSigned(Machine &m, const Instruction &i) {
  convert(m, i, [&](Cell x) {
    double value = std::trunc(double(as<T>(x)));
    bool fits =
        value >= -9223372036854775808.0 && value < 9223372036854775808.0;
    return fromBits(fits ? uint64_t(int64_t(value)) & mask(i.resultWidth) : 0);
  });
}
template <typename T> void realToUnsigned(Machine &m, const Instruction &i) {
  convert(m, i, [&](Cell x) {
    double value = std::trunc(double(as<T>(x)));
    bool fits = value >= 0 && value < 18446744073709551616.0;
    return fromBits(fits ? uint64_t(value) & mask(i.resultWidth) : 0);
  });
}
void bitcastFloat(Machine &m, const Instruction &i) {
  convert(m, i, [](Cell x) { return fromBits(uint32_t(x.u)); });
}

/// Kernels of one operation: on integers, on f32 (and narrower), on f64.
struct Kernels {
  Kernel integer = nullptr, single = nullptr, real = nullptr;
};

template <typename F> Kernels realUnary() {
  return {nullptr, unary<float, F>, unary<double, F>};
}
template <typename F> Kernels realBinary() {
  return {nullptr, binary<float, F>, binary<double, F>};
}
template <typename F> Kernels realFunction() {
  return {nullptr, function<float, F>, function<double, F>};
}
template <typename F> Kernels realFunction2() {
  return {nullptr, function2<float, F>, function2<double, F>};
}
template <typename F> Kernels ofUnsigned() { return {unsignedOp<F>}; }
template <typename F> Kernels ofSigned() { return {signedOp<F>}; }

/// A table: the kernels of each operation.
const llvm::StringMap<Kernels> &integerKernels() {
  static const llvm::StringMap<Kernels> table = {
      {"arith.addi", ofUnsigned<AddI>()},
      {"arith.subi", ofUnsigned<SubI>()},
      {"arith.muli", ofUnsigned<MulI>()},
      {"arith.divui", ofUnsigned<DivUI>()},
      {"arith.remui", ofUnsigned<RemUI>()},
      {"arith.ceildivui", ofUnsigned<CeilDivUI>()},
      {"arith.andi", ofUnsigned<AndI>()},
      {"arith.ori", ofUnsigned<OrI>()},
      {"arith.xori", ofUnsigned<XorI>()},
      {"arith.shli", ofUnsigned<ShlI>()},
      {"arith.shrui", ofUnsigned<ShrUI>()},
      {"arith.maxui", ofUnsigned<MaxUI>()},
      {"arith.minui", ofUnsigned<MinUI>()},
      {"arith.divsi", ofSigned<DivSI>()},
      {"arith.remsi", ofSigned<RemSI>()},
      {"arith.floordivsi", ofSigned<FloorDivSI>()},
      {"arith.ceildivsi", ofSigned<CeilDivSI>()},
      {"arith.maxsi", ofSigned<MaxSI>()},
      {"arith.minsi", ofSigned<MinSI>()},
      {"arith.shrsi", ofSigned<ShrSI>()},
      {"arith.cmpi", {compareIntegers}},
      {"arith.select", {select, select, select}},
      {"arith.extui", {extendUnsigned}},
      {"arith.extsi", {extendSigned}},
      {"arith.trunci", {extendUnsigned}},
      {"arith.index_cast", {extendSigned}},
      {"arith.index_castui", {extendUnsigned}},
      {"arith.bitcast", {copy, bitcastFloat, copy}},
  };
  return table;
}

const llvm::StringMap<Kernels> &realKernels() {
  static const llvm::StringMap<Kernels> table = {
      {"arith.addf", realBinary<AddF>()},
      {"arith.subf", realBinary<SubF>()},
      {"arith.mulf", realBinary<MulF>()},
      {"arith.divf", realBinary<DivF>()},
      {"arith.remf", realBinary<RemF>()},
      {"arith.maximumf", realBinary<MaximumF>()},
      {"arith.minimumf", realBinary<MinimumF>()},
      {"arith.maxnumf", realBinary<MaxNumF>()},
      {"arith.minnumf", realBinary<MinNumF>()},
      {"arith.negf", realUnary<NegF>()},
      {"arith.cmpf", {nullptr, compareReals<float>, compareReals<double>}},
      {"arith.truncf", {nullptr, copy, truncateDouble}},
      {"arith.fptosi", {nullptr, realToSigned<float>, realToSigned<double>}},
      {"arith.fptoui",
       {nullptr, realToUnsigned<float>, realToUnsigned<double>}},
      {"math.absf", realUnary<AbsF>()},
      {"math.floor", realUnary<FloorF>()},
      {"math.ceil", realUnary<CeilF>()},
      {"math.trunc", realUnary<TruncF>()},
      {"math.roundeven", realUnary<RoundEvenF>()},
      {"math.round", realUnary<RoundF>()},
      {"math.sqrt", realUnary<SqrtF>()},
      {"math.copysign", realBinary<CopySignF>()},
      {"math.powf", realFunction2<PowF>()},
      {"math.atan2", realFunction2<Atan2F>()},
      {"math.rsqrt", realFunction<RsqrtF>()},
      {"math.exp", realFunction<ExpF>()},
      {"math.exp2", realFunction<Exp2F>()},
      {"math.expm1", realFunction<ExpM1F>()},
      {"math.log", realFunction<LogF>()},
      {"math.log2", realFunction<Log2F>()},
      {"math.log10", realFunction<Log10F>()},
      {"math.log1p", realFunction<Log1pF>()},
      {"math.sin", realFunction<SinF>()},
      {"math.cos", realFunction<CosF>()},
      {"math.tan", realFunction<TanF>()},
      {"math.asin", realFunction<AsinF>()},
      {"math.acos", realFunction<AcosF>()},
      {"math.atan", realFunction<AtanF>()},
      {"math.sinh", realFunction<SinhF>()},
      {"math.cosh", realFunction<CoshF>()},
      {"math.tanh", realFunction<TanhF>()},
      {"math.asinh", realFunction<AsinhF>()},
      {"math.acosh", realFunction<AcoshF>()},
      {"math.atanh", realFunction<AtanhF>()},
      {"math.erf", realFunction<ErfF>()},
      {"math.erfc", realFunction<ErfcF>()},
      {"math.cbrt", realFunction<CbrtF>()},
      // By result type: f32 (or narrower) and f64.
      {"to-real.arith.extf", {nullptr, copy, extendToDouble}},
      {"to-real.arith.sitofp",
       {nullptr, signedToReal<float>, signedToReal<double>}},
      {"to-real.arith.uitofp",
       {nullptr, unsignedToReal<float>, unsignedToReal<double>}},
  };
  return table;
}

} // namespace

Kernel mlc::interpreter::findKernel(StringRef name, bool isReal,
                                    bool isDouble) {
  auto it = realKernels().find(name);
  if (it == realKernels().end()) {
    it = integerKernels().find(name);
    if (it == integerKernels().end()) {
      return nullptr;
    }
  }
  const Kernels &kernels = it->second;
  return !isReal ? kernels.integer : isDouble ? kernels.real : kernels.single;
}
