//===- Fourier.cpp - discrete Fourier transforms as ops ---------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/frontend/onnx/Fourier.h"

#include "compiler/frontend/onnx/Indices.h"
#include "compiler/frontend/onnx/TensorData.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::onnx;

/// The longest transform that is less work as a product with a matrix than as
/// three transforms of more than twice its length.
static constexpr int64_t kLargestMatrix = 128;

//===----------------------------------------------------------------------===//
// Complex arithmetic: a part that is not there is zero
//===----------------------------------------------------------------------===//

static Value add(Node &n, Value x, Value y) {
  return !x ? y : !y ? x : n.add(x, y);
}

static Value sub(Node &n, Value x, Value y) {
  return !y ? x : !x ? n.create<NegOp>(y) : n.sub(x, y);
}

static Complex add(Node &n, Complex x, Complex y) {
  return {add(n, x.re, y.re), add(n, x.im, y.im)};
}

static Complex sub(Node &n, Complex x, Complex y) {
  return {sub(n, x.re, y.re), sub(n, x.im, y.im)};
}

/// x + i y
static Complex addTurned(Node &n, Complex x, Complex y) {
  return {sub(n, x.re, y.im), add(n, x.im, y.re)};
}

/// x - i y
static Complex subTurned(Node &n, Complex x, Complex y) {
  return {add(n, x.re, y.im), sub(n, x.im, y.re)};
}

static Complex scale(Node &n, Complex x, double factor) {
  Value s = n.scalarLike(x.re, factor);
  return {n.mul(x.re, s), x.im ? n.mul(x.im, s) : Value()};
}

static Complex multiply(Node &n, Complex x, Complex w) {
  if (!x.im) {
    return {n.mul(x.re, w.re), n.mul(x.re, w.im)};
  }
  return {n.sub(n.mul(x.re, w.re), n.mul(x.im, w.im)),
          n.add(n.mul(x.re, w.im), n.mul(x.im, w.re))};
}

//===----------------------------------------------------------------------===//
// Transforms of a few elements
//===----------------------------------------------------------------------===//

SmallVector<Complex> Fourier::butterfly(ArrayRef<Complex> x) {
  if (x.size() == 2) {
    return {add(n, x[0], x[1]), sub(n, x[0], x[1])};
  }
  return x.size() == 4 ? butterfly4(x) : butterflyOdd(x);
}

SmallVector<Complex> Fourier::butterfly4(ArrayRef<Complex> x) {
  Complex even = add(n, x[0], x[2]), evenTurned = sub(n, x[0], x[2]);
  Complex odd = add(n, x[1], x[3]), oddTurned = sub(n, x[1], x[3]);
  Complex left = addTurned(n, evenTurned, oddTurned);
  Complex right = subTurned(n, evenTurned, oddTurned);
  bool isInverse = sign > 0;
  return {add(n, even, odd), isInverse ? left : right, sub(n, even, odd),
          isInverse ? right : left};
}

/// Roots come in conjugate pairs: what k and -k share is computed once.
SmallVector<Complex> Fourier::butterflyOdd(ArrayRef<Complex> x) {
  int64_t size = x.size();
  SmallVector<Complex> y(size);
  y[0] = x[0];
  SmallVector<Complex> sums, differences;
  for (int64_t i = 1; 2 * i < size; ++i) {
    sums.push_back(add(n, x[i], x[size - i]));
    differences.push_back(sub(n, x[i], x[size - i]));
    y[0] = add(n, y[0], sums.back());
  }
  for (int64_t k = 1; 2 * k < size; ++k) {
    Complex cosines = x[0], sines;
    for (int64_t i = 1; 2 * i < size; ++i) {
      double angle = 2 * M_PI * double(i * k % size) / double(size);
      cosines = add(n, cosines, scale(n, sums[i - 1], std::cos(angle)));
      sines =
          add(n, sines, scale(n, differences[i - 1], sign * std::sin(angle)));
    }
    y[k] = addTurned(n, cosines, sines);
    y[size - k] = subTurned(n, cosines, sines);
  }
  return y;
}

//===----------------------------------------------------------------------===//
// Roots of unity
//===----------------------------------------------------------------------===//

using Root = std::complex<double>;

static Root rootOfUnity(int64_t turns, int64_t length, int sign) {
  double angle = 2 * M_PI * double(turns % length) / double(length);
  return {std::cos(angle), sign * std::sin(angle)};
}

Complex Fourier::table(ArrayRef<Root> values, ArrayRef<int64_t> shape) {
  auto shaped = RankedTensorType::get(shape, type);
  auto part = [&](auto of) {
    std::string bytes;
    for (const Root &value : values) {
      double wide = of(value);
      float narrow = float(wide);
      bytes.append(type.isF64() ? reinterpret_cast<char *>(&wide)
                                : reinterpret_cast<char *>(&narrow),
                   type.isF64() ? sizeof(double) : sizeof(float));
    }
    return n.constant(makeElements(shaped, std::move(bytes), "dft"));
  };
  return {part([](const Root &value) { return value.real(); }),
          part([](const Root &value) { return value.imag(); })};
}

