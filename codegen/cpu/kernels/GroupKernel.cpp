//===- GroupKernel.cpp - a group seen from its kernel function --*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/GroupKernel.h"
#include "dialects/mlc/Scalar.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace mlc::codegen {

//===----------------------------------------------------------------------===//
// GroupBuffers
//===----------------------------------------------------------------------===//

Value GroupBuffers::of(Value blockArgument) const {
  GroupOp op = group;
  unsigned buffer = 0, scalar = 0;
  bool isTensor = mlir::isa<RankedTensorType>(blockArgument.getType());
  for (BlockArgument argument : op.getBlock()->getArguments()) {
    bool tensor = mlir::isa<RankedTensorType>(argument.getType());
    if (argument == blockArgument) {
      break;
    }
    (tensor ? buffer : scalar) += 1;
  }
  if (isTensor) {
    return entry->getArgument(buffer);
  }
  unsigned tensors = llvm::count_if(op.getInputs(), [](Value input) {
    return mlir::isa<RankedTensorType>(input.getType());
  });
  return entry->getArgument(tensors + op.getNumResults() + scalar);
}

Value GroupBuffers::output(unsigned i) const {
  GroupOp op = group;
  unsigned tensors = llvm::count_if(op.getInputs(), [](Value input) {
    return mlir::isa<RankedTensorType>(input.getType());
  });
  return entry->getArgument(tensors + i);
}

//===----------------------------------------------------------------------===//
// PartitionedKernel
//===----------------------------------------------------------------------===//

/// Gives the function an entry block that ends in a return of `results`.
static OpBuilder openFunction(func::FuncOp function) {
  Block *entry = function.addEntryBlock();
  return OpBuilder::atBlockEnd(entry);
}

static KernelBuilder openKernel(func::FuncOp kernel, CpuIsa isa, bool stepped) {
  OpBuilder builder(kernel.getContext());
  FunctionType type = kernel.getFunctionType();
  SmallVector<Type> inputs(type.getInputs());
  unsigned added = stepped ? 4 : 3;
  inputs.append(added, builder.getIndexType());
  kernel.setFunctionType(builder.getFunctionType(inputs, {}));
  if (ArrayAttr attrs = kernel.getArgAttrsAttr()) {
    SmallVector<Attribute> extended(attrs.begin(), attrs.end());
    extended.append(added, builder.getDictionaryAttr({}));
    kernel.setArgAttrsAttr(builder.getArrayAttr(extended));
  }
  kernel->setAttr("mlc.partitioned", builder.getUnitAttr());
  kernel->setAttr("mlc.hot", builder.getUnitAttr());
  if (stepped) {
    kernel->setAttr("mlc.stepped", builder.getUnitAttr());
  }
  OpBuilder body = openFunction(kernel);
  body.setInsertionPoint(func::ReturnOp::create(body, kernel.getLoc()));
  return KernelBuilder(kernel.getLoc(), body, isa);
}

PartitionedKernel::PartitionedKernel(GroupOp group, func::FuncOp kernel,
                                     CpuIsa isa, bool stepped)
    : body(openKernel(kernel, isa, stepped)),
      buffers(group, &kernel.getBody().front()), group(group), kernel(kernel),
      isa(isa) {
  unsigned count = kernel.getNumArguments();
  if (stepped) {
    step = body.index(kernel.getArgument(count - 4));
  }
  begin = body.index(kernel.getArgument(count - 3));
  end = body.index(kernel.getArgument(count - 2));
  thread = body.index(kernel.getArgument(count - 1));
}

void PartitionedKernel::addCompanion(llvm::StringRef suffix, unsigned dropped,
                                     Count value) {
  OpBuilder builder(kernel);
  builder.setInsertionPointAfter(kernel);
  ArrayRef<Type> arguments =
      kernel.getFunctionType().getInputs().drop_back(dropped);
  auto companion = func::FuncOp::create(
      builder, kernel.getLoc(), (kernel.getName() + suffix).str(),
      builder.getFunctionType(arguments, {builder.getIndexType()}));
  companion.setPrivate();
  OpBuilder entry = openFunction(companion);
  KernelBuilder b(kernel.getLoc(), entry, isa);
  Index result = value(b, GroupBuffers(group, &companion.getBody().front()));
  func::ReturnOp::create(b, ValueRange{result.value});
}

