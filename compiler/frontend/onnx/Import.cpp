//===- Import.cpp - a model as a module -------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The frame around the graph: inputs with their symbols, outputs, and how
// MLIR's diagnostics become problems of ONNX nodes.
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Import.h"

#include "compiler/frontend/onnx/Importer.h"
#include "compiler/frontend/onnx/ModelFile.h"
#include "compiler/frontend/onnx/Node.h"
#include "compiler/frontend/onnx/Types.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Verifier.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

void mlc::registerImportDialects(DialectRegistry &registry) {
  registry
      .insert<MlcDialect, func::FuncDialect, arith::ArithDialect,
              affine::AffineDialect, tensor::TensorDialect, scf::SCFDialect>();
}

/// A problem of a graph input or output, shown at the first node that takes or
/// makes it.
void Importer::refuseBoundary(const ValueInfoProto &value, bool isInput,
                              const std::string &what) {
  std::string message =
      (isInput ? "input '" : "output '") + value.name() + "' " + what;
  for (auto [i, node] : llvm::enumerate(model.graph().node())) {
    const auto &names = isInput ? node.input() : node.output();
    if (llvm::is_contained(names, value.name())) {
      Location loc =
          nodeLocation(context, identifyNode(node, int(i), mainFrame));
      Diagnostic problem =
          diagnosticAt(loc, codeOf(ErrorCode::badType), message);
      problem.help = remedyOf(ErrorCode::badType);
      problems.add(std::move(problem));
      return;
    }
  }
  problems.add(ErrorCode::badType, message);
}

/// What a type is when it is no tensor of numbers; empty when it is one.
static std::string unsupportedKind(const TypeProto &type) {
  if (type.has_tensor_type()) {
    bool isText = type.tensor_type().elem_type() == TensorProto::STRING;
    return isText ? "a tensor of strings" : "";
  }
  return type.has_sequence_type()        ? "a sequence"
         : type.has_optional_type()      ? "an optional"
         : type.has_map_type()           ? "a map"
         : type.has_sparse_tensor_type() ? "a sparse tensor"
                                         : "of no type";
}

/// An input's declared type as dims and element type. Null after a problem.
Tensor *Importer::declareInput(const ValueInfoProto &input) {
  auto fail = [&](const std::string &what) {
    refuseBoundary(input, true, what);
    return nullptr;
  };
  if (std::string kind = unsupportedKind(input.type()); !kind.empty()) {
    return fail("is " + kind +
                "; unsupported: inputs other than tensors of "
                "numbers or booleans");
  }
  const TypeProto::Tensor &type = input.type().tensor_type();
  Type elementType = elementTypeFor(context, type.elem_type());
  if (!elementType) {
    return fail("has the unsupported element type " +
                dataTypeName(type.elem_type()));
  }
  if (!type.has_shape()) {
    return fail("has no shape; its rank must be known");
  }
  SmallVector<int64_t> shape;
  std::string fixed; // by options
  for (const TensorShapeProto::Dimension &dim : type.shape().dim()) {
    bool symbolic = !dim.has_dim_value();
    if (!symbolic && dim.dim_value() < 0) {
      return fail("has the negative extent " + std::to_string(dim.dim_value()));
    }
    shape.push_back(symbolic ? ShapedType::kDynamic : dim.dim_value());
    if (symbolic && !dim.dim_param().empty()) {
      Symbols::Symbol &symbol = symbols[dim.dim_param()];
      symbol.used = true;
      if (symbol.range.low == symbol.range.high) {
        shape.back() = symbol.range.low;
        fixed += (fixed.empty() ? "'--dim " : ", '--dim ") + dim.dim_param() +
                 "=" + std::to_string(symbol.range.low) + "'";
      }
    }
  }
  SmallVector<int64_t> known;
  llvm::copy_if(shape, std::back_inserter(known),
                [](int64_t dim) { return !ShapedType::isDynamic(dim); });
  if (!fixed.empty() && int64_t(shape.size()) <= maxRank &&
      !elementCount(known)) {
    problems
        .add(ErrorCode::badOption, "with " + fixed + " input '" + input.name() +
                                       "' has too many elements")
        .help = "give a smaller size";
    return nullptr;
  }
  if (int64_t(shape.size()) > maxRank || !elementCount(known)) {
    problems.add(ErrorCode::limit,
                 "input '" + input.name() + "' has too many dims or elements");
    return nullptr;
  }
  Location loc = NameLoc::get(StringAttr::get(context, input.name()));
  Block &entry = main.getBody().front();
  Value argument =
      entry.addArgument(RankedTensorType::get(shape, elementType), loc);
  // Dims of one name are one symbol.
  DimExprs dims(scope.dims(argument));
  for (auto [i, dim] : llvm::enumerate(type.shape().dim())) {
    if (DimMath::literal(dims[i]) || dim.dim_param().empty()) {
      continue;
    }
    Symbols::Symbol &symbol = symbols[dim.dim_param()];
    if (!symbol.expr) {
      symbol.expr = dims[i];
      math.setBounds(symbol.expr, symbol.range);
    }
    dims[i] = symbol.expr;
  }
  scope.record(argument, dims);
  return makeTensor(argument);
}

