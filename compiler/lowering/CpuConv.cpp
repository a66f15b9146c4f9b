//===- CpuConv.cpp - plain rules of blocked convolutions --------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The vector emitters of codegen/cpu take these ops; the rules here serve
// groups that they refuse, and tests that compare both.
//
//===----------------------------------------------------------------------===//
#include "compiler/lowering/Lowering.h"

using namespace mlir;
using namespace mlc;

namespace {

constexpr int64_t kBlock = 16, kPanel = 32;

/// The element of blocked activations at a channel; `at` = (n, h, w).
SmallVector<Value> blockedAt(IndexBuilder &x, ValueRange at, Value channel) {
  Value width = x.constant(kBlock);
  return {at[0], x.floorDiv(channel, width), at[1], at[2],
          x.floorMod(channel, width)};
}

/// One element of a blocked convolution.
class ConvElement {
public:
  ConvElement(ConvBlockedOp op, ElementBuilder &e, ValueRange indices)
      : op(op), e(e), x(e.index), type(elementTypeOf(op.getX())),
        wide(computeType(type)), image(indices[0]), row(indices[2]),
        column(indices[3]) {
    Value channel = x.add(x.mul(indices[1], x.constant(kBlock)), indices[4]);
    // Lanes past the last filter may have no weights: they repeat the last.
    filter = x.min(channel, x.constant(op.getFilters() - 1));
  }

  Value emit() {
    Value sum = op.getForm() == ConvForm::winograd    ? winograd()
                : op.getForm() == ConvForm::transpose ? transposed()
                                                      : window();
    return convertScalar(e.b, e.loc, sum, wide, type);
  }

private:
  ScalarBuilder scalar() { return e.scalar(wide); }
  Value loadX(Value channel, Value h, Value w) {
    SmallVector<Value> at{image, channel, h, w};
    if (op.getForm() != ConvForm::planar) {
      at = blockedAt(x, {image, h, w}, channel);
    }
    return convertScalar(e.b, e.loc, e.load(op.getX(), at), type, wide);
  }
  Value multiplyAdd(Value sum, Value value, ArrayRef<Value> weightAt) {
    Value w =
        convertScalar(e.b, e.loc, e.load(op.getW(), weightAt), type, wide);
    if (type.isInteger()) {
      return scalar().add(sum, multiplyPairs(e.b, e.loc, value, w));
    }
    return scalar().add(sum, scalar().mul(value, w));
  }
  Value sumOver(int64_t count, Value initial,
                llvm::function_ref<Value(Value, Value)> body) {
    return e.loop(x.constant(0), x.constant(count), initial,
                  [&](Value i, ValueRange carried) {
                    return SmallVector<Value>{body(i, carried[0])};
                  })[0];
  }
  SmallVector<Value> weightAt(Value group, Value local, Value c, Value kh,
                              Value kw);
  Value window();
  Value transposed();
  Value winograd();
  Value patchElement(Value channel, int64_t i, int64_t j);

