//===- SpecialLoop.cpp - Loop and Scan --------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Both become scf.while over (iteration, condition, carried tensors, results
// gathered so far). The shapes of carried tensors are found by a fixpoint: the
// body is imported as if dims stayed what they are before the loop; those that
// did not are made dynamic and the body is imported again.
//
// A gathered (scan) result grows by mlc.concat. Short loops of known length are
// unrolled, which also serves carried values that are not tensors.
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Branches.h"
#include "compiler/frontend/onnx/Rules.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;
using Predicate = arith::CmpIPredicate;

namespace {

/// What Loop and Scan have in common; they differ in what the body is given
/// and gives.
class LoopImport {
public:
  LoopImport(Node &n, const GraphProto &body) : n(n), body(body) {}
  virtual ~LoopImport() = default;
  void build();

protected:
  /// The body's inputs in iteration `index`.
  virtual SmallVector<Tensor *> bodyInputs(AffineExpr index,
                                           ArrayRef<Tensor *> carried) = 0;
  /// Position of the first carried output of the body (1 after a condition).
  virtual size_t firstCarried() const = 0;
  virtual int64_t gatherAxis(size_t i, int64_t rank) { return 0; }
  virtual bool gatherReversed(size_t i) { return false; }

  Node &n;
  const GraphProto &body;
  SmallVector<Tensor *> initial; // of the carried values
  AffineExpr trip;               // null: no limit
  AffineExpr start;              // condition before the first iteration
  size_t gathered = 0;           // number of scan results

private:
  static constexpr int64_t maxUnrolled = 8, maxUnrolledSequences = 256;

  bool unroll();
  bool importOnce();
  bool isVisibleBefore(AffineExpr expr);
  void applyDeclaredDims();
  bool updateShapes(ArrayRef<Tensor *> outputs);
  void finishLoop(ArrayRef<Tensor *> outputs);
  bool addGathered(ArrayRef<Tensor *> outputs, scf::WhileOp draft,
                   SmallVectorImpl<Value> &inits,
                   SmallVectorImpl<Value> &yields,
                   SmallVectorImpl<DimExprs> &dims);
  Value gather(Value all, Value one, size_t i);
  SmallVector<Tensor *> argumentTensors(Block *block);
  void terminate(scf::WhileOp draft, AffineExpr next, ArrayRef<Value> yields);
  void publish(scf::WhileOp op, ArrayRef<DimExprs> gatheredDims);

  /// Dims of the carried values that hold in every iteration; null: varies.
  SmallVector<SmallVector<bool>> varies;
  SmallVector<Value> inits;
  scf::WhileOp loop;
  SmallVector<Tensor *> outputs;
};

} // namespace

/// One more slice along an axis, behind the others or in front of them.
Value LoopImport::gather(Value all, Value one, size_t i) {
  if (!one) {
    return {};
  }
  int64_t axis = gatherAxis(i, n.rank(one) + 1);
  if (axis < 0) {
    return {};
  }
  Value slice = n.unsqueeze(one, {axis});
  if (!all) {
    return slice;
  }
  return gatherReversed(i) ? n.concat({slice, all}, axis)
                           : n.concat({all, slice}, axis);
}