Complex Fourier::roots(int64_t length, int64_t count, int64_t k) {
  SmallVector<Root> values;
  for (int64_t j = 0; j < count; ++j) {
    values.push_back(rootOfUnity(j * k, length, sign));
  }
  return table(values, {count, 1});
}

/// Of a length that only the run knows: angles reduced in integers, in f64.
Complex Fourier::matrixAtRunTime(AffineExpr length) {
  Type i64 = n.b.getI64Type(), f64 = n.b.getF64Type();
  Value turns = n.elementwise<ModOp>(
      {n.mul(iotaAlong(n, i64, length, 0, 2), iotaAlong(n, i64, length, 1, 2)),
       n.scalarTensor(length, i64)});
  Value step =
      n.div(n.scalar(f64, sign * 2 * M_PI), n.scalarTensor(length, f64));
  Value angle = n.mul(n.cast(turns, f64), step);
  return {n.cast(n.create<CosOp>(angle), type),
          n.cast(n.create<SinOp>(angle), type)};
}

Complex Fourier::matrix(AffineExpr length) {
  auto known = DimMath::literal(length);
  if (!known) {
    return matrixAtRunTime(length);
  }
  SmallVector<Root> values;
  for (int64_t j = 0; j < *known; ++j) {
    for (int64_t k = 0; k < *known; ++k) {
      values.push_back(rootOfUnity(j * k, *known, sign));
    }
  }
  return table(values, {*known, *known});
}

//===----------------------------------------------------------------------===//
// The transform
//===----------------------------------------------------------------------===//

/// [outer, length, inner] to [outer, length / radix, radix * inner]: what is
/// left are transforms of length / radix along axis 1.
Complex Fourier::pass(Complex x, int64_t length, int64_t radix) {
  DimExprs dims = n.dims(x.re);
  AffineExpr rest = n.math.constant(length / radix);
  SmallVector<Complex> parts;
  for (int64_t i = 0; i < radix; ++i) {
    AffineExpr start = n.math.constant(i * (length / radix));
    parts.push_back({n.slice(x.re, 1, start, rest),
                     x.im ? n.slice(x.im, 1, start, rest) : Value()});
  }
  parts = butterfly(parts);
  SmallVector<Value> re, im;
  for (int64_t k = 0; k < radix; ++k) {
    Complex part = parts[k];
    if (k != 0 && length != radix) {
      part = multiply(n, part, roots(length, length / radix, k));
    }
    part.im = part.im ? part.im : n.fill(type, 0, n.dims(part.re));
    re.push_back(n.unsqueeze(part.re, {2}));
    im.push_back(n.unsqueeze(part.im, {2}));
  }
  dims[1] = rest;
  dims[2] = n.math.mul(dims[2], n.math.constant(radix));
  return {n.reshape(n.concat(re, 2), dims), n.reshape(n.concat(im, 2), dims)};
}

Complex Fourier::multiplyByMatrix(Complex x, AffineExpr length) {
  Complex w = matrix(length);
  auto times = [&](Value part) {
    return part ? Complex{n.matmul(w.re, part), n.matmul(w.im, part)}
                : Complex();
  };
  return addTurned(n, times(x.re), times(x.im));
}

/// The transform of a power of two, unscaled.
static SmallVector<Root> transformed(ArrayRef<Root> x) {
  if (x.size() == 1) {
    return SmallVector<Root>(x);
  }
  size_t half = x.size() / 2;
  SmallVector<Root> even, odd, y(x.size());
  for (size_t i = 0; i < half; ++i) {
    even.push_back(x[2 * i]);
    odd.push_back(x[2 * i + 1]);
  }
  even = transformed(even);
  odd = transformed(odd);
  for (size_t i = 0; i < half; ++i) {
    Root turned = odd[i] * rootOfUnity(i, x.size(), -1);
    y[i] = even[i] + turned;
    y[i + half] = even[i] - turned;
  }
  return y;
}

