//===- ConcatGroup.cpp - kernels of concatenations --------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A concatenation and the elementwise ops on its result. The result is walked
// in planes: what lies behind one index of the leading dims and the axis. Each
// is a piece of one operand, which is found once per plane and not once per
// element.
//
// The elements of a plane are rows and columns: one row, unless an operand has
// the last dim but not those between it and the axis (scales of channels in a
// blocked layout).
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/CpuKernels.h"
#include "codegen/cpu/kernels/GroupKernel.h"

#include "dialects/mlc/Scalar.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace mlc::codegen {

namespace {

/// What of a plane an operand has.
enum class Extent { none, columns, whole };

struct ConcatPlan {
  SmallVector<Value> parts, outputs;
  Value y;
  int64_t axis;
  RankedTensorType space;
  SmallVector<std::pair<BlockArgument, Extent>> operands; // but for the parts
  bool hasRows = false;

  int64_t planeDims() const { return axis + 1; }
  int64_t innerDims() const { return space.getRank() - planeDims(); }
  /// The leading dims of an operand, aligned right with those of planes.
  ArrayRef<int64_t> planeShape(RankedTensorType type) const {
    return type.getShape().drop_back(std::min(innerDims(), type.getRank()));
  }
};

std::optional<Extent> extentOf(RankedTensorType type, const ConcatPlan &plan) {
  ArrayRef<int64_t> inner =
      type.getShape().take_back(std::min(plan.innerDims(), type.getRank()));
  int64_t present = llvm::count_if(inner, [](int64_t dim) { return dim != 1; });
  int64_t ones = llvm::count(plan.space.getShape().take_back(plan.innerDims()),
                             int64_t(1));
  if (present == 0) {
    return Extent::none;
  }
  if (present + ones == plan.innerDims()) {
    return Extent::whole;
  }
  return present == 1 && inner.back() != 1 ? std::optional(Extent::columns)
                                           : std::nullopt;
}

/// The operands of the elementwise ops; false when one is not addressed as
/// planes are.
bool addOperands(ConcatPlan &plan, GroupOp group) {
  for (BlockArgument argument : group.getBlock()->getArguments()) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    bool isOperand = type && llvm::any_of(argument.getUsers(), [](auto *user) {
                       return !isa<ConcatOp>(user);
                     });
    if (!isOperand) {
      continue;
    }
    std::optional<Extent> extent = extentOf(type, plan);
    if (!extent || type.getElementType().isInteger(1)) {
      return false;
    }
    plan.operands.push_back({argument, *extent});
    plan.hasRows |= *extent == Extent::columns;
  }
  return true;
}

std::optional<ConcatPlan> planConcat(GroupOp group) {
  auto ops = llvm::to_vector(group.getOps<ConcatOp>());
  if (ops.size() != 1 || !group.getOps<ReshapeOp>().empty() ||
      !group.getOps<ExpandOp>().empty()) {
    return std::nullopt;
  }
  ConcatPlan plan;
  plan.y = ops[0].getY();
  plan.parts.assign(ops[0].getXs().begin(), ops[0].getXs().end());
  plan.axis = ops[0].getAxis();
  plan.space = tensorTypeOf(plan.y);
  if (plan.innerDims() < 1 || plan.space.getShape().back() == 1 ||
      !isVectorElement(plan.space.getElementType()) ||
      !llvm::all_of(plan.parts,
                    [](Value part) { return isa<BlockArgument>(part); })) {
    return std::nullopt;
  }
  for (Value output : group.getYield().getValues()) {
    auto type = dyn_cast<RankedTensorType>(output.getType());
    if (!type || type.getShape() != plan.space.getShape() ||
        !isVectorElement(type.getElementType()) ||
        !GroupElements::canEvaluate(output, plan.space, {plan.y})) {
      return std::nullopt;
    }
    plan.outputs.push_back(output);
  }
  return addOperands(plan, group) ? std::optional(std::move(plan))
                                  : std::nullopt;
}

class ConcatEmitter {
public:
  ConcatEmitter(KernelBuilder &b, const GroupBuffers &buffers,
                const ConcatPlan &plan);

  void emitPlane(Index plane);

private:
  struct Source {
    Value flat;
    Index plane;
  };
  Source findSource(Index plane);
  void bindPlaneScalars(Index plane);
  void emitColumns(const Source &source, Index plane, Index row, Index col,
                   Value mask);
  Index operandPlane(BlockArgument operand, Index plane);

  KernelBuilder &b;
  const GroupBuffers &buffers;
  const ConcatPlan &plan;
  unsigned lanes;
  SmallVector<Index> dims;
  Index rows, columns;
  GroupElements elements;
};

