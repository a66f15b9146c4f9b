//===- Graph.cpp - graphs built in C++ --------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/builder/Graph.h"

#include "compiler/frontend/onnx/Import.h"
#include "compiler/frontend/onnx/Symbols.h"
#include "compiler/frontend/onnx/TensorData.h"

#include "mlir/IR/Verifier.h"

using namespace mlir;
using namespace mlc;
using onnx::DimMath;
using onnx::ErrorCode;

/// The state of a graph under construction, and the emitter its methods use.
class Graph::Builder : public onnx::Emitter {
public:
  Builder(MLIRContext &context, std::string graphName)
      : Emitter(ops, shapes, arithmetic, UnknownLoc::get(&context)),
        graphName(std::move(graphName)), ops(&context), shapes(&context),
        arithmetic(ops, shapes),
        module(ModuleOp::create(
            NameLoc::get(StringAttr::get(&context, this->graphName)))) {
    rename(this->graphName);
    ops.setInsertionPointToEnd(module->getBody());
    main = func::FuncOp::create(ops, loc, "main", ops.getFunctionType({}, {}));
    ops.createBlock(&main.getBody());
  }

  void problem(ErrorCode code, const Twine &message) override {
    Diagnostic diagnostic =
        diagnosticAt(loc, onnx::codeOf(code), message.str());
    diagnostic.file = graphName;
    diagnostic.help = onnx::remedyOf(code);
    problems.push_back(std::move(diagnostic));
  }
  bool failed() const override { return !problems.empty(); }
  std::string label() const override { return "'" + current + "'"; }

  void rename(const std::string &name) {
    current = name;
    loc = onnx::nodeLocation(ops.getContext(), {name, "", position++, 0});
    arithmetic.setLocation(loc);
  }

  std::string graphName, current;
  int position = 0;
  OpBuilder ops;
  ShapeScope shapes;
  DimMath arithmetic;
  OwningOpRef<ModuleOp> module;
  func::FuncOp main;
  onnx::Symbols symbols;
  SmallVector<Value> results;
  SmallVector<DictionaryAttr> argumentAttributes, resultAttributes;
  std::vector<Diagnostic> problems;
};

Graph::Graph(MLIRContext &context, std::string name) {
  DialectRegistry registry;
  registerImportDialects(registry);
  context.appendDialectRegistry(registry);
  context.loadAllAvailableDialects();
  builder = std::make_unique<Builder>(context, std::move(name));
}
Graph::~Graph() = default;

onnx::Emitter &Graph::emitter() { return *builder; }

void Graph::name(const std::string &name) { builder->rename(name); }

static Type elementTypeOf(Graph::ElementType type, Builder b) {
  switch (type) {
  case Graph::f32:
    return b.getF32Type();
  case Graph::f64:
    return b.getF64Type();
  case Graph::f16:
    return b.getF16Type();
  case Graph::bf16:
    return b.getBF16Type();
  case Graph::i1:
    return b.getI1Type();
  case Graph::i8:
    return b.getI8Type();
  case Graph::i32:
    return b.getI32Type();
  case Graph::i64:
    return b.getI64Type();
  }
  return {};
}

Graph::Tensor Graph::input(const std::string &name, ElementType type,
                           const Extents &extents) {
  SmallVector<int64_t> shape;
  for (const Extent &extent : extents) {
    shape.push_back(extent.symbol.empty() ? extent.size : ShapedType::kDynamic);
    if (extent.symbol.empty() && extent.size < 0) {
      builder->problem(ErrorCode::badType,
                       "input '" + name + "' has a negative extent");
      return {};
    }
  }
  auto tensor =
      RankedTensorType::get(shape, ::elementTypeOf(type, builder->ops));
  Block &entry = builder->main.getBody().front();
  Location loc = NameLoc::get(builder->ops.getStringAttr(name));
  Value argument = entry.addArgument(tensor, loc);
  DimExprs dims(builder->shapes.dims(argument));
  for (auto [dim, extent] : llvm::zip_equal(dims, extents)) {
    if (!extent.symbol.empty()) {
      onnx::Symbols::Symbol &symbol = builder->symbols[extent.symbol];
      symbol.used = true;
      symbol.expr = symbol.expr ? symbol.expr : dim;
      dim = symbol.expr;
    }
  }
  builder->shapes.record(argument, dims);
  builder->argumentAttributes.push_back(
      onnx::boundaryAttributes(name, dims, builder->symbols, builder->ops));
  return {argument};
}

void Graph::output(const std::string &name, Tensor tensor) {
  if (!tensor) {
    if (builder->problems.empty()) {
      builder->problem(ErrorCode::badGraph,
                       "output '" + name + "' is an empty tensor");
    }
    return;
  }
  builder->results.push_back(tensor.value);
  builder->resultAttributes.push_back(onnx::boundaryAttributes(
      name, builder->dims(tensor.value), builder->symbols, builder->ops));
}

/// A constant of `dims` from values of its element type.
template <typename ElementT>
static ElementsAttr makeConstant(Type elementType, ArrayRef<ElementT> values,
                                 ArrayRef<int64_t> dims) {
  if (onnx::elementCount(dims) != std::optional<int64_t>(values.size())) {
    return nullptr;
  }
  std::string bytes(reinterpret_cast<const char *>(values.data()),
                    values.size() * sizeof(ElementT));
  return onnx::makeElements(RankedTensorType::get(dims, elementType),
                            std::move(bytes), "constant");
}

