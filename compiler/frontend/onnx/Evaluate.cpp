//===- Evaluate.cpp - small tensors on the host -----------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Evaluate.h"

#include "compiler/frontend/onnx/Rules.h"
#include "compiler/frontend/onnx/TensorData.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

std::optional<SmallVector<int64_t>> onnx::literals(const HostTensor &tensor) {
  SmallVector<int64_t> values;
  for (const HostElement &element : tensor.elements) {
    auto literal = element.asInteger();
    if (!literal) {
      return std::nullopt;
    }
    values.push_back(*literal);
  }
  return values;
}

std::optional<int64_t> onnx::axisOf(int64_t axis, int64_t rank) {
  return axis < -rank || axis >= rank
             ? std::nullopt
             : std::optional<int64_t>(axis < 0 ? axis + rank : axis);
}

static HostResult withDims(const HostTensor &x, ArrayRef<int64_t> dims) {
  if (elementCount(dims) != std::optional<int64_t>(x.elements.size())) {
    return std::nullopt;
  }
  return HostTensor{x.type, SmallVector<int64_t>(dims), x.elements};
}

/// Axes of Squeeze, Unsqueeze and reductions, normalised.
static std::optional<SmallVector<int64_t>>
axesOf(Node &n, HostInputs inputs, int inputSince, int64_t rank) {
  std::optional<SmallVector<int64_t>> axes;
  if (n.opset() < inputSince) {
    axes = n.intsAttr("axes");
  } else if (inputs.size() > 1 && inputs[1]) {
    axes = literals(*inputs[1]);
  }
  if (axes) {
    for (int64_t &axis : *axes) {
      auto normal = axisOf(axis, rank);
      if (!normal) {
        return std::nullopt;
      }
      axis = *normal;
    }
  }
  return axes;
}

static HostResult evaluateUnsqueeze(Node &n, HostInputs inputs) {
  const HostTensor &x = *inputs[0];
  int64_t added =
      inputs.size() > 1 && inputs[1]
          ? int64_t(inputs[1]->elements.size())
          : int64_t(n.intsAttr("axes").value_or(SmallVector<int64_t>()).size());
  auto axes = axesOf(n, inputs, 13, x.rank() + added);
  if (!axes) {
    return std::nullopt;
  }
  llvm::sort(*axes);
  SmallVector<int64_t> dims(x.dims);
  for (int64_t axis : *axes) {
    if (axis > int64_t(dims.size())) {
      return std::nullopt;
    }
    dims.insert(dims.begin() + axis, 1);
  }
  return withDims(x, dims);
}

static HostResult evaluateSqueeze(Node &n, HostInputs inputs) {
  const HostTensor &x = *inputs[0];
  auto axes = axesOf(n, inputs, 13, x.rank());
  bool given = n.opset() < 13 ? n.hasAttr("axes")
                              : inputs.size() > 1 && inputs[1].has_value();
  if (given != axes.has_value()) {
    return std::nullopt;
  }
  SmallVector<int64_t> dims;
  for (int64_t i = 0; i < x.rank(); ++i) {
    bool removed = axes ? llvm::is_contained(*axes, i) : x.dims[i] == 1;
    if (!removed) {
      dims.push_back(x.dims[i]);
    }
  }
  return withDims(x, dims);
}

static HostResult evaluateReshape(Node &n, HostInputs inputs) {
  const HostTensor &x = *inputs[0];
  auto wanted = inputs.size() == 2 ? literals(*inputs[1]) : std::nullopt;
  if (!wanted || n.intAttr("allowzero", 0) != 0) {
    return std::nullopt;
  }
  int64_t known = 1, unknown = -1;
  for (size_t i = 0; i < wanted->size(); ++i) {
    int64_t &dim = (*wanted)[i];
    if (dim == 0 && int64_t(i) < x.rank()) {
      dim = x.dims[i];
    }
    if (dim == -1 && unknown < 0) {
      unknown = int64_t(i);
    } else if (dim <= 0 || dim > maxHostElements) {
      return std::nullopt;
    } else {
      known *= dim;
      if (known > maxHostElements) {
        return std::nullopt;
      }
    }
  }
  if (unknown >= 0) {
    (*wanted)[unknown] = int64_t(x.elements.size()) / known;
  }
  return withDims(x, *wanted);
}

static HostResult evaluateExpand(Node &, HostInputs inputs) {
  auto wanted = inputs.size() == 2 ? literals(*inputs[1]) : std::nullopt;
  if (!wanted) {
    return std::nullopt;
  }
  SmallVector<int64_t> dims(*wanted);
  const HostTensor &x = *inputs[0];
  if (dims.size() < x.dims.size()) {
    dims.insert(dims.begin(), x.dims.size() - dims.size(), 1);
  }
  for (size_t i = 1; i <= x.dims.size(); ++i) {
    int64_t &dim = dims[dims.size() - i];
    dim = dim == 1 ? x.dims[x.dims.size() - i] : dim;
  }
  return broadcastTo(x, dims);
}

