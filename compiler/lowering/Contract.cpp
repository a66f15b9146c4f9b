//===- Contract.cpp - rules of products, convolutions, pools ----*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The generic form, one scalar loop nest per output element: what every target
// can run, for the types and shapes that no faster emitter takes.
//
//===----------------------------------------------------------------------===//
#include "compiler/lowering/Lowering.h"

using namespace mlir;
using namespace mlc;

namespace {
/// Sums products x*w in the wide type.
class Accumulator {
public:
  Accumulator(ElementBuilder &e, Value x)
      : e(e), type(elementTypeOf(x)), wide(computeType(type)) {}

  Value zero() { return e.scalar(wide).zero(); }
  Value widen(Value x) { return convertScalar(e.b, e.loc, x, type, wide); }
  Value multiplyAdd(Value sum, Value x, Value w) {
    ScalarBuilder s = e.scalar(wide);
    return s.add(sum, s.mul(widen(x), widen(w)));
  }
  Value finish(Value sum) { return convertScalar(e.b, e.loc, sum, wide, type); }

  ElementBuilder &e;
  Type type, wide;
};

/// One spatial window: nested loops over the kernel axes; `at` holds the input
/// position of each axis and `k` the kernel position.
using WindowBody =
    llvm::function_ref<Value(ValueRange at, ValueRange k, Value carried)>;

struct Window {
  ArrayRef<int64_t> strides, pads, dilations;
};

Value emitWindow(ElementBuilder &e, const Window &window, ValueRange out,
                 ArrayRef<Value> inExtents, ArrayRef<Value> kernelExtents,
                 Value initial, WindowBody body) {
  SmallVector<Value> at, k;
  IndexBuilder &x = e.index;
  std::function<Value(Value)> nest = [&](Value carried) -> Value {
    unsigned axis = at.size();
    if (axis == out.size()) {
      return body(at, k, carried);
    }
    Value origin = x.sub(x.mul(out[axis], x.constant(window.strides[axis])),
                         x.constant(window.pads[axis]));
    return e.loop(x.constant(0), kernelExtents[axis], carried,
                  [&](Value i, ValueRange inner) {
                    Value step = x.constant(window.dilations[axis]);
                    Value position = x.add(origin, x.mul(i, step));
                    Value inside = x.and_(x.lessEqual(x.constant(0), position),
                                          x.less(position, inExtents[axis]));
                    at.push_back(position);
                    k.push_back(i);
                    Value next = e.branch(
                        inside, [&] { return nest(inner[0]); },
                        [&] { return Value(inner[0]); });
                    at.pop_back();
                    k.pop_back();
                    return SmallVector<Value>{next};
                  })[0];
  };
  return nest(initial);
}

SmallVector<Value> spatialDims(ElementBuilder &e, Value tensor) {
  SmallVector<Value> dims;
  int64_t rank = cast<ShapedType>(tensor.getType()).getRank();
  for (int64_t i = 2; i < rank; ++i) {
    dims.push_back(e.dim(tensor, i));
  }
  return dims;
}
} // namespace

Value mlc::emitElement(MatMulOp op, ElementBuilder &e, unsigned,
                       ValueRange indices) {
  auto typeA = cast<RankedTensorType>(op.getA().getType());
  auto typeB = cast<RankedTensorType>(op.getB().getType());
  ValueRange batch = indices.drop_back(2);
  auto batchIndices = [&](RankedTensorType type) {
    auto dims = RankedTensorType::get(type.getShape().drop_back(2),
                                      type.getElementType());
    return broadcastIndices(e.index, dims, batch);
  };
  Accumulator sum(e, op.getA());
  int64_t inner = typeA.getRank() - (op.getTransposeA() ? 2 : 1);
  Value total = e.loop(
      e.index.constant(0), e.dim(op.getA(), inner), sum.zero(),
      [&](Value k, ValueRange carried) {
        SmallVector<Value> a = batchIndices(typeA), b = batchIndices(typeB);
        Value m = indices[indices.size() - 2], n = indices.back();
        a.append({op.getTransposeA() ? k : m, op.getTransposeA() ? m : k});
        b.append({op.getTransposeB() ? n : k, op.getTransposeB() ? k : n});
        return SmallVector<Value>{sum.multiplyAdd(
            carried[0], e.load(op.getA(), a), e.load(op.getB(), b))};
      })[0];
  return sum.finish(total);
}

Value mlc::emitElement(ConvOp op, ElementBuilder &e, unsigned,
                       ValueRange indices) {
  IndexBuilder &x = e.index;
  Value perGroup = e.dim(op.getW(), 1);
  Value outPerGroup =
      x.floorDiv(e.dim(op.getW(), 0), x.constant(op.getGroup()));
  Value firstChannel = x.mul(x.floorDiv(indices[1], outPerGroup), perGroup);
  Window window{op.getStrides(), op.getPads(), op.getDilations()};
  Accumulator sum(e, op.getX());
  SmallVector<Value> extents = spatialDims(e, op.getX());
  SmallVector<Value> kernel = spatialDims(e, op.getW());
  Value total = e.loop(
      x.constant(0), perGroup, sum.zero(), [&](Value c, ValueRange carried) {
        return SmallVector<Value>{emitWindow(
            e, window, indices.drop_front(2), extents, kernel, carried[0],
            [&](ValueRange at, ValueRange k, Value partial) {
              SmallVector<Value> from{indices[0], x.add(firstChannel, c)};
              SmallVector<Value> weight{indices[1], c};
              llvm::append_range(from, at);
              llvm::append_range(weight, k);
              return sum.multiplyAdd(partial, e.load(op.getX(), from),
                                     e.load(op.getW(), weight));
            })};
      })[0];
  return sum.finish(total);
}

