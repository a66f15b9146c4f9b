//===- SpecialSpectral.cpp - DFT, STFT, windows, mel filters ----*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Branches.h"
#include "compiler/frontend/onnx/Fourier.h"
#include "compiler/frontend/onnx/Indices.h"
#include "compiler/frontend/onnx/Rules.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;
using Predicate = arith::CmpIPredicate;

namespace {
/// What DFT and STFT do along axis 1 of x: [outer, N, inner, 1 or 2].
class Spectrum {
public:
  Spectrum(Node &n, AffineExpr length, bool inverse, bool onesided)
      : n(n), length(length), inverse(inverse), onesided(onesided) {
    half = n.math.floorDiv(length, n.math.constant(2));
    half = n.math.add(half, n.math.constant(1));
  }

  /// The extent of the result's axis.
  AffineExpr extent() const { return !inverse && onesided ? half : length; }

  Value transform(Value x) {
    if (!x || !length) {
      return {};
    }
    auto parts = DimMath::literal(n.dims(x)[3]);
    if (!parts) {
      n.unsupported("an input whose last dim, 1 for real and 2 for complex "
                    "numbers, is not known at compile time");
      return {};
    }
    if (parts != 1 && parts != 2) {
      n.badShape("the last dim must be 1 (real) or 2 (complex)");
      return {};
    }
    auto known = DimMath::literal(length);
    if (known && *known > Fourier::kLongest) {
      n.unsupported("a transform of " + Twine(*known) +
                    " elements, more than " + Twine(Fourier::kLongest));
      return {};
    }
    Complex in{part(x, 0), parts == 2 ? part(x, 1) : Value()};
    Complex out = transform(in, n.elementType(x));
    Value y = n.unsqueeze(out.re, {3});
    if (out.im) {
      y = n.concat({y, n.unsqueeze(out.im, {3})}, 3);
    }
    return inverse ? n.div(y, n.scalarTensor(length, n.elementType(x))) : y;
  }

private:
  /// One-sided, a half spectrum stands for real numbers: it comes out, or with
  /// `inverse` goes in.
  Complex transform(Complex x, Type type) {
    Fourier fourier(n, type, inverse);
    if (inverse && onesided) {
      return {fourier.transform(mirror(x), length).re, Value()};
    }
    Complex y = onesided && !x.im ? fourier.transformReal(x.re, length)
                                  : fourier.transform(x, length);
    y.im = y.im ? y.im : n.fill(type, 0, n.dims(y.re)); // of length 1
    if (onesided && x.im) {
      AffineExpr zero = n.math.constant(0);
      y = {n.slice(y.re, 1, zero, half), n.slice(y.im, 1, zero, half)};
    }
    return y;
  }

  /// The real or imaginary part, cut or filled with zeros to the extent that
  /// goes in: one-sided, the inverse takes the half spectrum.
  Value part(Value x, int64_t which) {
    AffineExpr from = inverse && onesided ? half : length;
    DimExprs dims = n.dims(x);
    Value y = n.slice(x, 3, n.math.constant(which), n.math.constant(1));
    dims.pop_back();
    y = n.reshape(y, dims);
    AffineExpr missing = n.math.sub(from, dims[1]);
    if (!y || n.math.equal(from, dims[1])) {
      return y;
    }
    MixedIndices high =
        n.mixed({n.math.constant(0), missing, n.math.constant(0)});
    SmallVector<int64_t> low(3, 0);
    return n.create<PadOp>(y, Maybe{n.scalarLike(x, 0)}, SmallVector<Value>(),
                           high.values, low, high.fixed, PadKind::constant);
  }

  /// The whole spectrum of real numbers from its first half: x[N - k] is the
  /// conjugate of x[k].
  Complex mirror(Complex x) {
    Type i64 = n.b.getI64Type();
    Value k = iotaAlong(n, i64, length, 0, 1);
    Value mirrored = n.sub(n.scalarTensor(length, i64), k);
    Value from = n.elementwise<MinOp>({k, mirrored});
    Complex whole{n.gather(x.re, from, 1), Value()};
    if (x.im) {
      Value isMirrored = n.elementwise<LessOp>({mirrored, k});
      Value im = n.gather(x.im, from, 1);
      whole.im = select(n, along(n, isMirrored, 1, 3), n.create<NegOp>(im), im);
    }
    return whole;
  }

