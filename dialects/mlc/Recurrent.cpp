//===- Recurrent.cpp - activations of recurrent cells -----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/mlc/Recurrent.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"

using namespace mlir;

namespace mlc {

namespace {
struct Activation {
  llvm::StringRef name;
  Value (*emit)(ScalarBuilder &s, double alpha, double beta, Value x);
};

Value emitAffine(ScalarBuilder &s, double alpha, double beta, Value x) {
  return s.add(s.mul(s.constant(alpha), x), s.constant(beta));
}

const Activation table[] = {
    {"relu", [](ScalarBuilder &s, double, double,
                Value x) { return s.max(x, s.zero()); }},
    {"tanh",
     [](ScalarBuilder &s, double, double, Value x) { return s.tanh(x); }},
    {"sigmoid",
     [](ScalarBuilder &s, double, double, Value x) {
       return s.div(s.one(), s.add(s.one(), s.exp(s.neg(x))));
     }},
    {"affine", emitAffine},
    {"leakyrelu",
     [](ScalarBuilder &s, double alpha, double, Value x) {
       Value scaled = s.mul(s.constant(alpha), x);
       return s.select(s.less(x, s.zero()), scaled, x);
     }},
    {"thresholdedrelu",
     [](ScalarBuilder &s, double alpha, double, Value x) {
       return s.select(s.less(x, s.constant(alpha)), s.zero(), x);
     }},
    {"scaledtanh",
     [](ScalarBuilder &s, double alpha, double beta, Value x) {
       return s.mul(s.constant(alpha), s.tanh(s.mul(s.constant(beta), x)));
     }},
    {"hardsigmoid",
     [](ScalarBuilder &s, double alpha, double beta, Value x) {
       return s.min(s.max(emitAffine(s, alpha, beta, x), s.zero()), s.one());
     }},
    {"elu",
     [](ScalarBuilder &s, double alpha, double, Value x) {
       Value negative = s.mul(s.constant(alpha), s.expm1(x));
       return s.select(s.less(x, s.zero()), negative, x);
     }},
    {"softsign", [](ScalarBuilder &s, double, double,
                    Value x) { return s.div(x, s.add(s.one(), s.abs(x))); }},
    {"softplus",
     [](ScalarBuilder &s, double, double, Value x) {
       // log(1 + e^x) without overflow.
       Value tail = s.log1p(s.exp(s.neg(s.abs(x))));
       return s.add(s.max(x, s.zero()), tail);
     }},
};

const Activation *find(llvm::StringRef name) {
  auto *found = llvm::find_if(table, [&](const Activation &activation) {
    return activation.name == name;
  });
  return found == std::end(table) ? nullptr : found;
}
} // namespace

bool isRecurrentActivation(llvm::StringRef name) {
  return find(name) != nullptr;
}

Value emitRecurrentActivation(ScalarBuilder &s, llvm::StringRef name,
                              double alpha, double beta, Value x) {
  return find(name)->emit(s, alpha, beta, x);
}

} // namespace mlc
