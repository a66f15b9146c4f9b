//===- PartitionKernels.cpp - loops over a part of the elements -*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// In: kernels with one all-parallel `linalg.generic` (mlc-split-kernels).
// Out: the same computation for elements [begin, end) in row-major order.
//
//   linalg.generic over (d0, d1)
// ==>
//   for o = begin / D1 .. ceil(end / D1)              rows touched
//     for i = max(begin - o*D1, 0) .. min(end - o*D1, D1)   unit stride
//       body(o, i)
//
// Counting single elements balances the threads whatever the dims are; only
// the first and the last row of a part are short. Dims of extent 1 are
// dropped, dims that are contiguous everywhere are fused (AccessPattern.h).
//
//===----------------------------------------------------------------------===//
#include "codegen/common/AccessPattern.h"
#include "codegen/common/Kernel.h"
#include "codegen/common/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace mlc::codegen {
#define GEN_PASS_DEF_PARTITIONKERNELSPASS
#include "codegen/common/Passes.h.inc"

namespace {

/// About what one part must cost, in scalar operations, to be worth a thread:
/// some ten microseconds, several times the hand-over.
constexpr int64_t grainWork = 32768;
/// Guess for the trip count of a loop with unknown bounds.
constexpr int64_t unknownTrips = 64;

int64_t workOfRegion(Region &region);

int64_t workOf(Operation *op) {
  int64_t work = isa<math::ExpOp, math::LogOp, math::TanhOp, math::ErfOp,
                     math::PowFOp, math::SinOp, math::CosOp>(op)
                     ? 16
                     : 1;
  int64_t trips = 1;
  if (auto loop = dyn_cast<scf::ForOp>(op)) {
    std::optional<llvm::APInt> known = loop.getStaticTripCount();
    trips = known ? std::max<int64_t>(known->getSExtValue(), 1) : unknownTrips;
  } else if (isa<scf::WhileOp>(op)) {
    trips = unknownTrips;
  }
  for (Region &region : op->getRegions()) {
    work += std::min<int64_t>(trips, grainWork) * workOfRegion(region);
    work = std::min<int64_t>(work, grainWork);
  }
  return work;
}

int64_t workOfRegion(Region &region) {
  int64_t work = 0;
  for (Block &block : region) {
    for (Operation &op : block) {
      work = std::min<int64_t>(work + workOf(&op), grainWork);
    }
  }
  return work;
}

/// Rewrites one kernel function.
class Partitioner {
public:
  explicit Partitioner(func::FuncOp kernel) : kernel(kernel), b(kernel) {
    nest = *kernel.front().getOps<linalg::GenericOp>().begin();
  }

  void run();

private:
  void readExtents();
  Value extent(unsigned dim);
  Value product(unsigned from, unsigned to);
  void emitCount();
  void emitLoops(Value begin, Value end);
  void emitBody(Value innermost);
  Value indexAt(unsigned dim);
  SmallVector<Value> applyMap(AffineMap map);

