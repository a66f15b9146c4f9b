//===- GradientTest.cpp - the gradient rules of the op records --*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// No pass differentiates yet; this keeps what is generated for it compiling.
//
//===----------------------------------------------------------------------===//
#include "dialects/mlc/Mlc.h"
#include "dialects/mlc/Scalar.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace mlc;

namespace {

/// Appends the derivatives by the operands; false when there is no rule.
[[maybe_unused]] bool emitGradients(ScalarBuilder &s, Operation *operation,
                                    ArrayRef<Value> operands, Value y, Value dy,
                                    SmallVectorImpl<Value> &gradients) {
#include "dialects/mlc/Gradient.cpp.inc"
  return false;
}

TEST(Gradients, AreBuiltFromRecords) {
  DialectRegistry registry;
  registry.insert<MlcDialect, func::FuncDialect, arith::ArithDialect,
                  math::MathDialect>();
  MLIRContext context(registry);
  context.loadAllAvailableDialects();
  auto module = parseSourceString<ModuleOp>(R"mlir(
    func.func @f(%a: tensor<4xf32>, %x: f32, %y: f32, %dy: f32) {
      %m = mlc.mul %a, %a : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
      %i = mlc.floor %a : (tensor<4xf32>) -> tensor<4xf32>
      return
    })mlir",
                                            &context);
  ASSERT_TRUE(module);
  Block &body = module->lookupSymbol<func::FuncOp>("f").front();
  Value x = body.getArgument(1), y = body.getArgument(2);
  Value dy = body.getArgument(3);
  OpBuilder b(body.getTerminator());
  ScalarBuilder s(b, b.getUnknownLoc(), b.getF32Type(), b.getF32Type());
  SmallVector<Value> gradients;
  Operation *product = &body.front(), *floor = product->getNextNode();
  ASSERT_TRUE(emitGradients(s, product, {x, x}, y, dy, gradients));
  ASSERT_EQ(gradients.size(), 2u);
  auto first = gradients[0].getDefiningOp<arith::MulFOp>();
  ASSERT_TRUE(first);
  EXPECT_EQ(first.getLhs(), dy);
  EXPECT_EQ(first.getRhs(), x);
  EXPECT_FALSE(emitGradients(s, floor, {x}, y, dy, gradients));
}

} // namespace
