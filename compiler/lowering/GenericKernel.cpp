//===- GenericKernel.cpp - kernels composed from element rules --*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For an output y = exp(transpose(x)) the body of one linalg.generic over y is
//
//   %v = memref.load %x[%j, %i]      rule of transpose, asked by
//   %e = math.exp %v                 rule of exp, asked for y[%i, %j]
//   linalg.yield %e
//
// The same kernel runs as a loop nest on a CPU and as one thread per element on
// a GPU. Elements that several ops ask for at equal indices are computed once.
//
//===----------------------------------------------------------------------===//
#include "compiler/lowering/GenericKernel.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace mlc {

KernelArguments::KernelArguments(GroupOp group, func::FuncOp kernel) {
  unsigned tensors = llvm::count_if(group.getInputs(), [](Value input) {
    return isa<ShapedType>(input.getType());
  });
  unsigned buffer = 0, scalar = tensors + group.getOutputs().size();
  for (Value input : group.getInputs()) {
    bool isBuffer = isa<ShapedType>(input.getType());
    inputs.push_back(kernel.getArgument(isBuffer ? buffer++ : scalar++));
  }
  for (unsigned i = 0; i < group.getOutputs().size(); ++i) {
    outputs.push_back(kernel.getArgument(tensors + i));
  }
}

namespace {
/// Computes elements of values inside a group on demand.
class ElementEmitter {
public:
  ElementEmitter(OpBuilder &b, GroupOp group, const KernelArguments &arguments)
      : b(b), group(group), shapes(b.getContext()) {
    for (auto [argument, buffer] :
         llvm::zip_equal(group.getBlock()->getArguments(), arguments.inputs)) {
      buffers[argument] = buffer;
    }
    for (Operation &op : *group.getBlock()) {
      if (isa<ShapeOpInterface>(op)) {
        (void)shapes.recordResults(&op);
      }
    }
  }

  /// The element of `value` (a value of the group's body) at `indices`; null
  /// after an error when an op has no rule.
  Value element(Value value, ValueRange indices) {
    if (Value buffer = buffers.lookup(value)) {
      return memref::LoadOp::create(b, value.getLoc(), buffer, indices);
    }
    Operation *op = value.getDefiningOp();
    if (auto constant = dyn_cast<ConstantOp>(op)) {
      return literal(constant);
    }
    for (const Memo &memo : memos[value]) {
      if (llvm::equal(memo.indices, indices) && isVisible(memo.result)) {
        return memo.result;
      }
    }
    auto rule = dyn_cast<ElementOpInterface>(op);
    if (!rule) {
      op->emitOpError("has no element rule");
      failed = true;
      return arith::ConstantOp::create(
          b, op->getLoc(), b.getZeroAttr(storageType(elementTypeOf(value))));
    }
    auto load = [&](Value operand, ValueRange at) {
      return element(operand, at);
    };
    auto dim = [&](Value operand, int64_t i) { return extent(operand, i); };
    auto index = [&](Value operand) { return buffers.lookup(operand); };
    ElementBuilder builder(b, op->getLoc(), load, dim, index);
    unsigned number = cast<OpResult>(value).getResultNumber();
    Value result = rule.emitElement(builder, number, indices);
    memos[value].push_back({SmallVector<Value>(indices), result});
    return result;
  }

  bool failed = false;

private:
  struct Memo {
    SmallVector<Value> indices;
    Value result;
  };

  /// Whether code at the insertion point can use `value`: structured control
  /// flow only, so from its block and the regions nested there. A region that
  /// is still being built has no op around it.
  bool isVisible(Value value) {
    if (value.getParentBlock() == b.getInsertionBlock()) {
      return true;
    }
    Region *region = b.getInsertionBlock()->getParent();
    while (region && region->getParentOp()) {
      region = region->getParentRegion();
      if (region == value.getParentRegion()) {
        return true;
      }
    }
    return false;
  }

  Value literal(ConstantOp constant) {
    auto type = cast<ShapedType>(constant.getType());
    Type storage = storageType(type.getElementType());
    auto elements = cast<ElementsAttr>(constant.getValue());
    TypedAttr attr;
    if (isa<FloatType>(storage)) {
      attr = FloatAttr::get(storage, *elements.value_begin<APFloat>());
    } else {
      attr = IntegerAttr::get(storage, *elements.value_begin<APInt>());
    }
    return arith::ConstantOp::create(b, constant.getLoc(), attr);
  }

  Value extent(Value value, int64_t i) {
    if (Value buffer = buffers.lookup(value)) {
      return memref::DimOp::create(b, value.getLoc(), buffer, i);
    }
    return dimOf(shapes.dim(value, i), value.getLoc());
  }