  func::FuncOp kernel;
  OpBuilder b;
  linalg::GenericOp nest;
  SmallVector<int64_t> extents;  // static loop extents or kDynamic
  SmallVector<unsigned> dims;    // loop dims that are not 1
  unsigned firstFused = 0;       // index into all loop dims
  SmallVector<Value> position;   // value of each loop dim, null: fused away
};

/// Static extents from any operand that names a dim alone.
void Partitioner::readExtents() {
  extents.assign(nest.getNumLoops(), ShapedType::kDynamic);
  for (OpOperand &operand : nest->getOpOperands()) {
    AffineMap map = nest.getMatchingIndexingMap(&operand);
    ArrayRef<int64_t> shape = nest.getShape(&operand);
    for (auto [expr, size] : llvm::zip(map.getResults(), shape)) {
      auto dim = dyn_cast<AffineDimExpr>(expr);
      if (dim && !ShapedType::isDynamic(size)) {
        extents[dim.getPosition()] = size;
      }
    }
  }
}

Value Partitioner::extent(unsigned dim) {
  Location loc = nest.getLoc();
  if (!ShapedType::isDynamic(extents[dim])) {
    return arith::ConstantIndexOp::create(b, loc, extents[dim]);
  }
  // Outputs have identity maps, so each dim is some output's dim.
  for (OpOperand &output : nest.getDpsInitsMutable()) {
    AffineMap map = nest.getMatchingIndexingMap(&output);
    if (auto place = map.getResultPosition(b.getAffineDimExpr(dim))) {
      return memref::DimOp::create(b, loc, output.get(), *place);
    }
  }
  llvm_unreachable("a loop dim that no output has");
}

/// Elements in dims [from, to).
Value Partitioner::product(unsigned from, unsigned to) {
  Location loc = nest.getLoc();
  int64_t known = 1;
  Value result;
  for (unsigned d = from; d < to; ++d) {
    if (!ShapedType::isDynamic(extents[d])) {
      known *= extents[d];
      continue;
    }
    Value size = extent(d);
    result = result ? arith::MulIOp::create(b, loc, result, size) : size;
  }
  Value constant = arith::ConstantIndexOp::create(b, loc, known);
  if (!result) {
    return constant;
  }
  return known == 1 ? result : arith::MulIOp::create(b, loc, result, constant);
}

/// `@k.count`: the kernel's prologue, then the product of all dims.
void Partitioner::emitCount() {
  OpBuilder::InsertionGuard guard(b);
  func::FuncOp count = kernel.clone();
  count.setName(countName(kernel.getName()));
  kernel->getBlock()->getOperations().insertAfter(kernel->getIterator(), count);
  for (StringRef name : {kPartitioned, kGrain, kNodes, kArchetype}) {
    count->removeAttr(name);
  }
  auto copy = *count.front().getOps<linalg::GenericOp>().begin();
  std::swap(nest, copy);
  b.setInsertionPoint(nest);
  Value total = product(0, extents.size());
  nest.erase();
  std::swap(nest, copy);
  Operation *end = count.front().getTerminator();
  b.setInsertionPoint(end);
  func::ReturnOp::create(b, kernel.getLoc(), total);
  end->erase();
  count.setType(b.getFunctionType(kernel.getArgumentTypes(), b.getIndexType()));
}

/// The value of a loop dim where the body needs it.
Value Partitioner::indexAt(unsigned dim) {
  if (!position[dim]) {
    position[dim] = arith::ConstantIndexOp::create(b, nest.getLoc(), 0);
  }
  return position[dim];
}

SmallVector<Value> Partitioner::applyMap(AffineMap map) {
  SmallVector<Value> operands, results;
  for (unsigned d = 0; d < map.getNumDims(); ++d) {
    operands.push_back(indexAt(d));
  }
  for (AffineExpr expr : map.getResults()) {
    if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
      results.push_back(operands[dim.getPosition()]);
      continue;
    }
    AffineMap single = AffineMap::get(map.getNumDims(), 0, expr);
    results.push_back(
        affine::AffineApplyOp::create(b, nest.getLoc(), single, operands));
  }
  return results;
}

/// One element: the nest's body with loads before and stores after it.
void Partitioner::emitBody(Value innermost) {
  Location loc = nest.getLoc();
  if (innermost) {
    position[dims.back()] = innermost;
  }
  IRMapping mapping;
  Block *body = nest.getBlock();
  for (OpOperand &operand : nest->getOpOperands()) {
    BlockArgument argument = body->getArgument(operand.getOperandNumber());
    if (argument.use_empty()) {
      continue;
    }
    Value value = operand.get();
    if (isa<MemRefType>(value.getType())) {
      value = memref::LoadOp::create(
          b, loc, value, applyMap(nest.getMatchingIndexingMap(&operand)));
    }
    mapping.map(argument, value);
  }
  for (Operation &op : body->without_terminator()) {
    if (auto index = dyn_cast<linalg::IndexOp>(op)) {
      mapping.map(index.getResult(), indexAt(index.getDim()));
      continue;
    }
    Operation *copy = b.clone(op, mapping);
    copy->walk([&](linalg::IndexOp index) {
      index.replaceAllUsesWith(indexAt(index.getDim()));
      index.erase();
    });
  }
  for (auto [output, value] : llvm::zip(nest.getDpsInitsMutable(),
                                        body->getTerminator()->getOperands())) {
    memref::StoreOp::create(b, loc, mapping.lookupOrDefault(value),
                            output.get(),
                            applyMap(nest.getMatchingIndexingMap(&output)));
  }
}

