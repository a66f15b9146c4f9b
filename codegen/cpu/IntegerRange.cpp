//===- IntegerRange.cpp - what values an integer tensor has -----*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/IntegerRange.h"
#include "codegen/cpu/PackedConstant.h"
#include "dialects/mlc/Mlc.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;

namespace mlc::codegen {

namespace {

/// Long chains give what their last ops say.
constexpr unsigned kMaxDepth = 32;
/// Types beyond this bound nothing of use.
constexpr unsigned kMaxBits = 32;

using Range = std::optional<IntegerRange>;

Range rangeOfType(Type element) {
  auto type = dyn_cast<IntegerType>(element);
  if (!type || type.getWidth() > kMaxBits) {
    return std::nullopt;
  }
  unsigned width = type.getWidth();
  // Booleans are 0 and 1.
  if (type.isUnsigned() || width == 1) {
    return IntegerRange{0, (int64_t(1) << width) - 1};
  }
  return IntegerRange{-(int64_t(1) << (width - 1)),
                      (int64_t(1) << (width - 1)) - 1};
}

bool contains(const IntegerRange &outer, const IntegerRange &inner) {
  return outer.low <= inner.low && inner.high <= outer.high;
}

/// `range`, or all values of the type when some of it are none.
Range unlessWrapped(Range range, Type element) {
  Range all = rangeOfType(element);
  return range && all && contains(*all, *range) ? range : all;
}

/// Floats that are integers and no others rounded: 2^24 may stand for 2^24 + 1.
constexpr IntegerRange kExact{1 - (1 << 24), (1 << 24) - 1};

Range rangeOfConstant(ElementsAttr attr) {
  std::optional<ConstantFloats> values = readFloats(attr);
  if (!values || values->values.empty()) {
    return std::nullopt;
  }
  auto [low, high] =
      std::minmax_element(values->values.begin(), values->values.end());
  return *low >= float(kExact.low) && *high <= float(kExact.high)
             ? Range(IntegerRange{int64_t(*low), int64_t(*high)})
             : std::nullopt;
}

/// One query; a value that several ops use is looked at once.
class RangeFinder {
public:
  Range find(Value tensor, unsigned depth);

private:
  Range unionOf(ValueRange tensors, unsigned depth);
  Range ofPad(PadOp pad, unsigned depth);
  Range ofArithmetic(Operation *op, unsigned depth);
  Range ofResult(Operation *op, unsigned depth);

