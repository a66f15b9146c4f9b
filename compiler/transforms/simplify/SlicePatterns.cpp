//===- SlicePatterns.cpp - slices, gathers, concatenations ------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/transforms/simplify/ConstantData.h"
#include "compiler/transforms/simplify/Patterns.h"
#include "compiler/transforms/simplify/TensorBuilder.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace mlc {
namespace {

using Axes = SmallVector<int64_t>;

/// Whether the slice takes axis `i` whole.
bool takesAll(SliceOp op, int64_t i, DimFacts &facts) {
  if (op.getStarts()[i] != 0 || op.getSteps()[i] != 1) {
    return false;
  }
  AffineExpr dim = facts.dims(op.getX())[i];
  return dim == facts.dims(op)[i];
}

/// A slice with static starts and step 1 along `axis` only, else -1.
int64_t slicedAxis(SliceOp op, DimFacts &facts) {
  int64_t axis = -1;
  for (int64_t i = 0; i < rankOf(op); ++i) {
    if (takesAll(op, i, facts)) {
      continue;
    }
    if (axis >= 0 || ShapedType::isDynamic(op.getStarts()[i]) ||
        op.getSteps()[i] != 1) {
      return -1;
    }
    axis = i;
  }
  return axis;
}

/// x[start : start + size] along one axis, of static or dynamic extents.
Value sliceAxis(PatternRewriter &rewriter, Location loc, Value x, int64_t axis,
                int64_t start, OpFoldResult size) {
  MixedSizes starts, sizes;
  for (auto [i, extent] : llvm::enumerate(sizesOf(rewriter, loc, x))) {
    bool here = int64_t(i) == axis;
    starts.push(rewriter.getIndexAttr(here ? start : 0));
    sizes.push(here ? size : extent);
  }
  return TensorBuilder(rewriter, loc)
      .make<SliceOp>(x, starts.dims, sizes.dims, starts.sizes, sizes.sizes,
                     Axes(rankOf(x), 1));
}

struct DropSlice : FactPattern<SliceOp> {
  using FactPattern::FactPattern;
  LogicalResult matchAndRewrite(SliceOp op,
                                PatternRewriter &rewriter) const override {
    for (int64_t i = 0; i < rankOf(op); ++i) {
      if (!takesAll(op, i, facts)) {
        return rewriter.notifyMatchFailure(op, "takes a part");
      }
    }
    if (!canReplace(op, op.getX())) {
      return rewriter.notifyMatchFailure(op, "types differ");
    }
    rewriter.replaceOp(op, op.getX());
    return success();
  }
};

/// slice(slice(x)) ==> slice(x) for static starts.
struct MergeSlices : FactPattern<SliceOp> {
  using FactPattern::FactPattern;
  LogicalResult matchAndRewrite(SliceOp op,
                                PatternRewriter &rewriter) const override {
    auto inner = op.getX().getDefiningOp<SliceOp>();
    if (!inner || !op.getStartValues().empty() ||
        !inner.getStartValues().empty()) {
      return rewriter.notifyMatchFailure(op, "no static starts");
    }
    Axes starts(rankOf(op)), steps(rankOf(op));
    for (int64_t i = 0; i < rankOf(op); ++i) {
      int64_t by = inner.getSteps()[i], distance;
      if (llvm::MulOverflow(op.getStarts()[i], by, distance) ||
          llvm::AddOverflow(inner.getStarts()[i], distance, starts[i]) ||
          llvm::MulOverflow(op.getSteps()[i], by, steps[i])) {
        return rewriter.notifyMatchFailure(op, "the steps overflow");
      }
    }
    rewriter.replaceOpWithNewOp<SliceOp>(op, op.getType(), inner.getX(),
                                         ValueRange(), op.getSizeValues(),
                                         starts, op.getSizes(), steps);
    return success();
  }
};

/// slice(reshape(x)) ==> reshape(slice(x)) where the sliced dim is the
/// outermost (but for dims of 1) of those that one dim of x was split into.
struct SliceAboveReshape : FactPattern<SliceOp> {
  using FactPattern::FactPattern;
  LogicalResult matchAndRewrite(SliceOp op,
                                PatternRewriter &rewriter) const override {
    auto reshape = op.getX().getDefiningOp<ReshapeOp>();
    int64_t axis = reshape ? slicedAxis(op, facts) : -1;
    if (axis < 0 || ShapedType::isDynamic(op.getSizes()[axis])) {
      return rewriter.notifyMatchFailure(op, "no static slice of a reshape");
    }
    DimExprs from(facts.dims(reshape.getX())), to(facts.dims(reshape));
    auto groups = groupDims(from, to);
    if (!groups) {
      return rewriter.notifyMatchFailure(op, "dims cannot be told apart");
    }
    for (const DimGroup &group : *groups) {
      if (axis < int64_t(group.toBegin) || axis >= int64_t(group.toEnd)) {
        continue;
      }
      int64_t source = onlyDim(from, group.fromBegin, group.fromEnd);
      ArrayRef<AffineExpr> all(to);
      std::optional<int64_t> inner =
          constantProduct(all.slice(axis + 1, group.toEnd - axis - 1));
      bool outermost =
          llvm::all_of(all.slice(group.toBegin, axis - group.toBegin), isOne);
      if (source < 0 || !inner || !outermost) {
        return rewriter.notifyMatchFailure(op, "the slice is no run");
      }
      Value sliced =
          sliceAxis(rewriter, op.getLoc(), reshape.getX(), source,
                    op.getStarts()[axis] * *inner,
                    rewriter.getIndexAttr(op.getSizes()[axis] * *inner));
      replaceByReshape(rewriter, op, sliced,
                       mixedSizes(rewriter, op.getSizes(), op.getSizeValues()));
      return success();
    }
    return rewriter.notifyMatchFailure(op, "no group holds the axis");
  }

private:
  /// The only dim of a range that is not 1, or -1.
  static int64_t onlyDim(ArrayRef<AffineExpr> dims, unsigned begin,
                         unsigned end) {
    int64_t found = -1;
    for (unsigned i = begin; i < end; ++i) {
      if (!isOne(dims[i])) {
        if (found >= 0) {
          return -1;
        }
        found = i;
      }
    }
    return found;
  }
};

/// A slice inside of one operand of a concatenation ==> slice of the operand.
struct SliceOfConcat : FactPattern<SliceOp> {
  using FactPattern::FactPattern;
  LogicalResult matchAndRewrite(SliceOp op,
                                PatternRewriter &rewriter) const override {
    auto concat = op.getX().getDefiningOp<ConcatOp>();
    if (!concat || slicedAxis(op, facts) != int64_t(concat.getAxis())) {
      return rewriter.notifyMatchFailure(op, "no slice along the axis");
    }
    int64_t axis = concat.getAxis(), offset = 0;
    int64_t start = op.getStarts()[axis], size = op.getSizes()[axis];
    for (Value x : concat.getXs()) {
      int64_t extent = cast<RankedTensorType>(x.getType()).getDimSize(axis);
      if (ShapedType::isDynamic(extent) || ShapedType::isDynamic(size) ||
          start < offset) {
        break;
      }
      if (start + size <= offset + extent) {
        Axes starts(op.getStarts());
        starts[axis] -= offset;
        rewriter.replaceOpWithNewOp<SliceOp>(op, op.getType(), x, ValueRange(),
                                             op.getSizeValues(), starts,
                                             op.getSizes(), op.getSteps());
        return success();
      }
      offset += extent;
    }
    return rewriter.notifyMatchFailure(op, "the slice spans operands");
  }
};

/// gather with one constant index, or consecutive ones ==> slice.
struct GatherConstant : FactPattern<GatherOp> {
  using FactPattern::FactPattern;
  LogicalResult matchAndRewrite(GatherOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<ConstantData> indices = ConstantData::of(op.getIndices());
    int64_t axis = op.getAxis();
    int64_t extent =
        cast<RankedTensorType>(op.getX().getType()).getDimSize(axis);
    if (!indices || indices->count() == 0 || ShapedType::isDynamic(extent) ||
        rankOf(op.getIndices()) > 1 || indices->count() > extent ||
        (indices->isSplat() && indices->count() > 1)) {
      return rewriter.notifyMatchFailure(op, "indices are not constant");
    }
    int64_t first = int64_t(indices->number(0));
    first += first < 0 ? extent : 0;
    int64_t last = first + indices->count() - 1;
    for (int64_t i = 0; i < indices->count(); ++i) {
      int64_t index = int64_t(indices->number(i));
      index += index < 0 ? extent : 0;
      if (index != first + i || first < 0 || last >= extent) {
        return rewriter.notifyMatchFailure(op, "indices are no range");
      }
    }
    Value sliced = sliceAxis(rewriter, op.getLoc(), op.getX(), axis, first,
                             rewriter.getIndexAttr(indices->count()));
    SmallVector<OpFoldResult> sizes = sizesOf(rewriter, op.getLoc(), sliced);
    if (rankOf(op.getIndices()) == 0) {
      sizes.erase(sizes.begin() + axis);
    }
    replaceByReshape(rewriter, op, sliced, sizes);
    return success();
  }
};

//===----------------------------------------------------------------------===//
// Concatenations and pads
//===----------------------------------------------------------------------===//

/// concat(x) ==> x; empty operands go; concat(concat(x, y), z) ==> concat(x, y,
/// z)
struct SimplifyConcat : FactPattern<ConcatOp> {
  using FactPattern::FactPattern;
  LogicalResult matchAndRewrite(ConcatOp op,
                                PatternRewriter &rewriter) const override {
    SmallVector<Value> xs;
    for (Value x : op.getXs()) {
      auto type = cast<RankedTensorType>(x.getType());
      auto inner = x.getDefiningOp<ConcatOp>();
      if (inner && inner.getAxis() == op.getAxis() && x.hasOneUse()) {
        llvm::append_range(xs, inner.getXs());
      } else if (type.getDimSize(op.getAxis()) != 0) {
        xs.push_back(x);
      }
    }
    if (xs.size() == 1 && canReplace(op, xs[0])) {
      rewriter.replaceOp(op, xs[0]);
      return success();
    }
    if (xs.empty() || llvm::equal(xs, op.getXs())) {
      return rewriter.notifyMatchFailure(op, "nothing to leave out");
    }
    rewriter.replaceOpWithNewOp<ConcatOp>(op, op.getType(), xs, op.getAxis());
    return success();
  }
};

/// concat(x[a:b], x[b:c]) ==> x[a:c]
struct ConcatOfSlices : FactPattern<ConcatOp> {
  using FactPattern::FactPattern;
  LogicalResult matchAndRewrite(ConcatOp op,
                                PatternRewriter &rewriter) const override {
    int64_t axis = op.getAxis();
    SmallVector<Value> xs;
    for (Value x : op.getXs()) {
      auto slice = x.getDefiningOp<SliceOp>();
      auto before = xs.empty() ? SliceOp() : xs.back().getDefiningOp<SliceOp>();
      if (!slice || !before || slice.getX() != before.getX() ||
          !follows(before, slice, axis)) {
        xs.push_back(x);
        continue;
      }
      xs.back() = sliceAxis(rewriter, op.getLoc(), slice.getX(), axis,
                            before.getStarts()[axis],
                            rewriter.getIndexAttr(before.getSizes()[axis] +
                                                  slice.getSizes()[axis]));
    }
    if (xs.size() == op.getXs().size()) {
      return rewriter.notifyMatchFailure(op, "no neighbouring slices");
    }
    rewriter.replaceOpWithNewOp<ConcatOp>(op, op.getType(), xs, axis);
    return success();
  }

private:
  bool follows(SliceOp before, SliceOp slice, int64_t axis) const {
    return slicedAxis(before, facts) == axis &&
           slicedAxis(slice, facts) == axis &&
           !ShapedType::isDynamic(before.getSizes()[axis]) &&
           !ShapedType::isDynamic(slice.getSizes()[axis]) &&
           before.getStarts()[axis] + before.getSizes()[axis] ==
               slice.getStarts()[axis];
  }
};

bool isZero(ArrayRef<int64_t> amounts) {
  return llvm::all_of(amounts, [](int64_t amount) { return amount == 0; });
}

/// pad by nothing ==> x
struct DropPad : FactPattern<PadOp> {
  using FactPattern::FactPattern;
  LogicalResult matchAndRewrite(PadOp op,
                                PatternRewriter &rewriter) const override {
    if (!isZero(op.getLow()) || !isZero(op.getHigh()) ||
        !canReplace(op, op.getX())) {
      return rewriter.notifyMatchFailure(op, "pads something");
    }
    rewriter.replaceOp(op, op.getX());
    return success();
  }
};

/// conv(pad(x, 0)) ==> conv(x) with larger pads.
struct PadIntoConv : FactPattern<ConvOp> {
  using FactPattern::FactPattern;
  LogicalResult matchAndRewrite(ConvOp op,
                                PatternRewriter &rewriter) const override {
    auto pad = op.getX().getDefiningOp<PadOp>();
    if (!pad || pad.getKind() != PadKind::constant ||
        !pad.getLowValues().empty() || !pad.getHighValues().empty()) {
      return rewriter.notifyMatchFailure(op, "no static constant pad");
    }
    bool isZeroPad = !pad.getValue() || splatNumber(pad.getValue()) == 0.0;
    ArrayRef<int64_t> low = pad.getLow(), high = pad.getHigh();
    bool negative = llvm::any_of(low, [](int64_t v) { return v < 0; }) ||
                    llvm::any_of(high, [](int64_t v) { return v < 0; });
    if (!isZeroPad || negative || !isZero(low.take_front(2)) ||
        !isZero(high.take_front(2))) {
      return rewriter.notifyMatchFailure(op, "not a border of zeros");
    }
    Axes pads(op.getPads());
    size_t spatial = pads.size() / 2;
    for (size_t i = 0; i < pads.size(); ++i) {
      int64_t more = i < spatial ? low[i + 2] : high[i - spatial + 2];
      // What a window may have; see verifyWindow.
      if (more >= (int64_t(1) << 31) - pads[i]) {
        return rewriter.notifyMatchFailure(op, "the pads are too large");
      }
      pads[i] += more;
    }
    rewriter.modifyOpInPlace(op, [&] {
      op.getXMutable().assign(pad.getX());
      op.setPads(pads);
    });
    return success();
  }
};

} // namespace

void populateSlicePatterns(RewritePatternSet &patterns, DimFacts &facts) {
  patterns.add<DropSlice, MergeSlices, SliceAboveReshape, SliceOfConcat,
               GatherConstant, SimplifyConcat, ConcatOfSlices, DropPad,
               PadIntoConv>(patterns.getContext(), facts);
}

} // namespace mlc
