//===- Importer.cpp - graphs and nodes --------------------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Walks a graph in its order (ONNX demands a topological one), asks for each
// node a function body, the host evaluator or an import rule, in this order,
// and goes on after a problem: results of a failed node are marked, and nodes
// that use them are passed over, so one run reports all independent problems.
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Importer.h"

#include "compiler/frontend/onnx/Node.h"
#include "compiler/frontend/onnx/Rules.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

/// Functions are inlined; calls inside calls could otherwise multiply without
/// end.
static constexpr int64_t maxNodes = 300'000;
static constexpr int maxFunctionDepth = 32;
static constexpr int maxGraphDepth = 24;

Tensor *Frame::find(StringRef name) const {
  for (const Frame *frame = this; frame; frame = frame->outer) {
    if (Tensor *tensor = frame->names.lookup(name)) {
      return tensor;
    }
  }
  return nullptr;
}

Importer::Importer(MLIRContext *context, ModelProto &model,
                   const std::string &path, Problems &problems)
    : context(context), model(model), problems(problems), b(context),
      scope(context), math(b, scope), reader(context, path) {
  for (const FunctionProto &function : model.functions()) {
    std::string key =
        operatorKey(function.domain(), function.name(), function.overload());
    functions[key] = &function;
    for (const OperatorSetIdProto &entry : function.opset_import()) {
      functionOpsets[key][canonicalDomain(entry.domain())] = entry.version();
    }
  }
}

Importer::~Importer() {
  for (Operation *op : buried) {
    op->dropAllDefinedValueUses();
    op->destroy();
  }
}

void Importer::bury(Operation *op) {
  op->remove();
  op->dropAllReferences();
  buried.push_back(op);
}

void Importer::bind(Frame &frame, StringRef name, Tensor *tensor) {
  if (tensor->name.empty()) {
    tensor->name = name.str();
  }
  if (!frame.names.try_emplace(name, tensor).second) {
    std::string message = ("'" + name + "' is defined twice").str();
    if (current) {
      current->problem(ErrorCode::badGraph, message);
    } else {
      problems.add(ErrorCode::badGraph, message);
    }
  }
}

bool Importer::importInitializers(const GraphProto &graph, Frame &frame) {
  size_t before = problems.count();
  auto define = [&](const std::string &name, ElementsAttr constant) {
    if (name.empty()) {
      problems.add(ErrorCode::badGraph, "an initializer has no name");
      return;
    }
    Tensor *tensor = constant ? makeTensor(constant, name) : makeTensor();
    if (!constant) {
      tensor->kind = Tensor::Kind::failed;
    }
    bind(frame, name, tensor);
  };
  for (const TensorProto &initializer : graph.initializer()) {
    define(initializer.name(), readTensor(initializer, nullptr));
  }
  for (const SparseTensorProto &initializer : graph.sparse_initializer()) {
    define(initializer.values().name(), readTensor(initializer, nullptr));
  }
  return problems.count() == before;
}

bool Importer::importBody(const GraphProto &graph, Frame &frame) {
  size_t before = problems.count();
  if (graphDepth >= maxGraphDepth) {
    problems.add(ErrorCode::limit, "graphs are nested too deeply");
    return false;
  }
  ++graphDepth;
  importInitializers(graph, frame);
  for (int i = 0; i < graph.node_size(); ++i) {
    importNode(graph.node(i), i, frame);
  }
  --graphDepth;
  return problems.count() == before;
}

/// How to export without an operator that a tool adds to please those who read
/// the outputs, or its own runtime; empty for all others.
static StringRef exportAdvice(StringRef name) {
  return llvm::StringSwitch<StringRef>(name)
      .StartsWith("com.microsoft.",
                  "take the model from before ONNX Runtime's optimisation; "
                  "quantise it with quant_format=QuantFormat.QDQ")
      .Case("ai.onnx.ml.ZipMap",
            "export the probabilities as a tensor: zipmap=False, in skl2onnx "
            "to_onnx(model, X, options={'zipmap': False})")
      .Default("");
}

/// Says why there is no rule for an operator.
void Importer::reportMissing(Node &node, const NodeProto &proto) {
  const RuleTable &rules = RuleTable::get();
  std::string domain = canonicalDomain(proto.domain()).str();
  std::string name = (domain.empty() ? "" : domain + ".") + proto.op_type();
  StringRef advice = exportAdvice(name);
  auto report = [&](ErrorCode code, const Twine &message) {
    node.problem(code, message, advice.empty() ? remedyOf(code) : advice);
  };
  if (!domain.empty() && !rules.hasDomain(domain)) {
    return report(ErrorCode::unknownDomain,
                  "operator '" + name + "' is from an unknown domain");
  }
  std::string since = rules.explainMissing(domain, proto.op_type());
  report(ErrorCode::unsupportedOp,
         "unsupported: operator '" + name + "' at opset " +
             Twine(node.opset()) + (since.empty() ? "" : " (" + since + ")"));
}