  /// An expression over dims of group inputs, computed in the kernel.
  Value dimOf(AffineExpr expr, Location loc) {
    OpFoldResult dim = shapes.materialize(b, loc, expr);
    Value value = getValueOrCreateConstantIndexOp(b, loc, dim);
    Value mapped = onBuffers(value);
    eraseUnused(value);
    return mapped;
  }

  /// materialize() speaks of the group's block arguments; here are buffers.
  Value onBuffers(Value value) {
    if (Value mapped = buffers.lookup(value)) {
      return mapped;
    }
    if (auto dim = value.getDefiningOp<tensor::DimOp>()) {
      return memref::DimOp::create(b, dim.getLoc(),
                                   buffers.lookup(dim.getSource()),
                                   *dim.getConstantIndex());
    }
    if (auto apply = value.getDefiningOp<affine::AffineApplyOp>()) {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPoint(apply);
      for (OpOperand &operand : apply->getOpOperands()) {
        Value before = operand.get();
        operand.set(onBuffers(before));
        eraseUnused(before);
      }
    }
    return value;
  }

  /// A tensor.dim that is left over would read a tensor outside of its group.
  static void eraseUnused(Value value) {
    auto dim = value.getDefiningOp<tensor::DimOp>();
    if (dim && dim->use_empty()) {
      dim.erase();
    }
  }

  OpBuilder &b;
  GroupOp group;
  ShapeScope shapes;
  llvm::DenseMap<Value, Value> buffers;
  llvm::DenseMap<Value, SmallVector<Memo, 2>> memos;
};

LogicalResult emitMap(GroupOp group, func::FuncOp kernel, OpBuilder &b) {
  KernelArguments arguments(group, kernel);
  for (unsigned number = 0; number < arguments.outputs.size(); ++number) {
    Value value = group.getYield().getValues()[number];
    Value buffer = arguments.outputs[number];
    ElementEmitter emitter(b, group, arguments);
    Location loc = value.getLoc();
    int64_t rank = cast<MemRefType>(buffer.getType()).getRank();
    SmallVector<utils::IteratorType> iterators(rank,
                                               utils::IteratorType::parallel);
    linalg::GenericOp::create(
        b, loc, ValueRange{}, ValueRange{buffer},
        ArrayRef<AffineMap>{b.getMultiDimIdentityMap(rank)}, iterators,
        [&](OpBuilder &inner, Location, ValueRange) {
          OpBuilder::InsertionGuard guard(b);
          b.restoreInsertionPoint(inner.saveInsertionPoint());
          SmallVector<Value> indices;
          for (int64_t i = 0; i < rank; ++i) {
            indices.push_back(linalg::IndexOp::create(b, loc, i));
          }
          Value result = emitter.element(value, indices);
          linalg::YieldOp::create(b, loc, result);
        });
    if (emitter.failed) {
      return failure();
    }
  }
  return success();
}

LogicalResult emitOwnLoops(GroupOp group, LoopsOpInterface op,
                           func::FuncOp kernel, OpBuilder &b) {
  KernelArguments arguments(group, kernel);
  SmallVector<Value> operands;
  for (Value operand : op->getOperands()) {
    if (auto argument = dyn_cast<BlockArgument>(operand)) {
      operands.push_back(arguments.inputs[argument.getArgNumber()]);
      continue;
    }
    // A literal: a buffer of one element on the stack.
    auto constant = operand.getDefiningOp<ConstantOp>();
    auto type = cast<ShapedType>(constant.getType());
    auto memref =
        MemRefType::get(type.getShape(), storageType(type.getElementType()));
    Value buffer = memref::AllocaOp::create(b, op->getLoc(), memref);
    LoopBuilder l(b, op->getLoc(), {}, {});
    ElementEmitter emitter(b, group, arguments);
    Value element = emitter.element(operand, {});
    l.forEach(buffer, [&](ValueRange at) { l.store(element, buffer, at); });
    operands.push_back(buffer);
  }
  kernel->setAttr("mlc.serial", b.getUnitAttr());
  LoopBuilder l(b, op->getLoc(), operands, arguments.outputs);
  op.emitLoops(l);
  return success();
}
} // namespace

LogicalResult emitGenericKernel(GroupOp group, func::FuncOp kernel) {
  OpBuilder b = OpBuilder::atBlockEnd(kernel.addEntryBlock());
  LogicalResult result = success();
  auto ops = group.getOps<LoopsOpInterface>();
  if (!ops.empty()) {
    result = emitOwnLoops(group, *ops.begin(), kernel, b);
  } else {
    result = emitMap(group, kernel, b);
  }
  func::ReturnOp::create(b, group.getLoc());
  return result;
}

} // namespace mlc
