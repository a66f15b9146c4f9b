//===- LoopGather.cpp - results of Loop and Scan, row by row ----*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/LoopImport.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

/// The slices of gathered result `i`, one a turn, as one tensor.
Value LoopImport::join(MutableArrayRef<Value> slices, size_t i) {
  if (gatherReversed(i)) {
    std::reverse(slices.begin(), slices.end());
  }
  int64_t axis = slices[0] ? gatherAxis(i, n.rank(slices[0]) + 1) : -1;
  if (axis < 0) {
    return {};
  }
  for (Value &slice : slices) {
    slice = n.unsqueeze(slice, {axis});
  }
  return slices.size() == 1 ? slices[0] : n.concat(slices, axis);
}

/// Memory for rows; null after a problem.
Value LoopImport::empty(RankedTensorType type, ArrayRef<AffineExpr> dims) {
  MixedIndices sizes = n.mixed(dims);
  Value rows =
      n.create<EmptyOp>(sizes.values, sizes.fixed, type.getElementType());
  return rows ? castTo(n, rows, type) : rows;
}

AffineExpr LoopImport::turnLimit() {
  return n.math.max(trip, n.math.constant(0));
}

/// Adds to the draft what each gathered result is written to: one row for each
/// turn where the loop's beginning knows how many there are, else what grows.
bool LoopImport::addGathered(AffineExpr next, SmallVectorImpl<Value> &yields) {
  OpBuilder::InsertionGuard guard(n.b);
  Block &after = loop.getAfter().front();
  bool isCounted = trip && DimMath::literal(next) == 1;
  n.b.setInsertionPoint(loop);
  count = isCounted ? n.math.select(start, turnLimit(), n.math.constant(0))
                    : AffineExpr();
  for (size_t k = 0; k < gathered; ++k) {
    n.b.setInsertionPointToEnd(&after);
    Tensor *one = outputs[firstCarried() + initial.size() + k];
    Value slice = n.importer.materialize(*one, n.loc);
    if (!slice || gatherAxis(k, n.rank(slice) + 1) < 0) {
      return n.unsupported("gathered results that are no tensors"), false;
    }
    DimExprs all = n.dims(slice);
    all.insert(all.begin(), isCounted ? count : n.math.constant(0));
    n.b.setInsertionPoint(loop);
    if (!llvm::all_of(all, [&](AffineExpr dim) { return isVisible(n, dim); })) {
      return n.unsupported("gathered results whose extents change"), false;
    }
    SmallVector<bool> dynamic(all.size(), false);
    dynamic[0] = !isCounted;
    auto type = typeOf(elementTypeOf(slice), all, dynamic);
    inits.push_back(empty(type, all));
    loop.getBefore().addArgument(type, n.loc);
    Value rows = after.addArgument(type, n.loc);
    all[0] = isCounted ? count : n.dims(rows)[0];
    n.scope.record(rows, all);
    n.b.setInsertionPointToEnd(&after);
    yields.push_back(inits.back() ? addRow(rows, slice, k) : Value());
  }
  return !n.failed();
}

/// `rows` with what this turn adds.
Value LoopImport::addRow(Value rows, Value slice, size_t i) {
  AffineExpr at = n.scope.index(loop.getAfter().getArgument(0));
  if (!count) {
    rows = withRoom(rows, at);
  } else if (gatherReversed(i)) {
    at = n.math.sub(n.math.sub(count, n.math.constant(1)), at);
  }
  return n.create<InsertOp>(n.unsqueeze(slice, {0}), rows, n.math.value(at));
}

/// `rows` or, when all of them are taken, a copy with room for as many more:
/// what all turns copy is less than twice the result.
Value LoopImport::withRoom(Value rows, AffineExpr taken) {
  auto type = cast<RankedTensorType>(rows.getType());
  DimExprs all = n.dims(rows);
  Value full =
      n.math.condition(n.math.compare(arith::CmpIPredicate::eq, all[0], taken));
  auto choice = scf::IfOp::create(n.b, n.loc, type, full,
                                  /*withElseRegion=*/true);
  n.scope.record(choice.getResult(0), all);
  OpBuilder::InsertionGuard guard(n.b);
  n.b.setInsertionPointToEnd(choice.elseBlock());
  scf::YieldOp::create(n.b, n.loc, rows);
  n.b.setInsertionPointToEnd(choice.thenBlock());
  AffineExpr larger =
      n.math.add(n.math.mul(taken, n.math.constant(2)), n.math.constant(1));
  all[0] = trip ? n.math.min(larger, turnLimit()) : larger;
  Value copy = n.create<InsertOp>(rows, empty(type, all),
                                  n.math.value(n.math.constant(0)));
  scf::YieldOp::create(n.b, n.loc, copy ? copy : rows);
  return choice.getResult(0);
}

/// What the rows are when the loop has ended, with the axis where it belongs.
Value LoopImport::gatheredResult(scf::WhileOp op, size_t i) {
  size_t place = 2 + initial.size() + i;
  Value rows = op.getResult(place);
  DimExprs dims = n.dims(op.getAfterArguments()[place]);
  dims[0] = count ? count : n.dims(rows)[0];
  n.scope.record(rows, dims);
  if (!count) {
    rows = n.slice(rows, 0, n.math.constant(0),
                   n.math.symbol(op.getResult(0), {0, INT64_MAX}));
  }
  int64_t axis = gatherAxis(i, dims.size());
  SmallVector<int64_t> permutation;
  for (int64_t d = 0; d < int64_t(dims.size()); ++d) {
    permutation.push_back(d == axis ? 0 : d < axis ? d + 1 : d);
  }
  return axis == 0 ? rows : n.transpose(rows, permutation);
}