/// With w[j] = exp(sign pi i j^2 / length), 2 j k = j^2 + k^2 - (k - j)^2 makes
/// y[k] = w[k] * sum over j of (x[j] w[j]) / w[k - j]: a convolution, which is
/// a product of the transforms of a power of two with room for it.
Complex Fourier::convolveWithChirp(Complex x, int64_t length) {
  int64_t room = llvm::PowerOf2Ceil(2 * length - 1);
  SmallVector<Root> chirp, inverse(room);
  for (int64_t j = 0; j < length; ++j) {
    chirp.push_back(rootOfUnity(j * j, 2 * length, sign));
    inverse[j] = std::conj(chirp.back()) / double(room);
    inverse[j == 0 ? 0 : room - j] = inverse[j];
  }
  Complex w = table(chirp, {length, 1});
  Complex y = multiply(n, x, w);
  DimExprs sizes = n.dims(y.re);
  auto padded = [&](Value part) {
    SmallVector<int64_t> low(3, 0), high = {0, room - length, 0};
    return n.create<PadOp>(part, Maybe{n.scalarLike(part, 0)},
                           SmallVector<Value>(), SmallVector<Value>(), low,
                           high, PadKind::constant);
  };
  AffineExpr zero = n.math.constant(0), whole = n.math.constant(room);
  y = Fourier(n, type, false).transform({padded(y.re), padded(y.im)}, whole);
  y = multiply(n, y, table(transformed(inverse), {room, 1}));
  y = Fourier(n, type, true).transform(y, whole);
  auto cut = [&](Value part) {
    return n.slice(part, {zero, zero, zero}, sizes, {1, 1, 1});
  };
  return multiply(n, {cut(y.re), cut(y.im)}, w);
}

Complex Fourier::transform(Complex x, AffineExpr length) {
  DimExprs dims = n.dims(x.re);
  auto known = DimMath::literal(length);
  if (known && *known % 2 == 0 && !x.im) {
    return wholeOf(transformPairs(x.re, *known), *known);
  }
  if (known) {
    int64_t rest = *known;
    // Even ones first: their roots are exact.
    for (int64_t radix : {4, 2, 3, 5, 7}) {
      for (; rest % radix == 0; rest /= radix) {
        x = pass(x, rest, radix);
      }
    }
    length = n.math.constant(rest);
  }
  auto left = DimMath::literal(length);
  if (left && *left > kLargestMatrix) {
    x = convolveWithChirp(x, *left);
  } else if (left != 1) {
    x = multiplyByMatrix(x, length);
  }
  return {n.reshape(x.re, dims), x.im ? n.reshape(x.im, dims) : Value()};
}

/// Of an even length: x[2 j] + i x[2 j + 1] is transformed, which takes half
/// the work. What even and odd elements gave are the parts of the result that
/// are conjugate symmetric and antisymmetric.
Complex Fourier::transformPairs(Value x, int64_t length) {
  DimExprs dims = n.dims(x);
  int64_t half = length / 2;
  AffineExpr zero = n.math.constant(0), one = n.math.constant(1);
  DimExprs sizes = {dims[0], n.math.constant(half), dims[2]};
  Complex pairs{n.slice(x, {zero, zero, zero}, sizes, {1, 2, 1}),
                n.slice(x, {zero, one, zero}, sizes, {1, 2, 1})};
  Complex z = transform(pairs, n.math.constant(half));
  SmallVector<int64_t> forward, backward;
  for (int64_t k = 0; k <= half; ++k) {
    forward.push_back(k % half);
    backward.push_back((half - k) % half);
  }
  auto at = [&](ArrayRef<int64_t> indices) {
    Value index = n.constant(indices);
    return Complex{n.gather(z.re, index, 1), n.gather(z.im, index, 1)};
  };
  Complex a = at(forward), b = at(backward);
  Complex even{n.add(a.re, b.re), n.sub(a.im, b.im)};
  Complex odd{n.add(a.im, b.im), n.sub(b.re, a.re)};
  Complex w = roots(length, half + 1, 1);
  return scale(n, add(n, even, multiply(n, odd, w)), 0.5);
}

/// The spectrum of real numbers from its first half: y[length - k] is the
/// conjugate of y[k].
Complex Fourier::wholeOf(Complex half, int64_t length) {
  AffineExpr zero = n.math.constant(0);
  DimExprs sizes = n.dims(half.re);
  sizes[1] = n.math.constant(length / 2 - 1);
  AffineExpr last = n.math.constant(length / 2 - 1);
  auto mirrored = [&](Value part) {
    return n.slice(part, {zero, last, zero}, sizes, {1, -1, 1});
  };
  Value im = n.create<NegOp>(mirrored(half.im));
  return {n.concat({half.re, mirrored(half.re)}, 1),
          n.concat({half.im, im}, 1)};
}

Complex Fourier::transformReal(Value x, AffineExpr length) {
  auto known = DimMath::literal(length);
  if (known && *known % 2 == 0) {
    return transformPairs(x, *known);
  }
  Complex y = transform({x, Value()}, length);
  AffineExpr half = n.math.floorDiv(length, n.math.constant(2));
  half = n.math.add(half, n.math.constant(1));
  auto cut = [&](Value part) {
    return part ? n.slice(part, 1, n.math.constant(0), half) : part;
  };
  return {cut(y.re), cut(y.im)};
}
