//===- AccessPattern.cpp - which loop dims a nest walks linearly *- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/common/AccessPattern.h"
#include "dialects/mlc/Mlc.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace mlc::codegen {

static constexpr DimSet allDims = ~DimSet(0);

AccessPattern::AccessPattern(linalg::GenericOp nest, ArrayRef<int64_t> extents)
    : nest(nest), extents(extents.begin(), extents.end()) {
  collectAccesses();
}

/// Dims that a value depends on. A loaded value depends on what addressed it.
DimSet AccessPattern::dimsOf(Value value) {
  if (auto it = known.find(value); it != known.end()) {
    return it->second;
  }
  known[value] = allDims; // breaks cycles through loop-carried values
  DimSet dims = allDims;
  if (!nest.getRegion().isAncestor(value.getParentRegion())) {
    dims = 0;
  } else if (auto argument = dyn_cast<BlockArgument>(value)) {
    auto loop = dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp());
    if (argument.getOwner() == nest.getBlock()) {
      AffineMap map = nest.getIndexingMapsArray()[argument.getArgNumber()];
      dims = 0;
      for (unsigned d = 0; d < extents.size(); ++d) {
        dims |= map.isFunctionOfDim(d) ? DimSet(1) << d : 0;
      }
    } else if (loop && argument == loop.getInductionVar()) {
      dims = dimsOf(loop.getLowerBound()) | dimsOf(loop.getUpperBound()) |
             dimsOf(loop.getStep());
    }
  } else {
    dims = dimsOfOperation(value.getDefiningOp());
  }
  known[value] = dims;
  return dims;
}

DimSet AccessPattern::dimsOfOperation(Operation *op) {
  if (auto index = dyn_cast<linalg::IndexOp>(op)) {
    return DimSet(1) << index.getDim();
  }
  if (op->getNumRegions() != 0) {
    return allDims;
  }
  DimSet dims = 0;
  for (Value operand : op->getOperands()) {
    dims |= dimsOf(operand);
  }
  return dims;
}

void AccessPattern::addAccess(Operation *op, MemRefType type,
                              ValueRange indices) {
  Access access{type, {}, {}};
  for (Value index : indices) {
    auto exact = index.getDefiningOp<linalg::IndexOp>();
    access.exactDims.push_back(exact ? int(exact.getDim()) : -1);
    access.uses.push_back(dimsOf(index));
  }
  accesses.push_back(std::move(access));
}

void AccessPattern::addOperand(OpOperand &operand) {
  auto type = dyn_cast<MemRefType>(operand.get().getType());
  if (!type) {
    return; // a scalar input
  }
  AffineMap map = nest.getMatchingIndexingMap(&operand);
  Access access{type, {}, {}};
  for (AffineExpr expr : map.getResults()) {
    auto exact = dyn_cast<AffineDimExpr>(expr);
    access.exactDims.push_back(exact ? int(exact.getPosition()) : -1);
    DimSet dims = 0;
    for (unsigned d = 0; d < extents.size(); ++d) {
      dims |= expr.isFunctionOfDim(d) ? DimSet(1) << d : 0;
    }
    access.uses.push_back(dims);
  }
  accesses.push_back(std::move(access));
}

void AccessPattern::collectAccesses() {
  for (OpOperand &operand : nest->getOpOperands()) {
    addOperand(operand);
  }
  nest.getRegion().walk([&](Operation *op) {
    unsigned addressing = 0; // operands that are indices come last
    if (auto load = dyn_cast<memref::LoadOp>(op)) {
      addAccess(op, load.getMemRefType(), load.getIndices());
      addressing = load.getIndices().size();
    } else if (auto store = dyn_cast<memref::StoreOp>(op)) {
      addAccess(op, store.getMemRefType(), store.getIndices());
      addressing = store.getIndices().size();
    } else if (op->getNumRegions() == 0 && !isMemoryEffectFree(op) &&
               !isa<RequireOp>(op)) {
      opaque = true;
    }
    for (Value operand : op->getOperands().drop_back(addressing)) {
      if (auto index = operand.getDefiningOp<linalg::IndexOp>()) {
        otherUses |= DimSet(1) << index.getDim();
      }
    }
  });
}

bool AccessPattern::isRun(const Access &access, unsigned first) const {
  DimSet fused = allDims << first;
  unsigned count = extents.size() - first, rank = access.uses.size();
  auto independent = [&](unsigned from, unsigned to) {
    return std::all_of(access.uses.begin() + from, access.uses.begin() + to,
                       [&](DimSet dims) { return (dims & fused) == 0; });
  };
  if (independent(0, rank)) {
    return true;
  }
  if (rank < count || !access.type.getLayout().isIdentity() ||
      !independent(0, rank - count)) {
    return false;
  }
  for (unsigned i = 0; i < count; ++i) {
    unsigned position = rank - count + i;
    if (access.exactDims[position] != int(first + i)) {
      return false;
    }
    int64_t size = access.type.getDimSize(position);
    if (i > 0 && (ShapedType::isDynamic(size) || size != extents[first + i])) {
      return false;
    }
  }
  return true;
}

bool AccessPattern::canFuse(unsigned first) const {
  return !opaque && (otherUses & (allDims << first)) == 0 &&
         llvm::all_of(accesses, [&](const Access &access) {
           return isRun(access, first);
         });
}

unsigned AccessPattern::firstFusedDim() {
  unsigned rank = extents.size();
  unsigned first = rank == 0 ? 0 : rank - 1;
  while (first > 0 && canFuse(first - 1)) {
    --first;
  }
  return first;
}

} // namespace mlc::codegen