bool Importer::hasRule(Node &node, const NodeProto &proto) {
  return functions.count(
             operatorKey(proto.domain(), proto.op_type(), proto.overload())) ||
         RuleTable::get().find(proto.domain(), proto.op_type(), node.opset()) ||
         (canonicalDomain(proto.domain()).empty() && hasRow(node));
}

void Importer::importNode(const NodeProto &proto, int index, Frame &frame) {
  if (++importedNodes > maxNodes) {
    if (importedNodes == maxNodes + 1) {
      problems.add(ErrorCode::limit, "the model has more than " +
                                         std::to_string(maxNodes) +
                                         " nodes once functions are inlined");
    }
    return;
  }
  Node node(*this, proto, index, frame);
  Node *outer = std::exchange(current, &node);
  math.setLocation(node.loc);
  llvm::scope_exit restore([&] {
    current = outer;
    if (outer) {
      math.setLocation(outer->loc);
    }
  });
  bool skip = false;
  for (const std::string &name : proto.input()) {
    Tensor *tensor = name.empty() ? nullptr : frame.find(name);
    if (!name.empty() && !tensor) {
      node.problem(ErrorCode::badGraph,
                   "input '" + name + "' is not defined before this node");
    }
    skip |= tensor && tensor->kind == Tensor::Kind::failed;
    node.inputs.push_back(tensor);
  }
  if (!node.failed() && !skip) {
    runNode(node, proto);
  } else if (!node.failed()) {
    // A node that is passed over still tells when its operator has no rule.
    if (!hasRule(node, proto)) {
      reportMissing(node, proto);
    }
    node.setFailed();
  }
  bindResults(node, proto, frame);
}

void Importer::runNode(Node &node, const NodeProto &proto) {
  auto function = functions.find(
      operatorKey(proto.domain(), proto.op_type(), proto.overload()));
  if (function != functions.end()) {
    callFunction(*function->second, node, node.frame);
    return;
  }
  if (node.opset() == 0) {
    return node.problem(ErrorCode::unknownDomain,
                        "the model imports no operator set of domain '" +
                            proto.domain() + "'");
  }
  if (Rule rule = RuleTable::get().find(proto.domain(), proto.op_type(),
                                        node.opset())) {
    if (!evaluateOnHost(node) && !node.failed()) {
      rule(node);
    }
  } else if (!canonicalDomain(proto.domain()).empty() ||
             (!evaluateOnHost(node) && !importByRow(node))) {
    return reportMissing(node, proto);
  }
  node.checkComplete();
}

void Importer::bindResults(Node &node, const NodeProto &proto, Frame &frame) {
  for (int i = 0; i < proto.output_size(); ++i) {
    if (proto.output(i).empty()) {
      continue;
    }
    Tensor *result = node.failed() ? nullptr : node.results[i];
    if (!result) {
      result = makeTensor();
      result->kind = Tensor::Kind::failed;
    }
    bind(frame, proto.output(i), result);
  }
}

/// The arguments of a call: the node's attributes over the declared defaults.
static FunctionArguments argumentsOf(const FunctionProto &function,
                                     Node &node) {
  FunctionArguments arguments;
  for (const AttributeProto &attribute : function.attribute_proto()) {
    arguments[attribute.name()] = &attribute;
  }
  for (const AttributeProto &attribute : function.attribute_proto()) {
    if (const AttributeProto *given = node.findAttr(attribute.name())) {
      arguments[attribute.name()] = given;
    }
  }
  for (const std::string &name : function.attribute()) {
    if (const AttributeProto *given = node.findAttr(name)) {
      arguments[name] = given;
    }
  }
  return arguments;
}

void Importer::callFunction(const FunctionProto &function, Node &node,
                            Frame &frame) {
  if (functionDepth >= maxFunctionDepth) {
    return node.problem(ErrorCode::recursion,
                        "functions are nested deeper than " +
                            Twine(maxFunctionDepth) + " calls");
  }
  if (int(node.inputCount()) > function.input_size()) {
    return node.badShape("function '" + function.name() + "' takes " +
                         Twine(function.input_size()) + " inputs, got " +
                         Twine(node.inputCount()));
  }
  FunctionArguments arguments = argumentsOf(function, node);
  Frame body;
  body.opsets = &functionOpsets[operatorKey(function.domain(), function.name(),
                                            function.overload())];
  body.arguments = &arguments;
  body.prefix = node.id.name + "/";
  size_t before = problems.count();
  for (int i = 0; i < function.input_size(); ++i) {
    // An input left out is an absent tensor: nodes of the body see it missing.
    if (node.has(i)) {
      bind(body, function.input(i), node.anything(i));
    }
  }
  ++functionDepth;
  for (int i = 0; i < function.node_size(); ++i) {
    importNode(function.node(i), i, body);
  }
  --functionDepth;
  if (problems.count() != before) {
    return node.setFailed();
  }
  for (int i = 0; i < function.output_size(); ++i) {
    Tensor *result = body.find(function.output(i));
    if (!result && node.wants(i)) {
      return node.problem(ErrorCode::badGraph,
                          "function '" + function.name() +
                              "' does not define its output '" +
                              function.output(i) + "'");
    }
    node.setResult(i, result);
  }
  node.checkComplete();
}
