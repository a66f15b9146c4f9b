//===- ExpandPools.cpp - windows as elementwise ops on slices ---*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   %y = mlc.pool %x {kernel = [3], strides = [2], pads = [1, 1], kind = max}
//     ==>
//   %p = mlc.pad %x by 1 and 1 with -inf
//   %y = mlc.max(mlc.max(%p[0::2], %p[1::2]), %p[2::2])
//
// Runs after ChooseLayouts: what it left has few channels, or other axes than
// two. One axis after the other; elements that lie side by side in a slice are
// computed together, where a window would be searched tap by tap.
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Passes.h"
#include "codegen/cpu/ShapedBuilder.h"

#include <limits>

using namespace mlir;

namespace mlc::codegen {

#define GEN_PASS_DEF_EXPANDPOOLSPASS
#include "codegen/cpu/Passes.h.inc"

namespace {

/// Taps that one element may be made of: they become one kernel.
constexpr int64_t kMaxTaps = 64;

/// How many padding elements beyond the last the last window may reach.
int64_t excess(PoolOp op, size_t axis) {
  return op.getCeilMode() ? op.getStrides()[axis] - 1 : 0;
}

/// Whether all windows have as many elements that count.
bool isEven(PoolOp op) {
  bool isPadded = llvm::any_of(op.getPads(), [](int64_t pad) { return pad; });
  return !op.getCeilMode() && (!isPadded || op.getCountIncludePad());
}

bool isTaken(PoolOp op) {
  Type element = elementTypeOf(op.getX());
  int64_t taps = 1;
  for (int64_t size : op.getKernel()) {
    taps = size <= kMaxTaps ? taps * size : kMaxTaps + 1;
    if (taps > kMaxTaps) {
      return false;
    }
  }
  switch (op.getKind()) {
  case PoolKind::max:
    return isa<FloatType, IntegerType>(element);
  case PoolKind::average:
    return (element.isF32() || element.isF64()) && isEven(op);
  case PoolKind::lp:
    return false;
  }
  llvm_unreachable("unknown pooling");
}

class PoolExpander {
public:
  PoolExpander(PoolOp op, ShapeScope &scope)
      : op(op), b(op, scope), element(elementTypeOf(op.getX())),
        isMax(op.getKind() == PoolKind::max) {}

  Value run() {
    DimExprs result = b.dims(op.getY());
    Value y = pad(op.getX());
    int64_t taps = 1;
    for (size_t axis = 0; axis < op.getKernel().size(); ++axis) {
      y = combine(y, axis, result[axis + 2]);
      taps *= op.getKernel()[axis];
    }
    return isMax ? y : b.make<DivOp>(y, scalar(double(taps)));
  }

private:
  Value pad(Value x) {
    size_t axes = op.getKernel().size();
    SmallVector<int64_t> low(2, 0), high(2, 0);
    for (size_t axis = 0; axis < axes; ++axis) {
      low.push_back(op.getPads()[axis]);
      high.push_back(op.getPads()[axes + axis] + excess(op, axis));
    }
    auto isNone = [](int64_t amount) { return amount == 0; };
    if (llvm::all_of(low, isNone) && llvm::all_of(high, isNone)) {
      return x;
    }
    return b.make<PadOp>(x, isMax ? lowest() : scalar(0), ValueRange(),
                         ValueRange(), low, high, PadKind::constant);
  }

  Value combine(Value x, size_t axis, AffineExpr extent) {
    Value result;
    for (int64_t tap = 0; tap < op.getKernel()[axis]; ++tap) {
      Value part = b.slice(x, axis + 2, tap * op.getDilations()[axis], extent,
                           op.getStrides()[axis]);
      result = !result ? part
               : isMax ? b.make<MaxOp>(result, part)
                       : b.make<AddOp>(result, part);
    }
    return result;
  }

  Value constant(TypedAttr value) {
    auto type = RankedTensorType::get({}, element);
    return ConstantOp::create(b.b, b.loc,
                              DenseElementsAttr::get(type, Attribute(value)));
  }
  Value scalar(double value) {
    return constant(b.b.getFloatAttr(element, value));
  }
  Value lowest() {
    if (isa<FloatType>(element)) {
      return scalar(-std::numeric_limits<double>::infinity());
    }
    unsigned width = element.getIntOrFloatBitWidth();
    return constant(
        b.b.getIntegerAttr(element, element.isUnsignedInteger()
                                        ? APInt::getMinValue(width)
                                        : APInt::getSignedMinValue(width)));
  }

  PoolOp op;
  ShapedBuilder b;
  Type element;
  bool isMax;
};

class ExpandPoolsPass : public impl::ExpandPoolsPassBase<ExpandPoolsPass> {
  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation().walk<WalkOrder::PreOrder>(
        [&](Operation *op) { ops.push_back(op); });
    ShapeScope scope(&getContext());
    for (Operation *op : ops) {
      // Sizes in terms of what stays.
      if (!isa<ShapeOpInterface>(op) || failed(scope.recordResults(op))) {
        continue;
      }
      auto pool = dyn_cast<PoolOp>(op);
      if (pool && isTaken(pool)) {
        pool.getY().replaceAllUsesWith(PoolExpander(pool, scope).run());
        pool.erase();
      }
    }
  }
};

} // namespace
} // namespace mlc::codegen
