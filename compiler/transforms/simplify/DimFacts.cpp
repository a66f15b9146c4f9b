//===- DimFacts.cpp - equal dims while a graph changes ----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/transforms/simplify/DimFacts.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace mlc {

DimFacts::DimFacts(Operation *root) : scope(root->getContext()) {
  // In order, so that learning never recurses deeply.
  root->walk<WalkOrder::PreOrder>([&](Operation *op) {
    for (Value result : op->getResults()) {
      if (isa<RankedTensorType>(result.getType())) {
        learn(result);
      }
    }
  });
}

void DimFacts::learnIndex(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || !isa<affine::AffineApplyOp, arith::AddIOp, arith::SubIOp,
                  arith::MulIOp, tensor::DimOp>(op)) {
    return;
  }
  for (Value operand : op->getOperands()) {
    if (operand.getType().isIndex()) {
      learnIndex(operand);
    } else {
      learn(operand);
    }
  }
}

void DimFacts::learn(Value value) {
  auto op = value.getDefiningOp<ShapeOpInterface>();
  if (!op || scope.isKnown(value)) {
    return;
  }
  for (Value operand : op->getOperands()) {
    if (operand.getType().isIndex()) {
      learnIndex(operand);
    } else if (isa<RankedTensorType>(operand.getType())) {
      learn(operand);
    }
  }
  (void)scope.recordResults(op);
}

ArrayRef<AffineExpr> DimFacts::dims(Value value) {
  learn(value);
  return scope.dims(value);
}

AffineExpr DimFacts::index(OpFoldResult value) {
  if (auto attr = dyn_cast<Attribute>(value)) {
    return scope.constant(cast<IntegerAttr>(attr).getInt());
  }
  learnIndex(cast<Value>(value));
  return scope.index(cast<Value>(value));
}

bool DimFacts::haveSameDims(Value a, Value b) {
  DimExprs first(dims(a));
  return ArrayRef<AffineExpr>(first) == dims(b);
}

bool DimFacts::hasRoots(Value value, int64_t i) {
  AffineExpr dim = dims(value)[i];
  return scope.canMaterialize(dim) && !scope.isOwnSymbol(value, i, dim);
}

OpFoldResult DimFacts::dimFromRoots(OpBuilder &b, Location loc, Value value,
                                    int64_t i) {
  return hasRoots(value, i) ? scope.materialize(b, loc, dims(value)[i])
                            : OpFoldResult();
}

void DimFacts::notifyOperationErased(Operation *op) {
  op->walk([&](Operation *inner) {
    for (Value result : inner->getResults()) {
      scope.forget(result);
    }
  });
}

//===----------------------------------------------------------------------===//
// Groups
//===----------------------------------------------------------------------===//

namespace {
/// A product of a constant and expressions that are no products.
struct Product {
  int64_t factor = 1;
  SmallVector<AffineExpr, 4> atoms;
  bool valid = true;

  void multiply(AffineExpr expr) {
    if (auto constant = dyn_cast<AffineConstantExpr>(expr)) {
      valid &= constant.getValue() > 0 &&
               !llvm::MulOverflow(factor, constant.getValue(), factor);
    } else if (expr.getKind() == AffineExprKind::Mul) {
      auto product = cast<AffineBinaryOpExpr>(expr);
      multiply(product.getLHS());
      multiply(product.getRHS());
    } else {
      atoms.push_back(expr);
      llvm::sort(atoms, [](AffineExpr a, AffineExpr b) {
        return a.getAsOpaquePointer() < b.getAsOpaquePointer();
      });
    }
  }

  bool operator==(const Product &other) const {
    return factor == other.factor && atoms == other.atoms;
  }
  bool divides(const Product &other) const {
    return other.factor % factor == 0 &&
           std::includes(other.atoms.begin(), other.atoms.end(), atoms.begin(),
                         atoms.end(), [](AffineExpr a, AffineExpr b) {
                           return a.getAsOpaquePointer() <
                                  b.getAsOpaquePointer();
                         });
  }
};
} // namespace

/// Grows a group from its first dims until both sides have equal products.
static bool growGroup(ArrayRef<AffineExpr> from, ArrayRef<AffineExpr> to,
                      DimGroup &group) {
  Product left, right;
  if (group.fromEnd < from.size()) {
    left.multiply(from[group.fromEnd++]);
  }
  if (group.toEnd < to.size()) {
    right.multiply(to[group.toEnd++]);
  }
  while (left.valid && right.valid && !(left == right)) {
    if (group.fromEnd < from.size() && left.divides(right)) {
      left.multiply(from[group.fromEnd++]);
    } else if (group.toEnd < to.size() && right.divides(left)) {
      right.multiply(to[group.toEnd++]);
    } else {
      return false;
    }
  }
  return left.valid && right.valid;
}

std::optional<SmallVector<DimGroup>> groupDims(ArrayRef<AffineExpr> from,
                                               ArrayRef<AffineExpr> to) {
  SmallVector<DimGroup> groups;
  unsigned i = 0, j = 0;
  while (i < from.size() || j < to.size()) {
    DimGroup group{i, i, j, j};
    if (!growGroup(from, to, group)) {
      return std::nullopt;
    }
    groups.push_back(group);
    i = group.fromEnd;
    j = group.toEnd;
  }
  return groups;
}

std::optional<int64_t> constantProduct(ArrayRef<AffineExpr> dims) {
  int64_t product = 1;
  for (AffineExpr dim : dims) {
    auto constant = dyn_cast<AffineConstantExpr>(dim);
    if (!constant || llvm::MulOverflow(product, constant.getValue(), product)) {
      return std::nullopt;
    }
  }
  return product;
}

bool isOne(AffineExpr dim) {
  auto constant = dyn_cast<AffineConstantExpr>(dim);
  return constant && constant.getValue() == 1;
}

} // namespace mlc
