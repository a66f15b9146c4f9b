//===- ImporterTensors.cpp - values, constants, host elements ---*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Importer.h"
#include "compiler/frontend/onnx/Node.h"
#include "compiler/frontend/onnx/Types.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

Tensor *Importer::makeTensor() {
  tensors.emplace_back();
  return &tensors.back();
}

Tensor *Importer::makeTensor(Value value) {
  Tensor *tensor = makeTensor();
  tensor->value = value;
  tensor->elementType = elementTypeOf(value);
  tensor->dims = DimExprs(scope.dims(value));
  return tensor;
}

Tensor *Importer::makeTensor(ElementsAttr constant, StringRef name) {
  Tensor *tensor = makeTensor();
  tensor->name = name.str();
  tensor->constant = constant;
  tensor->elementType = constant.getElementType();
  for (int64_t dim : constant.getShapedType().getShape()) {
    tensor->dims.push_back(math.constant(dim));
  }
  return tensor;
}

Tensor *Importer::makeTensor(Type elementType, ArrayRef<int64_t> dims,
                             HostElements elements) {
  Tensor *tensor = makeTensor();
  tensor->elementType = elementType;
  for (int64_t dim : dims) {
    tensor->dims.push_back(math.constant(dim));
  }
  tensor->elements = std::move(elements);
  return tensor;
}

template <typename Proto>
static ElementsAttr readOnce(TensorReader &reader, const Proto &proto,
                             const std::string &name, Problems &problems,
                             Node *node) {
  TensorError error;
  // The data moves out of the message, which nobody reads again: see the cache.
  ElementsAttr value = reader.read(const_cast<Proto &>(proto), error);
  if (!value && node) {
    node->problem(error.code, "constant: " + error.message);
  } else if (!value) {
    problems.add(error.code, "initializer '" + name + "': " + error.message);
  }
  return value;
}

ElementsAttr Importer::readTensor(const TensorProto &tensor, Node *node) {
  auto [it, inserted] = constants.try_emplace(&tensor);
  if (inserted) {
    it->second = readOnce(reader, tensor, tensor.name(), problems, node);
  } else if (!it->second && node) {
    node->setFailed();
  }
  return it->second;
}

ElementsAttr Importer::readTensor(const SparseTensorProto &tensor, Node *node) {
  auto [it, inserted] = constants.try_emplace(&tensor);
  if (inserted) {
    it->second =
        readOnce(reader, tensor, tensor.values().name(), problems, node);
  } else if (!it->second && node) {
    node->setFailed();
  }
  return it->second;
}

bool Importer::isVisible(Value value) {
  return value.getParentRegion()->isAncestor(
      b.getInsertionBlock()->getParent());
}

/// The elements as an attribute when all are numbers; null otherwise.
static ElementsAttr constantOf(const Tensor &tensor, MLIRContext *context) {
  Builder b(context);
  SmallVector<Attribute> values;
  for (const HostElement &element : *tensor.elements) {
    std::optional<int64_t> integer = element.asInteger();
    if (element.expr && !integer) {
      return nullptr;
    }
    if (auto floating = dyn_cast<FloatType>(tensor.elementType)) {
      values.push_back(b.getFloatAttr(floating, integer ? double(*integer)
                                                        : element.number));
    } else {
      auto type = cast<IntegerType>(tensor.elementType);
      values.push_back(IntegerAttr::get(
          type, APInt(64, *integer).sextOrTrunc(type.getWidth())));
    }
  }
  SmallVector<int64_t> dims;
  for (AffineExpr dim : tensor.dims) {
    dims.push_back(*DimMath::literal(dim));
  }
  return DenseElementsAttr::get(RankedTensorType::get(dims, tensor.elementType),
                                values);
}

Value Importer::materialize(Tensor &tensor, Location loc) {
  if (!tensor.isTensor()) {
    return {};
  }
  if (tensor.value && isVisible(tensor.value)) {
    return tensor.value;
  }
  if (!tensor.constant && tensor.elements) {
    tensor.constant = constantOf(tensor, context);
  }
  if (tensor.constant) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(&main.getBody().front());
    Location named = tensor.name.empty()
                         ? loc
                         : NameLoc::get(StringAttr::get(context, tensor.name));
    return tensor.value = ConstantOp::create(b, named, tensor.constant);
  }
  if (!tensor.elements) {
    return {};
  }
  SmallVector<Value> scalars;
  SmallVector<int64_t> dims;
  for (const HostElement &element : *tensor.elements) {
    if (!element.expr) {
      return {}; // a fraction beside symbols: evaluateOnHost makes none
    }
    scalars.push_back(math.value(element.expr));
  }
  for (AffineExpr dim : tensor.dims) {
    dims.push_back(*DimMath::literal(dim));
  }
  auto type = RankedTensorType::get(dims, IntegerType::get(context, 64));
  Value y = FromScalarsOp::create(b, loc, type, scalars);
  if (tensor.elementType != type.getElementType()) {
    y = CastOp::create(b, loc, type.clone(tensor.elementType), y,
                       tensor.elementType);
  }
  return tensor.value = y;
}

