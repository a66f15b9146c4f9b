//===- MoveElements.cpp - data movement on constants ------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/transforms/simplify/MoveElements.h"

#include "dialects/mlc/Mlc.h"

#include "llvm/ADT/TypeSwitch.h"

#include <cstring>

using namespace mlir;
using namespace mlc;

using Sizes = SmallVector<int64_t, 6>;

static Sizes rowMajorStrides(ArrayRef<int64_t> dims) {
  Sizes strides(dims.size(), 1);
  for (int64_t i = int64_t(dims.size()) - 2; i >= 0; --i) {
    strides[i] = strides[i + 1] * dims[i + 1];
  }
  return strides;
}

namespace {
/// One axis of a box copy, strides in bytes.
struct Axis {
  int64_t extent, to, from;
};
} // namespace

/// Drops axes of extent 1 and joins neighbours that are one run in both.
static SmallVector<Axis, 6> joinAxes(ArrayRef<int64_t> toStrides,
                                     ArrayRef<int64_t> fromStrides,
                                     ArrayRef<int64_t> extents,
                                     unsigned width) {
  SmallVector<Axis, 6> axes;
  for (auto [extent, to, from] :
       llvm::zip_equal(extents, toStrides, fromStrides)) {
    if (extent == 1) {
      continue;
    }
    Axis axis{extent, to * int64_t(width), from * int64_t(width)};
    if (!axes.empty() && axes.back().to == axis.to * extent &&
        axes.back().from == axis.from * extent) {
      axes.back() = {axes.back().extent * extent, axis.to, axis.from};
    } else {
      axes.push_back(axis);
    }
  }
  return axes;
}

template <typename T>
static void copyLine(char *to, int64_t toStep, const char *from,
                     int64_t fromStep, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    T element;
    std::memcpy(&element, from + i * fromStep, sizeof(T));
    std::memcpy(to + i * toStep, &element, sizeof(T));
  }
}

static void copyLine(char *to, const char *from, const Axis &axis,
                     unsigned width) {
  if (axis.to == width && axis.from == width) {
    std::memcpy(to, from, axis.extent * width);
    return;
  }
  switch (width) {
  case 1:
    return copyLine<uint8_t>(to, axis.to, from, axis.from, axis.extent);
  case 2:
    return copyLine<uint16_t>(to, axis.to, from, axis.from, axis.extent);
  case 4:
    return copyLine<uint32_t>(to, axis.to, from, axis.from, axis.extent);
  default:
    return copyLine<uint64_t>(to, axis.to, from, axis.from, axis.extent);
  }
}

/// The two innermost axes in tiles, so that a transposition does not miss the
/// cache at every element.
static void copyPlane(char *to, const char *from, const Axis &outer,
                      const Axis &inner, unsigned width) {
  constexpr int64_t tile = 32;
  for (int64_t i = 0; i < outer.extent; i += tile) {
    for (int64_t j = 0; j < inner.extent; j += tile) {
      Axis line = inner;
      line.extent = std::min(tile, inner.extent - j);
      for (int64_t k = i; k < std::min(i + tile, outer.extent); ++k) {
        copyLine(to + k * outer.to + j * inner.to,
                 from + k * outer.from + j * inner.from, line, width);
      }
    }
  }
}

static void copyAxes(char *to, const char *from, ArrayRef<Axis> axes,
                     unsigned width) {
  if (axes.empty()) {
    std::memcpy(to, from, width);
    return;
  }
  if (axes.size() == 1) {
    return copyLine(to, from, axes[0], width);
  }
  bool isRun = axes.back().to == width && axes.back().from == width;
  if (axes.size() == 2 && !isRun) {
    return copyPlane(to, from, axes[0], axes[1], width);
  }
  for (int64_t i = 0; i < axes[0].extent; ++i) {
    copyAxes(to + i * axes[0].to, from + i * axes[0].from, axes.drop_front(),
             width);
  }
}

