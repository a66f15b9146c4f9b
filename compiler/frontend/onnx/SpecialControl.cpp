//===- SpecialControl.cpp - If ----------------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A condition known at compile time selects a branch now. Otherwise both become
// regions of scf.if; a dim in which they differ is dynamic in the result.
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Branches.h"
#include "compiler/frontend/onnx/Rules.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

Frame onnx::subgraphFrame(Node &n) {
  Frame frame;
  frame.outer = &n.frame;
  frame.opsets = n.frame.opsets;
  frame.arguments = n.frame.arguments;
  frame.prefix = n.frame.prefix;
  return frame;
}

SmallVector<Tensor *> onnx::importSubgraph(Node &n, const GraphProto &graph,
                                           ArrayRef<Tensor *> inputs,
                                           bool &ok) {
  ok = false;
  if (int(inputs.size()) != graph.input_size()) {
    n.badShape("the subgraph takes " + Twine(graph.input_size()) +
               " inputs, got " + Twine(inputs.size()));
    return {};
  }
  Frame frame = subgraphFrame(n);
  for (auto [input, tensor] : llvm::zip_equal(graph.input(), inputs)) {
    frame.names[input.name()] = tensor;
  }
  if (!n.importer.importBody(graph, frame)) {
    n.setFailed();
    return {};
  }
  SmallVector<Tensor *> outputs;
  for (const ValueInfoProto &output : graph.output()) {
    outputs.push_back(frame.find(output.name()));
    if (!outputs.back()) {
      n.problem(ErrorCode::badGraph,
                "subgraph output '" + output.name() + "' is not defined");
      return {};
    }
  }
  ok = true;
  return outputs;
}

Value onnx::castTo(Node &n, Value value, RankedTensorType type) {
  return value.getType() == type
             ? value
             : tensor::CastOp::create(n.b, n.loc, type, value).getResult();
}

RankedTensorType onnx::typeOf(Type elementType, ArrayRef<AffineExpr> dims,
                              ArrayRef<bool> dynamic) {
  SmallVector<int64_t> shape;
  for (auto [dim, varies] : llvm::zip_equal(dims, dynamic)) {
    auto literal = DimMath::literal(dim);
    shape.push_back(literal && !varies ? *literal : ShapedType::kDynamic);
  }
  return RankedTensorType::get(shape, elementType);
}

bool onnx::isVisible(Node &n, AffineExpr expr) {
  return llvm::all_of(n.scope.boundValues(expr),
                      [&](Value value) { return n.importer.isVisible(value); });
}

/// Builds one branch into `block`.
static std::optional<SmallVector<Value>> buildBranch(Node &n, Block *block,
                                                     BranchBuilder build) {
  OpBuilder::InsertionGuard guard(n.b);
  n.b.setInsertionPoint(block, block->without_terminator().end());
  DimMath::FactScope facts(n.math);
  return build();
}

static std::optional<SmallVector<Value>> importBranch(Node &n,
                                                      const GraphProto &graph) {
  bool ok;
  SmallVector<Value> values;
  for (Tensor *output : importSubgraph(n, graph, {}, ok)) {
    values.push_back(n.importer.materialize(*output, n.loc));
    if (!values.back()) {
      n.unsupported("a branch result that is no tensor");
      return std::nullopt;
    }
  }
  return ok ? std::optional(values) : std::nullopt;
}

/// The type that both branches' result `i` can have, with its dims.
static RankedTensorType joinTypes(Node &n, Value a, Value b, DimExprs &dims) {
  if (n.elementType(a) != n.elementType(b) || n.rank(a) != n.rank(b)) {
    n.unsupported("branches whose results differ in type or rank");
    return nullptr;
  }
  SmallVector<bool> varies;
  DimExprs other = n.dims(b);
  dims = n.dims(a);
  for (size_t i = 0; i < dims.size(); ++i) {
    varies.push_back(!n.math.equal(dims[i], other[i]));
    dims[i] = varies[i] ? AffineExpr() : dims[i];
  }
  return typeOf(n.elementType(a), n.dims(a), varies);
}

/// Ends `block` with what it gives, of the types that both branches have.
static void yield(Node &n, Block *block, ArrayRef<Value> values,
                  ArrayRef<Type> types) {
  OpBuilder::InsertionGuard guard(n.b);
  if (block->mightHaveTerminator()) {
    block->getTerminator()->erase();
  }
  n.b.setInsertionPointToEnd(block);
  SmallVector<Value> yielded;
  for (auto [value, type] : llvm::zip_equal(values, types)) {
    yielded.push_back(castTo(n, value, cast<RankedTensorType>(type)));
  }
  scf::YieldOp::create(n.b, n.loc, yielded);
}

std::optional<SmallVector<Value>> onnx::buildIf(Node &n, Value condition,
                                                BranchBuilder buildTrue,
                                                BranchBuilder buildFalse) {
  auto draft = scf::IfOp::create(n.b, n.loc, TypeRange{}, condition,
                                 /*withElseRegion=*/true);
  auto onTrue = buildBranch(n, draft.thenBlock(), buildTrue);
  auto onFalse = buildBranch(n, draft.elseBlock(), buildFalse);
  if (!onTrue || !onFalse) {
    n.setFailed();
    return std::nullopt;
  }
  if (onTrue->size() != onFalse->size()) {
    n.badShape("the branches differ in the number of results");
    return std::nullopt;
  }
  SmallVector<Type> types;
  SmallVector<DimExprs> dims(onTrue->size());
  for (size_t i = 0; i < dims.size(); ++i) {
    types.push_back(joinTypes(n, (*onTrue)[i], (*onFalse)[i], dims[i]));
    if (!types.back()) {
      return std::nullopt;
    }
  }
  auto op = scf::IfOp::create(n.b, n.loc, types, condition, true);
  op.getThenRegion().takeBody(draft.getThenRegion());
  op.getElseRegion().takeBody(draft.getElseRegion());
  draft.erase();
  yield(n, op.thenBlock(), *onTrue, types);
  yield(n, op.elseBlock(), *onFalse, types);
  for (auto [result, both] : llvm::zip_equal(op.getResults(), dims)) {
    DimExprs known(n.scope.dims(result));
    for (auto [mine, joined] : llvm::zip_equal(known, both)) {
      mine = joined ? joined : mine;
    }
    n.scope.record(result, known);
  }
  return SmallVector<Value>(op.getResults());
}

static void importIf(Node &n) {
  AffineExpr condition = n.integer(0);
  const GraphProto *thenGraph = n.graphAttr("then_branch");
  const GraphProto *elseGraph = n.graphAttr("else_branch");
  if (!condition || !thenGraph || !elseGraph) {
    return;
  }
  if (auto known = DimMath::literal(condition)) {
    bool ok;
    auto outputs = importSubgraph(n, *known ? *thenGraph : *elseGraph, {}, ok);
    for (auto [i, output] : llvm::enumerate(outputs)) {
      n.setResult(i, output);
    }
    return;
  }
  auto results = buildIf(
      n, n.math.condition(condition),
      [&] { return importBranch(n, *thenGraph); },
      [&] { return importBranch(n, *elseGraph); });
  if (!results) {
    return;
  }
  if (results->size() != n.resultCount()) {
    return n.badShape("branches and node differ in the number of results");
  }
  for (auto [i, result] : llvm::enumerate(*results)) {
    n.setResult(i, result);
  }
}

void mlc::onnx::addControlRules(RuleTable &table) {
  table.add("If", 1, importIf);
}