Value mlc::emitElement(ConvTransposeOp op, ElementBuilder &e, unsigned,
                       ValueRange indices) {
  // y[o] gathers x[i] w[k] for every k with i * stride = o + pad - k *
  // dilation.
  IndexBuilder &x = e.index;
  Value outPerGroup = e.dim(op.getW(), 1);
  Value perGroup = x.floorDiv(e.dim(op.getX(), 1), x.constant(op.getGroup()));
  Value group = x.floorDiv(indices[1], outPerGroup);
  Value outChannel = x.sub(indices[1], x.mul(group, outPerGroup));
  Value firstChannel = x.mul(group, perGroup);
  SmallVector<Value> extents = spatialDims(e, op.getX());
  SmallVector<Value> kernel = spatialDims(e, op.getW());
  ValueRange out = indices.drop_front(2);
  Accumulator sum(e, op.getX());
  SmallVector<Value> at, k;
  std::function<Value(Value, Value)> nest = [&](Value c,
                                                Value carried) -> Value {
    unsigned axis = at.size();
    if (axis == out.size()) {
      Value channel = x.add(firstChannel, c);
      SmallVector<Value> from{indices[0], channel}, weight{channel, outChannel};
      llvm::append_range(from, at);
      llvm::append_range(weight, k);
      return sum.multiplyAdd(carried, e.load(op.getX(), from),
                             e.load(op.getW(), weight));
    }
    Value stride = x.constant(op.getStrides()[axis]);
    Value shifted = x.add(out[axis], x.constant(op.getPads()[axis]));
    return e.loop(
        x.constant(0), kernel[axis], carried, [&](Value i, ValueRange inner) {
          Value scaled =
              x.sub(shifted, x.mul(i, x.constant(op.getDilations()[axis])));
          Value position = x.floorDiv(scaled, stride);
          Value exact = x.equal(x.mul(position, stride), scaled);
          Value inside = x.and_(x.lessEqual(x.constant(0), position),
                                x.less(position, extents[axis]));
          at.push_back(position);
          k.push_back(i);
          Value next = e.branch(
              x.and_(exact, inside), [&] { return nest(c, inner[0]); },
              [&] { return Value(inner[0]); });
          at.pop_back();
          k.pop_back();
          return SmallVector<Value>{next};
        })[0];
  };
  Value total = e.loop(x.constant(0), perGroup, sum.zero(),
                       [&](Value c, ValueRange carried) {
                         return SmallVector<Value>{nest(c, carried[0])};
                       })[0];
  return sum.finish(total);
}

/// How many positions of a window count for the average: those inside the
/// input, or inside the padded input with count_include_pad.
static Value countedPositions(PoolOp op, ElementBuilder &e, ValueRange out) {
  IndexBuilder &x = e.index;
  size_t spatial = op.getKernel().size();
  Value count = x.constant(1);
  for (size_t i = 0; i < spatial; ++i) {
    int64_t dilation = op.getDilations()[i];
    int64_t before = op.getPads()[i], after = op.getPads()[spatial + i];
    Value origin = x.sub(x.mul(out[i], x.constant(op.getStrides()[i])),
                         x.constant(before));
    Value low = x.constant(op.getCountIncludePad() ? -before : 0);
    Value high = e.dim(op.getX(), i + 2);
    if (op.getCountIncludePad()) {
      high = x.add(high, x.constant(after));
    }
    Value step = x.constant(dilation);
    Value first = x.max(x.constant(0), x.ceilDiv(x.sub(low, origin), step));
    Value last = x.min(x.constant(op.getKernel()[i]),
                       x.ceilDiv(x.sub(high, origin), step));
    count = x.mul(count, x.max(x.constant(0), x.sub(last, first)));
  }
  return count;
}

Value mlc::emitElement(PoolOp op, ElementBuilder &e, unsigned,
                       ValueRange indices) {
  Type type = elementTypeOf(op.getX());
  Type wide = computeType(type);
  Window window{op.getStrides(), op.getPads(), op.getDilations()};
  SmallVector<Value> kernel;
  for (int64_t extent : op.getKernel()) {
    kernel.push_back(e.index.constant(extent));
  }
  bool isMax = op.getKind() == PoolKind::max;
  ScalarBuilder outer = e.scalar(wide);
  Value initial = isMax ? outer.limit(wide, true) : outer.zero();
  Value total = emitWindow(
      e, window, indices.drop_front(2), spatialDims(e, op.getX()), kernel,
      initial, [&](ValueRange at, ValueRange, Value carried) {
        SmallVector<Value> from{indices[0], indices[1]};
        llvm::append_range(from, at);
        Value x =
            convertScalar(e.b, e.loc, e.load(op.getX(), from), type, wide);
        ScalarBuilder s = e.scalar(wide);
        if (isMax) {
          return s.max(carried, x);
        }
        if (op.getKind() == PoolKind::average) {
          return s.add(carried, x);
        }
        return s.add(carried, s.pow(s.abs(x), s.constant(op.getP())));
      });
  ScalarBuilder s = e.scalar(wide);
  if (op.getKind() == PoolKind::average) {
    Value count = countedPositions(op, e, indices.drop_front(2));
    total = s.div(total, e.index.toElement(count, wide));
  } else if (op.getKind() == PoolKind::lp) {
    total = s.pow(total, s.constant(1.0 / op.getP()));
  }
  return convertScalar(e.b, e.loc, total, wide, type);
}
