//===- Shapes.cpp - symbolic shapes of mlc ops ------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/mlc/Shapes.h"
#include "dialects/mlc/Mlc.h"

#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace mlc {

RankedTensorType InferredType::tensorType() const {
  SmallVector<int64_t> shape;
  for (AffineExpr dim : dims) {
    auto constant = dyn_cast<AffineConstantExpr>(dim);
    shape.push_back(constant ? constant.getValue() : ShapedType::kDynamic);
  }
  return RankedTensorType::get(shape, elementType);
}

Type elementTypeOf(Value value) {
  auto shaped = dyn_cast<ShapedType>(value.getType());
  return shaped ? shaped.getElementType() : Type();
}

AffineExpr ShapeScope::newSymbol(Value value, int64_t dim) {
  auto [it, inserted] = symbolOf.try_emplace({value, dim}, bindings.size());
  if (inserted) {
    bindings.push_back({value, dim});
  }
  return getAffineSymbolExpr(it->second, context);
}

ArrayRef<AffineExpr> ShapeScope::dims(Value value) {
  auto it = known.find(value);
  if (it != known.end()) {
    return it->second;
  }
  DimExprs exprs;
  auto type = cast<ShapedType>(value.getType());
  for (int64_t i = 0; i < type.getRank(); ++i) {
    exprs.push_back(type.isDynamicDim(i) ? newSymbol(value, i)
                                         : constant(type.getDimSize(i)));
  }
  return known[value] = exprs;
}

AffineExpr ShapeScope::index(Value value) {
  if (AffineExpr seen = knownIndex.lookup(value)) {
    return seen;
  }
  AffineExpr expr;
  IntegerAttr literal;
  if (matchPattern(value, m_Constant(&literal))) {
    expr = constant(literal.getInt());
  } else if (auto apply = value.getDefiningOp<affine::AffineApplyOp>()) {
    SmallVector<AffineExpr> operands;
    for (Value operand : apply.getMapOperands()) {
      operands.push_back(index(operand));
    }
    AffineMap map = apply.getAffineMap();
    ArrayRef<AffineExpr> all(operands);
    expr = simplifyAffineExpr(
        map.getResult(0).replaceDimsAndSymbols(
            all.take_front(map.getNumDims()), all.drop_front(map.getNumDims())),
        0, bindings.size());
  } else if (auto dimOp = value.getDefiningOp<tensor::DimOp>()) {
    if (std::optional<int64_t> i = dimOp.getConstantIndex()) {
      expr = dim(dimOp.getSource(), *i);
    }
  } else if (auto add = value.getDefiningOp<arith::AddIOp>()) {
    expr = index(add.getLhs()) + index(add.getRhs());
  } else if (auto sub = value.getDefiningOp<arith::SubIOp>()) {
    expr = index(sub.getLhs()) - index(sub.getRhs());
  } else if (auto mul = value.getDefiningOp<arith::MulIOp>()) {
    expr = index(mul.getLhs()) * index(mul.getRhs());
  }
  if (!expr) {
    expr = newSymbol(value, -1);
  }
  return knownIndex[value] = expr;
}

void ShapeScope::record(Value value, ArrayRef<AffineExpr> dims) {
  known[value] = DimExprs(dims);
}

void ShapeScope::forget(Value value) {
  known.erase(value);
  knownIndex.erase(value);
  auto type = dyn_cast<ShapedType>(value.getType());
  for (int64_t i = -1; i < (type ? type.getRank() : 0); ++i) {
    auto it = symbolOf.find({value, i});
    if (it != symbolOf.end()) {
      bindings[it->second].value = {};
      symbolOf.erase(it);
    }
  }
}

bool ShapeScope::canMaterialize(AffineExpr expr) const {
  bool alive = true;
  expr.walk([&](AffineExpr part) {
    if (auto symbol = dyn_cast<AffineSymbolExpr>(part)) {
      alive &= bool(bindings[symbol.getPosition()].value);
    }
  });
  return alive;
}

LogicalResult ShapeScope::recordResults(Operation *op) {
  SmallVector<InferredType> types;
  if (failed(cast<ShapeOpInterface>(op).inferShapes(*this, types))) {
    return failure();
  }
  for (auto [result, type] : llvm::zip_equal(op->getResults(), types)) {
    record(result, type.dims);
  }
  return success();
}

OpFoldResult ShapeScope::materialize(OpBuilder &b, Location loc,
                                     AffineExpr expr) {
  if (auto literal = dyn_cast<AffineConstantExpr>(expr)) {
    return b.getIndexAttr(literal.getValue());
  }
  llvm::SmallDenseMap<AffineExpr, AffineExpr> renumbered;
  SmallVector<OpFoldResult> operands;
  expr.walk([&](AffineExpr part) {
    auto symbol = dyn_cast<AffineSymbolExpr>(part);
    if (!symbol || renumbered.count(part)) {
      return;
    }
    renumbered[part] = getAffineSymbolExpr(operands.size(), context);
    Binding binding = bindings[symbol.getPosition()];
    if (binding.dim < 0) {
      operands.push_back(binding.value);
    } else if (isa<MemRefType>(binding.value.getType())) {
      operands.push_back(
          memref::DimOp::create(b, loc, binding.value, binding.dim)
              .getResult());
    } else {
      operands.push_back(
          tensor::DimOp::create(b, loc, binding.value, binding.dim)
              .getResult());
    }
  });
  llvm::DenseMap<AffineExpr, AffineExpr> replacement(renumbered.begin(),
                                                     renumbered.end());
  AffineMap map = AffineMap::get(0, operands.size(), expr.replace(replacement));
  return affine::makeComposedFoldedAffineApply(b, loc, map, operands);
}