void mlc::copyBox(char *to, ArrayRef<int64_t> toStrides, const char *from,
                  ArrayRef<int64_t> fromStrides, ArrayRef<int64_t> extents,
                  unsigned width) {
  if (llvm::is_contained(extents, 0)) {
    return;
  }
  SmallVector<Axis, 6> axes = joinAxes(toStrides, fromStrides, extents, width);
  // For a transposition the axis that is a run in the source should be next to
  // the one that is a run in the destination.
  auto sourceRun = llvm::find_if(
      axes, [&](const Axis &axis) { return axis.from == int64_t(width); });
  if (sourceRun != axes.end() && axes.size() > 2 &&
      sourceRun + 1 != axes.end()) {
    std::rotate(sourceRun, sourceRun + 1, axes.end() - 1);
  }
  copyAxes(to, from, axes, width);
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

/// A constant read as a box: where it begins and its strides in elements.
static ElementsAttr copyView(const ConstantData &x, RankedTensorType type,
                             int64_t offset, ArrayRef<int64_t> strides) {
  ConstantBuffer result(type);
  copyBox(result.data(), rowMajorStrides(type.getShape()),
          x.bytes().data() + offset * x.width(), strides, type.getShape(),
          x.width());
  return result.finish();
}

/// Entry `i` of a mixed list whose dynamic entries are attributes.
static std::optional<int64_t>
mixedEntry(ArrayRef<int64_t> fixed, ArrayRef<Attribute> dynamic, unsigned i) {
  if (!ShapedType::isDynamic(fixed[i])) {
    return fixed[i];
  }
  unsigned position =
      llvm::count_if(fixed.take_front(i), ShapedType::isDynamic);
  auto value = dyn_cast_or_null<IntegerAttr>(dynamic[position]);
  return value ? std::optional<int64_t>(value.getInt()) : std::nullopt;
}

static ElementsAttr moveSlice(SliceOp op, const ConstantData &x,
                              RankedTensorType type,
                              ArrayRef<Attribute> operands) {
  Sizes strides = rowMajorStrides(x.type().getShape());
  int64_t offset = 0;
  for (int64_t i = 0; i < type.getRank(); ++i) {
    std::optional<int64_t> start =
        mixedEntry(op.getStarts(), operands.drop_front(), i);
    int64_t step = op.getSteps()[i], size = type.getDimSize(i);
    if (!start) {
      return nullptr;
    }
    int64_t last = *start + (size - 1) * step;
    int64_t extent = x.type().getDimSize(i);
    if (size > 0 &&
        (*start < 0 || *start >= extent || last < 0 || last >= extent)) {
      return nullptr; // invalid: the run reports it
    }
    offset += *start * strides[i];
    strides[i] *= step;
  }
  if (type.getNumElements() == 0) {
    offset = 0;
  }
  return copyView(x, type, offset, strides);
}

static ElementsAttr moveConcat(ConcatOp op, RankedTensorType type,
                               ArrayRef<Attribute> operands) {
  ConstantBuffer result(type);
  Sizes toStrides = rowMajorStrides(type.getShape());
  int64_t offset = 0, axis = op.getAxis();
  for (Attribute operand : operands) {
    std::optional<ConstantData> x =
        ConstantData::read(cast<ElementsAttr>(operand));
    if (!x) {
      return nullptr;
    }
    ArrayRef<int64_t> shape = x->type().getShape();
    Sizes strides =
        x->isSplat() ? Sizes(shape.size(), 0) : rowMajorStrides(shape);
    copyBox(result.data() + offset * toStrides[axis] * x->width(), toStrides,
            x->bytes().data(), strides, shape, x->width());
    offset += shape[axis];
  }
  return result.finish();
}

static ElementsAttr moveGather(GatherOp op, const ConstantData &x,
                               RankedTensorType type, ElementsAttr indexAttr) {
  std::optional<ConstantData> indices = ConstantData::read(indexAttr);
  if (!indices) {
    return nullptr;
  }
  ArrayRef<int64_t> shape = x.type().getShape();
  int64_t axis = op.getAxis(), extent = shape[axis];
  int64_t inner = 1, outer = 1;
  for (int64_t i = 0; i < int64_t(shape.size()); ++i) {
    (i < axis ? outer : inner) *= i == axis ? 1 : shape[i];
  }
  ConstantBuffer result(type);
  char *to = result.data();
  size_t run = size_t(inner) * x.width();
  for (int64_t o = 0; o < outer; ++o) {
    for (int64_t i = 0; i < indices->count(); ++i) {
      int64_t index = int64_t(indices->number(i));
      index += index < 0 ? extent : 0;
      if (index < 0 || index >= extent) {
        return nullptr; // invalid: the run reports it
      }
      std::memcpy(to, x.bytes().data() + (o * extent + index) * run, run);
      to += run;
    }
  }
  return result.finish();
}

static ElementsAttr moveExpand(const ConstantData &x, RankedTensorType type) {
  int64_t added = type.getRank() - x.type().getRank();
  Sizes own = rowMajorStrides(x.type().getShape()), strides(added, 0);
  for (int64_t i = 0; i < x.type().getRank(); ++i) {
    strides.push_back(x.type().getDimSize(i) == 1 ? 0 : own[i]);
  }
  return copyView(x, type, 0, strides);
}

static ElementsAttr moveTranspose(TransposeOp op, const ConstantData &x,
                                  RankedTensorType type) {
  Sizes own = rowMajorStrides(x.type().getShape()), strides;
  for (int64_t axis : op.getPermutation()) {
    strides.push_back(own[axis]);
  }
  return copyView(x, type, 0, strides);
}

bool mlc::movesElements(Operation *op) {
  return isa<ReshapeOp, TransposeOp, SliceOp, ConcatOp, ExpandOp, GatherOp>(op);
}

ElementsAttr mlc::moveElements(Operation *op, ArrayRef<Attribute> operands) {
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  auto first = dyn_cast_or_null<ElementsAttr>(operands[0]);
  std::optional<ConstantData> x =
      first ? ConstantData::read(first) : std::nullopt;
  if (!x) {
    return nullptr;
  }
  if (x->isSplat() && isa<ReshapeOp, TransposeOp, SliceOp, ExpandOp>(op) &&
      type.getNumElements() > 0) {
    return cast<DenseElementsAttr>(x->attr()).resizeSplat(type);
  }
  if (auto concat = dyn_cast<ConcatOp>(op)) {
    return moveConcat(concat, type, operands);
  }
  if (x->isSplat()) {
    return nullptr; // the interpreter reads splats as they are
  }
  return TypeSwitch<Operation *, ElementsAttr>(op)
      .Case([&](ReshapeOp) { return withType(x->attr(), type); })
      .Case([&](TransposeOp t) { return moveTranspose(t, *x, type); })
      .Case([&](SliceOp s) { return moveSlice(s, *x, type, operands); })
      .Case([&](ExpandOp) { return moveExpand(*x, type); })
      .Case([&](GatherOp g) {
        return moveGather(g, *x, type, cast<ElementsAttr>(operands[1]));
      })
      .Default([](Operation *) { return ElementsAttr(); });
}