void Partitioner::emitLoops(Value begin, Value end) {
  Location loc = nest.getLoc();
  Value one = arith::ConstantIndexOp::create(b, loc, 1);
  position.assign(extents.size(), Value());
  // A zero for every dim that no loop walks, made where all uses see it.
  for (unsigned d = 0; d < extents.size(); ++d) {
    indexAt(d);
  }
  bool whole = llvm::all_of(dims, [&](unsigned d) { return d >= firstFused; });
  if (whole) {
    auto loop = scf::ForOp::create(b, loc, begin, end, one);
    b.setInsertionPointToStart(loop.getBody());
    return emitBody(dims.empty() ? Value() : loop.getInductionVar());
  }
  Value length = product(firstFused, extents.size());
  Value firstRow = arith::DivUIOp::create(b, loc, begin, length);
  Value lastRow = arith::CeilDivUIOp::create(b, loc, end, length);
  SmallVector<Value> sizes;
  for (unsigned d = 0; d < firstFused; ++d) {
    sizes.push_back(extent(d));
  }
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  auto rows = scf::ForOp::create(b, loc, firstRow, lastRow, one);
  b.setInsertionPointToStart(rows.getBody());
  Value row = rows.getInductionVar();
  Value start = arith::MulIOp::create(b, loc, row, length);
  Value from = arith::MaxSIOp::create(
      b, loc, arith::SubIOp::create(b, loc, begin, start), zero);
  Value to = arith::MinSIOp::create(
      b, loc, arith::SubIOp::create(b, loc, end, start), length);
  Value rest = row;
  for (unsigned i = dims.size(); i-- > 0;) {
    unsigned d = dims[i];
    if (d >= firstFused) {
      continue;
    }
    if (i == 0) {
      position[d] = rest;
      break;
    }
    position[d] = arith::RemUIOp::create(b, loc, rest, sizes[d]);
    rest = arith::DivUIOp::create(b, loc, rest, sizes[d]);
  }
  auto loop = scf::ForOp::create(b, loc, from, to, one);
  b.setInsertionPointToStart(loop.getBody());
  emitBody(loop.getInductionVar());
}

void Partitioner::run() {
  readExtents();
  firstFused = AccessPattern(nest, extents).firstFusedDim();
  for (unsigned d = 0; d < extents.size(); ++d) {
    if (extents[d] != 1) {
      dims.push_back(d);
    }
  }
  // Only a fused dim may stand for the run, and it is written in the last
  // place; a last dim of extent 1 moves the run's start to the left.
  if (!dims.empty() && dims.back() < firstFused) {
    firstFused = dims.back();
  }
  emitCount();

  SmallVector<Value> range;
  for (int i = 0; i < 3; ++i) {
    unsigned place = kernel.getNumArguments();
    (void)kernel.insertArgument(place, b.getIndexType(), {}, nest.getLoc());
    range.push_back(kernel.getArgument(place));
  }
  b.setInsertionPoint(nest);
  emitLoops(range[0], range[1]);
  int64_t work = std::max<int64_t>(workOfRegion(nest.getRegion()), 1);
  nest.erase();
  kernel->setAttr(kPartitioned, b.getUnitAttr());
  kernel->setAttr(kGrain,
                  b.getI64IntegerAttr(std::max<int64_t>(grainWork / work, 1)));
}

class PartitionKernelsPass
    : public impl::PartitionKernelsPassBase<PartitionKernelsPass> {
  void runOnOperation() override {
    for (func::FuncOp kernel : kernelsOf(getOperation())) {
      if (!kernel->hasAttr(kSerial) && !kernel->hasAttr(kPartitioned)) {
        Partitioner(kernel).run();
      }
    }
  }
};

} // namespace
} // namespace mlc::codegen
