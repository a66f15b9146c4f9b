//===- ConvRewrites.h - convolutions as other convolutions ------*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rewrites of convolutions with filters of static shape (multiplyTaps: of known
// kernel) for ArrangeConvolutions. Each builds the result before the op, or
// nothing at all (null).
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_CPU_CONVREWRITES_H
#define MLC_CODEGEN_CPU_CONVREWRITES_H

#include "codegen/cpu/ShapedBuilder.h"

namespace mlc::codegen {

/// A transposed convolution as an ordinary one of the same rank, whose filters
/// are those of all phases of its strides.
mlir::Value splitPhases(ConvTransposeOp op, ShapeScope &scope);

/// A convolution of rank 4 with groups of a size that no kernel takes, in
/// groups that one does.
mlir::Value regroup(ConvOp op, ShapeScope &scope);

/// A convolution of rank 5 or more by one of a rank less: the outermost spatial
/// axis joins the batch, its taps the channels. `frames` is x with that axis
/// joined already; so is the result. Not for very many taps.
mlir::Value foldFrames(ConvOp op, mlir::Value frames, ShapeScope &scope);

/// A convolution, of f32 or f64, that has no blocked form: the product of its
/// filters and of all that lies under their taps, or, where each channel has
/// its own filter, a sum over the taps. Not for very many taps.
mlir::Value multiplyTaps(ConvOp op, ShapeScope &scope);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_CPU_CONVREWRITES_H
