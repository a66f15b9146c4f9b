//===- InterpreterCompare.cpp - comparisons of a batch ----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/transforms/simplify/Interpreter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>

using namespace mlir;

namespace mlc::interpreter {

static bool compareInteger(unsigned predicate, uint64_t x, uint64_t y,
                           unsigned width) {
  using P = arith::CmpIPredicate;
  int64_t a = llvm::SignExtend64(x, width), b = llvm::SignExtend64(y, width);
  switch (P(predicate)) {
  case P::eq:
    return x == y;
  case P::ne:
    return x != y;
  case P::slt:
    return a < b;
  case P::sle:
    return a <= b;
  case P::sgt:
    return a > b;
  case P::sge:
    return a >= b;
  case P::ult:
    return x < y;
  case P::ule:
    return x <= y;
  case P::ugt:
    return x > y;
  case P::uge:
    return x >= y;
  }
  return false;
}

void compareIntegers(Machine &m, const Instruction &i) {
  Cell *result = m.cells(i.result), *x = m.cells(i.x), *y = m.cells(i.y);
  for (unsigned lane = 0; lane < m.lanes; ++lane) {
    result[lane].u = compareInteger(i.extra, x[lane].u, y[lane].u, i.width);
  }
}

template <typename T> static bool compareReal(unsigned predicate, T x, T y) {
  using P = arith::CmpFPredicate;
  bool unordered = std::isnan(x) || std::isnan(y);
  switch (P(predicate)) {
  case P::AlwaysFalse:
    return false;
  case P::OEQ:
    return x == y;
  case P::OGT:
    return x > y;
  case P::OGE:
    return x >= y;
  case P::OLT:
    return x < y;
  case P::OLE:
    return x <= y;
  case P::ONE:
    return !unordered && x != y;
  case P::ORD:
    return !unordered;
  case P::UEQ:
    return unordered || x == y;
  case P::UGT:
    return unordered || x > y;
  case P::UGE:
    return unordered || x >= y;
  case P::ULT:
    return unordered || x < y;
  case P::ULE:
    return unordered || x <= y;
  case P::UNE:
    return x != y;
  case P::UNO:
    return unordered;
  case P::AlwaysTrue:
    return true;
  }
  return false;
}

template <typename T> void compareReals(Machine &m, const Instruction &i) {
  Cell *result = m.cells(i.result), *x = m.cells(i.x), *y = m.cells(i.y);
  for (unsigned lane = 0; lane < m.lanes; ++lane) {
    result[lane].u = compareReal(i.extra, as<T>(x[lane]), as<T>(y[lane]));
  }
}
template void compareReals<float>(Machine &, const Instruction &);
template void compareReals<double>(Machine &, const Instruction &);

} // namespace mlc::interpreter
