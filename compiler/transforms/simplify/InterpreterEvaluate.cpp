//===- InterpreterEvaluate.cpp - an op on constants -------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/transforms/simplify/Interpreter.h"

#include "dialects/mlc/Element.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::interpreter;

namespace {

/// Storage types of buffers and scalars in rules.
Type signlessElements(Type type) {
  auto shaped = cast<ShapedType>(type);
  return RankedTensorType::get(shaped.getShape(),
                               storageType(shaped.getElementType()));
}

Buffer inputBuffer(const ConstantData &data) {
  Buffer buffer;
  buffer.data = const_cast<char *>(data.bytes().data());
  buffer.splat = data.isSplat();
  buffer.codec = Codec::of(data.elementType());
  buffer.dims.assign(data.type().getShape().begin(),
                     data.type().getShape().end());
  return buffer;
}

Buffer outputBuffer(ConstantBuffer &data) {
  Buffer buffer;
  buffer.data = data.data();
  buffer.codec = Codec::of(data.type().getElementType());
  buffer.dims.assign(data.type().getShape().begin(),
                     data.type().getShape().end());
  return buffer;
}

/// A function to emit a rule into: erased at the end.
struct Scratch {
  Scratch(Operation *op, OpBuilder &b) {
    function =
        func::FuncOp::create(op->getLoc(), "rule", b.getFunctionType({}, {}));
    block = function.addEntryBlock();
    b.setInsertionPointToEnd(block);
  }
  ~Scratch() { function.erase(); }
  Value argument(Type type) {
    return block->addArgument(type, function.getLoc());
  }
  func::FuncOp function;
  Block *block;
};

/// Runs an op with an element rule for one result.
ElementsAttr evaluateElements(Operation *op, unsigned result,
                              ArrayRef<Attribute> operands, int64_t &steps) {
  OpBuilder b(op->getContext());
  Scratch scratch(op, b);
  llvm::DenseMap<Value, Value> argumentOf;
  llvm::DenseMap<Value, unsigned> bufferOf;
  std::vector<ConstantData> keep;
  std::vector<Buffer> buffers;
  for (auto [operand, attr] : llvm::zip_equal(op->getOperands(), operands)) {
    auto elements = dyn_cast<ElementsAttr>(attr);
    if (!elements || argumentOf.count(operand)) {
      continue;
    }
    std::optional<ConstantData> data = ConstantData::read(elements);
    if (!data) {
      return nullptr;
    }
    keep.push_back(*data);
    Value argument = scratch.argument(signlessElements(operand.getType()));
    argumentOf[operand] = argument;
    bufferOf[argument] = buffers.size();
    buffers.push_back(inputBuffer(keep.back()));
  }
  auto type = cast<RankedTensorType>(op->getResult(result).getType());
  SmallVector<Value> indices;
  for (int64_t i = 0; i < type.getRank(); ++i) {
    indices.push_back(scratch.argument(b.getIndexType()));
  }
  auto load = [&](Value operand, ValueRange at) -> Value {
    return tensor::ExtractOp::create(b, op->getLoc(), argumentOf[operand], at);
  };
  auto dim = [&](Value operand, int64_t i) -> Value {
    auto attr = cast<ElementsAttr>(
        operands[llvm::find(op->getOperands(), operand) - op->operand_begin()]);
    int64_t size = attr.getShapedType().getDimSize(i);
    return arith::ConstantIndexOp::create(b, op->getLoc(), size);
  };
  auto index = [&](Value operand) -> Value {
    auto attr = cast<IntegerAttr>(
        operands[llvm::find(op->getOperands(), operand) - op->operand_begin()]);
    return arith::ConstantIndexOp::create(b, op->getLoc(), attr.getInt());
  };
  ElementBuilder e(b, op->getLoc(), load, dim, index);
  Value value = cast<ElementOpInterface>(op).emitElement(e, result, indices);
  Program program;
  if (!value || !compile(*scratch.block, bufferOf, indices, value, program)) {
    return nullptr;
  }
  ConstantBuffer made(type);
  Buffer output = outputBuffer(made);
  return Machine(program, buffers, steps).fill(output) ? made.finish()
                                                       : ElementsAttr();
}

/// Runs an op with loops of its own.
SmallVector<ElementsAttr>
evaluateLoops(Operation *op, ArrayRef<Attribute> operands, int64_t &steps) {
  OpBuilder b(op->getContext());
  Scratch scratch(op, b);
  llvm::DenseMap<Value, unsigned> bufferOf;
  std::vector<ConstantData> keep;
  std::vector<ConstantBuffer> made;
  std::vector<Buffer> buffers;
  SmallVector<Value> inputs, outputs;
  auto addBuffer = [&](Type type, Buffer buffer) {
    auto shaped = cast<ShapedType>(signlessElements(type));
    Value argument = scratch.argument(
        MemRefType::get(shaped.getShape(), shaped.getElementType()));
    bufferOf[argument] = buffers.size();
    buffers.push_back(std::move(buffer));
    return argument;
  };
  for (auto [operand, attr] : llvm::zip_equal(op->getOperands(), operands)) {
    if (auto integer = dyn_cast<IntegerAttr>(attr)) {
      inputs.push_back(
          arith::ConstantIndexOp::create(b, op->getLoc(), integer.getInt()));
      continue;
    }
    std::optional<ConstantData> data =
        ConstantData::read(cast<ElementsAttr>(attr));
    if (!data) {
      return {};
    }
    keep.push_back(*data);
    inputs.push_back(addBuffer(data->type(), inputBuffer(keep.back())));
  }
  for (Type type : op->getResultTypes()) {
    made.emplace_back(cast<RankedTensorType>(type));
    outputs.push_back(addBuffer(type, outputBuffer(made.back())));
  }
  LoopBuilder l(b, op->getLoc(), inputs, outputs);
  cast<LoopsOpInterface>(op).emitLoops(l);
  Program program;
  program.diverges = true;
  SmallVector<ElementsAttr> results;
  if (compile(*scratch.block, bufferOf, {}, nullptr, program) &&
      Machine(program, buffers, steps).runOnce()) {
    for (ConstantBuffer &buffer : made) {
      results.push_back(buffer.finish());
    }
  }
  return results;
}

} // namespace

SmallVector<ElementsAttr>
mlc::evaluate(Operation *op, ArrayRef<Attribute> operands, int64_t &steps) {
  SmallVector<ElementsAttr> results;
  if (isa<LoopsOpInterface>(op)) {
    return evaluateLoops(op, operands, steps);
  }
  if (!isa<ElementOpInterface>(op)) {
    return results;
  }
  for (unsigned i = 0; i < op->getNumResults(); ++i) {
    ElementsAttr result = evaluateElements(op, i, operands, steps);
    if (!result) {
      return {};
    }
    results.push_back(result);
  }
  return results;
}