ConcatEmitter::ConcatEmitter(KernelBuilder &b, const GroupBuffers &buffers,
                             const ConcatPlan &plan)
    : b(b), buffers(buffers), plan(plan), lanes(b.isa.lanes()),
      dims(dimsOf(b, buffers.output(0))), elements(b, buffers, dims) {
  int64_t rank = plan.space.getRank(), first = plan.planeDims();
  int64_t firstColumn = plan.hasRows ? rank - 1 : first;
  rows = b.dimProduct(buffers.output(0), first, firstColumn);
  columns = b.dimProduct(buffers.output(0), firstColumn, rank);
}

ConcatEmitter::Source ConcatEmitter::findSource(Index plane) {
  Index outer = plane / dims[plan.axis], at = plane % dims[plan.axis];
  auto flatType =
      MemRefType::get({ShapedType::kDynamic}, plan.space.getElementType());
  Source source;
  Index start = b.index(int64_t(0));
  for (Value part : plan.parts) {
    Value buffer = buffers.of(part), flat = b.flat(buffer);
    Index extent = b.dim(buffer, plan.axis);
    flat = memref::CastOp::create(b, flatType, flat);
    Index here = outer * extent + (at - start);
    if (!source.flat) {
      source = {flat, here};
    } else {
      Value isBefore = b.less(at, start);
      source.flat = arith::SelectOp::create(b, isBefore, source.flat, flat);
      source.plane = b.select(isBefore, source.plane, here);
    }
    start = start + extent;
  }
  return source;
}

Index ConcatEmitter::operandPlane(BlockArgument operand, Index plane) {
  ArrayRef<int64_t> shape = plan.planeShape(tensorTypeOf(operand));
  return broadcastOffset(b, plane, ArrayRef(dims).take_front(plan.planeDims()),
                         shape, b.index(int64_t(1)));
}

void ConcatEmitter::bindPlaneScalars(Index plane) {
  for (auto [operand, extent] : plan.operands) {
    if (extent == Extent::none) {
      Value flat = b.flat(buffers.of(operand));
      elements.bind(operand, b.load(flat, operandPlane(operand, plane)),
                    /*forGood=*/true);
    }
  }
}

void ConcatEmitter::emitColumns(const Source &source, Index plane, Index row,
                                Index col, Value mask) {
  Index inside = row * columns + col;
  elements.moveTo({plane, col, lanes, mask});
  for (auto [operand, extent] : plan.operands) {
    if (extent == Extent::none) {
      continue;
    }
    Index first = operandPlane(operand, plane);
    Index at = extent == Extent::whole ? first * (rows * columns) + inside
                                       : first * columns + col;
    elements.bind(operand,
                  b.loadVector(b.flat(buffers.of(operand)), at, lanes, mask));
  }
  elements.bind(plan.y, b.loadVector(source.flat,
                                     source.plane * (rows * columns) + inside,
                                     lanes, mask));
  for (auto [number, output] : llvm::enumerate(plan.outputs)) {
    b.storeVector(elements.vectorAt(output), b.flat(buffers.output(number)),
                  plane * (rows * columns) + inside, mask);
  }
}

void ConcatEmitter::emitPlane(Index plane) {
  Source source = findSource(plane);
  bindPlaneScalars(plane);
  Index none = b.index(int64_t(0));
  Index main = columns / int64_t(lanes) * int64_t(lanes);
  b.loop(none, rows, 1, [&](Index row) {
    b.loop(none, main, lanes,
           [&](Index col) { emitColumns(source, plane, row, col, Value()); });
    if (!main.constant() || main.constant() != columns.constant()) {
      b.loop(main, columns, lanes, [&](Index col) {
        emitColumns(source, plane, row, col, b.mask(columns - col, lanes));
      });
    }
  });
  for (auto [operand, extent] : plan.operands) {
    elements.unbind(operand);
  }
}

} // namespace

bool emitConcatKernel(GroupOp group, func::FuncOp kernel, CpuIsa isa) {
  std::optional<ConcatPlan> plan = planConcat(group);
  if (!plan) {
    return false;
  }
  PartitionedKernel frame(group, kernel, isa);
  KernelBuilder &b = frame.body;
  ConcatEmitter emitter(b, frame.buffers, *plan);
  b.loop(frame.begin, frame.end, 1,
         [&](Index plane) { emitter.emitPlane(plane); });
  int64_t elements = 1, cost = 2;
  for (int64_t dim : plan->space.getShape().take_back(plan->innerDims())) {
    elements *= ShapedType::isDynamic(dim) ? 32 : dim;
  }
  for (Value output : plan->outputs) {
    cost += evaluationCost(output, {plan->y});
  }
  frame.setCount(
      [&](KernelBuilder &builder, const GroupBuffers &buffers) {
        return builder.dimProduct(buffers.output(0), 0, plan->planeDims());
      },
      (20.0 + double(elements) / isa.lanes() * double(cost)) * 3e-10);
  return true;
}

} // namespace mlc::codegen