bool LoopImport::unroll() {
  auto count = DimMath::literal(trip);
  bool tensors =
      llvm::all_of(initial, [](Tensor *tensor) { return tensor->isTensor(); });
  if (!count || DimMath::literal(start) != 1 || *count < (gathered ? 1 : 0) ||
      *count > (tensors ? maxUnrolled : maxUnrolledSequences)) {
    return false;
  }
  SmallVector<Tensor *> carried(initial);
  SmallVector<Value> all(gathered);
  for (int64_t i = 0; i < *count; ++i) {
    bool ok;
    outputs =
        importSubgraph(n, body, bodyInputs(n.math.constant(i), carried), ok);
    if (!ok) {
      return true;
    }
    if (firstCarried() == 1) {
      const HostElements *condition = n.importer.hostElements(*outputs[0]);
      bool goesOn = condition && condition->size() == 1 &&
                    (*condition)[0].asInteger() == 1;
      if (!goesOn) {
        n.unsupported(i + 1 == *count || tensors
                          ? "an unrolled loop that may end early"
                          : "sequences in a loop that may end early");
        return true;
      }
    }
    for (size_t k = 0; k < carried.size(); ++k) {
      carried[k] = outputs[firstCarried() + k];
    }
    for (size_t k = 0; k < gathered; ++k) {
      Tensor *one = outputs[firstCarried() + carried.size() + k];
      all[k] = gather(all[k], n.importer.materialize(*one, n.loc), k);
    }
  }
  for (size_t k = 0; k < carried.size(); ++k) {
    n.setResult(k, carried[k]);
  }
  for (size_t k = 0; k < gathered; ++k) {
    n.setResult(carried.size() + k, all[k]);
  }
  return true;
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
  bool ok;
  outputs =
      importSubgraph(n, body, bodyInputs(index, argumentTensors(after)), ok);
  if (ok && outputs.size() != firstCarried() + initial.size() + gathered) {
    n.badShape("the body has " + Twine(outputs.size()) +
               " outputs; the node needs " +
               Twine(firstCarried() + initial.size() + gathered));
    ok = false;
  }
  if (ok) {
    applyDeclaredDims();
  }
  return ok && !n.failed();
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
  if (unroll()) {
    return;
  }
  for (Tensor *tensor : initial) {
    varies.emplace_back(tensor->dims.size(), false);
  }
  while (importOnce()) {
    OpBuilder::InsertionGuard guard(n.b);
    bool changed = updateShapes(outputs);
    if (n.failed()) {
      return;
    }
    if (!changed) {
      n.b.setInsertionPointToEnd(&loop.getAfter().front());
      finishLoop(outputs);
      return;
    }
    // Values of the discarded body stay alive until the import ends: the shape
    // scope knows them by address.
    n.importer.bury(loop);
  }
  n.setFailed();
}

