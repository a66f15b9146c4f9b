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

namespace {
struct Branch {
  SmallVector<Tensor *> outputs;
  SmallVector<Value> values;
};
} // namespace

/// Imports one branch into `block`.
static std::optional<Branch> importBranch(Node &n, const GraphProto &graph,
                                          Block *block) {
  OpBuilder::InsertionGuard guard(n.b);
  n.b.setInsertionPoint(block, block->without_terminator().end());
  DimMath::FactScope facts(n.math);
  bool ok;
  Branch branch{importSubgraph(n, graph, {}, ok), {}};
  if (!ok) {
    return std::nullopt;
  }
  for (Tensor *output : branch.outputs) {
    Value value = n.importer.materialize(*output, n.loc);
    if (!value) {
      n.unsupported("a branch result that is no tensor");
      return std::nullopt;
    }
    branch.values.push_back(value);
  }
  return branch;
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

static void buildIf(Node &n, Value condition, const GraphProto &thenGraph,
                    const GraphProto &elseGraph) {
  auto draft = scf::IfOp::create(n.b, n.loc, TypeRange{}, condition,
                                 /*withElseRegion=*/true);
  auto onTrue = importBranch(n, thenGraph, draft.thenBlock());
  auto onFalse = importBranch(n, elseGraph, draft.elseBlock());
  if (!onTrue || !onFalse) {
    return n.setFailed();
  }
  if (onTrue->values.size() != onFalse->values.size() ||
      onTrue->values.size() != n.resultCount()) {
    return n.badShape("branches and node differ in the number of results");
  }
  SmallVector<Type> types;
  SmallVector<DimExprs> dims(onTrue->values.size());
  for (size_t i = 0; i < dims.size(); ++i) {
    RankedTensorType type =
        joinTypes(n, onTrue->values[i], onFalse->values[i], dims[i]);
    if (!type) {
      return;
    }
    types.push_back(type);
  }
  auto op = scf::IfOp::create(n.b, n.loc, types, condition, true);
  op.getThenRegion().takeBody(draft.getThenRegion());
  op.getElseRegion().takeBody(draft.getElseRegion());
  draft.erase();
  for (auto [block, branch] :
       {std::pair(op.thenBlock(), &*onTrue), {op.elseBlock(), &*onFalse}}) {
    OpBuilder::InsertionGuard guard(n.b);
    if (block->mightHaveTerminator()) {
      block->getTerminator()->erase();
    }
    n.b.setInsertionPointToEnd(block);
    SmallVector<Value> yielded;
    for (auto [value, type] : llvm::zip_equal(branch->values, types)) {
      yielded.push_back(castTo(n, value, cast<RankedTensorType>(type)));
    }
    scf::YieldOp::create(n.b, n.loc, yielded);
  }
  for (auto [i, result] : llvm::enumerate(op.getResults())) {
    DimExprs known(n.scope.dims(result));
    for (auto [mine, both] : llvm::zip_equal(known, dims[i])) {
      mine = both ? both : mine;
    }
    n.scope.record(result, known);
    n.setResult(i, result);
  }
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
  buildIf(n, n.math.condition(condition), *thenGraph, *elseGraph);
}

void mlc::onnx::addControlRules(RuleTable &table) {
  table.add("If", 1, importIf);
}
