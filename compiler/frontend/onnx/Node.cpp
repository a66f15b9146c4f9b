//===- Node.cpp - an ONNX node as import rules see it -----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Node.h"

#include "compiler/frontend/onnx/Types.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

/// The name that messages use: nodes may be anonymous, results are not.
static std::string nameOf(const NodeProto &proto, int index) {
  if (!proto.name().empty()) {
    return proto.name();
  }
  for (const std::string &output : proto.output()) {
    if (!output.empty()) {
      return output;
    }
  }
  return proto.op_type() + "_" + std::to_string(index);
}

OnnxNode onnx::identifyNode(const NodeProto &proto, int index,
                            const Frame &frame) {
  OnnxNode id;
  id.name = frame.prefix + nameOf(proto, index);
  id.opType = proto.op_type();
  id.index = index;
  auto version = frame.opsets->find(canonicalDomain(proto.domain()));
  id.opset = version == frame.opsets->end() ? 0 : int(version->second);
  return id;
}

Node::Node(Importer &importer, const NodeProto &proto, int index, Frame &frame)
    : Emitter(
          importer.b, importer.scope, importer.math,
          nodeLocation(importer.context, identifyNode(proto, index, frame))),
      importer(importer), frame(frame), proto(proto),
      id(identifyNode(proto, index, frame)),
      results(proto.output_size(), nullptr),
      inputRead(proto.input_size(), false),
      attributeRead(proto.attribute_size(), false) {}

//===----------------------------------------------------------------------===//
// Problems
//===----------------------------------------------------------------------===//

void Node::problem(ErrorCode code, const Twine &message) {
  problem(code, message, remedyOf(code));
}

void Node::problem(ErrorCode code, const Twine &message, StringRef help) {
  hasFailed = true;
  Diagnostic diagnostic = diagnosticAt(loc, codeOf(code), message.str());
  diagnostic.help = help.str();
  std::string operands;
  for (Tensor *input : inputs) {
    operands += (operands.empty() ? "" : ", ") +
                (input ? importer.describe(*input) : "-");
    if (operands.size() > 400) {
      operands += ", ...";
      break;
    }
  }
  if (!operands.empty()) {
    diagnostic.notes.push_back({"inputs", operands});
  }
  importer.problems.add(std::move(diagnostic));
}

std::string Node::label() const {
  // The message is a format; a name must not bring conversions of its own.
  std::string name = printable(StringRef(id.name).take_front(200));
  std::replace(name.begin(), name.end(), '%', '_');
  return "node '" + name + "' (" + id.opType + ")";
}

void Node::checkComplete() {
  for (int i = 0; i < proto.attribute_size() && !hasFailed; ++i) {
    if (!attributeRead[i]) {
      badAttribute("attribute '" + proto.attribute(i).name() +
                   "' is not known for " + id.opType + " at opset " +
                   Twine(id.opset));
    }
  }
  for (unsigned i = 0; i < inputs.size() && !hasFailed; ++i) {
    if (inputs[i] && !inputRead[i]) {
      problem(ErrorCode::badGraph, "input " + Twine(i) + " is not known for " +
                                       id.opType + " at opset " +
                                       Twine(id.opset));
    }
  }
  for (unsigned i = 0; i < resultCount() && !hasFailed; ++i) {
    if (wants(i) && !results[i]) {
      unsupported("output " + Twine(i) + " ('" + proto.output(i) + "') of " +
                  id.opType);
    }
  }
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

Tensor *Node::anything(unsigned i) {
  if (!has(i)) {
    if (!hasFailed) {
      problem(ErrorCode::badGraph, "input " + Twine(i) + " is missing");
    }
    return nullptr;
  }
  inputRead[i] = true;
  return inputs[i];
}

Tensor *Node::tensor(unsigned i) {
  Tensor *tensor = anything(i);
  if (tensor && !tensor->isTensor()) {
    problem(ErrorCode::badType, "input " + Twine(i) + " is not a tensor");
    return nullptr;
  }
  return tensor;
}

Value Node::value(unsigned i) {
  Tensor *operand = tensor(i);
  if (!operand) {
    return {};
  }
  Value value = importer.materialize(*operand, loc);
  if (!value && !hasFailed) {
    problem(ErrorCode::badType, "input " + Twine(i) + " has no value");
  }
  return value;
}

Value Node::optionalValue(unsigned i) { return has(i) ? value(i) : Value(); }

SmallVector<Value> Node::allValues() {
  SmallVector<Value> values;
  for (unsigned i = 0; i < inputs.size(); ++i) {
    values.push_back(value(i));
  }
  return values;
}

std::optional<SmallVector<AffineExpr>> Node::integers(unsigned i) {
  Tensor *operand = tensor(i);
  if (!operand) {
    return std::nullopt;
  }
  if (!isa<IntegerType>(operand->elementType)) {
    problem(ErrorCode::badType, "input " + Twine(i) + " must hold integers");
    return std::nullopt;
  }
  const HostElements *elements = importer.extractElements(*operand, loc);
  if (!elements) {
    unsupported("input " + Twine(i) + " must have a fixed number of at most " +
                Twine(maxHostElements) + " elements");
    return std::nullopt;
  }
  SmallVector<AffineExpr> result;
  for (const HostElement &element : *elements) {
    result.push_back(element.expr);
  }
  return result;
}

std::optional<SmallVector<int64_t>> Node::fixedIntegers(unsigned i,
                                                        StringRef what) {
  Tensor *operand = tensor(i);
  const HostElements *elements =
      operand ? importer.hostElements(*operand) : nullptr;
  SmallVector<int64_t> result;
  if (elements) {
    for (const HostElement &element : *elements) {
      if (auto literal = element.asInteger()) {
        result.push_back(*literal);
      }
    }
  }
  if (!operand || !elements || result.size() != elements->size()) {
    if (!hasFailed) {
      unsupported(what + " that are not known at compile time");
    }
    return std::nullopt;
  }
  return result;
}

AffineExpr Node::integer(unsigned i) {
  auto all = integers(i);
  if (!all) {
    return {};
  }
  if (all->size() != 1) {
    badShape("input " + Twine(i) + " must have one element");
    return {};
  }
  return all->front();
}

std::optional<SmallVector<double>> Node::fixedFloats(unsigned i) {
  Tensor *operand = tensor(i);
  const HostElements *elements =
      operand ? importer.hostElements(*operand) : nullptr;
  if (!elements) {
    return std::nullopt;
  }
  SmallVector<double> result;
  for (const HostElement &element : *elements) {
    if (element.expr && !element.asInteger()) {
      return std::nullopt;
    }
    result.push_back(element.expr ? double(*element.asInteger())
                                  : element.number);
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

bool Node::wants(unsigned i) const {
  return i < resultCount() && !proto.output(i).empty();
}

void Node::setResult(unsigned i, Value value) {
  if (value) {
    setResult(i, importer.makeTensor(value));
  } else if (!hasFailed) {
    problem(ErrorCode::badShape, "the operator could not be imported");
  }
}

void Node::setResult(unsigned i, Tensor *tensor) {
  if (i < results.size() && tensor) {
    results[i] = tensor;
  }
}

void Node::setConstant(unsigned i, ElementsAttr value) {
  if (value) {
    setResult(i, importer.makeTensor(value, wants(i) ? proto.output(i) : ""));
  }
}

void Node::setElements(unsigned i, Type elementType, ArrayRef<int64_t> dims,
                       HostElements elements) {
  setResult(i, importer.makeTensor(elementType, dims, std::move(elements)));
}
