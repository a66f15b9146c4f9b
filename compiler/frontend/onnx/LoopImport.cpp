//===- LoopImport.cpp - what Loop and Scan have in common -------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/LoopImport.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;
using Predicate = arith::CmpIPredicate;

bool LoopImport::isShort() {
  auto count = DimMath::literal(trip);
  bool tensors =
      llvm::all_of(initial, [](Tensor *tensor) { return tensor->isTensor(); });
  return count && DimMath::literal(start) == 1 &&
         *count >= (gathered ? 1 : 0) &&
         *count <= (tensors ? maxUnrolled : maxUnrolledSequences);
}

/// Imports the body at the insertion point; false after a problem.
bool LoopImport::importTurn(ArrayRef<Tensor *> inputs) {
  bool ok;
  outputs = importSubgraph(n, body, inputs, ok);
  size_t wanted = firstCarried() + initial.size() + gathered;
  if (ok && outputs.size() != wanted) {
    n.badShape("the body has " + Twine(outputs.size()) +
               " outputs; the node needs " + Twine(wanted));
    ok = false;
  }
  return ok;
}

/// One turn: whether another one follows, nullopt when only the run knows or
/// after a problem.
std::optional<bool>
LoopImport::unrollTurn(int64_t turn, SmallVectorImpl<Tensor *> &carried,
                       MutableArrayRef<SmallVector<Value>> slices) {
  if (!importTurn(bodyInputs(n.math.constant(turn), carried))) {
    return std::nullopt;
  }
  for (size_t k = 0; k < carried.size(); ++k) {
    carried[k] = outputs[firstCarried() + k];
  }
  for (size_t k = 0; k < gathered; ++k) {
    Tensor *one = outputs[firstCarried() + carried.size() + k];
    slices[k].push_back(n.importer.materialize(*one, n.loc));
  }
  if (firstCarried() == 0) {
    return true;
  }
  const HostElements *condition = n.importer.hostElements(*outputs[0]);
  auto goesOn = condition && condition->size() == 1
                    ? (*condition)[0].asInteger()
                    : std::nullopt;
  return goesOn ? std::optional<bool>(*goesOn != 0) : std::nullopt;
}

/// The turns are built in a region of their own, which is given up when it
/// turns out that a condition depends on data.
LoopImport::Unrolled LoopImport::unroll() {
  if (!isShort()) {
    return Unrolled::no;
  }
  auto draft = scf::ExecuteRegionOp::create(n.b, n.loc, TypeRange());
  DimMath::FactScope facts(n.math);
  SmallVector<Tensor *> carried(initial);
  SmallVector<SmallVector<Value>> slices(gathered);
  std::optional<bool> goesOn = true;
  {
    OpBuilder::InsertionGuard guard(n.b);
    n.b.createBlock(&draft.getRegion());
    int64_t count = *DimMath::literal(trip);
    for (int64_t turn = 0; turn < count && goesOn.value_or(false); ++turn) {
      goesOn = unrollTurn(turn, carried, slices);
      if (!goesOn && !n.failed() && turn + 1 == count) {
        goesOn = false; // what the last condition says does not matter
      }
    }
  }
  if (!goesOn) {
    n.importer.bury(draft);
    return n.failed() ? Unrolled::failed : Unrolled::no;
  }
  facts.keep();
  Block *block = draft->getBlock();
  block->getOperations().splice(draft->getIterator(),
                                draft.getRegion().front().getOperations());
  draft.erase();
  for (size_t k = 0; k < carried.size(); ++k) {
    n.setResult(k, carried[k]);
  }
  for (size_t k = 0; k < gathered; ++k) {
    n.setResult(carried.size() + k, join(slices[k], k));
  }
  return Unrolled::yes;
}