  ConvBlockedOp op;
  ElementBuilder &e;
  IndexBuilder &x;
  Type type, wide;
  Value image, row, column, filter;
};

/// Where the weight of filter `local` of a group lies.
SmallVector<Value> ConvElement::weightAt(Value group, Value local, Value c,
                                         Value kh, Value kw) {
  Value panel = x.floorDiv(local, x.constant(kPanel));
  Value lane = x.floorMod(local, x.constant(kPanel));
  Value block = x.floorDiv(c, x.constant(kBlock));
  Value k = x.floorMod(c, x.constant(kBlock));
  switch (op.getForm()) {
  case ConvForm::direct:
    return {group, panel, block, kh, kw, k, lane};
  case ConvForm::planar:
    return {panel, c, kh, kw, lane};
  case ConvForm::transpose:
    return {kh, kw, panel, block, k, lane};
  case ConvForm::depthwise:
    return {x.floorDiv(filter, x.constant(kBlock)), kh, kw, c,
            x.floorMod(filter, x.constant(kBlock))};
  case ConvForm::winograd:
    return {panel, x.add(x.mul(kh, x.constant(4)), kw), block, k, lane};
  }
  llvm_unreachable("unknown form");
}

Value ConvElement::window() {
  int64_t perGroup = op.getChannels() / op.getGroup();
  Value filters = x.constant(op.getFilters() / op.getGroup());
  Value group = x.floorDiv(filter, filters),
        local = x.floorMod(filter, filters);
  Value first = x.mul(group, x.constant(perGroup));
  auto position = [&](Value out, Value k, unsigned axis) {
    Value origin = x.sub(x.mul(out, x.constant(op.getStrides()[axis])),
                         x.constant(op.getPads()[axis]));
    return x.add(origin, x.mul(k, x.constant(op.getDilations()[axis])));
  };
  auto inside = [&](Value at, unsigned axis) {
    return x.and_(x.lessEqual(x.constant(0), at),
                  x.less(at, e.dim(op.getX(), axis + 2)));
  };
  return sumOver(perGroup, scalar().zero(), [&](Value c, Value sum) {
    return sumOver(op.getKernel()[0], sum, [&](Value kh, Value sumRow) {
      return sumOver(op.getKernel()[1], sumRow, [&](Value kw, Value carried) {
        Value h = position(row, kh, 0), w = position(column, kw, 1);
        return e.branch(
            x.and_(inside(h, 0), inside(w, 1)),
            [&] {
              return multiplyAdd(carried, loadX(x.add(first, c), h, w),
                                 weightAt(group, local, c, kh, kw));
            },
            [&] { return carried; });
      });
    });
  });
}

Value ConvElement::transposed() {
  auto split = [&](Value out, unsigned axis) {
    Value stride = x.constant(op.getKernel()[axis]);
    return std::pair(x.floorDiv(out, stride), x.floorMod(out, stride));
  };
  std::pair<Value, Value> h = split(row, 0), w = split(column, 1);
  Value zero = x.constant(0);
  return sumOver(op.getChannels(), scalar().zero(), [&](Value c, Value sum) {
    return multiplyAdd(sum, loadX(c, h.first, w.first),
                       weightAt(zero, filter, c, h.second, w.second));
  });
}

/// Element (i, j) of the 4x4 patch under this output's tile, 0 outside.
Value ConvElement::patchElement(Value channel, int64_t i, int64_t j) {
  auto at = [&](Value out, unsigned axis, int64_t offset) {
    Value two = x.constant(2);
    return x.add(x.mul(x.floorDiv(out, two), two),
                 x.constant(offset - op.getPads()[axis]));
  };
  auto inside = [&](Value at, unsigned axis) {
    return x.and_(x.lessEqual(x.constant(0), at),
                  x.less(at, e.dim(op.getX(), axis + 2)));
  };
  Value h = at(row, 0, i), w = at(column, 1, j);
  return e.branch(
      x.and_(inside(h, 0), inside(w, 1)), [&] { return loadX(channel, h, w); },
      [&] { return scalar().zero(); });
}

// Y = A^T [U * (B^T d B)] A, for one element (r, s) of Y.
Value ConvElement::winograd() {
  static const int transformIn[4][4] = {
      {1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}};
  static const int transformOut[2][4] = {{1, 1, 1, 0}, {0, 1, -1, -1}};
  auto coefficient = [&](Value out, int64_t i) {
    // A^T[out % 2][i] as a number of the running program.
    Value odd = x.equal(x.floorMod(out, x.constant(2)), x.constant(1));
    return scalar().select(odd, scalar().constant(transformOut[1][i]),
                           scalar().constant(transformOut[0][i]));
  };
  Value zero = x.constant(0);
  return sumOver(
      op.getChannels(), scalar().zero(), [&](Value c, Value carried) {
        Value d[4][4], sum = carried;
        for (int64_t i = 0; i < 4; ++i) {
          for (int64_t j = 0; j < 4; ++j) {
            d[i][j] = patchElement(c, i, j);
          }
        }
        for (int64_t i = 0; i < 4; ++i) {
          for (int64_t j = 0; j < 4; ++j) {
            Value v = scalar().zero();
            for (int64_t a = 0; a < 4; ++a) {
              for (int64_t b = 0; b < 4; ++b) {
                int sign = transformIn[i][a] * transformIn[j][b];
                v = sign == 0  ? v
                    : sign > 0 ? scalar().add(v, d[a][b])
                               : scalar().sub(v, d[a][b]);
              }
            }
            Value share =
                scalar().mul(coefficient(row, i), coefficient(column, j));
            sum = multiplyAdd(
                sum, scalar().mul(v, share),
                weightAt(zero, filter, c, x.constant(i), x.constant(j)));
          }
        }
        return sum;
      });
}

} // namespace