void PartitionedKernel::setCount(Count units, double unitSeconds) {
  addCompanion(".count", 3, units);
  // Below this a hand-over to another thread costs more than it saves.
  constexpr double worthwhile = 5e-6;
  int64_t grain = std::max(int64_t(1), int64_t(worthwhile / unitSeconds));
  kernel->setAttr("mlc.grain", OpBuilder(kernel).getI64IntegerAttr(grain));
}

void PartitionedKernel::setSteps(Count steps) {
  addCompanion(".steps", 4, steps);
}

//===----------------------------------------------------------------------===//
// GroupElements
//===----------------------------------------------------------------------===//

SmallVector<Index> dimsOf(KernelBuilder &b, Value buffer) {
  SmallVector<Index> dims;
  for (int64_t i = 0; i < cast<MemRefType>(buffer.getType()).getRank(); ++i) {
    dims.push_back(b.dim(buffer, i));
  }
  return dims;
}

static bool endsInOne(RankedTensorType type) {
  return type.getRank() == 0 || type.getShape().back() == 1;
}

bool GroupElements::isScalarPerRow(Value tensor, RankedTensorType space) {
  return endsInOne(tensorTypeOf(tensor)) && !endsInOne(space);
}

/// A reshape that keeps the last dim maps rows to rows in order, as long as
/// nothing is broadcast below it.
static bool keepsRows(ReshapeOp op, RankedTensorType space) {
  RankedTensorType from = tensorTypeOf(op.getX()), to = tensorTypeOf(op.getY());
  if (from.getRank() == 0 || to.getRank() == 0) {
    return false;
  }
  bool full =
      to.getRank() == space.getRank() && to.getShape() == space.getShape();
  return full && from.getShape().back() == to.getShape().back() &&
         !ShapedType::isDynamic(to.getShape().back());
}

/// Whether one op (or argument) can be evaluated when its operands can.
static bool isEvaluable(Value tensor, RankedTensorType space,
                        ArrayRef<Value> bound) {
  auto type = dyn_cast<RankedTensorType>(tensor.getType());
  if (!type || type.getRank() > space.getRank()) {
    return false;
  }
  Operation *op = tensor.getDefiningOp();
  if (!op) {
    return isVectorElement(type.getElementType()) ||
           type.getElementType().isInteger(1);
  }
  if (auto constant = dyn_cast<ConstantOp>(op)) {
    auto value = dyn_cast<DenseElementsAttr>(constant.getValue());
    return value && value.isSplat();
  }
  if (auto reshape = dyn_cast<ReshapeOp>(op)) {
    Value from = reshape.getX();
    return keepsRows(reshape, space) &&
           (llvm::is_contained(bound, from) || mlir::isa<BlockArgument>(from));
  }
  if (auto conversion = dyn_cast<CastOp>(op)) {
    auto isKnown = [](Type element) {
      return isVectorElement(element) || element.isInteger(1);
    };
    return isKnown(elementTypeOf(conversion.getX())) &&
           isKnown(conversion.getTo());
  }
  return mlir::isa<ExpandOp>(op) || hasScalarBody(op);
}

bool GroupElements::canEvaluate(Value tensor, RankedTensorType space,
                                ArrayRef<Value> bound) {
  SetVector<Value> open;
  open.insert(tensor);
  for (size_t i = 0; i < open.size(); ++i) {
    Value value = open[i];
    if (llvm::is_contained(bound, value)) {
      continue;
    }
    if (!isEvaluable(value, space, bound)) {
      return false;
    }
    Operation *op = value.getDefiningOp();
    if (!op) {
      continue;
    }
    if (mlir::isa<ReshapeOp, ExpandOp>(op)) {
      // Further operands are index scalars; a reshaped argument is only a view.
      Value from = op->getOperand(0);
      if (mlir::isa<ReshapeOp>(op) && mlir::isa<BlockArgument>(from)) {
        if (!isVectorElement(tensorTypeOf(from).getElementType())) {
          return false;
        }
        continue;
      }
      open.insert(from);
      continue;
    }
    open.insert(op->operand_begin(), op->operand_end());
  }
  return true;
}