/// The block's carried arguments, with the dims that are believed to hold.
SmallVector<Tensor *> LoopImport::argumentTensors(Block *block) {
  SmallVector<Tensor *> tensors;
  for (size_t k = 0; k < initial.size(); ++k) {
    Value argument = block->getArgument(2 + k);
    DimExprs dims(n.scope.dims(argument));
    for (size_t d = 0; d < dims.size(); ++d) {
      dims[d] = varies[k][d] ? dims[d] : initial[k]->dims[d];
    }
    n.scope.record(argument, dims);
    tensors.push_back(n.importer.makeTensor(argument));
  }
  return tensors;
}

/// Builds the loop's draft (no terminators) and imports the body into it.
bool LoopImport::importOnce() {
  inits.clear();
  inits.push_back(arith::ConstantIndexOp::create(n.b, n.loc, 0));
  inits.push_back(n.math.condition(start));
  for (size_t k = 0; k < initial.size(); ++k) {
    Value value = n.importer.materialize(*initial[k], n.loc);
    if (!value) {
      n.unsupported("carried values that are no tensors");
      return false;
    }
    inits.push_back(
        castTo(n, value,
               typeOf(initial[k]->elementType, initial[k]->dims, varies[k])));
  }
  loop = scf::WhileOp::create(n.b, n.loc, ValueRange(inits).getTypes(), inits);
  SmallVector<Location> locs(inits.size(), n.loc);
  OpBuilder::InsertionGuard guard(n.b);
  n.b.createBlock(&loop.getBefore(), {}, ValueRange(inits).getTypes(), locs);
  Block *after =
      n.b.createBlock(&loop.getAfter(), {}, ValueRange(inits).getTypes(), locs);
  AffineExpr index = n.math.symbol(after->getArgument(0),
                                   {0, std::numeric_limits<int64_t>::max()});
  n.math.markData(index);
  if (!importTurn(bodyInputs(index, argumentTensors(after)))) {
    return false;
  }
  applyDeclaredDims();
  return !n.failed();
}

bool LoopImport::isVisibleBefore(AffineExpr expr) {
  OpBuilder::InsertionGuard guard(n.b);
  n.b.setInsertionPoint(loop);
  return isVisible(n, expr);
}

/// Extents that depend on the iteration but are declared in the body's outputs
/// are checked there and fixed from then on.
void LoopImport::applyDeclaredDims() {
  for (size_t k = firstCarried(); k < outputs.size(); ++k) {
    const TypeProto::Tensor &type = body.output(int(k)).type().tensor_type();
    Tensor *tensor = outputs[k];
    if (!tensor->isTensor() || type.shape().dim_size() != tensor->rank()) {
      continue;
    }
    DimExprs dims = tensor->dims;
    for (auto [dim, declared] : llvm::zip_equal(dims, type.shape().dim())) {
      bool fixed = DimMath::literal(dim) || isVisibleBefore(dim);
      if (!fixed && declared.has_dim_value() && declared.dim_value() >= 0) {
        dim = n.math.constant(declared.dim_value());
      }
    }
    if (dims != tensor->dims) {
      for (auto [dim, found] : llvm::zip_equal(dims, tensor->dims)) {
        n.requireEqual(found, dim, "the body's declared extents must hold");
      }
      Value value = n.importer.materialize(*tensor, n.loc);
      outputs[k] =
          value ? n.importer.makeTensor(n.reshape(value, dims)) : tensor;
    }
  }
}

/// Marks dims that an iteration changed; true when there are new ones.
bool LoopImport::updateShapes(ArrayRef<Tensor *> outputs) {
  bool changed = false;
  for (size_t k = 0; k < initial.size(); ++k) {
    Tensor *out = outputs[firstCarried() + k];
    Value argument = loop.getAfter().front().getArgument(2 + k);
    if (!out->isTensor() || out->elementType != initial[k]->elementType ||
        out->rank() != initial[k]->rank()) {
      n.unsupported("a carried value that changes its type or rank");
      return false;
    }
    DimExprs dims = n.dims(argument);
    for (size_t d = 0; d < dims.size(); ++d) {
      bool differs = !varies[k][d] && !n.math.equal(dims[d], out->dims[d]);
      varies[k][d] |= differs;
      changed |= differs;
    }
  }
  return changed;
}

