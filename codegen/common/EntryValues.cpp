//===- EntryValues.cpp - index values at a function's start -----*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/common/EntryValues.h"
#include "dialects/mlc/Mlc.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace mlc::codegen {

unsigned EntryValues::Equality::getHashValue(const Operation *op) {
  return OperationEquivalence::computeHash(
      const_cast<Operation *>(op), OperationEquivalence::directHashValue,
      OperationEquivalence::ignoreHashValue,
      OperationEquivalence::IgnoreLocations);
}

bool EntryValues::Equality::isEqual(const Operation *a, const Operation *b) {
  if (a == b) {
    return true;
  }
  if (a == getTombstoneKey() || a == getEmptyKey() || b == getTombstoneKey() ||
      b == getEmptyKey()) {
    return false;
  }
  return OperationEquivalence::isEquivalentTo(
      const_cast<Operation *>(a), const_cast<Operation *>(b),
      OperationEquivalence::IgnoreLocations);
}

EntryValues::EntryValues(func::FuncOp function)
    : function(function), b(function.getContext()) {
  b.setInsertionPointToStart(&function.front());
}

/// Keeps `op` (just inserted), or erases it for an equal one or a constant.
Value EntryValues::unique(Operation *op) {
  SmallVector<Value> folded;
  if (!isa<arith::ConstantOp>(op) && succeeded(b.tryFold(op, folded)) &&
      !folded.empty()) {
    op->erase();
    Operation *definition = folded[0].getDefiningOp();
    if (!definition || ids.contains(folded[0])) {
      return folded[0];
    }
    op = definition;
  }
  auto [it, isNew] = operations.insert(op);
  if (!isNew && *it != op) {
    op->erase();
  }
  Value result = (*it)->getResult(0);
  ids.try_emplace(result, ids.size());
  return result;
}

Value EntryValues::constant(int64_t value) {
  return unique(arith::ConstantIndexOp::create(b, function.getLoc(), value));
}

static int64_t cut(uint64_t size) {
  return std::min<uint64_t>(size, INT64_MAX);
}

/// `value`, which is negative when its computation left 63 bits, or the largest
/// integer then.
Value EntryValues::saturate(Value value) {
  Location loc = function.getLoc();
  Value isWrapped = unique(arith::CmpIOp::create(
      b, loc, arith::CmpIPredicate::slt, value, constant(0)));
  return unique(
      arith::SelectOp::create(b, loc, isWrapped, constant(INT64_MAX), value));
}

Value EntryValues::add(Value x, Value y) {
  std::optional<int64_t> a = getConstantIntValue(x), c = getConstantIntValue(y);
  if (a == 0 || c == 0) {
    return a == 0 ? y : x;
  }
  if (a && c) {
    return constant(cut(llvm::SaturatingAdd<uint64_t>(*a, *c)));
  }
  return saturate(addInside(x, y));
}

Value EntryValues::addInside(Value x, Value y) {
  return unique(arith::AddIOp::create(b, function.getLoc(), x, y));
}

Value EntryValues::multiply(Value x, Value y) {
  Location loc = function.getLoc();
  std::optional<int64_t> a = getConstantIntValue(x), c = getConstantIntValue(y);
  if (a == 0 || c == 0) {
    return constant(0);
  }
  if (a == 1 || c == 1 || (a && c)) {
    return a == 1   ? y
           : c == 1 ? x
                    : constant(cut(llvm::SaturatingMultiply<uint64_t>(*a, *c)));
  }
  auto *wide = arith::MulUIExtendedOp::create(b, loc, x, y).getOperation();
  auto [it, isNew] = operations.insert(wide);
  if (!isNew) {
    wide->erase();
    wide = *it;
  }
  Value low = wide->getResult(0);
  Value both = unique(arith::OrIOp::create(
      b, loc, wide->getResult(1),
      unique(arith::AndIOp::create(b, loc, low, constant(INT64_MIN)))));
  Value fits = unique(arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq,
                                            both, constant(0)));
  return unique(
      arith::SelectOp::create(b, loc, fits, low, constant(INT64_MAX)));
}

