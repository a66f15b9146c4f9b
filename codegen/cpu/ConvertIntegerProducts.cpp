//===- ConvertIntegerProducts.cpp - integer products in f32 -----*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   %y = mlc.matmul %a, %w : i32           |a| <= 255, w constant
//     ==>
//   %f = mlc.matmul (mlc.cast %a : f32), %w_f32
//   %y = mlc.cast %f : i32
//
// As long as no sum of products can pass 2^24, f32 holds each of them exactly,
// in whatever order they are added. A longer depth is cut into parts for which
// that is true, whose i32 results are added. Of constant weights it is the sum
// of their magnitudes that counts, which trained ones keep small.
//
// In: products and convolutions of i32 tensors that hold small values (8-bit
// data minus its zero point) and did not become products of pairs: two
// matrices of the run, groups, few channels, more than two spatial axes. The
// right factor of a convolution is constant.
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/IntegerRange.h"
#include "codegen/cpu/PackedConstant.h"
#include "codegen/cpu/Passes.h"

#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;

namespace mlc::codegen {

#define GEN_PASS_DEF_CONVERTINTEGERPRODUCTSPASS
#include "codegen/cpu/Passes.h.inc"

namespace {

/// f32 holds all integers up to this magnitude.
constexpr int64_t kExact = int64_t(1) << 24;
/// Shorter parts would spend their time on adding results.
constexpr int64_t kShortestPart = 16;

/// Saturates, for the range of an unknown i32 is large.
int64_t multiply(int64_t a, int64_t b) {
  auto product = llvm::SaturatingMultiply(uint64_t(a), uint64_t(b));
  return int64_t(std::min(product, uint64_t(INT64_MAX)));
}

/// A part [begin, end) of the depth.
struct Part {
  int64_t begin, end;
};

/// Cuts a depth into equal parts for which `bound` stays exact; empty when they
/// would be too short.
SmallVector<Part> cutDepth(int64_t depth,
                           llvm::function_ref<int64_t(Part)> bound) {
  if (depth == 0) {
    return {};
  }
  // Of equal parts one has at least its share of the whole.
  int64_t fewest = llvm::divideCeil(bound({0, depth}), kExact);
  for (int64_t count = std::max<int64_t>(fewest, 1); count <= depth; ++count) {
    int64_t size = llvm::divideCeil(depth, count);
    if (count > 1) {
      size = llvm::alignTo(size, kShortestPart);
    }
    SmallVector<Part> parts;
    for (int64_t begin = 0; begin < depth; begin += size) {
      parts.push_back({begin, std::min(begin + size, depth)});
    }
    if (llvm::all_of(parts, [&](Part part) { return bound(part) <= kExact; })) {
      return parts;
    }
    if (size <= kShortestPart) {
      break;
    }
  }
  return {};
}

/// `x` along `axis`.
Value slice(OpBuilder &b, Location loc, Value x, int64_t axis, Part part) {
  RankedTensorType type = tensorTypeOf(x);
  SmallVector<int64_t> starts(type.getRank(), 0), steps(type.getRank(), 1);
  SmallVector<int64_t> sizes(type.getShape());
  SmallVector<Value> dims;
  starts[axis] = part.begin;
  sizes[axis] = part.end - part.begin;
  for (int64_t i = 0; i < type.getRank(); ++i) {
    if (ShapedType::isDynamic(sizes[i])) {
      dims.push_back(tensor::DimOp::create(b, loc, x, i));
    }
  }
  return createInferred<SliceOp>(b, loc, x, ValueRange{}, dims, starts, sizes,
                                 steps);
}

/// A constant factor as f32: rows of `outer` and columns of `inner` elements
/// around the depth.
struct Weights {
  ElementsAttr value;
  int64_t outer, depth, inner;

  /// The largest sum of magnitudes that one result adds up over a part;
  /// `perResult(o, i)` numbers the results that use row o and column i.
  int64_t bound(Part part, int64_t results,
                llvm::function_ref<int64_t(int64_t, int64_t)> result) const {
    std::optional<ConstantFloats> values = readFloats(value);
    std::vector<double> sums(results, 0.0);
    for (int64_t o = 0; o < outer; ++o) {
      for (int64_t k = part.begin; k < part.end; ++k) {
        for (int64_t i = 0; i < inner; ++i) {
          sums[result(o, i)] +=
              std::fabs((*values)[(o * depth + k) * inner + i]);
        }
      }
    }
    return int64_t(*llvm::max_element(sums));
  }

  /// The part of the constant along the depth, which is dim `axis`.
  ElementsAttr take(Part part, int64_t axis) const {
    auto type = cast<RankedTensorType>(value.getType());
    SmallVector<int64_t> shape(type.getShape());
    shape[axis] = part.end - part.begin;
    std::string order =
        ("from_" + Twine(part.begin) + "_along_" + Twine(axis)).str();
    return packConstant(
        value, RankedTensorType::get(shape, type.getElementType()), order,
        [&](ConstantFloats from, MutableArrayRef<float> to) {
          int64_t next = 0;
          for (int64_t o = 0; o < outer; ++o) {
            for (int64_t at = part.begin * inner; at < part.end * inner; ++at) {
              to[next++] = from[o * depth * inner + at];
            }
          }
        });
  }
};

class ProductConverter {
public:
  explicit ProductConverter(Operation *op) : op(op), b(op), loc(op->getLoc()) {}