void LoopImport::build() {
  Unrolled unrolled = unroll();
  if (unrolled != Unrolled::no) {
    return unrolled == Unrolled::failed ? n.setFailed() : void();
  }
  for (Tensor *tensor : initial) {
    varies.emplace_back(tensor->dims.size(), false);
  }
  for (;;) {
    OpBuilder::InsertionGuard guard(n.b);
    // What a turn learns need not hold where there was none.
    DimMath::FactScope facts(n.math);
    if (!importOnce()) {
      return n.setFailed();
    }
    bool changed = updateShapes(outputs);
    if (n.failed()) {
      return;
    }
    if (!changed) {
      n.b.setInsertionPointToEnd(&loop.getAfter().front());
      finishLoop();
      return;
    }
    // Values of the discarded body stay alive until the import ends: the shape
    // scope knows them by address.
    n.importer.bury(loop);
  }
}

/// Completes both blocks: goes on while the condition holds and iterations are
/// left.
void LoopImport::terminate(scf::WhileOp op, AffineExpr next,
                           ArrayRef<Value> yields) {
  OpBuilder::InsertionGuard guard(n.b);
  Block &before = op.getBefore().front(), &after = op.getAfter().front();
  n.b.setInsertionPointToEnd(&before);
  Value goesOn = before.getArgument(1);
  if (trip) {
    Value left = arith::CmpIOp::create(
        n.b, n.loc, Predicate::slt, before.getArgument(0), n.math.value(trip));
    goesOn = arith::AndIOp::create(n.b, n.loc, goesOn, left);
  }
  scf::ConditionOp::create(n.b, n.loc, goesOn, before.getArguments());
  n.b.setInsertionPointToEnd(&after);
  Value one = arith::ConstantIndexOp::create(n.b, n.loc, 1);
  SmallVector<Value> all{
      arith::AddIOp::create(n.b, n.loc, after.getArgument(0), one),
      n.math.condition(next)};
  all.append(yields.begin(), yields.end());
  scf::YieldOp::create(n.b, n.loc, all);
}

void LoopImport::finishLoop() {
  AffineExpr next = n.math.constant(1);
  if (firstCarried() == 1) {
    const HostElements *condition =
        n.importer.extractElements(*outputs[0], n.loc);
    if (!condition || condition->size() != 1 || !(*condition)[0].expr) {
      return n.badShape("the body's condition must have one element");
    }
    next = (*condition)[0].expr;
  }
  SmallVector<Value> yields;
  for (size_t k = 0; k < initial.size(); ++k) {
    Value value = n.importer.materialize(*outputs[firstCarried() + k], n.loc);
    yields.push_back(
        castTo(n, value, cast<RankedTensorType>(inits[2 + k].getType())));
  }
  if (!addGathered(next, yields)) {
    return n.setFailed();
  }
  OpBuilder::InsertionGuard guard(n.b);
  n.b.setInsertionPoint(loop);
  auto op =
      scf::WhileOp::create(n.b, n.loc, ValueRange(inits).getTypes(), inits);
  op.getBefore().takeBody(loop.getBefore());
  op.getAfter().takeBody(loop.getAfter());
  loop.erase();
  terminate(op, next, yields);
  publish(op);
}

void LoopImport::publish(scf::WhileOp op) {
  OpBuilder::InsertionGuard guard(n.b);
  n.b.setInsertionPointAfter(op);
  for (size_t k = 0; k < initial.size(); ++k) {
    Value result = op.getResult(2 + k);
    DimExprs dims(n.scope.dims(result));
    for (size_t d = 0; d < dims.size(); ++d) {
      dims[d] = varies[k][d] ? dims[d] : initial[k]->dims[d];
    }
    n.scope.record(result, dims);
    n.setResult(k, result);
  }
  for (size_t k = 0; k < gathered; ++k) {
    n.setResult(initial.size() + k, gatheredResult(op, k));
  }
}