void GroupElements::moveTo(const ElementPosition &to) {
  position = to;
  values = lasting;
}

void GroupElements::bind(Value tensor, Value value, bool forGood) {
  values[tensor] = value;
  if (forGood) {
    lasting[tensor] = value;
  }
}

bool GroupElements::isColumnVector(RankedTensorType type) {
  // A space of one column is all vectors (of one lane in use).
  return !endsInOne(type) || dims.back().constant() == 1;
}

Value GroupElements::vectorAt(Value tensor) {
  Value value = at(tensor);
  return mlir::isa<VectorType>(value.getType())
             ? value
             : b.splatOf(value, position.lanes);
}

/// Whether `tensor` is exp(x - m) with the maximum m of x: exponents of a
/// softmax are not positive.
static bool isSoftmaxTerm(Value tensor) {
  auto exp = tensor.getDefiningOp<ExpOp>();
  auto sub = exp ? exp.getX().getDefiningOp<SubOp>() : SubOp();
  auto max = sub ? sub->getOperand(1).getDefiningOp<ReduceOp>() : ReduceOp();
  return max && max.getKind() == ReduceKind::max &&
         max.getX() == sub->getOperand(0) && elementTypeOf(tensor).isF32();
}

/// Whether `tensor` is e / sum(e) for such terms, over the axes of the maximum:
/// one of them is 1, so that the sum has a reciprocal.
static bool isSoftmaxQuotient(Value tensor) {
  auto div = tensor.getDefiningOp<DivOp>();
  auto sum = div ? div->getOperand(1).getDefiningOp<ReduceOp>() : ReduceOp();
  if (!sum || sum.getKind() != ReduceKind::sum ||
      sum.getX() != div->getOperand(0) || !isSoftmaxTerm(sum.getX())) {
    return false;
  }
  auto sub = sum.getX().getDefiningOp()->getOperand(0).getDefiningOp<SubOp>();
  auto max = sub->getOperand(1).getDefiningOp<ReduceOp>();
  return max.getAxes() == sum.getAxes();
}

Value GroupElements::at(Value tensor) {
  if (Value known = values.lookup(tensor)) {
    return known;
  }
  Operation *op = tensor.getDefiningOp();
  Value result;
  if (!op) {
    result = load(tensor);
  } else if (auto constantOp = dyn_cast<ConstantOp>(op)) {
    result = constant(constantOp);
  } else if (mlir::isa<ExpandOp>(op)) {
    result = at(op->getOperand(0));
  } else if (auto reshape = dyn_cast<ReshapeOp>(op)) {
    // keepsRows: row-major order and columns agree.
    Value from = reshape.getX();
    result = values.lookup(from);
    if (!result) {
      Value flat = b.flat(buffers.of(from));
      result = b.loadVector(flat, position.row * dims.back() + position.col,
                            position.lanes, position.mask);
    }
  } else {
    bool vector = isColumnVector(tensorTypeOf(tensor));
    SmallVector<Value> operands;
    for (Value operand : op->getOperands()) {
      operands.push_back(vector ? vectorAt(operand) : at(operand));
    }
    result =
        vector && isSoftmaxTerm(tensor) ? b.expNonPositive(operands[0])
        : vector && isSoftmaxQuotient(tensor)
            ? b.mul(operands[0], b.div(b.splat(1, position.lanes), operands[1]))
        : mlir::isa<CastOp>(op)
            ? convertScalar(b, b.getLoc(), operands.front(),
                            elementTypeOf(op->getOperand(0)),
                            elementTypeOf(tensor))
            : emitScalar(b, b.getLoc(), op, operands);
  }
  values[tensor] = result;
  return result;
}