bool Importer::declareInputs(const GraphProto &graph) {
  size_t before = problems.count();
  llvm::StringSet<> initialized;
  for (const TensorProto &initializer : graph.initializer()) {
    initialized.insert(initializer.name());
  }
  for (const SparseTensorProto &initializer : graph.sparse_initializer()) {
    initialized.insert(initializer.values().name());
  }
  for (const ValueInfoProto &input : graph.input()) {
    if (input.name().empty()) {
      problems.add(ErrorCode::badGraph, "a graph input has no name");
      continue;
    }
    // Before IR version 4 initializers had to be inputs, too.
    if (initialized.contains(input.name())) {
      continue;
    }
    Tensor *tensor = declareInput(input);
    if (!tensor) {
      tensor = makeTensor();
      tensor->kind = Tensor::Kind::failed;
    } else {
      argumentAttributes.push_back(
          boundaryAttributes(input.name(), tensor->dims, symbols, b));
    }
    bind(mainFrame, input.name(), tensor);
  }
  return problems.count() == before;
}

/// Checks an output against the type that the graph declares for it.
bool Importer::checkOutput(const ValueInfoProto &output, const Tensor &tensor) {
  std::string kind = output.has_type() ? unsupportedKind(output.type()) : "";
  if (!tensor.isTensor() || !kind.empty()) {
    refuseBoundary(output, false,
                   "is " + (kind.empty() ? "no tensor" : kind) +
                       "; unsupported: outputs other than tensors of numbers "
                       "or booleans");
    return false;
  }
  int declared = output.type().tensor_type().elem_type();
  Type type = elementTypeFor(tensor.elementType.getContext(), declared);
  if (declared != 0 && type != tensor.elementType) {
    refuseBoundary(output, false,
                   "is declared as " + dataTypeName(declared) +
                       " but computed with another element type");
    return false;
  }
  return true;
}

bool Importer::returnOutputs(const GraphProto &graph) {
  size_t before = problems.count();
  SmallVector<Value> results;
  SmallVector<DictionaryAttr> attributes;
  llvm::StringSet<> names;
  for (const ValueInfoProto &output : graph.output()) {
    Tensor *tensor = mainFrame.find(output.name());
    if (!tensor || !names.insert(output.name()).second) {
      problems.add(ErrorCode::badGraph,
                   "output '" + output.name() +
                       (tensor ? "' is listed twice" : "' is not defined"));
      continue;
    }
    if (tensor->kind == Tensor::Kind::failed || !checkOutput(output, *tensor)) {
      continue;
    }
    Location loc = NameLoc::get(StringAttr::get(context, output.name()));
    math.setLocation(loc);
    results.push_back(materialize(*tensor, loc));
    attributes.push_back(
        boundaryAttributes(output.name(), tensor->dims, symbols, b));
  }
  if (problems.count() != before) {
    return false;
  }
  if (graph.output().empty()) {
    problems.add(ErrorCode::badGraph, "the graph has no outputs");
    return false;
  }
  func::ReturnOp::create(b, main.getLoc(), results);
  main.setFunctionType(b.getFunctionType(main.getBody().getArgumentTypes(),
                                         ValueRange(results).getTypes()));
  main.setAllArgAttrs(argumentAttributes);
  main.setAllResultAttrs(attributes);
  main->setAttr("mlc.symbols", symbols.attribute(context));
  return true;
}

/// Errors that ops emit while a node is imported are about that node; later
/// ones are found by their location.
void Importer::diagnose(mlir::Diagnostic &diagnostic) {
  if (diagnostic.getSeverity() != DiagnosticSeverity::Error) {
    return;
  }
  if (current) {
    current->problem(ErrorCode::badShape, diagnostic.str());
    return;
  }
  Diagnostic problem = diagnosticAt(
      diagnostic.getLocation(), codeOf(ErrorCode::badShape), diagnostic.str());
  problem.help = remedyOf(ErrorCode::badShape);
  problems.add(std::move(problem));
}

OwningOpRef<ModuleOp> Importer::run(const ImportOptions &options) {
  ScopedDiagnosticHandler handler(
      context, [&](mlir::Diagnostic &diagnostic) { diagnose(diagnostic); });
  if (!checkModel(model, opsets, problems) ||
      !symbols.readOptions(options.dims, problems)) {
    return nullptr;
  }
  mainFrame.opsets = &opsets;
  const GraphProto &graph = model.graph();
  Location loc = NameLoc::get(
      StringAttr::get(context, graph.name().empty() ? "main" : graph.name()));
  math.setLocation(loc);
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  b.setInsertionPointToEnd(module->getBody());
  main = func::FuncOp::create(b, loc, "main", b.getFunctionType({}, {}));
  Block *entry = b.createBlock(&main.getBody());
  bool complete = declareInputs(graph);
  complete &= symbols.checkUsed(problems);
  b.setInsertionPointToEnd(entry);
  complete &= importBody(graph, mainFrame);
  complete &= returnOutputs(graph);
  // Each op was verified when it was made; this sees the whole.
  if (!complete || mlir::failed(verify(*module)) || problems.count() != 0) {
    return nullptr;
  }
  return module;
}

OwningOpRef<ModuleOp> mlc::importOnnx(const std::string &path,
                                      const ImportOptions &options,
                                      MLIRContext &context,
                                      std::vector<Diagnostic> &diagnostics) {
  DialectRegistry registry;
  registerImportDialects(registry);
  context.appendDialectRegistry(registry);
  context.loadAllAvailableDialects();
  Problems problems(path, diagnostics);
  OwningOpRef<ModuleOp> module;
  if (std::unique_ptr<ModelProto> model = readModel(path, problems)) {
    module = Importer(&context, *model, path, problems).run(options);
    if (!module && problems.count() == 0) {
      problems.add(ErrorCode::badGraph, "the model could not be imported");
    }
  }
  problems.finish();
  return module;
}
