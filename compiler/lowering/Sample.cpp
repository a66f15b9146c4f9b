//===- Sample.cpp - rules of sampling at given positions --------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lowering/Taps.h"

using namespace mlir;
using namespace mlc;

/// Positions along axes are f32, or f64 when the data is.
static Type positionType(ElementBuilder &e, Value x) {
  return elementTypeOf(x).isF64() ? Type(e.b.getF64Type())
                                  : Type(e.b.getF32Type());
}

//===----------------------------------------------------------------------===//
// Grid sampling
//===----------------------------------------------------------------------===//

namespace {
/// One axis of a grid sample.
class GridAxis {
public:
  GridAxis(GridSampleOp op, ElementBuilder &e, Value extent, Type real)
      : op(op), e(e), real(real), s(e.scalar(real)), extent(extent),
        length(e.index.toElement(extent, real)) {
    bool corners = op.getAlignCorners();
    low = corners ? s.zero() : s.constant(-0.5);
    high = s.sub(length, corners ? s.one() : s.constant(0.5));
  }

  /// The elements that the coordinate (-1 to 1) means.
  Taps taps(Value coordinate) {
    Value position = bring(denormalize(coordinate));
    SplitPosition split = splitPosition(e, position, real);
    Value one = e.index.constant(1);
    if (op.getKind() == SampleKind::nearest) {
      return {tap(split.index, s.one())};
    }
    if (op.getKind() == SampleKind::linear) {
      return {tap(split.index, s.sub(s.one(), split.rest)),
              tap(e.index.add(split.index, one), split.rest)};
    }
    Taps taps;
    for (auto [i, weight] :
         llvm::enumerate(cubicWeights(s, split.rest, -0.75))) {
      Value shift = e.index.constant(int64_t(i) - 1);
      taps.push_back(tap(e.index.add(split.index, shift), weight));
    }
    return taps;
  }

private:
  Value denormalize(Value coordinate) {
    Value up = s.add(coordinate, s.one()), half = s.constant(0.5);
    Value position = op.getAlignCorners()
                         ? s.mul(s.mul(up, half), s.sub(length, s.one()))
                         : s.mul(s.sub(s.mul(up, length), s.one()), half);
    return op.getKind() == SampleKind::nearest ? s.round(position) : position;
  }

  /// A position beyond the border where the border kind puts it.
  Value bring(Value position) {
    if (op.getBorder() == BorderKind::zeros) {
      return position;
    }
    Value outside = s.or_(s.less(position, low), s.less(high, position));
    Value moved =
        op.getBorder() == BorderKind::reflection
            ? reflect(position)
            : s.max(s.zero(), s.min(position, s.sub(length, s.one())));
    return s.select(outside, moved, position);
  }

  /// Mirrored at `low` and `high` as often as it takes.
  Value reflect(Value position) {
    Value range = s.sub(high, low);
    Value isEmpty = s.lessEqual(range, s.zero());
    Value span = s.select(isEmpty, s.one(), range);
    Value away = s.abs(s.sub(position, low));
    Value times = s.floor(s.div(away, span));
    Value rest = s.sub(away, s.mul(times, span));
    Value half = s.mul(times, s.constant(0.5));
    Value isEven = s.equal(half, s.floor(half));
    Value mirrored = s.select(isEven, s.add(low, rest), s.sub(high, rest));
    return s.select(isEmpty, low, mirrored);
  }

  Tap tap(Value index, Value weight) {
    IndexBuilder &x = e.index;
    Value safe = clampIndex(x, index, extent);
    Value inside =
        x.and_(x.lessEqual(x.constant(0), index), x.less(index, extent));
    if (op.getBorder() == BorderKind::zeros) {
      return {safe, weight, inside};
    }
    if (op.getBorder() == BorderKind::border) {
      return {safe, weight, nullptr};
    }
    Type i64 = e.b.getI64Type();
    Value moved =
        convertScalar(e.b, e.loc, reflect(x.toElement(index, real)), real, i64);
    Value mirrored = clampIndex(x, x.fromInteger(moved, i64), extent);
    return {x.select(inside, safe, mirrored), weight, nullptr};
  }

  GridSampleOp op;
  ElementBuilder &e;
  Type real;
  ScalarBuilder s;
  Value extent, length, low, high;
};
} // namespace