/// Adds one accumulator per gathered result to the draft.
bool LoopImport::addGathered(ArrayRef<Tensor *> outputs, scf::WhileOp draft,
                             SmallVectorImpl<Value> &inits,
                             SmallVectorImpl<Value> &yields,
                             SmallVectorImpl<DimExprs> &dims) {
  for (size_t k = 0; k < gathered; ++k) {
    Tensor *one = outputs[firstCarried() + initial.size() + k];
    Value value = n.importer.materialize(*one, n.loc);
    int64_t axis = value ? gatherAxis(k, n.rank(value) + 1) : -1;
    if (axis < 0) {
      return n.unsupported("gathered results that are no tensors"), false;
    }
    DimExprs all = n.dims(value);
    all.insert(all.begin() + axis, n.math.constant(0));
    OpBuilder::InsertionGuard guard(n.b);
    n.b.setInsertionPoint(draft);
    for (AffineExpr dim : all) {
      if (!isVisible(n, dim)) {
        return n.unsupported("gathered results whose extents change"), false;
      }
    }
    SmallVector<bool> varies(all.size(), false);
    varies[axis] = true;
    RankedTensorType type = typeOf(one->elementType, all, varies);
    inits.push_back(castTo(n, n.fill(one->elementType, 0, all), type));
    draft.getBefore().addArgument(type, n.loc);
    Value soFar = draft.getAfter().addArgument(type, n.loc);
    DimExprs known = all;
    known[axis] = n.dims(soFar)[axis];
    n.scope.record(soFar, known);
    n.b.setInsertionPointToEnd(&draft.getAfter().front());
    Value more = gather(soFar, value, k);
    if (!more) {
      return false;
    }
    yields.push_back(castTo(n, more, type));
    dims.push_back(all);
  }
  return true;
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

void LoopImport::finishLoop(ArrayRef<Tensor *> outputs) {
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
  SmallVector<DimExprs> gatheredDims;
  if (!addGathered(outputs, loop, inits, yields, gatheredDims)) {
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
  publish(op, gatheredDims);
}

void LoopImport::publish(scf::WhileOp op, ArrayRef<DimExprs> gatheredDims) {
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
    Value result = op.getResult(2 + initial.size() + k);
    DimExprs dims(n.scope.dims(result));
    int64_t axis = gatherAxis(k, n.rank(result));
    for (size_t d = 0; d < dims.size(); ++d) {
      dims[d] = int64_t(d) == axis ? dims[d] : gatheredDims[k][d];
    }
    n.scope.record(result, dims);
    n.setResult(initial.size() + k, result);
  }
}

//===----------------------------------------------------------------------===//
// Loop
//===----------------------------------------------------------------------===//

namespace {
class OnnxLoop : public LoopImport {
public:
  using LoopImport::LoopImport;

  bool read() {
    trip = n.has(0) ? n.integer(0) : AffineExpr();
    start = n.has(1) ? n.integer(1) : n.math.constant(1);
    for (unsigned i = 2; i < n.inputCount(); ++i) {
      initial.push_back(n.anything(i));
    }
    if (n.failed() || llvm::is_contained(initial, nullptr)) {
      return false;
    }
    if (n.resultCount() < initial.size()) {
      n.badShape("the node has fewer outputs than carried values");
      return false;
    }
    gathered = n.resultCount() - initial.size();
    return true;
  }

protected:
  SmallVector<Tensor *> bodyInputs(AffineExpr index,
                                   ArrayRef<Tensor *> carried) override {
    SmallVector<Tensor *> inputs{
        n.importer.makeTensor(n.b.getI64Type(), {}, {HostElement(index)}),
        n.importer.makeTensor(n.b.getI1Type(), {},
                              {HostElement(n.math.constant(1))})};
    inputs.append(carried.begin(), carried.end());
    return inputs;
  }
  size_t firstCarried() const override { return 1; }
};
} // namespace

static void importLoop(Node &n) {
  const GraphProto *body = n.graphAttr("body");
  if (!body) {
    return;
  }
  OnnxLoop loop(n, *body);
  if (loop.read()) {
    loop.build();
  }
}

//===----------------------------------------------------------------------===//
// Scan
//===----------------------------------------------------------------------===//

namespace {
class OnnxScan : public LoopImport {
public:
  using LoopImport::LoopImport;
  bool read();

protected:
  SmallVector<Tensor *> bodyInputs(AffineExpr index,
                                   ArrayRef<Tensor *> carried) override;
  size_t firstCarried() const override { return 0; }
  int64_t gatherAxis(size_t i, int64_t rank) override {
    return n.normalizeAxis(outputAxes[i], rank, "scan_output_axes")
        .value_or(-1);
  }
  bool gatherReversed(size_t i) override { return outputDirections[i] != 0; }

private:
  SmallVector<Value> scanned;
  SmallVector<int64_t> axes, directions, outputAxes, outputDirections;
};
} // namespace

bool OnnxScan::read() {
  int64_t count = n.intAttr("num_scan_inputs", 0);
  int64_t states = int64_t(n.inputCount()) - count;
  if (count < 1 || states < 0 || int64_t(n.resultCount()) < states) {
    n.badAttribute("num_scan_inputs " + Twine(count) +
                   " does not fit the node's inputs and outputs");
    return false;
  }
  gathered = n.resultCount() - states;
  auto list = [&](StringRef name, size_t size) {
    auto values = n.intsAttr(name);
    if (values && values->size() != size) {
      n.badAttribute("'" + name + "' needs " + Twine(size) + " values");
    }
    return values && !n.failed() ? *values : SmallVector<int64_t>(size, 0);
  };
  axes = list("scan_input_axes", count);
  directions = list("scan_input_directions", count);
  outputAxes = list("scan_output_axes", gathered);
  outputDirections = list("scan_output_directions", gathered);
  for (int64_t i = 0; i < states; ++i) {
    initial.push_back(n.tensor(i));
  }
  for (int64_t i = 0; i < count; ++i) {
    scanned.push_back(n.value(states + i));
  }
  for (int64_t i = 0; i < count && !n.failed(); ++i) {
    auto axis = n.normalizeAxis(axes[i], n.rank(scanned[i]));
    if (!axis) {
      return false;
    }
    axes[i] = *axis;
    AffineExpr extent = n.dims(scanned[i])[*axis];
    trip = trip ? trip : extent;
    n.requireEqual(extent, trip, "scan inputs must have one length");
  }
  start = n.math.constant(1);
  return !n.failed();
}

SmallVector<Tensor *> OnnxScan::bodyInputs(AffineExpr index,
                                           ArrayRef<Tensor *> carried) {
  SmallVector<Tensor *> inputs(carried);
  for (auto [i, x] : llvm::enumerate(scanned)) {
    AffineExpr at =
        directions[i] ? n.math.sub(n.math.sub(trip, n.math.constant(1)), index)
                      : index;
    DimExprs to = n.dims(x);
    to.erase(to.begin() + axes[i]);
    Value one = n.reshape(n.slice(x, axes[i], at, n.math.constant(1)), to);
    Tensor *tensor = one ? n.importer.makeTensor(one) : n.importer.makeTensor();
    if (!one) {
      tensor->kind = Tensor::Kind::failed;
    }
    inputs.push_back(tensor);
  }
  return inputs;
}

static void importScan(Node &n) {
  const GraphProto *body = n.graphAttr("body");
  if (!body) {
    return;
  }
  OnnxScan scan(n, *body);
  if (scan.read()) {
    scan.build();
  }
}

void mlc::onnx::addLoopRules(RuleTable &table) {
  table.add("Loop", 1, importLoop);
  table.add("Scan", 9, importScan);
}