Value EntryValues::multiplyInside(Value x, Value y) {
  return unique(arith::MulIOp::create(b, function.getLoc(), x, y));
}

Value EntryValues::max(Value x, Value y) {
  return unique(arith::MaxSIOp::create(b, function.getLoc(), x, y));
}

Value EntryValues::alignTo(Value value, int64_t alignment) {
  Value up = addInside(value, constant(alignment - 1));
  return saturate(unique(
      arith::AndIOp::create(b, function.getLoc(), up, constant(-alignment))));
}

/// Dim `dim` of a buffer, followed to where the buffer was made.
Value EntryValues::dimOf(Value buffer, int64_t dim) {
  auto type = cast<MemRefType>(buffer.getType());
  if (!type.isDynamicDim(dim)) {
    return constant(type.getDimSize(dim));
  }
  if (auto argument = dyn_cast<BlockArgument>(buffer)) {
    if (argument.getOwner() != &function.front()) {
      return nullptr;
    }
    Value index = constant(dim);
    return unique(memref::DimOp::create(b, function.getLoc(), buffer, index));
  }
  Operation *op = buffer.getDefiningOp();
  unsigned place = type.getDynamicDimIndex(dim);
  if (auto alloc = dyn_cast<memref::AllocOp>(op)) {
    return get(alloc.getDynamicSizes()[place]);
  }
  if (auto reshape = dyn_cast<ReshapeOp>(op)) {
    return get(reshape.getDims()[place]);
  }
  if (auto output = dyn_cast<OutputOp>(op)) {
    return get(output.getDims()[place]);
  }
  if (auto view = dyn_cast<memref::ViewOp>(op)) {
    return get(view.getSizes()[place]);
  }
  if (auto cast = dyn_cast<memref::CastOp>(op)) {
    return dimOf(cast.getSource(), dim);
  }
  return nullptr;
}

Value EntryValues::compute(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op) {
    return nullptr;
  }
  if (auto dim = dyn_cast<memref::DimOp>(op)) {
    std::optional<int64_t> index = dim.getConstantIndex();
    return index ? dimOf(dim.getSource(), *index) : nullptr;
  }
  if (isa<ExtractOp>(op) || op->getNumRegions() != 0 ||
      op->getNumResults() != 1 || !isPure(op)) {
    return nullptr;
  }
  IRMapping mapping;
  for (Value operand : op->getOperands()) {
    Value atEntry = get(operand);
    if (!atEntry) {
      return nullptr;
    }
    mapping.map(operand, atEntry);
  }
  return unique(b.clone(*op, mapping));
}

/// Sums, products and quotients by constants of what is not negative.
static bool isNonNegative(AffineExpr expr, ArrayRef<bool> operands,
                          unsigned dims) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr)) {
    return constant.getValue() >= 0;
  }
  if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
    return operands[dim.getPosition()];
  }
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr)) {
    return operands[dims + symbol.getPosition()];
  }
  auto binary = cast<AffineBinaryOpExpr>(expr);
  return isNonNegative(binary.getLHS(), operands, dims) &&
         isNonNegative(binary.getRHS(), operands, dims);
}

bool isNonNegative(Value value) {
  if (std::optional<int64_t> constant = getConstantIntValue(value)) {
    return *constant >= 0;
  }
  Operation *op = value.getDefiningOp();
  if (auto apply = dyn_cast_or_null<affine::AffineApplyOp>(op)) {
    SmallVector<bool> operands = llvm::map_to_vector(
        apply.getMapOperands(), [](Value each) { return isNonNegative(each); });
    AffineMap map = apply.getAffineMap();
    return isNonNegative(map.getResult(0), operands, map.getNumDims());
  }
  if (isa_and_nonnull<arith::MaxSIOp>(op)) {
    return llvm::any_of(op->getOperands(),
                        [](Value each) { return isNonNegative(each); });
  }
  return isa_and_nonnull<memref::DimOp>(op);
}

Value EntryValues::get(Value value) {
  if (auto it = known.find(value); it != known.end()) {
    return it->second;
  }
  Value result = ids.contains(value) ? value : compute(value);
  known[value] = result;
  return result;
}

} // namespace mlc::codegen
