//===- ResizeAxes.h - sizes and factors of a Resize -------------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_FRONTEND_ONNX_RESIZEAXES_H
#define MLC_COMPILER_FRONTEND_ONNX_RESIZEAXES_H

#include "compiler/frontend/onnx/Node.h"

namespace mlc::onnx {

/// One axis: its new extent, and the factor by which positions scale as f64
/// [1] (a constant where it is known).
struct ResizeAxis {
  int64_t axis;
  mlir::AffineExpr size;
  mlir::Value scale;
  std::optional<double> knownScale;
};

/// Reads the sizes and factors of all resized axes.
class ResizeAxes {
public:
  ResizeAxes(Node &n, mlir::Value x) : n(n), x(x), f64(n.b.getF64Type()) {}

  /// Axes in the order in which scales and sizes list them. False after a
  /// problem.
  bool readAxes();

  /// Factors known at compile time.
  bool fromKnownScales(llvm::ArrayRef<double> scales);

  /// Factors in input `i`, read when the model runs.
  bool fromScales(unsigned i);

  /// Extents in input `i`; `policy` may keep the ratio of the axes.
  bool fromSizes(unsigned i, llvm::StringRef policy);

  llvm::SmallVector<ResizeAxis> axes;
  llvm::SmallVector<int64_t> order;

private:
  void add(int64_t axis, mlir::AffineExpr size, mlir::Value scale,
           std::optional<double> known);

  bool checkCount(size_t count);

  mlir::Value constant(double value);

  mlir::Value ratio(mlir::AffineExpr size, mlir::AffineExpr dim);

  /// floor(extent * scale): a float is p / 2^k exactly.
  mlir::AffineExpr scaledExtent(mlir::AffineExpr extent, double scale);

  /// The greatest (or least) of all axes' ratios; `known` when all are.
  struct Ratio {
    mlir::Value value;
    std::optional<double> known;
  };
  Ratio commonRatio(llvm::ArrayRef<mlir::AffineExpr> sizes, bool larger);

  /// One factor for all axes.
  bool keepRatio(llvm::ArrayRef<mlir::AffineExpr> sizes,
                 llvm::StringRef policy);

  Node &n;
  mlir::Value x;
  mlir::Type f64;
};

} // namespace mlc::onnx

#endif // MLC_COMPILER_FRONTEND_ONNX_RESIZEAXES_H
