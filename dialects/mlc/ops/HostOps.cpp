//===- HostOps.cpp - verifiers of groups and host ops -----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/mlc/Mlc.h"

using namespace mlir;
using namespace mlc;

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

LogicalResult ExtractOp::verify() {
  auto type = cast<ShapedType>(getX().getType());
  if (int64_t(getIndices().size()) != type.getRank()) {
    return emitOpError("expects ")
           << type.getRank() << " indices, got " << getIndices().size();
  }
  Type element = type.getElementType();
  Type expected = element;
  if (isa<IntegerType>(element) && !element.isInteger(1)) {
    expected = IndexType::get(getContext());
  }
  if (getY().getType() != expected) {
    return emitOpError("expects result type ")
           << expected << ", got " << getY().getType();
  }
  return success();
}

YieldOp GroupOp::getYield() {
  return cast<YieldOp>(getBlock()->getTerminator());
}

LogicalResult GroupOp::verify() {
  if (getBlock()->getArgumentTypes() != getInputs().getTypes()) {
    return emitOpError("expects one block argument per input, of its type");
  }
  if (getYield().getValues().getTypes() != getOutputs().getTypes()) {
    return emitOpError("expects the yielded types to be the result types");
  }
  int64_t dynamic = 0;
  for (Value output : getOutputs()) {
    dynamic += cast<ShapedType>(output.getType()).getNumDynamicDims();
  }
  if (int64_t(getDims().size()) != dynamic) {
    return emitOpError("expects ")
           << dynamic << " dims, got " << getDims().size();
  }
  return success();
}
