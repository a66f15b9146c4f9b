//===- SpecialSequence.cpp - sequences and optionals ------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A sequence exists at compile time only: its length and the positions that
// operators name must be known. Its elements are tensors like any other. An
// optional is its value, or the absence of one.
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Branches.h"
#include "compiler/frontend/onnx/Rules.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

/// An input that must be a sequence; null after a problem.
static Tensor *sequence(Node &n, unsigned i) {
  Tensor *tensor = n.anything(i);
  if (tensor && tensor->kind != Tensor::Kind::sequence) {
    n.problem(ErrorCode::badType, "input " + Twine(i) + " is not a sequence");
    return nullptr;
  }
  return tensor;
}

static void setSequence(Node &n, unsigned i, std::vector<Tensor *> items) {
  Tensor *result = n.importer.makeTensor();
  result->kind = Tensor::Kind::sequence;
  result->items = std::move(items);
  n.setResult(i, result);
}

/// A position in a sequence of `size`, from an optional scalar input.
static std::optional<int64_t> position(Node &n, unsigned i, int64_t size,
                                       int64_t fallback) {
  if (!n.has(i)) {
    return fallback;
  }
  auto given = n.fixedIntegers(i, "positions in a sequence");
  if (!given || given->size() != 1) {
    return std::nullopt;
  }
  int64_t at = given->front();
  if (at < -size || at > size) {
    n.badShape("position " + Twine(at) + " is outside a sequence of " +
               Twine(size));
    return std::nullopt;
  }
  return at < 0 ? at + size : at;
}

static void importSequenceEmpty(Node &n) {
  n.typeAttr("dtype", 1);
  setSequence(n, 0, {});
}

static void importSequenceConstruct(Node &n) {
  std::vector<Tensor *> items;
  for (unsigned i = 0; i < n.inputCount(); ++i) {
    items.push_back(n.tensor(i));
  }
  setSequence(n, 0, items);
}

static void importSequenceInsert(Node &n) {
  Tensor *from = sequence(n, 0), *item = n.tensor(1);
  if (!from || !item) {
    return;
  }
  std::vector<Tensor *> items = from->items;
  auto at = position(n, 2, int64_t(items.size()), int64_t(items.size()));
  if (at) {
    items.insert(items.begin() + *at, item);
    setSequence(n, 0, items);
  }
}

/// The position of an element, not the one behind the last.
static std::optional<int64_t> elementPosition(Node &n, Tensor *from,
                                              int64_t fallback) {
  int64_t size = int64_t(from->items.size());
  auto at = position(n, 1, size, fallback);
  if (at && (*at < 0 || *at >= size)) {
    n.badShape("position " + Twine(*at) + " is outside a sequence of " +
               Twine(size));
    return std::nullopt;
  }
  return at;
}

static void importSequenceErase(Node &n) {
  Tensor *from = sequence(n, 0);
  auto at = from ? elementPosition(n, from, int64_t(from->items.size()) - 1)
                 : std::nullopt;
  if (at) {
    std::vector<Tensor *> items = from->items;
    items.erase(items.begin() + *at);
    setSequence(n, 0, items);
  }
}

static void importSequenceAt(Node &n) {
  Tensor *from = sequence(n, 0);
  auto at = from ? elementPosition(n, from, 0) : std::nullopt;
  if (at) {
    n.setResult(0, from->items[*at]);
  }
}

static void importSequenceLength(Node &n) {
  if (Tensor *from = sequence(n, 0)) {
    n.setElements(0, n.b.getI64Type(), {},
                  {HostElement(n.math.constant(int64_t(from->items.size())))});
  }
}

static void importConcatFromSequence(Node &n) {
  Tensor *from = sequence(n, 0);
  int64_t given = n.intAttr("axis", 0);
  bool newAxis = n.intAttr("new_axis", 0) != 0;
  if (!from || from->items.empty()) {
    return from ? n.badShape("the sequence is empty") : void();
  }
  SmallVector<Value> values;
  for (Tensor *item : from->items) {
    values.push_back(n.importer.materialize(*item, n.loc));
  }
  auto axis =
      n.normalizeAxis(given, from->items[0]->rank() + (newAxis ? 1 : 0));
  if (!axis) {
    return;
  }
  for (Value &value : values) {
    value = newAxis ? n.unsqueeze(value, {*axis}) : value;
  }
  n.setResult(0, n.concat(values, *axis));
}