  llvm::DenseMap<Value, Range> known;
};

Range RangeFinder::unionOf(ValueRange tensors, unsigned depth) {
  Range all;
  for (Value tensor : tensors) {
    Range range = find(tensor, depth);
    if (!range) {
      return std::nullopt;
    }
    all = all ? IntegerRange{std::min(all->low, range->low),
                             std::max(all->high, range->high)}
              : *range;
  }
  return all;
}

Range RangeFinder::ofPad(PadOp pad, unsigned depth) {
  SmallVector<Value> sources{pad.getX()};
  if (pad.getValue()) {
    sources.push_back(pad.getValue());
  }
  Range range = unionOf(sources, depth);
  if (range && !pad.getValue() && pad.getKind() == PadKind::constant) {
    // Zeros.
    range = IntegerRange{std::min<int64_t>(range->low, 0),
                         std::max<int64_t>(range->high, 0)};
  }
  return range;
}

Range RangeFinder::ofArithmetic(Operation *op, unsigned depth) {
  Range a = find(op->getOperand(0), depth);
  Range b = op->getNumOperands() > 1 ? find(op->getOperand(1), depth)
                                     : Range(IntegerRange{0, 0});
  if (!a || !b) {
    return std::nullopt;
  }
  if (isa<AddOp>(op)) {
    return IntegerRange{a->low + b->low, a->high + b->high};
  }
  if (isa<SubOp>(op)) {
    return IntegerRange{a->low - b->high, a->high - b->low};
  }
  if (isa<MinOp>(op)) {
    return IntegerRange{std::min(a->low, b->low), std::min(a->high, b->high)};
  }
  // The greater one, or that of one operand and 0.
  return IntegerRange{std::max(a->low, b->low), std::max(a->high, b->high)};
}

Range RangeFinder::ofResult(Operation *op, unsigned depth) {
  if (auto constant = dyn_cast<ConstantOp>(op)) {
    return rangeOfConstant(constant.getValue());
  }
  if (isa<CastOp, TransposeOp, ReshapeOp, ExpandOp, SliceOp, GatherOp>(op)) {
    return find(op->getOperand(0), depth);
  }
  if (auto concat = dyn_cast<ConcatOp>(op)) {
    return unionOf(concat.getXs(), depth);
  }
  if (auto pad = dyn_cast<PadOp>(op)) {
    return ofPad(pad, depth);
  }
  if (isa<WhereOp>(op)) {
    return unionOf(op->getOperands().drop_front(), depth);
  }
  return isa<AddOp, SubOp, MinOp, MaxOp, ReluOp>(op) ? ofArithmetic(op, depth)
                                                     : Range();
}

Range RangeFinder::find(Value tensor, unsigned depth) {
  Type element = elementTypeOf(tensor);
  Range all = element ? rangeOfType(element) : std::nullopt;
  Operation *op = tensor.getDefiningOp();
  // A cast to boolean is no cast of values.
  if (!all || !op || depth == 0 || element.isInteger(1)) {
    return all;
  }
  if (auto it = known.find(tensor); it != known.end()) {
    return it->second;
  }
  Range range = unlessWrapped(ofResult(op, depth - 1), element);
  known[tensor] = range;
  return range;
}

} // namespace

std::optional<IntegerRange> rangeOf(Value tensor) {
  return RangeFinder().find(tensor, kMaxDepth);
}

/// The element at a place in row-major order of `shape`, of a constant that
/// broadcasts to it.
static float broadcastElement(const ConstantFloats &values,
                              ArrayRef<int64_t> from, ArrayRef<int64_t> shape,
                              int64_t place) {
  int64_t offset = 0, stride = 1;
  for (int64_t d = shape.size() - 1; d >= 0; --d) {
    int64_t at = place % shape[d];
    place /= shape[d];
    int64_t i = d - int64_t(shape.size() - from.size());
    if (i >= 0 && from[i] != 1) {
      offset += at * stride;
    }
    stride *= i >= 0 ? from[i] : 1;
  }
  return values[offset];
}

/// The constant whose values `tensor` has: behind casts that change none.
static ElementsAttr constantBehindCasts(Value tensor) {
  SmallVector<Type> types;
  while (auto conversion = tensor.getDefiningOp<CastOp>()) {
    types.push_back(elementTypeOf(tensor));
    tensor = conversion.getX();
  }
  auto constant = tensor.getDefiningOp<ConstantOp>();
  if (!constant || !isa<IntegerType>(elementTypeOf(tensor))) {
    return {};
  }
  Range range = types.empty() ? Range() : rangeOfConstant(constant.getValue());
  bool keepsValues = llvm::all_of(types, [&](Type type) {
    Range all = rangeOfType(type);
    return range && all && contains(*all, *range);
  });
  return keepsValues ? constant.getValue() : ElementsAttr();
}

/// Whether sums (or differences) of two constants' elements are exact as floats
/// and do not wrap in `element`.
static bool isExactSum(ElementsAttr x, ElementsAttr y, bool isAdd,
                       Type element) {
  Range a = rangeOfConstant(x), b = rangeOfConstant(y);
  Range all = rangeOfType(element);
  if (!a || !b || !all) {
    return false;
  }
  IntegerRange sum = isAdd ? IntegerRange{a->low + b->low, a->high + b->high}
                           : IntegerRange{a->low - b->high, a->high - b->low};
  return contains(kExact, sum) && contains(*all, sum);
}

ElementsAttr constantFloats(Value tensor) {
  if (ElementsAttr constant = constantBehindCasts(tensor)) {
    return widenConstant(constant);
  }
  Operation *op = tensor.getDefiningOp();
  if (!isa_and_nonnull<AddOp, SubOp>(op)) {
    return {};
  }
  float sign = isa<AddOp>(op) ? 1.0f : -1.0f;
  ElementsAttr base = constantBehindCasts(op->getOperand(0));
  ElementsAttr point = constantBehindCasts(op->getOperand(1));
  RankedTensorType type = tensorTypeOf(tensor);
  std::optional<ConstantBytes> bytes = point ? readBytes(point) : std::nullopt;
  auto points = point ? readFloats(point) : std::nullopt;
  if (!base || !points || !type.hasStaticShape() ||
      cast<ShapedType>(base.getType()).getShape() != type.getShape() ||
      !isExactSum(base, point, isa<AddOp>(op), type.getElementType())) {
    return {};
  }
  ArrayRef<int64_t> pointShape = cast<ShapedType>(point.getType()).getShape();
  std::string order;
  llvm::raw_string_ostream(order)
      << (sign < 0 ? "minus_" : "plus_") << point.getType() << '_'
      << llvm::xxh3_64bits(StringRef(bytes->bytes.data(), bytes->bytes.size()));
  return packConstant(
      base, type.clone(Float32Type::get(tensor.getContext())), order,
      [&](ConstantFloats from, MutableArrayRef<float> to) {
        for (int64_t i = 0; i < int64_t(to.size()); ++i) {
          to[i] = from[i] + sign * broadcastElement(*points, pointShape,
                                                    type.getShape(), i);
        }
      });
}

} // namespace mlc::codegen