  Node &n;
  AffineExpr length, half;
  bool inverse, onesided;
};
} // namespace

/// The type in which transforms compute.
static Type wideType(Node &n, Value x) {
  return n.elementType(x).isF64() ? n.elementType(x) : Type(n.b.getF32Type());
}

/// The axis of a DFT, a symbol when only the running model knows it.
static AffineExpr dftAxis(Node &n, int64_t rank) {
  AffineExpr axis;
  if (n.opset() >= 20 && n.has(2)) {
    axis = axisInput(n, 2, rank);
  } else {
    int64_t given = n.opset() >= 20 ? -2 : n.intAttr("axis", 1);
    auto normal = n.normalizeAxis(given, rank);
    axis = normal ? n.math.constant(*normal) : AffineExpr();
  }
  if (axis) {
    AffineExpr last = n.math.constant(rank - 1);
    n.require(n.math.compare(Predicate::slt, axis, last), axis, last,
              "the axis must come before the last one");
  }
  return n.failed() ? AffineExpr() : axis;
}

namespace {
/// DFT along an axis that may only be known when the model runs.
class Dft {
public:
  Dft(Node &n, Value x)
      : n(n), x(x), inverse(n.intAttr("inverse", 0) != 0),
        onesided(n.intAttr("onesided", 0) != 0) {
    given = n.has(1) ? integerInput(n, 1) : AffineExpr();
  }

  Value along(AffineExpr axis) {
    AffineExpr one = n.math.constant(1), length = one;
    DimExprs dims = n.dims(x);
    SmallVector<int64_t> axes;
    for (auto [i, extent] : llvm::enumerate(ArrayRef(dims).drop_back())) {
      AffineExpr itsLength = lengthFor(extent);
      AffineExpr isAxis =
          n.math.compare(Predicate::eq, axis, n.math.constant(i));
      length = n.math.select(isAxis, itsLength, length);
      auto known = DimMath::literal(itsLength);
      if (DimMath::literal(isAxis) != 0 && (!known || *known > 0)) {
        axes.push_back(i);
      }
    }
    n.require(n.math.compare(Predicate::sle, one, length), length, one,
              "the length must be positive");
    if (axes.empty() && !n.failed()) {
      n.badShape("no axis has a positive length");
    }
    return n.failed() ? Value() : along(axis, axes);
  }

private:
  /// How many elements `extent` of them are cut or filled to.
  AffineExpr lengthFor(AffineExpr extent) {
    AffineExpr one = n.math.constant(1), two = n.math.constant(2);
    return given                 ? given
           : inverse && onesided ? n.math.mul(n.math.sub(extent, one), two)
                                 : extent;
  }

  /// Each of `axes`, one of which is the axis, has code of its own.
  Value along(AffineExpr axis, ArrayRef<int64_t> axes) {
    if (axes.size() == 1) {
      return along(axes[0]);
    }
    using Values = std::optional<SmallVector<Value>>;
    auto valuesOf = [](Value y) { return y ? Values({y}) : std::nullopt; };
    AffineExpr isFirst =
        n.math.compare(Predicate::eq, axis, n.math.constant(axes[0]));
    Values y = buildIf(
        n, n.math.condition(isFirst), [&] { return valuesOf(along(axes[0])); },
        [&] { return valuesOf(along(axis, axes.drop_front())); });
    return y ? y->front() : Value();
  }

  Value along(int64_t axis) {
    DimExprs dims = n.dims(x);
    AffineExpr outer = n.math.product(ArrayRef(dims).take_front(axis));
    AffineExpr inner =
        n.math.product(ArrayRef(dims).drop_front(axis + 1).drop_back());
    Spectrum spectrum(n, lengthFor(dims[axis]), inverse, onesided);
    Value rows = n.reshape(n.cast(x, wideType(n, x)),
                           {outer, dims[axis], inner, dims.back()});
    Value y = spectrum.transform(rows);
    if (!y) {
      return {};
    }
    dims[axis] = spectrum.extent();
    dims.back() = n.dims(y)[3];
    return n.cast(n.reshape(y, dims), n.elementType(x));
  }

