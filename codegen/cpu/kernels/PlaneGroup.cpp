//===- PlaneGroup.cpp - kernels of what moves planes ------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A concatenation or a gather and the elementwise ops on its result. The result
// is walked in planes: what lies behind one index of the leading dims and the
// axis (or the axes of a gather's indices). Each is a piece of one operand,
// which is found once per plane and not once per element.
//
// The elements of a plane are rows and columns: one row, unless an operand has
// the last dim but not those between it and the axis (scales of channels in a
// blocked layout).
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/CpuKernels.h"
#include "codegen/cpu/kernels/GroupKernel.h"

#include "dialects/mlc/Element.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace mlc::codegen {

namespace {

/// What of a plane an operand has.
enum class Extent { none, columns, whole };

struct PlanePlan {
  Operation *op; // the concatenation or the gather
  SmallVector<Value> outputs;
  Value y;
  int64_t planeDims;
  RankedTensorType space;
  SmallVector<std::pair<BlockArgument, Extent>> operands; // but for the parts
  bool hasRows = false;

  int64_t innerDims() const { return space.getRank() - planeDims; }
  /// The leading dims of an operand, aligned right with those of planes.
  ArrayRef<int64_t> planeShape(RankedTensorType type) const {
    return type.getShape().drop_back(std::min(innerDims(), type.getRank()));
  }
};

std::optional<Extent> extentOf(RankedTensorType type, const PlanePlan &plan) {
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

/// The one op of the group that moves planes; null when there is none, or
/// several.
Operation *findMover(GroupOp group) {
  Operation *mover = nullptr;
  for (Operation &op : *group.getBlock()) {
    if (isa<ConcatOp, GatherOp>(op)) {
      if (mover) {
        return nullptr;
      }
      mover = &op;
    }
  }
  return mover;
}

/// The operands of the elementwise ops; false when one is not addressed as
/// planes are.
bool addOperands(PlanePlan &plan, GroupOp group) {
  for (BlockArgument argument : group.getBlock()->getArguments()) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    bool isOperand = type && llvm::any_of(argument.getUsers(), [&](auto *user) {
                       return user != plan.op;
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

std::optional<PlanePlan> planPlanes(GroupOp group) {
  PlanePlan plan;
  plan.op = findMover(group);
  if (!plan.op || !group.getOps<ReshapeOp>().empty() ||
      !group.getOps<ExpandOp>().empty()) {
    return std::nullopt;
  }
  plan.y = plan.op->getResult(0);
  plan.space = tensorTypeOf(plan.y);
  if (auto gather = dyn_cast<GatherOp>(plan.op)) {
    plan.planeDims =
        gather.getAxis() + tensorTypeOf(gather.getIndices()).getRank();
  } else {
    plan.planeDims = cast<ConcatOp>(plan.op).getAxis() + 1;
  }
  if (plan.innerDims() < 1 || plan.space.getShape().back() == 1 ||
      !isVectorElement(plan.space.getElementType()) ||
      !llvm::all_of(plan.op->getOperands(), [](Value operand) {
        return isa<BlockArgument>(operand);
      })) {
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

class PlaneEmitter {
public:
  PlaneEmitter(KernelBuilder &b, const GroupBuffers &buffers,
               const PlanePlan &plan);

  void emitPlane(Index plane);

private:
  struct Source {
    Value flat;
    Index plane;
  };
  Source findSource(Index plane);
  Source findPart(ConcatOp concat, Index plane);
  Source findRow(GatherOp gather, Index plane);
  void copyPlane(const Source &source, Index plane);
  void bindPlaneScalars(Index plane);
  void emitColumns(const Source &source, Index plane, Index row, Index col,
                   Value mask);
  Index operandPlane(BlockArgument operand, Index plane);

  KernelBuilder &b;
  const GroupBuffers &buffers;
  const PlanePlan &plan;
  unsigned lanes;
  SmallVector<Index> dims;
  Index rows, columns;
  GroupElements elements;
};

PlaneEmitter::PlaneEmitter(KernelBuilder &b, const GroupBuffers &buffers,
                           const PlanePlan &plan)
    : b(b), buffers(buffers), plan(plan), lanes(b.isa.lanes()),
      dims(dimsOf(b, buffers.output(0))), elements(b, buffers, dims) {
  int64_t rank = plan.space.getRank(), first = plan.planeDims;
  int64_t firstColumn = plan.hasRows ? rank - 1 : first;
  rows = b.dimProduct(buffers.output(0), first, firstColumn);
  columns = b.dimProduct(buffers.output(0), firstColumn, rank);
}

PlaneEmitter::Source PlaneEmitter::findSource(Index plane) {
  if (auto gather = dyn_cast<GatherOp>(plan.op)) {
    return findRow(gather, plane);
  }
  return findPart(cast<ConcatOp>(plan.op), plane);
}

PlaneEmitter::Source PlaneEmitter::findRow(GatherOp gather, Index plane) {
  int64_t axis = gather.getAxis();
  Value x = buffers.of(gather.getX()),
        indices = buffers.of(gather.getIndices());
  int64_t rank = tensorTypeOf(gather.getIndices()).getRank();
  Index extent = b.dim(x, axis), outer = b.index(int64_t(0)), at = plane;
  if (axis > 0) {
    Index count = b.dimProduct(indices, 0, rank);
    outer = plane / count;
    at = plane % count;
  }
  ElementBuilder checks(b, gather.getLoc(), nullptr, nullptr, nullptr);
  Value chosen = checks.index.fromInteger(b.load(b.flat(indices), at),
                                          elementTypeOf(gather.getIndices()));
  Index row = b.index(checks.checkedIndex(chosen, extent));
  return {b.flat(x), outer * extent + row};
}

PlaneEmitter::Source PlaneEmitter::findPart(ConcatOp concat, Index plane) {
  int64_t axis = concat.getAxis();
  Index outer = plane / dims[axis], at = plane % dims[axis];
  auto flatType =
      MemRefType::get({ShapedType::kDynamic}, plan.space.getElementType());
  Source source;
  Index start = b.index(int64_t(0));
  for (Value part : concat.getXs()) {
    Value buffer = buffers.of(part), flat = b.flat(buffer);
    Index extent = b.dim(buffer, axis);
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

Index PlaneEmitter::operandPlane(BlockArgument operand, Index plane) {
  ArrayRef<int64_t> shape = plan.planeShape(tensorTypeOf(operand));
  return broadcastOffset(b, plane, ArrayRef(dims).take_front(plan.planeDims),
                         shape, b.index(int64_t(1)));
}

void PlaneEmitter::bindPlaneScalars(Index plane) {
  for (auto [operand, extent] : plan.operands) {
    if (extent == Extent::none) {
      Value flat = b.flat(buffers.of(operand));
      elements.bind(operand, b.load(flat, operandPlane(operand, plane)),
                    /*forGood=*/true);
    }
  }
}

void PlaneEmitter::emitColumns(const Source &source, Index plane, Index row,
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

void PlaneEmitter::emitPlane(Index plane) {
  Source source = findSource(plane);
  Index sources = b.index(int64_t(1));
  if (auto gather = dyn_cast<GatherOp>(plan.op)) {
    sources = b.dim(buffers.of(gather.getX()), gather.getAxis());
  }
  // An axis without elements has perhaps no address either.
  if (auto some = sources.constant(); some && *some > 0) {
    return copyPlane(source, plane);
  }
  b.ifThen(b.less(b.index(int64_t(0)), sources),
           [&] { copyPlane(source, plane); });
}

void PlaneEmitter::copyPlane(const Source &source, Index plane) {
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

bool emitPlaneKernel(GroupOp group, func::FuncOp kernel, CpuIsa isa) {
  std::optional<PlanePlan> plan = planPlanes(group);
  if (!plan) {
    return false;
  }
  PartitionedKernel frame(group, kernel, isa);
  KernelBuilder &b = frame.body;
  PlaneEmitter emitter(b, frame.buffers, *plan);
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
        return builder.dimProduct(buffers.output(0), 0, plan->planeDims);
      },
      (20.0 + double(elements) / isa.lanes() * double(cost)) * 3e-10);
  return true;
}

} // namespace mlc::codegen