  bool convertMatMul(MatMulOp product);
  bool convertConv(ConvOp conv);

private:
  Value toF32(Value x) {
    return createInferred<CastOp>(b, loc, x, b.getF32Type());
  }
  Value constant(ElementsAttr value) {
    return ConstantOp::create(b, loc, value);
  }
  /// The sum of the parts' results in i32 replaces the op's.
  void finish(ArrayRef<Value> results) {
    Value total;
    for (Value result : results) {
      Value exact = createInferred<CastOp>(b, loc, result, b.getI32Type());
      total =
          total ? createInferred<AddOp>(b, loc, total, exact).getY() : exact;
    }
    op->getResult(0).replaceAllUsesWith(total);
  }

  Operation *op;
  OpBuilder b;
  Location loc;
};

bool ProductConverter::convertMatMul(MatMulOp product) {
  RankedTensorType aType = tensorTypeOf(product.getA()),
                   bType = tensorTypeOf(product.getB());
  int64_t aAxis = aType.getRank() - (product.getTransposeA() ? 2 : 1);
  int64_t bAxis = bType.getRank() - (product.getTransposeB() ? 1 : 2);
  // Either side may be the one that knows.
  int64_t depth = aType.isDynamicDim(aAxis) ? bType.getDimSize(bAxis)
                                            : aType.getDimSize(aAxis);
  auto aRange = rangeOf(product.getA()), bRange = rangeOf(product.getB());
  if (ShapedType::isDynamic(depth) || !aRange || !bRange) {
    return false;
  }
  int64_t most = aRange->magnitude();
  ElementsAttr value = constantFloats(product.getB());
  Weights weights{value, 1, depth, 1};
  if (value) {
    for (int64_t i = 0; i < bType.getRank(); ++i) {
      (i < bAxis ? weights.outer : weights.inner) *=
          i == bAxis ? 1 : bType.getDimSize(i);
    }
  }
  auto bound = [&](Part part) {
    if (!value) {
      return multiply(multiply(most, bRange->magnitude()),
                      part.end - part.begin);
    }
    return multiply(most, weights.bound(part, weights.outer * weights.inner,
                                        [&](int64_t o, int64_t i) {
                                          return o * weights.inner + i;
                                        }));
  };
  SmallVector<Part> parts = cutDepth(depth, bound);
  if (parts.empty()) {
    return false;
  }
  SmallVector<Value> results;
  Value wideB = value ? Value() : toF32(product.getB());
  Value wideA = toF32(product.getA());
  for (Part part : parts) {
    bool isAll = parts.size() == 1;
    Value left = isAll ? wideA : slice(b, loc, wideA, aAxis, part);
    Value right = value   ? constant(isAll ? value : weights.take(part, bAxis))
                  : isAll ? wideB
                          : slice(b, loc, wideB, bAxis, part);
    results.push_back(createInferred<MatMulOp>(
        b, loc, left, right, product.getTransposeA(), product.getTransposeB()));
  }
  finish(results);
  return true;
}

bool ProductConverter::convertConv(ConvOp conv) {
  RankedTensorType wType = tensorTypeOf(conv.getW());
  auto range = rangeOf(conv.getX());
  if (!range || !wType.hasStaticShape() || wType.getNumElements() == 0) {
    return false;
  }
  ElementsAttr value = constantFloats(conv.getW());
  if (!value) {
    return false;
  }
  int64_t filters = wType.getDimSize(0), channels = wType.getDimSize(1);
  int64_t taps = wType.getNumElements() / (filters * channels);
  Weights weights{value, filters, channels, taps};
  SmallVector<Part> parts = cutDepth(channels, [&](Part part) {
    return multiply(
        range->magnitude(),
        weights.bound(part, filters, [](int64_t o, int64_t) { return o; }));
  });
  // The channels of several groups do not lie together.
  if (parts.empty() || (parts.size() > 1 && conv.getGroup() != 1)) {
    return false;
  }
  Value wide = toF32(conv.getX());
  SmallVector<Value> results;
  for (Part part : parts) {
    bool isAll = parts.size() == 1;
    Value w = constant(isAll ? value : weights.take(part, 1));
    Value x = isAll ? wide : slice(b, loc, wide, 1, part);
    results.push_back(createInferred<ConvOp>(
        b, loc, x, w, conv.getStrides(), conv.getPads(), conv.getDilations(),
        conv.getGroup(), /*exact=*/true));
  }
  finish(results);
  return true;
}

struct ConvertIntegerProductsPass
    : impl::ConvertIntegerProductsPassBase<ConvertIntegerProductsPass> {
  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) {
      if (isa<MatMulOp, ConvOp>(op) &&
          elementTypeOf(op->getResult(0)).isSignlessInteger(32)) {
        ops.push_back(op);
      }
    });
    for (Operation *op : ops) {
      ProductConverter converter(op);
      auto product = dyn_cast<MatMulOp>(op);
      if (product ? converter.convertMatMul(product)
                  : converter.convertConv(cast<ConvOp>(op))) {
        op->erase();
      }
    }
  }
};

} // namespace
} // namespace mlc::codegen