  Node &n;
  Value x;
  bool inverse, onesided;
  AffineExpr given; // null without the input
};
} // namespace

static void importDFT(Node &n) {
  Value x = n.value(0);
  AffineExpr axis = x ? dftAxis(n, n.rank(x)) : AffineExpr();
  if (!axis) {
    return;
  }
  Dft dft(n, x);
  if (!n.failed()) {
    n.setResult(0, dft.along(axis));
  }
}

static void importSTFT(Node &n) {
  Value signal = n.value(0), window = n.optionalValue(2);
  AffineExpr step = integerInput(n, 1);
  bool onesided = n.intAttr("onesided", 1) != 0;
  if (signal && n.rank(signal) == 2) {
    signal = n.unsqueeze(signal, {2}); // real, as exporters write it
  }
  if (!signal || !step || n.rank(signal) != 3) {
    return n.failed() ? void()
                      : n.badShape("expects a signal [N, L], [N, L, 1] or "
                                   "[N, L, 2]");
  }
  if (window && n.rank(window) != 1) {
    return n.badShape("expects a window of rank 1");
  }
  DimExprs dims = n.dims(signal);
  AffineExpr one = n.math.constant(1);
  AffineExpr length = n.has(3) ? integerInput(n, 3)
                      : window ? n.dims(window)[0]
                               : dims[1];
  if (!length || n.failed()) {
    return;
  }
  n.require(n.math.compare(Predicate::sle, one, step), step, one,
            "frame_step must be positive");
  n.require(n.math.compare(Predicate::sle, one, length), length, one,
            "frame_length must be positive");
  n.require(n.math.compare(Predicate::sle, length, dims[1]), length, dims[1],
            "a frame must not be longer than the signal");
  if (window) {
    n.requireEqual(n.dims(window)[0], length, "the window's length");
  }
  if (n.failed()) {
    return;
  }
  AffineExpr frames =
      n.math.add(n.math.floorDiv(n.math.sub(dims[1], length), step), one);
  Type i64 = n.b.getI64Type(), type = wideType(n, signal);
  Value starts =
      n.mul(iotaAlong(n, i64, frames, 0, 2), n.scalarTensor(step, i64));
  Value at = n.add(starts, iotaAlong(n, i64, length, 1, 2));
  Value x = n.gather(n.cast(signal, type), at, 1);
  if (window) {
    x = n.mul(x, n.perChannel(n.cast(window, type), 4, 2));
  }
  AffineExpr rows = n.math.mul(dims[0], frames);
  Spectrum spectrum(n, length, false, onesided);
  Value y = spectrum.transform(n.reshape(x, {rows, length, one, dims[2]}));
  y = n.reshape(y, {dims[0], frames, spectrum.extent(), n.math.constant(2)});
  n.setResult(0, n.cast(y, n.elementType(signal)));
}

//===----------------------------------------------------------------------===//
// Windows and filters
//===----------------------------------------------------------------------===//

/// a0 - a1 cos(2 pi i / N) + a2 cos(4 pi i / N)
static void importWindow(Node &n) {
  AffineExpr size = integerInput(n, 0);
  bool periodic = n.intAttr("periodic", 1) != 0;
  Type type = n.typeAttr("output_datatype", 1);
  if (!size || !type) {
    return;
  }
  AffineExpr zero = n.math.constant(0), one = n.math.constant(1);
  n.require(n.math.compare(Predicate::sle, zero, size), size, zero,
            "the size must not be negative");
  struct Weights {
    double a0, a1, a2;
  };
  Weights w = n.opType() == "HannWindow"      ? Weights{0.5, 0.5, 0}
              : n.opType() == "HammingWindow" ? Weights{25.0 / 46, 21.0 / 46, 0}
                                              : Weights{0.42, 0.5, 0.08};
  Type f64 = n.b.getF64Type();
  AffineExpr steps = periodic ? size : n.math.sub(size, one);
  steps = n.math.max(steps, one);
  Value turn =
      n.div(n.mul(iotaAlong(n, f64, size, 0, 1), n.scalar(f64, 2 * M_PI)),
            n.scalarTensor(steps, f64));
  Value first = n.mul(n.create<CosOp>(turn), n.scalar(f64, -w.a1));
  Value y = n.add(first, n.scalar(f64, w.a0));
  if (w.a2 != 0) {
    Value twice = n.create<CosOp>(n.add(turn, turn));
    y = n.add(y, n.mul(twice, n.scalar(f64, w.a2)));
  }
  n.setResult(0, n.cast(y, type));
}

