//===- WireCheck.cpp - protobuf bytes before they are parsed ----*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Walks the encoded model without allocating. It finds truncation and nesting
// at their byte offset, where the protobuf parser would only say "failed", and
// bounds what the parser will allocate.
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/ModelFile.h"

using namespace mlc::onnx;

namespace {

/// The messages of onnx.proto that hold messages or strings.
enum Kind : uint8_t {
  Leaf, // varints, bytes, packed numbers
  Text, // a string that the parser keeps as an object
  Model,
  Graph,
  Node,
  Attribute,
  Tensor,
  SparseTensor,
  ValueInfo,
  Type,
  TypeTensor,
  TypeElement,
  Shape,
  Dim,
  Function,
  OperatorSet,
  Entry
};

struct Child {
  Kind parent;
  uint32_t field;
  Kind kind;
};

constexpr Child children[] = {
    {Model, 7, Graph},
    {Model, 8, OperatorSet},
    {Model, 14, Entry},
    {Model, 25, Function},
    {Graph, 1, Node},
    {Graph, 5, Tensor},
    {Graph, 11, ValueInfo},
    {Graph, 12, ValueInfo},
    {Graph, 13, ValueInfo},
    {Graph, 15, SparseTensor},
    {Node, 1, Text},
    {Node, 2, Text},
    {Node, 5, Attribute},
    {Attribute, 5, Tensor},
    {Attribute, 6, Graph},
    {Attribute, 9, Text},
    {Attribute, 10, Tensor},
    {Attribute, 11, Graph},
    {Attribute, 14, Type},
    {Attribute, 15, Type},
    {Attribute, 22, SparseTensor},
    {Attribute, 23, SparseTensor},
    {Tensor, 6, Text},
    {Tensor, 13, Entry},
    {SparseTensor, 1, Tensor},
    {SparseTensor, 2, Tensor},
    {ValueInfo, 2, Type},
    {Type, 1, TypeTensor},
    {Type, 4, TypeElement},
    {Type, 5, TypeElement},
    {Type, 8, TypeTensor},
    {Type, 9, TypeElement},
    {TypeTensor, 2, Shape},
    {TypeElement, 1, Type},
    {TypeElement, 2, Type},
    {Shape, 1, Dim},
    {Function, 4, Text},
    {Function, 5, Text},
    {Function, 6, Text},
    {Function, 7, Node},
    {Function, 9, OperatorSet},
    {Function, 11, Attribute},
};

Kind childKind(Kind parent, uint64_t field) {
  for (const Child &child : children) {
    if (child.parent == parent && child.field == field) {
      return child.kind;
    }
  }
  return Leaf;
}

class Walker {
public:
  Walker(std::string_view bytes, const WireLimits &limits, WireProblem &problem)
      : begin(bytes.data()), limits(limits), problem(problem) {}

  bool walk(std::string_view message, Kind kind, int depth);

private:
  bool fail(const char *at, const char *what) {
    problem.code = ErrorCode::malformed;
    problem.message = std::string("malformed model: ") + what + " at byte " +
                      std::to_string(at - begin);
    return false;
  }
  bool tooMuch(std::string what) {
    problem.code = ErrorCode::limit;
    problem.message = std::move(what);
    return false;
  }
  bool field(std::string_view &rest, Kind kind, int depth);
  bool varint(std::string_view &rest, uint64_t &value);

  const char *begin;
  const WireLimits &limits;
  WireProblem &problem;
  int64_t items = 0;
};

} // namespace

bool Walker::varint(std::string_view &rest, uint64_t &value) {
  value = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    if (rest.empty()) {
      return fail(rest.data(), "the file ends inside a number");
    }
    auto byte = static_cast<uint8_t>(rest.front());
    rest.remove_prefix(1);
    value |= shift < 64 ? uint64_t(byte & 0x7f) << shift : 0;
    if (byte < 0x80) {
      return true;
    }
  }
  return fail(rest.data(), "a number of more than ten bytes");
}

bool Walker::field(std::string_view &rest, Kind kind, int depth) {
  const char *at = rest.data();
  uint64_t tag = 0, length = 0;
  if (!varint(rest, tag)) {
    return false;
  }
  uint64_t number = tag >> 3;
  if (number == 0 || number >= (uint64_t(1) << 29)) {
    return fail(at, "an invalid field number");
  }
  switch (tag & 7) {
  case 0:
    return varint(rest, length);
  case 1:
    length = 8;
    break;
  case 2:
    if (!varint(rest, length)) {
      return false;
    }
    break;
  case 5:
    length = 4;
    break;
  default:
    return fail(at, "an invalid wire type");
  }
  if (length > rest.size()) {
    return fail(at, "the file ends inside a field");
  }
  std::string_view content = rest.substr(0, length);
  rest.remove_prefix(length);
  Kind child = (tag & 7) == 2 ? childKind(kind, number) : Leaf;
  if (child == Leaf) {
    return true;
  }
  if (++items > limits.items) {
    return tooMuch("the model has more than " + std::to_string(limits.items) +
                   " messages");
  }
  return child == Text || walk(content, child, depth + 1);
}

bool Walker::walk(std::string_view message, Kind kind, int depth) {
  if (depth > limits.depth) {
    return tooMuch("the model nests messages deeper than " +
                   std::to_string(limits.depth) + " levels");
  }
  while (!message.empty()) {
    if (!field(message, kind, depth)) {
      return false;
    }
  }
  return true;
}

bool mlc::onnx::checkWire(std::string_view bytes, const WireLimits &limits,
                          WireProblem &problem) {
  return Walker(bytes, limits, problem).walk(bytes, Model, 0);
}
