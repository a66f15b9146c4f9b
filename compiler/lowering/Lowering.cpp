//===- Lowering.cpp - attaches the lowering rules ---------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lowering/Lowering.h"

using namespace mlir;

namespace mlc {
namespace {
/// Ops whose record carries a `scalar` body.
template <typename OpT>
struct ScalarElement
    : ElementOpInterface::ExternalModel<ScalarElement<OpT>, OpT> {
  Value emitElement(Operation *op, ElementBuilder &e, unsigned,
                    ValueRange indices) const {
    return emitScalarElement(op, e, indices);
  }
};

/// Ops with a hand-written element rule.
template <typename OpT>
struct RuleElement : ElementOpInterface::ExternalModel<RuleElement<OpT>, OpT> {
  Value emitElement(Operation *op, ElementBuilder &e, unsigned result,
                    ValueRange indices) const {
    return ::mlc::emitElement(cast<OpT>(op), e, result, indices);
  }
};

/// Ops with hand-written loops.
template <typename OpT>
struct RuleLoops : LoopsOpInterface::ExternalModel<RuleLoops<OpT>, OpT> {
  void emitLoops(Operation *op, LoopBuilder &l) const {
    ::mlc::emitLoops(cast<OpT>(op), l);
  }
};
} // namespace

#include "dialects/mlc/Lowering.cpp.inc"

void registerLoweringModels(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, MlcDialect *) {
    attachLoweringModels(context);
  });
}

} // namespace mlc