Value mlc::emitElement(GridSampleOp op, ElementBuilder &e, unsigned,
                       ValueRange indices) {
  int64_t spatial = cast<ShapedType>(op.getX().getType()).getRank() - 2;
  Type type = elementTypeOf(op.getX()), real = positionType(e, op.getGrid());
  Type gridType = elementTypeOf(op.getGrid());
  Type wide = isa<FloatType>(type) ? computeType(type) : Type(e.b.getF64Type());
  SmallVector<Taps> axes;
  for (int64_t axis = 0; axis < spatial; ++axis) {
    SmallVector<Value> at{indices[0]};
    llvm::append_range(at, indices.drop_front(2));
    at.push_back(e.index.constant(spatial - 1 - axis));
    Value coordinate =
        convertScalar(e.b, e.loc, e.load(op.getGrid(), at), gridType, real);
    axes.push_back(
        GridAxis(op, e, e.dim(op.getX(), axis + 2), real).taps(coordinate));
    for (Tap &tap : axes.back()) {
      tap.weight = convertScalar(e.b, e.loc, tap.weight, real, wide);
    }
  }
  return e.unlessEmpty(
      op.getX(), llvm::to_vector(llvm::seq<int64_t>(2, 2 + spatial)), type,
      [&] {
        Value sum =
            combineTaps(e, op.getX(), {indices[0], indices[1]}, axes, wide);
        return convertScalar(e.b, e.loc, sum, wide, type);
      });
}

//===----------------------------------------------------------------------===//
// Regions of interest
//===----------------------------------------------------------------------===//

namespace {
/// One element of mlc.roi_align.
class RoiAligner {
public:
  RoiAligner(RoiAlignOp op, ElementBuilder &e, ValueRange indices)
      : op(op), e(e), indices(indices), real(positionType(e, op.getX())),
        s(e.scalar(real)) {
    Type type = elementTypeOf(op.getBatch());
    Value batch = e.index.fromInteger(e.load(op.getBatch(), indices[0]), type);
    leading = {e.checkedIndex(batch, e.dim(op.getX(), 0)), indices[1]};
  }

  Value emit() {
    Bins rows = bins(1, op.getHeight(), 2), columns = bins(0, op.getWidth(), 3);
    IndexBuilder &x = e.index;
    Value zero = x.constant(0);
    auto sample = [&](Value row, Value column, ValueRange carried) {
      Value value = valueAt(position(rows, row), position(columns, column));
      if (!op.getMax()) {
        return s.add(carried[0], value);
      }
      return s.max(carried[0], value);
    };
    Value initial = op.getMax() ? s.limit(real, true) : s.zero();
    Value total =
        e.loop(zero, rows.samples, initial, [&](Value row, ValueRange outer) {
          return e.loop(zero, columns.samples, outer[0],
                        [&](Value column, ValueRange inner) {
                          return SmallVector<Value>{sample(row, column, inner)};
                        });
        })[0];
    Value count =
        x.mul(x.max(rows.samples, zero), x.max(columns.samples, zero));
    if (op.getMax()) {
      total = s.select(x.equal(count, zero), s.zero(), total);
    } else {
      Value divisor = x.toElement(x.max(count, x.constant(1)), real);
      total = s.div(total, divisor);
    }
    return convertScalar(e.b, e.loc, total, real, elementTypeOf(op.getX()));
  }

private:
  /// The bin of this element along one axis.
  struct Bins {
    Value start, size; // of the bin
    Value samples;     // an index
    Value extent;      // of x
  };

  Value corner(int64_t i) {
    Type type = elementTypeOf(op.getRois());
    Value at = e.load(op.getRois(), {indices[0], e.index.constant(i)});
    Value scaled = s.mul(convertScalar(e.b, e.loc, at, type, real),
                         s.constant(op.getSpatialScale().convertToDouble()));
    return s.sub(scaled, s.constant(op.getHalfPixel() ? 0.5 : 0.0));
  }

  Bins bins(int64_t first, int64_t count, int64_t axis) {
    Value from = corner(first), span = s.sub(corner(first + 2), from);
    if (!op.getHalfPixel()) {
      span = s.max(span, s.one());
    }
    Bins bins;
    bins.size = s.div(span, s.constant(double(count)));
    Value which = e.index.toElement(indices[axis], real);
    bins.start = s.add(from, s.mul(which, bins.size));
    Type i64 = e.b.getI64Type();
    Value adaptive = convertScalar(e.b, e.loc, s.ceil(bins.size), real, i64);
    bins.samples = op.getSamplingRatio() > 0
                       ? e.index.constant(op.getSamplingRatio())
                       : e.index.fromInteger(adaptive, i64);
    bins.extent = e.dim(op.getX(), axis);
    return bins;
  }

