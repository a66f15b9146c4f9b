//===- BlockedLayout.h - ops and constants in blocked layout ----*- C++ -*-===//
//
// Part of mlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What ChooseLayouts makes of one op: which convolutions the blocked kernels
// take, their packed filters, and operands in blocks of 16 channels.
//
//===----------------------------------------------------------------------===//
#ifndef MLC_CODEGEN_CPU_BLOCKEDLAYOUT_H
#define MLC_CODEGEN_CPU_BLOCKEDLAYOUT_H

#include "codegen/cpu/kernels/ConvShape.h"

#include "mlir/IR/BuiltinOps.h"

namespace mlc::codegen {

/// A convolution that has a blocked form.
struct BlockedConv {
  ConvShape shape;
  mlir::Value weights;
  mlir::ElementsAttr filters; ///< null when a run computes them: direct form
};

/// The filters of an f32 convolution of either kind, of static channels and
/// without an extent that is known to be zero; null when they are not at hand.
mlir::ElementsAttr constantFilters(mlir::Operation *conv);

/// Whether a convolution of either kind has f32 filters of static shape, if
/// only at run time.
bool hasStaticFilters(mlir::Operation *conv);

/// The same for filters of any type.
bool hasStaticChannels(mlir::Operation *conv);

std::optional<BlockedConv> matchConv(ConvOp op);
std::optional<BlockedConv> matchTransposedConv(ConvTransposeOp op);

/// The direct form of a 2-d convolution of one group, of any element type, with
/// filters of static shape.
std::optional<BlockedConv> matchDirectConv(ConvOp op,
                                           mlir::ElementsAttr filters);

/// Constant filters as f32 in the order of `conv.shape`; null when they cannot
/// be read.
mlir::ElementsAttr packConstantFilters(const BlockedConv &conv);

/// The filters as `conv.shape` wants them: a constant, or packed by each run.
mlir::Value packFilters(mlir::OpBuilder &b, const BlockedConv &conv);

mlir::Value createBlockedConv(mlir::OpBuilder &b, mlir::Location loc,
                              const BlockedConv &conv, mlir::Value x,
                              mlir::Value weights);

/// The number of channels of an f32 tensor [N, C, H, W], when it is known.
std::optional<int64_t> blockableChannels(mlir::Value tensor);

/// The blocked tensor that `tensor` is unpacked from, or null.
mlir::Value findBlocked(mlir::Value tensor);

/// That tensor, or `tensor` packed.
mlir::Value makeBlocked(mlir::OpBuilder &b, mlir::Value tensor);

/// An operand of an elementwise op with `channels` channels, in a shape that
/// broadcasts to blocked activations; null when there is none.
mlir::Value blockOperand(mlir::OpBuilder &b, mlir::Value operand,
                         int64_t channels);

/// Erases dead unpacking and turns packing of single pixels into views.
void cleanPacking(mlir::ModuleOp module);

} // namespace mlc::codegen

#endif // MLC_CODEGEN_CPU_BLOCKEDLAYOUT_H
