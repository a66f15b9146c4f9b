//===- PackInterface.cpp - callers' tensors of narrow types -----*- C++ -*-===//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//
// The runtime's interface packs elements narrower than a byte; buffers inside a
// program give each a byte. This pass puts the conversions at the ends of
// @main:
//
//   func @main(%x: tensor<6xi4>) -> tensor<6xi4>  { return %y }
//     ==>
//   func @main(%p: tensor<6xui8>) -> tensor<6xui8> {
//     %x = mlc.unpack_bits %p {to = i4} ... %q = mlc.pack_bits %y {output = 0}
//     return %q
//     }
//
// The dims of the packed tensors stay those of their elements, so that whatever
// asks for an argument's dims gets them; only the ops here know that the buffer
// is shorter. Runs before fusion, after the model has been described.
//
//===----------------------------------------------------------------------===//
#include "compiler/lowering/Passes.h"

#include "dialects/mlc/Mlc.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;

namespace mlc {
#define GEN_PASS_DEF_PACKINTERFACEPASS
#include "compiler/lowering/Passes.h.inc"

namespace {

/// The packed form of a tensor type, or the type itself.
Type packedType(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  Type element = tensor ? tensor.getElementType() : Type();
  if (!element || !element.isIntOrFloat() || element.isInteger(1) ||
      element.getIntOrFloatBitWidth() >= 8) {
    return type;
  }
  return tensor.clone(
      IntegerType::get(type.getContext(), 8, IntegerType::Unsigned));
}

void unpackArgument(BlockArgument argument, OpBuilder &b) {
  Type type = argument.getType(), packed = packedType(type);
  if (packed == type) {
    return;
  }
  argument.setType(packed);
  auto unpack = UnpackBitsOp::create(b, argument.getLoc(), type, argument,
                                     cast<ShapedType>(type).getElementType());
  argument.replaceAllUsesExcept(unpack.getY(), unpack);
}

struct PackInterfacePass : impl::PackInterfacePassBase<PackInterfacePass> {
  void runOnOperation() override {
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!main || main.isExternal()) {
      return;
    }
    OpBuilder b = OpBuilder::atBlockBegin(&main.getBody().front());
    for (BlockArgument argument : main.getArguments()) {
      unpackArgument(argument, b);
    }
    auto ret = cast<func::ReturnOp>(main.getBody().back().getTerminator());
    b.setInsertionPoint(ret);
    for (OpOperand &operand : ret->getOpOperands()) {
      Type type = operand.get().getType(), packed = packedType(type);
      if (packed != type) {
        auto pack = PackBitsOp::create(b, ret.getLoc(), packed, operand.get(),
                                       operand.getOperandNumber());
        operand.set(pack.getY());
      }
    }
    main.setType(FunctionType::get(&getContext(),
                                   main.getBody().getArgumentTypes(),
                                   ret.getOperandTypes()));
  }
};

} // namespace
} // namespace mlc