  struct Place {
    Value position, inside, extent;
  };
  Place position(const Bins &bins, Value sample) {
    Value middle = s.add(e.index.toElement(sample, real), s.constant(0.5));
    Value step = s.div(bins.size, e.index.toElement(bins.samples, real));
    Value at = s.add(bins.start, s.mul(middle, step));
    Value length = e.index.toElement(bins.extent, real);
    Value inside =
        s.and_(s.lessEqual(s.constant(-1), at), s.lessEqual(at, length));
    // Within an element's width of the border the border element counts.
    Value last = s.sub(length, s.one());
    return {s.max(s.zero(), s.min(at, last)), inside, bins.extent};
  }

  Value valueAt(const Place &row, const Place &column) {
    SmallVector<Taps> axes;
    for (const Place *place : {&row, &column}) {
      axes.push_back(linearTaps(e, place->position, real, place->extent));
    }
    Value inside = s.and_(row.inside, column.inside);
    Value value = op.getMax() ? greatest(axes)
                              : combineTaps(e, op.getX(), leading, axes, real);
    return s.select(inside, value, s.zero());
  }

  /// With max each of the four weighted elements counts by itself.
  Value greatest(ArrayRef<Taps> axes) {
    Value best;
    for (const Tap &row : axes[0]) {
      for (const Tap &column : axes[1]) {
        Value part =
            combineTaps(e, op.getX(), leading, {{row}, {column}}, real);
        best = best ? s.max(best, part) : part;
      }
    }
    return best;
  }

  RoiAlignOp op;
  ElementBuilder &e;
  ValueRange indices;
  Type real;
  ScalarBuilder s;
  SmallVector<Value> leading;
};
} // namespace

Value mlc::emitElement(RoiAlignOp op, ElementBuilder &e, unsigned,
                       ValueRange indices) {
  return e.unlessEmpty(op.getX(), {0, 2, 3}, elementTypeOf(op.getX()),
                       [&] { return RoiAligner(op, e, indices).emit(); });
}

Value mlc::emitElement(RoiMaxPoolOp op, ElementBuilder &e, unsigned,
                       ValueRange indices) {
  Type type = elementTypeOf(op.getX()), wide = computeType(type);
  Type real = positionType(e, op.getX()), i64 = e.b.getI64Type();
  Type roiType = elementTypeOf(op.getRois());
  IndexBuilder &x = e.index;
  ScalarBuilder s = e.scalar(real);
  auto toIndex = [&](Value v) {
    return x.fromInteger(convertScalar(e.b, e.loc, v, real, i64), i64);
  };
  auto entry = [&](int64_t i) {
    Value v = e.load(op.getRois(), {indices[0], x.constant(i)});
    return convertScalar(e.b, e.loc, v, roiType, real);
  };
  auto corner = [&](int64_t i) {
    Value scaled =
        s.mul(entry(i), s.constant(op.getSpatialScale().convertToDouble()));
    // Half away from zero; corners are positive.
    return s.floor(s.add(scaled, s.constant(0.5)));
  };
  auto range = [&](int64_t first, int64_t count, int64_t axis) {
    Value from = corner(first);
    Value span = s.max(s.add(s.sub(corner(first + 2), from), s.one()), s.one());
    Value size = s.div(span, s.constant(double(count)));
    Value which = x.toElement(indices[axis], real);
    Value low = s.add(s.floor(s.mul(which, size)), from);
    Value high = s.add(s.ceil(s.mul(s.add(which, s.one()), size)), from);
    Value extent = e.dim(op.getX(), axis), zero = x.constant(0);
    auto clamp = [&](Value v) {
      return x.max(zero, x.min(toIndex(v), extent));
    };
    return std::pair<Value, Value>{clamp(low), clamp(high)};
  };
  std::pair<Value, Value> rows = range(2, op.getHeight(), 2);
  std::pair<Value, Value> columns = range(1, op.getWidth(), 3);
  Value batch = e.checkedIndex(toIndex(entry(0)), e.dim(op.getX(), 0));
  Value initial = e.scalar(wide).limit(wide, true);
  Value best = e.loop(
      rows.first, rows.second, initial, [&](Value row, ValueRange outer) {
        return e.loop(
            columns.first, columns.second, outer[0],
            [&](Value column, ValueRange inner) {
              Value v = e.loadClamped(
                  op.getX(), {batch, indices[1], row, column}, int64_t(0));
              v = convertScalar(e.b, e.loc, v, type, wide);
              return SmallVector<Value>{e.scalar(wide).max(inner[0], v)};
            });
      })[0];
  Value isEmpty = x.or_(x.lessEqual(rows.second, rows.first),
                        x.lessEqual(columns.second, columns.first));
  best = x.select(isEmpty, e.scalar(wide).zero(), best);
  return convertScalar(e.b, e.loc, best, wide, type);
}
