//===- KernelNest.cpp - the loop nest of a generic kernel -------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/common/KernelNest.h"

#include "codegen/common/AccessPattern.h"
#include "codegen/common/Kernel.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace mlc::codegen {

/// Guess for the trip count of a loop with unknown bounds, and where counting
/// work stops.
static constexpr int64_t unknownTrips = 64, muchWork = 1 << 20;

static int64_t workOf(Region &region) {
  int64_t total = 0;
  for (Operation &op : region.getOps()) {
    int64_t work = isa<math::MathDialect>(op.getDialect()) ? 16 : 1;
    int64_t trips = isa<scf::WhileOp>(op) ? unknownTrips : 1;
    if (auto loop = dyn_cast<scf::ForOp>(op)) {
      std::optional<llvm::APInt> known = loop.getStaticTripCount();
      trips = known ? std::max<int64_t>(known->getLimitedValue(muchWork), 1)
                    : unknownTrips;
    }
    for (Region &inner : op.getRegions()) {
      work += std::min(trips * workOf(inner), muchWork);
    }
    total = std::min(total + work, muchWork);
  }
  return total;
}

int64_t KernelNest::elementWork() {
  return std::max<int64_t>(workOf(nest.getRegion()), 1);
}

KernelNest::KernelNest(func::FuncOp kernel) : kernel(kernel), b(kernel) {
  nest = *kernel.front().getOps<linalg::GenericOp>().begin();
  readExtents();
  firstFused = AccessPattern(nest, extents).firstFusedDim();
  for (unsigned d = 0; d < extents.size(); ++d) {
    if (extents[d] != 1) {
      dims.push_back(d);
    }
  }
  // A run of one element is none: last dims of extent 1 add nothing to it.
  if (!dims.empty()) {
    firstFused = std::min(firstFused, dims.back());
  }
}

Value KernelNest::addArgument() {
  unsigned place = kernel.getNumArguments();
  (void)kernel.insertArgument(place, b.getIndexType(), {}, loc());
  return kernel.getArgument(place);
}

/// Static extents from any operand that names a dim alone.
void KernelNest::readExtents() {
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

Value KernelNest::extent(unsigned dim) {
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
Value KernelNest::product(unsigned from, unsigned to) {
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

void KernelNest::emitCount() {
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

SmallVector<Value> KernelNest::applyMap(AffineMap map) {
  SmallVector<Value> operands, results;
  for (unsigned d = 0; d < map.getNumDims(); ++d) {
    operands.push_back(position[d]);
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

void KernelNest::begin() {
  b.setInsertionPoint(nest);
  // Dims that no loop walks, those of extent 1 and those inside of the run,
  // are 0: the run's position stands in its last dim, which has stride 1.
  Value zero = arith::ConstantIndexOp::create(b, loc(), 0);
  position.assign(extents.size(), zero);
  for (unsigned d = 0; d < firstFused; ++d) {
    rowExtents.push_back(extent(d));
  }
}

bool KernelNest::isOneRun() const {
  return llvm::all_of(dims, [&](unsigned d) { return d >= firstFused; });
}

Value KernelNest::runLength() { return product(firstFused, extents.size()); }

void KernelNest::setRow(Value row) {
  for (unsigned i = dims.size(); i-- > 0;) {
    unsigned d = dims[i];
    if (d >= firstFused) {
      continue;
    }
    if (i == 0) {
      position[d] = row;
      return;
    }
    position[d] = arith::RemUIOp::create(b, loc(), row, rowExtents[d]);
    row = arith::DivUIOp::create(b, loc(), row, rowExtents[d]);
  }
}

/// Copies the operations of a block of the nest's body but for the terminator.
void KernelNest::cloneBlock(Block &block, IRMapping &mapping) {
  for (Operation &op : block.without_terminator()) {
    auto taken = sideTaken.find(&op);
    if (taken == sideTaken.end()) {
      cloneOperation(op, mapping);
      continue;
    }
    Region &side = op.getRegion(taken->second ? 0 : 1);
    if (side.empty()) {
      continue;
    }
    cloneBlock(side.front(), mapping);
    for (auto [result, value] : llvm::zip_equal(
             op.getResults(), side.front().getTerminator()->getOperands())) {
      mapping.map(result, mapping.lookupOrDefault(value));
    }
  }
}

/// Copies an operation of the nest's body with its regions.
void KernelNest::cloneOperation(Operation &op, IRMapping &mapping) {
  if (sharedOps.contains(&op)) {
    return;
  }
  if (auto index = dyn_cast<linalg::IndexOp>(op)) {
    return mapping.map(index.getResult(), position[index.getDim()]);
  }
  b.clone(op, mapping)->walk([&](linalg::IndexOp index) {
    index.replaceAllUsesWith(position[index.getDim()]);
    index.erase();
  });
}

void KernelNest::emitOperandLoad(OpOperand &operand, IRMapping &mapping) {
  Value value = operand.get();
  if (isa<MemRefType>(value.getType())) {
    value = memref::LoadOp::create(
        b, loc(), value, applyMap(nest.getMatchingIndexingMap(&operand)));
  }
  mapping.map(nest.getMatchingBlockArgument(&operand), value);
}

void KernelNest::emitElement(Value innermost) {
  if (!dims.empty()) {
    position[dims.back()] = innermost;
  }
  IRMapping mapping(shared);
  for (OpOperand &operand : nest->getOpOperands()) {
    BlockArgument argument = nest.getMatchingBlockArgument(&operand);
    if (!argument.use_empty() && !mapping.contains(argument)) {
      emitOperandLoad(operand, mapping);
    }
  }
  Block *body = nest.getBlock();
  cloneBlock(*body, mapping);
  for (auto [output, value] : llvm::zip(nest.getDpsInitsMutable(),
                                        body->getTerminator()->getOperands())) {
    memref::StoreOp::create(b, loc(), mapping.lookupOrDefault(value),
                            output.get(),
                            applyMap(nest.getMatchingIndexingMap(&output)));
  }
}

} // namespace mlc::codegen