Value GroupElements::constant(ConstantOp op) {
  auto value = cast<DenseElementsAttr>(op.getValue());
  Type type = storageType(value.getElementType());
  Attribute element = value.getSplatValue<Attribute>();
  if (auto integer = dyn_cast<IntegerAttr>(element)) {
    element = IntegerAttr::get(type, integer.getValue());
  }
  return arith::ConstantOp::create(b, cast<TypedAttr>(element));
}

Value GroupElements::load(Value argument) {
  RankedTensorType type = tensorTypeOf(argument);
  Value buffer = buffers.of(argument);
  Value flat = b.flat(buffer);
  Index offset = rowOffset(type, buffer);
  if (endsInOne(type)) {
    Value element = b.load(flat, offset);
    return isColumnVector(type) ? b.splatOf(element, position.lanes) : element;
  }
  if (type.getElementType().isInteger(1)) {
    return loadBooleans(flat, offset);
  }
  return b.loadVector(flat, offset + position.col, position.lanes,
                      position.mask);
}

// A boolean has a byte in memory and a bit in a vector, so they come one by
// one; lanes past the end repeat the last column.
Value GroupElements::loadBooleans(Value flat, Index row) {
  Index last = dims.back() - b.index(int64_t(1));
  SmallVector<Value> bits;
  for (unsigned lane = 0; lane < position.lanes; ++lane) {
    Index col = b.min(position.col + b.index(int64_t(lane)), last);
    bits.push_back(b.load(flat, row + col));
  }
  auto type = VectorType::get(position.lanes, b.getI1Type());
  return vector::FromElementsOp::create(b, b.getLoc(), type, bits);
}

Index GroupElements::rowOffset(RankedTensorType type, Value buffer) {
  if (type.getRank() == 0) {
    return b.index(int64_t(0));
  }
  return broadcastOffset(b, position.row, ArrayRef(dims).drop_back(),
                         type.getShape().drop_back(),
                         b.dim(buffer, type.getRank() - 1));
}

// The dims fall into runs that the operand has or lacks; each run it has
// contributes one quotient and remainder of the linear number.
Index broadcastOffset(KernelBuilder &b, Index linear, ArrayRef<Index> dims,
                      ArrayRef<int64_t> shape, Index elementSize) {
  int64_t missing = int64_t(dims.size()) - int64_t(shape.size());
  auto has = [&](int64_t d) {
    return d >= missing && (shape[d - missing] != 1 || dims[d].constant() == 1);
  };
  Index offset = b.index(int64_t(0)), inner = b.index(int64_t(1));
  for (int64_t d = int64_t(dims.size()) - 1; d >= 0;) {
    int64_t last = d;
    Index run = b.index(int64_t(1));
    for (; d >= 0 && has(d) == has(last); --d) {
      run = run * dims[d];
    }
    if (has(last)) {
      Index i = linear / inner;
      offset = offset + (d < 0 ? i : i % run) * elementSize;
      elementSize = elementSize * run;
    }
    inner = inner * run;
  }
  return offset;
}

/// The operations that `tensor` is made of, down to `bound` and arguments.
static void collectOps(Value tensor, ArrayRef<Value> bound,
                       SetVector<Operation *> &ops) {
  Operation *op = tensor.getDefiningOp();
  if (!op || llvm::is_contained(bound, tensor) || !ops.insert(op)) {
    return;
  }
  for (Value operand : op->getOperands()) {
    collectOps(operand, bound, ops);
  }
}

int64_t evaluationCost(Value tensor, ArrayRef<Value> bound) {
  SetVector<Operation *> ops;
  collectOps(tensor, bound, ops);
  int64_t cost = 0;
  for (Operation *op : ops) {
    // Division and what is not one instruction: polynomials, mostly.
    bool cheap = mlir::isa<AddOp, SubOp, MulOp, MaxOp, MinOp, NegOp, AbsOp,
                           ConstantOp, ExpandOp, ReshapeOp, CastOp>(op);
    cost += cheap ? 1 : 10;
  }
  return cost;
}

} // namespace mlc::codegen