/// Edges of the filters, equally spaced in mel, as numbers of spectrum bins.
static Value melEdges(Node &n, AffineExpr filters, AffineExpr length,
                      AffineExpr rate) {
  Type f64 = n.b.getF64Type();
  AffineExpr count = n.math.add(filters, n.math.constant(2));
  auto mel = [&](unsigned i) {
    Value hertz = n.reshape(n.cast(n.value(i), f64), {});
    Value ratio = n.div(hertz, n.scalar(f64, 700));
    return n.mul(n.create<LogOp>(n.add(ratio, n.scalar(f64, 1))),
                 n.scalar(f64, 2595 / M_LN10));
  };
  Value low = mel(3), high = mel(4);
  Value step = n.div(n.sub(high, low), n.scalarTensor(count, f64));
  Value edge = n.add(n.mul(iotaAlong(n, f64, count, 0, 1), step), low);
  Value power = n.elementwise<PowOp>(
      {n.scalar(f64, 10), n.div(edge, n.scalar(f64, 2595))});
  Value hertz = n.mul(n.sub(power, n.scalar(f64, 1)), n.scalar(f64, 700));
  AffineExpr bins = n.math.add(length, n.math.constant(1));
  Value scaled =
      n.div(n.mul(hertz, n.scalarTensor(bins, f64)), n.scalarTensor(rate, f64));
  return n.create<FloorOp>(scaled);
}

static void importMelWeightMatrix(Node &n) {
  AffineExpr filters = integerInput(n, 0), length = integerInput(n, 1);
  AffineExpr rate = integerInput(n, 2);
  Type type = n.typeAttr("output_datatype", 1), f64 = n.b.getF64Type();
  if (!filters || !length || !rate || !type) {
    return;
  }
  AffineExpr zero = n.math.constant(0), one = n.math.constant(1);
  for (AffineExpr size : {filters, length}) {
    n.require(n.math.compare(Predicate::sle, zero, size), size, zero,
              "sizes must not be negative");
  }
  AffineExpr rows =
      n.math.add(n.math.floorDiv(length, n.math.constant(2)), one);
  Value edges = melEdges(n, filters, length, rate);
  auto edge = [&](int64_t i) {
    return n.slice(edges, 0, n.math.constant(i), filters);
  };
  Value low = edge(0), middle = edge(1), high = edge(2);
  Value bin = iotaAlong(n, f64, rows, 0, 2);
  auto slope = [&](Value rise, Value run) {
    Value isFlat = n.elementwise<EqualOp>({run, n.scalar(f64, 0)});
    return n.div(rise, select(n, isFlat, n.scalar(f64, 1), run));
  };
  auto within = [&](Value from, Value to, bool closed) {
    Value above = n.elementwise<GreaterEqualOp>({bin, from});
    Value below = closed ? n.elementwise<LessEqualOp>({bin, to})
                         : n.elementwise<LessOp>({bin, to});
    return n.elementwise<AndOp>({above, below});
  };
  Value none = n.scalar(f64, 0);
  // A filter without a rising side has its peak alone.
  Value rising = slope(n.sub(bin, low), n.sub(middle, low));
  Value isPeak = n.elementwise<EqualOp>({low, middle});
  rising = select(n, isPeak, n.scalar(f64, 1), rising);
  Value falling = slope(n.sub(high, bin), n.sub(high, middle));
  Value y = select(n, within(low, middle, true), rising, none);
  y = select(n, within(middle, high, false), falling, y);
  n.setResult(0, n.cast(y, type));
}

void mlc::onnx::addSpectralRules(RuleTable &table) {
  table.add("DFT", 17, importDFT);
  table.add("STFT", 17, importSTFT);
  for (StringRef name : {"HannWindow", "HammingWindow", "BlackmanWindow"}) {
    table.add(name, 17, importWindow);
  }
  table.add("MelWeightMatrix", 17, importMelWeightMatrix);
}
