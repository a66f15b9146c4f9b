//===- ResampleGroup.cpp - kernels that resize an axis ----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One mlc.resample and the elementwise ops on its result. Which elements a
// result is made of and what they weigh depends on its place along the axis
// alone, and costs more than the sum: so the places are worked out a block at a
// time, into tables on the stack, and serve all indices of the dims before the
// axis; a unit is one of these. On the last axis the results of a block then
// lie in lanes and gather their elements; on others the dims behind the axis
// do.
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/kernels/CpuKernels.h"
#include "codegen/cpu/kernels/GroupKernel.h"
#include "dialects/mlc/Element.h"
#include "dialects/mlc/Resample.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <cmath>

using namespace mlir;

namespace mlc::codegen {

namespace {

/// Places in a table, and lanes of f64 in which they are worked out.
constexpr int64_t kPlaces = 64, kPlaceLanes = 8;
/// Elements that a result may be the sum of: bounds the tables.
constexpr int64_t kMostTaps = 64;
/// More than these are a loop.
constexpr int64_t kUnrolledTaps = 4;

struct ResamplePlan {
  ResampleOp op;
  SmallVector<Value> outputs;
  int64_t axis, firstTap, taps; // the first tap's distance from the position
  double factor = 1;            // of distances
  bool isLastAxis, hasRows;     // hasRows: the last dim is walked by itself

  RankedTensorType space() { return tensorTypeOf(op.getY()); }
  bool isNearest() { return op.getKind() == SampleKind::nearest; }
};

/// The scale when it is known now.
std::optional<double> knownScale(ResampleOp op) {
  auto constant = op.getScale().getDefiningOp<ConstantOp>();
  auto value =
      constant ? dyn_cast<DenseElementsAttr>(constant.getValue()) : nullptr;
  return value && value.isSplat() && value.getElementType().isF64()
             ? std::optional(value.getSplatValue<APFloat>().convertToDouble())
             : std::nullopt;
}

/// False when the number of taps is not known or too large.
bool setTaps(ResamplePlan &plan) {
  ResampleOp op = plan.op;
  if (plan.isNearest()) {
    plan.firstTap = 0;
    plan.taps = 1;
    return true;
  }
  double reach = op.getKind() == SampleKind::linear ? 1 : 2;
  if (op.getAntialias()) {
    std::optional<double> scale = knownScale(op);
    if (!scale || !(*scale > 0)) {
      return false;
    }
    plan.factor = std::min(*scale, 1.0);
  }
  double before = std::floor(-reach / plan.factor) + 1;
  if (before < -kMostTaps) {
    return false;
  }
  plan.firstTap = int64_t(before);
  plan.taps = 2 - 2 * plan.firstTap;
  return plan.taps <= kMostTaps;
}

bool isOperand(Value value) {
  return mlir::isa<BlockArgument>(value) || value.getDefiningOp<ConstantOp>();
}

std::optional<ResamplePlan> planResample(GroupOp group) {
  auto ops = llvm::to_vector(group.getOps<ResampleOp>());
  if (ops.size() != 1 || !mlir::isa<BlockArgument>(ops[0].getX()) ||
      ops[0].getRoi() || !isOperand(ops[0].getScale())) {
    return std::nullopt;
  }
  ResamplePlan plan;
  plan.op = ops[0];
  plan.axis = ops[0].getAxis();
  RankedTensorType space = plan.space();
  Type type = space.getElementType();
  bool fits =
      plan.isNearest() ? isVectorElement(type) : type.isF32() || type.isF64();
  if (!fits || !setTaps(plan)) {
    return std::nullopt;
  }
  for (Value output : group.getYield().getValues()) {
    auto to = dyn_cast<RankedTensorType>(output.getType());
    if (!to || to.getShape() != space.getShape() ||
        !isVectorElement(to.getElementType()) ||
        !GroupElements::canEvaluate(output, space, {plan.op.getY()})) {
      return std::nullopt;
    }
    plan.outputs.push_back(output);
    plan.hasRows |= output != plan.op.getY();
  }
  ArrayRef<int64_t> inner = space.getShape().drop_front(plan.axis + 1);
  plan.isLastAxis = inner.empty();
  return plan;
}

class ResampleEmitter {
public:
  ResampleEmitter(KernelBuilder &b, const GroupBuffers &buffers,
                  ResamplePlan &plan);