SmallVector<Value> ShapeScope::boundValues(AffineExpr expr) const {
  SmallVector<Value> values;
  expr.walk([&](AffineExpr part) {
    if (auto symbol = dyn_cast<AffineSymbolExpr>(part)) {
      values.push_back(bindings[symbol.getPosition()].value);
    }
  });
  return values;
}

/// The dim that `a` and `b` broadcast to; null when they cannot.
static AffineExpr broadcastDim(AffineExpr a, AffineExpr b) {
  auto constantA = dyn_cast<AffineConstantExpr>(a);
  auto constantB = dyn_cast<AffineConstantExpr>(b);
  if (constantA && constantB && constantA != constantB) {
    if (constantA.getValue() == 1) {
      return b;
    }
    return constantB.getValue() == 1 ? a : AffineExpr();
  }
  if (constantA) {
    return constantA.getValue() == 1 ? b : a;
  }
  return constantB && constantB.getValue() != 1 ? b : a;
}

FailureOr<DimExprs> broadcastDims(Operation *op, ArrayRef<AffineExpr> a,
                                  ArrayRef<AffineExpr> b) {
  DimExprs dims(a), other(b);
  if (other.size() > dims.size()) {
    std::swap(dims, other);
  }
  for (size_t i = 0; i < other.size(); ++i) {
    AffineExpr &mine = dims[dims.size() - 1 - i];
    AffineExpr theirs = other[other.size() - 1 - i];
    AffineExpr both = broadcastDim(mine, theirs);
    if (!both) {
      return op->emitOpError("expects operands that broadcast, got dims ")
             << cast<AffineConstantExpr>(mine).getValue() << " and "
             << cast<AffineConstantExpr>(theirs).getValue();
    }
    mine = both;
  }
  return dims;
}

LogicalResult inferElementwise(Operation *op, ShapeScope &scope,
                               Type elementType,
                               SmallVectorImpl<InferredType> &results) {
  DimExprs dims;
  for (Value operand : op->getOperands()) {
    if (!isa<ShapedType>(operand.getType())) {
      continue;
    }
    FailureOr<DimExprs> both = broadcastDims(op, dims, scope.dims(operand));
    if (failed(both)) {
      return failure();
    }
    dims = *both;
  }
  results.push_back({elementType, dims});
  return success();
}

LogicalResult verifyInferredShapes(Operation *op) {
  ShapeScope scope(op->getContext());
  SmallVector<InferredType> types;
  if (failed(cast<ShapeOpInterface>(op).inferShapes(scope, types))) {
    return failure();
  }
  if (types.size() != op->getNumResults()) {
    return op->emitOpError("expects ")
           << types.size() << " results, got " << op->getNumResults();
  }
  for (auto [result, inferred] : llvm::zip_equal(op->getResults(), types)) {
    auto type = dyn_cast<ShapedType>(result.getType());
    RankedTensorType expected = inferred.tensorType();
    if (!type || type.getElementType() != expected.getElementType() ||
        failed(verifyCompatibleShape(type.getShape(), expected.getShape()))) {
      return op->emitOpError("expects result type ")
             << expected << ", got " << result.getType();
    }
  }
  return success();
}

LogicalResult setInferredTypes(Operation *op, ShapeScope *scope) {
  ShapeScope local(op->getContext());
  ShapeScope &used = scope ? *scope : local;
  SmallVector<InferredType> types;
  if (failed(cast<ShapeOpInterface>(op).inferShapes(used, types))) {
    return failure();
  }
  for (auto [result, inferred] : llvm::zip_equal(op->getResults(), types)) {
    result.setType(inferred.tensorType());
    used.record(result, inferred.dims);
  }
  return success();
}

SmallVector<Value> reifyDynamicDims(OpBuilder &b, Operation *op, unsigned i) {
  ShapeScope scope(op->getContext());
  SmallVector<InferredType> types;
  SmallVector<Value> dims;
  auto shaped = cast<ShapeOpInterface>(op);
  if (failed(shaped.inferShapes(scope, types))) {
    return dims;
  }
  auto resultType = cast<ShapedType>(op->getResult(i).getType());
  for (auto [d, expr] : llvm::enumerate(types[i].dims)) {
    if (resultType.isDynamicDim(d)) {
      dims.push_back(getValueOrCreateConstantIndexOp(
          b, op->getLoc(), scope.materialize(b, op->getLoc(), expr)));
    }
  }
  return dims;
}

} // namespace mlc
