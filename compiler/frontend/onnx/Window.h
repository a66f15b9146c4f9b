//===- Window.h - attributes of convolutions and pools ----------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef MLC_COMPILER_FRONTEND_ONNX_WINDOW_H
#define MLC_COMPILER_FRONTEND_ONNX_WINDOW_H

#include "compiler/frontend/onnx/Node.h"

namespace mlc::onnx {

enum class AutoPad { none, valid, sameUpper, sameLower };

/// A window that slides over the spatial axes; every entry was checked to be
/// below 2^31 in magnitude, strides, dilations and kernel to be positive.
struct Window {
  llvm::SmallVector<int64_t> kernel, strides, dilations;
  llvm::SmallVector<int64_t> pads; // all begins, then all ends
  /// Pads that only the running model knows (auto_pad on dynamic extents with a
  /// stride); `pads` is 0 then. Empty otherwise.
  llvm::SmallVector<mlir::AffineExpr> dynamicPads;
  AutoPad autoPad = AutoPad::none;

  /// Elements that the window reaches over along axis `i`.
  int64_t span(size_t i) const { return (kernel[i] - 1) * dilations[i] + 1; }
};

/// A list attribute of `size` entries in [low, 2^31); nullopt after a problem.
std::optional<llvm::SmallVector<int64_t>>
readWindowList(Node &n, llvm::StringRef name, size_t size, int64_t low,
               int64_t fallback);
/// Reads kernel_shape, strides, dilations, pads, auto_pad for x [N, C, ...].
/// nullopt after a problem. With `computeSame`, pads of SAME_* are computed.
std::optional<Window>
readWindow(Node &n, mlir::Value x,
           std::optional<llvm::SmallVector<int64_t>> kernel,
           bool computeSame = true);
/// The same with the kernel's extents from a filter [M, C, kernel...].
std::optional<Window> readFilterWindow(Node &n, mlir::Value x, mlir::Value w,
                                       bool computeSame = true);
/// Checks, at the latest when the model runs, that the window fits between the
/// pads of x: no extent of the result is below 0.
void requireRoom(Node &n, mlir::Value x, const Window &window);
/// x padded by the window's dynamic pads, if any, with a rank-0 `fill`.
mlir::Value padExplicitly(Node &n, mlir::Value x, const Window &window,
                          mlir::Value fill);

} // namespace mlc::onnx

#endif // MLC_COMPILER_FRONTEND_ONNX_WINDOW_H
