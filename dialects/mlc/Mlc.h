//===- Mlc.h - the mlc dialect ----------------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_DIALECTS_MLC_MLC_H
#define MLC_DIALECTS_MLC_MLC_H

#include "dialects/mlc/Shapes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace mlc {
/// All shaped operands have one element type.
template <typename ConcreteType>
class SameOperandElementTypes
    : public mlir::OpTrait::TraitBase<ConcreteType, SameOperandElementTypes> {
public:
  static llvm::LogicalResult verifyTrait(mlir::Operation *op) {
    mlir::Type first = elementTypeOf(op->getOperand(0));
    for (mlir::Value operand : op->getOperands()) {
      mlir::Type type = elementTypeOf(operand);
      if (type && type != first) {
        return op->emitOpError("expects operands of one element type, got ")
               << first << " and " << type;
      }
    }
    return mlir::success();
  }
};

/// The op's `scalar` field is its whole lowering (see emitScalar).
template <typename ConcreteType>
class ScalarBody : public mlir::OpTrait::TraitBase<ConcreteType, ScalarBody> {};

class ElementBuilder;
class LoopBuilder;
} // namespace mlc

#include "dialects/mlc/Dialect.h.inc"
#include "dialects/mlc/Enums.h.inc"
#include "dialects/mlc/Interfaces.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/mlc/Attributes.h.inc"
#define GET_OP_CLASSES
#include "dialects/mlc/Ops.h.inc"

#endif // MLC_DIALECTS_MLC_MLC_H
