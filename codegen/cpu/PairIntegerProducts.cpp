//===- PairIntegerProducts.cpp - integer products by pairs ------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   %y = mlc.matmul %a, %w : i32       |a|, |w| < 2^15, w constant, [K, N]
//     ==>
//   %p = pairs of %a along K           IntegerPairs.h
//   %y = mlc.matmul_packed %p, %wp {columns = N}
//
// A convolution becomes one of pairs of channel blocks:
//
//   %b = mlc.pack %x                   [N, C / 16, H, W, 16]
//   %p = pairs of %b along its blocks
//   %y = mlc.unpack (mlc.conv_blocked %p, %wp)
//
// An instruction multiplies two pairs and adds the products, which no sum of
// f32 can do as fast; the sums are i32 and wrap around as the ops' do.
//
// What is not taken here is left for ConvertIntegerProducts.
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/BlockedLayout.h"
#include "codegen/cpu/IntegerPairs.h"
#include "codegen/cpu/PackedConstant.h"
#include "codegen/cpu/Passes.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace mlc::codegen {

#define GEN_PASS_DEF_PAIRINTEGERPRODUCTSPASS
#include "codegen/cpu/Passes.h.inc"

namespace {

/// A single block of channels has no partner.
constexpr int64_t kLeastChannels = kBlock + 1;

bool isPairable(Value tensor) {
  std::optional<IntegerRange> range = rangeOf(tensor);
  return range && fitsHalf(*range);
}

/// The constant right factor of numbers that fit, as f32.
ElementsAttr pairableConstant(Value tensor) {
  ElementsAttr value = constantFloats(tensor);
  std::optional<ConstantFloats> floats =
      value ? readFloats(value) : std::nullopt;
  bool fits = floats && llvm::all_of(floats->values, [](float x) {
                return x >= INT16_MIN && x <= INT16_MAX;
              });
  return fits ? value : ElementsAttr();
}

/// The result in place of the product's, or null.
Value pairMatMul(MatMulOp op, ShapeScope &scope) {
  RankedTensorType aType = tensorTypeOf(op.getA()),
                   bType = tensorTypeOf(op.getB());
  bool isMatrix = bType.hasStaticShape() && bType.getNumElements() != 0 &&
                  llvm::all_of(bType.getShape().drop_back(2),
                               [](int64_t dim) { return dim == 1; }) &&
                  bType.getRank() <= aType.getRank();
  // A depth that only the weights know cannot be cut in two.
  int64_t axis = aType.getRank() - 1;
  if (op.getTransposeA() || !isMatrix || aType.isDynamicDim(axis) ||
      !isPairable(op.getA())) {
    return {};
  }
  ElementsAttr weights = pairableConstant(op.getB());
  if (!weights) {
    return {};
  }
  ArrayRef<int64_t> matrix = bType.getShape().take_back(2);
  bool transposed = op.getTransposeB();
  int64_t depth = matrix[transposed ? 1 : 0];
  int64_t columns = matrix[transposed ? 0 : 1];
  ElementsAttr panels = packPanels(weights, depth, columns, transposed);
  ShapedBuilder b(op, scope);
  Value pairs = makePairs(b, op.getA(), axis);
  Value factor = ConstantOp::create(
      b.b, b.loc, pairConstant(panels, /*axis=*/1, /*narrow=*/true));
  return MatMulPackedOp::create(b.b, b.loc, op.getType(), pairs, factor,
                                columns)
      .getY();
}

/// `tensor` in blocks, made where `b` stands; `b` learns the dims.
Value makeBlockedAt(ShapedBuilder &b, Value tensor) {
  Block::iterator end = b.b.getInsertionPoint();
  Block *block = b.b.getInsertionBlock();
  Operation *last = end == block->begin() ? nullptr : &*std::prev(end);
  Value blocked = makeBlocked(b.b, tensor);
  Block::iterator made = last ? std::next(last->getIterator()) : block->begin();
  for (; made != end; ++made) {
    b.record(&*made);
  }
  return blocked;
}

Value pairConv(ConvOp op, ShapeScope &scope) {
  if (tensorTypeOf(op.getX()).getRank() != 4 ||
      tensorTypeOf(op.getX()).getDimSize(1) < kLeastChannels ||
      !isPairable(op.getX())) {
    return {};
  }
  ElementsAttr weights = pairableConstant(op.getW());
  std::optional<BlockedConv> conv =
      weights ? matchDirectConv(op, weights) : std::nullopt;
  if (!conv) {
    return {};
  }
  ElementsAttr filters = packConstantFilters(*conv);
  ShapedBuilder b(op, scope);
  Value pairs = makePairs(b, makeBlockedAt(b, op.getX()), /*axis=*/1);
  Value factor = ConstantOp::create(
      b.b, b.loc, pairConstant(filters, /*axis=*/2, /*narrow=*/false));
  conv->shape.channels = tensorTypeOf(pairs).getDimSize(1) * kBlock;
  Value y = createBlockedConv(b.b, b.loc, *conv, pairs, factor);
  return UnpackOp::create(b.b, b.loc, op.getType(), y, conv->shape.filters)
      .getY();
}

struct PairIntegerProductsPass
    : impl::PairIntegerProductsPassBase<PairIntegerProductsPass> {
  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation().walk<WalkOrder::PreOrder>(
        [&](Operation *op) { ops.push_back(op); });
    ShapeScope scope(&getContext());
    for (Operation *op : ops) {
      // Sizes in terms of what stays.
      bool isKnown =
          isa<ShapeOpInterface>(op) && succeeded(scope.recordResults(op));
      if (!isKnown || !isa<MatMulOp, ConvOp>(op) ||
          !elementTypeOf(op->getResult(0)).isSignlessInteger(32)) {
        continue;
      }
      auto product = dyn_cast<MatMulOp>(op);
      Value result = product ? pairMatMul(product, scope)
                             : pairConv(cast<ConvOp>(op), scope);
      if (result) {
        op->getResult(0).replaceAllUsesWith(result);
        op->erase();
      }
    }
  }
};

} // namespace
} // namespace mlc::codegen
