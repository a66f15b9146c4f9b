//===- MergeProducts.cpp - one product for several weights -------*- C++
//-*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   q = x wq + bq; k = x wk + bk  ==>  y = x [wq wk] + [bq bk]
//                                      q = y[..., 0:n]; k = y[..., n:]
//
// In: simplified mlc ops. Products of one value with constant matrices of equal
// orientation become one, which reads the value once and is larger; their
// constant biases come along. Run FoldConstants afterwards: the joined weights
// are concatenations of constants.
//
//===----------------------------------------------------------------------===//
#include "compiler/transforms/Passes.h"
#include "compiler/transforms/simplify/Patterns.h"
#include "compiler/transforms/simplify/TensorBuilder.h"

#include "llvm/ADT/MapVector.h"

#include <map>
#include <tuple>

using namespace mlir;

namespace mlc {
#define GEN_PASS_DEF_MERGEPRODUCTSPASS
#include "compiler/transforms/Passes.h.inc"

namespace {

/// A product with its bias.
struct Part {
  MatMulOp product;
  AddOp biased; ///< null without bias
  int64_t columns;

  Value result() { return biased ? biased.getY() : product.getY(); }
};

std::optional<Part> findPart(MatMulOp op, DimFacts &facts) {
  auto weights = op.getB().getDefiningOp<ConstantOp>();
  if (!weights || !op.getB().hasOneUse() || op.getTransposeA() ||
      rankOf(op.getB()) != 2) {
    return std::nullopt;
  }
  auto type = cast<RankedTensorType>(weights.getType());
  Part part{op, nullptr, type.getDimSize(op.getTransposeB() ? 0 : 1)};
  if (!op->hasOneUse()) {
    return part;
  }
  auto sum = dyn_cast<AddOp>(*op->user_begin());
  if (!sum || sum.getA() != op.getY() || !facts.haveSameDims(sum, op) ||
      !sum.getB().getDefiningOp<ConstantOp>()) {
    return part;
  }
  auto bias = cast<RankedTensorType>(sum.getB().getType());
  if (bias.getRank() > 0 && bias.getNumElements() == part.columns &&
      bias.getShape().back() == part.columns) {
    part.biased = sum;
  }
  return part;
}

/// Products that may be joined: same operand, orientation, and biased or not.
using Key = std::tuple<Value, bool, bool>;

void merge(ArrayRef<Part> parts) {
  Part first = parts.front();
  OpBuilder b(first.product);
  TensorBuilder t(b, first.product.getLoc());
  SmallVector<Value> weights, biases;
  SmallVector<Location> locations;
  for (Part part : parts) {
    locations.push_back(part.product.getLoc());
    // Copies, as the constants may stand behind the first product.
    weights.push_back(
        b.clone(*part.product.getB().getDefiningOp())->getResult(0));
    if (part.biased) {
      Value bias = b.clone(*part.biased.getB().getDefiningOp())->getResult(0);
      MixedSizes row;
      row.sizes.push_back(part.columns);
      biases.push_back(t.reshape(bias, row));
    }
  }
  t.loc = b.getFusedLoc(locations);
  bool transposed = first.product.getTransposeB();
  Value joined = t.make<ConcatOp>(weights, transposed ? 0 : 1);
  Value y = t.matmul(first.product.getA(), joined, false, transposed);
  if (!biases.empty()) {
    y = t.add(y, t.make<ConcatOp>(biases, 0));
  }
  int64_t rank = rankOf(y), offset = 0;
  for (Part part : parts) {
    MixedSizes sizes;
    SmallVector<OpFoldResult> all = sizesOf(b, t.loc, y);
    all.back() = b.getIndexAttr(part.columns);
    for (OpFoldResult size : all) {
      sizes.push(size);
    }
    SmallVector<int64_t> starts(rank, 0), steps(rank, 1);
    starts.back() = offset;
    auto slice =
        SliceOp::create(b, part.product.getLoc(), part.result().getType(), y,
                        ValueRange(), sizes.dims, starts, sizes.sizes, steps);
    part.result().replaceAllUsesWith(slice);
    offset += part.columns;
  }
}

struct MergeProductsPass : impl::MergeProductsPassBase<MergeProductsPass> {
  using MergeProductsPassBase::MergeProductsPassBase;

  void runOnOperation() override {
    DimFacts facts(getOperation());
    getOperation()->walk([&](Block *block) {
      llvm::MapVector<Key, SmallVector<Part>, std::map<Key, unsigned, KeyLess>>
          candidates;
      for (MatMulOp op : block->getOps<MatMulOp>()) {
        if (std::optional<Part> part = findPart(op, facts)) {
          Key key{op.getA(), op.getTransposeB(), bool(part->biased)};
          candidates[key].push_back(*part);
        }
      }
      for (auto &[key, parts] : candidates) {
        if (parts.size() > 1) {
          merge(parts);
        }
      }
    });
  }

private:
  struct KeyLess {
    bool operator()(const Key &a, const Key &b) const {
      auto order = [](const Key &key) {
        return std::make_tuple(std::get<0>(key).getAsOpaquePointer(),
                               std::get<1>(key), std::get<2>(key));
      };
      return order(a) < order(b);
    }
  };
};

} // namespace
} // namespace mlc