/// Whether the host evaluates elements of this type.
static bool isHostType(Type type) {
  auto integer = dyn_cast_or_null<IntegerType>(type);
  return (integer && !(integer.isUnsigned() && integer.getWidth() == 64)) ||
         isa_and_nonnull<Float32Type, Float64Type>(type);
}

const HostElements *Importer::hostElements(Tensor &tensor) {
  if (tensor.elements) {
    return &*tensor.elements;
  }
  auto dense = dyn_cast_or_null<DenseElementsAttr>(tensor.constant);
  if (!dense || dense.getNumElements() > maxHostElements ||
      !isHostType(tensor.elementType)) {
    return nullptr;
  }
  HostElements elements;
  if (auto type = dyn_cast<IntegerType>(tensor.elementType)) {
    for (APInt value : dense.getValues<APInt>()) {
      bool zeroExtended = type.isUnsigned() || type.getWidth() == 1;
      elements.push_back(math.constant(
          zeroExtended ? int64_t(value.getZExtValue()) : value.getSExtValue()));
    }
  } else {
    for (APFloat value : dense.getValues<APFloat>()) {
      elements.push_back(value.convertToDouble());
    }
  }
  tensor.elements = std::move(elements);
  return &*tensor.elements;
}

/// All indices of a static shape, in row-major order.
static void forEachIndex(ArrayRef<int64_t> dims,
                         llvm::function_ref<void(ArrayRef<int64_t>)> body) {
  SmallVector<int64_t> index(dims.size(), 0);
  int64_t count = *elementCount(dims);
  for (int64_t i = 0; i < count; ++i) {
    body(index);
    for (size_t axis = dims.size(); axis-- > 0;) {
      if (++index[axis] < dims[axis]) {
        break;
      }
      index[axis] = 0;
    }
  }
}

const HostElements *Importer::extractElements(Tensor &tensor, Location loc) {
  if (const HostElements *known = hostElements(tensor)) {
    return known;
  }
  auto integer = dyn_cast_or_null<IntegerType>(tensor.elementType);
  SmallVector<int64_t> dims;
  for (AffineExpr dim : tensor.dims) {
    if (!DimMath::literal(dim)) {
      return nullptr;
    }
    dims.push_back(*DimMath::literal(dim));
  }
  std::optional<int64_t> count = elementCount(dims);
  Value value = materialize(tensor, loc);
  if (!integer || !count || *count > maxHostElements || !value) {
    return nullptr;
  }
  // Right behind the definition, so that the scalars are visible wherever the
  // tensor is.
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointAfterValue(value);
  Interval range{std::numeric_limits<int64_t>::min(),
                 std::numeric_limits<int64_t>::max()};
  bool isBoolean = integer.getWidth() == 1;
  if (isBoolean) {
    range = {0, 1};
  } else if (integer.getWidth() < 63) {
    int64_t span = int64_t(1) << integer.getWidth();
    range = integer.isUnsigned() ? Interval{0, span - 1}
                                 : Interval{-span / 2, span / 2 - 1};
  }
  HostElements elements;
  forEachIndex(dims, [&](ArrayRef<int64_t> index) {
    SmallVector<Value> indices;
    for (int64_t i : index) {
      indices.push_back(arith::ConstantIndexOp::create(b, loc, i));
    }
    Type type = isBoolean ? Type(integer) : b.getIndexType();
    Value scalar = ExtractOp::create(b, loc, type, value, indices);
    if (isBoolean) {
      scalar = arith::IndexCastUIOp::create(b, loc, b.getIndexType(), scalar);
    }
    AffineExpr element = math.symbol(scalar, range);
    math.markData(element);
    elements.push_back(element);
  });
  tensor.elements = std::move(elements);
  return &*tensor.elements;
}

std::string Importer::describe(const Tensor &tensor) {
  std::string text = tensor.name.empty() ? "?" : tensor.name;
  if (tensor.kind == Tensor::Kind::sequence) {
    return text + " sequence";
  }
  if (!tensor.isTensor() || !tensor.elementType) {
    return text;
  }
  llvm::raw_string_ostream os(text);
  os << ' ' << tensor.elementType << '[';
  llvm::interleaveComma(tensor.dims, os, [&](AffineExpr dim) {
    std::string name = symbols.nameOf(dim);
    if (auto literal = DimMath::literal(dim)) {
      os << *literal;
    } else {
      os << (name.empty() ? "?" : name);
    }
  });
  os << ']';
  return text;
}