/// Sum, product, least or greatest of all elements of a list of integers.
static HostResult evaluateReduce(Node &n, HostInputs inputs) {
  const HostTensor &x = *inputs[0];
  StringRef name = n.opType();
  auto axes = axesOf(n, inputs, name == "ReduceSum" ? 13 : 18, x.rank());
  bool given = inputs.size() > 1 || n.hasAttr("axes");
  bool keep = n.intAttr("keepdims", 1) != 0;
  bool noop = n.intAttr("noop_with_empty_axes", 0) != 0;
  if (x.rank() != 1 || !isa<IntegerType>(x.type) || x.type.isInteger(1) ||
      given != axes.has_value() || (axes && axes->empty()) || (noop && !axes) ||
      x.elements.empty()) {
    return std::nullopt;
  }
  AffineExpr all = x.elements[0].expr;
  for (const HostElement &element : ArrayRef(x.elements).drop_front()) {
    all = name == "ReduceSum"    ? n.math.add(all, element.expr)
          : name == "ReduceProd" ? n.math.mul(all, element.expr)
          : name == "ReduceMin"  ? n.math.min(all, element.expr)
                                 : n.math.max(all, element.expr);
  }
  if (!all) {
    return std::nullopt;
  }
  SmallVector<int64_t> dims(keep ? 1 : 0, 1);
  return HostTensor{x.type, dims, {HostElement(all)}};
}

static HostResult evaluateRange(Node &n, HostInputs inputs) {
  bool scalars = inputs.size() == 3 && llvm::all_of(inputs, [](auto &x) {
                   return x->elements.size() == 1;
                 });
  if (!scalars || !isa<IntegerType>(inputs[0]->type)) {
    return std::nullopt;
  }
  auto start = inputs[0]->elements[0].asInteger(),
       limit = inputs[1]->elements[0].asInteger(),
       step = inputs[2]->elements[0].asInteger();
  if (!start || !limit || !step || *step == 0) {
    return std::nullopt;
  }
  HostTensor result{inputs[0]->type, {}, {}};
  __int128 value = *start;
  while (*step > 0 ? value < *limit : value > *limit) {
    result.elements.push_back(n.math.constant(int64_t(value)));
    value += *step;
    if (int64_t(result.elements.size()) > maxHostElements) {
      return std::nullopt;
    }
  }
  result.dims.push_back(int64_t(result.elements.size()));
  return result;
}

static HostResult evaluateConstantOfShape(Node &n, HostInputs inputs) {
  auto dims = literals(*inputs[0]);
  std::optional<int64_t> count = dims ? elementCount(*dims) : std::nullopt;
  auto value = dyn_cast_or_null<DenseElementsAttr>(n.tensorAttr("value"));
  if (!count || *count > maxHostElements || !value ||
      value.getNumElements() != 1 || !value.getElementType().isInteger(64)) {
    return std::nullopt;
  }
  HostElement element(
      n.math.constant((*value.getValues<APInt>().begin()).getSExtValue()));
  return HostTensor{value.getElementType(), *dims,
                    HostElements(*count, element)};
}

namespace {
using Evaluator = HostResult (*)(Node &, HostInputs);
struct Row {
  StringRef name;
  int minInputs;
  Evaluator evaluate;
};
} // namespace

/// The evaluator of an operator whose required inputs are all there.
static Evaluator findEvaluator(Node &n) {
  static const Row rows[] = {
      {"Concat", 1, evaluateConcat},
      {"Gather", 2, evaluateGather},
      {"Slice", 1, evaluateSlice},
      {"Unsqueeze", 1, evaluateUnsqueeze},
      {"Squeeze", 1, evaluateSqueeze},
      {"Reshape", 2, evaluateReshape},
      {"Expand", 2, evaluateExpand},
      {"ReduceSum", 1, evaluateReduce},
      {"ReduceProd", 1, evaluateReduce},
      {"ReduceMin", 1, evaluateReduce},
      {"ReduceMax", 1, evaluateReduce},
      {"Range", 3, evaluateRange},
      {"ConstantOfShape", 1, evaluateConstantOfShape},
  };
  for (const Row &row : rows) {
    if (row.name != n.opType()) {
      continue;
    }
    for (int i = 0; i < row.minInputs; ++i) {
      if (!n.has(i)) {
        return nullptr;
      }
    }
    return row.evaluate;
  }
  return isElementwiseOnHost(n.opType()) && n.has(0) ? evaluateElementwise
                                                     : nullptr;
}

bool onnx::evaluateOnHost(Node &n) {
  Evaluator evaluate = findEvaluator(n);
  if (!evaluate) {
    return false;
  }
  SmallVector<HostResult> inputs;
  for (unsigned i = 0; i < n.inputCount(); ++i) {
    if (!n.has(i)) {
      inputs.push_back(std::nullopt);
      continue;
    }
    Tensor &tensor = *n.peek(i);
    const HostElements *elements =
        tensor.isTensor() ? n.importer.hostElements(tensor) : nullptr;
    if (!elements) {
      return false;
    }
    SmallVector<int64_t> dims;
    for (AffineExpr dim : tensor.dims) {
      dims.push_back(*DimMath::literal(dim));
    }
    inputs.push_back(HostTensor{tensor.elementType, dims, *elements});
  }
  HostResult result = evaluate(n, inputs);
  if (!result || n.failed()) {
    return false;
  }
  for (unsigned i = 0; i < n.inputCount(); ++i) {
    if (n.has(i)) {
      n.tensor(i); // counts as read
    }
  }
  n.setElements(0, result->type, result->dims, std::move(result->elements));
  return true;
}
