//===- Fourier.h - discrete Fourier transforms as ops -----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_FRONTEND_ONNX_FOURIER_H
#define MLC_COMPILER_FRONTEND_ONNX_FOURIER_H

#include "compiler/frontend/onnx/Node.h"

#include <complex>

namespace mlc::onnx {

/// Complex numbers as two tensors of one shape; without `im` they are real.
struct Complex {
  mlir::Value re, im;
};

/// sum over n of x[n] exp(-+ 2 pi i k n / length), unscaled, along axis 1 of
/// tensors [outer, length, inner].
///
/// A known length takes n ln n operations: it is taken apart into small factors
/// (Cooley and Tukey, Math. Comp. 19, 1965; in Stockham's order, which needs no
/// bit reversal), and what is left is a convolution with a chirp (Bluestein,
/// IEEE Trans. Audio Electroacoust. 18, 1970), or a product with a matrix where
/// that is less work. One not known is a product with a matrix.
class Fourier {
public:
  /// The longest transform of a known length; its roots stand in the artifact.
  static constexpr int64_t kLongest = 1 << 21;

  Fourier(Node &n, mlir::Type type, bool inverse)
      : n(n), type(type), sign(inverse ? 1 : -1) {}

  Complex transform(Complex x, mlir::AffineExpr length);

  /// The first length / 2 + 1 elements of the transform of real numbers.
  Complex transformReal(mlir::Value x, mlir::AffineExpr length);

private:
  Complex transformPairs(mlir::Value x, int64_t length);
  Complex wholeOf(Complex half, int64_t length);
  Complex pass(Complex x, int64_t length, int64_t radix);
  llvm::SmallVector<Complex> butterfly(llvm::ArrayRef<Complex> x);
  llvm::SmallVector<Complex> butterfly4(llvm::ArrayRef<Complex> x);
  llvm::SmallVector<Complex> butterflyOdd(llvm::ArrayRef<Complex> x);
  Complex multiplyByMatrix(Complex x, mlir::AffineExpr length);
  Complex convolveWithChirp(Complex x, int64_t length);

  /// exp(sign 2 pi i j k / length) for j along axis 0 of [count, 1].
  Complex roots(int64_t length, int64_t count, int64_t k);
  /// [length, length]
  Complex matrix(mlir::AffineExpr length);
  Complex matrixAtRunTime(mlir::AffineExpr length);
  Complex table(llvm::ArrayRef<std::complex<double>> values,
                llvm::ArrayRef<int64_t> shape);

  Node &n;
  mlir::Type type;
  int sign;
};

} // namespace mlc::onnx

#endif // MLC_COMPILER_FRONTEND_ONNX_FOURIER_H
