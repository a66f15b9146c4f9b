//===- IntegerPairs.cpp - 16-bit integers side by side ----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/IntegerPairs.h"

#include "codegen/cpu/PackedConstant.h"
#include "llvm/Support/MathExtras.h"

#include <cstring>

using namespace mlir;

namespace mlc::codegen {

bool fitsHalf(const IntegerRange &range) {
  return range.low >= INT16_MIN && range.high <= INT16_MAX;
}

Value makePairs(ShapedBuilder &b, Value x, int64_t axis) {
  int64_t extent = tensorTypeOf(x).getDimSize(axis);
  int64_t count = llvm::divideCeil(extent, 2);
  auto number = [&](int32_t value) {
    auto type = RankedTensorType::get({}, b.b.getI32Type());
    return ConstantOp::create(b.b, b.loc, DenseElementsAttr::get(type, value))
        .getY();
  };
  AffineExpr size = b.constant(count);
  Value lower = b.slice(x, axis, 0, size);
  Value upper = b.slice(x, axis, extent - count, size);
  lower = b.make<AndOp>(lower, number(0xffff));
  upper = b.make<MulOp>(upper, number(0x10000));
  return b.make<OrOp>(lower, upper);
}

/// Fills `to` with pairs of `Half` along the middle one of three axes.
template <typename Half>
static void fillPairs(const ConstantFloats &from, ArrayRef<int64_t> extents,
                      MutableArrayRef<char> to) {
  int64_t outer = extents[0], extent = extents[1], inner = extents[2];
  int64_t count = llvm::divideCeil(extent, 2);
  auto at = [&](int64_t o, int64_t i, int64_t k) {
    return Half(from[(o * extent + i) * inner + k]);
  };
  char *out = to.data();
  for (int64_t o = 0; o < outer; ++o) {
    for (int64_t i = 0; i < count; ++i) {
      int64_t partner = extent - count + i;
      // The last of the lower half is the first of the upper one.
      bool isTwice = i == 0 && partner == count - 1;
      for (int64_t k = 0; k < inner; ++k) {
        Half pair[] = {at(o, i, k), isTwice ? Half(0) : at(o, partner, k)};
        std::memcpy(out, pair, sizeof(pair));
        out += sizeof(pair);
      }
    }
  }
}

ElementsAttr pairConstant(ElementsAttr from, int64_t axis, bool narrow) {
  std::optional<ConstantFloats> values = readFloats(from);
  if (!values) {
    return {};
  }
  bool isBytes = narrow && llvm::all_of(values->values, [](float x) {
                   return x >= INT8_MIN && x <= INT8_MAX;
                 });
  ArrayRef<int64_t> shape = cast<ShapedType>(from.getType()).getShape();
  auto product = [](ArrayRef<int64_t> dims) { return llvm::product_of(dims); };
  int64_t extents[] = {product(shape.take_front(axis)), shape[axis],
                       product(shape.drop_front(axis + 1))};
  SmallVector<int64_t> dims(shape);
  dims[axis] = llvm::divideCeil(dims[axis], 2);
  unsigned width = isBytes ? 16 : 32;
  auto type =
      RankedTensorType::get(dims, IntegerType::get(from.getContext(), width));
  std::string order = ("pairs_along_" + Twine(axis)).str();
  return makeConstant(from, type, order, [&](MutableArrayRef<char> to) {
    if (isBytes) {
      fillPairs<int8_t>(*values, extents, to);
    } else {
      fillPairs<int16_t>(*values, extents, to);
    }
  });
}

} // namespace mlc::codegen