Graph::Tensor Graph::constant(ArrayRef<float> values, ArrayRef<int64_t> dims) {
  if (auto value = makeConstant(builder->ops.getF32Type(), values, dims)) {
    return {builder->constant(value)};
  }
  builder->problem(ErrorCode::badTensor, "a constant's values do not fit dims");
  return {};
}

Graph::Tensor Graph::constant(ArrayRef<int64_t> values,
                              ArrayRef<int64_t> dims) {
  if (auto value = makeConstant(builder->ops.getI64Type(), values, dims)) {
    return {builder->constant(value)};
  }
  builder->problem(ErrorCode::badTensor, "a constant's values do not fit dims");
  return {};
}

Graph::Tensor Graph::scalarLike(Tensor x, double value) {
  return {builder->scalarLike(x.value, value)};
}

AffineExpr Graph::expr(const Extent &extent) {
  if (extent.expr) {
    return extent.expr;
  }
  if (extent.symbol.empty()) {
    return builder->arithmetic.constant(extent.size);
  }
  AffineExpr symbol = builder->symbols[extent.symbol].expr;
  if (!symbol) {
    builder->problem(ErrorCode::badShape,
                     "no input has the dim '" + extent.symbol + "'");
  }
  return symbol;
}

DimExprs Graph::exprs(const Extents &extents) {
  DimExprs result;
  for (const Extent &extent : extents) {
    result.push_back(expr(extent));
  }
  return result;
}

Graph::Extent Graph::dim(Tensor x, int64_t axis) {
  auto normal =
      x ? builder->normalizeAxis(axis, builder->rank(x.value)) : std::nullopt;
  return normal ? Extent(builder->dims(x.value)[*normal]) : Extent(int64_t(1));
}

Graph::Tensor Graph::reshape(Tensor x, const Extents &extents) {
  DimExprs to = exprs(extents);
  if (!x || builder->failed()) {
    return {};
  }
  AffineExpr before = builder->arithmetic.product(builder->dims(x.value));
  builder->requireEqual(builder->arithmetic.product(to), before,
                        "element counts must be equal");
  return builder->failed() ? Tensor() : Tensor{builder->reshape(x.value, to)};
}

Graph::Tensor Graph::expand(Tensor x, const Extents &extents) {
  DimExprs to = exprs(extents);
  if (!x || builder->failed()) {
    return {};
  }
  auto common = builder->broadcastDims({builder->dims(x.value), to});
  return common ? Tensor{builder->expand(x.value, *common)} : Tensor();
}

Graph::Tensor Graph::concat(ArrayRef<Tensor> xs, int64_t axis) {
  SmallVector<Value> values;
  for (Tensor x : xs) {
    values.push_back(x.value);
  }
  auto normal = values.empty() || !values[0]
                    ? std::nullopt
                    : builder->normalizeAxis(axis, builder->rank(values[0]));
  return normal ? Tensor{builder->concat(values, *normal)} : Tensor();
}

Graph::Tensor Graph::slice(Tensor x, int64_t axis, Extent start, Extent size) {
  auto normal =
      x ? builder->normalizeAxis(axis, builder->rank(x.value)) : std::nullopt;
  AffineExpr from = expr(start), length = expr(size);
  if (!normal || !from || !length) {
    return {};
  }
  DimMath &math = builder->arithmetic;
  AffineExpr extent = builder->dims(x.value)[*normal];
  AffineExpr zero = math.constant(0), end = math.add(from, length);
  using Predicate = arith::CmpIPredicate;
  builder->require(math.min(math.compare(Predicate::sge, from, zero),
                            math.compare(Predicate::sle, end, extent)),
                   end, extent, "the slice must lie inside the tensor");
  return builder->failed()
             ? Tensor()
             : Tensor{builder->slice(x.value, *normal, from, length)};
}

Graph::Tensor Graph::linear(Tensor x, Tensor w, Tensor b) {
  return {builder->add(builder->matmul(x.value, w.value), b.value)};
}

OwningOpRef<ModuleOp> Graph::finish(std::vector<Diagnostic> &problems) {
  Builder &b = *builder;
  if (b.results.empty() && b.problems.empty()) {
    b.problem(ErrorCode::badGraph, "the graph has no outputs");
  }
  if (b.problems.empty()) {
    func::ReturnOp::create(b.ops, b.loc, b.results);
    b.main.setFunctionType(b.ops.getFunctionType(
        b.main.getBody().getArgumentTypes(), ValueRange(b.results).getTypes()));
    b.main.setAllArgAttrs(b.argumentAttributes);
    b.main.setAllResultAttrs(b.resultAttributes);
    b.main->setAttr("mlc.symbols", b.symbols.attribute(b.ops.getContext()));
    if (mlir::succeeded(verify(*b.module))) {
      return std::move(b.module);
    }
    b.problem(ErrorCode::badGraph, "the graph is not valid");
  }
  problems.insert(problems.end(), b.problems.begin(), b.problems.end());
  return nullptr;
}