/// Extents of the parts; empty after a problem.
static SmallVector<AffineExpr> partSizes(Node &n, AffineExpr extent) {
  SmallVector<AffineExpr> sizes;
  auto length = DimMath::literal(extent);
  if (n.has(1) && n.tensor(1) && n.peek(1)->rank() == 1) {
    if (auto given = n.integers(1)) {
      AffineExpr sum = n.math.constant(0);
      AffineExpr zero = n.math.constant(0);
      for (AffineExpr size : *given) {
        n.require(n.math.compare(arith::CmpIPredicate::sle, zero, size), size,
                  zero, "split sizes must not be negative");
        sum = n.math.add(sum, size);
        sizes.push_back(size);
      }
      n.requireEqual(sum, extent, "split sizes must sum to the axis' extent");
    }
    return n.failed() ? SmallVector<AffineExpr>() : sizes;
  }
  int64_t part = 1;
  if (n.has(1)) {
    auto given = n.fixedIntegers(1, "the size of parts");
    if (!given || given->size() != 1) {
      return {};
    }
    part = given->front();
  }
  if (!length || part < 1 || *length / part > 4096) {
    n.unsupported("a number of parts that is not known at compile time");
    return {};
  }
  for (int64_t done = 0; done < *length; done += part) {
    sizes.push_back(n.math.constant(std::min(part, *length - done)));
  }
  return sizes;
}

static void importSplitToSequence(Node &n) {
  Value x = n.value(0);
  int64_t given = n.intAttr("axis", 0);
  bool keep = n.intAttr("keepdims", 1) != 0 || n.has(1);
  auto axis = x ? n.normalizeAxis(given, n.rank(x)) : std::nullopt;
  if (!axis) {
    return;
  }
  std::vector<Tensor *> items;
  AffineExpr start = n.math.constant(0);
  for (AffineExpr size : partSizes(n, n.dims(x)[*axis])) {
    Value part = n.slice(x, *axis, start, size);
    if (part && !keep) {
      DimExprs to = n.dims(part);
      to.erase(to.begin() + *axis);
      part = n.reshape(part, to);
    }
    if (!part) {
      return;
    }
    items.push_back(n.importer.makeTensor(part));
    start = n.math.add(start, size);
  }
  if (!n.failed()) {
    setSequence(n, 0, items);
  }
}

/// The body once per element; tensors beside sequences stay the same.
static void importSequenceMap(Node &n) {
  const GraphProto *body = n.graphAttr("body");
  Tensor *first = sequence(n, 0);
  if (!body || !first) {
    return;
  }
  std::vector<std::vector<Tensor *>> results(n.resultCount());
  for (size_t k = 0; k < first->items.size(); ++k) {
    SmallVector<Tensor *> inputs;
    for (unsigned i = 0; i < n.inputCount(); ++i) {
      Tensor *input = n.anything(i);
      bool isSequence = input && input->kind == Tensor::Kind::sequence;
      if (!input ||
          (isSequence && input->items.size() != first->items.size())) {
        return n.badShape("sequences must have one length");
      }
      inputs.push_back(isSequence ? input->items[k] : input);
    }
    bool ok;
    auto outputs = importSubgraph(n, *body, inputs, ok);
    if (!ok || outputs.size() != results.size()) {
      return ok ? n.badShape("the body has another number of outputs") : void();
    }
    for (auto [list, output] : llvm::zip_equal(results, outputs)) {
      list.push_back(output);
    }
  }
  for (unsigned i = 0; i < n.inputCount(); ++i) {
    n.anything(i);
  }
  for (auto [i, list] : llvm::enumerate(results)) {
    setSequence(n, i, list);
  }
}

static void importOptional(Node &n) {
  n.ignoreAttr("type");
  if (n.has(0)) {
    n.setResult(0, n.anything(0));
    return;
  }
  Tensor *none = n.importer.makeTensor();
  none->kind = Tensor::Kind::absent;
  n.setResult(0, none);
}

static void importOptionalHasElement(Node &n) {
  bool present = n.has(0) && n.anything(0)->kind != Tensor::Kind::absent;
  n.setElements(0, n.b.getI1Type(), {},
                {HostElement(n.math.constant(present))});
}

static void importOptionalGetElement(Node &n) {
  Tensor *value = n.anything(0);
  if (value && value->kind == Tensor::Kind::absent) {
    return n.badShape("the optional has no value");
  }
  n.setResult(0, value);
}

void mlc::onnx::addSequenceRules(RuleTable &table) {
  table.add("SequenceEmpty", 11, importSequenceEmpty);
  table.add("SequenceConstruct", 11, importSequenceConstruct);
  table.add("SequenceInsert", 11, importSequenceInsert);
  table.add("SequenceErase", 11, importSequenceErase);
  table.add("SequenceAt", 11, importSequenceAt);
  table.add("SequenceLength", 11, importSequenceLength);
  table.add("ConcatFromSequence", 11, importConcatFromSequence);
  table.add("SplitToSequence", 11, importSplitToSequence);
  table.add("SequenceMap", 17, importSequenceMap);
  table.add("Optional", 15, importOptional);
  table.add("OptionalHasElement", 15, importOptionalHasElement);
  table.add("OptionalGetElement", 15, importOptionalGetElement);
}