Value mlc::emitElement(PackOp op, ElementBuilder &e, unsigned,
                       ValueRange indices) {
  IndexBuilder &x = e.index;
  Value channel = x.add(x.mul(indices[1], x.constant(kBlock)), indices[4]);
  return e.branch(
      x.less(channel, e.dim(op.getX(), 1)),
      [&] {
        return e.load(op.getX(), {indices[0], channel, indices[2], indices[3]});
      },
      [&] { return e.scalar(elementTypeOf(op.getX())).zero(); });
}

Value mlc::emitElement(UnpackOp op, ElementBuilder &e, unsigned,
                       ValueRange indices) {
  return e.load(
      op.getX(),
      blockedAt(e.index, {indices[0], indices[2], indices[3]}, indices[1]));
}

Value mlc::emitElement(ConvBlockedOp op, ElementBuilder &e, unsigned,
                       ValueRange indices) {
  return ConvElement(op, e, indices).emit();
}

Value mlc::emitElement(PoolBlockedOp op, ElementBuilder &e, unsigned,
                       ValueRange indices) {
  IndexBuilder &x = e.index;
  Type type = elementTypeOf(op.getX()), wide = computeType(type);
  bool isMax = op.getKind() == PoolKind::max;
  ScalarBuilder outer = e.scalar(wide);
  Value zero = x.constant(0);
  auto limits = [&](unsigned axis, bool padded) {
    // Kernel positions [low, high) inside the image or the padded image.
    int64_t before = op.getPads()[axis], after = op.getPads()[axis + 2];
    Value step = x.constant(op.getDilations()[axis]);
    Value origin =
        x.sub(x.mul(indices[axis + 2], x.constant(op.getStrides()[axis])),
              x.constant(before));
    Value low = x.constant(padded ? -before : 0);
    Value high =
        x.add(e.dim(op.getX(), axis + 2), x.constant(padded ? after : 0));
    Value first = x.max(zero, x.ceilDiv(x.sub(low, origin), step));
    Value last = x.min(x.constant(op.getKernel()[axis]),
                       x.ceilDiv(x.sub(high, origin), step));
    return std::tuple(origin, first, last);
  };
  auto [top, rowLow, rowHigh] = limits(0, false);
  auto [left, columnLow, columnHigh] = limits(1, false);
  Value initial = isMax ? outer.limit(wide, true) : outer.zero();
  Value topAt = top, leftAt = left, low = columnLow, high = columnHigh;
  auto take = [&](Value kh, Value kw, Value carried) {
    Value h = x.add(topAt, x.mul(kh, x.constant(op.getDilations()[0])));
    Value w = x.add(leftAt, x.mul(kw, x.constant(op.getDilations()[1])));
    Value value = e.load(op.getX(), {indices[0], indices[1], h, w, indices[4]});
    value = convertScalar(e.b, e.loc, value, type, wide);
    ScalarBuilder s = e.scalar(wide);
    return isMax ? s.max(carried, value) : s.add(carried, value);
  };
  Value total =
      e.loop(rowLow, rowHigh, initial, [&](Value kh, ValueRange outerSum) {
        return e.loop(low, high, outerSum[0],
                      [&](Value kw, ValueRange carried) {
                        return SmallVector<Value>{take(kh, kw, carried[0])};
                      });
      })[0];
  if (!isMax) {
    Value count = x.constant(1);
    for (unsigned axis = 0; axis < 2; ++axis) {
      auto taps = limits(axis, op.getCountIncludePad());
      Value length = x.sub(std::get<2>(taps), std::get<1>(taps));
      count = x.mul(count, x.max(zero, length));
    }
    total = e.scalar(wide).div(total, x.toElement(count, wide));
  }
  return convertScalar(e.b, e.loc, total, wide, type);
}