  static Index units(KernelBuilder &b, const GroupBuffers &buffers,
                     const ResamplePlan &plan);
  void emitUnits(Index begin, Index end);

private:
  using Values = KernelBuilder::Values;

  void makeTables(Index first);
  ResampleAxis axisOf(Type real);
  Value scale();
  void makeTap(ResamplePositions &positions, ScalarBuilder &s, Value position,
               int64_t tap, Values &indices, Values &weights);
  void emitPlaces(Index lead, Index first, Index count);
  void emitColumns(Index lead, Index place, Index first);
  Value weighted(llvm::function_ref<Value(Index)> element,
                 llvm::function_ref<Value(Index)> weight);
  void store(const ElementPosition &position, Index at, Value value);
  void emitLead(Index lead, Index first);
  void clear(Index lead, Index first);
  void forVectors(Index count, llvm::function_ref<void(Index, Value)> body);

  KernelBuilder &b;
  const GroupBuffers &buffers;
  ResamplePlan &plan;
  int64_t lanes;
  Value x, indexTable, weightTable;
  Type indexType;
  Index extent, size, rows, columns;
  GroupElements elements;
};

ResampleEmitter::ResampleEmitter(KernelBuilder &b, const GroupBuffers &buffers,
                                 ResamplePlan &plan)
    : b(b), buffers(buffers), plan(plan), lanes(b.isa.lanes()),
      elements(b, buffers, dimsOf(b, buffers.output(0))) {
  Value from = buffers.of(plan.op.getX()), y = buffers.output(0);
  int64_t rank = plan.space().getRank(), first = plan.axis + 1;
  int64_t firstColumn = plan.hasRows && !plan.isLastAxis ? rank - 1 : first;
  x = b.flat(from);
  extent = b.dim(from, plan.axis);
  size = b.dim(y, plan.axis);
  rows = b.dimProduct(y, first, firstColumn);
  columns = b.dimProduct(y, firstColumn, rank);
  // Narrow where it surely fits: a vector of them gathers faster.
  std::optional<int64_t> known = extent.constant();
  indexType = known && *known <= INT32_MAX ? b.getI32Type() : b.getI64Type();
  indexTable = b.stack(plan.taps * kPlaces, indexType);
  if (!plan.isNearest()) {
    weightTable = b.stack(plan.taps * kPlaces, b.elementType());
  }
}

Index ResampleEmitter::units(KernelBuilder &b, const GroupBuffers &buffers,
                             const ResamplePlan &plan) {
  Value y = buffers.output(0);
  return b.ceilDiv(b.dim(y, plan.axis), kPlaces) *
         b.dimProduct(y, 0, plan.axis);
}

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

Value ResampleEmitter::scale() {
  if (std::optional<double> known = knownScale(plan.op)) {
    return arith::ConstantOp::create(b, b.getF64FloatAttr(*known));
  }
  return b.load(buffers.of(plan.op.getScale()), b.index(int64_t(0)));
}

ResampleAxis ResampleEmitter::axisOf(Type real) {
  IndexBuilder x(b, b.getLoc());
  auto splat = [&](Value value) -> Value {
    return vector::BroadcastOp::create(b, real, value);
  };
  ResampleAxis axis;
  axis.length = splat(x.toElement(extent, b.getF64Type()));
  axis.size = splat(x.toElement(size, b.getF64Type()));
  axis.scale = splat(scale());
  return axis;
}

/// Fills the tables for kPlaces results from `first` on. Those past the end
/// read something of x as well.
void ResampleEmitter::makeTables(Index first) {
  auto real = VectorType::get({kPlaceLanes}, b.getF64Type());
  ScalarBuilder s(b, b.getLoc(), b.getF64Type(), real);
  ResamplePositions positions(plan.op, s, axisOf(real));
  SmallVector<double> steps;
  for (int64_t i = 0; i < kPlaceLanes; ++i) {
    steps.push_back(double(i));
  }
  Value step = arith::ConstantOp::create(
      b, DenseElementsAttr::get(real, ArrayRef<double>(steps)));
  IndexBuilder indices(b, b.getLoc());
  b.loop(b.index(int64_t(0)), b.index(kPlaces), kPlaceLanes, [&](Index place) {
    Value o = indices.toElement(first + place, b.getF64Type());
    o = s.add(vector::BroadcastOp::create(b, real, o), step);
    Value position = positions.position(o);
    Values taps, weights;
    for (int64_t tap = 0; tap < plan.taps; ++tap) {
      makeTap(positions, s, position, tap, taps, weights);
    }
    Value sum;
    if (plan.op.getAntialias() || plan.op.getExcludeOutside()) {
      for (Value weight : weights) {
        sum = sum ? s.add(sum, weight) : weight;
      }
      sum = sum ? s.select(s.equal(sum, s.zero()), s.one(), sum) : sum;
    }
    for (int64_t tap = 0; tap < plan.taps; ++tap) {
      Index at = place + tap * kPlaces;
      b.storeVector(taps[tap], indexTable, at);
      if (!weights.empty()) {
        Value weight = sum ? s.div(weights[tap], sum) : weights[tap];
        b.storeVector(convertScalar(b, b.getLoc(), weight, b.getF64Type(),
                                    b.elementType()),
                      weightTable, at);
      }
    }
  });
}

void ResampleEmitter::makeTap(ResamplePositions &positions, ScalarBuilder &s,
                              Value position, int64_t tap, Values &indices,
                              Values &weights) {
  Value floor = s.floor(position), index;
  Value last = positions.last();
  if (plan.isNearest()) {
    index = positions.nearest(position);
  } else {
    Value step = s.constant(double(plan.firstTap + tap));
    Value distance = s.sub(step, s.sub(position, floor));
    Value weight = positions.weight(s.mul(distance, s.constant(plan.factor)));
    index = s.add(floor, step);
    if (plan.op.getExcludeOutside()) {
      Value inside =
          s.and_(s.lessEqual(s.zero(), index), s.lessEqual(index, last));
      weight = s.select(inside, weight, s.zero());
    }
    weights.push_back(weight);
  }
  // So that NaN becomes 0.
  index = s.select(s.lessEqual(s.zero(), index), index, s.zero());
  index = s.select(s.less(index, last), index, last);
  indices.push_back(arith::FPToSIOp::create(
      b, VectorType::get({kPlaceLanes}, indexType), index));
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

/// body(first, mask) for vectors of `count` elements.
void ResampleEmitter::forVectors(Index count,
                                 llvm::function_ref<void(Index, Value)> body) {
  Index main = count / lanes * lanes;
  b.loop(b.index(int64_t(0)), main, lanes,
         [&](Index at) { body(at, Value()); });
  if (!main.constant() || main.constant() != count.constant()) {
    b.loop(main, count, lanes,
           [&](Index at) { body(at, b.mask(count - at, lanes)); });
  }
}

/// The sum over all taps; their tables begin at the index that is passed.
Value ResampleEmitter::weighted(llvm::function_ref<Value(Index)> element,
                                llvm::function_ref<Value(Index)> weight) {
  Index zero = b.index(int64_t(0));
  if (plan.isNearest()) {
    return element(zero);
  }
  Value sum = b.mul(weight(zero), element(zero));
  if (plan.taps <= kUnrolledTaps) {
    for (int64_t tap = 1; tap < plan.taps; ++tap) {
      Index at = b.index(tap * kPlaces);
      sum = b.fma(weight(at), element(at), sum);
    }
    return sum;
  }
  return b.loop(b.index(kPlaces), b.index(plan.taps * kPlaces), kPlaces, sum,
                [&](Index at, ValueRange carried) {
                  return Values{b.fma(weight(at), element(at), carried[0])};
                })[0];
}

void ResampleEmitter::store(const ElementPosition &position, Index at,
                            Value value) {
  elements.moveTo(position);
  elements.bind(plan.op.getY(), value);
  for (auto [number, output] : llvm::enumerate(plan.outputs)) {
    b.storeVector(elements.vectorAt(output), b.flat(buffers.output(number)), at,
                  position.mask);
  }
}

/// The results [first, first + count) of the last axis in lanes.
void ResampleEmitter::emitPlaces(Index lead, Index first, Index count) {
  Index source = lead * extent;
  auto type =
      VectorType::get({lanes}, storageType(plan.space().getElementType()));
  Value all = b.mask(b.index(lanes), lanes);
  Value none = arith::ConstantOp::create(b, b.getZeroAttr(type));
  forVectors(count, [&](Index place, Value mask) {
    auto element = [&](Index tap) -> Value {
      Value at = b.loadVector(indexTable, tap + place, lanes);
      return vector::GatherOp::create(b, type, x, ValueRange{source}, at, all,
                                      none);
    };
    auto weight = [&](Index tap) {
      return b.loadVector(weightTable, tap + place, lanes);
    };
    Value value = weighted(element, weight);
    store({lead, first + place, unsigned(lanes), mask},
          lead * size + first + place, value);
  });
}

/// All that lies behind one result of the axis.
void ResampleEmitter::emitColumns(Index lead, Index place, Index first) {
  Index result = (lead * size + first + place) * rows;
  b.loop(b.index(int64_t(0)), rows, 1, [&](Index row) {
    forVectors(columns, [&](Index col, Value mask) {
      auto element = [&](Index tap) {
        Value loaded = b.load(indexTable, tap + place);
        Index at =
            b.index(arith::IndexCastOp::create(b, b.getIndexType(), loaded)
                        .getResult());
        return b.loadVector(x,
                            ((lead * extent + at) * rows + row) * columns + col,
                            lanes, mask);
      };
      auto weight = [&](Index tap) {
        return b.splatOf(b.load(weightTable, tap + place), lanes);
      };
      Value value = weighted(element, weight);
      store({result + row, col, unsigned(lanes), mask},
            (result + row) * columns + col, value);
    });
  });
}

void ResampleEmitter::emitLead(Index lead, Index first) {
  Index count = b.min(size - first, b.index(kPlaces));
  if (plan.isLastAxis) {
    return emitPlaces(lead, first, count);
  }
  b.loop(b.index(int64_t(0)), count, 1,
         [&](Index place) { emitColumns(lead, place, first); });
}

void ResampleEmitter::emitUnits(Index begin, Index end) {
  Index leads = b.dimProduct(buffers.output(0), 0, plan.axis);
  Index zero = b.index(int64_t(0));
  b.loop(begin / leads, b.ceilDiv(end, leads), 1, [&](Index block) {
    Index low = b.max(begin - block * leads, zero);
    Index high = b.min(end - block * leads, leads), first = block * kPlaces;
    // Without an element there is nothing to clamp positions to.
    b.ifThen(
        b.less(zero, extent),
        [&] {
          makeTables(first);
          b.loop(low, high, 1, [&](Index lead) { emitLead(lead, first); });
        },
        [&] { b.loop(low, high, 1, [&](Index lead) { clear(lead, first); }); });
  });
}

/// Zeroes for what `emitLead` would compute.
void ResampleEmitter::clear(Index lead, Index first) {
  Index length = rows * columns;
  Index low = (lead * size + first) * length;
  Index high = low + b.min(size - first, b.index(kPlaces)) * length;
  for (unsigned i = 0; i < plan.outputs.size(); ++i) {
    Value y = b.flat(buffers.output(i));
    Type type = cast<MemRefType>(y.getType()).getElementType();
    Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type));
    b.loop(low, high, 1, [&](Index at) { b.store(zero, y, at); });
  }
}

} // namespace

bool emitResampleKernel(GroupOp group, func::FuncOp kernel, CpuIsa isa) {
  std::optional<ResamplePlan> plan = planResample(group);
  if (!plan) {
    return false;
  }
  isa.elementBits = plan->space().getElementType().isF64() ? 64 : 32;
  PartitionedKernel frame(group, kernel, isa);
  KernelBuilder &b = frame.body;
  ResampleEmitter emitter(b, frame.buffers, *plan);
  emitter.emitUnits(frame.begin, frame.end);
  int64_t vectors = kPlaces, cost = plan->taps;
  for (int64_t dim : plan->space().getShape().drop_front(plan->axis + 1)) {
    vectors *= ShapedType::isDynamic(dim) ? 32 : dim;
  }
  for (Value output : plan->outputs) {
    cost += evaluationCost(output, {plan->op.getY()});
  }
  vectors = llvm::divideCeil(vectors, isa.lanes());
  frame.setCount(
      [&](KernelBuilder &builder, const GroupBuffers &buffers) {
        return ResampleEmitter::units(builder, buffers, *plan);
      },
      double(vectors) * double(cost) * (plan->isLastAxis ? 4e-9 : 4e-10));
  return true;
}

} // namespace mlc::codegen
