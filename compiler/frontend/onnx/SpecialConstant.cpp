//===- SpecialConstant.cpp - constants, casts, identities -------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Rules.h"
#include "compiler/frontend/onnx/Types.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

/// A constant of rank 0 or 1 given by a plain attribute.
static void setPlain(Node &n, Type type, HostElements elements, bool isList) {
  SmallVector<int64_t> dims;
  if (isList) {
    dims.push_back(int64_t(elements.size()));
  }
  auto shaped = RankedTensorType::get(dims, type);
  SmallVector<Attribute> values;
  for (const HostElement &element : elements) {
    values.push_back(
        element.expr ? Attribute(n.b.getIntegerAttr(type, *element.asInteger()))
                     : Attribute(n.b.getFloatAttr(type, element.number)));
  }
  n.setConstant(0, DenseElementsAttr::get(shaped, values));
}

static void importConstant(Node &n) {
  if (n.hasAttr("value")) {
    n.setConstant(0, n.tensorAttr("value"));
  } else if (const AttributeProto *sparse = n.findAttr("sparse_value")) {
    n.setConstant(0, n.importer.readTensor(sparse->sparse_tensor(), &n));
  } else if (n.hasAttr("value_int")) {
    setPlain(n, n.b.getI64Type(),
             {HostElement(n.math.constant(n.intAttr("value_int", 0)))}, false);
  } else if (n.hasAttr("value_float")) {
    setPlain(n, n.b.getF32Type(), {HostElement(n.floatAttr("value_float", 0))},
             false);
  } else if (auto ints = n.intsAttr("value_ints")) {
    HostElements elements;
    for (int64_t value : *ints) {
      elements.push_back(n.math.constant(value));
    }
    setPlain(n, n.b.getI64Type(), elements, true);
  } else if (auto floats = n.floatsAttr("value_floats")) {
    setPlain(n, n.b.getF32Type(), HostElements(floats->begin(), floats->end()),
             true);
  } else {
    n.unsupported("a constant without a numeric value");
  }
}

static void importConstantOfShape(Node &n) {
  auto dims = n.integers(0);
  ElementsAttr value = n.tensorAttr("value");
  if (!dims || n.failed()) {
    return;
  }
  if (value && value.getNumElements() != 1) {
    return n.badAttribute("'value' must have one element");
  }
  for (AffineExpr dim : *dims) {
    n.require(
        n.math.compare(arith::CmpIPredicate::sge, dim, n.math.constant(0)), dim,
        n.math.constant(0), "extents must not be negative");
  }
  Value one;
  if (value) {
    auto dense = cast<DenseElementsAttr>(value);
    one = n.constant(
        dense.reshape(RankedTensorType::get({}, value.getElementType())));
  } else {
    one = n.scalar(n.b.getF32Type(), 0);
  }
  n.setResult(0, n.failed() ? Value() : n.expand(one, *dims));
}

static void importIdentity(Node &n) { n.setResult(0, n.anything(0)); }

static void importCast(Node &n) {
  Value x = n.value(0);
  Type to = n.typeAttr("to", 0);
  bool saturate = n.intAttr("saturate", 1) != 0;
  std::string rounding = n.stringAttr("round_mode", "up");
  if (rounding != "up" && to && isa<Float8E8M0FNUType>(to)) {
    return n.unsupported("round_mode '" + rounding + "'");
  }
  if (to) {
    n.setResult(0, n.cast(x, to, saturate));
  }
}

static void importCastLike(Node &n) {
  Value x = n.value(0);
  Tensor *like = n.tensor(1);
  bool saturate = n.intAttr("saturate", 1) != 0;
  std::string rounding = n.stringAttr("round_mode", "up");
  if (!like) {
    return;
  }
  if (rounding != "up" && isa<Float8E8M0FNUType>(like->elementType)) {
    return n.unsupported("round_mode '" + rounding + "'");
  }
  n.setResult(0, n.cast(x, like->elementType, saturate));
}

static void importShape(Node &n) {
  Tensor *x = n.tensor(0);
  if (!x) {
    return;
  }
  int64_t rank = x->rank();
  auto clamp = [&](int64_t i) {
    return std::clamp<int64_t>(i < 0 ? i + rank : i, 0, rank);
  };
  int64_t start = clamp(n.intAttr("start", 0));
  int64_t end = clamp(n.intAttr("end", rank));
  HostElements elements;
  for (int64_t i = start; i < end; ++i) {
    elements.push_back(x->dims[i]);
  }
  n.setElements(0, n.b.getI64Type(), {int64_t(elements.size())},
                std::move(elements));
}

static void importSize(Node &n) {
  Tensor *x = n.tensor(0);
  AffineExpr count = x ? n.math.product(x->dims) : AffineExpr();
  if (!count) {
    return n.failed() ? void() : n.badShape("the extents overflow");
  }
  n.setElements(0, n.b.getI64Type(), {}, {HostElement(count)});
}

void mlc::onnx::addConstantRules(RuleTable &table) {
  table.add("Constant", 1, importConstant);
  table.add("ConstantOfShape", 9, importConstantOfShape);
  table.add("Identity", 1, importIdentity);
  table.add("Cast", 6, importCast);
  table.add("CastLike", 15, importCastLike);
  table.add("Shape", 1, importShape);
  table.add("Size", 1, importSize);
}
