//===- NodeAttributes.cpp - attributes of an ONNX node ----------*- C++ -*-===//
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

const AttributeProto *Node::findAttr(StringRef name) {
  for (int i = 0; i < proto.attribute_size(); ++i) {
    const AttributeProto &attribute = proto.attribute(i);
    if (attribute.name() != name) {
      continue;
    }
    attributeRead[i] = true;
    if (attribute.ref_attr_name().empty()) {
      return &attribute;
    }
    // Inside a function: the caller's argument, or its default, or nothing.
    if (!frame.arguments) {
      badAttribute("attribute '" + name +
                   "' refers to a function's attribute "
                   "outside a function");
      return nullptr;
    }
    return frame.arguments->lookup(attribute.ref_attr_name());
  }
  return nullptr;
}

/// Older models leave `type` out; then the field that is set decides.
static bool hasType(const AttributeProto &attribute,
                    AttributeProto::AttributeType type) {
  return !attribute.has_type() || attribute.type() == type ||
         attribute.type() == AttributeProto::UNDEFINED;
}

int64_t Node::intAttr(StringRef name, int64_t fallback) {
  const AttributeProto *attribute = findAttr(name);
  if (!attribute) {
    return fallback;
  }
  if (!hasType(*attribute, AttributeProto::INT)) {
    badAttribute("attribute '" + name + "' must be an integer");
    return fallback;
  }
  return attribute->i();
}

double Node::floatAttr(StringRef name, double fallback) {
  const AttributeProto *attribute = findAttr(name);
  if (!attribute) {
    return fallback;
  }
  if (!hasType(*attribute, AttributeProto::FLOAT)) {
    badAttribute("attribute '" + name + "' must be a float");
    return fallback;
  }
  return attribute->f();
}

std::string Node::stringAttr(StringRef name, StringRef fallback) {
  const AttributeProto *attribute = findAttr(name);
  if (!attribute) {
    return fallback.str();
  }
  if (!hasType(*attribute, AttributeProto::STRING)) {
    badAttribute("attribute '" + name + "' must be a string");
    return fallback.str();
  }
  return attribute->s();
}

std::optional<SmallVector<int64_t>> Node::intsAttr(StringRef name) {
  const AttributeProto *attribute = findAttr(name);
  if (!attribute) {
    return std::nullopt;
  }
  if (!hasType(*attribute, AttributeProto::INTS)) {
    badAttribute("attribute '" + name + "' must be a list of integers");
    return std::nullopt;
  }
  return SmallVector<int64_t>(attribute->ints().begin(),
                              attribute->ints().end());
}

std::optional<SmallVector<double>> Node::floatsAttr(StringRef name) {
  const AttributeProto *attribute = findAttr(name);
  if (!attribute) {
    return std::nullopt;
  }
  if (!hasType(*attribute, AttributeProto::FLOATS)) {
    badAttribute("attribute '" + name + "' must be a list of floats");
    return std::nullopt;
  }
  return SmallVector<double>(attribute->floats().begin(),
                             attribute->floats().end());
}

std::optional<std::vector<std::string>> Node::stringsAttr(StringRef name) {
  const AttributeProto *attribute = findAttr(name);
  if (!attribute) {
    return std::nullopt;
  }
  if (!hasType(*attribute, AttributeProto::STRINGS)) {
    badAttribute("attribute '" + name + "' must be a list of strings");
    return std::nullopt;
  }
  return std::vector<std::string>(attribute->strings().begin(),
                                  attribute->strings().end());
}

ElementsAttr Node::tensorAttr(StringRef name) {
  const AttributeProto *attribute = findAttr(name);
  if (!attribute) {
    return nullptr;
  }
  if (!hasType(*attribute, AttributeProto::TENSOR) || !attribute->has_t()) {
    badAttribute("attribute '" + name + "' must be a tensor");
    return nullptr;
  }
  return importer.readTensor(attribute->t(), this);
}

const GraphProto *Node::graphAttr(StringRef name) {
  const AttributeProto *attribute = findAttr(name);
  if (!attribute || !attribute->has_g()) {
    badAttribute("attribute '" + name + "' must be a graph");
    return nullptr;
  }
  return &attribute->g();
}

Type Node::typeAttr(StringRef name, int fallback) {
  int64_t number = intAttr(name, fallback);
  // Numbers beyond int are not types either.
  int narrow = number < 0 || number > 1000 ? -1 : int(number);
  Type type = elementTypeFor(importer.context, narrow);
  if (!type && !hasFailed) {
    unsupported("element type " + dataTypeName(narrow));
  }
  return type;
}

std::optional<SmallVector<int64_t>> Node::axes(int inputSince, unsigned i,
                                               int64_t rank) {
  std::optional<SmallVector<int64_t>> axes;
  if (opset() < inputSince) {
    axes = intsAttr("axes");
  } else if (has(i)) {
    axes = fixedIntegers(i, "axes");
  }
  if (!axes) {
    return std::nullopt;
  }
  for (int64_t &axis : *axes) {
    std::optional<int64_t> normal = normalizeAxis(axis, rank);
    if (!normal) {
      return std::nullopt;
    }
    axis = *normal;
  }
  SmallVector<int64_t> sorted(*axes);
  llvm::sort(sorted);
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
    badAttribute("'axes' names an axis twice");
    return std::nullopt;
  }
  return axes;
}
